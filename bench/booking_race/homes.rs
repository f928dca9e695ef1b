//! Listings to race for, made the way landlords make them.

use futures_util::{StreamExt, TryStreamExt, stream};
use rentezy::app::Core;
use rentezy::domain::envelope::{Answer, Request};
use rentezy::domain::event::Actor;
use rentezy::domain::ids::{PropertyId, RequestId, UserId};
use rentezy::domain::money::Currency;
use rentezy::domain::property::{
    self, Address, Kind, ListingFields, Location, StayMode, Unit, UnitFields,
};
use rentezy::domain::stay::Command;
use rentezy::domain::user::Role;
use rentezy::storage::accounts::{self, NewUser};
use rentezy::storage::pool::Database;
use rentezy::storage::properties;

use crate::support::Result;

/// Listings made at the same time.
const AT_ONCE: usize = 256;

/// Makes the landlord of all listings.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn landlord(core: &Core, database: &Database) -> Result<UserId> {
    let id: UserId = core.clock.id();
    let user = NewUser {
        id,
        email: "landlord@example.org",
        name: "Landlord",
        password_hash: "none",
        roles: &[Role::Tenant, Role::Landlord],
        now: core.clock.now(),
    };
    let mut client = database.connect("").await?;
    accounts::register(&mut client, &user, id.uuid()).await?;
    Ok(id)
}

/// Makes live listings of `units` units each.
///
/// # Errors
/// When any cannot be made.
pub(crate) async fn make(
    core: &Core,
    owner: UserId,
    count: usize,
    units: u16,
) -> Result<Vec<PropertyId>> {
    stream::iter(0..count)
        .map(|_| make_one(core, owner, units))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn make_one(core: &Core, owner: UserId, units: u16) -> Result<PropertyId> {
    let id: PropertyId = core.clock.id();
    let client = core.pool.get().await?;
    let slot_ids = properties::next_slot_ids(&client, units.into()).await?;
    drop(client);
    let unit = Unit { id: core.clock.id(), fields: unit(units) };
    let create = property::Command::Create {
        id,
        owner,
        fields: Box::new(fields()?),
        units: vec![unit],
        slot_ids,
        policies: Box::default(),
        pricing: Box::default(),
        source: None,
    };
    ask(core, id, owner, create).await?;
    ask(core, id, owner, property::Command::Submit { by: owner, version: 1 }).await?;
    Ok(id)
}

async fn ask(core: &Core, id: PropertyId, by: UserId, command: property::Command) -> Result<()> {
    let request = Request {
        id: core.clock.id::<RequestId>(),
        fingerprint: *id.uuid().as_bytes(),
        actor: Actor::User(by),
        command: Command::Listing(command),
    };
    match core.region.ask(id.into(), request).await? {
        Answer::Done { .. } => Ok(()),
        Answer::Refused(refusal) => Err(format!("listing was refused: {refusal:?}").into()),
    }
}

fn fields() -> Result<ListingFields> {
    Ok(ListingFields {
        kind: Kind::Room,
        title: "Bright room near the harbour".to_owned(),
        description: "A room to race for.".to_owned(),
        address: Address {
            line: None,
            city: "Dublin".to_owned(),
            region: None,
            country: "IE".to_owned(),
        },
        location: Location { lat: 53.35, lon: -6.26 },
        zone: "Europe/Dublin".to_owned(),
        amenities: vec!["wifi".to_owned()],
        stay_mode: StayMode::Nightly,
        currency: "EUR".parse::<Currency>()?,
        deposit_minor: 0,
        cleaning_fee_minor: 0,
    })
}

fn unit(count: u16) -> UnitFields {
    UnitFields {
        name: "Room".to_owned(),
        count,
        bedrooms: 1,
        beds: 1,
        bathrooms: 1.0,
        guests: 2,
        night_minor: Some(12_000),
        month_minor: None,
    }
}

//! Listings and their slots, read. They are written by [`super::batch`].

use serde::Deserialize;
use std::collections::HashMap;

use serde_json::{Value, json};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::ids::{PropertyId, UnitId, UserId};
use crate::domain::inventory::Slot;
use crate::domain::property::{Listing, ListingFields, Location, Source, Status, Unit, UnitFields};

/// A listing by its id, whatever its status.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, id: PropertyId) -> Result<Option<Listing>, StorageError> {
    let row = client.query_opt(&select("p.id = $1"), &[&id.uuid()]).await?;
    row.as_ref().map(listing).transpose()
}

/// Listings by their ids, in no order; ids without one are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_many(client: &Client, ids: &[PropertyId]) -> Result<Vec<Listing>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client.query(&select("p.id = any($1)"), &[&ids]).await?;
    rows.iter().map(listing).collect()
}

/// Those of the ids that are listings, in no order.
///
/// # Errors
/// When the database cannot be read.
pub async fn known(client: &Client, ids: &[PropertyId]) -> Result<Vec<PropertyId>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client.query("select id from properties where id = any($1)", &[&ids]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}

/// Whose the listings are; ids without one are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn owners(
    client: &Client,
    ids: &[PropertyId],
) -> Result<HashMap<PropertyId, UserId>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows =
        client.query("select id, owner_id from properties where id = any($1)", &[&ids]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get::<_, Uuid>("id").into(), row.get::<_, Uuid>("owner_id").into()))
        .collect())
}

/// What the listings are called; ids without one are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn titles(
    client: &Client,
    ids: &[PropertyId],
) -> Result<HashMap<PropertyId, String>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client.query("select id, title from properties where id = any($1)", &[&ids]).await?;
    Ok(rows.iter().map(|row| (row.get::<_, Uuid>("id").into(), row.get("title"))).collect())
}

/// A landlord's listings after `after`, in the order of their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_owner(
    client: &Client,
    owner: UserId,
    after: Option<PropertyId>,
    limit: i64,
) -> Result<Vec<Listing>, StorageError> {
    let after = after.map_or(Uuid::nil(), PropertyId::uuid);
    let rows = client
        .query(
            &select("p.owner_id = $1 and p.id > $2 order by p.id limit $3"),
            &[&owner.uuid(), &after, &limit],
        )
        .await?;
    rows.iter().map(listing).collect()
}

/// Listings of a status after `after`, in the order of their ids: how an index is filled
/// anew, and what administrators look through.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_status(
    client: &Client,
    status: Status,
    after: Option<PropertyId>,
    limit: i64,
) -> Result<Vec<Listing>, StorageError> {
    let after = after.map_or(Uuid::nil(), PropertyId::uuid);
    // The status in the text lets the planner use the partial index of its own.
    let chosen = format!("p.status = '{}' and p.id > $1 order by p.id limit $2", status.name());
    let rows = client.query(&select(&chosen), &[&after, &limit]).await?;
    rows.iter().map(listing).collect()
}

/// The units of a property, without those that were taken away.
///
/// # Errors
/// When the database cannot be read.
pub async fn slots(client: &Client, id: PropertyId) -> Result<Vec<Slot>, StorageError> {
    let rows = client
        .query(
            "select slot_id, unit_id, unit_no from slots
             where property_id = $1 and retired_at is null order by unit_id, unit_no",
            &[&id.uuid()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Slot {
                slot_id: row.get("slot_id"),
                unit_id: UnitId::from(row.get::<_, Uuid>("unit_id")),
                unit_no: types::small(row, "unit_no")?,
            })
        })
        .collect()
}

/// Slot numbers that nobody else will get. Those that are not used are lost, which does
/// no harm.
///
/// # Errors
/// When the database refuses.
pub async fn next_slot_ids(client: &Client, count: u32) -> Result<Vec<i64>, StorageError> {
    // In one row, which costs less than many.
    let row = client
        .query_one(
            "select coalesce(array_agg(nextval('slot_ids')), '{}')
             from generate_series(1, $1::int8)",
            &[&i64::from(count)],
        )
        .await?;
    Ok(row.get(0))
}

/// Whether there is any listing at all.
///
/// # Errors
/// When the database cannot be read.
pub async fn any(client: &Client) -> Result<bool, StorageError> {
    Ok(client.query_opt("select 1 from properties limit 1", &[]).await?.is_some())
}

/// The statement that reads listings with their unit types; `chosen` says which.
fn select(chosen: &str) -> String {
    format!(
        "select p.*, coalesce((select json_agg(u order by u.position) from units u
             where u.property_id = p.id), '[]') as units
         from properties p where {chosen}"
    )
}

/// A listing as the JSON form of its row, without its unit types.
pub(super) fn row_of(listing: &Listing) -> Value {
    let ListingFields {
        kind,
        title,
        description,
        address,
        location,
        zone,
        amenities,
        stay_mode,
        currency,
        deposit_minor,
        cleaning_fee_minor,
    } = &listing.fields;
    json!({
        "id": listing.id.uuid(),
        "owner_id": listing.owner.uuid(),
        "status": listing.status.name(),
        "kind": kind.name(),
        "title": title,
        "description": description,
        "address": address,
        "lat": location.lat,
        "lon": location.lon,
        "zone": zone,
        "amenities": amenities,
        "stay_mode": stay_mode.name(),
        "currency": currency,
        "deposit_minor": deposit_minor,
        "cleaning_fee_minor": cleaning_fee_minor,
        "policies": listing.policies,
        "pricing": listing.pricing,
        "stay_rules": listing.stay_rules,
        "rejection": listing.rejection,
        "source": listing.source.as_ref().map(|source| &source.name),
        "external_id": listing.source.as_ref().map(|source| &source.external_id),
        "version": listing.version,
        "created_at": listing.created_at,
        "updated_at": listing.updated_at,
    })
}

/// A row of the table of unit types, of its property and in its place.
#[derive(Deserialize)]
struct UnitRow {
    id: Uuid,
    name: String,
    count: u16,
    bedrooms: u16,
    beds: u16,
    bathrooms: f32,
    guests: u16,
    night_minor: Option<i64>,
    month_minor: Option<i64>,
}

/// The unit types of a listing as the JSON forms of their rows.
pub(super) fn units_of(listing: &Listing) -> Vec<Value> {
    let row = |(position, unit): (i32, &Unit)| {
        let UnitFields { name, count, bedrooms, beds, bathrooms, guests, night_minor, month_minor } =
            &unit.fields;
        json!({
            "property_id": listing.id.uuid(),
            "id": unit.id.uuid(),
            "position": position,
            "name": name,
            "count": count,
            "bedrooms": bedrooms,
            "beds": beds,
            "bathrooms": bathrooms,
            "guests": guests,
            "night_minor": night_minor,
            "month_minor": month_minor,
        })
    };
    (0..).zip(&listing.units).map(row).collect()
}

impl From<UnitRow> for Unit {
    fn from(row: UnitRow) -> Self {
        Self {
            id: UnitId::from(row.id),
            fields: UnitFields {
                name: row.name,
                count: row.count,
                bedrooms: row.bedrooms,
                beds: row.beds,
                bathrooms: row.bathrooms,
                guests: row.guests,
                night_minor: row.night_minor,
                month_minor: row.month_minor,
            },
        }
    }
}

fn listing(row: &Row) -> Result<Listing, StorageError> {
    let source = row
        .get::<_, Option<String>>("source")
        .zip(row.get::<_, Option<String>>("external_id"))
        .map(|(name, external_id)| Source { name, external_id });
    let units: Vec<UnitRow> = types::json(row, "units")?;
    Ok(Listing {
        id: PropertyId::from(row.get::<_, Uuid>("id")),
        owner: UserId::from(row.get::<_, Uuid>("owner_id")),
        fields: ListingFields {
            kind: types::named(row.get("kind"))?,
            title: row.get("title"),
            description: row.get("description"),
            address: types::json(row, "address")?,
            location: Location { lat: row.get("lat"), lon: row.get("lon") },
            zone: row.get("zone"),
            amenities: row.get("amenities"),
            stay_mode: types::named(row.get("stay_mode"))?,
            currency: types::currency(row)?,
            deposit_minor: row.get("deposit_minor"),
            cleaning_fee_minor: row.get("cleaning_fee_minor"),
        },
        units: units.into_iter().map(Unit::from).collect(),
        policies: types::json(row, "policies")?,
        pricing: types::json(row, "pricing")?,
        stay_rules: types::json(row, "stay_rules")?,
        status: types::named(row.get("status"))?,
        rejection: row.get("rejection"),
        source,
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

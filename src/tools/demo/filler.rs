//! Writes accounts, listings and ended stays of the demo.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Client;
use uuid::Uuid;

use super::album::Album;
use super::bookings::{PlannedBooking, PlannedState};
use super::fill::{DemoError, Report};
use super::people::{DemoPerson, OWNED, owner_of};
use super::stays;
use crate::domain::ids::{self, PropertyId, UserId};
use crate::domain::password;
use crate::domain::user::Role;
use crate::storage::accounts::{self, NewUser};
use crate::storage::bulk;
use crate::storage::changes::Settled;
use crate::storage::properties;
use crate::tools::import::Outcome;
use crate::tools::lanes::NewProperties;
use crate::tools::listing::ListingDraft;
use crate::tools::server::Server;
use crate::tools::sink;
use crate::tools::store::Store;
use crate::tools::story::Story;

/// How long ago the demo's people came and made their listings.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 60);

/// An account of the demo.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// Its id.
    pub(super) id: UserId,
    /// Its address.
    pub(super) email: String,
    /// Its password, where it is known.
    pub(super) password: Option<String>,
}

/// Who writes the listings.
pub(super) enum Writer {
    /// We do, as nobody else has the database.
    Store(Box<Store>),
    /// The living server that has it.
    Server(Box<Server>),
}

/// The demo on its way into a database.
pub(super) struct Filler {
    writer: Writer,
    /// For reading, and for writing what no entity owns.
    client: Client,
    now: Timestamp,
    /// The photos of the listings; none where there is nowhere to keep them.
    album: Option<Album>,
    /// The password of those whom nobody is told one of; nobody is told this either.
    secret: String,
    secret_hash: String,
    /// The ended stays of each listing, the oldest first.
    stays: HashMap<usize, Vec<PlannedBooking>>,
    report: Report,
}

impl Filler {
    /// Begins. `now` is the instant that the plan's "today" holds.
    ///
    /// # Errors
    /// When no password can be hashed.
    pub(super) fn new(
        writer: Writer,
        client: Client,
        album: Option<Album>,
        now: Timestamp,
        plan: &[PlannedBooking],
    ) -> Result<Self, DemoError> {
        let days_ago = |stay: &PlannedBooking| match stay.state {
            PlannedState::Ended(_, days) => Some(days),
            PlannedState::Today(_) => None,
        };
        let mut stays: HashMap<usize, Vec<PlannedBooking>> = HashMap::new();
        for stay in plan.iter().filter(|stay| days_ago(stay).is_some()) {
            stays.entry(stay.listing).or_default().push(*stay);
        }
        stays.values_mut().for_each(|all| all.sort_by_key(|stay| days_ago(stay).map(|d| -d)));
        let secret = Uuid::new_v4().to_string();
        let secret_hash = hashed(&secret)?;
        let report = Report::default();
        Ok(Self { writer, client, album, now, secret, secret_hash, stays, report })
    }

    /// How many accounts were made so far.
    pub(super) const fn people(&self) -> u32 {
        self.report.people
    }

    /// What was made.
    pub(super) fn into_report(self) -> Report {
        self.report
    }

    /// The accounts of people, made if they are not there.
    ///
    /// # Errors
    /// [`DemoError`].
    pub(super) async fn accounts(
        &mut self,
        people: &[DemoPerson],
    ) -> Result<Vec<Account>, DemoError> {
        let mut accounts = Vec::with_capacity(people.len());
        for person in people {
            accounts.push(match self.found(person).await? {
                Some(account) => account,
                None => self.register(person).await?,
            });
        }
        Ok(accounts)
    }

    /// The accounts of people as they are or will be, none of them made.
    ///
    /// # Errors
    /// [`DemoError`].
    pub(super) async fn expected(
        &mut self,
        people: &[DemoPerson],
    ) -> Result<Vec<Account>, DemoError> {
        let mut accounts = Vec::with_capacity(people.len());
        for person in people {
            let new =
                || Account { id: person.user_id(), email: person.email.clone(), password: None };
            accounts.push(self.found(person).await?.unwrap_or_else(new));
        }
        Ok(accounts)
    }

    async fn found(&mut self, person: &DemoPerson) -> Result<Option<Account>, DemoError> {
        let client = &mut self.client;
        let Some((user, hash)) = accounts::credentials(client, &person.email).await? else {
            return Ok(None);
        };
        if !user.roles.contains(&person.role) {
            let cause = ids::derived(user.id.uuid(), "demo-role");
            accounts::grant(client, user.id, person.role, cause, self.now).await?;
        }
        let known = person.password.filter(|word| password::matches(word, &hash));
        Ok(Some(Account {
            id: user.id,
            email: person.email.clone(),
            password: known.map(str::to_owned),
        }))
    }

    async fn register(&mut self, person: &DemoPerson) -> Result<Account, DemoError> {
        let id = person.user_id();
        let (word, hash) = match person.password {
            Some(word) => (word.to_owned(), hashed(word)?),
            None => (self.secret.clone(), self.secret_hash.clone()),
        };
        let roles: &[Role] = match person.role {
            Role::Landlord => &[Role::Tenant, Role::Landlord],
            Role::Tenant => &[Role::Tenant],
            Role::Admin => &[Role::Tenant, Role::Admin],
        };
        let new = NewUser {
            id,
            email: &person.email,
            name: person.name,
            password_hash: &hash,
            roles,
            now: self.now - AGE,
        };
        let cause = ids::derived(id.uuid(), "demo-account");
        accounts::register(&mut self.client, &new, cause).await?;
        self.report.people += 1;
        Ok(Account { id, email: person.email.clone(), password: Some(word) })
    }

    /// Writes listings and their ended stays; `first` is the number of the first of them. A
    /// living server knows no stays of the past: there the listings come alone.
    ///
    /// # Errors
    /// [`DemoError`]; what was written stays.
    pub(super) async fn batch(
        &mut self,
        first: usize,
        batch: &[ListingDraft],
        owners: &[Account],
        tenants: &[Account],
    ) -> Result<(), DemoError> {
        let Writer::Store(store) = &mut self.writer else {
            let owner = |number| owners.get(owner_of(number));
            return self.send(first, batch, owner).await;
        };
        let ids: Vec<_> = batch.iter().map(ListingDraft::property_id).collect();
        let known = properties::known(&self.client, &ids).await?;
        let known: HashSet<_> = known.into_iter().collect();
        let new: Vec<_> = (first..)
            .zip(batch)
            .filter(|(_, draft)| !known.contains(&draft.property_id()))
            .collect();
        self.report.unchanged += u32::try_from(batch.len() - new.len()).unwrap_or_default();
        let units = new.iter().map(|(_, draft)| u32::from(draft.unit.count)).sum();
        let mut slots = properties::next_slot_ids(&self.client, units).await?.into_iter();
        let (mut told, mut counts) = (Vec::new(), Vec::new());
        for (number, draft) in new {
            let Some(owner) = owners.get(owner_of(number)) else { continue };
            let slot_ids = slots.by_ref().take(draft.unit.count.into()).collect();
            let mut story = store.story(draft.property_id());
            if sink::create(&mut story, draft, owner.id, slot_ids, self.now - AGE).is_err() {
                self.report.refused += 1;
                continue;
            }
            let planned = self.stays.get(&number).map_or(&[][..], Vec::as_slice);
            let (ended, refused) = tell(&mut story, planned, tenants, self.now);
            self.report.refused += refused;
            counts.push(ended);
            told.push(story.into_sets());
        }
        for (ended, end) in counts.into_iter().zip(store.write(told).await?) {
            match end {
                Some(Ok(Settled::Already)) => self.report.unchanged += 1,
                Some(Err(error)) => {
                    tracing::warn!(%error, "demo listing was refused");
                    self.report.refused += 1;
                }
                _ => {
                    self.report.listings += 1;
                    self.report.stays += ended;
                }
            }
        }
        Ok(())
    }
}

impl Filler {
    /// Writes listings without stays, [`OWNED`] for each owner. They may still be on their way
    /// when this returns; see [`Filler::settle`].
    ///
    /// # Errors
    /// [`DemoError`]; what was written stays.
    pub(super) async fn quiet_batch(
        &mut self,
        batch: &[ListingDraft],
        owners: &[Account],
    ) -> Result<(), DemoError> {
        let Writer::Store(store) = &mut self.writer else {
            return self.send(0, batch, |number| owners.get(number / OWNED)).await;
        };
        let ids: Vec<_> = batch.iter().map(ListingDraft::property_id).collect();
        let known = properties::known(&self.client, &ids).await?;
        let known: HashSet<_> = known.into_iter().collect();
        let new = |id: &PropertyId| !known.contains(id);
        let units =
            batch.iter().filter(|draft| new(&draft.property_id())).map(|draft| draft.unit.count);
        let units = units.map(u32::from).sum();
        let mut slots = properties::next_slot_ids(&self.client, units).await?.into_iter();
        let (mut made, mut properties) = (0, NewProperties::default());
        for ((number, draft), id) in batch.iter().enumerate().zip(ids).filter(|(_, id)| new(id)) {
            let Some(owner) = owners.get(number / OWNED) else { continue };
            let slot_ids = slots.by_ref().take(draft.unit.count.into()).collect();
            let mut story = store.story(id);
            if sink::create(&mut story, draft, owner.id, slot_ids, self.now - AGE).is_err() {
                self.report.refused += 1;
                continue;
            }
            for set in story.into_sets() {
                properties.add(set)?;
            }
            made += 1;
        }
        self.report.unchanged += count(known.len());
        self.report.listings += made;
        Ok(store.write_new(properties).await?)
    }

    /// Waits until nothing that was written can be lost with the machine.
    ///
    /// # Errors
    /// [`DemoError`]; what was written stays.
    pub(super) async fn keep(&mut self) -> Result<(), DemoError> {
        Ok(bulk::keep(&self.client).await?)
    }

    /// Waits until all listings are written.
    ///
    /// # Errors
    /// [`DemoError`]; what was written stays.
    pub(super) async fn settle(&mut self) -> Result<(), DemoError> {
        match &mut self.writer {
            Writer::Store(store) => Ok(store.settle().await?),
            Writer::Server(_) => Ok(()),
        }
    }

    /// Gives photos to listings that never had any, so many each; `first` is the number of
    /// the first of them.
    ///
    /// # Errors
    /// [`DemoError`]; what was written stays.
    pub(super) async fn photos(
        &mut self,
        first: usize,
        listings: &[ListingDraft],
        count: u8,
    ) -> Result<(), DemoError> {
        if let Some(album) = self.album.as_mut().filter(|_| count > 0) {
            let made = album.hang(&mut self.client, first, listings, count, self.now).await?;
            self.report.photos += made;
        }
        Ok(())
    }

    /// Sends listings to the living server, each for its owner by its number.
    async fn send<'a>(
        &mut self,
        first: usize,
        batch: &'a [ListingDraft],
        owner: impl Fn(usize) -> Option<&'a Account>,
    ) -> Result<(), DemoError> {
        let Writer::Server(server) = &mut self.writer else { return Ok(()) };
        let owned = (first..).zip(batch);
        let owned: Vec<_> =
            owned.filter_map(|(number, draft)| Some((owner(number)?.id, draft))).collect();
        for outcome in server.bring_in(&owned).await? {
            match outcome {
                Outcome::Created => self.report.listings += 1,
                Outcome::Unchanged => self.report.unchanged += 1,
                Outcome::Refused(reason) => {
                    tracing::warn!(reason, "demo listing was refused");
                    self.report.refused += 1;
                }
            }
        }
        Ok(())
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// Tells the ended stays of one listing; how many were told, and how many refused.
fn tell(
    story: &mut Story<'_>,
    planned: &[PlannedBooking],
    tenants: &[Account],
    now: Timestamp,
) -> (u32, u32) {
    let (mut ended, mut refused) = (0, 0);
    for (number, stay) in planned.iter().enumerate() {
        let Some(tenant) = tenants.get(stay.tenant) else { continue };
        match stays::tell(story, stay, number, tenant.id, now) {
            Ok(told) => ended += u32::from(told),
            Err(_) => refused += 1,
        }
    }
    (ended, refused)
}

fn hashed(word: &str) -> Result<String, password::HashError> {
    password::hash(word, Uuid::new_v4().into_bytes())
}

//! Puts the demo into a database.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use tokio::sync::mpsc;

use super::album::{self, Album};
use super::bookings::{self, Goal, PlannedBooking, PlannedState};
use super::filler::{Account, Filler, Writer};
use super::listings::listings;
use super::live;
use super::people::{DemoPerson, LANDLORDS, LOGINS, OWNED, crowd, demo_people};
use crate::clock;
use crate::domain::calendar::Nights;
use crate::domain::ids::PropertyId;
use crate::domain::password;
use crate::domain::picture::PictureError;
use crate::storage::accounts;
use crate::storage::blobs::BlobError;
use crate::storage::bulk;
use crate::storage::pool::Database;
use crate::storage::properties;
use crate::storage::sqlstate::StorageError;
use crate::tools::listing::ListingDraft;
use crate::tools::ops_client::OpsError;
use crate::tools::progress::{self, Progress};
use crate::tools::server::Server;
use crate::tools::store::{Store, StoreError};
use crate::tools::target::Target;

/// The seed when none is given: the demo that everybody knows.
const SEED: u64 = 20;

/// Listings that are written together.
const BATCH: usize = 256;

/// The first so many listings of a demo have had guests, or have some.
const LIVELY: usize = 3000;

/// Listings past those that are written together: those of whole landlords.
const BULK_BATCH: usize = 8 * OWNED;

/// What `demo-data` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// How many listings to make.
    #[arg(long, value_name = "N", default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub listings: u32,
    /// What everything follows from: the same seed gives the same demo.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub seed: u64,
    /// How many photos each listing has [default: 4 for the first 3000, none for the others].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(..=16))]
    pub photos: Option<u8>,
}

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server that has the database does not take the listings.
    #[error(transparent)]
    Server(#[from] OpsError),
    /// The database cannot be read, or an account cannot be made.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An account's password cannot be hashed.
    #[error(transparent)]
    Password(#[from] password::HashError),
    /// A picture cannot be made.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A picture cannot be stored.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// A thread that thinks listings up, or draws, broke.
    #[error("listings cannot be thought up")]
    Thinking(#[source] tokio::task::JoinError),
    /// Nobody could be told how to log in.
    #[error("accounts cannot be shown")]
    Out(#[from] std::io::Error),
}

/// What was made.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Accounts.
    pub people: u32,
    /// Properties.
    pub listings: u32,
    /// Listings that were there already, from an earlier run with the same seed.
    pub unchanged: u32,
    /// Photos; few of them differ.
    pub photos: u64,
    /// Stays that have ended.
    pub stays: u32,
    /// Listings and stays that the rules or the database refused.
    pub refused: u32,
    /// How long it took.
    pub took: Duration,
    /// What the tenants do once the server runs; see [`live()`](super::live()). Nothing, when
    /// an earlier run has made the demo complete.
    pub today: Vec<LiveStay>,
    /// How much of that they have done on the living server.
    pub made_today: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { people, listings, photos, stays, .. } = self;
        let (seconds, rate) =
            (self.took.as_secs_f64(), progress::rate(u64::from(*listings), self.took));
        write!(f, "made {listings} listings with {photos} photos, {people} accounts ")?;
        write!(f, "and {stays} ended bookings ")?;
        write!(f, "in {seconds:.1} s ({rate} listings/s)")?;
        if self.made_today > 0 {
            write!(f, "; {} bookings of today", self.made_today)?;
        }
        if self.unchanged > 0 {
            write!(f, "; {} listings were there already", self.unchanged)?;
        }
        if self.refused > 0 {
            write!(f, "; {} listings or bookings were refused", self.refused)?;
        }
        Ok(())
    }
}

/// A stay that its tenant makes on the running server.
#[derive(Debug, Clone)]
pub struct LiveStay {
    /// The tenant's address.
    pub email: String,
    /// The tenant's password.
    pub password: String,
    /// Where.
    pub property: PropertyId,
    /// The nights.
    pub nights: Nights,
    /// How many people come.
    pub guests: u16,
    /// How far the tenant goes.
    pub goal: Goal,
}

/// Makes the demo beside what is there. A second run with the same seed makes what is
/// missing. On a living server the tenants do what they do today as soon as all is there.
///
/// # Errors
/// [`DemoError`]; what was written stays.
pub async fn into(target: Target, args: &DemoArgs) -> Result<Report, DemoError> {
    let base_url = target.server.as_ref().and_then(Server::test_payments_url);
    let base_url = base_url.map(str::to_owned);
    let mut report = fill(args, target, Progress::stderr()).await?;
    if let Some(base_url) = base_url {
        report.made_today = live(&base_url, &report).await;
    }
    Ok(report)
}

/// Makes the usual demo in a migrated database that holds nothing, or only the beginning of
/// a demo; else does nothing.
///
/// # Errors
/// [`DemoError`].
pub async fn fill_if_empty(target: Target) -> Result<Option<Report>, DemoError> {
    if !is_wanted(&target.database).await? {
        return Ok(None);
    }
    let args = DemoArgs { listings: 300, seed: SEED, photos: None };
    fill(&args, target, Progress::silent()).await.map(Some)
}

/// Writes one line for each account that everybody may log in to, if it is there and still
/// has that password.
///
/// # Errors
/// When the database cannot be read, or `out` cannot be written.
pub async fn tell(database: &Database, out: &mut impl Write) -> Result<(), DemoError> {
    let client = database.connect("").await?;
    for login in LOGINS {
        let found = accounts::credentials(&client, login.email).await?;
        if found.is_some_and(|(_, hash)| password::matches(login.password, &hash)) {
            writeln!(out, "{login}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The tenant that everybody knows is written last: without him the demo is not complete.
async fn is_wanted(database: &Database) -> Result<bool, StorageError> {
    let client = database.connect("").await?;
    let people = demo_people(SEED);
    let mut there = Vec::new();
    for person in people.iter().filter(|person| person.password.is_some()) {
        let found = accounts::credentials(&client, &person.email).await?;
        there.push(found.map(|(user, _)| user.id == person.user_id()));
    }
    if there == [Some(true), None] {
        return Ok(true);
    }
    Ok(!accounts::any(&client).await? && !properties::any(&client).await?)
}

async fn fill(
    args: &DemoArgs,
    target: Target,
    mut progress: Progress,
) -> Result<Report, DemoError> {
    let started = clock::monotonic();
    let Target { database, clock, rules, server, blobs } = target;
    let now = clock.now();
    let count = usize::try_from(args.listings).unwrap_or(usize::MAX);
    let mut all = listings(args.seed, count);
    let drafts: Vec<_> = all.by_ref().take(LIVELY).collect();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let plan = bookings::bookings(args.seed, &drafts, today);
    let client = bulk::session(&database).await?;
    let has_photos = args.photos != Some(0);
    let album = blobs.filter(|_| has_photos).map(|blobs| Album::begin(blobs, args.seed));
    let writer = match server {
        Some(server) => Writer::Server(Box::new(server)),
        None => Writer::Store(Box::new(Store::open(&database, clock, rules).await?)),
    };
    let mut filler = Filler::new(writer, client, album, now, &plan)?;
    let people = demo_people(args.seed);
    let (landlords, tenants) = people.split_at(LANDLORDS.min(people.len()));
    let owners = filler.accounts(landlords).await?;
    // The first tenant is the one that everybody knows, and is made last; see `is_wanted`.
    let (first, others) = tenants.split_at(tenants.len().min(1));
    let guests = [filler.expected(first).await?, filler.accounts(others).await?].concat();
    for (number, batch) in drafts.chunks(BATCH).enumerate() {
        filler.batch(number * BATCH, batch, &owners, &guests).await?;
        progress.show(u64::try_from(number * BATCH + batch.len()).unwrap_or_default());
    }
    // Here, as the drawings are made meanwhile.
    filler.photos(0, &drafts, args.photos.unwrap_or(album::USUAL)).await?;
    if count > drafts.len() {
        let crowd = crowd(count - drafts.len());
        quiet(&mut filler, all, &crowd, args.photos.unwrap_or_default(), &mut progress).await?;
    }
    let before = filler.people();
    let guests = [filler.accounts(first).await?, guests.into_iter().skip(first.len()).collect()];
    let is_first_time = filler.people() > before;
    filler.keep().await?;
    let mut report = filler.into_report();
    if is_first_time {
        report.today = live_stays(&plan, &drafts, &guests.concat());
    }
    report.took = started.elapsed();
    Ok(report)
}

/// Writes the listings past the first [`LIVELY`], at which nobody has stayed yet. They are
/// thought up on a thread of their own, a little ahead of what is written; their owners get
/// their accounts just before.
async fn quiet(
    filler: &mut Filler,
    listings: impl Iterator<Item = ListingDraft> + Send + 'static,
    owners: &[DemoPerson],
    photos: u8,
    progress: &mut Progress,
) -> Result<(), DemoError> {
    let (ahead, mut batches) = mpsc::channel(2);
    let thinking = tokio::task::spawn_blocking(move || {
        let mut listings = listings.peekable();
        while listings.peek().is_some() {
            let batch: Vec<_> = listings.by_ref().take(BULK_BATCH).collect();
            if ahead.blocking_send(batch).is_err() {
                // Nobody writes any more; whoever stopped says why.
                return;
            }
        }
    });
    let (mut written, mut owners) = (0, owners.chunks(BULK_BATCH / OWNED));
    while let Some(batch) = batches.recv().await {
        let owners = filler.accounts(owners.next().unwrap_or_default()).await?;
        filler.quiet_batch(&batch, &owners).await?;
        if photos > 0 {
            filler.settle().await?;
            filler.photos(LIVELY + written, &batch, photos).await?;
        }
        written += batch.len();
        progress.show(u64::try_from(LIVELY + written).unwrap_or_default());
    }
    filler.settle().await?;
    // A thread that broke has closed its channel early: the count would be short.
    thinking.await.map_err(DemoError::Thinking)
}

/// What the tenants whose password is known do today.
fn live_stays(
    plan: &[PlannedBooking],
    drafts: &[ListingDraft],
    tenants: &[Account],
) -> Vec<LiveStay> {
    let stay = |planned: &PlannedBooking| {
        let PlannedState::Today(goal) = planned.state else { return None };
        let tenant = tenants.get(planned.tenant)?;
        Some(LiveStay {
            email: tenant.email.clone(),
            password: tenant.password.clone()?,
            property: drafts.get(planned.listing)?.property_id(),
            nights: planned.nights,
            guests: planned.guests,
            goal,
        })
    };
    plan.iter().filter_map(stay).collect()
}

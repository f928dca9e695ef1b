//! `rentezy import-listings`: brings a file of listings in.
//!
//! A listing's property id follows from its source and its id there, so a run that was cut
//! short is finished by running it again, and a second run changes nothing. A listing that
//! exists is left as it is: its landlord may have edited it since.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::inside_airbnb::{self, Adjusted, BadRow, ReadError, Row};
use super::listing::{ListingDraft, Wanted};
use super::progress::{self, Progress};
use super::server::{Server, ServerSink};
use super::sink::PropertySink;
use super::store::{Store, StoreError};
use super::target::Target;
use super::us_rents;
use crate::clock::{self, Clock};
use crate::domain::calendar;
use crate::domain::ids::UserId;
use crate::domain::money::Currency;
use crate::domain::rules::Rules;
use crate::domain::user::Role;
use crate::storage::accounts;
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;

/// Rows that are put into the sink together.
const BATCH_ROWS: usize = 256;

/// Batches that the reader may be ahead of the sink.
const BATCHES_AHEAD: usize = 4;

/// Bad rows that the report names; the others are only counted.
const NAMED_MAX: usize = 20;

/// What `import-listings` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// The landlord who will own the listings, by the email of the account.
    #[arg(long, value_name = "EMAIL")]
    pub owner: String,
    /// What kind of file it is.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// The currency of the prices, by its ISO 4217 code (the file says $ everywhere); rents
    /// are in USD without it.
    #[arg(long, value_name = "CODE")]
    #[arg(required_unless_present = "format", required_if_eq("format", "inside-airbnb"))]
    pub currency: Option<Currency>,
    /// The IANA time zone of the homes, such as Europe/Dublin; for rents it is the city's.
    #[arg(long, value_name = "ZONE", value_parser = known_zone)]
    #[arg(required_unless_present = "format", required_if_eq("format", "inside-airbnb"))]
    pub zone: Option<String>,
    /// The city of every row [default: what the file's hosts say].
    #[arg(long, value_name = "NAME")]
    pub city: Option<String>,
    /// The country of every row, ISO 3166-1 alpha-2 [default: what the file's hosts say].
    #[arg(long, value_name = "CODE", value_parser = country_code)]
    pub country: Option<String>,
    /// A detailed listings file of Inside Airbnb (listings.csv or listings.csv.gz), or a file
    /// of rents.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// A kind of file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Detailed listings of Inside Airbnb: prices of a night.
    #[default]
    InsideAirbnb,
    /// Rents of a month in the United States ([`us_rents`]).
    UsRents,
}

/// The rows of either kind of file.
enum Rows {
    InsideAirbnb(Box<inside_airbnb::Reader<inside_airbnb::Plain>>),
    UsRents(Box<us_rents::Reader<inside_airbnb::Plain>>),
}

impl Rows {
    fn open(args: &ImportArgs) -> Result<Self, ReadError> {
        match args.format {
            Format::InsideAirbnb => {
                let rows = inside_airbnb::open(&args.file, args.options()?)?;
                Ok(Self::InsideAirbnb(Box::new(rows)))
            }
            Format::UsRents => {
                let currency = args.currency.map_or_else(|| "USD".parse(), Ok);
                let currency = currency.map_err(|_| ReadError::Missing("--currency"))?;
                Ok(Self::UsRents(Box::new(us_rents::open(&args.file, currency)?)))
            }
        }
    }

    fn next(&mut self) -> Option<Result<Row, ReadError>> {
        match self {
            Self::InsideAirbnb(rows) => rows.next(),
            Self::UsRents(rows) => rows.next(),
        }
    }

    fn adjusted(&self) -> Adjusted {
        match self {
            Self::InsideAirbnb(rows) => rows.adjusted(),
            Self::UsRents(rows) => rows.adjusted(),
        }
    }
}

fn known_zone(text: &str) -> Result<String, String> {
    calendar::zone(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn country_code(text: &str) -> Result<String, String> {
    let capitals = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let wrong = || "country must be two capital letters (ISO 3166-1), such as IE".to_owned();
    capitals.then(|| text.to_owned()).ok_or_else(wrong)
}

impl ImportArgs {
    fn options(&self) -> Result<inside_airbnb::Options, ReadError> {
        Ok(inside_airbnb::Options {
            currency: self.currency.ok_or(ReadError::Missing("--currency"))?,
            zone: self.zone.clone().ok_or(ReadError::Missing("--zone"))?,
            city: self.city.clone(),
            country: self.country.clone(),
        })
    }
}

/// What became of one draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is a property now.
    Created,
    /// It was there already and was left as it is.
    Unchanged,
    /// The rules refuse it, for this reason.
    Refused(String),
}

/// Where drafts go.
pub trait ListingSink: Send {
    /// Why a whole batch failed; nothing is known of its drafts then, and putting them
    /// again is safe.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Makes properties of the drafts that are none yet. Returns what became of each, in
    /// their order. No two drafts of a batch have the same identity.
    fn put(
        &mut self,
        batch: Vec<ListingDraft>,
    ) -> impl Future<Output = Result<Vec<Outcome>, Self::Error>> + Send;
}

/// An import that could not go on. What was put before stays; run it again to finish.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be opened or read on.
    #[error("{}: {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What went wrong.
        cause: ReadError,
    },
    /// Nobody has the owner's address.
    #[error(
        "no account has the email {0}: register it with a running server (the web app, or \
         POST /api/v1/auth/register), let it become a landlord, then run this again"
    )]
    NoOwner(String),
    /// The owner may not offer homes.
    #[error(
        "{0} is no landlord: sign in as {0} with a running server and become one (the web app, \
         or POST /api/v1/me/landlord-application), then run this again"
    )]
    NotLandlord(String),
    /// The database cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A batch could not be stored.
    #[error("storing the listings failed")]
    Sink(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The sink answered for another number of drafts, or the reader died: a fault of ours.
    #[error("the import broke inside: {0}")]
    Broken(&'static str),
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows read.
    pub rows: u64,
    /// Properties made.
    pub created: u64,
    /// How many of those are drafts, because they have no price.
    pub drafts: u64,
    /// Listings that were there already.
    pub unchanged: u64,
    /// Rows that are no listing.
    pub bad: u64,
    /// The first of the bad rows, in the file's order.
    pub named: Vec<BadRow>,
    /// What was changed to make rows fit.
    pub adjusted: Adjusted,
    /// Rows whose limits on a stay were not taken over.
    pub stay_limits: u64,
    /// How long it took.
    pub took: Duration,
}

/// Rows on their way from the reader's thread to the sink.
#[derive(Default)]
struct Batch {
    listings: Vec<(u64, ListingDraft)>,
    bad: Vec<BadRow>,
    adjusted: Adjusted,
}

/// Brings the file's listings to where they shall go, and shows progress on standard error.
///
/// # Errors
/// [`ImportError`]; what was written stays, and a second run goes on from there.
pub async fn into(target: Target, args: &ImportArgs) -> Result<Report, ImportError> {
    let Target { database, clock, rules, server, .. } = target;
    match server {
        Some(server) => into_server(args, &database, server).await,
        None => into_database(args, &database, clock, rules).await,
    }
}

/// Brings the file's listings into a migrated database that nobody else has, and shows
/// progress on standard error.
///
/// # Errors
/// [`ImportError`]; what was written stays, and a second run goes on from there.
pub async fn into_database(
    args: &ImportArgs,
    database: &Database,
    clock: Clock,
    rules: Rules,
) -> Result<Report, ImportError> {
    let mut store = Store::open(database, clock, rules).await?;
    let owner = landlord(store.client(), &args.owner).await?;
    run(args, &mut PropertySink::new(&mut store, owner), Progress::stderr()).await
}

async fn into_server(
    args: &ImportArgs,
    database: &Database,
    mut server: Server,
) -> Result<Report, ImportError> {
    let owner = landlord(&database.connect("").await?, &args.owner).await?;
    run(args, &mut ServerSink::new(&mut server, owner), Progress::stderr()).await
}

/// The landlord with an address.
async fn landlord(client: &Client, email: &str) -> Result<UserId, ImportError> {
    let found = accounts::credentials(client, email).await?;
    let (user, _) = found.ok_or_else(|| ImportError::NoOwner(email.to_owned()))?;
    if !user.roles.contains(&Role::Landlord) {
        return Err(ImportError::NotLandlord(email.to_owned()));
    }
    Ok(user.id)
}

/// Reads the file and puts its listings into the sink, batch by batch.
///
/// # Errors
/// When the file cannot be read or the sink fails. Bad rows are no errors.
pub async fn run<S: ListingSink>(
    args: &ImportArgs,
    sink: &mut S,
    mut progress: Progress,
) -> Result<Report, ImportError> {
    let started = clock::monotonic();
    let (batches, mut arriving) = mpsc::channel(BATCHES_AHEAD);
    let told = args.clone();
    let reader = tokio::task::spawn_blocking(move || read(&told, &batches));
    let mut report = Report::default();
    while let Some(batch) = arriving.recv().await {
        report.take(batch, sink).await?;
        progress.show(report.rows);
    }
    drop(progress);
    let read = reader.await.map_err(|_| ImportError::Broken("the reader stopped"))?;
    read.map_err(|cause| ImportError::File { file: args.file.clone(), cause })?;
    report.named.sort_by_key(|bad| bad.row);
    report.named.truncate(NAMED_MAX);
    report.took = started.elapsed();
    Ok(report)
}

/// Reads the whole file into batches; ends early when nobody takes them any more.
fn read(args: &ImportArgs, batches: &mpsc::Sender<Batch>) -> Result<(), ReadError> {
    let mut rows = Rows::open(args)?;
    let mut first_rows = HashMap::new();
    let mut batch = Batch::default();
    while let Some(row) = rows.next() {
        match row? {
            Row::Listing { row, draft } => match first_rows.entry(draft.property_id()) {
                Entry::Vacant(first) => {
                    first.insert(row);
                    batch.listings.push((row, *draft));
                }
                Entry::Occupied(first) => {
                    let reason = format!("the same id as row {}", first.get());
                    batch.bad.push(BadRow { row, external_id: draft.external_id, reason });
                }
            },
            Row::Bad(bad) => batch.bad.push(bad),
        }
        if batch.listings.len() + batch.bad.len() >= BATCH_ROWS {
            batch.adjusted = rows.adjusted();
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
    }
    batch.adjusted = rows.adjusted();
    // Nobody to take the last batch means that the import has failed and says so itself.
    batches.blocking_send(batch).unwrap_or_default();
    Ok(())
}

impl Report {
    async fn take<S: ListingSink>(
        &mut self,
        batch: Batch,
        sink: &mut S,
    ) -> Result<(), ImportError> {
        let about: Vec<_> = batch
            .listings
            .iter()
            .map(|(row, draft)| (*row, draft.external_id.clone(), draft.wanted, draft.stay))
            .collect();
        self.rows += u64::try_from(about.len() + batch.bad.len()).unwrap_or_default();
        self.adjusted = batch.adjusted;
        for bad in batch.bad {
            self.bad(bad);
        }
        let drafts: Vec<_> = batch.listings.into_iter().map(|(_, draft)| draft).collect();
        if drafts.is_empty() {
            return Ok(());
        }
        let outcomes = sink.put(drafts).await.map_err(|error| ImportError::Sink(error.into()))?;
        if outcomes.len() != about.len() {
            return Err(ImportError::Broken("not one outcome for each listing"));
        }
        for ((row, external_id, wanted, stay), outcome) in about.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Created => {
                    self.created += 1;
                    self.drafts += u64::from(wanted == Wanted::Draft);
                    self.stay_limits += u64::from(stay.is_some());
                }
                Outcome::Unchanged => self.unchanged += 1,
                Outcome::Refused(reason) => self.bad(BadRow { row, external_id, reason }),
            }
        }
        Ok(())
    }

    fn bad(&mut self, row: BadRow) {
        self.bad += 1;
        // Refusals come back after the reader's own bad rows of a batch, so a few more than
        // will be named are kept, and sorted at the end.
        if self.named.len() < NAMED_MAX + BATCH_ROWS {
            self.named.push(row);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64();
        let rate = progress::rate(self.rows, self.took);
        writeln!(f, "{} rows in {seconds:.1} s ({rate} rows/s)", self.rows)?;
        writeln!(f, "  created    {:>8}  (drafts, unpriced: {})", self.created, self.drafts)?;
        writeln!(f, "  unchanged  {:>8}", self.unchanged)?;
        write!(f, "  bad        {:>8}", self.bad)?;
        for bad in &self.named {
            write!(f, "\n    {bad}")?;
        }
        let unnamed = self.bad.saturating_sub(u64::try_from(self.named.len()).unwrap_or_default());
        if unnamed > 0 {
            write!(f, "\n    and {unnamed} more")?;
        }
        let notes = [
            (self.adjusted.titles_replaced, "titles too short, replaced by type and city"),
            (self.adjusted.texts_cut, "titles or descriptions cut to their longest"),
            (self.adjusted.amenities_cut, "with amenities cut or too many"),
            (self.adjusted.rooms_assumed, "without bedrooms or beds, where the least is assumed"),
            (self.adjusted.baths_assumed, "without bathrooms, where one is assumed"),
            (self.adjusted.placed_by_city, "placed near the middle of their city"),
            (self.stay_limits, "created without their limits on a stay, which are not kept yet"),
        ];
        let mut said = notes.iter().filter(|(count, _)| *count > 0).peekable();
        if said.peek().is_some() {
            write!(f, "\nadjusted rows:")?;
        }
        said.try_for_each(|(count, what)| write!(f, "\n  {count:>8}  {what}"))
    }
}

//! The search index of this node: one actor owns its writer, follows the event log with it,
//! and decides when what was written is shown to searches.
//!
//! It is a replica like any cache: its cursor lies with the index and not in the database,
//! and an index that is lost is filled anew, also under a running server; searches go on
//! over what they had until then.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::{Semaphore, watch};

use super::search_changes;
use super::search_feed::{BATCH, Feed, FeedError};
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock::{self, Clock};
use crate::domain::calendar;
use crate::domain::event::Position;
use crate::search::{Cursor, QueryError, SearchIndex, SearchPage, SearchQuery, Suggestions};
use crate::storage::pool::Pool;

/// Searches that may wait for each one that runs.
const WAITING_PER_DESK: usize = 128;
/// How much longer the feed rests than it worked, so that it keeps no more than a tenth of
/// a core from those who write. What comes after a rest is included at once.
const REST: u32 = 9;
/// The longest rest.
const REST_MAX: Duration = Duration::from_secs(1);
/// The pause after the first failure; it doubles up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How often it is looked whether the index's files are still there.
const LOOK: Duration = Duration::from_secs(1);
/// The offset at which a date begins last on earth, in hours.
const LAST_OFFSET: i8 = -12;

/// What the index needs.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For rows and events.
    pub pool: Pool,
    /// The time.
    pub clock: Clock,
    /// The index's own directory.
    pub dir: PathBuf,
    /// How long a change may wait to be findable.
    pub commit: Duration,
    /// Memory of the writer, in bytes.
    pub writer_memory_bytes: usize,
    /// A list of words that mean the same, instead of the built-in.
    pub synonyms: Option<PathBuf>,
}

/// Why a search has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index is still being opened or filled.
    #[error("search index is being filled")]
    NotReady,
    /// Too many searches wait.
    #[error("too many searches are waiting")]
    Busy,
    /// The search itself; see [`QueryError`].
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The search panicked.
    #[error("search failed")]
    Failed,
}

/// The way to the index of this node.
#[derive(Clone)]
pub struct Search(Arc<Shared>);

struct Shared {
    /// Absent until the index has been filled. It stays while the actor restarts.
    index: ArcSwapOption<SearchIndex>,
    /// The events that searches know of.
    seen: watch::Sender<Cursor>,
    /// Places for searches that run or wait.
    room: Arc<Semaphore>,
    /// Places for searches that run.
    desks: Arc<Semaphore>,
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search").field("ready", &self.ready()).finish_non_exhaustive()
    }
}

impl Search {
    /// A search over nothing, which is never ready.
    #[must_use]
    pub fn off() -> Self {
        let desks = std::thread::available_parallelism().map_or(2, usize::from);
        Self(Arc::new(Shared {
            index: ArcSwapOption::empty(),
            seen: watch::Sender::new(Cursor::default()),
            room: Arc::new(Semaphore::new(desks * (WAITING_PER_DESK + 1))),
            desks: Arc::new(Semaphore::new(desks)),
        }))
    }

    /// A search over an index that somebody else feeds, or nobody.
    #[must_use]
    pub fn over(index: SearchIndex) -> Self {
        let search = Self::off();
        search.0.index.store(Some(Arc::new(index)));
        search
    }

    /// Starts the index. It is opened, and filled if need be, after this has returned.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(
        root: &Root,
        tail: &Tail,
        around: Surroundings,
    ) -> Result<Self, ActorProcessingErr> {
        let search = Self::off();
        let shown = search.clone();
        let make = move || (Indexer, (around.clone(), shown.clone()));
        let mailbox = root.adopt("search_index", make).await?;
        tail.follow(Arc::new(move |heads| mailbox.send(Msg::Grown(heads.to_vec()))));
        Ok(search)
    }

    /// Searches what was last made visible.
    ///
    /// # Errors
    /// [`SearchError::Query`] for a cursor of another search; the others say that the same
    /// search may come again.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchPage, SearchError> {
        let index = self.0.index.load_full().ok_or(SearchError::NotReady)?;
        let place = Arc::clone(&self.0.room).try_acquire_owned().map_err(|_| SearchError::Busy)?;
        let desk = Arc::clone(&self.0.desks).acquire_owned().await;
        let desk = desk.map_err(|_| SearchError::Busy)?;
        let searching = tokio::task::spawn_blocking(move || {
            let found = index.search(&query);
            // Held here, because the search goes on when nobody waits for it any more.
            drop((place, desk));
            found
        });
        Ok(searching.await.map_err(|_| SearchError::Failed)??)
    }

    /// Completes a text from memory; see [`SearchIndex::suggest`].
    ///
    /// # Errors
    /// [`SearchError::NotReady`].
    pub fn suggest(&self, text: &str, limit: usize) -> Result<Suggestions, SearchError> {
        let index = self.0.index.load_full().ok_or(SearchError::NotReady)?;
        Ok(index.suggest(text, limit))
    }

    /// Whether the index has been filled, so that searches are answered.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.0.index.load().is_some()
    }

    /// Whether searches know of all these events.
    #[must_use]
    pub fn caught_up_with(&self, positions: &[Position]) -> bool {
        let seen = self.0.seen.borrow();
        self.ready()
            && positions
                .iter()
                .all(|position| search_changes::seq(*position) <= seen.get(position.stream))
    }

    /// Waits until searches know of all these events.
    pub async fn catch_up_with(&self, positions: &[Position]) {
        let mut seen = self.0.seen.subscribe();
        while !self.caught_up_with(positions) {
            // The sender lives as long as this handle.
            if seen.changed().await.is_err() {
                return;
            }
        }
    }
}

/// What the actor is told, by itself but for the tail's news.
enum Msg {
    /// Open the index.
    Open,
    /// Streams have grown. From the tail.
    Grown(Vec<Position>),
    /// Include the next events.
    Include,
    /// Show what was included.
    Commit,
    /// A new day has begun everywhere.
    Roll,
    /// See whether the files are still there.
    Look,
}

impl ractor::Message for Msg {}

struct Indexer;

struct State {
    around: Surroundings,
    search: Search,
    /// Absent until the index is open.
    feed: Option<Feed>,
    /// Whether an [`Msg::Include`] is on its way.
    including: bool,
    /// Whether an [`Msg::Commit`] is.
    committing: bool,
    /// Failures in a row.
    failures: u32,
}

impl Actor for Indexer {
    type Msg = Msg;
    type State = State;
    type Arguments = (Surroundings, Search);

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        (around, search): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        // Not here: filling takes its time, and the root waits for this.
        myself.cast(Msg::Open)?;
        later(&myself, Msg::Look, LOOK);
        Ok(State { around, search, feed: None, including: false, committing: false, failures: 0 })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Open => state.open(&myself).await,
            Msg::Grown(positions) => {
                // Without an index there is nothing to note: it is opened at the heads.
                if let Some(feed) = &mut state.feed {
                    feed.heard(&positions);
                }
                state.include_soon(&myself)
            }
            Msg::Include => state.include(&myself).await,
            Msg::Commit => state.commit(&myself).await,
            Msg::Roll => state.roll(&myself).await,
            Msg::Look => state.look(&myself).await,
        }
    }
}

impl State {
    async fn open(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        let started = clock::monotonic();
        let Surroundings { pool, clock, dir, writer_memory_bytes, synonyms, .. } =
            self.around.clone();
        let today = earliest_date(clock.now());
        match Feed::open(pool, dir, writer_memory_bytes, synonyms, today).await {
            Ok((index, feed)) => {
                let (listings, took) = (index.listings(), started.elapsed());
                tracing::info!(listings, ?took, "search index is open");
                self.feed = Some(feed);
                self.failures = 0;
                // In this order: whoever hears that it has caught up will search.
                self.search.0.index.store(Some(Arc::new(index)));
                self.tell();
                myself.cast(Msg::Roll)?;
                self.include_soon(myself)
            }
            Err(error) => {
                self.again(myself, Msg::Open, &error);
                Ok(())
            }
        }
    }

    async fn include(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        self.including = false;
        let Some(feed) = &mut self.feed else { return Ok(()) };
        let (before, began) = (feed.uncommitted(), clock::monotonic());
        let included = feed.take_in().await;
        let events = feed.uncommitted().saturating_sub(before);
        self.tell();
        match included {
            Ok(_) => {
                self.failures = 0;
                if (1..BATCH / 2).contains(&events) {
                    self.including = true;
                    let rest = began.elapsed().saturating_mul(REST).min(REST_MAX);
                    later(myself, Msg::Include, rest);
                } else {
                    self.include_soon(myself)?;
                }
            }
            Err(error) => self.failed(myself, error)?,
        }
        // After a failure too: it may have been that of one stream among others.
        self.commit_soon(myself)
    }

    async fn commit(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        self.committing = false;
        let Some(feed) = &mut self.feed else { return Ok(()) };
        let committed = feed.commit().await;
        self.tell();
        match committed {
            // A commit that had to start from an earlier one has left events out.
            Ok(()) => self.include_soon(myself),
            Err(error) => self.failed(myself, error),
        }
    }

    async fn roll(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        let Some(feed) = &mut self.feed else { return Ok(()) };
        let now = self.around.clock.now();
        let rolled = feed.roll(earliest_date(now)).await;
        let (clock, next) = (self.around.clock.clone(), next_date(now));
        let again = myself.clone();
        tokio::spawn(async move {
            clock.sleep_until(next).await;
            // A restarted index has days of its own.
            again.cast(Msg::Roll).ok();
        });
        rolled.or_else(|error| self.failed(myself, error))
    }

    /// Opens the index anew when its files were deleted.
    async fn look(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        later(myself, Msg::Look, LOOK);
        let Some(feed) = &mut self.feed else { return Ok(()) };
        if feed.is_intact().await? {
            return Ok(());
        }
        tracing::warn!("search index was deleted, it is filled again");
        // Its writer waits for its threads.
        let lost = self.feed.take();
        tokio::task::spawn_blocking(move || drop(lost)).await?;
        self.open(myself).await
    }

    /// Has the next events included, if there are any and they are not about to be.
    fn include_soon(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        let behind = self.feed.as_ref().is_some_and(Feed::is_behind);
        if behind && !self.including {
            self.including = true;
            myself.cast(Msg::Include)?;
        }
        Ok(())
    }

    /// Has what was included shown, after the time that changes may wait. Nights are seen
    /// without a commit: they only need one now and then, to keep a restart short.
    fn commit_soon(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        let Some(feed) = self.feed.as_ref().filter(|_| !self.committing) else { return Ok(()) };
        if feed.uncommitted() >= BATCH {
            self.committing = true;
            myself.cast(Msg::Commit)?;
        } else if feed.has_unseen() {
            self.committing = true;
            later(myself, Msg::Commit, self.around.commit);
        }
        Ok(())
    }

    /// Tells those who wait what searches know of.
    fn tell(&self) {
        if let Some(seen) = self.feed.as_ref().and_then(Feed::seen) {
            self.search.0.seen.send_replace(seen.clone());
        }
    }

    /// Goes on after a pause, from the last commit where need be. Without its writer the
    /// actor cannot, and fails.
    fn failed(
        &mut self,
        myself: &ActorRef<Msg>,
        error: FeedError,
    ) -> Result<(), ActorProcessingErr> {
        if matches!(error, FeedError::Lost) {
            return Err(error.into());
        }
        if self.including {
            tracing::warn!(%error, "search index cannot be fed");
        } else {
            self.including = true;
            self.again(myself, Msg::Include, &error);
        }
        Ok(())
    }

    fn again(&mut self, myself: &ActorRef<Msg>, message: Msg, error: &FeedError) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(%error, cause, failures = self.failures, "search index cannot be fed");
        let pause = PAUSE.saturating_mul(1 << self.failures.min(10)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        later(myself, message, pause);
    }
}

fn later(myself: &ActorRef<Msg>, message: Msg, pause: Duration) {
    let myself = myself.clone();
    tokio::spawn(async move {
        clock::pause(pause).await;
        // A restarted index begins anew.
        myself.cast(message).ok();
    });
}

/// The earliest date there is anywhere on earth: no home loses its own today by it.
fn earliest_date(now: Timestamp) -> Date {
    calendar::local_date(now, &last_zone())
}

/// When [`earliest_date`] changes next.
fn next_date(now: Timestamp) -> Timestamp {
    let tomorrow = earliest_date(now).tomorrow().and_then(|date| date.to_zoned(last_zone()));
    tomorrow.map_or_else(
        |_| now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX),
        |tomorrow| tomorrow.timestamp(),
    )
}

fn last_zone() -> TimeZone {
    Offset::constant(LAST_OFFSET).to_time_zone()
}

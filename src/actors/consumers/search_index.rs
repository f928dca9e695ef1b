//! The search index of this node: one actor owns its writer, follows the event log with it,
//! and decides when what was written is shown to searches.
//!
//! It is a replica like any cache: its cursor lies with the index and not in the database.
//! An index that cannot be used, or shall not be any more, is replaced by a new generation,
//! which a task fills from rows while this one is searched and fed. When the new one knows as
//! much it takes its place; searches that run end on the old one, which goes with the last
//! of them. Where there is none, nothing is searched until the first has been filled.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;

use super::search_changes::seq;
pub use super::search_door::{Ordered, Search, SearchError, Served, Standing};
pub use super::search_feed::Why;
use super::search_feed::{BATCH, Feed, FeedError, Opened};
use super::search_renewal::{Next, Task};
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock::{self, Clock};
use crate::domain::calendar;
use crate::domain::event::Position;
use crate::search::Cursor;
use crate::storage::pool::Pool;

/// How much longer the feed rests than it worked, so that it keeps no more than a tenth of
/// a core from those who write. What comes after a rest is included at once.
const REST: u32 = 9;
/// The longest rest: who changed something wants to see it, and work is long where much waits
/// for the processor, too.
const REST_MAX: Duration = Duration::from_millis(100);
/// The pause after the first failure; it doubles up to [`PAUSE_MAX`].
pub(super) const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How often it is looked whether the index's files are still there.
const LOOK: Duration = Duration::from_secs(1);
/// Segments up to which commits come as fast as they may. Past it merges cannot keep up, and
/// a commit waits longer for each segment more, so that searches need not look into ever more.
const SEGMENTS_MAX: usize = 20;
/// The longest that a commit waits for merges.
const COMMIT_MAX: Duration = Duration::from_secs(10);
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

impl Search {
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
        // Nobody has set it: it is a search of its own.
        search.0.indexer.set(mailbox.clone()).ok();
        tail.follow(Arc::new(move |heads| mailbox.send(Msg::Grown(heads.to_vec()))));
        Ok(search)
    }
}

/// What the actor is told, by itself but for the tail's news and an operator's order.
pub(super) enum Msg {
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
    /// Build the generation that is wanted.
    Build,
    /// A generation has been filled, or could not be.
    Built(Box<Result<Next, FeedError>>),
    /// Let the filled generation take the place of the present one.
    Swap,
    /// Build a generation; tells whether that has begun. From an operator.
    Reindex(oneshot::Sender<Option<Ordered>>),
}

impl ractor::Message for Msg {}

struct Indexer;

pub(super) struct State {
    pub(super) around: Surroundings,
    pub(super) search: Search,
    /// Where the streams end, as far as was heard.
    pub(super) heads: Cursor,
    /// The index that is searched and fed; absent until it is open and filled.
    pub(super) feed: Option<Feed>,
    /// Whether its files are gone: it is fed in memory until the next one is there.
    pub(super) lost: bool,
    /// Why the next generation is wanted, until it is there.
    pub(super) wanted: Option<Why>,
    /// Fills it.
    pub(super) filling: Option<Task>,
    /// Is it, when it is filled and does not know enough yet.
    pub(super) next: Option<Next>,
    /// Whether an [`Msg::Include`] is on its way.
    pub(super) including: bool,
    /// Whether an [`Msg::Commit`] is.
    pub(super) committing: bool,
    /// Failures in a row.
    pub(super) failures: u32,
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
        search.0.building.store(None);
        Ok(State {
            around,
            search,
            heads: Cursor::default(),
            feed: None,
            lost: false,
            wanted: None,
            filling: None,
            next: None,
            including: false,
            committing: false,
            failures: 0,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Open => state.open(&myself).await,
            Msg::Grown(positions) => state.grown(&myself, &positions),
            Msg::Include => state.include(&myself).await,
            Msg::Commit => state.commit(&myself).await,
            Msg::Roll => state.roll(&myself).await,
            Msg::Look => state.look(&myself).await,
            Msg::Build => state.build(&myself).await,
            Msg::Built(built) => state.built(&myself, *built).await,
            Msg::Swap => state.swap(&myself).await,
            Msg::Reindex(reply) => {
                let ordered = state.reindex(&myself).await?;
                // Whoever asked may have given up.
                reply.send(ordered).ok();
                Ok(())
            }
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
            Ok(Opened { index, feed, why: Some(Why::Empty) }) => {
                self.wanted = Some(Why::Empty);
                self.fill(myself, Why::Empty, Next { index, feed });
                Ok(())
            }
            Ok(Opened { index, feed, why }) => {
                let (listings, took) = (index.listings(), started.elapsed());
                tracing::info!(listings, ?took, "search index is open");
                self.failures = 0;
                self.wanted = None;
                self.serve(myself, Next { index, feed })?;
                match why {
                    Some(why) => self.want(myself, why).await,
                    None => Ok(()),
                }
            }
            Err(error) => {
                self.again(myself, Msg::Open, &error);
                Ok(())
            }
        }
    }

    fn grown(
        &mut self,
        myself: &ActorRef<Msg>,
        positions: &[Position],
    ) -> Result<(), ActorProcessingErr> {
        for position in positions {
            let head = seq(*position).max(self.heads.get(position.stream));
            self.heads.set(position.stream, head);
        }
        if let Some(feed) = &mut self.feed {
            feed.heard(positions);
        }
        self.search.0.lag().heard(positions, clock::monotonic());
        self.include_soon(myself)
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
            Err(FeedError::Late) => {
                self.want(myself, Why::Late).await?;
                self.including = true;
                later(myself, Msg::Include, PAUSE_MAX);
            }
            Err(error) => self.failed(myself, error)?,
        }
        // After a failure too: it may have been that of one stream among others.
        self.commit_soon(myself)
    }

    async fn commit(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        self.committing = false;
        let Some(feed) = self.feed.as_mut().filter(|_| !self.lost) else { return Ok(()) };
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

    /// Has the index built anew when its files were deleted. Until then searches go on over
    /// what they had, and nights are fed; documents could not be committed.
    async fn look(&mut self, myself: &ActorRef<Msg>) -> Result<(), ActorProcessingErr> {
        later(myself, Msg::Look, LOOK);
        let Some(feed) = self.feed.as_mut().filter(|_| !self.lost) else { return Ok(()) };
        if feed.is_intact().await? {
            return Ok(());
        }
        tracing::warn!("search index was deleted, it is built again");
        self.lost = true;
        self.want(myself, Why::Lost).await
    }

    /// Has the next events included, if there are any and they are not about to be.
    pub(super) fn include_soon(
        &mut self,
        myself: &ActorRef<Msg>,
    ) -> Result<(), ActorProcessingErr> {
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
        let idle = !self.committing && !self.lost;
        let Some(feed) = self.feed.as_ref().filter(|_| idle) else { return Ok(()) };
        let pause = match slowed(self.around.commit, feed.segments()) {
            Some(slowed) => {
                metrics::counter!("search_commits_slowed_total").increment(1);
                slowed
            }
            None if feed.uncommitted() >= BATCH => Duration::ZERO,
            None => self.around.commit,
        };
        if feed.has_unseen() || feed.uncommitted() >= BATCH {
            self.committing = true;
            later(myself, Msg::Commit, pause);
        }
        Ok(())
    }

    /// Tells those who wait what searches know of.
    pub(super) fn tell(&self) {
        if let Some(seen) = self.feed.as_ref().and_then(Feed::seen) {
            self.search.0.seen.send_replace(seen.clone());
            self.search.0.lag().saw(seen, clock::monotonic());
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

    pub(super) fn again(&mut self, myself: &ActorRef<Msg>, message: Msg, error: &FeedError) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(%error, cause, failures = self.failures, "search index cannot be fed");
        let pause = PAUSE.saturating_mul(1 << self.failures.min(10)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        later(myself, message, pause);
    }
}

/// How long a commit waits when there are too many segments; none when there are not.
pub(in crate::actors) fn slowed(commit: Duration, segments: usize) -> Option<Duration> {
    let past = u32::try_from(segments.checked_sub(SEGMENTS_MAX + 1)?).unwrap_or(u32::MAX);
    Some(commit.saturating_mul(past.saturating_add(2)).clamp(commit, COMMIT_MAX.max(commit)))
}

pub(super) fn later(myself: &ActorRef<Msg>, message: Msg, pause: Duration) {
    let myself = myself.clone();
    tokio::spawn(async move {
        clock::pause(pause).await;
        // A restarted index begins anew.
        myself.cast(message).ok();
    });
}

/// The earliest date there is anywhere on earth: no home loses its own today by it.
pub(super) fn earliest_date(now: Timestamp) -> Date {
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

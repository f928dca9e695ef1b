//! The way to the search index of this node: searching it, waiting until it knows of
//! something, having it built anew, and asking how it does.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::{Semaphore, oneshot, watch};

use super::search_build::Building;
use super::search_changes;
use super::search_index::Msg;
use super::search_lag::Lag;
use crate::actors::root::Mailbox;
use crate::clock;
use crate::domain::entity::Stream;
use crate::domain::event::Position;
use crate::search::{
    Cursor, MapPage, QueryError, SearchIndex, SearchPage, SearchQuery, Suggestions,
};

/// Searches that may wait for each one that runs.
const WAITING_PER_DESK: usize = 128;

/// Why a search has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index is still being opened or filled.
    #[error("search index is being filled")]
    NotReady,
    /// Too many searches wait.
    #[error("too many searches are waiting")]
    Busy,
    /// The events asked for were not taken in in time.
    #[error("search index is behind")]
    Behind,
    /// The search itself; see [`QueryError`].
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The search panicked.
    #[error("search failed")]
    Failed,
}

/// The way to the index of this node.
#[derive(Clone)]
pub struct Search(pub(super) Arc<Shared>);

pub(super) struct Shared {
    /// Absent until the index has been filled. It stays while the actor restarts.
    pub(super) index: ArcSwapOption<SearchIndex>,
    /// The events that searches know of.
    pub(super) seen: watch::Sender<Cursor>,
    /// The generation that is being built.
    pub(super) building: ArcSwapOption<Building>,
    /// How far searches are behind the log.
    lag: Mutex<Lag>,
    /// The actor, when there is one.
    pub(super) indexer: OnceLock<Mailbox<Msg>>,
    /// Places for searches that run or wait.
    room: Arc<Semaphore>,
    /// Places for searches that run.
    desks: Arc<Semaphore>,
}

/// What has come of an order to build the index anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordered {
    /// It has begun.
    Begun,
    /// A generation is being built already, and will do.
    Running,
}

/// How the index of this node does.
#[derive(Debug)]
pub struct Standing {
    /// What is searched; none until it has been filled.
    pub served: Option<Served>,
    /// What is being built.
    pub building: Option<Arc<Building>>,
    /// Streams in which searches are behind: the last event they know of, and the last
    /// that this node has heard of.
    pub behind: Vec<(Stream, u64, u64)>,
    /// How long something has been waiting to be known to searches; zero when nothing is.
    pub lag: Duration,
}

/// The generation that is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Which it is.
    pub generation: u64,
    /// Listings that can be found.
    pub listings: u64,
    /// Documents that are deleted and still take room.
    pub deleted: u64,
    /// Segments that a search looks into.
    pub segments: usize,
    /// What it takes on the disk.
    pub bytes: u64,
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search").field("ready", &self.ready()).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn lag(&self) -> MutexGuard<'_, Lag> {
        // A number that somebody left half-way is put right by the next news.
        self.lag.lock().unwrap_or_else(PoisonError::into_inner)
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
            building: ArcSwapOption::empty(),
            lag: Mutex::default(),
            indexer: OnceLock::new(),
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

    /// Searches what was last made visible.
    ///
    /// # Errors
    /// [`SearchError::Query`] for a cursor of another search; the others say that the same
    /// search may come again.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchPage, SearchError> {
        self.ask(move |index| index.search(&query)).await
    }

    /// What a map shows of what is asked, at a zoom.
    ///
    /// # Errors
    /// Those that say that the same search may come again.
    pub async fn map(&self, query: SearchQuery, zoom: u8) -> Result<MapPage, SearchError> {
        self.ask(move |index| index.map(&query, zoom)).await
    }

    /// Completes a text from memory; see [`SearchIndex::suggest`].
    ///
    /// # Errors
    /// [`SearchError::NotReady`].
    pub fn suggest(&self, text: &str, limit: usize) -> Result<Suggestions, SearchError> {
        let index = self.0.index.load_full().ok_or(SearchError::NotReady)?;
        Ok(index.suggest(text, limit))
    }

    /// Asks the index in a place where it may block.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&SearchIndex) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, SearchError> {
        let index = self.0.index.load_full().ok_or(SearchError::NotReady)?;
        let place = Arc::clone(&self.0.room).try_acquire_owned().map_err(|_| SearchError::Busy)?;
        let desk = Arc::clone(&self.0.desks).acquire_owned().await;
        let desk = desk.map_err(|_| SearchError::Busy)?;
        let searching = tokio::task::spawn_blocking(move || {
            let found = question(&index);
            // Held here, because the search goes on when nobody waits for it any more.
            drop((place, desk));
            found
        });
        Ok(searching.await.map_err(|_| SearchError::Failed)??)
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

    /// The same, for so long.
    ///
    /// # Errors
    /// [`SearchError::Behind`] when that was too short, [`SearchError::NotReady`] at once
    /// when there is nothing to search.
    pub async fn includes(
        &self,
        positions: &[Position],
        limit: Duration,
    ) -> Result<(), SearchError> {
        if !self.ready() {
            return Err(SearchError::NotReady);
        }
        let caught_up = clock::within(limit, self.catch_up_with(positions)).await;
        caught_up.map_err(|_| SearchError::Behind)
    }

    /// Has a new generation built from rows. Searches go on over the present one until it
    /// knows as much. An order while one is being built changes nothing.
    ///
    /// # Errors
    /// [`SearchError::NotReady`] when there is no index yet, or none is fed here.
    pub async fn reindex(&self) -> Result<Ordered, SearchError> {
        let (reply, answer) = oneshot::channel();
        let indexer = self.0.indexer.get().ok_or(SearchError::NotReady)?;
        indexer.send(Msg::Reindex(reply));
        answer.await.ok().flatten().ok_or(SearchError::NotReady)
    }

    /// How it does.
    pub async fn standing(&self) -> Standing {
        let served = self.0.index.load_full().map(|index| {
            tokio::task::spawn_blocking(move || Served {
                generation: index.generation(),
                listings: index.listings(),
                deleted: index.deleted(),
                segments: index.segments(),
                bytes: index.bytes(),
            })
        });
        let served = match served {
            Some(looking) => looking.await.ok(),
            None => None,
        };
        let (behind, lag) = {
            let lag = self.0.lag();
            (lag.behind(), lag.age(clock::monotonic()))
        };
        Standing { served, building: self.0.building.load_full(), behind, lag }
    }
}

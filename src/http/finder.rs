//! Searches, which keep a core busy for milliseconds: only so many at once and so many
//! waiting, so that a flood of them leaves the rest of the server alone.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::problem::{Problem, Slug};
use crate::search::{QueryError, SearchIndex, SearchPage, SearchQuery};

/// Searches that may wait for each one that runs.
const WAITING_PER_DESK: usize = 128;

/// The place where searches run, cheap to clone.
#[derive(Clone)]
pub struct Finder {
    index: SearchIndex,
    /// Who may stand in the room: those being served and those waiting.
    room: Arc<Semaphore>,
    /// Who is being served.
    desks: Arc<Semaphore>,
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finder").finish_non_exhaustive()
    }
}

impl Finder {
    /// Searches an index, on as many threads as there are cores.
    #[must_use]
    pub fn new(index: SearchIndex) -> Self {
        let desks = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            index,
            room: Arc::new(Semaphore::new(desks * (WAITING_PER_DESK + 1))),
            desks: Arc::new(Semaphore::new(desks)),
        }
    }

    /// Searches.
    ///
    /// # Errors
    /// `malformed` for a cursor of another search, `overloaded` past the limits.
    pub async fn find(&self, query: SearchQuery) -> Result<SearchPage, Problem> {
        let full = || Problem::new(Slug::Overloaded, "too many searches are waiting");
        let place = self.room.clone().try_acquire_owned();
        let place = place.map_err(|_| full().retry_after(1))?;
        let desk = self.desks.clone().acquire_owned().await;
        let desk = desk.map_err(|_| full().retry_after(1))?;
        let index = self.index.clone();
        let found = tokio::task::spawn_blocking(move || {
            let found = index.search(&query);
            drop((place, desk));
            found
        });
        match found.await {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(QueryError::Cursor(error))) => Err(Problem::malformed(error.to_string())),
            Ok(Err(QueryError::Index(error))) => Err(Problem::internal(&error)),
            Err(error) => Err(Problem::internal(&error)),
        }
    }
}

//! Builds a generation of the search index: fills it with what rows say, and brings it to
//! the log's heads. Events that come meanwhile are taken in as ever, for rows and nights are
//! read after the heads were.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::search_changes::Changes;
use super::search_document::document;
use super::search_feed::{Feed, FeedError, Why, cursor};
use crate::clock;
use crate::domain::property::Status;
use crate::search::SearchIndex;
use crate::storage::sqlstate::StorageError;
use crate::storage::{bookings, events, properties};

/// Listings that an index is filled with at once.
const PAGE: i64 = 1_000;
/// Listings whose nights are read at once.
const NIGHTS_PAGE: usize = 2_000;

/// A generation on its way.
#[derive(Debug)]
pub struct Building {
    /// Which it is.
    pub generation: u64,
    /// Why it is built.
    pub why: Why,
    /// When that began.
    pub since: Timestamp,
    /// How many listings the generation before it has; 0 without one.
    pub expected: u64,
    listings: AtomicU64,
}

impl Building {
    /// One that begins.
    pub(in crate::actors) fn new(
        generation: u64,
        why: Why,
        since: Timestamp,
        expected: u64,
    ) -> Self {
        Self { generation, why, since, expected, listings: AtomicU64::new(0) }
    }

    /// Listings that are in it so far.
    #[must_use]
    pub fn listings(&self) -> u64 {
        self.listings.load(Ordering::Relaxed)
    }
}

impl Feed {
    /// The next generation, empty.
    pub(super) async fn successor(&mut self) -> Result<(SearchIndex, Self), FeedError> {
        // That it cannot be made says nothing of the writer of this one.
        let made = self.on_thread(|writer| Ok(writer.successor()));
        let (index, writer) = made.await??;
        Ok((index, Self::over(self.pool.clone(), writer)))
    }

    /// Fills an empty index with all live listings and their nights, and takes in what has
    /// happened meanwhile. Searches see nothing of it before [`Feed::finish`]. With `gently`
    /// it rests as long as it works, for those who search and write.
    pub(in crate::actors) async fn build(
        &mut self,
        building: &Building,
        gently: bool,
    ) -> Result<(), FeedError> {
        let client = self.pool.get().await.map_err(StorageError::from)?;
        // Before the first row is read: what comes later is in the log after these.
        let heads = cursor(&events::heads(&client).await?);
        drop(client);
        let mut after = None;
        loop {
            let began = clock::monotonic();
            let client = self.pool.get().await.map_err(StorageError::from)?;
            let listings = properties::of_status(&client, Status::Live, after, PAGE).await?;
            drop(client);
            let Some(last) = listings.last() else { break };
            after = Some(last.id);
            let documents = listings.iter().map(|listing| (listing.id, document(listing)));
            let changes = Changes { documents: documents.collect(), nights: Vec::new() };
            self.on_thread(move |writer| changes.apply(writer)).await?;
            let count = u64::try_from(listings.len()).unwrap_or_default();
            building.listings.fetch_add(count, Ordering::Relaxed);
            if gently {
                clock::pause(began.elapsed()).await;
            }
        }
        self.set_all_nights().await?;
        self.included = heads.clone();
        self.heard_of(&heads);
        self.catch_up().await
    }

    /// Sets the nights of every listing that has any taken.
    pub(super) async fn set_all_nights(&mut self) -> Result<(), FeedError> {
        let Some(writer) = &self.writer else { return Err(FeedError::Lost) };
        let today = writer.availability().base();
        let ids: Vec<_> = writer.listings().collect();
        for ids in ids.chunks(NIGHTS_PAGE) {
            let client = self.pool.get().await.map_err(StorageError::from)?;
            let full = bookings::full_nights(&client, ids, today).await?;
            drop(client);
            let nights = full.into_iter().collect();
            let changes = Changes { documents: Vec::new(), nights };
            self.on_thread(move |writer| changes.apply(writer)).await?;
        }
        Ok(())
    }
}

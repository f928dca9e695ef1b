//! Feeds the search index: reads in the event log which listings and nights have changed,
//! and brings them into the index as their rows say now. So an event that is taken in
//! twice, or late, does no harm.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::civil::Date;

use super::search_changes::{Changes, Page, runs, seq};
use super::search_document::document;
use crate::domain::event::Position;
use crate::domain::ids::PropertyId;
use crate::domain::property::{Listing, Status};
use crate::search::{self, Cursor, IndexError, IndexOptions, IndexWriterHandle, SearchIndex};
use crate::storage::events::Entry;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{bookings, events, facts, properties};

/// Events that are taken in at once.
pub(in crate::actors) const BATCH: usize = 5_000;
/// Listings that an empty index is filled with at once.
const PAGE: i64 = 1_000;
/// Listings whose nights are read at once when an index is opened.
const NIGHTS_PAGE: usize = 2_000;

/// Why the index could not be fed.
#[derive(Debug, thiserror::Error)]
pub(in crate::actors) enum FeedError {
    /// The database stood in the way.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The index did.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The writer was lost in a panic: the index has to be opened again.
    #[error("writer of the search index was lost in a panic")]
    Lost,
}

/// An open index and how far it has been fed.
pub(in crate::actors) struct Feed {
    pool: Pool,
    /// Absent while it is at work on a thread of its own, and for good after a panic there.
    writer: Option<IndexWriterHandle>,
    /// Where the streams end, as far as is known.
    heads: Cursor,
    /// The events that the index includes, committed or not.
    included: Cursor,
    /// Events included since the last commit.
    uncommitted: usize,
    /// Whether documents were written that no search sees yet.
    unseen: bool,
    /// Whether the writer failed: what was written since the last commit may be lost.
    broken: bool,
}

impl Feed {
    /// Opens the index, fills it if it is empty or of an older state of the database, and
    /// brings it to the log's heads. `today` is the first night that can be asked for.
    pub(in crate::actors) async fn open(
        pool: Pool,
        dir: PathBuf,
        writer_memory_bytes: usize,
        synonyms: Option<PathBuf>,
        today: Date,
    ) -> Result<(SearchIndex, Self), FeedError> {
        let client = pool.get().await.map_err(StorageError::from)?;
        let source = facts::identity(&client).await?;
        let heads = cursor(&events::heads(&client).await?);
        drop(client);
        let options =
            IndexOptions { writer_memory_bytes, synonyms, ..IndexOptions::new(dir, source) };
        let opened = tokio::task::spawn_blocking(move || search::open(options, today)).await;
        let (index, writer) = opened.map_err(|_| FeedError::Lost)??;
        let included = writer.cursor().clone();
        let ahead = included.iter().any(|(stream, seq)| seq > heads.get(stream));
        let empty = included.is_empty();
        let mut feed = Self {
            pool,
            writer: Some(writer),
            heads,
            included,
            uncommitted: 0,
            unseen: false,
            broken: false,
        };
        if ahead {
            tracing::warn!("search index is ahead of the database, it will be fed again");
        }
        if ahead || empty || feed.is_late().await? {
            feed.fill().await?;
        }
        feed.set_all_nights(today).await?;
        loop {
            match feed.take_in().await {
                Ok(true) => {}
                Ok(false) => break,
                // Searches over what is there are better than none.
                Err(FeedError::Storage(error)) => {
                    tracing::warn!(%error, "search index is opened behind the log");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if feed.unseen {
            feed.commit().await?;
        }
        Ok((index, feed))
    }

    /// Whether what it has not seen may have been dropped from the log.
    async fn is_late(&self) -> Result<bool, FeedError> {
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let floors = cursor(&events::floors(&client).await?);
        Ok(floors.iter().any(|(stream, seq)| seq > self.included.get(stream)))
    }

    /// Streams have grown.
    pub(in crate::actors) fn heard(&mut self, positions: &[Position]) {
        for position in positions {
            let head = seq(*position).max(self.heads.get(position.stream));
            self.heads.set(position.stream, head);
        }
    }

    /// Whether the log goes further than the index.
    pub(in crate::actors) fn is_behind(&self) -> bool {
        self.heads.iter().any(|(stream, head)| head > self.included.get(stream))
    }

    /// Whether documents wait for a commit to be found.
    pub(in crate::actors) fn has_unseen(&self) -> bool {
        self.unseen
    }

    /// Events included since the last commit.
    pub(in crate::actors) fn uncommitted(&self) -> usize {
        self.uncommitted
    }

    /// The events that searches know of; none while some of them wait for a commit.
    pub(in crate::actors) fn seen(&self) -> Option<&Cursor> {
        (!self.unseen && !self.broken).then_some(&self.included)
    }

    /// Includes the next events; whether there are more. Nights are visible to searches at
    /// once, documents with the next commit.
    pub(in crate::actors) async fn take_in(&mut self) -> Result<bool, FeedError> {
        self.mend().await?;
        if !self.is_behind() {
            return Ok(false);
        }
        let page = self.read().await?;
        if page.events > 0 {
            let changes = self.look_up(&page).await?;
            self.unseen |= self.on_thread(move |writer| changes.apply(writer)).await?;
            self.included = page.to;
            self.uncommitted += page.events;
        }
        match page.failed {
            // It has been out of step for longer than the log is kept.
            Some(_) if self.is_late().await? => self.fill_again().await,
            Some(error) => Err(error.into()),
            None => Ok(self.is_behind()),
        }
    }

    /// Fills the index while it is searched; whether there is more to include since.
    async fn fill_again(&mut self) -> Result<bool, FeedError> {
        tracing::warn!("search index is older than the log, it is filled again");
        self.fill().await?;
        if let Some(today) = self.writer.as_ref().map(|writer| writer.availability().base()) {
            self.set_all_nights(today).await?;
        }
        Ok(self.is_behind())
    }

    /// Makes what was included durable and lets searches see it.
    pub(in crate::actors) async fn commit(&mut self) -> Result<(), FeedError> {
        self.mend().await?;
        let cursor = self.included.clone();
        let commit = move |writer: &mut IndexWriterHandle| {
            writer.commit(&cursor)?;
            writer.reload()
        };
        self.on_thread(commit).await?;
        self.uncommitted = 0;
        self.unseen = false;
        Ok(())
    }

    /// Lets the table of nights begin on `today`.
    pub(in crate::actors) async fn roll(&mut self, today: Date) -> Result<(), FeedError> {
        let roll = move |writer: &mut IndexWriterHandle| {
            writer.availability().roll(today);
            Ok(())
        };
        self.on_thread(roll).await
    }

    /// Whether the index's files are where they were written.
    pub(in crate::actors) async fn is_intact(&mut self) -> Result<bool, FeedError> {
        self.on_thread(|writer| Ok(writer.is_intact())).await
    }

    /// After a failure of the writer, goes back to the last commit.
    async fn mend(&mut self) -> Result<(), FeedError> {
        if !self.broken {
            return Ok(());
        }
        let included = self.on_thread(|writer| {
            writer.rollback()?;
            Ok(writer.cursor().clone())
        });
        self.included = included.await?;
        self.uncommitted = 0;
        // It may have been the reload that failed, after the commit.
        self.unseen = true;
        self.broken = false;
        Ok(())
    }

    /// Empties the index, and fills it with all live listings as they are after the events
    /// up to the heads.
    async fn fill(&mut self) -> Result<(), FeedError> {
        self.on_thread(IndexWriterHandle::clear).await?;
        let mut after = None;
        loop {
            let client = self.pool.get().await.map_err(StorageError::from)?;
            let listings = properties::of_status(&client, Status::Live, after, PAGE).await?;
            drop(client);
            let Some(last) = listings.last() else { break };
            after = Some(last.id);
            let documents = listings.iter().map(|listing| (listing.id, document(listing)));
            let changes = Changes { documents: documents.collect(), nights: Vec::new() };
            self.on_thread(move |writer| changes.apply(writer)).await?;
        }
        self.included = self.heads.clone();
        self.commit().await
    }

    /// Sets the nights of every listing that has any taken.
    async fn set_all_nights(&mut self, today: Date) -> Result<(), FeedError> {
        let ids: Vec<_> = self.writer.iter().flat_map(IndexWriterHandle::listings).collect();
        for ids in ids.chunks(NIGHTS_PAGE) {
            let client = self.pool.get().await.map_err(StorageError::from)?;
            let full = bookings::full_nights(&client, Some(ids), today).await?;
            drop(client);
            let nights = runs(full).into_iter().collect();
            let changes = Changes { documents: Vec::new(), nights };
            self.on_thread(move |writer| changes.apply(writer)).await?;
        }
        Ok(())
    }

    /// Reads on in every stream that has grown. One that cannot be read does not keep the
    /// others waiting.
    async fn read(&self) -> Result<Page, FeedError> {
        let included = |stream| self.included.get(stream);
        let grown = self.heads.iter().filter(|(stream, head)| *head > included(*stream));
        let grown: Vec<_> = grown
            .map(|(stream, _)| {
                let seq = i64::try_from(included(stream)).unwrap_or(i64::MAX);
                Position { stream, seq }
            })
            .collect();
        let share = (BATCH / grown.len().max(1)).max(1);
        let share = i64::try_from(share).unwrap_or(i64::MAX);
        let mut page = Page::new(self.included.clone());
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let read = events::read_each_after(&client, &grown, share).await?;
        if let Some(short) = grown.iter().find(|after| !read.iter().any(|(at, _)| at == *after)) {
            let missing = format!("stream {} ends at {}", short.stream.0, short.seq);
            page.failed = Some(StorageError::malformed(missing));
        }
        for (_, events) in read {
            match events {
                Ok(events) => {
                    for Entry { position, kind, event, .. } in events {
                        match event {
                            Ok(event) => page.add(position, &event.event),
                            // A replica waits for nobody: a later event of what this one was
                            // about, or a new index, sets it right.
                            Err(error) => {
                                tracing::error!(?position, kind, %error, "event passed over");
                                page.pass(position);
                            }
                        }
                    }
                }
                Err(error) => {
                    page.failed.get_or_insert(error);
                }
            }
        }
        Ok(page)
    }

    /// Reads what the events of a page are about, as it is now.
    async fn look_up(&self, page: &Page) -> Result<Changes, FeedError> {
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let ids: Vec<_> = page.listings.iter().copied().collect();
        let rows =
            if ids.is_empty() { Vec::new() } else { properties::find_many(&client, &ids).await? };
        let rows: HashMap<PropertyId, Listing> =
            rows.into_iter().map(|listing| (listing.id, listing)).collect();
        let documents = ids.iter().map(|id| (*id, rows.get(id).and_then(document))).collect();
        // A listing's nights change with its count of units, too.
        let ids: Vec<_> = page.listings.union(&page.nights).copied().collect();
        let mut full = match self.writer.as_ref().filter(|_| !ids.is_empty()) {
            Some(writer) => {
                let today = writer.availability().base();
                runs(bookings::full_nights(&client, Some(&ids), today).await?)
            }
            None => HashMap::new(),
        };
        let nights = ids.into_iter().map(|id| (id, full.remove(&id).unwrap_or_default())).collect();
        Ok(Changes { documents, nights })
    }

    /// Lends the writer to a thread that may block.
    async fn on_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut IndexWriterHandle) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, FeedError> {
        let mut writer = self.writer.take().ok_or(FeedError::Lost)?;
        let working = tokio::task::spawn_blocking(move || {
            let done = work(&mut writer);
            (writer, done)
        });
        let (writer, done) = working.await.map_err(|_| FeedError::Lost)?;
        self.writer = Some(writer);
        done.map_err(|error| {
            self.broken = true;
            error.into()
        })
    }
}

/// Positions as a cursor.
fn cursor(positions: &[Position]) -> Cursor {
    positions.iter().map(|position| (position.stream, seq(*position))).collect()
}

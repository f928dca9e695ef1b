//! Feeds the search index: reads in the event log which listings and nights have changed,
//! and brings them into the index as their rows say now. So an event that is taken in
//! twice, or late, does no harm. How an index is filled is in `search_build.rs`.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::civil::Date;

use super::search_changes::{Changes, Page, seq};
use super::search_document::document;
use crate::clock;
use crate::domain::event::Position;
use crate::domain::ids::PropertyId;
use crate::domain::property::Listing;
use crate::search::{self, Cursor, IndexError, IndexOptions, IndexWriterHandle, SearchIndex};
use crate::storage::events::Entry;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{bookings, events, facts, properties};

/// Events that are taken in at once.
pub(in crate::actors) const BATCH: usize = 5_000;

/// Why the index could not be fed.
#[derive(Debug, thiserror::Error)]
pub(in crate::actors) enum FeedError {
    /// The database stood in the way.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The index did.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// It has been out of step for longer than the log is kept.
    #[error("search index is older than the log")]
    Late,
    /// The writer was lost in a panic: the index has to be opened again.
    #[error("writer of the search index was lost in a panic")]
    Lost,
}

/// Why a new generation of the index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is none, or none of this database.
    Empty,
    /// Its documents are of another version.
    Version,
    /// The log has dropped what it has not seen.
    Late,
    /// Its files are gone or damaged.
    Lost,
    /// An operator wants it.
    Ordered,
}

impl Why {
    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Version => "version",
            Self::Late => "late",
            Self::Lost => "lost",
            Self::Ordered => "ordered",
        }
    }
}

/// An open index and how far it has been fed.
pub(in crate::actors) struct Feed {
    pub(super) pool: Pool,
    /// Absent while it is at work on a thread of its own, and for good after a panic there.
    pub(super) writer: Option<IndexWriterHandle>,
    /// Where the streams end, as far as is known.
    pub(super) heads: Cursor,
    /// The events that the index includes, committed or not.
    pub(super) included: Cursor,
    /// Events included since the last commit.
    uncommitted: usize,
    /// Whether documents were written that no search sees yet.
    unseen: bool,
    /// Whether the writer failed: what was written since the last commit may be lost.
    broken: bool,
}

/// An index that was there, or an empty one.
pub(in crate::actors) struct Opened {
    /// The readers' side.
    pub(in crate::actors) index: SearchIndex,
    /// The writer's side.
    pub(in crate::actors) feed: Feed,
    /// Why a new generation has to be built; after [`Why::Empty`] it is this one that has to
    /// be filled, and there is nothing to search before.
    pub(in crate::actors) why: Option<Why>,
}

impl Feed {
    /// Opens the index. One that can be searched knows of all nights, and is brought to the
    /// log's heads. `today` is the first night that can be asked for.
    pub(in crate::actors) async fn open(
        pool: Pool,
        dir: PathBuf,
        writer_memory_bytes: usize,
        synonyms: Option<PathBuf>,
        today: Date,
    ) -> Result<Opened, FeedError> {
        let client = pool.get().await.map_err(StorageError::from)?;
        let source = facts::identity(&client).await?;
        let heads = cursor(&events::heads(&client).await?);
        drop(client);
        let options =
            IndexOptions { writer_memory_bytes, synonyms, ..IndexOptions::new(dir, source) };
        let opened = tokio::task::spawn_blocking(move || search::open(options, today)).await;
        let (index, writer) = opened.map_err(|_| FeedError::Lost)??;
        let is_current = writer.is_current();
        let mut feed = Self::over(pool, writer);
        feed.heads = heads;
        if !feed.heads.covers(&feed.included) {
            tracing::warn!("search index is ahead of the database, it will be fed again");
            feed.on_thread(IndexWriterHandle::clear).await?;
            feed.included = Cursor::default();
        }
        if feed.included.is_empty() {
            return Ok(Opened { index, feed, why: Some(Why::Empty) });
        }
        feed.set_all_nights().await?;
        feed.catch_up().await?;
        if feed.unseen {
            feed.commit().await?;
        }
        let why = match () {
            () if feed.is_late().await? => Some(Why::Late),
            () if !is_current => Some(Why::Version),
            () => None,
        };
        Ok(Opened { index, feed, why })
    }

    /// The feed of an index, from where that stands.
    pub(super) fn over(pool: Pool, writer: IndexWriterHandle) -> Self {
        Self {
            pool,
            heads: writer.cursor().clone(),
            included: writer.cursor().clone(),
            writer: Some(writer),
            uncommitted: 0,
            unseen: false,
            broken: false,
        }
    }

    /// Whether what it has not seen may have been dropped from the log.
    pub(super) async fn is_late(&self) -> Result<bool, FeedError> {
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

    /// Streams have come so far at least.
    pub(in crate::actors) fn heard_of(&mut self, heads: &Cursor) {
        for (stream, head) in heads.iter() {
            self.heads.set(stream, head.max(self.heads.get(stream)));
        }
    }

    /// The events that the index includes, whether searches know of them or not.
    pub(in crate::actors) fn included(&self) -> &Cursor {
        &self.included
    }

    /// The segments that searches look into.
    pub(in crate::actors) fn segments(&self) -> usize {
        self.writer.as_ref().map_or(0, IndexWriterHandle::segments)
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
            Some(_) if self.is_late().await? => Err(FeedError::Late),
            Some(error) => Err(error.into()),
            None => Ok(self.is_behind()),
        }
    }

    /// Includes all that is known to be there. What cannot be read is left for later:
    /// searches over the rest are better than none.
    pub(super) async fn catch_up(&mut self) -> Result<(), FeedError> {
        loop {
            match self.take_in().await {
                Ok(true) => {}
                Ok(false) | Err(FeedError::Late) => return Ok(()),
                Err(FeedError::Storage(error)) => {
                    tracing::warn!(%error, "search index stays behind the log");
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes what was included durable and lets searches see it.
    pub(in crate::actors) async fn commit(&mut self) -> Result<(), FeedError> {
        self.mend().await?;
        let cursor = self.included.clone();
        self.written(move |writer| writer.commit(&cursor)).await
    }

    /// The same, and lets the generation count from now on.
    pub(in crate::actors) async fn finish(&mut self) -> Result<(), FeedError> {
        self.mend().await?;
        let cursor = self.included.clone();
        self.written(move |writer| writer.finish(&cursor)).await
    }

    async fn written(
        &mut self,
        commit: impl FnOnce(&mut IndexWriterHandle) -> Result<(), IndexError> + Send + 'static,
    ) -> Result<(), FeedError> {
        let commit = move |writer: &mut IndexWriterHandle| {
            let began = clock::monotonic();
            commit(writer)?;
            let committed = clock::monotonic();
            writer.reload()?;
            let took = |name, seconds: f64| metrics::histogram!(name).record(seconds);
            took("search_commit_duration_seconds", (committed - began).as_secs_f64());
            took("search_reload_duration_seconds", committed.elapsed().as_secs_f64());
            Ok(())
        };
        self.on_thread(commit).await?;
        self.uncommitted = 0;
        self.unseen = false;
        Ok(())
    }

    /// Ends for good; a plain blocking call. The index goes with the last search over it.
    pub(in crate::actors) fn retire(self) {
        if let Some(writer) = self.writer {
            writer.retire();
        }
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
                bookings::full_nights(&client, &ids, today).await?
            }
            None => HashMap::new(),
        };
        let nights = ids.into_iter().map(|id| (id, full.remove(&id).unwrap_or_default())).collect();
        Ok(Changes { documents, nights })
    }

    /// Lends the writer to a thread that may block.
    pub(super) async fn on_thread<T: Send + 'static>(
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
pub(super) fn cursor(positions: &[Position]) -> Cursor {
    positions.iter().map(|position| (position.stream, seq(*position))).collect()
}

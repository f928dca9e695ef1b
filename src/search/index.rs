//! The index on disk: one writer, any number of readers.
//!
//! The position in the event log that a commit includes is stored with it, in the same
//! atomic replacement of the index's metadata, so that feeding goes on exactly where the
//! index stands.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use tantivy::index::SegmentComponent;
use tantivy::indexer::LogMergePolicy;
use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, SegmentMeta, TantivyDocument, TantivyError, Term,
};
use uuid::Uuid;

use super::availability::Availability;
use super::cursor::{Cursor, Payload};
use super::lexicon::Lexicon;
use super::matching;
use super::schema::{self, Fields, InvalidListing, ListingDoc, VERSION, columns};
use super::slots::Slots;
use crate::domain::calendar::Nights;
use crate::domain::ids::{PropertyId, UnitId};

/// The share of deleted documents from which a segment is rewritten. Without one, large
/// segments would keep theirs for ever.
const DELETED_RATIO_MAX: f32 = 0.25;

/// Where the index lives and what it may use.
#[derive(Debug, Clone)]
pub struct IndexOptions {
    /// A directory of its own: a lock file and the folder `index` are made in it.
    pub dir: PathBuf,
    /// Names what the index is derived from, such as the database's identity. An index of
    /// another source is thrown away.
    pub source: String,
    /// Threads that write segments, 1 to 8.
    pub writer_threads: usize,
    /// Bytes of memory for documents that are not committed, 15 MB a thread at least.
    pub writer_memory_bytes: usize,
    /// A list of words that mean the same, which is read again whenever it changes; without
    /// one, the built-in is used.
    pub synonyms: Option<PathBuf>,
}

impl IndexOptions {
    /// The usual ones: one thread, 50 MB and the built-in synonyms.
    #[must_use]
    pub fn new(dir: PathBuf, source: String) -> Self {
        Self { dir, source, writer_threads: 1, writer_memory_bytes: 50_000_000, synonyms: None }
    }
}

/// Why the index could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Another process or handle writes this index.
    #[error("search index in {0} is in use by another writer")]
    Locked(PathBuf),
    /// The directory could not be made, locked or emptied.
    #[error("search index directory failed")]
    Io(#[from] io::Error),
    /// The listing cannot be indexed; the index is as before.
    #[error(transparent)]
    Listing(#[from] InvalidListing),
    /// Writing failed, for example for want of space. What was written since the last
    /// commit may be lost: [`IndexWriterHandle::rollback`], then feed from
    /// [`IndexWriterHandle::cursor`] again.
    #[error("search index failed")]
    Index(#[from] TantivyError),
    /// An earlier [`IndexWriterHandle::rollback`] failed; try it again.
    #[error("search index has no writer since a failed rollback")]
    NoWriter,
}

/// The readers' side: cheap to clone, safe to use from any thread. Searching is in
/// `query.rs`.
#[derive(Clone)]
pub struct SearchIndex {
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
    pub(super) availability: Availability,
    pub(super) lexicon: Lexicon,
}

/// The writer's side; there is one. Everything is a plain blocking call, and nothing is
/// found before [`IndexWriterHandle::commit`] and [`IndexWriterHandle::reload`].
pub struct IndexWriterHandle {
    options: IndexOptions,
    index: Index,
    /// Absent only after a failed rollback.
    writer: Option<IndexWriter>,
    reader: IndexReader,
    fields: Fields,
    slots: Slots,
    availability: Availability,
    cursor: Cursor,
    /// Held as long as this handle lives.
    _lock: File,
}

/// What [`IndexWriterHandle::upsert`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upserted {
    /// The places of its unit types in [`Availability`], in their order.
    pub slots: Vec<u32>,
    /// Whether one of them had no place before. All its nights are free then, until
    /// [`IndexWriterHandle::set_taken`].
    pub new: bool,
}

/// An index that is there and fits.
struct Loaded {
    index: Index,
    reader: IndexReader,
    slots: Slots,
    cursor: Cursor,
}

/// Opens the index, or makes it. One that is damaged, of another [`VERSION`] or of another
/// source is replaced by an empty one, with a warning; its [`Cursor`] is empty then.
///
/// The table of nights is in memory only: it begins on `today` with every night free, and
/// the caller sets the nights of all [`IndexWriterHandle::listings`] before searches are
/// let in.
///
/// # Errors
/// When another writer holds the index, or the directory cannot be written.
pub fn open(
    options: IndexOptions,
    today: Date,
) -> Result<(SearchIndex, IndexWriterHandle), IndexError> {
    std::fs::create_dir_all(&options.dir)?;
    let lock = lock(&options.dir)?;
    let loaded = open_or_replace(&options)?;
    let (_, fields) = schema::schema();
    let availability = Availability::new(today);
    let searcher = loaded.reader.searcher();
    let search = SearchIndex {
        reader: loaded.reader.clone(),
        fields,
        availability: availability.clone(),
        lexicon: Lexicon::open(&searcher, &fields, options.synonyms.clone())?,
    };
    let writer = new_writer(&loaded.index, &options)?;
    let handle = IndexWriterHandle {
        options,
        index: loaded.index,
        writer: Some(writer),
        reader: loaded.reader,
        fields,
        slots: loaded.slots,
        availability,
        cursor: loaded.cursor,
        _lock: lock,
    };
    Ok((search, handle))
}

impl SearchIndex {
    /// The number of listings that can be found.
    #[must_use]
    pub fn listings(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// The table of nights that searches read.
    #[must_use]
    pub fn availability(&self) -> &Availability {
        &self.availability
    }
}

impl IndexWriterHandle {
    /// Adds a listing, or replaces the one with its id. It keeps its slots.
    ///
    /// # Errors
    /// When the listing is invalid or the writer has failed.
    pub fn upsert(&mut self, listing: &ListingDoc) -> Result<Upserted, IndexError> {
        // Checked before a slot is given: an invalid listing must not take one.
        let mut document = self.fields.document(listing)?;
        let writer = self.writer.as_ref().ok_or(IndexError::NoWriter)?;
        let (slots, new) = self.slots.give(listing.id, listing.units.iter().map(|unit| unit.id));
        self.fields.place(&mut document, &slots);
        writer.delete_term(self.key(listing.id));
        writer.add_document(document)?;
        Ok(Upserted { slots, new })
    }

    /// Removes a listing; one that is not there is no error.
    ///
    /// # Errors
    /// When the writer has failed.
    pub fn remove(&mut self, id: PropertyId) -> Result<(), IndexError> {
        self.writer.as_ref().ok_or(IndexError::NoWriter)?.delete_term(self.key(id));
        self.slots.take_back(id);
        Ok(())
    }

    /// Removes all listings and commits an empty cursor, for feeding from the start.
    ///
    /// # Errors
    /// When the writer has failed.
    pub fn clear(&mut self) -> Result<(), IndexError> {
        // Without it, documents still on their way to a segment would outlive the deletion.
        self.rollback()?;
        self.writer.as_ref().ok_or(IndexError::NoWriter)?.delete_all_documents()?;
        self.slots.take_back_all();
        self.commit(&Cursor::default())
    }

    /// Makes what was written durable, together with how far it follows the event log.
    ///
    /// # Errors
    /// When it could not be written; see [`IndexError::Index`].
    pub fn commit(&mut self, cursor: &Cursor) -> Result<(), IndexError> {
        let writer = self.writer.as_mut().ok_or(IndexError::NoWriter)?;
        commit(writer, &self.options.source, cursor)?;
        self.cursor = cursor.clone();
        for slot in self.slots.committed() {
            self.availability.set(slot, &[]);
        }
        Ok(())
    }

    /// Lets searches see the last commit.
    ///
    /// # Errors
    /// When its files cannot be read; searches go on with what they saw.
    pub fn reload(&self) -> Result<(), IndexError> {
        Ok(self.reader.reload()?)
    }

    /// Drops what was written since the last commit, and revives a writer that failed.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn rollback(&mut self) -> Result<(), IndexError> {
        // Dropped first: it holds the index's own lock.
        self.writer = None;
        self.slots.rolled_back();
        self.writer = Some(new_writer(&self.index, &self.options)?);
        Ok(())
    }

    /// Whether the files of the last commit are where they were written. Searches over
    /// deleted files go on, but nothing more can be committed to them.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        // Twice, because a merge takes files away that were listed a moment ago.
        self.has_files() || self.has_files()
    }

    fn has_files(&self) -> bool {
        let path = self.options.dir.join("index");
        let parts = [SegmentComponent::Store, SegmentComponent::Postings, SegmentComponent::Terms];
        let has_all = |segment: &SegmentMeta| {
            parts.iter().all(|part| path.join(segment.relative_path(part.clone())).exists())
        };
        let segments = self.index.searchable_segment_metas();
        self.options.dir.join("lock").exists()
            && segments.is_ok_and(|segments| segments.iter().all(has_all))
    }

    /// How far the last commit follows the event log.
    #[must_use]
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Replaces the nights on which unit types of a listing have no unit left; types that
    /// are not named are free. Visible to searches at once. Returns whether the listing is
    /// in the index: one that is not is left out.
    pub fn set_taken(&self, id: PropertyId, fully_taken: &[(UnitId, Vec<Nights>)]) -> bool {
        let places = self.slots.get(id);
        for (unit, slot) in places.unwrap_or_default() {
            let nights = fully_taken.iter().find(|(taken, _)| taken == unit);
            self.availability.set(*slot, nights.map_or(&[], |(_, nights)| nights.as_slice()));
        }
        places.is_some()
    }

    /// Whether a listing is in the index, committed or not.
    #[must_use]
    pub fn contains(&self, id: PropertyId) -> bool {
        self.slots.get(id).is_some()
    }

    /// The listings in the index, in no particular order.
    pub fn listings(&self) -> impl Iterator<Item = PropertyId> + '_ {
        self.slots.ids()
    }

    /// The table of nights, to be rolled daily.
    #[must_use]
    pub fn availability(&self) -> &Availability {
        &self.availability
    }

    fn key(&self, id: PropertyId) -> Term {
        Term::from_field_bytes(self.fields.id, id.uuid().as_bytes())
    }
}

fn lock(dir: &Path) -> Result<File, IndexError> {
    let path = dir.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(IndexError::Locked(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn open_or_replace(options: &IndexOptions) -> Result<Loaded, IndexError> {
    let path = options.dir.join("index");
    if path.exists() {
        match load(&path, &options.source) {
            Ok(loaded) => return Ok(loaded),
            Err(reason) => {
                let path = path.display();
                tracing::warn!(%path, %reason, "search index thrown away, it will be fed again");
            }
        }
        std::fs::remove_dir_all(&path)?;
    }
    create(&path, options)
}

fn create(path: &Path, options: &IndexOptions) -> Result<Loaded, IndexError> {
    std::fs::create_dir_all(path)?;
    let index = Index::create_in_dir(path, schema::schema().0)?;
    index.tokenizers().register(matching::ANALYSER, matching::analyser());
    let cursor = Cursor::default();
    commit(&mut new_writer(&index, options)?, &options.source, &cursor)?;
    let reader = new_reader(&index)?;
    Ok(Loaded { index, reader, slots: Slots::default(), cursor })
}

/// The index that is there, or in words why it cannot be used.
fn load(path: &Path, source: &str) -> Result<Loaded, String> {
    let index = Index::open_in_dir(path).map_err(reason)?;
    index.tokenizers().register(matching::ANALYSER, matching::analyser());
    let payload = index.load_metas().map_err(reason)?.payload.ok_or("it has no payload")?;
    let payload: Payload = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
    if payload.version != VERSION || index.schema() != schema::schema().0 {
        return Err(format!("version is {}, not {VERSION}", payload.version));
    }
    if payload.source != source {
        return Err(format!("source is {}, not {source}", payload.source));
    }
    // Reads every file once; a damaged one found later would fail in the middle of a query.
    let damaged = index.validate_checksum().map_err(reason)?;
    if !damaged.is_empty() {
        return Err(format!("checksum of {} files is wrong", damaged.len()));
    }
    let reader = new_reader(&index).map_err(reason)?;
    let slots = slots(&reader).map_err(reason)?.ok_or("two documents have the same id or slot")?;
    Ok(Loaded { index, reader, slots, cursor: payload.cursor })
}

fn reason(error: TantivyError) -> String {
    error.to_string()
}

/// The slots that the documents name.
fn slots(reader: &IndexReader) -> Result<Option<Slots>, TantivyError> {
    let mut given = Vec::new();
    for segment in reader.searcher().segment_readers() {
        let fast = segment.fast_fields();
        let (high, low) = (fast.u64(columns::ID_HIGH)?, fast.u64(columns::ID_LOW)?);
        let unit = (fast.u64(columns::UNIT_HIGH)?, fast.u64(columns::UNIT_LOW)?);
        let slot = fast.u64(columns::SLOT)?;
        for doc in segment.doc_ids_alive() {
            let (Some(high), Some(low)) = (high.first(doc), low.first(doc)) else {
                return Ok(None);
            };
            let units = unit.0.values_for_doc(doc).zip(unit.1.values_for_doc(doc));
            let units = units.map(|(high, low)| UnitId::from(Uuid::from_u64_pair(high, low)));
            let slots: Result<Vec<u32>, _> = slot.values_for_doc(doc).map(u32::try_from).collect();
            let Ok(slots) = slots else { return Ok(None) };
            let places: Vec<_> = units.zip(slots).collect();
            given.push((PropertyId::from(Uuid::from_u64_pair(high, low)), places));
        }
    }
    Ok(Slots::restore(given))
}

fn new_reader(index: &Index) -> Result<IndexReader, TantivyError> {
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

fn new_writer(
    index: &Index,
    options: &IndexOptions,
) -> Result<IndexWriter<TantivyDocument>, TantivyError> {
    let (threads, memory) = (options.writer_threads, options.writer_memory_bytes);
    let writer = index.writer_with_num_threads(threads, memory)?;
    let mut merges = LogMergePolicy::default();
    merges.set_del_docs_ratio_before_merge(DELETED_RATIO_MAX);
    writer.set_merge_policy(Box::new(merges));
    Ok(writer)
}

fn commit(writer: &mut IndexWriter, source: &str, cursor: &Cursor) -> Result<(), TantivyError> {
    let payload = Payload { version: VERSION, source: source.to_owned(), cursor: cursor.clone() };
    let payload = serde_json::to_string(&payload)
        .map_err(|error| TantivyError::InternalError(error.to_string()))?;
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&payload);
    prepared.commit()?;
    Ok(())
}

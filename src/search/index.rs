//! The index on disk: one writer, any number of readers.
//!
//! The position in the event log that a commit includes is stored with it, in the same
//! atomic replacement of the index's metadata, so that feeding goes on exactly where the
//! index stands.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use tantivy::index::SegmentComponent;
use tantivy::{Index, IndexReader, IndexWriter, SegmentMeta, TantivyError, Term};

use super::availability::Availability;
use super::cursor::{Cursor, Payload};
use super::disk::{self, Loaded};
use super::generations::{Files, Folder};
use super::lexicon::Lexicon;
use super::schema::{self, Fields, InvalidListing, ListingDoc, VERSION};
use super::slots::Slots;
use super::state::State;
use crate::domain::calendar::Nights;
use crate::domain::ids::{PropertyId, UnitId};

/// Where the index lives and what it may use.
#[derive(Debug, Clone)]
pub struct IndexOptions {
    /// A directory of its own: a lock file and a directory for each generation are made in
    /// it, and other directories in it are taken away.
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
    pub(super) state: Arc<State>,
    pub(super) generation: u64,
    pub(super) files: Arc<Files>,
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
    generation: u64,
    /// The [`VERSION`] that its documents are of.
    version: u32,
    /// Whether it does not count yet: see [`IndexWriterHandle::finish`].
    building: bool,
    /// Held as long as anybody writes in it.
    folder: Folder,
    /// The last to go: the others may write.
    files: Arc<Files>,
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

/// Opens the newest whole generation of the index, or makes one. One that is damaged, of
/// another source, or of a [`VERSION`] that cannot be read is replaced by an empty one,
/// with a warning; its [`Cursor`] is empty then. Every other generation is taken away.
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
    let folder = Folder::take(&options.dir)?;
    let found = folder.generations()?;
    let usable = found.iter().find_map(|generation| {
        let path = folder.path(*generation);
        match disk::load(&path, &options.source) {
            Ok(loaded) if !loaded.payload.building => Some((*generation, loaded)),
            Ok(_) => None,
            Err(reason) => {
                let path = path.display();
                tracing::warn!(%path, %reason, "search index thrown away, it will be fed again");
                None
            }
        }
    });
    folder.keep_only(usable.as_ref().map(|(generation, _)| *generation))?;
    let (generation, loaded) = match usable {
        Some(usable) => usable,
        None => {
            let next = found.first().map_or(1, |newest| newest.saturating_add(1));
            (next, disk::create(&folder.path(next), &options, false)?)
        }
    };
    let files = Files::new(&folder, generation);
    assembled(options, loaded, Availability::new(today), folder, generation, files)
}

/// The two sides of an index.
fn assembled(
    options: IndexOptions,
    loaded: Loaded,
    availability: Availability,
    folder: Folder,
    generation: u64,
    files: Files,
) -> Result<(SearchIndex, IndexWriterHandle), IndexError> {
    let Loaded { index, reader, state, slots, payload } = loaded;
    let (_, fields) = schema::schema();
    let files = Arc::new(files);
    let writer = disk::new_writer(&index, &options)?;
    let search = SearchIndex {
        reader: reader.clone(),
        fields,
        availability: availability.clone(),
        lexicon: Lexicon::open(&reader.searcher(), &fields, options.synonyms.clone())?,
        state,
        generation,
        files: Arc::clone(&files),
    };
    let handle = IndexWriterHandle {
        options,
        index,
        writer: Some(writer),
        reader,
        fields,
        slots,
        availability,
        cursor: payload.cursor,
        generation,
        version: payload.version,
        building: payload.building,
        folder,
        files,
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

    /// Which generation it is.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The segments that a search looks into.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.reader.searcher().segment_readers().len()
    }

    /// Documents in them that are deleted, and are left out when they are merged.
    #[must_use]
    pub fn deleted(&self) -> u64 {
        let searcher = self.reader.searcher();
        searcher.segment_readers().iter().map(|segment| u64::from(segment.num_deleted_docs())).sum()
    }

    /// What it takes on the disk, in bytes. Reads a directory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.bytes()
    }
}

impl IndexWriterHandle {
    /// Makes the next generation, empty, beside this one. It does not count before
    /// [`IndexWriterHandle::finish`]: dropped earlier, it is gone. There may be one at a time.
    ///
    /// # Errors
    /// When its directory cannot be written.
    pub fn successor(&self) -> Result<(SearchIndex, Self), IndexError> {
        let folder = self.folder.again()?;
        let newest = folder.generations()?.first().copied().unwrap_or_default();
        let generation = newest.max(self.generation).saturating_add(1);
        let options = self.options.clone();
        let files = Files::new(&folder, generation);
        files.give_up(true);
        let loaded = disk::create(files.path(), &options, true)?;
        // Nobody's today is lost: its nights begin where those of this one do.
        let nights = Availability::new(self.availability.base());
        assembled(options, loaded, nights, folder, generation, files)
    }

    /// Commits, and lets the generation count from now on: the next [`open`] finds this one.
    ///
    /// # Errors
    /// When it could not be written; it does not count then.
    pub fn finish(&mut self, cursor: &Cursor) -> Result<(), IndexError> {
        let building = std::mem::replace(&mut self.building, false);
        self.commit(cursor).inspect_err(|_| self.building = building)?;
        self.files.give_up(false);
        Ok(())
    }

    /// Ends writing for good. The files go with the last search that reads them.
    pub fn retire(mut self) {
        self.files.give_up(true);
        // A merge that is under way would write into a directory that is gone.
        if let Some(Err(error)) = self.writer.take().map(IndexWriter::wait_merging_threads) {
            tracing::debug!(%error, "writer of an old search index failed");
        }
    }

    /// Which generation it is.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The segments that a search looks into.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.reader.searcher().segment_readers().len()
    }

    /// Whether its documents are as this program writes them; else it is searched and
    /// followed until a successor has been built.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.version == VERSION
    }

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
        let payload = Payload {
            version: self.version,
            source: self.options.source.clone(),
            building: self.building,
            cursor: cursor.clone(),
        };
        disk::commit(writer, &payload)?;
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
        self.writer = Some(disk::new_writer(&self.index, &self.options)?);
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
        let path = self.files.path();
        let parts = [SegmentComponent::Store, SegmentComponent::Postings, SegmentComponent::Terms];
        let has_all = |segment: &SegmentMeta| {
            parts.iter().all(|part| path.join(segment.relative_path(part.clone())).exists())
        };
        let segments = self.index.searchable_segment_metas();
        self.folder.is_there() && segments.is_ok_and(|segments| segments.iter().all(has_all))
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

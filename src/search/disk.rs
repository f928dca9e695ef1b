//! An index as it lies in its directory: made, read, and checked before it is used.

use std::path::Path;
use std::sync::Arc;

use tantivy::indexer::LogMergePolicy;
use tantivy::store::Compressor;
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError,
    Warmer,
};
use uuid::Uuid;

use super::columns::Columns;
use super::cursor::{Cursor, Payload};
use super::files::Files;
use super::index::{IndexError, IndexOptions};
use super::schema::{self, READABLE_FROM, VERSION};
use super::slots::Slots;
use super::state::State;
use super::{matching, priority};
use crate::domain::ids::{PropertyId, UnitId};

/// The share of deleted documents from which a segment is rewritten. Without one, large
/// segments would keep theirs for ever.
const DELETED_RATIO_MAX: f32 = 0.25;

/// How many segments of about one size are merged into one. Fewer would write the same
/// documents more often, more would have each search look into more of them.
const MERGED_AT_ONCE: usize = 8;

/// Segments with fewer documents than this count as being of one size: a commit every few
/// hundred milliseconds makes segments of a handful.
const SMALL_SEGMENT_DOCS: u32 = 10_000;

/// Bytes from which stored documents are kept apart from those before: most are alone. Unpacking
/// results was two fifths of what a search took, and one alone would hardly be packed smaller.
const STORED_BYTES: usize = 512;

/// An index that is there and fits.
pub(super) struct Loaded {
    pub(super) index: Index,
    pub(super) reader: IndexReader,
    /// What searches remember; made ready for each state of the index before that is seen.
    pub(super) state: Arc<State>,
    pub(super) slots: Slots,
    pub(super) payload: Payload,
}

/// Makes an empty index.
pub(super) fn create(
    path: &Path,
    options: &IndexOptions,
    building: bool,
) -> Result<Loaded, IndexError> {
    std::fs::create_dir_all(path)?;
    let settings = IndexSettings {
        docstore_blocksize: STORED_BYTES,
        docstore_compression: Compressor::None,
        ..IndexSettings::default()
    };
    let index = Index::create(Files::open(path)?, schema::schema().0, settings)?;
    index.tokenizers().register(matching::ANALYSER, matching::analyser());
    let payload = Payload {
        version: VERSION,
        source: options.source.clone(),
        building,
        cursor: Cursor::default(),
    };
    commit(&mut new_writer(&index, options)?, &payload)?;
    let (reader, state) = new_reader(&index)?;
    Ok(Loaded { index, reader, state, slots: Slots::default(), payload })
}

/// The index that is there, or in words why it cannot be used.
pub(super) fn load(path: &Path, source: &str) -> Result<Loaded, String> {
    let files = Files::open(path).map_err(reason)?;
    let index = Index::open(files).map_err(reason)?;
    index.tokenizers().register(matching::ANALYSER, matching::analyser());
    let payload = index.load_metas().map_err(reason)?.payload.ok_or("it has no payload")?;
    let payload: Payload = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
    let readable = (READABLE_FROM..=VERSION).contains(&payload.version);
    if !readable || index.schema() != schema::schema().0 {
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
    let (reader, state) = new_reader(&index).map_err(reason)?;
    let slots = slots(&reader).map_err(reason)?.ok_or("two documents have the same id or slot")?;
    Ok(Loaded { index, reader, state, slots, payload })
}

fn reason(error: TantivyError) -> String {
    error.to_string()
}

/// The slots that the documents name.
fn slots(reader: &IndexReader) -> Result<Option<Slots>, TantivyError> {
    let mut given = Vec::new();
    for segment in reader.searcher().segment_readers() {
        let columns = Columns::open(segment)?;
        for doc in segment.doc_ids_alive() {
            let (Some(high), Some(low)) = (columns.id_high.first(doc), columns.id_low.first(doc))
            else {
                return Ok(None);
            };
            let units = columns.unit_high.values_for_doc(doc);
            let units = units.zip(columns.unit_low.values_for_doc(doc));
            let units = units.map(|(high, low)| UnitId::from(Uuid::from_u64_pair(high, low)));
            let slots = columns.slot.values_for_doc(doc).map(u32::try_from);
            let slots: Result<Vec<u32>, _> = slots.collect();
            let Ok(slots) = slots else { return Ok(None) };
            let places: Vec<_> = units.zip(slots).collect();
            given.push((PropertyId::from(Uuid::from_u64_pair(high, low)), places));
        }
    }
    Ok(Slots::restore(given))
}

fn new_reader(index: &Index) -> Result<(IndexReader, Arc<State>), TantivyError> {
    let state = Arc::new(State::default());
    let warmer: Arc<dyn Warmer> = Arc::clone(&state) as _;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
    // What is stored lies there as it is read.
    let reader = reader.doc_store_cache_num_blocks(0);
    Ok((reader.warmers(vec![Arc::downgrade(&warmer)]).try_into()?, state))
}

/// A writer with our policy of merging. Its merges give way to searches: they are done by
/// threads that it starts when it is made, and which are like the one that makes it.
pub(super) fn new_writer(
    index: &Index,
    options: &IndexOptions,
) -> Result<IndexWriter<TantivyDocument>, TantivyError> {
    let (threads, memory) = (options.writer_threads, options.writer_memory_bytes);
    let writer = std::thread::scope(|scope| {
        let made = scope.spawn(|| {
            priority::give_way();
            index.writer_with_num_threads(threads, memory)
        });
        let broke = |_| TantivyError::SystemError("writer could not be made".to_owned());
        made.join().map_err(broke)?
    })?;
    let mut merges = LogMergePolicy::default();
    merges.set_min_num_segments(MERGED_AT_ONCE);
    merges.set_min_layer_size(SMALL_SEGMENT_DOCS);
    merges.set_del_docs_ratio_before_merge(DELETED_RATIO_MAX);
    writer.set_merge_policy(Box::new(merges));
    Ok(writer)
}

/// Makes what was written the state that is found from now on, with the payload, in one
/// replacement of the metadata. It outlives this process, and mostly the system ([`super::files`]).
pub(super) fn commit(writer: &mut IndexWriter, payload: &Payload) -> Result<(), TantivyError> {
    let payload = serde_json::to_string(payload)
        .map_err(|error| TantivyError::InternalError(error.to_string()))?;
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&payload);
    prepared.commit()?;
    Ok(())
}

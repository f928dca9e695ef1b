//! The newest documents of each segment, found out once: the first pages of all listings
//! come without a walk over them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::index::SegmentId;
use tantivy::{DocAddress, DocId, Searcher, SegmentReader};

use super::collect::{Kept, Key, newest_value};
use super::columns::{Columns, first};
use super::segments::Segments;

/// Documents of a segment that are known in order.
const KNOWN: usize = 4096;

/// Documents in the order by newest.
type List = Arc<[(Key, DocId)]>;

/// The newest documents of the segments that searches last saw.
#[derive(Default)]
pub(super) struct Newest(Mutex<HashMap<SegmentId, List>>);

impl Newest {
    /// The `keep` newest documents after a key, in order; none where not enough are known.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn page(
        &self,
        (searcher, segments): (&Searcher, &Segments),
        after: Option<Key>,
        keep: usize,
    ) -> tantivy::Result<Option<Kept>> {
        let lists = self.lists(searcher, segments)?;
        let mut page = Kept::new();
        for ((list, reader), segment) in lists.iter().zip(searcher.segment_readers()).zip(0..) {
            let from = list.partition_point(|(key, _)| after.is_some_and(|after| *key <= after));
            let rest = list.get(from..).unwrap_or_default().iter();
            let alive = rest.filter(|(_, doc)| !reader.is_deleted(*doc));
            let before = page.len();
            page.extend(alive.take(keep).map(|(key, doc)| (*key, DocAddress::new(segment, *doc))));
            if page.len() - before < keep && is_cut(list, reader) {
                return Ok(None);
            }
        }
        page.sort_unstable();
        page.truncate(keep);
        Ok(Some(page))
    }

    /// The lists of all segments.
    fn lists(&self, searcher: &Searcher, segments: &Segments) -> tantivy::Result<Vec<List>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut now = HashMap::new();
        let mut lists = Vec::new();
        for reader in searcher.segment_readers() {
            let id = reader.segment_id();
            let list = match known.get(&id) {
                Some(list) => Arc::clone(list),
                None => newest(&segments.of(reader)?.columns, reader.max_doc()),
            };
            now.insert(id, Arc::clone(&list));
            lists.push(list);
        }
        if now.len() != known.len() || now.keys().any(|id| !known.contains_key(id)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
        Ok(lists)
    }
}

/// Whether the segment has more documents than are known in order.
fn is_cut(list: &[(Key, DocId)], reader: &SegmentReader) -> bool {
    usize::try_from(reader.max_doc()).is_ok_and(|documents| documents > list.len())
}

/// The newest documents of a segment in order, deleted ones among them: those that will be
/// deleted are not known yet either.
fn newest(columns: &Columns, documents: u32) -> List {
    let value = |doc| newest_value(first(&columns.created, doc));
    let mut docs: Vec<(u64, DocId)> = (0..documents).map(|doc| (value(doc), doc)).collect();
    if docs.len() > KNOWN {
        // Ids are read of no more than may be among them.
        let (_, (last, _), _) = docs.select_nth_unstable(KNOWN);
        let last = *last;
        docs.retain(|(value, _)| *value <= last);
    }
    let key = |(value, doc): (u64, DocId)| {
        let (high, low) = columns.id(doc);
        (Key { value, high, low }, doc)
    };
    let mut list: Vec<(Key, DocId)> = docs.into_iter().map(key).collect();
    if list.len() > KNOWN {
        list.select_nth_unstable(KNOWN);
        list.truncate(KNOWN);
    }
    list.sort_unstable();
    list.into()
}

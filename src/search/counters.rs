//! What there is to choose from in the whole index, counted once for each segment. A segment
//! never changes but for documents that are deleted in it, so those are all there is to
//! count from one commit to the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::fastfield::AliveBitSet;
use tantivy::index::SegmentId;
use tantivy::{Searcher, SegmentReader};

use super::choices::{PriceUnit, Verdict};
use super::facets::{Counts, Facets};
use super::segments::{Segment, Segments};

/// The counts of the segments that searches last saw.
#[derive(Default)]
pub(super) struct Counters(Mutex<HashMap<SegmentId, Arc<Counted>>>);

/// The counts of a segment, and of which of its documents.
struct Counted {
    alive: Option<AliveBitSet>,
    documents: u32,
    counts: Counts,
}

impl Counters {
    /// What there is to choose from among all documents.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn facets(
        &self,
        searcher: &Searcher,
        segments: &Segments,
    ) -> tantivy::Result<Facets> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut now = HashMap::new();
        let mut sum = Counts::default();
        for reader in searcher.segment_readers() {
            let id = reader.segment_id();
            let counted = match known.get(&id) {
                Some(counted) if counted.documents == reader.num_docs() => Arc::clone(counted),
                // An older generation has more documents than the counts.
                Some(counted) if counted.documents > reader.num_docs() => {
                    Arc::new(counted.without_deleted(reader, &*segments.of(reader)?))
                }
                _ => Arc::new(Counted::of(reader, &*segments.of(reader)?)),
            };
            sum.add_all(&counted.counts);
            now.insert(id, counted);
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(sum.facets(PriceUnit::Hundredth))
    }
}

impl Counted {
    fn of(reader: &SegmentReader, segment: &Segment) -> Self {
        let mut counts = Counts::default();
        for doc in reader.doc_ids_alive() {
            counts.add((segment, PriceUnit::Hundredth), doc, Verdict::Hit, 1);
        }
        Self { alive: reader.alive_bitset().cloned(), documents: reader.num_docs(), counts }
    }

    /// The counts without what has been deleted since.
    fn without_deleted(&self, reader: &SegmentReader, segment: &Segment) -> Self {
        let mut counts = self.counts.clone();
        let was_alive = |doc| self.alive.as_ref().is_none_or(|alive| alive.is_alive(doc));
        for doc in (0..reader.max_doc()).filter(|doc| reader.is_deleted(*doc)) {
            if was_alive(doc) {
                counts.add((segment, PriceUnit::Hundredth), doc, Verdict::Hit, -1);
            }
        }
        Self { alive: reader.alive_bitset().cloned(), documents: reader.num_docs(), counts }
    }
}

//! What is kept in memory of each segment that searches look into. A segment never changes but
//! for what is deleted in it, so that it is found out once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::SegmentReader;
use tantivy::index::SegmentId;

use super::columns::Columns;
use super::points::Points;
use super::rows::Rows;

/// The segments that searches look into.
#[derive(Default)]
pub(super) struct Segments(Mutex<HashMap<SegmentId, Arc<Segment>>>);

/// What is kept of a segment, its deleted documents among the others.
pub(super) struct Segment {
    pub(super) columns: Columns,
    pub(super) points: Points,
    pub(super) rows: Rows,
}

impl Segments {
    /// What is kept of a segment, found out when it is asked for first.
    ///
    /// # Errors
    /// When the segment cannot be read.
    pub(super) fn of(&self, reader: &SegmentReader) -> tantivy::Result<Arc<Segment>> {
        let id = reader.segment_id();
        if let Some(known) = self.known().get(&id) {
            return Ok(Arc::clone(known));
        }
        // Not under the lock: it takes a while, and doing it twice does no harm.
        let columns = Columns::open(reader)?;
        let (points, order) = Points::of(&columns, reader.max_doc());
        let rows = Rows::of(&columns, &order);
        let segment = Arc::new(Segment { columns, points, rows });
        self.known().insert(id, Arc::clone(&segment));
        Ok(segment)
    }

    /// Forgets all segments but these.
    pub(super) fn keep(&self, segments: &HashSet<SegmentId>) {
        self.known().retain(|id, _| segments.contains(id));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<SegmentId, Arc<Segment>>> {
        // Each entry is whole, whatever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

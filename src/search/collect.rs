//! The page that comes next after a key: how many documents there are before and after it,
//! those that stand on it, and, if asked for, what there is to choose from.

use std::collections::BinaryHeap;
use std::sync::Arc;

use tantivy::{DocAddress, DocId, Score, SegmentOrdinal};

use super::choices::Verdict;
use super::columns::{Columns, first};
use super::facets::Counter;
use super::segments::Segment;
use super::walk::Visitor;
use crate::domain::area::distance_m;
use crate::domain::listing::Location;

/// A document's place in the order of results, smallest first. Ids make it unique, so a
/// document that does not change keeps its place whatever is committed around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The sort value, turned so that smaller comes first.
    pub(super) value: u64,
    /// The first half of the id.
    pub(super) high: u64,
    /// The second half.
    pub(super) low: u64,
}

/// What [`Key::value`] is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Order {
    /// The best score first.
    Score,
    /// The newest first.
    Newest,
    /// The lowest scaled price first.
    Price,
    /// The highest scaled price first.
    PriceDown,
    /// The nearest to a point first.
    Distance(Location),
}

/// The documents kept, in order.
pub(super) type Kept = Vec<(Key, DocAddress)>;

/// A page on its way.
pub(super) struct Keyset {
    order: Order,
    /// Only documents after this one are kept.
    after: Option<Key>,
    /// How many are kept, at least one.
    keep: usize,
    segment: Option<(SegmentOrdinal, Arc<Segment>)>,
    /// The kept ones, the last of them on top.
    kept: BinaryHeap<(Key, DocAddress)>,
    /// How many were found.
    pub(super) total: u64,
    /// Counts the choices, where that is asked for.
    pub(super) counter: Option<Counter>,
}

impl Keyset {
    /// An empty page.
    pub(super) fn new(
        order: Order,
        after: Option<Key>,
        keep: usize,
        counter: Option<Counter>,
    ) -> Self {
        let kept = BinaryHeap::with_capacity(keep + 1);
        Self { order, after, keep, segment: None, kept, total: 0, counter }
    }

    /// The documents kept, in order.
    pub(super) fn into_kept(self) -> Kept {
        self.kept.into_sorted_vec()
    }

    fn offer(&mut self, doc: DocId, score: Score) {
        let Some((ordinal, segment)) = &self.segment else { return };
        let value = self.order.value(&segment.columns, doc, score);
        // Most documents end here, before their ids are read.
        let last = self.kept.peek().filter(|_| self.kept.len() == self.keep).map(|(key, _)| *key);
        if last.is_some_and(|last| value > last.value)
            || self.after.is_some_and(|after| value < after.value)
        {
            return;
        }
        let (high, low) = segment.columns.id(doc);
        let key = Key { value, high, low };
        if self.after.is_some_and(|after| key <= after) {
            return;
        }
        self.kept.push((key, DocAddress::new(*ordinal, doc)));
        if self.kept.len() > self.keep {
            self.kept.pop();
        }
    }
}

impl Visitor for Keyset {
    fn enter(&mut self, ordinal: SegmentOrdinal, segment: &Arc<Segment>) {
        self.segment = Some((ordinal, Arc::clone(segment)));
        if let Some(counter) = &mut self.counter {
            counter.enter(Arc::clone(segment));
        }
    }

    fn visit(&mut self, doc: DocId, verdict: Verdict, score: Score) {
        if let Some(counter) = &mut self.counter {
            counter.add(doc, verdict);
        }
        if verdict == Verdict::Hit {
            self.total += 1;
            self.offer(doc, score);
        }
    }
}

impl Order {
    /// The sort value of a document.
    fn value(self, columns: &Columns, doc: DocId, score: Score) -> u64 {
        match self {
            // The bits of non-negative floats are in the order of their values.
            Self::Score => u64::from(u32::MAX - score.max(0.0).to_bits()),
            Self::Newest => newest_value(first(&columns.created, doc)),
            Self::Price => first(&columns.price_scaled, doc),
            Self::PriceDown => u64::MAX - first(&columns.price_scaled, doc),
            Self::Distance(centre) => {
                let away = |point| distance_m(centre, point);
                columns.point(doc).map_or(f64::MAX, away).to_bits()
            }
        }
    }
}

/// The sort value of an instant in the order by newest.
pub(super) const fn newest_value(created: u64) -> u64 {
    u64::MAX - created
}

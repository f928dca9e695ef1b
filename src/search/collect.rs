//! The page that comes next after a key: how many documents there are before and after it,
//! those that stand on it, and, if asked for, what there is to choose from.

use std::collections::BinaryHeap;

use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::choices::Verdict;
use super::facets::Counter;
use super::schema::columns;
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
    columns: Option<Columns>,
    /// The kept ones, the last of them on top.
    kept: BinaryHeap<(Key, DocAddress)>,
    /// How many were found.
    pub(super) total: u64,
    /// Counts the choices, where that is asked for.
    pub(super) counter: Option<Counter>,
}

/// The columns of a segment.
struct Columns {
    segment: SegmentOrdinal,
    values: Values,
    high: Column<u64>,
    low: Column<u64>,
}

/// What the sort value is read from.
enum Values {
    Score,
    Newest(Column<u64>),
    Price(Column<u64>),
    PriceDown(Column<u64>),
    Distance(Location, Column<f64>, Column<f64>),
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
        Self { order, after, keep, columns: None, kept, total: 0, counter }
    }

    /// The documents kept, in order.
    pub(super) fn into_kept(self) -> Kept {
        self.kept.into_sorted_vec()
    }

    fn offer(&mut self, doc: DocId, score: impl FnOnce() -> Score) {
        let Some(columns) = &self.columns else { return };
        let value = columns.values.of(doc, score);
        // Most documents end here, before their ids are read.
        let last = self.kept.peek().filter(|_| self.kept.len() == self.keep).map(|(key, _)| *key);
        if last.is_some_and(|last| value > last.value)
            || self.after.is_some_and(|after| value < after.value)
        {
            return;
        }
        let key = columns.key(doc, value);
        if self.after.is_some_and(|after| key <= after) {
            return;
        }
        self.kept.push((key, DocAddress::new(columns.segment, doc)));
        if self.kept.len() > self.keep {
            self.kept.pop();
        }
    }
}

impl Visitor for Keyset {
    fn enter(&mut self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<()> {
        let fast = reader.fast_fields();
        let values = match self.order {
            Order::Score => Values::Score,
            Order::Newest => Values::Newest(fast.u64(columns::CREATED)?),
            Order::Price => Values::Price(fast.u64(columns::PRICE_SCALED)?),
            Order::PriceDown => Values::PriceDown(fast.u64(columns::PRICE_SCALED)?),
            Order::Distance(centre) => {
                Values::Distance(centre, fast.f64(columns::LAT)?, fast.f64(columns::LON)?)
            }
        };
        let (high, low) = (fast.u64(columns::ID_HIGH)?, fast.u64(columns::ID_LOW)?);
        self.columns = Some(Columns { segment, values, high, low });
        self.counter.as_mut().map_or(Ok(()), |counter| counter.enter(reader))
    }

    fn visit(&mut self, doc: DocId, verdict: Verdict, score: impl FnOnce() -> Score) {
        if let Some(counter) = &mut self.counter {
            counter.add(doc, verdict);
        }
        if verdict == Verdict::Hit {
            self.total += 1;
            self.offer(doc, score);
        }
    }
}

impl Columns {
    fn key(&self, doc: DocId, value: u64) -> Key {
        let [high, low] = [&self.high, &self.low].map(|half| half.first(doc).unwrap_or_default());
        Key { value, high, low }
    }
}

impl Values {
    fn of(&self, doc: DocId, score: impl FnOnce() -> Score) -> u64 {
        let first = |column: &Column<u64>| column.first(doc).unwrap_or_default();
        match self {
            // The bits of non-negative floats are in the order of their values.
            Self::Score => u64::from(u32::MAX - score().max(0.0).to_bits()),
            Self::Newest(created) => newest_value(first(created)),
            Self::Price(price) => first(price),
            Self::PriceDown(price) => u64::MAX - first(price),
            Self::Distance(centre, lat, lon) => {
                let point = lat.first(doc).zip(lon.first(doc));
                let away = |(lat, lon)| distance_m(*centre, Location { lat, lon });
                point.map_or(f64::MAX, away).to_bits()
            }
        }
    }
}

/// The sort value of an instant in the order by newest.
pub(super) const fn newest_value(created: u64) -> u64 {
    u64::MAX - created
}

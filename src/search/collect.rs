//! Walks the matching documents once: counts them all, and keeps those that come next
//! after a key.

use std::collections::BinaryHeap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::availability::Stay;
use super::schema::columns;
use crate::domain::area::Area;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The best score first.
    Score,
    /// The newest first.
    Newest,
    /// The lowest scaled price first.
    Price,
}

/// The collector of one page.
pub(super) struct Keyset {
    pub(super) order: Order,
    /// Only documents after this one are kept.
    pub(super) after: Option<Key>,
    /// How many are kept, at least one.
    pub(super) keep: usize,
    /// The stay that has to be free in a unit type, and the guests that it has to take.
    pub(super) stay: Option<(Stay, u32)>,
    /// Where the point has to lie.
    pub(super) area: Option<Area>,
}

/// The documents kept, in order, and how many matched, before the key or after it.
pub(super) struct Found {
    pub(super) total: u64,
    pub(super) kept: Vec<(Key, DocAddress)>,
}

/// What a unit type of a document has to offer.
struct Wanted {
    stay: Stay,
    guests: u64,
    /// The places of the unit types, and the guests that each takes.
    slots: Column<u64>,
    unit_guests: Column<u64>,
}

/// The collector of one page in one segment.
pub(super) struct SegmentKeyset {
    order: Order,
    after: Option<Key>,
    keep: usize,
    stay: Option<Wanted>,
    area: Option<(Area, Column<f64>, Column<f64>)>,
    segment: SegmentOrdinal,
    /// The column of the sort value; a score has none.
    values: Option<Column<u64>>,
    high: Column<u64>,
    low: Column<u64>,
    total: u64,
    /// The kept ones, the last of them on top.
    kept: BinaryHeap<(Key, DocAddress)>,
}

impl Collector for Keyset {
    type Fruit = Found;
    type Child = SegmentKeyset;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentKeyset> {
        let fast = reader.fast_fields();
        let values = match self.order {
            Order::Score => None,
            Order::Newest => Some(fast.u64(columns::CREATED)?),
            Order::Price => Some(fast.u64(columns::PRICE_SCALED)?),
        };
        let stay = match &self.stay {
            Some((stay, guests)) => Some(Wanted {
                stay: stay.clone(),
                guests: u64::from(*guests),
                slots: fast.u64(columns::SLOT)?,
                unit_guests: fast.u64(columns::UNIT_GUESTS)?,
            }),
            None => None,
        };
        let area = match &self.area {
            Some(area) => Some((area.clone(), fast.f64(columns::LAT)?, fast.f64(columns::LON)?)),
            None => None,
        };
        Ok(SegmentKeyset {
            order: self.order,
            after: self.after,
            keep: self.keep,
            stay,
            area,
            segment,
            values,
            high: fast.u64(columns::ID_HIGH)?,
            low: fast.u64(columns::ID_LOW)?,
            total: 0,
            kept: BinaryHeap::with_capacity(self.keep + 1),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Score
    }

    fn merge_fruits(&self, segments: Vec<Found>) -> tantivy::Result<Found> {
        let total = segments.iter().map(|found| found.total).sum();
        let mut kept: Vec<_> = segments.into_iter().flat_map(|found| found.kept).collect();
        kept.sort_unstable();
        kept.truncate(self.keep);
        Ok(Found { total, kept })
    }
}

impl SegmentKeyset {
    fn is_bookable(&self, doc: DocId) -> bool {
        self.stay.as_ref().is_none_or(|wanted| {
            let guests = wanted.unit_guests.values_for_doc(doc);
            let mut units = wanted.slots.values_for_doc(doc).zip(guests);
            units.any(|(slot, guests)| {
                let slot = u32::try_from(slot).ok().filter(|_| guests >= wanted.guests);
                slot.is_some_and(|slot| wanted.stay.is_free(slot))
            })
        })
    }

    fn is_there(&self, doc: DocId) -> bool {
        self.area.as_ref().is_none_or(|(area, lat, lon)| {
            let point = lat.first(doc).zip(lon.first(doc));
            point.is_some_and(|(lat, lon)| area.contains(Location { lat, lon }))
        })
    }

    fn value(&self, doc: DocId, score: Score) -> u64 {
        let column = self.values.as_ref().and_then(|values| values.first(doc)).unwrap_or_default();
        match self.order {
            // The bits of non-negative floats are in the order of their values.
            Order::Score => u64::from(u32::MAX - score.max(0.0).to_bits()),
            Order::Newest => u64::MAX - column,
            Order::Price => column,
        }
    }
}

impl SegmentCollector for SegmentKeyset {
    type Fruit = Found;

    fn collect(&mut self, doc: DocId, score: Score) {
        if !self.is_there(doc) || !self.is_bookable(doc) {
            return;
        }
        self.total += 1;
        let value = self.value(doc, score);
        // Most documents end here, before their ids are read.
        let last = self.kept.peek().filter(|_| self.kept.len() == self.keep).map(|(key, _)| *key);
        if last.is_some_and(|last| value > last.value)
            || self.after.is_some_and(|after| value < after.value)
        {
            return;
        }
        let high = self.high.first(doc).unwrap_or_default();
        let low = self.low.first(doc).unwrap_or_default();
        let key = Key { value, high, low };
        if self.after.is_some_and(|after| key <= after) {
            return;
        }
        self.kept.push((key, DocAddress::new(self.segment, doc)));
        if self.kept.len() > self.keep {
            self.kept.pop();
        }
    }

    fn harvest(self) -> Found {
        Found { total: self.total, kept: self.kept.into_vec() }
    }
}

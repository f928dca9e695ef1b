//! How many results each choice would give, counted in the same walk that finds them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use tantivy::DocId;

use super::choices::{Facet, PriceUnit, Verdict};
use super::codes::{AMENITY_WORDS, KINDS};
use super::histogram::{self, Histogram};
use super::segments::Segment;
use crate::domain::amenity::CATALOGUE;
use crate::domain::listing::Kind;

/// Bedrooms, beds and half bathrooms that are told apart; what has more counts as so many.
pub(super) const ROOMS_MAX: usize = 20;

/// How many results each choice would give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    /// Homes of each kind, whatever kinds are chosen.
    pub kinds: Vec<(Kind, u64)>,
    /// Results that have an amenity beside those chosen, for each that any has.
    pub amenities: Vec<(&'static str, u64)>,
    /// Homes with at least one bedroom, two, and so on up to the most there are, at most 20.
    pub bedrooms: Vec<u64>,
    /// The same of beds.
    pub beds: Vec<u64>,
    /// The same of bathrooms, in halves.
    pub half_bathrooms: Vec<u64>,
    /// Homes by their price, whatever prices are chosen.
    pub price: Histogram,
}

/// Counts. They can be taken back, so that what is deleted need not be counted again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    kinds: [i64; KINDS.len()],
    amenities: Vec<i64>,
    /// By how many bedrooms, beds and half bathrooms there are.
    rooms: [[i64; ROOMS_MAX + 1]; 3],
    /// By the price, in the unit of its column.
    prices: HashMap<u64, i64, BuildHasherDefault<Mix>>,
}

/// Counts in a walk.
pub(super) struct Counter {
    unit: PriceUnit,
    segment: Option<Arc<Segment>>,
    counts: Counts,
}

impl Counts {
    /// Counts a document `by` times, with its price in a unit. One that fails a choice only
    /// counts beside that one.
    pub(super) fn add(
        &mut self,
        (segment, unit): (&Segment, PriceUnit),
        doc: DocId,
        verdict: Verdict,
        by: i64,
    ) {
        let (row, columns) = (segment.rows.get(doc), &segment.columns);
        let counts_for = |facet| verdict == Verdict::Hit || verdict == Verdict::But(facet);
        if counts_for(Facet::Kind)
            && let Some(count) = self.kinds.get_mut(usize::from(row.kind))
        {
            *count += by;
        }
        if verdict == Verdict::Hit {
            self.amenities.resize(AMENITY_WORDS * 64, 0);
            for (mut bits, counts) in row.amenities.into_iter().zip(self.amenities.chunks_mut(64)) {
                while bits != 0 {
                    let bit = usize::try_from(bits.trailing_zeros()).unwrap_or_default();
                    if let Some(count) = counts.get_mut(bit) {
                        *count += by;
                    }
                    bits &= bits - 1;
                }
            }
        }
        let facets = [Facet::Bedrooms, Facet::Beds, Facet::Bathrooms];
        for ((place, facet), counts) in facets.into_iter().enumerate().zip(&mut self.rooms) {
            if counts_for(facet) {
                let rooms = usize::try_from(row.rooms(place, columns)).unwrap_or(ROOMS_MAX);
                let rooms = rooms.min(ROOMS_MAX);
                if let Some(count) = counts.get_mut(rooms) {
                    *count += by;
                }
            }
        }
        if counts_for(Facet::Price) {
            *self.prices.entry(row.price(unit, columns)).or_default() += by;
        }
    }

    /// Adds other counts.
    pub(super) fn add_all(&mut self, other: &Self) {
        let pairs = self.kinds.iter_mut().zip(&other.kinds);
        let rooms = self.rooms.iter_mut().flatten().zip(other.rooms.iter().flatten());
        for (count, more) in pairs.chain(rooms) {
            *count += more;
        }
        self.amenities.resize(AMENITY_WORDS * 64, 0);
        for (count, more) in self.amenities.iter_mut().zip(&other.amenities) {
            *count += more;
        }
        for (price, more) in &other.prices {
            *self.prices.entry(*price).or_default() += more;
        }
    }

    /// What the counts say.
    pub(super) fn facets(&self, unit: PriceUnit) -> Facets {
        let number = |count: &i64| u64::try_from(*count).unwrap_or_default();
        let amenities = CATALOGUE.iter().zip(&self.amenities);
        let amenities = amenities.map(|(entry, count)| (entry.key, number(count)));
        let [bedrooms, beds, half_bathrooms] = self.rooms.each_ref().map(at_least);
        let prices: Vec<(u64, u64)> =
            self.prices.iter().map(|(price, count)| (*price, number(count))).collect();
        Facets {
            kinds: KINDS.into_iter().zip(self.kinds.iter().map(number)).collect(),
            amenities: amenities.filter(|(_, count)| *count > 0).collect(),
            bedrooms,
            beds,
            half_bathrooms,
            price: histogram::of(&prices, unit),
        }
    }
}

/// How many have at least one, at least two, and so on, up to the most there are.
fn at_least(counts: &[i64; ROOMS_MAX + 1]) -> Vec<u64> {
    let mut sums: Vec<u64> = Vec::new();
    for count in counts.iter().skip(1).rev() {
        let count = u64::try_from(*count).unwrap_or_default();
        let above = sums.last().copied().unwrap_or_default();
        if above + count > 0 {
            sums.push(above + count);
        }
    }
    sums.reverse();
    sums
}

impl Counter {
    /// A counter of prices in a unit.
    pub(super) fn new(unit: PriceUnit) -> Self {
        Self { unit, segment: None, counts: Counts::default() }
    }

    /// A segment begins.
    pub(super) fn enter(&mut self, segment: Arc<Segment>) {
        self.segment = Some(segment);
    }

    /// Counts a document.
    pub(super) fn add(&mut self, doc: DocId, verdict: Verdict) {
        if let Some(segment) = &self.segment {
            self.counts.add((segment, self.unit), doc, verdict, 1);
        }
    }

    /// What was counted.
    pub(super) fn facets(&self) -> Facets {
        self.counts.facets(self.unit)
    }
}

/// A hash of whole numbers that costs one multiplication (Fibonacci hashing, Knuth 6.4).
/// What is hashed comes from the index and not from who searches.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The map takes its place from the low bits and its tag from the high ones.
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

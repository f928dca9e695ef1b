//! What most searches ask of most homes, in one row for each document of a segment.
//!
//! Columns would have to be read one by one, each from another place in memory. Rows lie in the
//! order of [`super::points`]: those of an area side by side, so that whoever has looked at
//! all of them for some traits has the others at hand.

use std::num::NonZeroU16;
use std::ops::Range;

use tantivy::DocId;

use super::choices::PriceUnit;
use super::codes::AMENITY_WORDS;
use super::columns::{Columns, first};
use super::rules;

/// A document's row. Rooms and prices that have the largest value of their type may be more:
/// their columns tell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    /// See [`super::codes::amenity_bits`].
    pub(super) amenities: [u64; AMENITY_WORDS],
    pub(super) doc: DocId,
    /// The most guests that a unit takes.
    pub(super) guests: u32,
    /// See [`super::codes::of_currency`].
    pub(super) currency: u32,
    /// In minor units.
    price: u32,
    /// See [`super::codes::of_kind`].
    pub(super) kind: u8,
    /// Bedrooms, beds and half bathrooms.
    rooms: [u8; 3],
    /// What a stay asks; see [`Plain`].
    slot: u32,
    least: u16,
    most: Option<NonZeroU16>,
}

/// What a stay asks of a home that has one unit type and no rules but a shortest and a longest
/// stay, as most have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    /// The place of its unit type in the table of nights.
    pub(super) slot: u32,
    guests: u32,
    least: u16,
    most: u16,
}

/// The rows of a segment.
pub(super) struct Rows {
    rows: Vec<Row>,
    /// By document.
    places: Vec<u32>,
}

impl Rows {
    /// Those of all documents, in this order.
    pub(super) fn of(columns: &Columns, order: &[DocId]) -> Self {
        let mut places = vec![0; order.len()];
        for (place, doc) in (0..).zip(order) {
            if let Some(known) = usize::try_from(*doc).ok().and_then(|doc| places.get_mut(doc)) {
                *known = place;
            }
        }
        Self { rows: order.iter().map(|doc| Row::of(columns, *doc)).collect(), places }
    }

    /// Those at some places of the order.
    pub(super) fn at(&self, places: Range<usize>) -> &[Row] {
        self.rows.get(places).unwrap_or_default()
    }

    /// The row of a document.
    pub(super) fn get(&self, doc: DocId) -> Row {
        let place = usize::try_from(doc).ok().and_then(|doc| self.places.get(doc));
        let place = place.and_then(|place| usize::try_from(*place).ok());
        place.and_then(|place| self.rows.get(place)).copied().unwrap_or_default()
    }
}

impl Row {
    fn of(columns: &Columns, doc: DocId) -> Self {
        let small = |column| u8::try_from(first(column, doc)).unwrap_or(u8::MAX);
        let large = |column| u32::try_from(first(column, doc)).unwrap_or(u32::MAX);
        let mut amenities = [0; AMENITY_WORDS];
        for (bits, column) in amenities.iter_mut().zip(&columns.amenities) {
            *bits = first(column, doc);
        }
        let row = Self {
            amenities,
            doc,
            guests: large(&columns.guests),
            currency: large(&columns.currency),
            price: large(&columns.price),
            kind: small(&columns.kind),
            rooms: columns.rooms.each_ref().map(small),
            ..Self::default()
        };
        row.with_stay(columns).unwrap_or(row)
    }

    /// With what a stay asks, where that is no more than fits.
    fn with_stay(self, columns: &Columns) -> Option<Self> {
        let doc = self.doc;
        let mut slots = columns.slot.values_for_doc(doc);
        let (slot, None) = (slots.next()?, slots.next()) else { return None };
        let has_dates = columns.stay_dates.first(doc).is_some();
        if has_dates || columns.unit_guests.first(doc)? != u64::from(self.guests) {
            return None;
        }
        let (days, lengths) = (first(&columns.stay_days, doc), first(&columns.min_nights, doc));
        Some(Self {
            slot: u32::try_from(slot).ok()?,
            least: rules::one_shortest(days, lengths)?,
            most: Some(NonZeroU16::new(u16::try_from(first(&columns.max_nights, doc)).ok()?)?),
            ..self
        })
    }

    /// What a stay asks of the home; none where it asks more.
    pub(super) fn plain(&self) -> Option<Plain> {
        let Self { slot, guests, least, most, .. } = *self;
        Some(Plain { slot, guests, least, most: most?.get() })
    }

    /// The bedrooms, beds or half bathrooms of the home.
    pub(super) fn rooms(&self, which: usize, columns: &Columns) -> u64 {
        match (self.rooms.get(which), columns.rooms.get(which)) {
            (Some(&u8::MAX), Some(column)) => first(column, self.doc),
            (rooms, _) => rooms.copied().unwrap_or_default().into(),
        }
    }

    /// The price of the home, as it is compared in a unit.
    pub(super) fn price(&self, unit: PriceUnit, columns: &Columns) -> u64 {
        match unit {
            PriceUnit::Minor(_) if self.price < u32::MAX => self.price.into(),
            unit => first(unit.column(columns), self.doc),
        }
    }
}

impl Plain {
    /// Whether it takes so many guests for so many nights, when these are free.
    pub(super) fn takes(&self, guests: u64, nights: u64) -> bool {
        let lengths = u64::from(self.least)..=u64::from(self.most);
        lengths.contains(&nights) && u64::from(self.guests) >= guests
    }
}

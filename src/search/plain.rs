//! Homes of which a stay asks three numbers only: most have one unit type, and no rules but a
//! shortest and a longest stay. Their numbers lie side by side, where columns would have to be
//! read one by one.

use std::num::NonZeroU16;

use tantivy::DocId;

use super::columns::{Columns, first};
use super::rules;

/// What a stay asks of such a home.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    /// The place of its unit type in the table of nights.
    pub(super) slot: u32,
    /// The guests that it takes.
    guests: u16,
    /// Nights at least.
    least: u16,
    /// Nights at most.
    most: NonZeroU16,
}

/// The homes of a segment, by their documents; none where a home is not so.
pub(super) struct Plains(Vec<Option<Plain>>);

impl Plains {
    /// Those of so many documents.
    pub(super) fn of(columns: &Columns, documents: u32) -> Self {
        Self((0..documents).map(|doc| Plain::of(columns, doc)).collect())
    }

    /// The home of a document, if it is so.
    pub(super) fn get(&self, doc: DocId) -> Option<&Plain> {
        self.0.get(usize::try_from(doc).ok()?)?.as_ref()
    }
}

impl Plain {
    fn of(columns: &Columns, doc: DocId) -> Option<Self> {
        let mut slots = columns.slot.values_for_doc(doc);
        let (slot, None) = (slots.next()?, slots.next()) else { return None };
        if columns.stay_dates.first(doc).is_some() {
            return None;
        }
        let (days, lengths) = (first(&columns.stay_days, doc), first(&columns.min_nights, doc));
        Some(Self {
            slot: u32::try_from(slot).ok()?,
            guests: u16::try_from(columns.unit_guests.first(doc)?).ok()?,
            least: rules::one_shortest(days, lengths)?,
            most: NonZeroU16::new(u16::try_from(first(&columns.max_nights, doc)).ok()?)?,
        })
    }

    /// Whether it takes so many guests for so many nights, when these are free.
    pub(super) fn takes(&self, guests: u64, nights: u64) -> bool {
        let lengths = u64::from(self.least)..=u64::from(self.most.get());
        lengths.contains(&nights) && u64::from(self.guests) >= guests
    }
}

//! What is tested document by document, because no list of documents says it: the nights and
//! the rules of a stay, and, when choices are counted, which of them a document fails.

use std::sync::Arc;

use tantivy::DocId;

use super::availability::Stay;
use super::choices::{Choices, Verdict};
use super::columns::first;
use super::rules::Asked;
use super::segments::Segment;

/// What is tested of each document that a query finds.
#[derive(Clone, Default)]
pub(super) struct Sift {
    /// The stay that has to be possible.
    pub(super) stay: Option<Staying>,
    /// What is chosen, where choices are counted.
    pub(super) choices: Option<Choices>,
}

/// A stay that has to be possible in a unit type.
#[derive(Clone)]
pub(super) struct Staying {
    /// Its nights.
    pub(super) nights: Stay,
    /// What the rules of a home are asked.
    pub(super) asked: Asked,
    /// The guests that the unit type has to take.
    pub(super) guests: u64,
}

/// [`Sift`] in one segment.
pub(super) struct SegmentSift<'a> {
    sift: &'a Sift,
    segment: Arc<Segment>,
}

impl Sift {
    /// It in a segment.
    pub(super) const fn enter(&self, segment: Arc<Segment>) -> SegmentSift<'_> {
        SegmentSift { sift: self, segment }
    }
}

impl SegmentSift<'_> {
    /// Whether a document is found.
    pub(super) fn judge(&self, doc: DocId) -> Verdict {
        let (Sift { stay, choices }, segment) = (self.sift, &*self.segment);
        let judge = |choices: &Choices| choices.judge(&segment.columns, doc);
        let verdict = choices.as_ref().map_or(Verdict::Hit, judge);
        // Nights come last: they lie far apart in memory.
        match stay {
            Some(stay) if verdict != Verdict::Miss && !stay.is_possible(segment, doc) => {
                Verdict::Miss
            }
            _ => verdict,
        }
    }
}

impl Staying {
    fn is_possible(&self, segment: &Segment, doc: DocId) -> bool {
        let Self { nights, asked, guests } = self;
        if asked.is_ahead()
            && let Some(home) = segment.plain.get(doc)
        {
            return home.takes(*guests, asked.nights()) && nights.is_free(home.slot);
        }
        let columns = &segment.columns;
        if asked.nights() > first(&columns.max_nights, doc)
            || !asked.fits_days(first(&columns.stay_days, doc))
        {
            return false;
        }
        let dates = columns.stay_dates.values_for_doc(doc);
        if !asked.fits_dates(first(&columns.min_nights, doc), dates) {
            return false;
        }
        let unit_guests = columns.unit_guests.values_for_doc(doc);
        columns.slot.values_for_doc(doc).zip(unit_guests).any(|(slot, takes)| {
            let slot = u32::try_from(slot).ok().filter(|_| takes >= *guests);
            slot.is_some_and(|slot| nights.is_free(slot))
        })
    }
}

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

/// What a document comes to if its nights are free.
pub(super) enum Considered {
    /// Nothing, free or not.
    Miss,
    /// This, whatever nights there are.
    Sure(Verdict),
    /// This, if the nights of a place in the table are free.
    IfFree(Verdict, u32),
}

impl Sift {
    /// It in a segment.
    pub(super) const fn enter(&self, segment: Arc<Segment>) -> SegmentSift<'_> {
        SegmentSift { sift: self, segment }
    }
}

impl SegmentSift<'_> {
    /// What a document comes to. The nights of most are left to be looked at with those of
    /// others, since they lie far apart in memory; see [`Self::is_free`].
    pub(super) fn consider(&self, doc: DocId) -> Considered {
        let Sift { stay, choices } = self.sift;
        if stay.is_none() && choices.is_none() {
            return Considered::Sure(Verdict::Hit);
        }
        let row = self.segment.rows.get(doc);
        let judge = |choices: &Choices| choices.judge(&row, &self.segment.columns);
        let verdict = choices.as_ref().map_or(Verdict::Hit, judge);
        if verdict == Verdict::Miss {
            return Considered::Miss;
        }
        let Some(stay) = stay else { return Considered::Sure(verdict) };
        match row.plain().filter(|_| stay.asked.is_ahead()) {
            Some(home) if home.takes(stay.guests, stay.asked.nights()) => {
                Considered::IfFree(verdict, home.slot)
            }
            None if stay.is_possible(&self.segment, doc) => Considered::Sure(verdict),
            _ => Considered::Miss,
        }
    }

    /// Whether the nights that are asked for are free in a place of the table.
    pub(super) fn is_free(&self, slot: u32) -> bool {
        self.sift.stay.as_ref().is_none_or(|stay| stay.nights.is_free(slot))
    }
}

impl Staying {
    /// Whether it is possible in a home, by all its rules and unit types.
    fn is_possible(&self, segment: &Segment, doc: DocId) -> bool {
        let (Self { nights, asked, guests }, columns) = (self, &segment.columns);
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

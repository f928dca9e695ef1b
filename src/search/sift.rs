//! What is tested document by document, because no list of documents says it: the nights and
//! the rules of a stay, the exact area where cells did not see to it, and, when choices are
//! counted, which of them a document fails.

use tantivy::columnar::Column;
use tantivy::{DocId, SegmentReader};

use super::availability::Stay;
use super::choices::{Choices, SegmentChoices, Verdict};
use super::rules::Asked;
use super::schema::columns;
use crate::domain::area::Area;
use crate::domain::listing::Location;

/// What is tested of each document that a query finds.
#[derive(Clone, Default)]
pub(super) struct Sift {
    /// Where the point has to lie.
    pub(super) area: Option<Area>,
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
    area: Option<(&'a Area, Column<f64>, Column<f64>)>,
    stay: Option<SegmentStay<'a>>,
    choices: Option<SegmentChoices<'a>>,
}

struct SegmentStay<'a> {
    wanted: &'a Staying,
    /// See [`super::rules::Packed`].
    days: Column<u64>,
    min_nights: Column<u64>,
    dates: Column<u64>,
    max_nights: Column<u64>,
    /// The places of the unit types, and the guests that each takes.
    slots: Column<u64>,
    unit_guests: Column<u64>,
}

impl Sift {
    /// The columns of a segment.
    pub(super) fn enter(&self, reader: &SegmentReader) -> tantivy::Result<SegmentSift<'_>> {
        let fast = reader.fast_fields();
        let area = match &self.area {
            Some(area) => Some((area, fast.f64(columns::LAT)?, fast.f64(columns::LON)?)),
            None => None,
        };
        let stay = match &self.stay {
            Some(wanted) => Some(SegmentStay {
                wanted,
                days: fast.u64(columns::STAY_DAYS)?,
                min_nights: fast.u64(columns::MIN_NIGHTS)?,
                dates: fast.u64(columns::STAY_DATES)?,
                max_nights: fast.u64(columns::MAX_NIGHTS)?,
                slots: fast.u64(columns::SLOT)?,
                unit_guests: fast.u64(columns::UNIT_GUESTS)?,
            }),
            None => None,
        };
        let choices = match &self.choices {
            Some(choices) => Some(choices.enter(reader)?),
            None => None,
        };
        Ok(SegmentSift { area, stay, choices })
    }
}

impl SegmentSift<'_> {
    /// Whether a document is found.
    pub(super) fn judge(&self, doc: DocId) -> Verdict {
        let there = self.area.as_ref().is_none_or(|(area, lat, lon)| {
            let point = lat.first(doc).zip(lon.first(doc));
            point.is_some_and(|(lat, lon)| area.contains(Location { lat, lon }))
        });
        if !there || !self.stay.as_ref().is_none_or(|stay| stay.is_possible(doc)) {
            return Verdict::Miss;
        }
        self.choices.as_ref().map_or(Verdict::Hit, |choices| choices.judge(doc))
    }
}

impl SegmentStay<'_> {
    fn is_possible(&self, doc: DocId) -> bool {
        let Staying { nights, asked, guests } = self.wanted;
        let first = |column: &Column<u64>| column.first(doc).unwrap_or_default();
        if asked.nights() > first(&self.max_nights)
            || !asked.fits_days(first(&self.days))
            || !asked.fits_dates(first(&self.min_nights), self.dates.values_for_doc(doc))
        {
            return false;
        }
        let unit_guests = self.unit_guests.values_for_doc(doc);
        self.slots.values_for_doc(doc).zip(unit_guests).any(|(slot, takes)| {
            let slot = u32::try_from(slot).ok().filter(|_| takes >= *guests);
            slot.is_some_and(|slot| nights.is_free(slot))
        })
    }
}

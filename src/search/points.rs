//! Where the documents of a segment lie, kept in memory: its distinct points in the order of
//! their latitudes, each with its documents.
//!
//! Points are blurred (see [`super::ListingDoc::lat`]), so that many homes share one. An area
//! is tested point by point and not home by home, exactly, and needs no grid of cells. What is
//! mostly asked of the homes in an area lies beside them: columns have it in the order of
//! documents, where the homes of an area are far apart.

use std::ops::Range;

use tantivy::DocId;

use super::codes::AMENITY_WORDS;
use super::columns::{Columns, first};
use crate::domain::area::Area;
use crate::domain::listing::Location;

/// How far a point may lie outside of the box around an area and still be tested, in degrees:
/// the last digits of a box are not those of a distance.
const SLACK_DEGREES: f64 = 1e-9;

/// The points of a segment, those of its deleted documents among them.
pub(super) struct Points {
    /// Each once, from the south to the north.
    points: Vec<Location>,
    /// Where the homes of each begin, and where the last ones end.
    starts: Vec<usize>,
    homes: Vec<Home>,
}

/// A document of a segment with what [`super::traits::Traits`] ask of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    pub(super) doc: DocId,
    /// The most guests that a unit takes.
    pub(super) guests: u32,
    /// See [`super::codes::of_currency`].
    pub(super) currency: u64,
    /// See [`super::codes::amenity_bits`].
    pub(super) amenities: [u64; AMENITY_WORDS],
}

impl Points {
    /// The points of so many documents.
    pub(super) fn of(columns: &Columns, documents: u32) -> Self {
        let placed = (0..documents).filter_map(|doc| Some((columns.point(doc)?, doc)));
        let mut placed: Vec<(Location, DocId)> = placed.collect();
        placed.sort_unstable_by(|(one, doc), (other, other_doc)| {
            let places = one.lat.total_cmp(&other.lat).then(one.lon.total_cmp(&other.lon));
            places.then(doc.cmp(other_doc))
        });
        let (mut points, mut starts) = (Vec::new(), Vec::new());
        for (place, (point, _)) in placed.iter().enumerate() {
            if points.last() != Some(point) {
                points.push(*point);
                starts.push(place);
            }
        }
        starts.push(placed.len());
        let homes = placed.into_iter().map(|(_, doc)| Home::of(columns, doc)).collect();
        Self { points, starts, homes }
    }

    /// Gives the homes of each point in an area, those of one in the order of documents.
    pub(super) fn each_in(&self, area: &Area, mut give: impl FnMut(&[Home])) {
        let bounds = area.bounds();
        let (west, east) = (bounds.west() - SLACK_DEGREES, bounds.east() + SLACK_DEGREES);
        let turns = bounds.west() > bounds.east();
        let may_lie = |lon: f64| match turns {
            false => west <= lon && lon <= east,
            true => west <= lon || lon <= east,
        };
        let band = self.band(bounds.south() - SLACK_DEGREES, bounds.north() + SLACK_DEGREES);
        let starts = self.starts.get(band.start..).unwrap_or_default().windows(2);
        let points = self.points.get(band).unwrap_or_default();
        for (point, ends) in points.iter().zip(starts) {
            if may_lie(point.lon)
                && area.contains(*point)
                && let [from, to] = ends
            {
                give(self.homes.get(*from..*to).unwrap_or_default());
            }
        }
    }

    /// The places of the points between two latitudes.
    fn band(&self, south: f64, north: f64) -> Range<usize> {
        let from = self.points.partition_point(|point| point.lat < south);
        from..self.points.partition_point(|point| point.lat <= north).max(from)
    }
}

impl Home {
    fn of(columns: &Columns, doc: DocId) -> Self {
        let mut amenities = [0; AMENITY_WORDS];
        for (bits, column) in amenities.iter_mut().zip(&columns.amenities) {
            *bits = first(column, doc);
        }
        let guests = u32::try_from(first(&columns.guests, doc)).unwrap_or(u32::MAX);
        Self { doc, guests, currency: first(&columns.currency, doc), amenities }
    }
}

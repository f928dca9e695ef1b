//! Where the documents of a segment lie, kept in memory: its distinct points in the order of
//! their latitudes, each with its documents.
//!
//! Points are blurred (see [`super::ListingDoc::lat`]), so that many homes share one. An area
//! is tested point by point and not home by home, exactly, and needs no grid of cells.

use std::ops::Range;

use tantivy::DocId;

use super::columns::Columns;
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
}

impl Points {
    /// The points of so many documents, and the documents in their order: those of the first
    /// point first, those that lie nowhere last.
    pub(super) fn of(columns: &Columns, documents: u32) -> (Self, Vec<DocId>) {
        let (mut placed, mut nowhere): (Vec<(Location, DocId)>, Vec<DocId>) = Default::default();
        for doc in 0..documents {
            match columns.point(doc) {
                Some(point) => placed.push((point, doc)),
                None => nowhere.push(doc),
            }
        }
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
        let mut order: Vec<DocId> = placed.into_iter().map(|(_, doc)| doc).collect();
        order.extend(nowhere);
        (Self { points, starts }, order)
    }

    /// Gives the places, in the order of [`Self::of`], of the homes at each point in an area.
    pub(super) fn each_in(&self, area: &Area, mut give: impl FnMut(Range<usize>)) {
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
                give(*from..*to);
            }
        }
    }

    /// The places of the points between two latitudes.
    fn band(&self, south: f64, north: f64) -> Range<usize> {
        let from = self.points.partition_point(|point| point.lat < south);
        from..self.points.partition_point(|point| point.lat <= north).max(from)
    }
}

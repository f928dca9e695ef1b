//! The cells of points on a map: hexagons of the H3 grid (Uber, <https://h3geo.org>), each of
//! which has about a seventh of the next coarser one.

use h3o::{CellIndex, LatLng, Resolution};

use crate::domain::listing::Location;

/// The resolution whose cells hold one blurred point each: finer ones would hold the same.
pub(super) const FINEST: Resolution = Resolution::Nine;

/// The cell of a point; none when it is no point.
pub(super) fn finest(point: Location) -> Option<CellIndex> {
    Some(LatLng::new(point.lat, point.lon).ok()?.to_cell(FINEST))
}

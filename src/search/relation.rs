//! How a patch of the globe lies to an area. The answer may be too careful, never too bold:
//! what is cut may in truth be inside or outside.

use crate::domain::area::{Area, BBox, Circle, Polygon, distance_m};
use crate::domain::listing::Location;

/// How a patch lies to an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// None of its points is in the area.
    Outside,
    /// Some may be.
    Cut,
    /// All of them are.
    Inside,
}

/// How the points within `reach_m` metres of `centre` lie to an area.
pub(super) fn relation(area: &Area, centre: Location, reach_m: f64) -> Relation {
    if let Area::Circle(circle) = area {
        return to_circle(circle, centre, reach_m);
    }
    let Ok(patch) = Circle::new(centre, reach_m) else { return Relation::Cut };
    match area {
        Area::Polygon(polygon) => to_polygon(polygon, patch.bounds(), centre),
        _ => to_box(&area.bounds(), &patch.bounds()),
    }
}

fn to_circle(circle: &Circle, centre: Location, reach_m: f64) -> Relation {
    let distance_m = distance_m(circle.centre(), centre);
    if distance_m + reach_m <= circle.radius_m() {
        Relation::Inside
    } else if distance_m - reach_m > circle.radius_m() {
        Relation::Outside
    } else {
        Relation::Cut
    }
}

fn to_box(bbox: &BBox, patch: &BBox) -> Relation {
    // How far each begins east of where the other does.
    let ahead = (patch.west() - bbox.west()).rem_euclid(360.0);
    let behind = (bbox.west() - patch.west()).rem_euclid(360.0);
    let (wide, narrow) = (width(bbox), width(patch));
    let meet_in_lon = ahead <= wide || behind <= narrow;
    if !meet_in_lon || patch.south() > bbox.north() || patch.north() < bbox.south() {
        return Relation::Outside;
    }
    let within_lon = wide >= 360.0 || ahead + narrow <= wide;
    if within_lon && bbox.south() <= patch.south() && patch.north() <= bbox.north() {
        return Relation::Inside;
    }
    Relation::Cut
}

fn to_polygon(polygon: &Polygon, patch: BBox, centre: Location) -> Relation {
    if to_box(&polygon.bounds(), &patch) == Relation::Outside {
        return Relation::Outside;
    }
    // Corners may lie up to a turn away from where the patch is written.
    let is_cut = [-360.0, 0.0, 360.0].into_iter().any(|turn| {
        let west = patch.west() + turn;
        let lon = (west, west + width(&patch));
        let mut from = polygon.corners().last();
        polygon.corners().iter().any(|to| {
            let side = from.replace(to);
            side.is_some_and(|from| touches((*from, *to), lon, (patch.south(), patch.north())))
        })
    });
    if is_cut {
        Relation::Cut
    } else if polygon.contains(centre) {
        Relation::Inside
    } else {
        Relation::Outside
    }
}

/// Whether a straight side has a point in a rectangle (Liang and Barsky 1984).
fn touches((from, to): (Location, Location), lon: (f64, f64), lat: (f64, f64)) -> bool {
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    let axes = [(from.lon, to.lon - from.lon, lon), (from.lat, to.lat - from.lat, lat)];
    for (start, step, (low, high)) in axes {
        if step == 0.0 {
            if start < low || start > high {
                return false;
            }
            continue;
        }
        let (a, b) = ((low - start) / step, (high - start) / step);
        enters = enters.max(a.min(b));
        leaves = leaves.min(a.max(b));
    }
    enters <= leaves
}

/// Degrees from the western to the eastern edge.
fn width(bbox: &BBox) -> f64 {
    let degrees = bbox.east() - bbox.west();
    if degrees < 0.0 { degrees + 360.0 } else { degrees }
}

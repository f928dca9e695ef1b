//! Parts of the globe that a home can lie in. Distances are great circles on a sphere
//! (haversine), which is within 0.6 % of the ellipsoid.

use serde::{Deserialize, Serialize};

use super::listing::Location;

/// The mean radius of the earth in metres (IUGG).
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// The largest radius of a [`Circle`] in metres: a quarter of the way around.
pub const RADIUS_MAX_M: f64 = 10_000_000.0;

/// The most corners of a [`Polygon`].
pub const CORNERS_MAX: usize = 200;

/// Longitudes are taken up to one and a half turns away, which is where maps get that are
/// moved around the globe.
const TURNS_MAX_DEGREES: f64 = 540.0;

/// A part of the globe. Edges belong to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// What a map shows.
    Box(BBox),
    /// Around a point.
    Circle(Circle),
    /// Drawn by hand.
    Polygon(Polygon),
}

/// Numbers that are no area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArea {
    /// A box upside down or beyond the poles.
    #[error("latitudes must be in -90..=90, south not above north")]
    Latitude,
    /// Too many turns around the globe.
    #[error("longitudes must be in -540..=540")]
    Longitude,
    /// A radius that is none.
    #[error("radius must be above 0 and at most 10,000 km")]
    Radius,
    /// Too few corners, or too many.
    #[error("a polygon has 3 to {CORNERS_MAX} corners")]
    Corners,
    /// A polygon that spans half the globe or more.
    #[error("a polygon is less than 180 degrees wide")]
    Wide,
}

impl Area {
    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, point: Location) -> bool {
        match self {
            Self::Box(bbox) => bbox.contains(point),
            Self::Circle(circle) => circle.contains(point),
            Self::Polygon(polygon) => polygon.contains(point),
        }
    }

    /// A box around it, as tight as it goes.
    #[must_use]
    pub fn bounds(&self) -> BBox {
        match self {
            Self::Box(bbox) => *bbox,
            Self::Circle(circle) => circle.bounds(),
            Self::Polygon(polygon) => polygon.bounds(),
        }
    }

    /// Its middle: of a circle the centre, otherwise that of the box around it.
    #[must_use]
    pub fn centre(&self) -> Location {
        match self {
            Self::Circle(circle) => circle.centre(),
            Self::Box(_) | Self::Polygon(_) => self.bounds().centre(),
        }
    }
}

/// Between two parallels and two meridians.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 4]", into = "[f64; 4]")]
pub struct BBox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl BBox {
    /// The box from west to east and from south to north, in degrees. West may be greater
    /// than east: the box crosses the antimeridian then. Longitudes beyond ±180 are those
    /// of a map that was moved around the globe; a box of a whole turn is the whole globe.
    ///
    /// # Errors
    /// When a number is out of range or not a number.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, InvalidArea> {
        if !(-90.0 <= south && south <= north && north <= 90.0) {
            return Err(InvalidArea::Latitude);
        }
        if !is_longitude(west) || !is_longitude(east) {
            return Err(InvalidArea::Longitude);
        }
        let (west, east) =
            if east - west >= 360.0 { (-180.0, 180.0) } else { (on_globe(west), on_globe(east)) };
        let [west, south, east, north] = [west, south, east, north].map(unsigned_zero);
        Ok(Self { west, south, east, north })
    }

    /// The western edge, -180 to 180.
    #[must_use]
    pub const fn west(&self) -> f64 {
        self.west
    }

    /// The southern edge.
    #[must_use]
    pub const fn south(&self) -> f64 {
        self.south
    }

    /// The eastern edge, -180 to 180; west of [`BBox::west`] where the box crosses the
    /// antimeridian.
    #[must_use]
    pub const fn east(&self) -> f64 {
        self.east
    }

    /// The northern edge.
    #[must_use]
    pub const fn north(&self) -> f64 {
        self.north
    }

    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, point: Location) -> bool {
        let lon = if self.west <= self.east {
            self.west <= point.lon && point.lon <= self.east
        } else {
            self.west <= point.lon || point.lon <= self.east
        };
        lon && self.south <= point.lat && point.lat <= self.north
    }

    /// The point half-way between its edges.
    #[must_use]
    pub fn centre(&self) -> Location {
        let east = if self.west <= self.east { self.east } else { self.east + 360.0 };
        Location {
            lat: f64::midpoint(self.south, self.north),
            lon: on_globe(f64::midpoint(self.west, east)),
        }
    }
}

impl TryFrom<[f64; 4]> for BBox {
    type Error = InvalidArea;

    fn try_from([west, south, east, north]: [f64; 4]) -> Result<Self, InvalidArea> {
        Self::new(west, south, east, north)
    }
}

impl From<BBox> for [f64; 4] {
    fn from(bbox: BBox) -> Self {
        [bbox.west, bbox.south, bbox.east, bbox.north]
    }
}

/// Within a distance of a point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "CircleForm", into = "CircleForm")]
pub struct Circle {
    centre: Location,
    radius_m: f64,
}

/// [`Circle`] as it is written and before it is checked.
#[derive(Serialize, Deserialize)]
struct CircleForm {
    lat: f64,
    lon: f64,
    radius_m: f64,
}

impl Circle {
    /// The circle around a point, with a radius in metres.
    ///
    /// # Errors
    /// When a number is out of range or not a number.
    pub fn new(centre: Location, radius_m: f64) -> Result<Self, InvalidArea> {
        let Location { lat, lon } = centre;
        if !(-90.0..=90.0).contains(&lat) {
            return Err(InvalidArea::Latitude);
        }
        if !is_longitude(lon) {
            return Err(InvalidArea::Longitude);
        }
        if !(radius_m > 0.0 && radius_m <= RADIUS_MAX_M) {
            return Err(InvalidArea::Radius);
        }
        Ok(Self { centre: Location { lat, lon: on_globe(lon) }, radius_m })
    }

    /// Its centre.
    #[must_use]
    pub const fn centre(&self) -> Location {
        self.centre
    }

    /// Its radius in metres.
    #[must_use]
    pub const fn radius_m(&self) -> f64 {
        self.radius_m
    }

    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, point: Location) -> bool {
        // Points of another parallel are at least as far away as it is, which costs no sines.
        // The last digits are left to the distance itself.
        let north_m = (point.lat - self.centre.lat).to_radians().abs() * EARTH_RADIUS_M;
        north_m <= self.radius_m * 1.000_001 && distance_m(self.centre, point) <= self.radius_m
    }

    /// A box around it. One that holds a pole goes all the way around.
    #[must_use]
    pub fn bounds(&self) -> BBox {
        let angle = self.radius_m / EARTH_RADIUS_M;
        let reach = angle.to_degrees();
        let Location { lat, lon } = self.centre;
        let (south, north) = ((lat - reach).max(-90.0), (lat + reach).min(90.0));
        // The meridian that touches the circle (Bronstein, spherical triangle with a right
        // angle at the point of contact).
        let sine = angle.sin() / lat.to_radians().cos();
        let (west, east) = if south <= -90.0 || north >= 90.0 || sine >= 1.0 {
            (-180.0, 180.0)
        } else {
            let width = sine.asin().to_degrees();
            (on_globe(lon - width), on_globe(lon + width))
        };
        BBox { west, south, east, north }
    }
}

impl TryFrom<CircleForm> for Circle {
    type Error = InvalidArea;

    fn try_from(form: CircleForm) -> Result<Self, InvalidArea> {
        Self::new(Location { lat: form.lat, lon: form.lon }, form.radius_m)
    }
}

impl From<Circle> for CircleForm {
    fn from(circle: Circle) -> Self {
        let Location { lat, lon } = circle.centre;
        Self { lat, lon, radius_m: circle.radius_m }
    }
}

/// Inside a ring of corners, whose sides are straight on a map of parallels and meridians.
/// Where sides cross, a point is inside when a line from it to the outside crosses an odd
/// number of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[f64; 2]>", into = "Vec<[f64; 2]>")]
pub struct Polygon {
    /// Without the first once more at the end. Longitudes go on beyond ±180, so that each
    /// side is the short way.
    corners: Vec<Location>,
    bounds: BBox,
}

impl Polygon {
    /// The polygon of its corners in turn; the last is joined with the first.
    ///
    /// # Errors
    /// When there are too few or too many corners, one lies beyond the globe, or the polygon
    /// is half the globe wide.
    pub fn new(mut corners: Vec<Location>) -> Result<Self, InvalidArea> {
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        if !(3..=CORNERS_MAX).contains(&corners.len()) {
            return Err(InvalidArea::Corners);
        }
        let mut before = None;
        for corner in &mut corners {
            if !(-90.0..=90.0).contains(&corner.lat) {
                return Err(InvalidArea::Latitude);
            }
            if !is_longitude(corner.lon) {
                return Err(InvalidArea::Longitude);
            }
            let from = before.unwrap_or_else(|| on_globe(corner.lon));
            corner.lon = from + turn(corner.lon - from);
            before = Some(corner.lon);
        }
        let bounds = ring_bounds(&corners)?;
        Ok(Self { corners, bounds })
    }

    /// Its corners in turn, each the short way from the one before: longitudes may lie
    /// beyond ±180.
    #[must_use]
    pub fn corners(&self) -> &[Location] {
        &self.corners
    }

    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, point: Location) -> bool {
        if !self.bounds.contains(point) {
            return false;
        }
        let middle = self.corners.first().map_or(0.0, |corner| corner.lon);
        let lon = middle + turn(point.lon - middle);
        self.is_inside(point.lat, lon)
            || self.is_inside(point.lat, lon - 360.0)
            || self.is_inside(point.lat, lon + 360.0)
    }

    /// A box around it.
    #[must_use]
    pub const fn bounds(&self) -> BBox {
        self.bounds
    }

    /// Crossings of the line from the point towards the east (Shimrat 1962), and the sides
    /// themselves.
    fn is_inside(&self, lat: f64, lon: f64) -> bool {
        let mut inside = false;
        let mut from = self.corners.last();
        for to in &self.corners {
            let Some(a) = from.replace(to) else { continue };
            let side = (to.lon - a.lon) * (lat - a.lat) - (to.lat - a.lat) * (lon - a.lon);
            let within = |x: f64, p: f64, q: f64| p.min(q) <= x && x <= p.max(q);
            if side == 0.0 && within(lat, a.lat, to.lat) && within(lon, a.lon, to.lon) {
                return true;
            }
            if (a.lat > lat) != (to.lat > lat) && (side > 0.0) == (to.lat > a.lat) {
                inside = !inside;
            }
        }
        inside
    }
}

fn ring_bounds(corners: &[Location]) -> Result<BBox, InvalidArea> {
    let over = |start: f64, of: fn(&Location) -> f64, best: fn(f64, f64) -> f64| {
        corners.iter().map(of).fold(start, best)
    };
    let (west, east) = (
        over(f64::INFINITY, |corner| corner.lon, f64::min),
        over(f64::NEG_INFINITY, |corner| corner.lon, f64::max),
    );
    let (south, north) = (
        over(f64::INFINITY, |corner| corner.lat, f64::min),
        over(f64::NEG_INFINITY, |corner| corner.lat, f64::max),
    );
    if east - west >= 180.0 {
        return Err(InvalidArea::Wide);
    }
    Ok(BBox { west: on_globe(west), south, east: on_globe(east), north })
}

impl TryFrom<Vec<[f64; 2]>> for Polygon {
    type Error = InvalidArea;

    /// From longitude and latitude of each corner, as GeoJSON (RFC 7946) has them.
    fn try_from(corners: Vec<[f64; 2]>) -> Result<Self, InvalidArea> {
        Self::new(corners.into_iter().map(|[lon, lat]| Location { lat, lon }).collect())
    }
}

impl From<Polygon> for Vec<[f64; 2]> {
    fn from(polygon: Polygon) -> Self {
        polygon.corners.into_iter().map(|corner| [corner.lon, corner.lat]).collect()
    }
}

/// The distance of two points in metres.
#[must_use]
pub fn distance_m(one: Location, other: Location) -> f64 {
    let (a, b) = (one.lat.to_radians(), other.lat.to_radians());
    let lat = ((b - a) / 2.0).sin();
    let lon = ((other.lon - one.lon).to_radians() / 2.0).sin();
    let h = lat * lat + a.cos() * b.cos() * lon * lon;
    2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
}

/// Whether it is a number that a map may give.
fn is_longitude(lon: f64) -> bool {
    lon.abs() <= TURNS_MAX_DEGREES
}

/// The same meridian within ±180. One that is there already stays as it is, to the bit.
fn on_globe(lon: f64) -> f64 {
    if lon.abs() <= 180.0 { lon } else { turn(lon) }
}

/// A difference of longitudes, the short way: -180 to 180.
fn turn(degrees: f64) -> f64 {
    if degrees.abs() <= 180.0 { degrees } else { (degrees + 180.0).rem_euclid(360.0) - 180.0 }
}

/// The number with a negative zero made positive: columns order the two apart.
fn unsigned_zero(number: f64) -> f64 {
    number + 0.0
}

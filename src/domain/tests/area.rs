use proptest::prelude::*;

use crate::domain::area::{
    Area, BBox, CORNERS_MAX, Circle, EARTH_RADIUS_M, InvalidArea, Polygon, RADIUS_MAX_M, distance_m,
};
use crate::domain::listing::Location;

const fn at(lat: f64, lon: f64) -> Location {
    Location { lat, lon }
}

fn polygon(corners: &[(f64, f64)]) -> Polygon {
    Polygon::new(corners.iter().map(|(lat, lon)| at(*lat, *lon)).collect()).unwrap()
}

/// Points all over the globe, many of them on its edges.
fn point() -> impl Strategy<Value = Location> {
    let lat = prop_oneof![4 => -90.0..=90.0_f64, 1 => prop::sample::select(vec![-90.0, 0.0, 90.0])];
    let lon =
        prop_oneof![4 => -180.0..=180.0_f64, 1 => prop::sample::select(vec![-180.0, 0.0, 180.0])];
    (lat, lon).prop_map(|(lat, lon)| at(lat, lon))
}

fn circle() -> impl Strategy<Value = Circle> {
    (point(), (0.0..=7.0_f64).prop_map(|power| 10_f64.powf(power)))
        .prop_map(|(centre, radius_m)| Circle::new(centre, radius_m).unwrap())
}

/// The point at a distance and in a direction (the direct problem on a sphere).
fn beyond(from: Location, distance_m: f64, bearing: f64) -> Location {
    let (lat, angle) = (from.lat.to_radians(), distance_m / EARTH_RADIUS_M);
    let sine = lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos();
    let east = bearing.sin() * angle.sin() * lat.cos();
    let lon = from.lon.to_radians() + east.atan2(angle.cos() - lat.sin() * sine);
    let lon = (lon.to_degrees() + 180.0).rem_euclid(360.0) - 180.0;
    at(sine.clamp(-1.0, 1.0).asin().to_degrees(), lon)
}

#[test]
fn distances_are_great_circles() {
    let quarter = EARTH_RADIUS_M * std::f64::consts::FRAC_PI_2;
    for (one, other, metres) in [
        (at(0.0, 0.0), at(0.0, 0.0), 0.0),
        (at(0.0, 0.0), at(0.0, 90.0), quarter),
        (at(0.0, 0.0), at(90.0, 17.0), quarter),
        (at(0.0, 0.0), at(0.0, 180.0), 2.0 * quarter),
        (at(-90.0, 5.0), at(90.0, -100.0), 2.0 * quarter),
        (at(0.0, 179.5), at(0.0, -179.5), quarter / 90.0),
        // Dublin to Paris, from Vincenty's formula on the ellipsoid.
        (at(53.35, -6.26), at(48.8566, 2.3522), 780_000.0),
    ] {
        let found = distance_m(one, other);
        assert!((found - metres).abs() <= metres * 0.006 + 1e-6, "{one:?} {other:?}: {found}");
    }
}

#[test]
fn a_box_is_within_its_edges() {
    let bbox = BBox::new(-10.0, 50.0, -5.0, 55.0).unwrap();
    for (lat, lon, inside) in [
        (52.0, -7.0, true),
        (50.0, -10.0, true),
        (55.0, -5.0, true),
        (55.01, -7.0, false),
        (49.99, -7.0, false),
        (52.0, -10.01, false),
        (52.0, -4.99, false),
    ] {
        assert_eq!(bbox.contains(at(lat, lon)), inside, "{lat} {lon}");
    }
    assert_eq!(bbox.centre(), at(52.5, -7.5));
}

#[test]
fn a_box_across_the_antimeridian_is_on_both_sides_of_it() {
    let fiji = BBox::new(176.0, -20.0, -178.0, -15.0).unwrap();
    for (lon, inside) in [
        (177.0, true),
        (180.0, true),
        (-180.0, true),
        (-179.0, true),
        (175.0, false),
        (-177.0, false),
    ] {
        assert_eq!(fiji.contains(at(-17.0, lon)), inside, "{lon}");
    }
    assert_eq!(fiji.centre(), at(-17.5, 179.0));
    assert_eq!(BBox::new(-184.0, -20.0, -178.0, -15.0), Ok(fiji), "as a moved map says it");
    assert_eq!(BBox::new(176.0, -20.0, 182.0, -15.0), Ok(fiji));
}

#[test]
fn a_box_of_a_whole_turn_is_the_whole_globe() {
    for (west, east) in [(-180.0, 180.0), (0.0, 360.0), (-540.0, 540.0)] {
        let bbox = BBox::new(west, -90.0, east, 90.0).unwrap();
        for lon in [-180.0, -90.0, 0.0, 1.0, 180.0] {
            assert!(bbox.contains(at(0.0, lon)), "{west} {east}: {lon}");
        }
    }
}

#[test]
fn a_circle_at_a_pole_goes_all_the_way_around() {
    let circle = Circle::new(at(89.5, 10.0), 100_000.0).unwrap();
    for lon in [-180.0, -90.0, 0.0, 90.0, 179.0] {
        assert!(circle.contains(at(89.9, lon)), "{lon}");
    }
    let bounds = circle.bounds();
    assert_eq!([bounds.west(), bounds.east(), bounds.north()], [-180.0, 180.0, 90.0]);
    assert!((bounds.south() - 88.6).abs() < 0.01);
    let south = Circle::new(at(-90.0, 0.0), 1_000.0).unwrap();
    assert!(south.contains(at(-90.0, 77.0)), "a pole has every longitude");
}

#[test]
fn a_circle_across_the_antimeridian_is_on_both_sides_of_it() {
    let circle = Circle::new(at(-17.0, 179.9), 50_000.0).unwrap();
    assert!(circle.contains(at(-17.0, -179.8)) && circle.contains(at(-17.0, 179.6)));
    assert!(!circle.contains(at(-17.0, -179.0)));
    let bounds = circle.bounds();
    assert!(bounds.west() > 179.0 && bounds.east() < -179.0, "{bounds:?}");
    let turned = Circle::new(at(-17.0, -180.1), 50_000.0).unwrap();
    assert!((turned.centre().lon - 179.9).abs() < 1e-9);
}

#[test]
fn edges_and_corners_belong_to_a_polygon() {
    let square = polygon(&[(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (10.0, 0.0)]);
    for (lat, lon, inside) in [
        (5.0, 5.0, true),
        (0.0, 0.0, true),
        (10.0, 10.0, true),
        (0.0, 5.0, true),
        (5.0, 10.0, true),
        (10.0, 3.0, true),
        (5.0, 10.001, false),
        (-0.001, 5.0, false),
        (10.001, 5.0, false),
    ] {
        assert_eq!(square.contains(at(lat, lon)), inside, "{lat} {lon}");
    }
}

#[test]
fn a_notch_is_outside_and_crossing_sides_leave_a_hole() {
    let notched = polygon(&[(0.0, 0.0), (0.0, 10.0), (10.0, 10.0), (2.0, 5.0), (10.0, 0.0)]);
    assert!(notched.contains(at(1.0, 5.0)) && notched.contains(at(8.0, 9.0)));
    assert!(!notched.contains(at(8.0, 5.0)), "in the notch");
    // A five-pointed star: its middle is crossed twice.
    let star: Vec<(f64, f64)> = (0..5_u32)
        .map(|point| f64::from(point) * 4.0 * std::f64::consts::PI / 5.0)
        .map(|angle| (10.0 * angle.cos(), 10.0 * angle.sin()))
        .collect();
    let star = polygon(&star);
    assert!(!star.contains(at(0.0, 0.0)), "crossed an even number of times");
    assert!(star.contains(at(7.0, 0.0)), "a point of it");
}

#[test]
fn a_polygon_across_the_antimeridian_takes_the_short_way() {
    let fiji = polygon(&[(-20.0, 176.0), (-20.0, -178.0), (-15.0, -178.0), (-15.0, 176.0)]);
    for (lon, inside) in [
        (177.0, true),
        (180.0, true),
        (-180.0, true),
        (-179.0, true),
        (170.0, false),
        (-170.0, false),
    ] {
        assert_eq!(fiji.contains(at(-17.0, lon)), inside, "{lon}");
    }
    assert_eq!((fiji.bounds().west(), fiji.bounds().east()), (176.0, -178.0));
    let moved = polygon(&[(-20.0, 536.0), (-20.0, 542.0 - 360.0), (-15.0, 182.0), (-15.0, 176.0)]);
    assert!(moved.contains(at(-17.0, -179.0)) && moved.contains(at(-17.0, 177.0)));
}

#[test]
fn what_is_no_area_is_refused() {
    let nan = f64::NAN;
    let ring = |corners: usize| (0..corners).map(|n| at(0.0, n as f64 / 10.0)).collect();
    let circle = |lat, lon, radius_m| Circle::new(at(lat, lon), radius_m).unwrap_err();
    assert_eq!(circle(91.0, 0.0, 1.0), InvalidArea::Latitude);
    assert_eq!(circle(nan, 0.0, 1.0), InvalidArea::Latitude);
    assert_eq!(circle(0.0, 541.0, 1.0), InvalidArea::Longitude);
    for radius_m in [0.0, -1.0, nan, f64::INFINITY, RADIUS_MAX_M * 1.01] {
        assert_eq!(circle(0.0, 0.0, radius_m), InvalidArea::Radius);
    }
    for corners in [0, 1, 2, CORNERS_MAX + 1] {
        assert_eq!(Polygon::new(ring(corners)), Err(InvalidArea::Corners), "{corners}");
    }
    assert!(Polygon::new(ring(CORNERS_MAX)).is_ok());
    let closed = vec![at(0.0, 0.0), at(1.0, 0.0), at(0.0, 0.0)];
    assert_eq!(Polygon::new(closed), Err(InvalidArea::Corners), "two, and the first again");
    let wide = vec![at(0.0, 0.0), at(10.0, 100.0), at(0.0, 180.0), at(-10.0, 100.0)];
    assert_eq!(Polygon::new(wide), Err(InvalidArea::Wide));
    assert_eq!(Polygon::new(vec![at(nan, 0.0); 3]), Err(InvalidArea::Latitude));
    assert_eq!(Polygon::new(vec![at(0.0, nan); 3]), Err(InvalidArea::Longitude));
}

#[test]
fn areas_are_written_and_read_back() {
    let areas = [
        Area::Box(BBox::new(176.0, -20.0, -178.0, -15.0).unwrap()),
        Area::Circle(Circle::new(at(53.35, -6.26), 5_000.0).unwrap()),
        Area::Polygon(polygon(&[(-20.0, 176.0), (-20.0, -178.0), (-15.0, -178.0)])),
    ];
    for area in areas {
        let text = serde_json::to_string(&area).unwrap();
        assert_eq!(serde_json::from_str::<Area>(&text).unwrap(), area, "{text}");
    }
    for text in [
        r#"{"box":[0,1,1,0]}"#,
        r#"{"circle":{"lat":0,"lon":0,"radius_m":0}}"#,
        r#"{"polygon":[[0,0],[1,1]]}"#,
    ] {
        assert!(serde_json::from_str::<Area>(text).is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn distances_are_the_same_both_ways_and_on_every_turn(one in point(), other in point()) {
        let there = distance_m(one, other);
        prop_assert!((there - distance_m(other, one)).abs() < 1e-6);
        let turned = at(other.lat, other.lon + 360.0);
        prop_assert!((there - distance_m(one, turned)).abs() < 1e-2);
        prop_assert!(there <= EARTH_RADIUS_M * std::f64::consts::PI * 1.000_001);
    }

    #[test]
    fn the_bounds_of_a_circle_hold_its_points(
        circle in circle(),
        share in 0.0..0.999_f64,
        bearing in 0.0..std::f64::consts::TAU,
    ) {
        let point = beyond(circle.centre(), circle.radius_m() * share, bearing);
        prop_assume!((-90.0..=90.0).contains(&point.lat));
        prop_assert!(circle.contains(point), "{point:?} in {circle:?}");
        let bounds = circle.bounds();
        // A metre for the arithmetic.
        let near = |share: f64| at(point.lat * share, point.lon);
        let held = bounds.contains(point) || bounds.contains(near(1.0 - 1e-9));
        prop_assert!(held, "{point:?} in {bounds:?}");
    }

    #[test]
    fn what_is_in_an_area_is_in_its_bounds_and_turns_do_not_matter(
        middle in point(),
        steps in prop::collection::vec((-20.0..20.0_f64, -40.0..40.0_f64), 3..8),
        off in (-25.0..25.0_f64, -50.0..50.0_f64),
    ) {
        let near = |(lat, lon): (f64, f64)| {
            at((middle.lat + lat).clamp(-90.0, 90.0), middle.lon + lon)
        };
        let corners: Vec<Location> = steps.into_iter().map(near).collect();
        let Ok(polygon) = Polygon::new(corners.clone()) else { return Ok(()) };
        let point = near(off);
        let point = at(point.lat, (point.lon + 180.0).rem_euclid(360.0) - 180.0);
        if polygon.contains(point) {
            prop_assert!(polygon.bounds().contains(point));
        }
        let turned = corners.iter().map(|corner| at(corner.lat, corner.lon + 360.0));
        if let Ok(turned) = Polygon::new(turned.collect()) {
            prop_assert_eq!(turned.contains(point), polygon.contains(point));
        }
        let mut backwards = corners;
        backwards.reverse();
        let backwards = Polygon::new(backwards).unwrap();
        prop_assert_eq!(backwards.contains(point), polygon.contains(point), "either way around");
    }
}

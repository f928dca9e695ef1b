//! Cells and covers, against the points themselves.

use h3o::{CellIndex, LatLng, Resolution};
use proptest::prelude::*;

use crate::domain::area::{Area, BBox, Circle, Polygon, distance_m};
use crate::domain::listing::Location;
use crate::search::cells::{self, Cover, INDEXED};

/// Points all over the globe, many of them where its edges are: at the poles, where
/// longitudes turn over, and around the twelve pentagons of the grid.
fn point() -> impl Strategy<Value = Location> {
    let anywhere = (-90.0..=90.0_f64, -180.0..=180.0_f64);
    let polar = (prop::sample::select(vec![-1.0, 1.0]), 0.0..0.2_f64, -180.0..=180.0_f64)
        .prop_map(|(pole, off, lon)| (pole * (90.0 - off), lon));
    let turning = (-90.0..=90.0_f64, -0.2..0.2_f64)
        .prop_map(|(lat, off)| (lat, if off < 0.0 { 180.0 + off } else { -180.0 + off }));
    let pentagons: Vec<Location> = Resolution::Three.pentagons().map(cells::centre).collect();
    let pentagonal = (prop::sample::select(pentagons), -1.0..1.0_f64, -1.0..1.0_f64)
        .prop_map(|(at, lat, lon)| ((at.lat + lat).clamp(-90.0, 90.0), (at.lon + lon) % 180.0));
    prop_oneof![anywhere, polar, turning, pentagonal].prop_map(|(lat, lon)| Location { lat, lon })
}

/// Areas of all sizes near a point, and points in and around them.
fn area_with_points() -> impl Strategy<Value = (Area, Vec<Location>)> {
    let size = (-3.0..1.5_f64).prop_map(|power| 10_f64.powf(power));
    let steps = prop::collection::vec((-1.5..1.5_f64, -1.5..1.5_f64), 60);
    let corners = prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 3..9);
    (point(), size, 0..3_u8, corners, steps).prop_filter_map(
        "no area",
        |(middle, size, shape, corners, steps)| {
            // A degree of longitude is shorter towards the poles.
            let stretch = 1.0 / middle.lat.to_radians().cos().max(0.02);
            let near = |(lat, lon): (f64, f64)| Location {
                lat: (middle.lat + lat * size).clamp(-90.0, 90.0),
                lon: (middle.lon + lon * size * stretch).clamp(-400.0, 400.0),
            };
            let area = match shape {
                0 => {
                    let (one, other) = (near((-1.0, -1.0)), near((1.0, 1.0)));
                    Area::Box(BBox::new(one.lon, one.lat, other.lon, other.lat).ok()?)
                }
                1 => Area::Circle(Circle::new(middle, size * 111_195.0).ok()?),
                _ => Area::Polygon(Polygon::new(corners.into_iter().map(near).collect()).ok()?),
            };
            let on_globe = |point: Location| Location {
                lat: point.lat,
                lon: (point.lon + 180.0).rem_euclid(360.0) - 180.0,
            };
            Some((area, steps.into_iter().map(near).map(on_globe).collect()))
        },
    )
}

fn cell_at(point: Location) -> CellIndex {
    LatLng::new(point.lat, point.lon).unwrap().to_cell(cells::FINEST)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8_000))]

    #[test]
    fn the_points_of_a_cell_are_in_its_reach(point in point()) {
        let finest = cell_at(point);
        for level in Resolution::range(Resolution::Zero, cells::FINEST) {
            let centre = cells::centre(finest.parent(level).unwrap());
            let away = distance_m(centre, point);
            let reach = cells::reach_m(level);
            prop_assert!(away < reach * 0.97, "{level}: {away} of {reach} from {centre:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_200))]

    #[test]
    fn a_cover_holds_all_of_an_area_and_is_right_about_its_inside(
        (area, points) in area_with_points(),
        documents in prop::sample::select(vec![0, 10, 200, 100_000]),
    ) {
        let Some(cover) = Cover::of(&area, |_| Ok(documents)).unwrap() else { return Ok(()) };
        for point in points {
            let mut of = cells::indexed(cell_at(point));
            let mut is_in = |cells: &[u64]| of.any(|cell| cells.contains(&cell));
            if is_in(&cover.inside) {
                prop_assert!(area.contains(point), "{point:?} is inside {area:?}");
            } else {
                let mut of = cells::indexed(cell_at(point));
                let cut = of.any(|cell| cover.cut.contains(&cell));
                prop_assert!(cut || !area.contains(point), "{point:?} is not found in {area:?}");
            }
        }
    }

    #[test]
    fn no_cell_of_a_cover_lies_in_another(
        (area, _) in area_with_points(),
        documents in prop::sample::select(vec![0, 200, 100_000]),
    ) {
        let Some(cover) = Cover::of(&area, |_| Ok(documents)).unwrap() else { return Ok(()) };
        let cells: Vec<u64> = cover.inside.iter().chain(&cover.cut).copied().collect();
        for cell in &cells {
            let cell = CellIndex::try_from(*cell).unwrap();
            let levels = INDEXED.into_iter().filter(|level| *level < cell.resolution());
            for parent in levels.filter_map(|level| cell.parent(level)) {
                prop_assert!(!cells.contains(&u64::from(parent)), "{cell} in {parent}");
            }
        }
        let mut once = cells.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), cells.len());
    }
}

#[test]
fn a_dense_area_is_covered_finely_and_an_empty_one_coarsely() {
    let dublin = Location { lat: 53.35, lon: -6.26 };
    let area = Area::Circle(Circle::new(dublin, 5_000.0).unwrap());
    let cover = |documents| Cover::of(&area, |_| Ok(documents)).unwrap().unwrap();
    assert_eq!(finest(&cover(100_000)), Some(cells::FINEST));
    assert!(!cover(100_000).inside.is_empty(), "its middle needs no test");
    assert_eq!(finest(&cover(0)), Some(Resolution::Three));
}

fn finest(cover: &Cover) -> Option<Resolution> {
    let cells = cover.inside.iter().chain(&cover.cut).copied();
    cells.map(|cell| CellIndex::try_from(cell).unwrap().resolution()).max()
}

#[test]
fn cells_of_a_size_that_some_documents_lack_are_not_used() {
    let area = Area::Circle(Circle::new(Location { lat: 53.35, lon: -6.26 }, 5_000.0).unwrap());
    let older = |cell| {
        let level = CellIndex::try_from(cell).unwrap().resolution();
        Ok(if level <= Resolution::Seven { 100_000 } else { 1 })
    };
    let cover = Cover::of(&area, older).unwrap().unwrap();
    assert_eq!(finest(&cover), Some(Resolution::Seven));
}

#[test]
fn smaller_cells_without_documents_are_left_out() {
    let dublin = Location { lat: 53.35, lon: -6.26 };
    let area = Area::Circle(Circle::new(dublin, 5_000.0).unwrap());
    let home: Vec<u64> = cells::indexed(cell_at(Location { lat: 53.39, lon: -6.26 })).collect();
    let cover = Cover::of(&area, |cell| Ok(if home.contains(&cell) { 10_000 } else { 0 }));
    let cover = cover.unwrap().unwrap();
    let cells: Vec<u64> = [cover.inside, cover.cut].concat();
    assert_eq!(cells.len(), 1, "where all documents are");
    assert!(home.contains(&cells[0]));
}

#[test]
fn the_whole_globe_has_no_cover() {
    let all = Area::Box(BBox::new(-180.0, -90.0, 180.0, 90.0).unwrap());
    assert_eq!(Cover::of(&all, |_| Ok(10)).unwrap(), None);
}

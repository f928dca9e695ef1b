//! Every way to an area finds the same documents, and they are the right ones.

use proptest::prelude::*;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::fixture::{Fixture, listing};
use crate::domain::area::{Area, BBox, Circle, Polygon};
use crate::domain::criteria::Criteria;
use crate::domain::listing::Location;
use crate::search::cells::Cover;
use crate::search::choices::Verdict;
use crate::search::place::{CellQuery, Place};
use crate::search::plan;
use crate::search::schema::columns;
use crate::search::sift::Sift;
use crate::search::walk::{Visitor, Walk};
use crate::search::{ListingDoc, SearchIndex};

/// Where homes lie: a city, the antimeridian, the poles, and a pentagon of the grid.
const PLACES: [Location; 5] = [
    Location { lat: 53.35, lon: -6.26 },
    Location { lat: -17.0, lon: 180.0 },
    Location { lat: 90.0, lon: 0.0 },
    Location { lat: -90.0, lon: 0.0 },
    Location { lat: 64.7, lon: 10.54 },
];

fn on_globe(lat: f64, lon: f64) -> Location {
    let point =
        Location { lat: lat.clamp(-90.0, 90.0), lon: (lon + 180.0).rem_euclid(360.0) - 180.0 };
    point.blurred()
}

/// Homes in and around the places, denser towards their middles.
fn homes() -> Vec<ListingDoc> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut homes = Vec::new();
    for number in 1..=2_500_u64 {
        let place = PLACES[random.usize(..PLACES.len())];
        let away = 10_f64.powf(random.f64() * 4.0 - 2.5);
        let angle = random.f64() * std::f64::consts::TAU;
        let stretch = 1.0 / place.lat.to_radians().cos().max(0.01);
        let Location { lat, lon } =
            on_globe(place.lat + away * angle.sin(), place.lon + away * angle.cos() * stretch);
        homes.push(ListingDoc { lat, lon, ..listing(number) });
    }
    homes
}

/// Areas near the places.
fn area() -> impl Strategy<Value = Area> {
    let off = (-0.3..0.3_f64, -0.3..0.3_f64);
    let size = (-2.0..1.3_f64).prop_map(|power| 10_f64.powf(power));
    let corners = prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 3..9);
    (prop::sample::select(PLACES.to_vec()), off, size, 0..3_u8, corners).prop_filter_map(
        "no area",
        |(place, off, size, shape, corners)| {
            let stretch = 1.0 / place.lat.to_radians().cos().max(0.02);
            let near = |(lat, lon): (f64, f64)| Location {
                lat: (place.lat + off.0 + lat * size).clamp(-90.0, 90.0),
                lon: (place.lon + off.1 + lon * size * stretch).clamp(-400.0, 400.0),
            };
            Some(match shape {
                0 => {
                    let (one, other) = (near((-1.0, -1.0)), near((1.0, 1.0)));
                    Area::Box(BBox::new(one.lon, one.lat, other.lon, other.lat).ok()?)
                }
                1 => Area::Circle(Circle::new(near((0.0, 0.0)), size * 111_195.0).ok()?),
                _ => Area::Polygon(Polygon::new(corners.into_iter().map(near).collect()).ok()?),
            })
        },
    )
}

/// The first halves of ids do not tell homes apart here, the second ones do.
#[derive(Default)]
struct Numbers {
    low: Option<tantivy::columnar::Column<u64>>,
    found: Vec<u64>,
}

impl Visitor for Numbers {
    fn enter(&mut self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<()> {
        self.low = Some(reader.fast_fields().u64(columns::ID_LOW)?);
        Ok(())
    }

    fn visit(&mut self, doc: DocId, _: Verdict, _: impl FnOnce() -> Score) {
        self.found.extend(self.low.as_ref().and_then(|low| low.first(doc)));
    }
}

fn found(search: &SearchIndex, place: &Place, area: &Area) -> Vec<u64> {
    let searcher = search.reader.searcher();
    let query = plan::query(&Criteria::default(), None, (place, false), &search.fields);
    let sift = Sift { area: place.test(Some(area)), ..Sift::default() };
    let walk =
        Walk { searcher: &searcher, query: &*query, statistics: None, sift: &sift, until: None };
    let mut numbers = Numbers::default();
    assert!(walk.run(&mut numbers).unwrap());
    numbers.found.sort_unstable();
    numbers.found
}

#[test]
fn cells_and_ranges_find_what_a_loop_finds() {
    let homes = homes();
    let mut fixture = Fixture::new();
    for chunk in homes.chunks(600) {
        fixture.add(chunk);
    }
    let gone: Vec<u64> = (1..=2_500).step_by(9).collect();
    for number in &gone {
        fixture.writer.remove(super::fixture::id(*number)).unwrap();
    }
    fixture.publish();
    let search = &fixture.search;
    let (mut some, mut by_cells) = (0, 0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::default());
    let mut check = |area: Area| {
        let wanted: Vec<u64> = (1..)
            .zip(&homes)
            .filter(|(n, home)| {
                !gone.contains(n) && area.contains(Location { lat: home.lat, lon: home.lon })
            })
            .map(|(number, _)| number)
            .collect();
        some += usize::from(!wanted.is_empty());
        prop_assert_eq!(&found(search, &Place::by_ranges(&area), &area), &wanted, "by ranges");
        let chosen = Place::of(Some(&area), &search.reader.searcher(), &search.fields).unwrap();
        prop_assert_eq!(&found(search, &chosen, &area), &wanted, "as it is chosen");
        for documents in [0, 300, 1_000_000] {
            let Some(cover) = Cover::of(&area, |_| Ok(documents)).unwrap() else { continue };
            by_cells += 1;
            let cells = Place::Cells(CellQuery::new(area.clone(), cover, search.fields));
            prop_assert_eq!(&found(search, &cells, &area), &wanted, "by cells of {}", documents);
        }
        Ok(())
    };
    let areas = area();
    for _ in 0..200 {
        let tree = areas.new_tree(&mut runner).unwrap();
        check(proptest::strategy::ValueTree::current(&tree)).unwrap();
    }
    assert!(some > 100, "{some} areas had homes");
    assert!(by_cells > 300, "{by_cells} were searched by cells");
}

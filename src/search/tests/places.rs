//! What is found in an area is what lies in it, with whatever else is asked.

use proptest::prelude::*;

use super::fixture::{Fixture, id, listing};
use crate::domain::area::{Area, BBox, Circle, Polygon};
use crate::domain::criteria::Criteria;
use crate::domain::listing::Location;
use crate::search::{ListingDoc, SearchQuery};

/// Where homes lie: a city, the antimeridian, and the poles.
const PLACES: [Location; 4] = [
    Location { lat: 53.35, lon: -6.26 },
    Location { lat: -17.0, lon: 180.0 },
    Location { lat: 90.0, lon: 0.0 },
    Location { lat: -90.0, lon: 0.0 },
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

/// Whether a home has what is asked.
fn has(home: &ListingDoc, asked: &Criteria) -> bool {
    let point = Location { lat: home.lat, lon: home.lon };
    asked.area.as_ref().is_none_or(|area| area.contains(point))
        && asked.currency.is_none_or(|currency| currency == home.price.currency)
        && asked.guests.is_none_or(|guests| home.guests >= guests)
        && asked.amenities.iter().all(|amenity| home.amenities.contains(amenity))
}

/// Some of what homes differ in besides where they are.
fn traits(random: &mut fastrand::Rng, area: Area) -> Criteria {
    let amenities = ["wifi", "pool", "a-thing-of-its-own"].into_iter();
    let amenities = amenities.filter(|_| random.u8(..4) == 0).map(str::to_owned).collect();
    Criteria {
        area: Some(area),
        amenities,
        currency: random.bool().then(|| "EUR".parse().unwrap()),
        guests: random.bool().then_some(3),
        ..Criteria::default()
    }
}

#[test]
fn an_area_finds_what_a_loop_finds() {
    let mut random = fastrand::Rng::with_seed(11);
    let mut homes = homes();
    for home in &mut homes {
        home.guests = random.u32(1..6);
        home.price.currency = if random.bool() { "EUR" } else { "USD" }.parse().unwrap();
        let amenities = ["wifi", "pool", "a-thing-of-its-own"].into_iter();
        home.amenities = amenities.filter(|_| random.bool()).map(str::to_owned).collect();
    }
    let mut fixture = Fixture::new();
    for chunk in homes.chunks(600) {
        fixture.add(chunk);
    }
    let gone: Vec<u64> = (1..=2_500).step_by(9).collect();
    for number in &gone {
        fixture.writer.remove(id(*number)).unwrap();
    }
    fixture.publish();
    let mut some = 0;
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::default());
    let areas = area();
    for _ in 0..200 {
        let tree = areas.new_tree(&mut runner).unwrap();
        let asked = traits(&mut random, proptest::strategy::ValueTree::current(&tree));
        let wanted: Vec<u64> = (1..)
            .zip(&homes)
            .filter(|(number, home)| !gone.contains(number) && has(home, &asked))
            .map(|(number, _)| number)
            .collect();
        some += usize::from(!wanted.is_empty());
        let mut found = fixture.pages(&SearchQuery { limit: 100, ..asked.clone().into() });
        found.sort_unstable();
        assert_eq!(found, wanted, "{asked:?}");
    }
    assert!(some > 60, "{some} areas had homes");
}

/// A page of a list that was begun over segments which have been merged since.
#[test]
fn pages_of_an_older_state_have_its_points() {
    let homes = homes();
    let mut fixture = Fixture::new();
    for chunk in homes.chunks(600) {
        fixture.add(chunk);
    }
    let area = Area::Circle(Circle::new(PLACES[0], 5_000_000.0).unwrap());
    let criteria = Criteria { area: Some(area.clone()), ..Criteria::default() };
    let mut asked = SearchQuery { limit: 100, ..criteria.into() };
    let first = fixture.search(&asked);
    for number in 1..=2_500 {
        fixture.writer.remove(id(number)).unwrap();
    }
    fixture.publish();
    let mut count = first.hits.len();
    asked.cursor = first.next;
    while asked.cursor.is_some() {
        let page = fixture.search(&asked);
        count += page.hits.len();
        asked.cursor = page.next;
    }
    let lies = |home: &&ListingDoc| area.contains(Location { lat: home.lat, lon: home.lon });
    assert_eq!(count, homes.iter().filter(lies).count());
}

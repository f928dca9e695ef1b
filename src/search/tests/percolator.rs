//! The percolator against the index: random listings and random criteria.

use std::collections::HashSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::{Fixture, TODAY, euros, id, listing, number, stay, unit};
use crate::domain::area::{Area, BBox, Circle, Polygon};
use crate::domain::criteria::Criteria;
use crate::domain::ids::SavedSearchId;
use crate::domain::listing::{Kind, Location};
use crate::domain::money::{Currency, Money};
use crate::search::{ListingDoc, Percolator, TakenNights, UnitDoc};

const WORDS: [&str; 8] =
    ["Sea", "café", "Zu\u{308}rich", "garden", "2-bed", "ÉTAGE", "москва", "'loft'"];
const AMENITIES: [&str; 4] = ["wifi", "parking", "pool", "sea view"];
const KINDS: [Kind; 4] = [Kind::Bed, Kind::Room, Kind::Flat, Kind::House];

fn search(number: u128) -> SavedSearchId {
    Uuid::from_u128(number).into()
}

fn text(max: usize) -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..max);
    words.prop_map(|words| words.join(" "))
}

fn some<T: Clone + std::fmt::Debug + 'static>(
    all: &[T],
    max: usize,
) -> impl Strategy<Value = Vec<T>> {
    prop::sample::subsequence(all.to_vec(), 0..=max)
}

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["EUR", "JPY", "KWD"]).prop_map(|code| code.parse().unwrap())
}

/// Points of several scales, so that areas lie on every level of the grid; some on edges.
fn point() -> impl Strategy<Value = Location> {
    let degrees = |most: i32| {
        let fine = (-4..=4_i32).prop_map(|n| f64::from(n) * 0.0625);
        let wide = (-most..=most).prop_map(|n| f64::from(n) * 10.0);
        prop_oneof![fine.clone(), fine, wide]
    };
    (degrees(9), degrees(18)).prop_map(|(lat, lon)| Location { lat, lon })
}

fn area() -> impl Strategy<Value = Area> {
    let bbox = (point(), point()).prop_map(|(one, other)| {
        let (south, north) = (one.lat.min(other.lat), one.lat.max(other.lat));
        Area::Box(BBox::new(one.lon, south, other.lon, north).unwrap())
    });
    let circle = (point(), prop::sample::select(vec![500.0, 9_000.0, 400_000.0, 6_000_000.0]))
        .prop_map(|(centre, radius)| Area::Circle(Circle::new(centre, radius).unwrap()));
    let corners = (point(), prop::sample::select(vec![0.05, 0.5, 8.0]));
    let polygon = corners.prop_map(|(at, side)| {
        let lat = at.lat.min(90.0 - side);
        let corner = |lat, lon| Location { lat, lon };
        let corners =
            vec![corner(lat, at.lon), corner(lat + side, at.lon), corner(lat, at.lon + side)];
        Area::Polygon(Polygon::new(corners).unwrap())
    });
    prop_oneof![bbox, circle, polygon]
}

/// A listing, and the ranges in which each of its unit types is taken.
fn home() -> impl Strategy<Value = (ListingDoc, Vec<Vec<(i32, i32)>>)> {
    let words = (text(4), text(2), text(6));
    let numbers = (-1..6_i64, currency(), 0..4_u32, 0..4_u32, 0..4_u32, 1..8_u32);
    let kinds = (prop::sample::select(KINDS.to_vec()), some(&AMENITIES, 4));
    let taken = prop::collection::vec((-2..60_i32, 1..9_i32), 0..4);
    let units = prop::collection::vec((1..5_u32, taken), 0..4);
    (words, numbers, kinds, point(), units).prop_map(|(words, numbers, kinds, at, units)| {
        let (title, city, description) = words;
        let (price, currency, bedrooms, beds, half_bathrooms, min_nights) = numbers;
        let (kind, amenities) = kinds;
        let doc = ListingDoc {
            title,
            city,
            description,
            price: Money::new(price * 10_i64.pow(u32::from(currency.exponent())), currency),
            bedrooms,
            beds,
            half_bathrooms,
            guests: units.iter().map(|(guests, _)| *guests).max().unwrap_or(2),
            min_nights,
            max_nights: min_nights + 4,
            kind: kind.name().to_owned(),
            lat: at.lat,
            lon: at.lon,
            amenities: amenities.iter().map(|key| (*key).to_owned()).collect(),
            units: (0..).zip(&units).map(|(n, (guests, _))| unit_doc(n, *guests)).collect(),
            ..listing(0)
        };
        (doc, units.into_iter().map(|(_, taken)| taken).collect())
    })
}

fn unit_doc(number: u64, guests: u32) -> UnitDoc {
    UnitDoc { id: unit(number), guests }
}

fn criteria() -> impl Strategy<Value = Criteria> {
    use prop::option::weighted;
    let price = (weighted(0.3, 0..4_u64), weighted(0.3, 2..6_u64), weighted(0.2, currency()));
    let least = || weighted(0.2, 0..3_u32);
    let rest = (least(), least(), least(), least(), weighted(0.3, (-3..60_i32, 1..9_i32)));
    let kinds = (some(&KINDS, 4), some(&AMENITIES, 2), prop::bool::weighted(0.6));
    let words = prop_oneof![3 => Just(String::new()), 2 => text(3)];
    (words, weighted(0.6, area()), price, rest, kinds).prop_map(
        |(text, area, price, rest, kinds)| {
            let (min, max, currency) = price;
            let (bedrooms, beds, half_bathrooms, guests, nights) = rest;
            let (kinds, amenities, any_kind) = kinds;
            let unit = 10_u64.pow(currency.map_or(2, |c| u32::from(c.exponent())));
            Criteria {
                text,
                area,
                price_min: min.map(|major| major * unit),
                price_max: max.map(|major| major * unit),
                currency,
                bedrooms,
                beds,
                half_bathrooms,
                guests,
                kinds: if any_kind { Vec::new() } else { kinds },
                amenities: amenities.iter().map(|key| (*key).to_owned()).collect(),
                nights: nights.map(|(from, count)| stay(from, count)),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn it_says_what_the_index_finds(
        mut homes in prop::collection::vec(home(), 1..40),
        mut all in prop::collection::vec(criteria(), 1..60),
        removed in prop::collection::vec(0..60_usize, 0..8),
        replaced in prop::collection::vec((0..60_usize, criteria()), 0..8),
    ) {
        let mut fixture = Fixture::new();
        let mut calendars = Vec::new();
        for ((doc, taken), n) in homes.iter_mut().zip(1_u64..) {
            doc.id = id(n);
            for (unit_doc, place) in doc.units.iter_mut().zip(0_u64..) {
                unit_doc.id = unit(n * 100 + place);
            }
            let nights = taken.iter().map(|ranges| ranges.iter().map(|(at, n)| stay(*at, *n)));
            let units = doc.units.iter().map(|unit| unit.id);
            let taken: Vec<_> = units.zip(nights.map(Iterator::collect)).collect();
            calendars.push(TakenNights { today: TODAY, taken });
        }
        fixture.add(&homes.iter().map(|(doc, _)| doc.clone()).collect::<Vec<_>>());
        for ((doc, _), calendar) in homes.iter().zip(&calendars) {
            fixture.writer.set_taken(doc.id, &calendar.taken);
        }
        let mut percolator = Percolator::default();
        for (criteria, n) in all.iter().zip(0..) {
            percolator.set(search(n), criteria);
        }
        for (place, criteria) in replaced {
            if place < all.len() {
                percolator.set(search(place as u128), &criteria);
                all[place] = criteria;
            }
        }
        for place in &removed {
            percolator.remove(search(*place as u128));
        }
        let mut found = HashSet::new();
        for (criteria, n) in all.iter().zip(0_u128..) {
            if !removed.contains(&usize::try_from(n).unwrap()) {
                let numbers = fixture.found(&criteria.clone().into());
                found.extend(numbers.into_iter().map(|home| (home, search(n))));
            }
        }
        let mut matched = HashSet::new();
        for ((doc, _), calendar) in homes.iter().zip(&calendars) {
            let ids = percolator.matches(doc, calendar);
            prop_assert!(ids.is_sorted_by(|a, b| a < b), "each once: {:?}", ids);
            matched.extend(ids.into_iter().map(|id| (number(doc.id), id)));
        }
        for difference in found.symmetric_difference(&matched) {
            let (home, search) = difference;
            let home = homes.iter().find(|(doc, _)| number(doc.id) == *home).unwrap();
            let place = usize::try_from(search.uuid().as_u128()).unwrap();
            prop_assert!(false, "index {}: {:?} {:?}", found.contains(difference), home, all[place]);
        }
    }
}

/// A search that is replaced or removed leaves nothing behind in any cell.
#[test]
fn what_is_removed_is_gone() {
    let mut percolator = Percolator::default();
    let free = TakenNights { today: TODAY, taken: vec![] };
    let near = |radius| Criteria {
        area: Some(Area::Circle(Circle::new(Location { lat: 53.29, lon: -6.11 }, radius).unwrap())),
        ..Criteria::default()
    };
    percolator.set(search(1), &near(1_000.0));
    percolator.set(search(2), &near(1_000_000.0));
    percolator.set(search(3), &Criteria::default());
    assert_eq!(percolator.matches(&listing(1), &free), [search(1), search(2), search(3)]);
    percolator.set(search(1), &Criteria { price_max: Some(50), ..near(2_000.0) });
    assert_eq!(percolator.matches(&listing(1), &free), [search(2), search(3)]);
    let cheap = ListingDoc { price: euros(50), ..listing(1) };
    assert_eq!(percolator.matches(&cheap, &free), [search(1), search(2), search(3)]);
    assert_eq!(percolator.len(), 3);
    for n in 1..=3 {
        percolator.remove(search(n));
    }
    assert!(percolator.is_empty());
    assert!(percolator.matches(&cheap, &free).is_empty());
}

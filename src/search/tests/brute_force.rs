//! Random listings and random questions, against a plain loop over the listings.

use jiff::Timestamp;
use proptest::prelude::*;

use super::fixture::{Fixture, id, listing, number, stay, unit};
use crate::domain::area::{Area, BBox, Circle, Polygon, distance_m};
use crate::domain::criteria::Criteria;
use crate::domain::listing::{Kind, Location};
use crate::domain::money::{Currency, Money};
use crate::search::{Facets, ListingDoc, SearchQuery, Sort, UnitDoc};

const KINDS: [Kind; 4] = [Kind::Bed, Kind::Room, Kind::Flat, Kind::House];
const AMENITIES: [&str; 3] = ["wifi", "parking", "pool"];

/// Words as they are written, and as they are compared.
const WORDS: [(&str, &str); 10] = [
    ("Sea", "sea"),
    ("VIEW", "view"),
    ("café", "cafe"),
    ("Zu\u{308}rich", "zurich"),
    ("garden", "garden"),
    ("Ståle", "stale"),
    ("2-bed", "2 bed"),
    ("loft,", "loft"),
    ("ÉTAGE", "etage"),
    ("москва", "москва"),
];

type Taken = Vec<(i32, i32)>;

fn text(max: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..WORDS.len(), 0..max)
}

fn written(words: &[usize]) -> String {
    words.iter().map(|word| WORDS[*word].0).collect::<Vec<_>>().join(" ")
}

fn compared(words: &[usize]) -> String {
    format!(" {} ", words.iter().map(|word| WORDS[*word].1).collect::<Vec<_>>().join(" "))
}

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["EUR", "JPY", "KWD"]).prop_map(|code| code.parse().unwrap())
}

/// A coarse grid, so that points fall on edges.
fn lat() -> impl Strategy<Value = f64> {
    (-18..=18_i32).prop_map(|lat| f64::from(lat) * 5.0)
}

fn lon() -> impl Strategy<Value = f64> {
    (-18..=18_i32).prop_map(|lon| f64::from(lon) * 10.0)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(KINDS.to_vec())
}

fn amenities() -> impl Strategy<Value = Vec<String>> {
    let keys = AMENITIES.map(ToOwned::to_owned).to_vec();
    prop::sample::subsequence(keys, 0..=AMENITIES.len())
}

fn point() -> impl Strategy<Value = Location> {
    (lat(), lon()).prop_map(|(lat, lon)| Location { lat, lon })
}

/// Boxes, circles and polygons with corners on the grid of points.
fn area() -> impl Strategy<Value = Area> {
    let bbox = (point(), point()).prop_map(|(a, b)| {
        let (south, north) = (a.lat.min(b.lat), a.lat.max(b.lat));
        Area::Box(BBox::new(a.lon, south, b.lon, north).unwrap())
    });
    let circle = (point(), 1.0..5e6_f64)
        .prop_map(|(centre, radius_m)| Area::Circle(Circle::new(centre, radius_m).unwrap()));
    let polygon = (point(), prop::collection::vec((-9..9_i32, -8..8_i32), 3..7));
    let polygon = polygon.prop_filter_map("half the globe wide", |(at, steps)| {
        let corner = |(lat, lon): (i32, i32)| Location {
            lat: (at.lat + f64::from(lat) * 5.0).clamp(-90.0, 90.0),
            lon: at.lon + f64::from(lon) * 10.0,
        };
        Polygon::new(steps.into_iter().map(corner).collect()).ok().map(Area::Polygon)
    });
    prop_oneof![bbox, circle, polygon]
}

/// A listing, its words, and its unit types: guests, and the ranges in which it is taken.
#[derive(Debug, Clone)]
struct Home {
    doc: ListingDoc,
    words: String,
    units: Vec<(u32, Taken)>,
}

fn home() -> impl Strategy<Value = Home> {
    let words = (text(4), text(2), text(8));
    let numbers = (0..6_i64, currency(), 0..4_i64);
    let taken = prop::collection::vec((0..60_i32, 1..9_i32), 0..4);
    let units = prop::collection::vec((1..5_u32, taken), 1..4);
    let rooms = (0..4_u32, 0..4_u32, 0..6_u32);
    let has = (kind(), amenities(), rooms);
    (words, numbers, (lat(), lon()), units, has).prop_map(|(words, numbers, point, units, has)| {
        let ((lat, lon), (kind, amenities, (bedrooms, beds, half_bathrooms))) = (point, has);
        let (title, city, description) = words;
        let (price, currency, created) = numbers;
        let guests = units.iter().map(|(guests, _)| *guests).max().unwrap();
        let unit = 10_i64.pow(u32::from(currency.exponent()));
        let doc = ListingDoc {
            title: written(&title),
            city: written(&city),
            description: written(&description),
            price: Money::new(price * unit, currency),
            guests,
            kind: kind.name().to_owned(),
            amenities,
            bedrooms,
            beds,
            half_bathrooms,
            lat,
            lon,
            created: Timestamp::from_second(created).unwrap(),
            ..listing(0)
        };
        let words = [compared(&title), compared(&city), compared(&description)].concat();
        Home { doc, words, units }
    })
}

/// A question, with its words and stay as the loop takes them.
#[derive(Debug, Clone)]
struct Question {
    query: SearchQuery,
    words: Vec<String>,
    stay: Option<(i32, i32)>,
}

fn question() -> impl Strategy<Value = Question> {
    use prop::option::weighted;
    let price = (weighted(0.4, 0..6_u64), weighted(0.4, 0..6_u64), weighted(0.3, currency()));
    let stay_asked = weighted(0.5, (0..60_i32, 1..9_i32));
    let sorts = vec![Sort::Relevance, Sort::Price, Sort::PriceDown, Sort::Distance, Sort::Newest];
    let shown = (prop::sample::select(sorts), 1..7_usize, weighted(0.5, point()));
    let rooms = (weighted(0.2, 0..4_u32), weighted(0.2, 0..4_u32), weighted(0.2, 0..6_u32));
    let kinds = prop::sample::subsequence(KINDS.to_vec(), 0..=2);
    let wanted = prop::sample::subsequence(AMENITIES.map(ToOwned::to_owned).to_vec(), 0..=1);
    let rest = (weighted(0.3, 1..5_u32), rooms, kinds, wanted, shown);
    (text(3), weighted(0.5, area()), price, stay_asked, rest).prop_map(
        |(words, area, (price_min, price_max, currency), asked, rest)| {
            let (guests, (bedrooms, beds, half_bathrooms), kinds, amenities, shown) = rest;
            let unit = 10_u64.pow(currency.map_or(2, |c| u32::from(c.exponent())));
            let (sort, limit, centre) = shown;
            let criteria = Criteria {
                text: written(&words),
                area,
                price_min: price_min.map(|major| major * unit),
                price_max: price_max.map(|major| major * unit),
                currency,
                bedrooms,
                beds,
                half_bathrooms,
                kinds,
                amenities,
                nights: asked.map(|(at, nights)| stay(at, nights)),
                guests,
            };
            let query = SearchQuery { sort, limit, centre, ..criteria.into() };
            let words = compared(&words).split_whitespace().map(ToOwned::to_owned).collect();
            Question { query, words, stay: asked }
        },
    )
}

/// Whole units of the price: all prices and bounds here are whole.
fn major(home: &Home) -> u64 {
    let unit = 10_i64.pow(u32::from(home.doc.price.currency.exponent()));
    u64::try_from(home.doc.price.amount / unit).unwrap()
}

fn matches(home: &Home, asked: &Question) -> bool {
    let Question { query: SearchQuery { criteria: query, .. }, words, stay } = asked;
    let unit = 10_u64.pow(query.currency.map_or(2, |c| u32::from(c.exponent())));
    let ListingDoc { lat, lon, guests, price, .. } = home.doc;
    words.iter().all(|word| home.words.contains(&format!(" {word} ")))
        && query.price_min.is_none_or(|min| major(home) >= min / unit)
        && query.price_max.is_none_or(|max| major(home) <= max / unit)
        && query.currency.is_none_or(|currency| price.currency == currency)
        && query.guests.is_none_or(|wanted| guests >= wanted)
        && query.area.as_ref().is_none_or(|area| area.contains(Location { lat, lon }))
        && query.bedrooms.is_none_or(|least| home.doc.bedrooms >= least)
        && query.beds.is_none_or(|least| home.doc.beds >= least)
        && query.half_bathrooms.is_none_or(|least| home.doc.half_bathrooms >= least)
        && (query.kinds.is_empty() || query.kinds.iter().any(|k| k.name() == home.doc.kind))
        && query.amenities.iter().all(|key| home.doc.amenities.contains(key))
        && stay.is_none_or(|(at, nights)| {
            let enough = |guests| query.guests.is_none_or(|wanted| guests >= wanted);
            home.units.iter().any(|(guests, taken)| {
                let free = |(from, n): &(i32, i32)| at + nights <= *from || from + n <= at;
                enough(*guests) && taken.iter().all(free)
            })
        })
}

/// The numbers of the homes that match, in the order asked for where it is simple to tell.
fn expected(homes: &[Home], asked: &Question) -> Vec<u64> {
    let mut found: Vec<&Home> = homes.iter().filter(|home| matches(home, asked)).collect();
    let middle = asked.query.criteria.area.as_ref().map(Area::centre);
    match (asked.query.sort, asked.query.centre.or(middle)) {
        (Sort::Price, _) => found.sort_by_key(|home| (major(home), home.doc.id)),
        (Sort::PriceDown, _) => {
            found.sort_by_key(|home| (std::cmp::Reverse(major(home)), home.doc.id));
        }
        (Sort::Distance, Some(centre)) => {
            let away =
                |home: &Home| distance_m(centre, Location { lat: home.doc.lat, lon: home.doc.lon });
            found.sort_by(|a, b| away(a).total_cmp(&away(b)).then_with(|| a.doc.id.cmp(&b.doc.id)));
        }
        _ => found.sort_by_key(|home| (std::cmp::Reverse(home.doc.created), home.doc.id)),
    }
    found.iter().map(|home| number(home.doc.id)).collect()
}

/// The number beside each choice is that of the results which choosing it gives.
fn check_facets(homes: &[Home], asked: &Question, facets: &Facets) -> Result<(), TestCaseError> {
    let count = |choose: &dyn Fn(&mut Criteria)| {
        let mut asked = asked.clone();
        choose(&mut asked.query.criteria);
        homes.iter().filter(|home| matches(home, &asked)).count() as u64
    };
    for (kind, number) in &facets.kinds {
        prop_assert_eq!(*number, count(&|asked| asked.kinds = vec![*kind]), "{:?}", kind);
    }
    for key in AMENITIES {
        let said = facets.amenities.iter().find(|(name, _)| *name == key);
        let wanted = count(&|asked| asked.amenities.push(key.to_owned()));
        prop_assert_eq!(said.map_or(0, |(_, number)| *number), wanted, "{}", key);
    }
    for least in 1..8_u32 {
        let said = |counts: &[u64]| counts.get(least as usize - 1).copied().unwrap_or_default();
        let wanted = [
            count(&|asked| asked.bedrooms = Some(least)),
            count(&|asked| asked.beds = Some(least)),
            count(&|asked| asked.half_bathrooms = Some(least)),
        ];
        let found = [&facets.bedrooms, &facets.beds, &facets.half_bathrooms];
        prop_assert_eq!(found.map(|counts| said(counts)), wanted, "at least {}", least);
    }
    let mut sum = 0;
    for bucket in &facets.price.buckets {
        let wanted = homes.iter().filter(|home| {
            let mut open = asked.clone();
            open.query.criteria.price_min = None;
            open.query.criteria.price_max = None;
            let exponent = open.query.criteria.currency.map_or(2, |c| u32::from(c.exponent()));
            let price = major(home) * 10_u64.pow(exponent);
            matches(home, &open) && bucket.from <= price && bucket.to.is_none_or(|to| price < to)
        });
        prop_assert_eq!(bucket.count, wanted.count() as u64, "{:?}", bucket);
        sum += bucket.count;
    }
    let all = count(&|asked| (asked.price_min, asked.price_max) = (None, None));
    prop_assert_eq!(sum, all, "every price is in a bucket");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn search_agrees_with_a_loop_over_the_listings(
        mut homes in prop::collection::vec(home(), 0..50),
        removed in prop::collection::vec(0..50_usize, 0..6),
        asked in prop::collection::vec(question(), 12),
    ) {
        for (home, n) in homes.iter_mut().zip(1..) {
            home.doc.id = id(n);
            let units = home.units.iter().zip(n * 100..);
            let units = units.map(|((guests, _), number)| UnitDoc {
                id: unit(number),
                guests: *guests,
            });
            home.doc.units = units.collect();
        }
        let mut fixture = Fixture::new();
        for chunk in homes.chunks(20) {
            fixture.add(&chunk.iter().map(|home| home.doc.clone()).collect::<Vec<_>>());
        }
        for home in &homes {
            let nights = |taken: &Taken| taken.iter().map(|(at, n)| stay(*at, *n)).collect();
            let units = home.doc.units.iter().zip(&home.units);
            let taken: Vec<_> = units.map(|(unit, (_, taken))| (unit.id, nights(taken))).collect();
            fixture.writer.set_taken(home.doc.id, &taken);
        }
        for n in removed.iter().filter(|n| **n < homes.len()) {
            fixture.writer.remove(homes[*n].doc.id).unwrap();
        }
        fixture.publish();
        let gone: Vec<_> = removed.iter().filter_map(|n| homes.get(*n)).map(|h| h.doc.id).collect();
        homes.retain(|home| !gone.contains(&home.doc.id));
        for asked in &asked {
            let mut wanted = expected(&homes, asked);
            let mut found = fixture.pages(&asked.query);
            prop_assert_eq!(fixture.search(&asked.query).total, wanted.len() as u64);
            let counted = SearchQuery { facets: true, ..asked.query.clone() };
            let page = fixture.search(&counted);
            prop_assert_eq!(page.total, wanted.len() as u64, "counted");
            check_facets(&homes, asked, &page.facets.unwrap())?;
            let all = fixture.pages(&counted);
            prop_assert_eq!(&all, &found, "the same results with facets");
            if asked.query.sort == Sort::Relevance && !asked.words.is_empty() {
                found.sort_unstable();
                wanted.sort_unstable();
            }
            prop_assert_eq!(found, wanted, "{:?}", asked);
        }
    }
}

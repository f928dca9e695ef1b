//! Random listings and random questions, against a plain loop over the listings.

use jiff::Timestamp;
use proptest::prelude::*;

use super::fixture::{Fixture, id, listing, number, stay, unit};
use crate::domain::area::{Area, BBox};
use crate::domain::criteria::Criteria;
use crate::domain::money::{Currency, Money};
use crate::search::{ListingDoc, SearchQuery, Sort, UnitDoc};

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
    (words, numbers, lat(), lon(), units).prop_map(|(words, numbers, lat, lon, units)| {
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
            lat,
            lon,
            created: Timestamp::from_second(created).unwrap(),
            amenities: Vec::new(),
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
    let bbox = (lon(), lat(), lon(), lat())
        .prop_map(|(west, a, east, b)| BBox::new(west, a.min(b), east, a.max(b)).unwrap());
    let price = (weighted(0.4, 0..6_u64), weighted(0.4, 0..6_u64), weighted(0.3, currency()));
    let stay_asked = weighted(0.5, (0..60_i32, 1..9_i32));
    let sort = prop::sample::select(vec![Sort::Relevance, Sort::Price, Sort::Newest]);
    let rest = (weighted(0.3, 1..5_u32), sort, 1..7_usize);
    (text(3), weighted(0.5, bbox), price, stay_asked, rest).prop_map(
        |(words, bbox, (min, max, currency), asked, (guests, sort, limit))| {
            let unit = 10_u64.pow(currency.map_or(2, |c| u32::from(c.exponent())));
            let criteria = Criteria {
                text: written(&words),
                area: bbox.map(Area::Box),
                price_min: min.map(|major| major * unit),
                price_max: max.map(|major| major * unit),
                currency,
                nights: asked.map(|(at, nights)| stay(at, nights)),
                guests,
                ..Criteria::default()
            };
            let query = SearchQuery { criteria, sort, limit, ..SearchQuery::default() };
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
        && query.area.as_ref().map(Area::bounds).is_none_or(|b| {
            let in_lon = if b.west() <= b.east() {
                b.west() <= lon && lon <= b.east()
            } else {
                lon >= b.west() || lon <= b.east()
            };
            in_lon && b.south() <= lat && lat <= b.north()
        })
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
    match asked.query.sort {
        Sort::Price => found.sort_by_key(|home| (major(home), home.doc.id)),
        Sort::Relevance | Sort::Newest => {
            found.sort_by_key(|home| (std::cmp::Reverse(home.doc.created), home.doc.id));
        }
    }
    found.iter().map(|home| number(home.doc.id)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

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
            if asked.query.sort == Sort::Relevance && !asked.words.is_empty() {
                found.sort_unstable();
                wanted.sort_unstable();
            }
            prop_assert_eq!(found, wanted, "{:?}", asked);
        }
    }
}

//! How good the results are, over the real listings: a set of queries that stand for what
//! people type, each made from a listing when the test runs, and a floor for how early what
//! was meant comes.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::fixture::{Fixture, id, listing, number, words};
use crate::domain::amenity::Amenity;
use crate::search::text;
use crate::search::{ListingDoc, SearchQuery};
use crate::tools::inside_airbnb::{Options, Row, open};

/// The judged queries: ids of listings at their source, and what is made of them.
const JUDGED: &str = include_str!("judged.json");

const FILES: [(&str, &str, &str); 2] = [
    ("dublin_listings.csv.gz", "Europe/Dublin", "IE"),
    ("antwerp_listings.csv.gz", "Europe/Brussels", "BE"),
];

/// What was meant has to be this early: the mean of one through its place.
const MRR_MIN: f64 = 0.8;

/// So much of what was meant, or of ten results where more was, has to be on the first page.
const RECALL_MIN: f64 = 0.85;

/// Words of one language and of another.
const TRANSLATED: [(&str, &str); 11] = [
    ("apartment", "appartement"),
    ("house", "huis"),
    ("room", "chambre"),
    ("garden", "tuin"),
    ("centre", "centrum"),
    ("center", "centrum"),
    ("flat", "wohnung"),
    ("terrace", "terras"),
    ("cosy", "gezellig"),
    ("luxury", "luxe"),
    ("station", "gare"),
];

/// How a query is made of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Its title.
    Title,
    /// Its title with a typo in the word `at`.
    TitleOneTypo,
    /// Its title with a typo in the word `at` and another in the next long one.
    TitleTwoTypos,
    /// A name of a place: the word `at` of its title. All listings with it are meant.
    Place,
    /// The same with a typo.
    PlaceOneTypo,
    /// Another word for the amenity `at`. All listings that have it are meant.
    Amenity,
    /// Its title without small words, with the word `at` in another language.
    Mixed,
    /// Six words of its description from the word `at` on, and its city.
    Description,
}

#[derive(Debug, Deserialize)]
struct Judged {
    id: String,
    kind: Kind,
    at: usize,
}

/// A word with two letters exchanged, one doubled or one left out, after the first.
fn misspelt(word: &str, at: usize) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let place = 1 + at % (letters.len() - 2);
    match at % 3 {
        0 if letters[place] != letters[place + 1] => letters.swap(place, place + 1),
        1 => letters.insert(place, letters[place]),
        _ => {
            letters.remove(place);
        }
    }
    letters.into_iter().collect()
}

/// The words with typos in so many of those with five letters or more, from one on.
fn with_typos(mut words: Vec<String>, at: usize, typos: usize) -> Vec<String> {
    let long = |word: &String| word.chars().count() >= 5 && word.chars().all(char::is_alphabetic);
    let count = words.len();
    let places: Vec<_> =
        (0..count).map(|n| (at + n) % count).filter(|place| long(&words[*place])).collect();
    for place in places.into_iter().take(typos) {
        words[place] = misspelt(&words[place], at + place);
    }
    words
}

fn listed(text: &str) -> Vec<String> {
    text::words(text).into_iter().map(|word| word.text).collect()
}

/// What somebody would type, and which listings are meant; none where the listing does not
/// have what the query is made of.
fn query(judged: &Judged, home: &ListingDoc, all: &[ListingDoc]) -> Option<(String, HashSet<u64>)> {
    let title = listed(&home.title);
    let same = |other: &&ListingDoc| listed(&other.title) == title;
    let numbers = |homes: Vec<&ListingDoc>| homes.iter().map(|home| number(home.id)).collect();
    let meant = || numbers(all.iter().filter(same).collect());
    let at = judged.at;
    match judged.kind {
        Kind::Title => Some((title.join(" "), meant())),
        Kind::TitleOneTypo => Some((with_typos(title.clone(), at, 1).join(" "), meant())),
        Kind::TitleTwoTypos => Some((with_typos(title.clone(), at, 2).join(" "), meant())),
        Kind::Place | Kind::PlaceOneTypo => {
            let place = title.get(at)?.clone();
            let has = |home: &&ListingDoc| {
                [&home.title, &home.description].iter().any(|text| listed(text).contains(&place))
            };
            let meant = numbers(all.iter().filter(has).collect());
            let typed =
                if judged.kind == Kind::Place { place } else { misspelt(&place, at + place.len()) };
            Some((typed, meant))
        }
        Kind::Amenity => {
            let key = home.amenities.get(at)?;
            let name = Amenity::of_key(key)?.names().nth(1)?;
            let has = |home: &&ListingDoc| home.amenities.contains(key);
            Some((name.to_owned(), numbers(all.iter().filter(has).collect())))
        }
        Kind::Mixed => {
            let mut typed = title.clone();
            let (_, other) = TRANSLATED.iter().find(|(word, _)| *word == title[at])?;
            (*other).clone_into(typed.get_mut(at)?);
            Some((typed.join(" "), meant()))
        }
        Kind::Description => {
            let words = listed(&home.description);
            let some = words.get(at..at + 6)?;
            Some((format!("{} {}", some.join(" "), home.city), numbers(vec![home])))
        }
    }
}

/// All listings of the files, by their ids there.
fn read(folder: &str) -> (Vec<String>, Vec<ListingDoc>) {
    let (mut ids, mut homes) = (Vec::new(), Vec::new());
    for (file, zone, country) in FILES {
        let options = Options {
            currency: "EUR".parse().unwrap(),
            zone: zone.to_owned(),
            city: None,
            country: None,
        };
        for row in open(&Path::new(folder).join(file), options).unwrap().by_ref() {
            let Row::Listing { draft, .. } = row.unwrap() else { continue };
            let n = homes.len() as u64 + 1;
            ids.push(draft.external_id.clone());
            homes.push(ListingDoc {
                id: id(n),
                title: draft.fields.title.clone(),
                description: draft.fields.description.clone(),
                city: draft.fields.address.city.clone(),
                country: country.to_owned(),
                kind: draft.fields.kind.name().to_owned(),
                amenities: crate::domain::amenity::mapped(&draft.fields.amenities),
                ..listing(n)
            });
        }
    }
    (ids, homes)
}

#[test]
fn what_was_meant_comes_early_over_real_listings() {
    let Ok(folder) = std::env::var("RENTEZY_LISTINGS_DIR") else {
        println!("skipped: RENTEZY_LISTINGS_DIR is not set");
        return;
    };
    let (ids, homes) = read(&folder);
    let fixture = Fixture::with(&homes);
    let judged: Vec<Judged> = serde_json::from_str(JUDGED).unwrap();
    let mut by_kind: BTreeMap<Kind, Vec<(f64, f64)>> = BTreeMap::new();
    for judged in &judged {
        let place = ids.iter().position(|id| *id == judged.id).expect("a listing of the files");
        let (typed, meant) = query(judged, &homes[place], &homes).expect("what it is made of");
        let page = fixture.search(&SearchQuery { limit: 10, ..words(&typed) });
        let found: Vec<bool> =
            page.hits.iter().map(|hit| meant.contains(&number(hit.id))).collect();
        let first = found.iter().position(|is_meant| *is_meant);
        let rank = first.map_or(0.0, |place| 1.0 / (place as f64 + 1.0));
        let hits = found.iter().filter(|is_meant| **is_meant).count() as f64;
        let recall = hits / meant.len().min(10) as f64;
        by_kind.entry(judged.kind).or_default().push((rank, recall));
    }
    let mean = |figures: &[(f64, f64)]| {
        let count = figures.len() as f64;
        let sum = figures.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (sum.0 / count, sum.1 / count)
    };
    for (kind, figures) in &by_kind {
        let (mrr, recall) = mean(figures);
        println!("{kind:?}: {} queries, MRR {mrr:.3}, recall@10 {recall:.3}", figures.len());
    }
    let all: Vec<_> = by_kind.into_values().flatten().collect();
    let (mrr, recall) = mean(&all);
    println!("all: {} queries, MRR {mrr:.3}, recall@10 {recall:.3}", all.len());
    assert!(all.len() >= 150);
    assert!(mrr >= MRR_MIN && recall >= RECALL_MIN, "MRR {mrr:.3}, recall@10 {recall:.3}");
}

//! Listings of the demo, one after the other.

use std::collections::HashSet;

use fastrand::Rng;

use super::city::{self, City, Place};
use super::features::{self, FEATURES, Feature};
use super::phrases::{self, ADJECTIVES, CLOSINGS, TITLES, WAYS};
use super::price;
use crate::domain::money::Currency;
use crate::domain::pricing::Pricing;
use crate::domain::property::{Address, Kind, ListingFields, Location, StayMode, UnitFields};
use crate::tools::listing::{AMENITIES_MAX, ListingDraft, TITLE_MAX, Wanted};

/// The name of this source in listings' identities.
pub const SOURCE: &str = "demo";

/// One listing of so many is a draft that its landlord has not finished.
const DRAFT_EVERY: usize = 29;

/// How far homes lie from the middle of their neighbourhood at most, in degrees north.
const SCATTER_DEGREES: f64 = 0.0035;

/// Nearer to the equator than this, in degrees, evenings are never cold.
const WARM_DEGREES: f64 = 24.0;

/// How often another title is tried when one is taken.
const TITLE_TRIES: usize = 40;

/// The first so many listings have titles of their own; there are not words for many more.
const DISTINCT: usize = 5000;

/// The first `count` listings of a seed. Titles differ among the first 5,000.
pub fn listings(seed: u64, count: usize) -> impl Iterator<Item = ListingDraft> + Send {
    let mut generator = Generator {
        rng: Rng::with_seed(seed),
        seed,
        cities: city::all().collect(),
        titles: HashSet::new(),
    };
    (0..count).filter_map(move |number| generator.listing(number))
}

struct Generator {
    rng: Rng,
    seed: u64,
    cities: Vec<&'static City>,
    titles: HashSet<String>,
}

/// What is decided of a home before it is put into words.
struct Home {
    city: &'static City,
    place: &'static Place,
    kind: Kind,
    unit: UnitFields,
    street: &'static str,
    features: Vec<&'static Feature>,
}

impl Generator {
    /// One listing; none only if a city's currency is not known to the house, which a test
    /// rules out.
    fn listing(&mut self, number: usize) -> Option<ListingDraft> {
        let home = self.home()?;
        let currency: Currency = home.city.currency.parse().ok()?;
        let place = (home.city, home.place);
        let price = price::night(&mut self.rng, place, currency, home.kind, &home.unit);
        let draft = number % DRAFT_EVERY == DRAFT_EVERY - 1;
        let fields = ListingFields {
            kind: home.kind,
            title: self.title(number, &home),
            description: self.description(&home),
            address: self.address(&home),
            location: self.location(home.place),
            zone: home.city.zone.to_owned(),
            amenities: self.amenities(&home),
            stay_mode: StayMode::Nightly,
            currency,
            deposit_minor: 0,
            cleaning_fee_minor: 0,
        };
        let unit = UnitFields { night_minor: (!draft).then_some(price), ..home.unit };
        Some(ListingDraft {
            source: SOURCE,
            external_id: format!("{}-{number}", self.seed),
            fields,
            unit,
            stay: None,
            pricing: Pricing::default(),
            wanted: if draft { Wanted::Draft } else { Wanted::Live },
        })
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        self.rng.choice(from).copied()
    }

    fn text(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).unwrap_or_default()
    }

    fn chance(&mut self, of_hundred: u32) -> bool {
        self.rng.u32(..100) < of_hundred
    }

    fn home(&mut self) -> Option<Home> {
        let at = self.rng.usize(..self.cities.len());
        let city = *self.cities.get(at)?;
        let place = self.rng.choice(city.places)?;
        let kind = match self.rng.u32(..100) {
            0..7 => Kind::Bed,
            7..35 => Kind::Room,
            35..82 => Kind::Flat,
            _ => Kind::House,
        };
        let mut fitting: Vec<_> = FEATURES
            .iter()
            .filter(|feature| feature.kinds.contains(&kind) && suits(feature.amenity, place))
            .collect();
        self.rng.shuffle(&mut fitting);
        fitting.truncate(self.rng.usize(1..=3));
        let street = self.text(city.streets);
        Some(Home { city, place, kind, unit: self.unit(kind), street, features: fitting })
    }

    fn unit(&mut self, kind: Kind) -> UnitFields {
        let (name, bedrooms, beds, bathrooms, guests, many) = match kind {
            Kind::Bed => ("Bed in a shared room", 1, 1, 1.0, 1, 100),
            Kind::Room => ("Private room", 1, 1, if self.chance(30) { 0.5 } else { 1.0 }, 2, 30),
            Kind::Flat => {
                let bedrooms = self.pick(&[0, 0, 1, 1, 1, 1, 2, 2, 3]).unwrap_or(1);
                let beds = bedrooms.max(1) + self.rng.u16(0..=1);
                let bathrooms = if bedrooms > 1 && self.chance(50) { 1.5 } else { 1.0 };
                ("Whole flat", bedrooms, beds, bathrooms, bedrooms.max(1) * 2, 10)
            }
            Kind::House => {
                let bedrooms = self.pick(&[2, 2, 3, 3, 3, 4, 5]).unwrap_or(3);
                let beds = bedrooms + self.rng.u16(0..=2);
                let bathrooms = self.pick(&[1.0, 1.5, 2.0, 2.5]).unwrap_or(1.5);
                ("Whole house", bedrooms, beds, bathrooms, bedrooms * 2, 0)
            }
        };
        let count = if self.chance(many) { self.rng.u16(2..=12) } else { 1 };
        UnitFields {
            name: name.to_owned(),
            count,
            bedrooms,
            beds,
            bathrooms,
            guests,
            night_minor: None,
            month_minor: None,
        }
    }

    fn title(&mut self, number: usize, home: &Home) -> String {
        let mut title = String::new();
        for _ in 0..TITLE_TRIES {
            title = self.one_title(home);
            let fits = title.chars().count() <= TITLE_MAX;
            if fits && (number >= DISTINCT || self.titles.insert(title.to_lowercase())) {
                return title;
            }
        }
        title
    }

    fn one_title(&mut self, home: &Home) -> String {
        let nouns = match home.kind {
            Kind::Flat => phrases::flat_nouns(home.unit.bedrooms),
            kind => phrases::nouns(kind, home.unit.count > 1),
        };
        let feature = self.pick(&home.features);
        let (line, adjective) = (self.text(TITLES), self.text(ADJECTIVES).to_lowercase());
        let before = feature.map_or("", |feature| feature.before).to_lowercase();
        let noun = self.text(nouns);
        let line = filled(line, |name| match name {
            "A" => &adjective,
            "B" => &before,
            "noun" => noun,
            "with" => feature.map_or("", |feature| feature.with),
            "place" => home.place.name,
            "near" => home.place.near,
            "street" => home.street,
            _ => "",
        });
        let mut title = String::with_capacity(line.len());
        add_capitalised(&mut title, &line);
        title
    }

    fn description(&mut self, home: &Home) -> String {
        let openings = if home.unit.count > 1 {
            phrases::openings_of_many(home.kind)
        } else {
            phrases::openings(home.kind)
        };
        let mut about = vec![self.text(openings)];
        about.push(self.text(phrases::facts(home.kind)));
        about.extend(home.features.iter().map(|feature| feature.sentence));
        let mut around = vec![self.text(phrases::moods(home.place.mood))];
        if self.chance(70) {
            around.push(self.text(WAYS));
        }
        let closing = self.text(CLOSINGS);
        let text = format!("{}\n\n{}\n\n{closing}", about.join(" "), around.join(" "));
        let guests = match home.unit.guests {
            1 => "one person".to_owned(),
            guests => format!("{} people", spelled(guests)),
        };
        let rooms = match home.unit.bedrooms {
            0 => "one big room".to_owned(),
            1 => "one bedroom".to_owned(),
            bedrooms => format!("{} bedrooms", spelled(bedrooms)),
        };
        sentences(&filled(&text, |name| match name {
            "place" => home.place.name,
            "city" => home.city.name,
            "near" => home.place.near,
            "transit" => home.city.transit,
            "rooms" => &rooms,
            "guests" => &guests,
            "minutes" => spelled(self.rng.u16(3..=9)),
            _ => "",
        }))
    }

    fn address(&mut self, home: &Home) -> Address {
        let number = self.rng.u32(1..=120);
        let line = if home.city.number_first {
            format!("{number} {}", home.street)
        } else {
            format!("{} {number}", home.street)
        };
        Address {
            line: Some(line),
            city: home.city.name.to_owned(),
            region: Some(home.place.name.to_owned()),
            country: home.city.country.to_owned(),
        }
    }

    fn location(&mut self, place: &Place) -> Location {
        // The mean of two even numbers: most homes lie near the middle.
        let mut scatter = || (self.rng.f64() + self.rng.f64() - 1.0) * SCATTER_DEGREES;
        let (north, east) = (scatter(), scatter());
        let rounded = |degrees: f64| (degrees * 1e6).round() / 1e6;
        Location { lat: rounded(place.lat + north), lon: rounded(place.lon + east) }
    }

    fn amenities(&mut self, home: &Home) -> Vec<String> {
        let mut names: Vec<&str> = features::usual(home.kind).to_vec();
        names.extend(home.features.iter().map(|feature| feature.amenity));
        for (name, of_hundred, kinds) in features::SOMETIMES {
            if kinds.contains(&home.kind) && self.chance(*of_hundred) {
                names.push(name);
            }
        }
        names.retain(|name| suits(name, home.place));
        names.truncate(AMENITIES_MAX);
        names.into_iter().map(str::to_owned).collect()
    }
}

/// Whether anybody wants this there: nobody heats in the tropics.
fn suits(amenity: &str, place: &Place) -> bool {
    !features::WARMING.contains(&amenity) || place.lat.abs() > WARM_DEGREES
}

/// Small numbers in words, as people write them.
const fn spelled(number: u16) -> &'static str {
    match number {
        1 => "one",
        2 => "two",
        3 => "three",
        4 => "four",
        5 => "five",
        6 => "six",
        7 => "seven",
        8 => "eight",
        9 => "nine",
        _ => "ten",
    }
}

/// A text with what stands for each `{name}` in it.
fn filled<'a>(text: &str, mut word: impl FnMut(&str) -> &'a str) -> String {
    let mut filled = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    while let Some((before, name, after)) = next_name(rest) {
        filled.push_str(before);
        filled.push_str(word(name));
        rest = after;
    }
    filled + rest
}

/// What stands before the first `{name}` of a text, the name, and what stands after it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Adds a text with its first letter in capitals.
fn add_capitalised(to: &mut String, text: &str) {
    let mut letters = text.chars();
    to.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    to.push_str(letters.as_str());
}

/// A text in which every sentence begins with a capital, whatever was filled in.
fn sentences(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for (place, paragraph) in text.split("\n\n").enumerate() {
        whole.push_str(if place > 0 { "\n\n" } else { "" });
        for (place, sentence) in paragraph.split(". ").enumerate() {
            whole.push_str(if place > 0 { ". " } else { "" });
            add_capitalised(&mut whole, sentence);
        }
    }
    whole
}

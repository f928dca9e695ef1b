//! Files of rents: each row is a home near its city, or is named with the reason.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Parser;

use crate::domain::calendar;
use crate::domain::property::{self, StayMode};
use crate::tools::import::ImportArgs;
use crate::tools::inside_airbnb::{ReadError, Row};
use crate::tools::us_rents::{find, open};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/us_rents_small.csv")
}

#[test]
fn every_row_is_a_home_or_a_named_bad_row() {
    let mut reader = open(&fixture(), "USD".parse().unwrap()).unwrap();
    let (mut homes, mut bad) = (Vec::new(), Vec::new());
    for row in reader.by_ref() {
        match row.unwrap() {
            Row::Listing { draft, .. } => homes.push(draft),
            Row::Bad(row) => bad.push(row.to_string()),
        }
    }
    assert_eq!(
        bad,
        [
            "row 4, id 5004: city \"Springfield\", \"XX\" is not known",
            "row 5, id 5005: price_type \"Weekly\" is not Monthly",
            "row 6, id 5006: no city",
            "row 7, id 5007: currency \"EUR\" is not USD",
            "row 8, id 5008: bathrooms \"many\" is not a number of halves up to 50",
            "row 9, id 5009: no price",
        ]
    );
    let titles: Vec<_> = homes.iter().map(|home| home.fields.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Apartment with 2 bedrooms in Austin, TX",
            "Studio in Washington, DC",
            "One-bedroom apartment in Seattle, WA",
            "One-bedroom apartment in Phoenix, AZ",
        ]
    );
    let (fields, unit) = (&homes[0].fields, &homes[0].unit);
    assert_eq!(fields.stay_mode, StayMode::Monthly);
    assert_eq!((unit.night_minor, unit.month_minor), (None, Some(139_000)));
    assert_eq!(fields.zone, "America/Chicago");
    assert_eq!(fields.amenities, ["Cats allowed", "Dogs allowed"]);
    assert_eq!((unit.beds, unit.guests, unit.bathrooms), (2, 4, 1.5));
    assert!(fields.description.starts_with("1039 square feet. The rent is 1390 dollars a month."));
    assert_eq!(homes[3].fields.zone, "America/Phoenix");
    for home in &homes {
        let fields = &home.fields;
        assert_eq!(property::check(fields), Ok(()));
        let city = find(&fields.address.city, fields.address.region.as_deref().unwrap()).unwrap();
        let far = |one: f64, other: f64| (one - other).abs() > 0.031;
        assert!(!far(fields.location.lat, city.lat) && !far(fields.location.lon, city.lon));
    }
    assert_ne!(homes[0].fields.location, homes[3].fields.location);
    let adjusted = reader.adjusted();
    assert_eq!(adjusted.placed_by_city, 4);
    assert_eq!((adjusted.rooms_assumed, adjusted.baths_assumed), (1, 1));
}

#[test]
fn every_city_is_somewhere_and_stands_once() {
    let mut seen = HashSet::new();
    for city in crate::tools::us_rents::all() {
        assert!(seen.insert((city.name, city.state)), "{} stands twice", city.name);
        calendar::zone(city.zone()).unwrap();
        assert!((18.0..72.0).contains(&city.lat) && (-170.0..-65.0).contains(&city.lon));
    }
    assert!(find("Portland", "OR").unwrap().lon < find("Portland", "ME").unwrap().lon);
    assert!(find("Portland", "TX").is_none());
}

#[test]
fn another_file_is_said_to_be_one() {
    let other = super::inside_airbnb::fixture();
    let refused = open(&other, "USD".parse().unwrap()).err().unwrap();
    assert!(matches!(refused, ReadError::NoRents { .. }), "{refused}");
}

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: ImportArgs,
}

#[test]
fn what_has_to_be_said_depends_on_the_kind_of_file() {
    let parsed = |words: &[&str]| {
        let words = ["import-listings", "--owner", "a@example.com"].iter().chain(words);
        Command::try_parse_from(words.chain(&["file.csv"])).map(|command| command.args).is_ok()
    };
    assert!(parsed(&["--format", "us-rents"]));
    assert!(parsed(&["--currency", "EUR", "--zone", "Europe/Dublin"]));
    assert!(!parsed(&[]) && !parsed(&["--currency", "EUR"]));
    assert!(!parsed(&["--format", "inside-airbnb", "--currency", "EUR"]));
    assert!(!parsed(&["--format", "other"]));
}

#[test]
fn the_real_file_is_read_to_its_end() {
    let Ok(folder) = std::env::var("RENTEZY_LISTINGS_DIR") else {
        println!("skipped: RENTEZY_LISTINGS_DIR is not set");
        return;
    };
    let file = Path::new(&folder).join("us_apartments_10k.csv.gz");
    let (mut homes, mut bad) = (0, 0);
    for row in open(&file, "USD".parse().unwrap()).unwrap() {
        match row.unwrap() {
            Row::Listing { draft, .. } => {
                assert_eq!(property::check(&draft.fields), Ok(()));
                homes += 1;
            }
            Row::Bad(_) => bad += 1,
        }
    }
    println!("{}: {homes} homes, {bad} bad rows", file.display());
    assert_eq!(homes + bad, 10_000);
    assert!(homes > 6_000, "only {homes} homes");
}

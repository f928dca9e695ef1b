//! The real files, where they are: every row is a listing or is named.

use std::collections::BTreeMap;
use std::path::Path;

use crate::clock;
use crate::domain::property;
use crate::tools::inside_airbnb::{Options, Row, open};
use crate::tools::listing::Wanted;
use crate::tools::progress::rate;

/// File, zone, rows, and the city that stands for it.
const FILES: &[(&str, &str, usize, &str)] = &[
    ("dublin_listings.csv.gz", "Europe/Dublin", 6945, "Dublin"),
    ("antwerp_listings.csv.gz", "Europe/Brussels", 2870, "Antwerpen"),
];

#[test]
fn every_real_row_is_a_listing_or_a_named_bad_row() {
    let Ok(folder) = std::env::var("RENTEZY_LISTINGS_DIR") else {
        println!("skipped: RENTEZY_LISTINGS_DIR is not set");
        return;
    };
    for (name, zone, rows, city) in FILES {
        check(&Path::new(&folder).join(name), zone, *rows, city);
    }
}

fn check(file: &Path, zone: &str, rows: usize, city: &str) {
    let options = Options {
        currency: "EUR".parse().unwrap(),
        zone: zone.to_owned(),
        city: None,
        country: None,
    };
    let started = clock::monotonic();
    let mut reader = open(file, options).unwrap();
    assert_eq!(reader.city(), Some(city));
    let (mut listings, mut drafts, mut bad) = (0, 0, Vec::new());
    let mut kinds: BTreeMap<_, usize> = BTreeMap::new();
    for row in reader.by_ref() {
        match row.unwrap() {
            Row::Listing { draft, .. } => {
                let fields = &draft.fields;
                listings += 1;
                drafts += usize::from(draft.wanted == Wanted::Draft);
                *kinds.entry(fields.kind.name()).or_default() += 1;
                assert!(!fields.description.contains("<br"), "{:?}", fields.description);
                assert_eq!(property::check(fields), Ok(()));
            }
            Row::Bad(row) => bad.push(row),
        }
    }
    let took = started.elapsed();
    let speed = rate(u64::try_from(rows).unwrap(), took);
    println!(
        "{}: {listings} listings ({drafts} unpriced), {} bad, {speed} rows/s",
        file.display(),
        bad.len()
    );
    println!("  kinds {kinds:?}\n  {:?}", reader.adjusted());
    bad.iter().for_each(|row| println!("  {row}"));
    assert_eq!(listings + bad.len(), rows);
    assert!(bad.iter().all(|row| row.row > 0 && !row.reason.is_empty()));
}

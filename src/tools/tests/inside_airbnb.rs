use std::io::Write;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::domain::money::Currency;
use crate::domain::property::Kind;
use crate::tools::inside_airbnb::{InvalidPrice, Options, ReadError, Row, open, price};
use crate::tools::listing::{ListingDraft, StayLimits, Wanted};

pub(super) fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inside_airbnb_small.csv")
}

fn options() -> Options {
    Options {
        currency: "EUR".parse().unwrap(),
        zone: "Europe/Dublin".to_owned(),
        city: None,
        country: None,
    }
}

fn rows_of(path: &Path) -> Vec<Row> {
    open(path, options()).unwrap().map(Result::unwrap).collect()
}

/// The listings of the fixture, each id once.
pub(super) fn drafts() -> Vec<ListingDraft> {
    let mut drafts: Vec<ListingDraft> = Vec::new();
    for row in rows_of(&fixture()) {
        if let Row::Listing { draft, .. } = row
            && drafts.iter().all(|other| other.external_id != draft.external_id)
        {
            drafts.push(*draft);
        }
    }
    drafts
}

fn rows_in(bytes: &[u8]) -> Vec<Row> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    rows_of(file.path())
}

fn listing(id: &str) -> ListingDraft {
    let found = rows_of(&fixture()).into_iter().find_map(|row| match row {
        Row::Listing { draft, .. } if draft.external_id == id => Some(*draft),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no listing {id}"))
}

fn eur(text: &str) -> Result<Option<i64>, InvalidPrice> {
    amount(text, "EUR")
}

fn amount(text: &str, code: &str) -> Result<Option<i64>, InvalidPrice> {
    let currency: Currency = code.parse().unwrap();
    price(text, currency).map(|price| price.map(|price| price.amount))
}

#[test]
fn prices_are_read_exactly() {
    assert_eq!(eur("$1,250.00"), Ok(Some(125_000)));
    assert_eq!(eur("$12,345,678.90"), Ok(Some(1_234_567_890)));
    assert_eq!(eur("$0.07"), Ok(Some(7)));
    assert_eq!(eur("85"), Ok(Some(8500)));
    assert_eq!(eur("€ 85.5"), Ok(Some(8550)));
    assert_eq!(eur("$9.000"), Ok(Some(900)));
    assert_eq!(eur(" "), Ok(None));
    assert_eq!(eur("$0.00"), Ok(None));
    assert_eq!(amount("$12,000.00", "JPY"), Ok(Some(12_000)));
    assert_eq!(amount("$1.5", "KWD"), Ok(Some(1500)));
    assert_eq!(amount("$92,233,720,368,547,758.07", "EUR"), Ok(Some(i64::MAX)));
}

#[test]
fn texts_that_are_no_price_say_so() {
    for text in
        ["$", "call me", "$1.2.3", "-5.00", "$1,25.00", "$1,2500", ",100", "1000,000", "1e3", "٣"]
    {
        assert!(matches!(eur(text), Err(InvalidPrice::Form(_))), "{text}");
    }
    assert!(matches!(eur("$1.005"), Err(InvalidPrice::Decimals(..))));
    assert!(matches!(amount("$10.50", "JPY"), Err(InvalidPrice::Decimals(..))));
    assert!(matches!(eur("$92,233,720,368,547,758.08"), Err(InvalidPrice::TooLarge(_))));
}

proptest! {
    #[test]
    fn any_amount_written_is_the_amount_read(cents in 1_i64..1_000_000_000_000) {
        let (whole, part) = (cents / 100, cents % 100);
        let mut grouped = whole.to_string();
        let mut at = grouped.len();
        while at > 3 {
            at -= 3;
            grouped.insert(at, ',');
        }
        prop_assert_eq!(eur(&format!("${grouped}.{part:02}")), Ok(Some(cents)));
    }

    #[test]
    fn no_text_is_a_panic(text in ".*") {
        let _ = eur(&text);
        let _ = crate::tools::html::to_text(&text);
    }
}

#[test]
fn every_row_of_the_fixture_is_a_listing_or_a_named_bad_row() {
    let rows = rows_of(&fixture());
    let bad: Vec<_> = rows
        .iter()
        .filter_map(|row| match row {
            Row::Bad(bad) => Some(bad.to_string()),
            Row::Listing { .. } => None,
        })
        .collect();
    assert_eq!((rows.len(), bad.len()), (32, 9));
    let expected = [
        "row 23, id none: no id",
        "row 24, id 1024: latitude \"95.2\" is not a number from -90 to 90",
        "row 25, id 1025: latitude \"\" is not a number from -90 to 90",
        "row 26, id 1026: price \"call me\" is not an amount of the form $1,250.00",
        "row 27, id 1027: amenities \"{TV,\\\"Cable TV\\\",Wifi}\" are not a json list of texts",
        "row 28, id 1028: accommodates nobody",
        "row 29, id 1029: room_type \"Submarine\" is not known",
        "row 30, id 1.13984E+18: id \"1.13984E+18\" is not a number or a name: a spreadsheet has rounded it",
        "row 31, id 1031: 3 cells where the header has 33",
    ];
    assert_eq!(bad, expected);
}

#[test]
fn a_gzipped_file_reads_the_same_in_one_member_or_many() {
    let bytes = std::fs::read(fixture()).unwrap();
    let plain = rows_of(&fixture());
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(rows_in(&gzip(&bytes)), plain);
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    assert_eq!(rows_in(&[gzip(head), gzip(tail)].concat()), plain);
}

#[test]
fn texts_come_out_plain() {
    let studio = listing("1001");
    assert_eq!(
        studio.fields.description,
        "A bright studio by the lock.\nTwo minutes to the tram.\n\nThe space\n\
         Everything in one room & a tiny balcony."
    );
    assert_eq!(
        studio.fields.amenities,
        ["Wifi", "Free washer – In unit", "Coffee maker: Nespresso"]
    );
    let cabin = listing("1011");
    assert_eq!(cabin.fields.title, "The \"Captain's\" cabin, with, commas");
    assert_eq!(cabin.fields.description, "Price is < 100 and we <3 guests; 5 > 4 été &unknown; €5");
    assert_eq!(listing("1010").fields.title, "Line one of a title in two");
    assert_eq!(
        listing("1010").fields.description,
        "First paragraph.\nStill the first.\n\nSecond, after many blank lines."
    );
    assert_eq!(listing("1017").fields.title, "Spaces around and within");
    assert_eq!(listing("1022").fields.title, "Bold title & an ampersand");
    assert_eq!(listing("1022").fields.description, "One.\n\nTwo.\n\nwifi\n\ntea");
    assert_eq!(listing("1012").fields.title, "Entire loft in Ballymore");
    assert!(listing("1013").fields.title.ends_with("longer and…"));
    let french = listing("1014");
    assert_eq!(french.fields.title, "Chambre d'amis à Saint-Étienne-du-Lac 🏡");
    assert_eq!(french.fields.amenities[..2], ["Sèche-cheveux", "Café 🍵"]);
    assert!(french.fields.amenities[2].chars().count() <= 60);
    assert_eq!(listing("1019").fields.amenities.len(), 100);
}

#[test]
fn kinds_rooms_and_prices_are_what_the_row_says() {
    let rooms = |id: &str| {
        let draft = listing(id);
        let (kind, unit) = (draft.fields.kind, draft.unit);
        (kind, unit.bedrooms, unit.beds, unit.bathrooms, unit.guests, unit.night_minor)
    };
    assert_eq!(rooms("1001"), (Kind::Flat, 0, 1, 1.0, 2, Some(125_000)));
    assert_eq!(rooms("900719925474099312"), (Kind::Room, 1, 1, 1.5, 2, Some(4800)));
    assert_eq!(rooms("1004"), (Kind::House, 2, 3, 1.0, 5, None));
    assert_eq!(rooms("1005"), (Kind::Flat, 1, 1, 0.5, 2, Some(6150)));
    assert_eq!(rooms("1006"), (Kind::Bed, 1, 1, 0.0, 1, Some(2300)));
    assert_eq!(rooms("1007"), (Kind::Flat, 2, 2, 1.0, 2, Some(14_000)));
    assert_eq!(rooms("1008"), (Kind::Flat, 1, 1, 1.0, 2, Some(7700)));
    assert_eq!(rooms("1009"), (Kind::Room, 1, 1, 1.0, 2, Some(18_200)));
    assert_eq!(rooms("1015"), (Kind::House, 1, 1, 1.0, 2, Some(20_500)));
    assert_eq!(rooms("1016"), (Kind::House, 7, 11, 4.5, 16, Some(33_000)));
    assert_eq!(rooms("1018"), (Kind::Room, 1, 1, 0.5, 2, Some(6400)));
    assert_eq!(rooms("1020").5, None);
    assert_eq!(listing("1004").wanted, Wanted::Draft);
    assert_eq!(listing("1001").wanted, Wanted::Live);
    assert_eq!(listing("1001").stay, Some(StayLimits { min: 3, max: Some(30) }));
    assert_eq!(listing("1015").stay, Some(StayLimits { min: 2, max: None }));
    assert_eq!(listing("1005").stay, None);
}

#[test]
fn places_are_the_files_city_and_the_local_name() {
    let place = |id: &str| {
        let address = listing(id).fields.address;
        (address.city, address.region, address.country)
    };
    let in_city = |region: &str| ("Ballymore".to_owned(), Some(region.to_owned()), "IE".to_owned());
    assert_eq!(place("1001"), in_city("Fenwick North"));
    assert_eq!(place("1004"), in_city("Fenwick North"));
    assert_eq!(place("1015"), in_city("Ballymore 8"));
    assert_eq!(place("1016"), in_city("Little Fenwick"));
    let given = Options { city: Some("Fenwick".into()), country: Some("GB".into()), ..options() };
    let mut rows = open(&fixture(), given).unwrap();
    let Some(Ok(Row::Listing { draft, .. })) = rows.next() else { panic!("no listing") };
    assert_eq!(
        (draft.fields.address.city.as_str(), draft.fields.address.country.as_str()),
        ("Fenwick", "GB")
    );
}

#[test]
fn another_kind_of_file_is_refused_by_the_column_it_lacks() {
    let refused = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        open(file.path(), options()).err().unwrap()
    };
    let summary = "id,name,neighbourhood,latitude,longitude,room_type,price\n1,a,b,1,2,c,3\n";
    let error = refused(summary);
    assert!(matches!(error, ReadError::MissingColumn { column: "property_type" }), "{error}");
    assert!(error.to_string().starts_with("column 'property_type' is missing: expected"));
    assert!(matches!(refused(""), ReadError::Empty));
    assert!(matches!(open(Path::new("/no/such/file"), options()), Err(ReadError::Io(_))));
}

#[test]
fn a_file_cut_short_is_an_error_after_its_good_rows() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&std::fs::read(fixture()).unwrap()).unwrap();
    let mut whole = encoder.finish().unwrap();
    whole.truncate(whole.len() * 2 / 3);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&whole).unwrap();
    let given = Options { city: Some("Ballymore".into()), country: Some("IE".into()), ..options() };
    let mut rows = open(file.path(), given).unwrap();
    let last = rows.by_ref().last();
    assert!(matches!(last, Some(Err(ReadError::Io(_)))));
    assert!(rows.next().is_none());
}

#[test]
fn bytes_that_are_no_text_make_one_bad_row() {
    let fixture = std::fs::read(fixture()).unwrap();
    let mut lines = fixture.split_inclusive(|byte| *byte == b'\n');
    let (header, first) = (lines.next().unwrap(), lines.next().unwrap());
    let mut broken = first.to_vec();
    broken[12] = 0xff;
    let with_mark = [b"\xef\xbb\xbf".as_slice(), header, &broken, first].concat();
    let rows = rows_in(&with_mark);
    assert!(
        matches!(&rows[0], Row::Bad(bad) if bad.row == 1 && bad.reason.starts_with("not utf-8"))
    );
    assert!(matches!(&rows[1], Row::Listing { row: 2, draft } if draft.external_id == "1001"));
}

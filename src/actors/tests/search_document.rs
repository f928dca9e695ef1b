//! What of a listing gets into the index, and what does not.

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;
use uuid::Uuid;

use crate::actors::consumers::search_changes::runs;
use crate::actors::consumers::search_document::document;
use crate::domain::calendar::Nights;
use crate::domain::ids::PropertyId;
use crate::domain::property::{
    Address, Kind, Listing, ListingFields, Location, Status, UnitFields,
};

/// What a landlord says of a home in Dublin.
pub(super) fn fields(title: &str, price_minor: i64, count: u16) -> ListingFields {
    ListingFields {
        kind: Kind::Flat,
        title: title.to_owned(),
        description: "Two rooms over a bakery".to_owned(),
        address: Address {
            line: Some("7 Eccles Street".to_owned()),
            city: "Dublin".to_owned(),
            region: None,
            country: "IE".to_owned(),
        },
        location: Location { lat: 53.357_613, lon: -6.264_987 },
        zone: "Europe/Dublin".to_owned(),
        amenities: (1..=8).map(|number| format!("amenity {number}")).collect(),
        unit: UnitFields {
            name: "Flat".to_owned(),
            count,
            bedrooms: 1,
            beds: 2,
            bathrooms: 1.5,
            guests: 3,
        },
        currency: "EUR".parse().unwrap(),
        price_minor: Some(price_minor),
    }
}

fn listing(status: Status) -> Listing {
    Listing {
        id: Uuid::from_u128(1).into(),
        owner: Uuid::from_u128(2).into(),
        unit_id: Uuid::from_u128(3).into(),
        fields: fields("Loft by the canal", 12_000, 1),
        status,
        source: None,
        version: 2,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_live_listing_shows_its_card_and_never_where_exactly_it_is() {
    let document = document(&listing(Status::Live)).unwrap();
    assert_eq!((document.lat, document.lon), (53.36, -6.26));
    assert_eq!((document.half_bathrooms, document.guests), (3, 3));
    assert_eq!(
        document.card,
        json!({
            "id": "prp_00000000000000000000000000000001",
            "title": "Loft by the canal",
            "kind": "flat",
            "city": "Dublin",
            "country": "IE",
            "location": { "lat": 53.36, "lon": -6.26 },
            "price_per_night": { "amount": 12_000, "currency": "EUR" },
            "bedrooms": 1,
            "beds": 2,
            "bathrooms": 1.5,
            "guests": 3,
            "amenities":
                ["amenity 1", "amenity 2", "amenity 3", "amenity 4", "amenity 5", "amenity 6"],
        })
    );
    let all = format!("{document:?}");
    assert!(!all.contains("53.357") && !all.contains("Eccles"), "{all}");
}

#[test]
fn a_listing_that_is_not_live_has_no_document() {
    assert_eq!(document(&listing(Status::Draft)), None);
    assert_eq!(document(&listing(Status::PendingReview)), None);
}

#[test]
fn nights_are_joined_to_runs() {
    let [one, two] = [1, 2].map(|number| PropertyId::from(Uuid::from_u128(number)));
    let nights = |from, to| Nights::new(from, to).unwrap();
    let taken = [
        (one, date(2026, 12, 30)),
        (one, date(2026, 12, 31)),
        (one, date(2027, 1, 1)),
        (one, date(2027, 1, 3)),
        (two, date(2027, 1, 4)),
    ];
    let mut runs = runs(taken.to_vec());
    let first = nights(date(2026, 12, 30), date(2027, 1, 2));
    let second = nights(date(2027, 1, 3), date(2027, 1, 4));
    assert_eq!(runs.remove(&one), Some(vec![first, second]));
    assert_eq!(runs.remove(&two), Some(vec![nights(date(2027, 1, 4), date(2027, 1, 5))]));
    assert!(runs.is_empty());
}

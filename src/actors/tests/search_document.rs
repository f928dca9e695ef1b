//! What of a listing gets into the index, and what does not.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::actors::consumers::search_document::document;
use crate::domain::policies::Policies;
use crate::domain::pricing::Pricing;
use crate::domain::property::{
    Address, Kind, Listing, ListingFields, Location, Status, StayMode, Unit, UnitFields,
};

/// What a landlord says of a home in Dublin.
pub(super) fn fields(title: &str) -> ListingFields {
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
        stay_mode: StayMode::Nightly,
        currency: "EUR".parse().unwrap(),
        deposit_minor: 0,
        cleaning_fee_minor: 0,
    }
}

/// A unit type at a price of a night.
pub(super) fn unit(id: u128, price: i64, count: u16) -> Unit {
    let fields = UnitFields {
        name: "Flat".to_owned(),
        count,
        bedrooms: 1,
        beds: 2,
        bathrooms: 1.5,
        guests: 3,
        night_minor: Some(price),
        month_minor: None,
    };
    Unit { id: Uuid::from_u128(id).into(), fields }
}

fn listing(status: Status) -> Listing {
    Listing {
        id: Uuid::from_u128(1).into(),
        owner: Uuid::from_u128(2).into(),
        fields: fields("Loft by the canal"),
        units: vec![unit(3, 12_000, 1)],
        policies: Policies::default(),
        pricing: Pricing::default(),
        stay_rules: Default::default(),
        status,
        rejection: None,
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
            "version": 2,
            "title": "Loft by the canal",
            "kind": "flat",
            "city": "Dublin",
            "country": "IE",
            "location": { "lat": 53.36, "lon": -6.26 },
            "stay_mode": "nightly",
            "price_per_night": { "amount": 12_000, "currency": "EUR" },
            "price_per_month": null,
            "unit_types": 1,
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
    for status in
        [Status::Draft, Status::PendingReview, Status::Paused, Status::Rejected, Status::Archived]
    {
        assert_eq!(document(&listing(status)), None, "{status:?}");
    }
}

#[test]
fn of_several_unit_types_the_cheapest_is_shown_and_all_are_searched() {
    let mut home = listing(Status::Live);
    home.units = vec![unit(3, 12_000, 1), unit(4, 9_000, 2), unit(5, 30_000, 1)];
    home.units[1].fields.beds = 7;
    home.units[2].fields.guests = 9;
    let found = document(&home).unwrap();
    assert_eq!((found.price.amount, found.beds, found.guests), (9_000, 7, 9));
    let units: Vec<_> = found.units.iter().map(|unit| (unit.id, unit.guests)).collect();
    let id = |number| Uuid::from_u128(number).into();
    assert_eq!(units, [(id(3), 3), (id(4), 3), (id(5), 9)]);
    assert_eq!(found.card["price_per_night"]["amount"], 9_000);
    assert_eq!((&found.card["unit_types"], &found.card["beds"]), (&json!(3), &json!(7)));
}

#[test]
fn a_home_let_by_the_month_has_no_nights_to_be_found_by() {
    let mut home = listing(Status::Live);
    home.fields.stay_mode = StayMode::Monthly;
    home.units[0].fields.month_minor = Some(60_000);
    let found = document(&home).unwrap();
    assert_eq!((found.price.amount, found.units.len()), (2_000, 0));
    assert_eq!(found.card["price_per_night"], json!(null));
    assert_eq!(found.card["price_per_month"]["amount"], 60_000);
}

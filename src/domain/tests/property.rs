use super::fixture::{
    World, create, euro, fields, owner, property_id, stranger, told, unit, unit_id,
};
use crate::domain::change::{Change, Decision};
use crate::domain::property::{
    self, Command, Kind, Listing, ListingFields, Location, PRICE_MAX, Source, Status, StayMode,
    UNITS_MAX, Unit, UnitFields,
};
use crate::domain::refusal::Refusal;
use crate::domain::stay::Outcome;

/// An edit of fields and of the only unit type.
fn edit(version: i32, fields: ListingFields, unit: UnitFields, slot_ids: Vec<i64>) -> Command {
    let (fields, unit) = (Box::new(fields), Some(Box::new(unit)));
    Command::Edit { by: owner(), version, fields, unit, slot_ids }
}

fn listing(decision: &Decision) -> &Listing {
    match &decision.outcome {
        Outcome::Listing(listing) => listing,
        other => panic!("no listing: {other:?}"),
    }
}

/// The pointers of what is wrong.
fn wrong(refusal: Refusal) -> Vec<String> {
    match refusal {
        Refusal::Invalid(errors) => errors.into_iter().map(|error| error.pointer).collect(),
        other => panic!("{other:?}"),
    }
}

fn faults(change: impl FnOnce(&mut ListingFields)) -> Vec<String> {
    faults_of(|fields, _| change(fields))
}

fn faults_of(change: impl FnOnce(&mut ListingFields, &mut UnitFields)) -> Vec<String> {
    let (mut fields, mut unit) = (fields(), unit(1));
    change(&mut fields, &mut unit);
    property::check_with_unit(&fields, &unit).map_or_else(wrong, |()| Vec::new())
}

#[test]
fn a_draft_is_made_with_its_units() {
    let mut world = World::empty();
    let decision = world.listing(create(fields(), unit(3))).unwrap();
    assert_eq!(told(&decision), ["property.created"]);
    let made = listing(&decision);
    assert_eq!(Some(made), world.state.listing.as_deref());
    assert_eq!((made.status, made.version, made.owner), (Status::Draft, 1, owner()));
    assert_eq!((made.created_at, made.updated_at), (world.now, world.now));
    let slots: Vec<_> = decision
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Slot(slot) => Some((slot.slot_id, slot.unit_no)),
            _ => None,
        })
        .collect();
    assert_eq!(slots, [(1, 1), (2, 2), (3, 3)]);
    let again = world.listing(create(fields(), unit(3)));
    assert!(matches!(again, Err(Refusal::InvalidTransition { .. })), "{again:?}");
}

#[test]
fn its_source_is_kept() {
    let source = Some(Source { name: "elsewhere".into(), external_id: "9007199254740993".into() });
    let mut command = create(fields(), unit(1));
    if let Command::Create { source: place, .. } = &mut command {
        place.clone_from(&source);
    }
    let mut world = World::empty();
    world.listing(command).unwrap();
    world.listing(edit(1, fields(), unit(1), vec![])).unwrap();
    assert_eq!(world.state.listing.unwrap().source, source);
}

#[test]
fn every_unit_needs_its_slot_number() {
    for slot_ids in [vec![], vec![1], vec![1, 2, 3]] {
        let command = Command::Create {
            id: property_id(),
            owner: owner(),
            fields: Box::new(fields()),
            units: vec![Unit { id: unit_id(), fields: unit(2) }],
            slot_ids,
            policies: Box::default(),
            pricing: Box::default(),
            source: None,
        };
        assert_eq!(wrong(World::empty().listing(command).unwrap_err()), ["/unit/count"]);
    }
    let mut world = World::live(1);
    assert_eq!(
        wrong(world.listing(edit(2, fields(), unit(2), vec![])).unwrap_err()),
        ["/unit/count"]
    );
}

#[test]
fn submitting_makes_it_live() {
    let mut world = World::empty();
    world.listing(create(fields(), unit(1))).unwrap();
    let decision = world.listing(Command::Submit { by: owner(), version: 1 }).unwrap();
    assert_eq!(told(&decision), ["property.submitted", "property.approved"]);
    assert_eq!((listing(&decision).status, listing(&decision).version), (Status::Live, 2));
    let again = world.listing(Command::Submit { by: owner(), version: 2 });
    assert_eq!(again, Err(Refusal::invalid_transition("live", &["edit", "unpublish", "archive"])));
}

#[test]
fn a_live_listing_has_a_price() {
    let unpriced = UnitFields { night_minor: None, ..unit(1) };
    let mut world = World::empty();
    world.listing(create(fields(), unpriced.clone())).unwrap();
    let submit = world.listing(Command::Submit { by: owner(), version: 1 });
    assert_eq!(wrong(submit.unwrap_err()), ["/price_per_night"]);
    world.listing(edit(1, fields(), unpriced.clone(), vec![])).unwrap();
    world.listing(edit(2, fields(), unit(1), vec![])).unwrap();
    world.listing(Command::Submit { by: owner(), version: 3 }).unwrap();
    let edit = world.listing(edit(4, fields(), unpriced, vec![]));
    assert_eq!(wrong(edit.unwrap_err()), ["/price_per_night"]);
    assert_eq!(world.state.listing.unwrap().night_from(), Some(euro(10_000)));
}

#[test]
fn an_edit_starts_from_the_current_version() {
    let mut world = World::live(1);
    for version in [1, 3] {
        let stale = world.listing(edit(version, fields(), unit(1), vec![]));
        assert_eq!(stale, Err(Refusal::StaleVersion { current: 2 }));
        let stale = world.listing(Command::Submit { by: owner(), version });
        assert_eq!(stale, Err(Refusal::StaleVersion { current: 2 }));
    }
    let changed = ListingFields { title: "Another title".into(), ..fields() };
    let decision = world.listing(edit(2, changed.clone(), unit(1), vec![])).unwrap();
    assert_eq!(told(&decision), ["property.updated"]);
    assert_eq!(listing(&decision).fields, changed);
    assert_eq!((listing(&decision).version, listing(&decision).status), (3, Status::Live));
}

#[test]
fn only_the_owner_may_touch_it() {
    let mut world = World::live(1);
    let fields = Box::new(fields());
    let edit = Command::Edit { by: stranger(), version: 2, fields, unit: None, slot_ids: vec![] };
    assert_eq!(world.listing(edit), Err(Refusal::NotFound));
    // Not even the version is told.
    assert_eq!(
        world.listing(Command::Submit { by: stranger(), version: 9 }),
        Err(Refusal::NotFound)
    );
    let nothing = World::empty().listing(Command::Submit { by: owner(), version: 1 });
    assert_eq!(nothing, Err(Refusal::NotFound));
}

#[test]
fn units_can_be_added_and_taken_away() {
    let mut world = World::live(2);
    let decision = world.listing(edit(2, fields(), unit(4), vec![13, 14])).unwrap();
    let added = decision.changes.iter().filter_map(|change| match change {
        Change::Slot(slot) => Some((slot.slot_id, slot.unit_no)),
        _ => None,
    });
    assert_eq!(added.collect::<Vec<_>>(), [(13, 3), (14, 4)]);
    assert_eq!(world.state.inventory.count(unit_id()), 4);
    // No stay is in the way: the units with the highest numbers go.
    let fewer = world.listing(edit(3, fields(), unit(3), vec![])).unwrap();
    assert!(fewer.changes.contains(&Change::RetireSlot(14)), "{:?}", fewer.changes);
    assert_eq!(world.state.inventory.count(unit_id()), 3);
}

#[test]
fn currency_and_zone_are_for_ever() {
    let mut world = World::live(1);
    let changed = ListingFields {
        currency: "USD".parse().unwrap(),
        zone: "Europe/Berlin".into(),
        ..fields()
    };
    let refusal = world.listing(edit(2, changed, unit(1), vec![])).unwrap_err();
    assert_eq!(wrong(refusal), ["/price_per_night/currency", "/zone"]);
}

#[test]
fn texts_are_within_their_limits() {
    type Set = fn(&mut ListingFields, &mut UnitFields, String);
    let texts: [(&str, usize, usize, Set); 7] = [
        ("/title", 3, 120, |fields, _, text| fields.title = text),
        ("/description", 0, 5000, |fields, _, text| fields.description = text),
        ("/address/city", 1, 100, |fields, _, text| fields.address.city = text),
        ("/address/line", 0, 200, |fields, _, text| fields.address.line = Some(text)),
        ("/address/region", 0, 200, |fields, _, text| fields.address.region = Some(text)),
        ("/unit/name", 1, 60, |_, unit, text| unit.name = text),
        ("/amenities", 1, 60, |fields, _, text| fields.amenities = vec![text]),
    ];
    for (pointer, least, most, set) in texts {
        let with = |text: String| faults_of(|fields, unit| set(fields, unit, text));
        let none: [&str; 0] = [];
        assert_eq!(with("é".repeat(least)), none, "{pointer}");
        assert_eq!(with("é".repeat(most)), none, "{pointer}");
        assert_eq!(with("é".repeat(most + 1)), [pointer]);
        assert_eq!(with(format!("abc{}", " ".repeat(most))), [pointer], "padded with blanks");
        if least > 0 {
            assert_eq!(with("é".repeat(least - 1)), [pointer]);
            assert_eq!(with(" ".repeat(least)), [pointer], "only blanks");
        }
        for stray in ["abc\0", "abc\u{1b}def", "abc\u{c}", "\u{85}abc"] {
            assert_eq!(with(stray.into()), [pointer], "{stray:?}");
        }
        let lines = with("abc\ndef".into());
        assert_eq!(lines.is_empty(), pointer == "/description", "{pointer}");
    }
}

#[test]
fn numbers_are_within_their_limits() {
    type Set = fn(&mut UnitFields, u16);
    let numbers: [(&str, u16, u16, Set); 4] = [
        ("/unit/count", 1, UNITS_MAX, |unit, number| unit.count = number),
        ("/unit/bedrooms", 0, 50, |unit, number| unit.bedrooms = number),
        ("/unit/beds", 0, 100, |unit, number| unit.beds = number),
        ("/unit/guests", 1, 100, |unit, number| unit.guests = number),
    ];
    for (pointer, least, most, set) in numbers {
        let with = |number| faults_of(|_, unit| set(unit, number));
        assert!(with(least).is_empty() && with(most).is_empty(), "{pointer}");
        assert_eq!(with(most + 1), [pointer]);
        if let Some(less) = least.checked_sub(1) {
            assert_eq!(with(less), [pointer]);
        }
    }
    for (price, good) in
        [(0, false), (-1, false), (1, true), (PRICE_MAX, true), (PRICE_MAX + 1, false)]
    {
        let found = faults_of(|_, unit| unit.night_minor = Some(price));
        assert_eq!(found.is_empty(), good, "{price}");
        assert!(good || found == ["/price_per_night/amount"]);
    }
    for (bathrooms, good) in [
        (0.0, true),
        (0.5, true),
        (50.0, true),
        (50.5, false),
        (0.25, false),
        (-0.5, false),
        (f32::NAN, false),
        (f32::INFINITY, false),
    ] {
        let found = faults_of(|_, unit| unit.bathrooms = bathrooms);
        assert_eq!(found.is_empty(), good, "{bathrooms}");
    }
}

#[test]
fn places_are_on_earth() {
    for (lat, lon, wrong) in [
        (90.0, 180.0, vec![]),
        (-90.0, -180.0, vec![]),
        (90.000_1, 0.0, vec!["/location/lat"]),
        (0.0, -180.000_1, vec!["/location/lon"]),
        (f64::NAN, f64::INFINITY, vec!["/location/lat", "/location/lon"]),
    ] {
        assert_eq!(faults(|fields| fields.location = Location { lat, lon }), wrong);
    }
    for country in ["", "I", "IRL", "ie", "É", "1E"] {
        assert_eq!(faults(|fields| fields.address.country = country.into()), ["/address/country"]);
    }
    for zone in ["", "Europe/Atlantis", "+01:00"] {
        assert_eq!(faults(|fields| fields.zone = zone.into()), ["/zone"]);
    }
    assert_eq!(faults(|fields| fields.amenities = vec!["Wifi".into(); 100]), [""; 0]);
    assert_eq!(faults(|fields| fields.amenities = vec!["Wifi".into(); 101]), ["/amenities"]);
}

#[test]
fn all_faults_are_named_at_once() {
    let found = faults_of(|fields, unit| {
        fields.title = String::new();
        unit.count = 0;
        unit.night_minor = Some(0);
    });
    assert_eq!(found, ["/title", "/unit/count", "/price_per_night/amount"]);
}

#[test]
fn strangers_see_a_point_within_a_kilometre() {
    let exact = Location { lat: 53.338_59, lon: -6.260_31 };
    assert_eq!(exact.blurred(), Location { lat: 53.34, lon: -6.26 });
}

#[test]
fn names_are_those_that_are_written() {
    for kind in [Kind::Bed, Kind::Room, Kind::Flat, Kind::House] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
    for mode in [StayMode::Nightly, StayMode::Monthly, StayMode::Both] {
        assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
    }
    for status in [
        Status::Draft,
        Status::PendingReview,
        Status::Live,
        Status::Paused,
        Status::Rejected,
        Status::Archived,
    ] {
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
}

//! Unit types: added, changed, made smaller and taken away, and the nights in them.

use uuid::Uuid;

use super::fixture::{World, booking_id, euro, nights, owner, tenant, told, unit, unit_id};
use crate::domain::booking;
use crate::domain::change::{Change, Decision};
use crate::domain::ids::UnitId;
use crate::domain::property::{Command, UNIT_TYPES_MAX, Unit, UnitFields};
use crate::domain::refusal::Refusal;

fn second() -> UnitId {
    UnitId::from(Uuid::from_u128(12))
}

fn version(world: &World) -> i32 {
    world.state.listing.as_ref().unwrap().version
}

fn add(world: &mut World, id: UnitId, fields: UnitFields) -> Result<Decision, Refusal> {
    let slots = 100..100 + i64::from(fields.count);
    let (by, version) = (owner(), version(world));
    let unit = Box::new(Unit { id, fields });
    world.listing(Command::AddUnit { by, version, unit, slot_ids: slots.collect() })
}

fn change(world: &mut World, id: UnitId, fields: UnitFields) -> Result<Decision, Refusal> {
    let (by, version) = (owner(), version(world));
    let unit = Box::new(Unit { id, fields });
    world.listing(Command::EditUnit { by, version, unit, slot_ids: vec![] })
}

fn remove(world: &mut World, unit_id: UnitId) -> Result<Decision, Refusal> {
    let (by, version) = (owner(), version(world));
    world.listing(Command::RemoveUnit { by, version, unit_id })
}

/// A home of a double at 80 and of `count` singles at 100.
fn hotel(count: u16) -> World {
    let mut world = World::live(count);
    let double = UnitFields { guests: 4, night_minor: Some(8_000), ..unit(1) };
    add(&mut world, second(), double).unwrap();
    world
}

fn hold_in(
    world: &mut World,
    number: u128,
    unit_id: Option<UnitId>,
    guests: u16,
) -> Result<Decision, Refusal> {
    let (by, booking_id) = (tenant(), booking_id(number));
    world.book(booking::Command::Hold {
        by,
        booking_id,
        unit_id,
        nights: nights(5, 8),
        guests,
        slot: None,
        offer: None,
    })
}

fn retired(decision: &Decision) -> Vec<i64> {
    let slot = |change: &Change| match change {
        Change::RetireSlot(slot) => Some(*slot),
        _ => None,
    };
    decision.changes.iter().filter_map(slot).collect()
}

#[test]
fn each_type_has_its_own_nights_guests_and_price() {
    let mut world = hotel(1);
    let unsaid = hold_in(&mut world, 1, None, 1).unwrap_err();
    assert!(matches!(&unsaid, Refusal::Invalid(e) if e[0].pointer == "/unit_id"), "{unsaid:?}");
    hold_in(&mut world, 1, Some(unit_id()), 1).unwrap();
    assert_eq!(world.booking(1).total, euro(30_000));
    let full = hold_in(&mut world, 2, Some(unit_id()), 1);
    assert!(matches!(full, Err(Refusal::NightsTaken { .. })), "{full:?}");
    hold_in(&mut world, 3, Some(second()), 4).unwrap();
    assert_eq!(world.booking(3).total, euro(24_000));
    assert_eq!(world.booking(3).unit_id, second());
    let crowd = hold_in(&mut world, 4, Some(unit_id()), 4);
    assert!(matches!(crowd, Err(Refusal::NotBookable { .. })), "{crowd:?}");
    let none = UnitId::from(Uuid::from_u128(99));
    assert_eq!(hold_in(&mut world, 5, Some(none), 1), Err(Refusal::NotFound));
}

#[test]
fn a_type_gets_smaller_while_the_stays_still_fit() {
    let mut world = World::live(3);
    // Slots 1 to 3: two stays at once, and one that could be in any.
    world.hold(1, nights(5, 8)).unwrap();
    world.hold(2, nights(6, 9)).unwrap();
    world.hold(3, nights(7, 10)).unwrap();
    assert_eq!(change(&mut world, unit_id(), unit(2)), Err(Refusal::HasStays));
    world.release(1).unwrap();
    let decision = change(&mut world, unit_id(), unit(2)).unwrap();
    assert_eq!(told(&decision), ["property.updated"]);
    assert_eq!(retired(&decision), [1], "the one that nobody is in");
    assert_eq!(world.state.inventory.count(unit_id()), 2);
    assert!(world.holds_nights(2) && world.holds_nights(3));
    world.release(2).unwrap();
    world.hold(4, nights(10, 12)).unwrap();
    // Stays one after the other need one unit: the later one moves.
    let decision = change(&mut world, unit_id(), unit(1)).unwrap();
    assert_eq!(retired(&decision).len(), 1);
    assert!(world.holds_nights(3) && world.holds_nights(4));
    let taken = world.hold(5, nights(9, 11));
    assert!(matches!(taken, Err(Refusal::NightsTaken { .. })), "{taken:?}");
    // What was taken away comes back under the number that is free.
    let (by, version) = (owner(), version(&world));
    let unit = Box::new(Unit { id: unit_id(), fields: unit(2) });
    let more = Command::EditUnit { by, version, unit, slot_ids: vec![77] };
    world.listing(more).unwrap();
    world.hold(5, nights(9, 11)).unwrap();
}

#[test]
fn a_guest_who_is_there_is_not_moved() {
    let mut world = World::live(2);
    world.hold(1, nights(1, 9)).unwrap();
    world.checkout(1).unwrap();
    world.paid(1).unwrap();
    world.hold(2, nights(2, 9)).unwrap();
    world.checkout(2).unwrap();
    world.paid(2).unwrap();
    world.days_later(3);
    assert_eq!(change(&mut world, unit_id(), unit(1)), Err(Refusal::HasStays));
    world.days_later(5);
    let decision = change(&mut world, unit_id(), unit(1)).unwrap();
    assert_eq!(retired(&decision).len(), 1, "both have left");
}

#[test]
fn the_unit_that_goes_is_not_that_of_a_guest_who_is_there() {
    let mut world = World::live(2);
    world.hold(1, nights(1, 3)).unwrap();
    world.hold(2, nights(2, 9)).unwrap();
    world.checkout(2).unwrap();
    world.paid(2).unwrap();
    world.release(1).unwrap();
    world.hold(3, nights(10, 12)).unwrap();
    let there = *world.state.inventory.of(booking_id(2).into()).unwrap();
    world.days_later(3);
    world.fire(3);
    world.hold(4, nights(20, 22)).unwrap();
    let decision = change(&mut world, unit_id(), unit(1)).unwrap();
    assert_eq!((there.slot_id, retired(&decision)), (2, vec![1]));
    assert_eq!(world.state.inventory.of(booking_id(2).into()), Some(&there));
    assert!(world.holds_nights(4), "who comes later moves over");
}

#[test]
fn nights_that_an_open_booking_will_give_back_are_not_lost() {
    let mut world = World::live(2);
    world.hold(1, nights(1, 2)).unwrap();
    world.checkout(1).unwrap();
    world.days_later(2);
    assert_eq!(change(&mut world, unit_id(), unit(1)), Err(Refusal::HasStays));
    world.fire(1);
    for _ in 0..4 {
        world.fire(1);
    }
    change(&mut world, unit_id(), unit(1)).unwrap();
}

#[test]
fn a_type_goes_when_nobody_is_to_come_and_it_is_not_the_last() {
    let mut world = hotel(1);
    hold_in(&mut world, 1, Some(second()), 1).unwrap();
    assert_eq!(remove(&mut world, second()), Err(Refusal::HasStays));
    world.release(1).unwrap();
    let decision = remove(&mut world, second()).unwrap();
    assert_eq!(retired(&decision), [100]);
    assert_eq!(remove(&mut world, second()), Err(Refusal::NotFound));
    let last = remove(&mut world, unit_id());
    assert!(matches!(last, Err(Refusal::InvalidTransition { .. })), "{last:?}");
    hold_in(&mut world, 2, None, 1).unwrap();
}

#[test]
fn there_are_twenty_types_at_most_and_each_of_a_live_home_has_a_price() {
    let mut world = World::live(1);
    let unpriced = UnitFields { night_minor: None, ..unit(1) };
    let refused = add(&mut world, second(), unpriced.clone()).unwrap_err();
    assert!(matches!(&refused, Refusal::Invalid(e) if e[0].pointer == "/price_per_night"));
    for number in 1..UNIT_TYPES_MAX {
        let id = UnitId::from(Uuid::from_u128(100 + u128::try_from(number).unwrap()));
        add(&mut world, id, unit(1)).unwrap();
    }
    assert!(matches!(add(&mut world, second(), unit(1)), Err(Refusal::Invalid(_))));
    let refused = change(&mut world, unit_id(), unpriced);
    assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    let nobody = change(&mut world, second(), unit(1));
    assert_eq!(nobody, Err(Refusal::NotFound));
    assert!(matches!(change(&mut world, unit_id(), unit(201)), Err(Refusal::Invalid(_))));
}

#[test]
fn a_new_price_of_a_night_is_told() {
    let mut world = hotel(1);
    let dearer = UnitFields { night_minor: Some(12_000), ..unit(1) };
    let decision = change(&mut world, unit_id(), dearer.clone()).unwrap();
    assert_eq!(told(&decision), ["property.updated", "property.price_changed"]);
    let decision = change(&mut world, unit_id(), dearer).unwrap();
    assert_eq!(told(&decision), ["property.updated"]);
    assert_eq!(world.state.listing.unwrap().night_from(), Some(euro(8_000)));
}

#[test]
fn several_types_are_not_changed_as_if_they_were_one() {
    let mut world = hotel(1);
    let (by, version) = (owner(), version(&world));
    let fields = Box::new(super::fixture::fields());
    let unit = Some(Box::new(unit(1)));
    let edit = Command::Edit { by, version, fields: fields.clone(), unit, slot_ids: vec![] };
    let refused = world.listing(edit).unwrap_err();
    assert!(matches!(&refused, Refusal::Invalid(e) if e[0].pointer == "/unit"), "{refused:?}");
    world.listing(Command::Edit { by, version, fields, unit: None, slot_ids: vec![] }).unwrap();
}

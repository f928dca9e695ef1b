//! Nights that a landlord keeps back, and stays that get another unit.

use super::fixture::{
    World, booking_id, create, fields, june, nights, owner, stranger, tenant, told, unit, unit_id,
};
use crate::domain::block::{Blocked, Command, Extent};
use crate::domain::booking;
use crate::domain::change::Decision;
use crate::domain::ids::{ProposalId, UnitId};
use crate::domain::inventory::Occupant;
use crate::domain::property::{self, Unit};
use crate::domain::refusal::Refusal;
use crate::domain::stay::{self, Outcome};

const ALL: Extent = Extent { unit_id: None, unit_no: None, units: None };

fn calendar(world: &mut World, command: Command) -> Result<Decision, Refusal> {
    world.run(stay::Command::Calendar(command))
}

fn block(world: &mut World, extent: Extent, from: i8, to: i8) -> Result<Vec<Blocked>, Refusal> {
    let command =
        Command::Block { by: owner(), extent, nights: nights(from, to), reason: "paint".into() };
    calendar(world, command).map(|decision| match decision.outcome {
        Outcome::Blocks(blocks) => blocks,
        other => panic!("{other:?}"),
    })
}

fn move_to(world: &mut World, number: u128, unit_no: u16) -> Result<Decision, Refusal> {
    let command = Command::Move { by: owner(), booking_id: booking_id(number), unit_no };
    calendar(world, command)
}

fn taken<T>(result: Result<T, Refusal>) -> bool {
    matches!(result, Err(Refusal::NightsTaken { .. }))
}

fn wrong<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    match result {
        Err(Refusal::Invalid(errors)) => errors[0].pointer.clone(),
        other => panic!("{other:?}"),
    }
}

/// A paid stay.
fn book(world: &mut World, number: u128, from: i8, to: i8) {
    world.hold(number, nights(from, to)).unwrap();
    world.checkout(number).unwrap();
    world.paid(number).unwrap();
}

fn unit_no(world: &World, number: u128) -> u16 {
    world.state.inventory.slot_of(booking_id(number).into()).unwrap().unit_no
}

#[test]
fn nights_kept_back_are_not_sold_until_they_are_offered_again() {
    let mut world = World::live(1);
    let blocks = block(&mut world, ALL, 5, 8).unwrap();
    assert_eq!((blocks.len(), blocks[0].unit_no), (1, 1));
    assert!(taken(world.hold(1, nights(7, 9))));
    world.hold(2, nights(8, 9)).unwrap();
    let id = blocks[0].block.id;
    let by = |by| Command::Unblock { by, block_id: id };
    assert_eq!(calendar(&mut world, by(stranger())).unwrap_err(), Refusal::NotFound);
    assert_eq!(told(&calendar(&mut world, by(owner())).unwrap()), ["calendar.unblocked"]);
    world.hold(1, nights(7, 8)).unwrap();
    let again = calendar(&mut world, by(owner()));
    assert!(matches!(again, Err(Refusal::InvalidTransition { .. })), "{again:?}");
}

#[test]
fn a_block_does_not_go_where_a_stay_is() {
    let mut world = World::live(2);
    world.hold(1, nights(5, 8)).unwrap();
    assert!(taken(block(&mut world, ALL, 7, 10)), "all units");
    let one = Extent { units: Some(1), ..ALL };
    assert_eq!(block(&mut world, one, 7, 10).unwrap().len(), 1);
    assert!(taken(block(&mut world, one, 7, 10)));
    assert!(taken(block(&mut world, Extent { unit_no: Some(2), ..ALL }, 7, 8)), "a block, too");
    let by = Command::Block {
        by: stranger(),
        extent: ALL,
        nights: nights(20, 21),
        reason: String::new(),
    };
    assert_eq!(calendar(&mut world, by).unwrap_err(), Refusal::NotFound);
}

#[test]
fn a_block_of_a_certain_unit_makes_stays_move_and_stays_itself() {
    let mut world = World::live(2);
    world.hold(1, nights(5, 8)).unwrap();
    let first = Extent { unit_no: Some(1), ..ALL };
    let blocks = block(&mut world, first, 6, 7).unwrap();
    assert_eq!((blocks[0].unit_no, unit_no(&world, 1)), (1, 2));
    let at = *world.state.inventory.of(Occupant::Block(blocks[0].block.id)).unwrap();
    assert!(at.pinned);
}

#[test]
fn what_is_blocked_is_said_well() {
    let mut world = World::live(2);
    let at = |extent| wrong(block(&mut World::live(2), extent, 5, 8));
    assert_eq!(at(Extent { units: Some(3), ..ALL }), "/units");
    assert_eq!(at(Extent { units: Some(1), unit_no: Some(1), ..ALL }), "/units");
    assert_eq!(at(Extent { unit_no: Some(3), ..ALL }), "/unit_no");
    world.days_later(5);
    assert_eq!(wrong(block(&mut world, ALL, 5, 8)), "/check_in");
    let reason = "x".repeat(501);
    let command = Command::Block { by: owner(), extent: ALL, nights: nights(20, 21), reason };
    assert_eq!(wrong(calendar(&mut world, command)), "/reason");
    let other = Some(UnitId::from(uuid::Uuid::from_u128(99)));
    assert_eq!(
        block(&mut world, Extent { unit_id: other, ..ALL }, 20, 21).unwrap_err(),
        Refusal::NotFound
    );
}

#[test]
fn the_whole_home_is_all_units_of_all_types() {
    let mut world = World::empty();
    world.listing(create(fields(), unit(2))).unwrap();
    let other = UnitId::from(uuid::Uuid::from_u128(12));
    let add = Unit { id: other, fields: unit(3) };
    let slot_ids = vec![101, 102, 103];
    let command =
        property::Command::AddUnit { by: owner(), version: 1, unit: Box::new(add), slot_ids };
    world.listing(command).unwrap();
    assert_eq!(wrong(block(&mut world, Extent { units: Some(1), ..ALL }, 5, 8)), "/unit_id");
    let blocks = block(&mut world, ALL, 5, 8).unwrap();
    assert_eq!(blocks.iter().filter(|one| one.block.unit_id == unit_id()).count(), 2);
    assert_eq!(blocks.len(), 5);
    let listing = world.state.listing.clone().unwrap();
    let gone =
        property::Command::RemoveUnit { by: owner(), version: listing.version, unit_id: other };
    assert_eq!(world.listing(gone).unwrap_err(), Refusal::HasStays, "its blocks first");
    let version = listing.version;
    world.listing(property::Command::Archive { by: owner(), version }).unwrap();
    let over = block(&mut world, ALL, 20, 21);
    assert!(matches!(over, Err(Refusal::InvalidTransition { .. })), "{over:?}");
}

#[test]
fn a_stay_is_given_another_unit_and_keeps_it() {
    let mut world = World::live(3);
    book(&mut world, 1, 5, 8);
    book(&mut world, 2, 5, 8);
    let decision = move_to(&mut world, 1, 3).unwrap();
    assert_eq!(told(&decision), ["booking.moved"]);
    assert!(matches!(&decision.outcome, Outcome::Booking(seen) if seen.unit_no == Some(3)));
    assert_eq!([unit_no(&world, 1), unit_no(&world, 2)], [3, 2]);
    move_to(&mut world, 1, 2).unwrap();
    assert_eq!(unit_no(&world, 1), 2, "the other makes room");
    assert_ne!(unit_no(&world, 2), 2);
    let there = unit_no(&world, 2);
    assert!(told(&move_to(&mut world, 2, there).unwrap()).is_empty(), "it stays where it is");
    assert!(taken(move_to(&mut world, 1, there)), "and keeps it now");
    assert_eq!(wrong(move_to(&mut world, 1, 4)), "/unit_no");
    let by = Command::Move { by: stranger(), booking_id: booking_id(1), unit_no: 1 };
    assert_eq!(calendar(&mut world, by).unwrap_err(), Refusal::NotFound);
}

#[test]
fn only_stays_that_stand_are_moved() {
    let mut world = World::live(2);
    world.hold(1, nights(5, 8)).unwrap();
    let held = move_to(&mut world, 1, 2);
    assert!(matches!(held, Err(Refusal::InvalidTransition { .. })), "{held:?}");
    book(&mut world, 2, 2, 4);
    let row = world.booking(2).clone();
    world.days_later(10);
    world.state.take_in(Box::new(row));
    let over = move_to(&mut world, 2, 1);
    assert!(matches!(over, Err(Refusal::InvalidTransition { .. })), "{over:?}");
}

/// A change takes all nights that are agreed on, also of a stay that has a unit of its own.
#[test]
fn a_stay_with_a_unit_of_its_own_may_begin_earlier() {
    let mut world = World::live(2);
    book(&mut world, 1, 10, 13);
    move_to(&mut world, 1, 2).unwrap();
    let (booking_id, change_id) = (booking_id(1), ProposalId::from(uuid::Uuid::from_u128(4001)));
    let (check_in, check_out) = (Some(june(8)), Some(june(11)));
    let (unit_id, guests) = (None, None);
    let by = tenant();
    world
        .book(booking::Command::Propose {
            by,
            booking_id,
            change_id,
            unit_id,
            check_in,
            check_out,
            guests,
            promo: None,
        })
        .unwrap();
    let (by, answer) = (owner(), booking::Answer::Accept);
    world.book(booking::Command::Answer { by, booking_id, change_id, answer }).unwrap();
    assert_eq!(world.booking(1).nights, nights(8, 11));
    let now = world.state.inventory.of(booking_id.into()).unwrap();
    assert_eq!((now.nights, now.pinned), (nights(8, 11), true));
}

/// The nights behind guests who change tonight stay theirs in no unit: who was in the other
/// unit before is not in their way.
#[test]
fn guests_who_are_there_change_tonight() {
    let mut world = World::live(2);
    book(&mut world, 1, 1, 8);
    book(&mut world, 2, 1, 3);
    assert_eq!([unit_no(&world, 1), unit_no(&world, 2)], [1, 2]);
    world.days_later(3);
    move_to(&mut world, 1, 2).unwrap();
    let now = world.state.inventory.of(booking_id(1).into()).unwrap();
    assert_eq!((now.nights, now.pinned), (nights(4, 8), true));
}

//! Guests who have left: the nights that they did not spend are free, and the gap behind those
//! that they spent is kept from other stays, from nobody else, and not for ever.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;

use super::fixture::{World, booking_id, june, nights, owner, unit, unit_id};
use crate::domain::block;
use crate::domain::booking::{BookingStatus, Command};
use crate::domain::calendar::Nights;
use crate::domain::change::Change;
use crate::domain::inventory::{Allotment, Inventory, Occupancy, Slot};
use crate::domain::property;
use crate::domain::refusal::Refusal;
use crate::domain::stay;

/// A home with a gap of two nights, to which guests come for three on the fifth.
fn world(count: u16) -> World {
    let mut world = World::live(count);
    let mut listing = world.listing_mut().clone();
    listing.stay_rules.buffer_after = 2;
    world.state.apply(&Change::Listing(Box::new(listing)));
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.paid(1).unwrap();
    world
}

/// They come, and leave so many days later.
fn leave_after(world: &mut World, days: i64) {
    world.days_later(4);
    world.later(Duration::from_hours(4));
    let check_in = Command::CheckIn { by: owner(), booking_id: booking_id(1), proved: false };
    world.book(check_in).unwrap();
    world.days_later(days);
    world.book(Command::CheckOut { by: owner(), booking_id: booking_id(1) }).unwrap();
}

fn is_taken(world: &mut World, number: u128, nights: Nights) -> bool {
    match world.hold(number, nights) {
        Ok(_) => false,
        Err(Refusal::NightsTaken { .. }) => true,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn behind_guests_who_left_early_the_gap_is_kept_and_the_rest_is_free() {
    let mut world = world(1);
    leave_after(&mut world, 1);
    let lies = *world.state.inventory.of(booking_id(1).into()).unwrap();
    assert_eq!((lies.nights, lies.left), (nights(5, 6), true));
    assert!(is_taken(&mut world, 2, nights(6, 7)));
    assert!(is_taken(&mut world, 2, nights(7, 9)));
    // A landlord who works there keeps the very nights back.
    let extent = block::Extent { unit_id: None, unit_no: None, units: None };
    let (by, reason) = (owner(), String::new());
    let work = block::Command::Block { by, extent, nights: nights(6, 7), reason };
    world.run(stay::Command::Calendar(work)).unwrap();
    assert!(!is_taken(&mut world, 2, nights(8, 9)));
}

#[test]
fn behind_a_stay_that_is_over_by_itself_the_gap_is_kept_as_well() {
    let mut world = world(1);
    world.fire(1);
    assert_eq!(world.status(1), BookingStatus::Completed);
    assert!(is_taken(&mut world, 2, nights(9, 10)));
    assert!(!is_taken(&mut world, 2, nights(10, 11)));
}

#[test]
fn a_gap_that_is_over_or_has_nothing_before_it_is_not_kept() {
    let mut late = world(1);
    late.days_later(20);
    late.fire(1);
    assert!(!late.holds_nights(1), "told of it when it was long over");

    let mut same_day = world(1);
    leave_after(&mut same_day, 0);
    assert!(!same_day.holds_nights(1), "no night was spent");
    assert!(!is_taken(&mut same_day, 2, nights(5, 6)));

    let mut world = world(1);
    world.listing_mut().stay_rules.buffer_after = 0;
    let listing = world.state.listing.clone().unwrap();
    world.state.apply(&Change::Listing(listing));
    leave_after(&mut world, 1);
    assert!(!world.holds_nights(1), "there is no gap");
}

#[test]
fn whoever_has_left_does_not_keep_units_from_going() {
    let mut world = world(2);
    leave_after(&mut world, 1);
    let version = world.state.listing.as_ref().unwrap().version;
    let fewer = Box::new(property::Unit { id: unit_id(), fields: unit(1) });
    let by = owner();
    world
        .listing(property::Command::EditUnit { by, version, unit: fewer, slot_ids: vec![] })
        .unwrap();
    let archive = property::Command::Archive { by, version: version + 1 };
    world.listing(archive).unwrap();
}

/// What happens to a home.
#[derive(Debug, Clone)]
enum Step {
    /// A stay is wanted so many days from today, for so many nights.
    Book(i64, i64),
    /// Of the guests who are there the how-many-eth leave.
    Leave(usize),
    /// A day passes.
    Sleep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..8_i64, 1..6_i64).prop_map(|(from, count)| Step::Book(from, count)),
        3 => (0..4_usize).prop_map(Step::Leave),
        3 => Just(Step::Sleep),
    ]
}

/// A stay as a naive landlord notes it down: from when to when nobody else can come.
fn padded(nights: Nights, gap: u16) -> impl Iterator<Item = Date> {
    let until = nights.check_out() + i64::from(gap).days();
    nights.check_in().series(1.day()).take_while(move |night| *night < until)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Those who have left count with their gap like all others, until it is over.
    #[test]
    fn a_stay_is_refused_only_for_those_who_are_to_come_or_whose_gap_is_not_over(
        count in 1..4_i64,
        gap in 0..4_u16,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut real = Inventory::default();
        for slot_id in 1..=count {
            let unit_no = u16::try_from(slot_id).unwrap();
            real.add_slot(Slot { slot_id, unit_id: unit_id(), unit_no });
        }
        real.set_gap(gap);
        let (mut noted, mut today): (Vec<(u128, Nights)>, _) = (Vec::new(), june(1));
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Book(from, length) => {
                    let from = today + from.days();
                    let wanted = Nights::new(from, from + length.days()).unwrap();
                    let there = |night| {
                        let on = noted.iter().filter(|(_, n)| padded(*n, gap).any(|o| o == night));
                        i64::try_from(on.count()).unwrap()
                    };
                    let fits = padded(wanted, gap).all(|night| there(night) < count);
                    let found = real.allot(unit_id(), wanted, today);
                    prop_assert_eq!(found.is_some(), fits, "{:?} on {:?}", wanted, noted);
                    let Some(Allotment { slot_id, moves }) = found else { continue };
                    prop_assert!(moves.iter().all(|one| !one.left));
                    let (occupant, nights) = (booking_id(number).into(), wanted);
                    let new = Occupancy { occupant, slot_id, nights, pinned: false, left: false };
                    moves.into_iter().chain([new]).for_each(|one| real.occupy(one));
                    noted.push((number, wanted));
                }
                Step::Leave(at) => {
                    let there = |(_, n): &&(u128, Nights)| n.check_in() <= today && today <= n.check_out();
                    let Some((who, nights)) = noted.iter().filter(there).nth(at).copied() else { continue };
                    let occupant = booking_id(who).into();
                    match real.spent(occupant, today) {
                        Some(spent) => real.occupy(spent),
                        None => real.vacate(occupant),
                    }
                    noted.retain(|(number, _)| *number != who);
                    let spent = Nights::new(nights.check_in(), today);
                    noted.extend(spent.ok().map(|nights| (who, nights)));
                }
                Step::Sleep => today = today.tomorrow().unwrap(),
            }
        }
    }
}

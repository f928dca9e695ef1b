//! The calendar against a naive one: for each night, the set of bookings in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::{booking_id, june, nights, unit_id};
use crate::domain::calendar::Nights;
use crate::domain::ids::{BookingId, UnitId};
use crate::domain::inventory::{Allotment, Inventory, Occupancy, Occupant, Slot};

fn slot(slot_id: i64) -> Slot {
    let unit_no = u16::try_from(slot_id).unwrap();
    Slot { slot_id, unit_id: unit_id(), unit_no }
}

fn inventory(count: i64) -> Inventory {
    let mut inventory = Inventory::default();
    (1..=count).for_each(|slot_id| inventory.add_slot(slot(slot_id)));
    inventory
}

fn stay(booking: u128, slot_id: i64, nights: Nights) -> Occupancy {
    Occupancy { occupant: booking_id(booking).into(), slot_id, nights }
}

#[derive(Debug, Clone)]
enum Step {
    /// So many days from today, so many nights.
    Book(i64, i64),
    /// The how-many-eth booking leaves.
    Leave(usize),
    /// A day passes.
    Sleep,
    /// A unit is added.
    Build,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..12_i64, 1..7_i64).prop_map(|(from, count)| Step::Book(from, count)),
        4 => (0..20_usize).prop_map(Step::Leave),
        2 => Just(Step::Sleep),
        1 => Just(Step::Build),
    ]
}

/// The real calendar and the naive one, side by side.
struct Pair {
    real: Inventory,
    count: i64,
    stays: BTreeMap<Occupant, Occupancy>,
    today: Date,
}

impl Pair {
    fn fits(&self, wanted: Nights) -> bool {
        wanted.iter().all(|night| {
            let there = self.stays.values().filter(|stay| stay.nights.iter().any(|n| n == night));
            i64::try_from(there.count()).unwrap() < self.count
        })
    }

    fn book(&mut self, booking: BookingId, wanted: Nights) {
        let occupant = Occupant::from(booking);
        let found = self.real.allot(unit_id(), wanted, self.today);
        assert_eq!(found.is_some(), self.fits(wanted), "{wanted:?} on {:?}", self.stays);
        let Some(Allotment { slot_id, moves }) = found else { return };
        let moved: BTreeSet<_> = moves.iter().map(|stay| stay.occupant).collect();
        assert_eq!(moved.len(), moves.len(), "a stay moves once");
        for stay in &moves {
            let before = self.stays[&stay.occupant];
            assert!(stay.nights.check_in() > self.today, "has begun: {stay:?}");
            assert_eq!(stay.nights, before.nights);
            assert_ne!(stay.slot_id, before.slot_id, "a move that moves nothing");
        }
        for stay in moves.into_iter().chain([Occupancy { occupant, slot_id, nights: wanted }]) {
            self.real.occupy(stay);
            self.stays.insert(stay.occupant, stay);
        }
    }

    fn check(&self) {
        let mut taken = HashMap::new();
        for stay in self.stays.values() {
            assert_eq!(self.real.of(stay.occupant), Some(stay));
            assert!((1..=self.count).contains(&stay.slot_id));
            for night in stay.nights.iter() {
                let other = taken.insert((stay.slot_id, night), stay.occupant);
                assert_eq!(other, None, "two in {} on {night}", stay.slot_id);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_stay_is_refused_only_when_a_night_is_full(
        count in 1..5_i64,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let today = date(2027, 12, 20);
        let mut pair = Pair { real: inventory(count), count, stays: BTreeMap::new(), today };
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Book(from, nights) => {
                    let from = pair.today + from.days();
                    let wanted = Nights::new(from, from + nights.days()).unwrap();
                    pair.book(booking_id(number), wanted);
                }
                Step::Leave(at) => {
                    if let Some(gone) = pair.stays.keys().nth(at).copied() {
                        pair.stays.remove(&gone);
                        pair.real.vacate(gone);
                        prop_assert_eq!(pair.real.of(gone), None);
                    }
                }
                Step::Sleep => pair.today = pair.today.tomorrow().unwrap(),
                Step::Build => {
                    pair.count += 1;
                    pair.real.add_slot(slot(pair.count));
                }
            }
            pair.check();
        }
    }

    #[test]
    fn the_order_in_which_stays_are_loaded_does_not_matter(
        starts in prop::collection::vec((0..20_i64, 1..5_i64), 1..12),
        wanted in (0..20_i64, 1..5_i64),
    ) {
        let today = june(1);
        let range = |(from, count): (i64, i64)| {
            Nights::new(today + from.days(), today + (from + count).days()).unwrap()
        };
        let mut first = Pair { real: inventory(3), count: 3, stays: BTreeMap::new(), today };
        for (number, start) in (0..).zip(starts) {
            first.book(booking_id(number), range(start));
        }
        let mut again = inventory(3);
        first.stays.values().rev().for_each(|stay| again.occupy(*stay));
        let wanted = range(wanted);
        prop_assert_eq!(
            first.real.allot(unit_id(), wanted, today),
            again.allot(unit_id(), wanted, today)
        );
    }
}

#[test]
fn a_free_slot_needs_no_moves() {
    let mut inventory = inventory(2);
    inventory.occupy(stay(1, 1, nights(5, 8)));
    let allot = |wanted| inventory.allot(unit_id(), wanted, june(1));
    assert_eq!(allot(nights(5, 8)), Some(Allotment { slot_id: 2, moves: vec![] }));
    assert_eq!(allot(nights(8, 9)), Some(Allotment { slot_id: 1, moves: vec![] }));
    assert_eq!(allot(nights(4, 5)), Some(Allotment { slot_id: 1, moves: vec![] }));
}

/// Two half-filled rooms become one that is free throughout.
fn checkered() -> Inventory {
    let mut inventory = inventory(2);
    inventory.occupy(stay(1, 1, nights(5, 8)));
    inventory.occupy(stay(2, 2, nights(8, 11)));
    inventory
}

#[test]
fn stays_to_come_move_to_make_room() {
    let allotment = checkered().allot(unit_id(), nights(5, 11), june(1)).unwrap();
    assert_eq!(allotment, Allotment { slot_id: 2, moves: vec![stay(2, 1, nights(8, 11))] });
}

#[test]
fn guests_who_have_arrived_stay_where_they_are() {
    let mut inventory = checkered();
    inventory.occupy(stay(1, 1, nights(1, 8)));
    let allotment = inventory.allot(unit_id(), nights(5, 11), june(1)).unwrap();
    assert_eq!(allotment, Allotment { slot_id: 2, moves: vec![stay(2, 1, nights(8, 11))] });
}

/// Also when they arrive today and the new stay would come before them in order.
#[test]
fn guests_who_arrive_today_stay_where_they_are() {
    let mut inventory = inventory(3);
    inventory.occupy(stay(1, 2, nights(1, 6)));
    inventory.occupy(stay(2, 1, nights(3, 5)));
    inventory.occupy(stay(3, 3, nights(1, 3)));
    let allotment = inventory.allot(unit_id(), nights(1, 4), june(1)).unwrap();
    assert_eq!(allotment, Allotment { slot_id: 1, moves: vec![stay(2, 3, nights(3, 5))] });
}

#[test]
fn nights_that_are_past_are_not_sold_twice() {
    let past = checkered().allot(unit_id(), nights(5, 11), june(9));
    assert_eq!(past, None, "the first is over and the second has arrived");
}

#[test]
fn a_night_that_is_full_has_no_room() {
    let mut inventory = checkered();
    inventory.occupy(stay(3, 2, nights(7, 8)));
    assert_eq!(inventory.allot(unit_id(), nights(5, 11), june(1)), None);
    assert_eq!(inventory.allot(unit_id(), nights(7, 8), june(1)), None);
}

#[test]
fn taking_and_giving_back() {
    let mut inventory = inventory(2);
    assert_eq!(inventory.count(unit_id()), 2);
    inventory.occupy(stay(1, 1, nights(5, 8)));
    inventory.occupy(stay(1, 2, nights(6, 9)));
    assert_eq!(inventory.of(booking_id(1).into()), Some(&stay(1, 2, nights(6, 9))), "in place of");
    assert!(inventory.allot(unit_id(), nights(5, 8), june(1)).is_some_and(|a| a.slot_id == 1));
    inventory.vacate(booking_id(1).into());
    inventory.vacate(booking_id(1).into());
    assert_eq!(inventory.of(booking_id(1).into()), None);
    assert!(inventory.allot(unit_id(), nights(6, 9), june(1)).is_some_and(|a| a.slot_id == 1));
}

#[test]
fn other_unit_types_are_others() {
    let inventory = inventory(2);
    let other = UnitId::from(Uuid::from_u128(99));
    assert_eq!(inventory.count(other), 0);
    assert_eq!(inventory.allot(other, nights(5, 8), june(1)), None);
}

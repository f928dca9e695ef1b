//! The calendar against a naive one: for each night, the set of bookings in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::{booking_id, june, nights, unit_id};
use crate::domain::calendar::Nights;
use crate::domain::ids::{BlockId, BookingId, UnitId};
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
    Occupancy { occupant: booking_id(booking).into(), slot_id, nights, pinned: false, left: false }
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
        for stay in moves.into_iter().chain([Occupancy {
            occupant,
            slot_id,
            nights: wanted,
            pinned: false,
            left: false,
        }]) {
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

fn block(number: u128, slot_id: i64, nights: Nights) -> Occupancy {
    let occupant = Occupant::Block(BlockId::from(Uuid::from_u128(number)));
    Occupancy { occupant, slot_id, nights, pinned: false, left: false }
}

fn gapped(count: i64, gap: u16) -> Inventory {
    let mut inventory = inventory(count);
    inventory.set_gap(gap);
    inventory
}

/// A naive calendar with a gap: a stay takes the nights behind it, too.
fn fits_with_gap(stays: &[Occupancy], count: i64, gap: i64, wanted: Nights) -> bool {
    let padded = |nights: Nights| {
        let until = nights.check_out() + gap.days();
        nights.check_in().series(1.day()).take_while(move |night| *night < until)
    };
    padded(wanted).all(|night| {
        let there = stays.iter().filter(|stay| padded(stay.nights).any(|other| other == night));
        i64::try_from(there.count()).unwrap() < count
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn with_a_gap_a_stay_is_refused_only_when_a_padded_night_is_full(
        count in 1..4_i64,
        gap in 0..3_u16,
        wishes in prop::collection::vec((0..20_i64, 1..6_i64, 0..3_i64), 1..40),
    ) {
        let mut real = gapped(count, gap);
        let mut stays: Vec<Occupancy> = Vec::new();
        let mut today = june(1);
        for (number, (from, length, sleep)) in (0..).zip(wishes) {
            if sleep == 0 {
                today = today.tomorrow().unwrap();
            }
            let from = today + from.days();
            let wanted = Nights::new(from, from + length.days()).unwrap();
            let found = real.allot(unit_id(), wanted, today);
            let fits = fits_with_gap(&stays, count, i64::from(gap), wanted);
            prop_assert_eq!(found.is_some(), fits, "{:?} on {:?}", wanted, stays);
            let Some(Allotment { slot_id, moves }) = found else { continue };
            for moved in moves.into_iter().chain([stay(number, slot_id, wanted)]) {
                prop_assert!(moved.occupant == booking_id(number).into() || moved.nights.check_in() > today);
                real.occupy(moved);
                stays.retain(|old| old.occupant != moved.occupant);
                stays.push(moved);
            }
            for one in &stays {
                for other in stays.iter().filter(|other| other.slot_id == one.slot_id) {
                    let apart = one.nights.check_out() + i64::from(gap).days() <= other.nights.check_in()
                        || other.nights.check_out() + i64::from(gap).days() <= one.nights.check_in();
                    prop_assert!(apart || one == other, "{:?} beside {:?}", one, other);
                }
            }
        }
    }

    /// Whatever was made before the gap was set, or is blocked or pinned: all that is there
    /// keeps its nights, nobody who is fixed moves, and no slot is taken twice.
    #[test]
    fn nothing_is_ever_sold_twice(
        before in prop::collection::vec((0..20_i64, 1..5_i64, any::<bool>(), 0..4_u8), 0..12),
        gap in 0..4_u16,
        wishes in prop::collection::vec((0..20_i64, 1..5_i64, any::<bool>()), 1..12),
    ) {
        let today = june(3);
        let range = |from: i64, length: i64| {
            Nights::new(june(1) + from.days(), june(1) + (from + length).days()).unwrap()
        };
        let mut real = inventory(3);
        for (number, (from, length, is_block, pin)) in (0..).zip(before) {
            let wanted = range(from, length);
            let Some(Allotment { slot_id, moves }) = real.allot(unit_id(), wanted, june(1)) else { continue };
            let new = if is_block { block(number, slot_id, wanted) } else { stay(number, slot_id, wanted) };
            let new = Occupancy { pinned: pin == 0, ..new };
            moves.into_iter().chain([new]).for_each(|one| real.occupy(one));
        }
        real.set_gap(gap);
        for (number, (from, length, is_block)) in (100..).zip(wishes) {
            let wanted = range(from + 2, length);
            let old: BTreeMap<_, _> = real.all().map(|one| (one.occupant, *one)).collect();
            let new = if is_block { block(number, 1, wanted) } else { stay(number, 1, wanted) };
            let Some(found) = real.allot_for(new.occupant, unit_id(), wanted, today) else { continue };
            for moved in &found.moves {
                let was = old[&moved.occupant];
                prop_assert!(!was.pinned && was.nights.check_in() > today, "{:?} moves", was);
                prop_assert_eq!(was.nights, moved.nights);
            }
            let new = Occupancy { slot_id: found.slot_id, ..new };
            found.moves.into_iter().chain([new]).for_each(|one| real.occupy(one));
            for one in real.all() {
                let mut others = real.all().filter(|other| other.slot_id == one.slot_id && *other != one);
                prop_assert!(!others.any(|other| other.nights.overlaps(&one.nights)), "{:?}", one);
            }
        }
    }

    #[test]
    fn the_nearest_ranges_are_those_that_are_free_nearest(
        stays in prop::collection::vec((0..25_i64, 1..6_i64), 0..12),
        from in 0..25_i64,
        length in 1..5_i64,
    ) {
        let today = june(1);
        let range = |from: i64| Nights::new(today + from.days(), today + (from + length).days()).unwrap();
        let mut real = inventory(1);
        for (number, (from, length)) in (0..).zip(stays) {
            let nights = Nights::new(today + from.days(), today + (from + length).days()).unwrap();
            if let Some(found) = real.allot(unit_id(), nights, today) {
                real.occupy(stay(number, found.slot_id, nights));
            }
        }
        let horizon = today + 30.days();
        let found = real.nearest_free(unit_id(), range(from), today, horizon);
        let is_free = |start: &i64| real.allot(unit_id(), range(*start), today).is_some();
        let before = (0..from).rev().find(is_free);
        let after = (from + 1..=30 - length).find(is_free);
        let nearest = [before, after].into_iter().flatten().min_by_key(|start| (start - from).abs());
        prop_assert_eq!(found.first().map(|n| (n.check_in() - range(from).check_in()).get_days().abs()),
            nearest.map(|start| i32::try_from((start - from).abs()).unwrap()));
        for one in &found {
            prop_assert!(real.allot(unit_id(), *one, today).is_some() && one.check_out() <= horizon);
            prop_assert_ne!(*one, range(from));
        }
    }
}

#[test]
fn a_stay_changes_its_nights_in_its_own_unit_if_it_can() {
    let mut inventory = checkered();
    let own = Occupant::from(booking_id(1));
    let same = |slot_id| Some(Allotment { slot_id, moves: vec![] });
    assert_eq!(
        inventory.allot_for(own, unit_id(), nights(6, 9), june(1)),
        same(1),
        "its own nights"
    );
    assert_eq!(inventory.allot_for(own, unit_id(), nights(20, 22), june(1)), same(1));
    inventory.occupy(stay(3, 1, nights(10, 12)));
    assert_eq!(inventory.allot_for(own, unit_id(), nights(11, 13), june(1)), same(2));
    assert_eq!(inventory.allot_for(own, unit_id(), nights(10, 11), june(1)), None);
}

#[test]
fn guests_who_are_there_stay_longer_in_their_unit_or_not_at_all() {
    let mut inventory = inventory(2);
    inventory.occupy(stay(1, 1, nights(1, 5)));
    inventory.occupy(stay(2, 1, nights(5, 8)));
    let own = Occupant::from(booking_id(1));
    let longer = inventory.allot_for(own, unit_id(), nights(1, 7), june(3)).unwrap();
    assert_eq!(longer, Allotment { slot_id: 1, moves: vec![stay(2, 2, nights(5, 8))] });
    inventory.occupy(stay(3, 2, nights(4, 6)));
    assert_eq!(inventory.allot_for(own, unit_id(), nights(1, 7), june(3)), None);
}

#[test]
fn whoever_is_pinned_stays_and_others_move_for_who_is_moved() {
    let mut inventory = checkered();
    inventory.occupy(Occupancy { pinned: true, ..stay(2, 2, nights(8, 11)) });
    let allotment = inventory.allot(unit_id(), nights(5, 11), june(1)).unwrap();
    assert_eq!(allotment, Allotment { slot_id: 1, moves: vec![stay(1, 2, nights(5, 8))] });
    let mut inventory = checkered();
    inventory.occupy(stay(3, 2, nights(5, 8)));
    let moved = inventory.allot_in(booking_id(1).into(), slot(2), nights(5, 8), june(1)).unwrap();
    assert_eq!(moved, Allotment { slot_id: 2, moves: vec![stay(3, 1, nights(5, 8))] });
    assert_eq!(inventory.allot_in(booking_id(1).into(), slot(2), nights(5, 8), june(5)), None);
}

#[test]
fn nights_kept_back_need_no_gap_and_take_none() {
    let mut inventory = gapped(1, 2);
    inventory.occupy(stay(1, 1, nights(5, 8)));
    let block_at = |inventory: &Inventory, wanted| {
        inventory.allot_for(block(9, 1, wanted).occupant, unit_id(), wanted, june(1)).is_some()
    };
    assert!(block_at(&inventory, nights(8, 9)) && !block_at(&inventory, nights(7, 9)));
    let allot =
        |inventory: &Inventory, wanted| inventory.allot(unit_id(), wanted, june(1)).is_some();
    assert!(!allot(&inventory, nights(9, 12)) && allot(&inventory, nights(10, 12)));
    assert!(!allot(&inventory, nights(2, 4)) && allot(&inventory, nights(1, 3)));
    inventory.occupy(block(9, 1, nights(8, 9)));
    assert!(!allot(&inventory, nights(9, 12)), "the gap is to the stay before the block");
}

#[test]
fn stays_made_before_the_gap_move_together() {
    let mut inventory = inventory(2);
    inventory.occupy(stay(1, 1, nights(5, 8)));
    inventory.occupy(block(7, 1, nights(8, 9)));
    inventory.occupy(stay(2, 1, nights(9, 11)));
    inventory.occupy(stay(3, 2, nights(13, 15)));
    inventory.set_gap(2);
    let allotment = inventory.allot(unit_id(), nights(13, 15), june(1)).unwrap();
    assert_eq!(allotment, Allotment { slot_id: 1, moves: vec![] });
    let allotment = inventory.allot(unit_id(), nights(5, 15), june(1)).unwrap();
    assert_eq!(allotment, Allotment { slot_id: 2, moves: vec![stay(3, 1, nights(13, 15))] });
    let allotment = inventory.allot(unit_id(), nights(10, 15), june(1)).unwrap();
    assert_eq!((allotment.slot_id, allotment.moves.len()), (2, 1), "the train stays together");
    inventory.vacate(booking_id(3).into());
    inventory.occupy(stay(3, 2, nights(12, 20)));
    let allotment = inventory.allot(unit_id(), nights(12, 20), june(1));
    assert_eq!(allotment, None, "one is too close to the train, the other is taken");
    let allotment = inventory.allot(unit_id(), nights(1, 10), june(1)).unwrap();
    assert_eq!(allotment, Allotment { slot_id: 2, moves: vec![] });
}

/// With one unit nobody is looked up, with more there is an index.
#[test]
fn guests_are_found_as_units_come_and_go() {
    let mut inventory = inventory(1);
    let [first, second] = [1, 2].map(|booking| Occupant::from(booking_id(booking)));
    let is_in = |inventory: &Inventory, who| inventory.slot_of(who).map(|slot| slot.slot_id);
    inventory.occupy(stay(1, 1, nights(5, 8)));
    inventory.add_slot(slot(2));
    inventory.occupy(stay(2, 2, nights(5, 8)));
    assert_eq!((is_in(&inventory, first), is_in(&inventory, second)), (Some(1), Some(2)));
    inventory.remove_slot(1);
    assert_eq!((is_in(&inventory, first), is_in(&inventory, second)), (None, Some(2)));
    inventory.vacate(second);
    assert_eq!(is_in(&inventory, second), None);
    assert!(inventory.allot(unit_id(), nights(5, 8), june(1)).is_some());
}

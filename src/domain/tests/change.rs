//! The net effect of many changes against the rows they start from and end at.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::fixture::{World, booking_id, fields, nights};
use crate::domain::booking::{self, Booking};
use crate::domain::change::{Change, Net, Timer, TimerWrite};
use crate::domain::ids::TimerId;
use crate::domain::inventory::Occupancy;
use crate::domain::stay::{Command, PropertyState};

fn template() -> (PropertyState, Booking) {
    let mut world = World::live(3);
    world.hold(1, nights(5, 8)).unwrap();
    let booking = world.booking(1).clone();
    let mut state = world.state;
    state.apply(&Change::Vacate(booking.id.into()));
    state.bookings.clear();
    (state, booking)
}

fn timer(number: u128) -> Timer {
    Timer {
        id: TimerId::from(Uuid::from_u128(number)),
        fire_at: super::fixture::NOON.parse().unwrap(),
        command: Command::Booking(booking::Command::HoldOver { booking_id: booking_id(number) }),
    }
}

#[derive(Debug, Clone)]
enum Step {
    Write(u128),
    Occupy(u128, i64),
    Vacate(u128),
    Edit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u128).prop_map(Step::Write),
        (0..4_u128, 1..4_i64).prop_map(|(booking, slot)| Step::Occupy(booking, slot)),
        (0..4_u128).prop_map(Step::Vacate),
        Just(Step::Edit),
    ]
}

/// Takes a change in as the property's actor does.
fn take(state: &mut PropertyState, net: &mut Net, change: Change) {
    let (version, nights) = (state.version_of(&change), state.occupied_by(&change));
    state.apply(&change);
    net.take(change, version, nights);
}

fn change(state: &PropertyState, template: &Booking, step: &Step) -> Change {
    match step {
        Step::Write(number) => {
            let id = booking_id(*number);
            let version = state.bookings.get(&id).map_or(1, |row| row.version + 1);
            Change::Booking(Box::new(Booking { id, version, ..template.clone() }))
        }
        Step::Occupy(number, slot_id) => Change::Occupy(Occupancy {
            occupant: booking_id(*number).into(),
            slot_id: *slot_id,
            nights: template.nights,
            pinned: false,
            left: false,
        }),
        Step::Vacate(number) => Change::Vacate(booking_id(*number).into()),
        Step::Edit => {
            let mut listing = state.listing.clone().unwrap();
            listing.version += 1;
            Change::Listing(listing)
        }
    }
}

proptest! {
    #[test]
    fn the_net_effect_is_the_difference_of_first_and_last(
        before in prop::collection::vec(step(), 0..12),
        steps in prop::collection::vec(step(), 0..30),
    ) {
        let (mut state, template) = template();
        for step in &before {
            let change = change(&state, &template, step);
            state.apply(&change);
        }
        let first = state.clone();
        let mut net = Net::default();
        for step in &steps {
            let change = change(&state, &template, step);
            take(&mut state, &mut net, change);
        }
        let mut rows: BTreeMap<_, _> = first.bookings.clone().into_iter().collect();
        for (id, write) in &net.bookings {
            let version = first.bookings.get(id).map(|row| row.version);
            prop_assert_eq!(write.from_version, version);
            rows.insert(*id, Box::new(write.row.clone()));
        }
        prop_assert_eq!(rows, state.bookings.clone().into_iter().collect());
        for number in 0..4 {
            let id = booking_id(number);
            let (was, is) = (first.inventory.of(id.into()).copied(), state.inventory.of(id.into()).copied());
            match net.occupancies.get(&id.into()) {
                Some(pair) => prop_assert_eq!(*pair, (was, is)),
                None => prop_assert_eq!(was, is),
            }
        }
        let last = net.listing.as_ref().map_or(&first.listing, |_| &state.listing);
        prop_assert_eq!(last, &state.listing);
        if let Some(write) = &net.listing {
            prop_assert_eq!(write.from_version, first.listing.as_ref().map(|row| row.version));
            prop_assert_eq!(Some(&write.row), state.listing.as_deref());
        }
    }

    /// A timer is set once, in this set or before it, and then fired or dropped or both.
    #[test]
    fn a_timers_net_effect_is_its_last_one(is_new: bool, fired: bool, drops in 0..3_usize, first: bool) {
        let mut net = Net::default();
        let mine = timer(1);
        if is_new {
            net.take(Change::SetTimer(mine.clone()), None, None);
        }
        let fired = fired && !is_new;
        if fired && first {
            net.fire(mine.id);
        }
        for _ in 0..drops {
            net.take(Change::DropTimer(mine.id), None, None);
        }
        if fired && !first {
            net.fire(mine.id);
        }
        let expected = match (is_new, fired, drops) {
            (true, _, 0) => Some(TimerWrite::Set(mine.clone())),
            (true, _, _) => Some(TimerWrite::Nothing),
            (false, true, _) => Some(TimerWrite::Fire),
            (false, false, 0) => None,
            (false, false, _) => Some(TimerWrite::Drop),
        };
        prop_assert_eq!(net.timers.get(&mine.id), expected.as_ref());
    }
}

#[test]
fn a_hold_that_is_given_up_in_its_own_set_leaves_only_its_row() {
    let mut world = World::live(1);
    let mut net = Net::default();
    for command in [
        super::fixture::hold(1, nights(5, 8)),
        booking::Command::Release { by: super::fixture::tenant(), booking_id: booking_id(1) },
    ] {
        let command = Command::Booking(command);
        let decision = world.decide_as(Uuid::from_u128(7), &command).unwrap();
        for change in decision.changes {
            take(&mut world.state, &mut net, change);
        }
    }
    let write = &net.bookings[&booking_id(1)];
    assert_eq!((write.from_version, write.row.version), (None, 2));
    assert_eq!(net.occupancies[&booking_id(1).into()], (None, None));
    assert!(net.timers.values().all(|write| *write == TimerWrite::Nothing), "{:?}", net.timers);
}

#[test]
fn a_new_listing_has_no_version_before() {
    let mut world = World::empty();
    let mut net = Net::default();
    for command in [
        super::fixture::create(fields(), super::fixture::unit(3)),
        crate::domain::property::Command::Submit { by: super::fixture::owner(), version: 1 },
    ] {
        let decision = world.decide_as(Uuid::nil(), &Command::Listing(command)).unwrap();
        for change in decision.changes {
            take(&mut world.state, &mut net, change);
        }
    }
    let write = net.listing.unwrap();
    assert_eq!((write.from_version, write.row.version), (None, 2));
    assert_eq!(net.slots.len(), 3);
}

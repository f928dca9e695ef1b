//! How many open holds one may have, and what becomes of their gates.

use std::time::Duration;

use uuid::Uuid;

use super::fixture::{World, booking_id, checkout, ended, euro, nights, tenant};
use crate::domain::booking::{BookingStatus, Command};
use crate::domain::calendar::Nights;
use crate::domain::change::{Change, Decision, GateWrite, Net};
use crate::domain::gate::{self, Gate, GateKind};
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::stay::{self, PropertyState};

fn limited(units: u16) -> World {
    let mut world = World::live(units);
    world.rules.holds_per_user = 3;
    world
}

fn somebody(number: u128) -> UserId {
    UserId::from(Uuid::from_u128(100 + number))
}

fn hold(
    world: &mut World,
    by: UserId,
    number: u128,
    nights: Nights,
    slot: Option<i32>,
) -> Result<Decision, Refusal> {
    let booking_id = booking_id(number);
    world.book(Command::Hold {
        by,
        booking_id,
        unit_id: None,
        nights,
        guests: 1,
        slot,
        offer: None,
    })
}

/// The gates that a decision takes, and the places that it gives back.
fn gates(decision: &Decision) -> (Vec<Gate>, Vec<i32>) {
    let (mut taken, mut freed) = (Vec::new(), Vec::new());
    for change in &decision.changes {
        match change {
            Change::TakeGate(gate) => taken.push(*gate),
            Change::FreeGate { scope, slot, holder } => {
                assert_eq!((*scope, *holder), (gate::holds_of(tenant()), booking_id(1)));
                freed.push(*slot);
            }
            _ => {}
        }
    }
    (taken, freed)
}

#[test]
fn a_hold_takes_the_place_that_it_is_given() {
    let mut world = limited(1);
    let command = Command::Hold {
        by: tenant(),
        booking_id: booking_id(1),
        unit_id: None,
        nights: nights(5, 8),
        guests: 1,
        slot: Some(2),
        offer: None,
    };
    let request = Uuid::from_u128(77);
    let decision = world.run_as(request, &stay::Command::Booking(command)).unwrap();
    let gate = Gate {
        kind: GateKind::Hold,
        scope: gate::holds_of(tenant()),
        slot: 2,
        holder: booking_id(1),
        command: request,
    };
    assert_eq!(gates(&decision), (vec![gate], vec![]));
    assert_eq!(world.booking(1).gate, Some(2));
    assert_ne!(gate::holds_of(tenant()), gate::holds_of(somebody(1)));
}

#[test]
fn without_a_place_among_those_there_are_no_hold() {
    let mut world = limited(1);
    for slot in [None, Some(0), Some(-1), Some(4)] {
        let refused = hold(&mut world, tenant(), 1, nights(5, 8), slot);
        assert_eq!(refused, Err(Refusal::TooManyHolds), "{slot:?}");
    }
    hold(&mut world, tenant(), 1, nights(5, 8), Some(3)).unwrap();
    // That nights are taken is said first: another place would not help.
    let taken = hold(&mut world, somebody(1), 2, nights(5, 8), None);
    assert_eq!(taken, Err(Refusal::nights_taken(nights(5, 8))));
}

#[test]
fn one_open_hold_a_home() {
    let mut world = limited(2);
    hold(&mut world, tenant(), 1, nights(5, 8), Some(1)).unwrap();
    let again = hold(&mut world, tenant(), 2, nights(20, 22), Some(2));
    assert_eq!(again, Err(Refusal::HoldExists { booking_id: booking_id(1) }));
    hold(&mut world, somebody(1), 3, nights(5, 8), Some(1)).unwrap();
    // An actor that was loaded anew knows it too.
    let booking = world.booking(1).clone();
    let mut loaded = PropertyState::of(world.state.listing.as_deref().cloned());
    loaded.take_in(Box::new(booking));
    assert_eq!(loaded.open_of(tenant()), Some(booking_id(1)));
    assert_eq!(loaded.open_of(somebody(1)), None);
}

#[test]
fn a_place_is_given_back_when_the_booking_is_open_no_more() {
    let mut released = limited(1);
    hold(&mut released, tenant(), 1, nights(5, 8), Some(1)).unwrap();
    assert_eq!(gates(&released.release(1).unwrap()), (vec![], vec![1]));
    hold(&mut released, tenant(), 2, nights(5, 8), Some(1)).unwrap();

    let mut expired = limited(1);
    hold(&mut expired, tenant(), 1, nights(5, 8), Some(2)).unwrap();
    assert_eq!(gates(&expired.fire(1)), (vec![], vec![2]));
    hold(&mut expired, tenant(), 2, nights(5, 8), Some(1)).unwrap();

    let mut paid = limited(1);
    hold(&mut paid, tenant(), 1, nights(5, 8), Some(3)).unwrap();
    assert_eq!(gates(&paid.checkout(1).unwrap()), (vec![], vec![]), "still open");
    assert_eq!(gates(&paid.paid(1).unwrap()), (vec![], vec![3]));
    assert_eq!(paid.status(1), BookingStatus::Confirmed);
    hold(&mut paid, tenant(), 2, nights(10, 12), Some(1)).unwrap();
}

#[test]
fn an_ending_hold_keeps_its_place_and_gives_it_back_once() {
    let mut world = limited(1);
    hold(&mut world, tenant(), 1, nights(5, 8), Some(1)).unwrap();
    world.checkout(1).unwrap();
    assert_eq!(gates(&world.fire(1)), (vec![], vec![]), "expiring is open");
    let again = hold(&mut world, tenant(), 2, nights(10, 12), Some(2));
    assert_eq!(again, Err(Refusal::HoldExists { booking_id: booking_id(1) }));
    assert_eq!(gates(&world.pay(ended(1)).unwrap()), (vec![], vec![1]));
    assert_eq!(world.status(1), BookingStatus::Expired);
    // Money that comes late takes the nights again, and no place.
    world.later(Duration::from_secs(1));
    let late = world.paid(1).unwrap();
    assert_eq!((world.status(1), gates(&late)), (BookingStatus::Confirmed, (vec![], vec![])));
}

#[test]
fn without_a_limit_there_are_no_gates() {
    let mut world = World::live(2);
    let decision = hold(&mut world, tenant(), 1, nights(5, 8), Some(1)).unwrap();
    assert_eq!((gates(&decision), world.booking(1).gate), ((vec![], vec![]), None));
    hold(&mut world, tenant(), 2, nights(5, 8), None).unwrap();
    world.book(checkout(1, euro(30_000))).unwrap();
    assert_eq!(gates(&world.paid(1).unwrap()), (vec![], vec![]));
}

#[test]
fn gates_of_a_change_set() {
    let gate = |slot, holder| Gate {
        kind: GateKind::Hold,
        scope: gate::holds_of(tenant()),
        slot,
        holder: booking_id(holder),
        command: Uuid::nil(),
    };
    let free = |slot, holder| Change::FreeGate {
        scope: gate::holds_of(tenant()),
        slot,
        holder: booking_id(holder),
    };
    let mut net = Net::default();
    let take = |net: &mut Net, change| net.take(change, None, None);
    take(&mut net, Change::TakeGate(gate(1, 1)));
    assert_eq!(net.lacks(&[Change::TakeGate(gate(2, 2))]), None);
    assert_eq!(net.lacks(&[Change::TakeGate(gate(1, 2))]), Some(gate(1, 2)), "in the set already");
    take(&mut net, free(1, 1));
    assert_eq!(net.gates.len(), 0, "it came and went");
    take(&mut net, free(2, 3));
    let taken = net.lacks(&[free(1, 1), Change::TakeGate(gate(2, 4))]);
    assert_eq!(taken, Some(gate(2, 4)), "freed in the same statement, which takes first");
    take(&mut net, Change::TakeGate(gate(1, 5)));
    let writes: Vec<_> = net.gates.values().copied().collect();
    assert_eq!(writes, [GateWrite::Take(gate(1, 5)), GateWrite::Free(booking_id(3))]);
}

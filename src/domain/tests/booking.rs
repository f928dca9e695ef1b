//! What happens to bookings, told as stories; the whole state machine is in
//! `booking_table`.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use super::fixture::{
    RULES, World, booking_id, checkout, ended, euro, hold, june, nights, owner, paid, payment_id,
    rule, snapshot, stranger, tenant, told, unanswered, unit_id,
};
use crate::domain::booking::{BookingStatus, CLOSE_ATTEMPTS_MIN, Command, ExpiringReason};
use crate::domain::calendar::Nights;
use crate::domain::change::Change;
use crate::domain::ids::UnitId;
use crate::domain::payment::{PaymentStatus, RefundStatus};
use crate::domain::refusal::Refusal;
use crate::domain::stay;

#[test]
fn a_hold_keeps_the_nights_and_freezes_the_price() {
    let mut world = World::live(1);
    let decision = world.hold(1, nights(5, 8)).unwrap();
    assert_eq!(told(&decision), ["booking.held"]);
    let booking = &snapshot(&decision).booking;
    assert_eq!(booking, world.booking(1));
    assert_eq!((booking.terms.price.total(), booking.total), (euro(30_000), euro(30_000)));
    assert_eq!(booking.expires_at, Some(world.now + RULES.hold));
    assert_eq!((booking.version, booking.payment_id), (1, None));
    assert!(world.holds_nights(1));
    let timer = world.timers.iter().find(|timer| Some(timer.id) == booking.timer).unwrap();
    assert_eq!(Some(timer.fire_at), booking.expires_at);
    let edited = world.state.listing.as_mut().unwrap();
    edited.units[0].fields.night_minor = Some(99);
    assert_eq!(snapshot(&world.checkout(1).unwrap()).booking.total, euro(30_000));
}

#[test]
fn nights_are_sold_once() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    let wanted = nights(7, 9);
    assert_eq!(world.hold(2, wanted), Err(Refusal::nights_taken(wanted)));
    world.hold(3, nights(8, 9)).unwrap();
    world.hold(4, nights(4, 5)).unwrap();
    world.release(1).unwrap();
    world.hold(5, nights(5, 8)).unwrap();
}

#[test]
fn as_many_are_sold_as_there_are() {
    let mut world = World::live(10);
    let sold = (0..1000).filter(|number| world.hold(*number, nights(5, 8)).is_ok()).count();
    assert_eq!(sold, 10);
}

#[test]
fn a_hold_that_needs_room_moves_others() {
    let mut world = World::live(2);
    world.hold(1, nights(5, 8)).unwrap();
    world.hold(2, nights(5, 8)).unwrap();
    world.hold(3, nights(8, 11)).unwrap();
    world.release(1).unwrap();
    let decision = world.hold(4, nights(5, 11)).unwrap();
    let moved = |change: &&Change| matches!(change, Change::Occupy(_));
    assert_eq!(decision.changes.iter().filter(moved).count(), 2);
    assert_eq!(world.hold(5, nights(10, 11)), Err(Refusal::nights_taken(nights(10, 11))));
}

#[test]
fn what_cannot_be_booked() {
    let mut world = World::live(1);
    let mut ask = |change: fn(&mut Command)| {
        let mut command = hold(1, nights(5, 8));
        change(&mut command);
        world.book(command)
    };
    let by = |command: &mut Command| match command {
        Command::Hold { by, .. } => *by = owner(),
        _ => unreachable!(),
    };
    assert_eq!(rule(ask(by).unwrap_err()), "own-listing");
    for (wanted, name) in [
        (Nights::new(Date::constant(2026, 5, 31), june(2)).unwrap(), "in-the-past"),
        (Nights::new(june(2), june(2) + 365.days()).unwrap(), "window"),
    ] {
        assert_eq!(rule(world.hold(1, wanted).unwrap_err()), name);
    }
    for guests in [0, 3] {
        let (by, booking_id) = (tenant(), booking_id(1));
        let command = Command::Hold {
            by,
            booking_id,
            unit_id: None,
            nights: nights(5, 8),
            guests,
            slot: None,
            offer: None,
        };
        assert_eq!(rule(world.book(command).unwrap_err()), "too-many-guests");
    }
    let (by, booking_id) = (tenant(), booking_id(1));
    let unit = |id| {
        let unit_id = Some(UnitId::from(Uuid::from_u128(id)));
        Command::Hold {
            by,
            booking_id,
            unit_id,
            nights: nights(5, 8),
            guests: 2,
            slot: None,
            offer: None,
        }
    };
    assert_eq!(world.book(unit(99)), Err(Refusal::NotFound));
    world.book(unit(unit_id().uuid().as_u128())).unwrap();
}

#[test]
fn today_and_the_last_day_can_be_booked() {
    let mut world = World::live(2);
    world.hold(1, nights(1, 2)).unwrap();
    world.hold(2, Nights::new(june(2), june(1) + 365.days()).unwrap()).unwrap();
}

/// At 23:30 UTC in summer it is already tomorrow in Dublin.
#[test]
fn today_is_the_propertys() {
    let mut world = World::live(1);
    world.now = "2026-06-01T23:30:00Z".parse().unwrap();
    assert_eq!(rule(world.hold(1, nights(1, 2)).unwrap_err()), "in-the-past");
    world.hold(1, nights(2, 3)).unwrap();
}

#[test]
fn a_home_that_is_not_live_is_not_there() {
    let mut world = World::empty();
    assert_eq!(world.hold(1, nights(5, 8)), Err(Refusal::NotFound));
    world
        .listing(super::fixture::create(super::fixture::fields(), super::fixture::unit(1)))
        .unwrap();
    assert_eq!(world.hold(1, nights(5, 8)), Err(Refusal::NotFound));
}

#[test]
fn only_its_tenant_may_touch_a_booking() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    for by in [stranger(), owner()] {
        let release = Command::Release { by, booking_id: booking_id(1) };
        assert_eq!(world.book(release), Err(Refusal::NotFound));
        let mut other = checkout(1, euro(30_000));
        if let Command::Checkout { by: asks, .. } = &mut other {
            *asks = by;
        }
        assert_eq!(world.book(other), Err(Refusal::NotFound));
    }
    assert_eq!(world.release(2), Err(Refusal::NotFound), "there is no such booking");
}

#[test]
fn checkout_makes_out_one_payment() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    let timer = world.timer(1);
    let decision = world.checkout(1).unwrap();
    assert_eq!(told(&decision), ["payment.created", "booking.payment_pending"]);
    let glance = snapshot(&decision).payment.clone().unwrap();
    assert_eq!((glance.id, glance.status), (payment_id(1), PaymentStatus::Created));
    assert_eq!(world.payment(1).request, serde_json::json!({"amount": 30_000}));
    assert_eq!(world.timer(1), timer, "the hold ends at its time all the same");
    let mut again = checkout(1, euro(30_000));
    if let Command::Checkout { payment_id: other, .. } = &mut again {
        *other = payment_id(2);
    }
    let again = world.book(again).unwrap();
    assert!(again.is_empty());
    assert_eq!(snapshot(&again).payment.as_ref().unwrap().id, payment_id(1));
}

#[test]
fn checkout_needs_the_agreed_price_and_time_left() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    assert!(world.book(checkout(1, euro(29_999))).is_err());
    world.later(RULES.hold - Duration::from_millis(1));
    world.clone().checkout(1).unwrap();
    world.later(Duration::from_millis(1));
    // The timer may be late; time is up all the same.
    let refusal = world.checkout(1).unwrap_err();
    assert_eq!(refusal, Refusal::invalid_transition("hold", &["release"]));
}

#[test]
fn a_hold_ends_at_its_time() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    let decision = world.fire(1);
    assert_eq!(told(&decision), ["booking.expired", "booking.released"]);
    assert_eq!(world.status(1), BookingStatus::Expired);
    assert_eq!(world.booking(1).released_at, Some(world.now));
    world.hold(2, nights(5, 8)).unwrap();
}

#[test]
fn a_released_hold_is_cancelled_once() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    let decision = world.release(1).unwrap();
    assert_eq!(snapshot(&decision).booking, *world.booking(1));
    assert_eq!(world.release(1), Err(Refusal::invalid_transition("cancelled", &[])));
}

#[test]
fn a_release_while_time_is_ending_it_decides_how_it_ends() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.fire(1);
    assert_eq!(world.booking(1).expiring, Some(ExpiringReason::Time));
    let timer = world.timer(1);
    world.release(1).unwrap();
    assert_eq!(world.booking(1).expiring, Some(ExpiringReason::Released));
    assert_eq!(world.timer(1), timer);
    assert!(world.release(1).unwrap().is_empty());
    let mut paid = world.clone();
    paid.paid(1).unwrap();
    assert_eq!(paid.status(1), BookingStatus::Cancelled);
    assert_eq!(paid.refund().unwrap().amount, euro(30_000));
    world.pay(ended(1)).unwrap();
    assert_eq!(world.status(1), BookingStatus::Cancelled);
    assert!(world.refund().is_none());
}

/// Sixty seconds count only when the provider was asked in vain, not while we were down.
#[test]
fn the_providers_silence_is_counted_in_attempts() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.fire(1);
    world.later(Duration::from_secs(7200));
    let round = |world: &mut World, counted: i32| {
        assert_eq!(world.payment(1).close_attempts, counted);
        let before = world.timer(1);
        let decision = world.fire(1);
        assert_eq!(told(&decision), [""; 0]);
        assert_ne!(world.timer(1), before, "each round has a timer of its own");
        assert_eq!(world.status(1), BookingStatus::Expiring);
        assert!(world.holds_nights(1));
    };
    // A round without a word counts, and so does each attempt that got none.
    round(&mut world, 0);
    for _ in 1..CLOSE_ATTEMPTS_MIN - 1 {
        world.pay(unanswered(1)).unwrap();
    }
    round(&mut world, CLOSE_ATTEMPTS_MIN - 1);
    let decision = world.fire(1);
    assert_eq!(told(&decision), ["booking.expired", "booking.released"]);
    assert_eq!(world.payment(1).status, PaymentStatus::Created, "its end is still not known");
}

#[test]
fn a_timer_that_was_dropped_under_way_does_nothing() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    let old = world.booking(1).timer.unwrap();
    world.checkout(1).unwrap();
    world.release(1).unwrap();
    let over = stay::Command::Booking(Command::HoldOver { booking_id: booking_id(1) });
    assert!(world.decide_as(old.uuid(), &over).unwrap().is_empty());
    world.pay(ended(1)).unwrap();
    assert!(world.decide_as(old.uuid(), &over).unwrap().is_empty());
    let nobody = stay::Command::Booking(Command::HoldOver { booking_id: booking_id(9) });
    assert!(world.decide_as(old.uuid(), &nobody).unwrap().is_empty());
}

#[test]
fn money_for_an_expired_booking_takes_the_nights_again() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.fire(1);
    world.pay(ended(1)).unwrap();
    let decision = world.paid(1).unwrap();
    assert_eq!(
        told(&decision),
        ["payment.succeeded", "booking.late_payment_resolved", "booking.confirmed"]
    );
    let booking = world.booking(1);
    assert_eq!((booking.status, booking.released_at), (BookingStatus::Confirmed, None));
    assert!(world.holds_nights(1) && world.refund().is_none());
}

/// A booking that expired with its payment out, and what happens before the money comes.
fn late(between: impl FnOnce(&mut World)) -> World {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.fire(1);
    world.pay(ended(1)).unwrap();
    between(&mut world);
    let decision = world.paid(1).unwrap();
    assert_eq!(
        told(&decision),
        ["payment.succeeded", "booking.late_payment_resolved", "refund.created"]
    );
    world
}

#[test]
fn late_money_goes_back_when_the_nights_are_gone() {
    let world = late(|world| drop(world.hold(2, nights(7, 9)).unwrap()));
    assert_eq!(world.status(1), BookingStatus::Expired);
    assert_eq!(world.payment(1).status, PaymentStatus::Refunded);
    let refund = world.refund().unwrap();
    assert_eq!((refund.amount, refund.status), (euro(30_000), RefundStatus::Pending));
    assert_eq!(refund.reason, "nights-taken");
    assert!(world.holds_nights(2) && !world.holds_nights(1));
}

#[test]
fn late_money_goes_back_when_the_first_night_is_past() {
    let world = late(|world| world.days_later(5));
    assert_eq!(world.refund().unwrap().reason, "nights-taken");
}

#[test]
fn late_money_on_the_first_day_is_welcome() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.fire(1);
    world.pay(ended(1)).unwrap();
    world.days_later(4);
    world.paid(1).unwrap();
    assert_eq!(world.status(1), BookingStatus::Confirmed);
}

#[test]
fn late_money_may_need_others_to_move() {
    let mut world = World::live(2);
    world.hold(1, nights(5, 11)).unwrap();
    world.checkout(1).unwrap();
    world.fire(1);
    world.pay(ended(1)).unwrap();
    world.hold(2, nights(5, 8)).unwrap();
    world.hold(3, nights(7, 8)).unwrap();
    world.hold(4, nights(8, 11)).unwrap();
    world.release(2).unwrap();
    world.hold(5, nights(5, 7)).unwrap();
    world.paid(1).unwrap();
    assert_eq!(world.status(1), BookingStatus::Confirmed);
    let slots: Vec<_> =
        [3, 4, 5].map(|id| world.state.inventory.of(booking_id(id).into()).unwrap().slot_id).into();
    assert!(slots.iter().all(|slot| *slot == slots[0]), "{slots:?}");
}

#[test]
fn another_amount_is_no_payment() {
    for amount in [
        euro(29_999),
        euro(30_001),
        crate::domain::money::Money::new(30_000, "USD".parse().unwrap()),
    ] {
        let mut world = World::live(1);
        world.hold(1, nights(5, 8)).unwrap();
        world.checkout(1).unwrap();
        let decision = world.pay(paid(1, amount)).unwrap();
        assert_eq!(world.status(1), BookingStatus::Failed);
        assert_eq!(world.refund().unwrap().amount, amount, "all that came goes back");
        assert!(told(&decision).contains(&"booking.failed"));
        assert!(!world.holds_nights(1));
    }
}

#[test]
fn nothing_is_sent_back_when_nothing_came() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.pay(paid(1, euro(0))).unwrap();
    assert_eq!(world.status(1), BookingStatus::Failed);
    assert!(world.refund().is_none(), "a refund of nothing cannot be written");
}

#[test]
fn settled_bookings_are_forgotten_and_their_nights_are_not() {
    let mut world = World::live(2);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.hold(2, nights(5, 8)).unwrap();
    world.checkout(2).unwrap();
    world.paid(1).unwrap();
    world.state.forget_settled();
    assert!(!world.state.bookings.contains_key(&booking_id(1)));
    assert!(!world.state.payments.contains_key(&payment_id(1)));
    assert!(world.holds_nights(1));
    assert_eq!(world.payment(2).booking_id, booking_id(2));
    assert_eq!(world.paid_unknown(), Err(Refusal::NotFound));
}

impl World {
    /// Money for a payment that is not here.
    fn paid_unknown(&mut self) -> Result<(), Refusal> {
        self.pay(paid(1, euro(30_000))).map(drop)
    }
}

use proptest::prelude::*;

use super::fixture::{
    World, authorized, booking_id, checkout, ended, euro, nights, owner, paid, payment_id, reserve,
    tenant, told, unanswered,
};
use crate::domain::booking;
use crate::domain::ids::RefundId;
use crate::domain::payment::{Command, PaymentStatus, RefundStatus};
use crate::domain::refusal::Refusal;

fn opened(session: &str) -> Command {
    Command::SessionOpened {
        payment_id: payment_id(1),
        session_id: session.into(),
        url: format!("https://pay.example/{session}"),
    }
}

/// A tenant who is paying.
fn paying() -> World {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world
}

/// A tenant who is having the price of a request reserved.
fn reserving() -> World {
    let mut world = World::live(1);
    world.listing_mut().policies.instant_book = false;
    world.hold(1, nights(5, 8)).unwrap();
    let (by, id) = (tenant(), booking_id(1));
    world.book(booking::Command::Request { by, booking_id: id, message: None }).unwrap();
    world.book(reserve(1, euro(30_000))).unwrap();
    world
}

/// Money that is on its way back.
fn refunding() -> (World, RefundId) {
    let mut world = paying();
    world.release(1).unwrap();
    world.paid(1).unwrap();
    let id = world.refund().unwrap().id;
    (world, id)
}

fn observed(refund_id: RefundId, status: RefundStatus, provider_ref: Option<&str>) -> Command {
    Command::RefundObserved { refund_id, status, provider_ref: provider_ref.map(Into::into) }
}

#[test]
fn the_first_session_is_the_payments() {
    let mut world = paying();
    world.pay(opened("cs_1")).unwrap();
    assert_eq!(world.payment(1).session_id.as_deref(), Some("cs_1"));
    assert_eq!(world.payment(1).session_url.as_deref(), Some("https://pay.example/cs_1"));
    assert_eq!(world.payment(1).version, 2);
    assert!(world.pay(opened("cs_1")).unwrap().is_empty());
    assert!(world.pay(opened("cs_2")).unwrap().is_empty());
    world.pay(ended(1)).unwrap();
    let mut late = paying();
    late.pay(ended(1)).unwrap();
    assert!(late.pay(opened("cs_1")).unwrap().is_empty(), "it was closed before");
}

#[test]
fn what_is_not_known_is_refused() {
    let mut world = World::live(1);
    let refund_id = RefundId::from(uuid::Uuid::nil());
    for command in [
        opened("cs_1"),
        ended(1),
        paid(1, euro(1)),
        unanswered(1),
        observed(refund_id, RefundStatus::Succeeded, None),
    ] {
        assert_eq!(world.pay(command), Err(Refusal::NotFound));
    }
}

#[test]
fn a_payment_says_which_of_the_providers_it_is() {
    let mut world = paying();
    world.paid(1).unwrap();
    assert_eq!(world.payment(1).intent_id.as_deref(), Some("pi_1"));
    assert_eq!(world.payment(1).status, PaymentStatus::Succeeded);
}

#[test]
fn a_refund_advances_as_the_provider_says() {
    let (mut world, id) = refunding();
    let decision = world.pay(observed(id, RefundStatus::Failed, Some("re_1"))).unwrap();
    assert_eq!(told(&decision), ["refund.failed"]);
    let decision = world.pay(observed(id, RefundStatus::Succeeded, None)).unwrap();
    assert_eq!(told(&decision), ["refund.succeeded"]);
    let refund = world.refund().unwrap();
    assert_eq!((refund.status, refund.version), (RefundStatus::Succeeded, 3));
    assert_eq!(refund.provider_ref.as_deref(), Some("re_1"));
    for status in [RefundStatus::Pending, RefundStatus::Failed, RefundStatus::Succeeded] {
        assert!(world.pay(observed(id, status, Some("re_1"))).unwrap().is_empty());
    }
}

/// Without the provider's id its state could only be asked by the key of the request, and
/// the provider repeats the first answer to that for a day.
#[test]
fn a_pending_refund_keeps_the_providers_id() {
    let (mut world, id) = refunding();
    let decision = world.pay(observed(id, RefundStatus::Pending, Some("re_1"))).unwrap();
    assert_eq!(told(&decision), [""; 0]);
    let refund = world.refund().unwrap();
    assert_eq!(refund.provider_ref.as_deref(), Some("re_1"));
    assert_eq!((refund.status, refund.version), (RefundStatus::Pending, 2));
    assert!(world.pay(observed(id, RefundStatus::Pending, Some("re_1"))).unwrap().is_empty());
    assert!(world.pay(observed(id, RefundStatus::Pending, None)).unwrap().is_empty());
}

/// What a bank does not pay out in the end is no fault of the tenant's, who had nothing left to do.
#[test]
fn a_tenant_whose_card_fails_after_the_yes_has_the_whole_time_to_pay() {
    let mut world = reserving();
    world.pay(authorized(1, euro(30_000))).unwrap();
    let decision = world.book(booking::Command::Approve { by: owner(), booking_id: booking_id(1) });
    assert_eq!(told(&decision.unwrap()), ["booking.approved", "payment.capturing"]);
    world.later(std::time::Duration::from_secs(3_600));
    let decision = world.pay(ended(1)).unwrap();
    assert_eq!(told(&decision), ["payment.canceled", "payment.capture_failed"]);
    let booking = world.booking(1);
    assert_eq!(booking.expires_at, Some(world.now + world.rules.approved));
    assert_eq!(booking.payment_id, None);
    assert!(world.state.refunds.is_empty(), "nothing had come");
    let mut again = checkout(1, euro(30_000));
    if let booking::Command::Checkout { payment_id: id, .. } = &mut again {
        *id = payment_id(2);
    }
    world.book(again).unwrap();
    world.paid(2).unwrap();
    assert_eq!(world.status(1), booking::BookingStatus::Confirmed);
}

/// The log keeps order within a key: all that happens to a booking's money has one.
#[test]
fn all_events_of_a_booking_and_its_money_have_one_key() {
    let mut world = World::live(1);
    let mut keys = Vec::new();
    let mut note = |decision: crate::domain::change::Decision| {
        keys.extend(decision.events.into_iter().map(|(key, _)| key));
    };
    note(world.hold(1, nights(5, 8)).unwrap());
    note(world.checkout(1).unwrap());
    note(world.release(1).unwrap());
    note(world.paid(1).unwrap());
    let id = world.refund().unwrap().id;
    note(world.pay(observed(id, RefundStatus::Failed, None)).unwrap());
    note(world.pay(observed(id, RefundStatus::Succeeded, None)).unwrap());
    assert_eq!(keys.len(), 10);
    assert!(keys.iter().all(|key| *key == booking_id(1).uuid()), "{keys:?}");
}

fn observation() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(opened("cs_1")),
        Just(opened("cs_2")),
        Just(ended(1)),
        Just(authorized(1, euro(30_000))),
        Just(authorized(1, euro(20_000))),
        Just(paid(1, euro(30_000))),
        Just(paid(1, euro(20_000))),
        Just(unanswered(1)),
    ]
}

proptest! {
    /// Twice, late, out of order: the payment never goes back, and its money is never
    /// counted twice.
    #[test]
    fn a_payment_only_ever_advances(
        reserves: bool,
        release: bool,
        observations in prop::collection::vec(observation(), 1..12),
    ) {
        let mut world = if reserves { reserving() } else { paying() };
        if release {
            world.release(1).unwrap();
        }
        let (mut before, mut came) = (world.payment(1).clone(), 0);
        for command in observations {
            let decision = world.pay(command.clone()).unwrap();
            let after = world.payment(1).clone();
            prop_assert!(after.status >= before.status);
            prop_assert!(after.version - before.version == i32::from(after != before));
            prop_assert!(before.session_id.is_none() || after.session_id == before.session_id);
            came += told(&decision).iter().filter(|name| **name == "payment.succeeded").count();
            prop_assert!(world.pay(command.clone()).unwrap().is_empty()
                || command == unanswered(1), "doubled");
            before = world.payment(1).clone();
        }
        prop_assert!(came <= 1);
        prop_assert_eq!(before.status >= PaymentStatus::Succeeded, came == 1);
        prop_assert_eq!(before.status == PaymentStatus::Refunded, world.refund().is_some());
    }
}

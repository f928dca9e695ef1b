//! What the table of all pairs does not show: deadlines, limits, money in several payments,
//! and who may do what.

use std::time::Duration;

use uuid::Uuid;

use super::fixture::{
    World, booking_id, euro, june, nights, owner, paid, payment_id, rule, snapshot, stranger,
    tenant, told,
};
use crate::domain::booking::{self, Answer, BookingStatus, Command};
use crate::domain::booking_details::{ManualGuest, ProposalStatus};
use crate::domain::change::Decision;
use crate::domain::ids::{ProposalId, UserId};
use crate::domain::payment::{self, Decline, PaymentStatus};
use crate::domain::pricing::{Tax, TaxBase, TaxRate};
use crate::domain::property;
use crate::domain::refusal::Refusal;

fn confirmed() -> World {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.checkout(1).unwrap();
    world.paid(1).unwrap();
    world
}

fn change_id(number: u128) -> ProposalId {
    ProposalId::from(Uuid::from_u128(4000 + number))
}

fn propose(by: UserId, number: u128, from: i8, to: i8) -> Command {
    Command::Propose {
        by,
        booking_id: booking_id(1),
        change_id: change_id(number),
        unit_id: None,
        check_in: Some(june(from)),
        check_out: Some(june(to)),
        guests: None,
        promo: None,
    }
}

fn answer(by: UserId, number: u128, answer: Answer) -> Command {
    Command::Answer { by, booking_id: booking_id(1), change_id: change_id(number), answer }
}

fn pay_change(world: &World, number: u128, payment: u128) -> Command {
    let change = world.booking(1).details.change.as_ref().unwrap();
    Command::PayChange {
        by: tenant(),
        booking_id: booking_id(1),
        change_id: change_id(number),
        payment_id: payment_id(payment),
        amount: change.difference,
        request: serde_json::Value::Null,
    }
}

fn cancel(by: UserId, percent: Option<u8>) -> Command {
    Command::Cancel { by, booking_id: booking_id(1), percent, reason: None, expected: None }
}

fn refunds(world: &World) -> Vec<(i64, String)> {
    let mut all: Vec<_> = world.state.refunds.values().collect();
    all.sort_by_key(|refund| std::cmp::Reverse(refund.amount.amount));
    all.iter().map(|refund| (refund.amount.amount, refund.reason.clone())).collect()
}

fn refused(decision: Result<Decision, Refusal>) -> Vec<String> {
    match decision {
        Err(Refusal::InvalidTransition { allowed, .. }) => allowed,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_hold_is_extended_once_and_to_no_more_than_the_longest() {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    let extend = Command::Extend { by: tenant(), booking_id: booking_id(1) };
    world.later(Duration::from_secs(500));
    world.book(extend.clone()).unwrap();
    let ends = |world: &World| {
        let booking = world.booking(1);
        booking.expires_at.unwrap().duration_since(booking.created_at).as_secs()
    };
    assert_eq!(ends(&world), 900);
    assert_eq!(refused(world.book(extend.clone())), ["release", "checkout"]);
    world.later(Duration::from_secs(150));
    world.checkout(1).unwrap();
    world.fire(1);
    assert_eq!(world.now.duration_since(world.booking(1).created_at).as_secs(), 900);

    let mut world = World::live(1);
    world.rules.hold_max = Duration::from_secs(700);
    world.hold(1, nights(5, 8)).unwrap();
    world.book(extend.clone()).unwrap();
    assert_eq!(ends(&world), 700);
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    world.later(Duration::from_secs(600));
    assert_eq!(refused(world.book(extend)), ["release"], "too late, though the timer is late, too");
}

#[test]
fn three_failed_attempts_end_a_booking_unless_the_money_came_all_the_same() {
    for came in [false, true] {
        let mut world = World::live(1);
        world.hold(1, nights(5, 8)).unwrap();
        world.checkout(1).unwrap();
        let failed = || payment::Command::AttemptFailed {
            payment_id: payment_id(1),
            decline: Decline::Authentication,
        };
        world.pay(failed()).unwrap();
        world.pay(failed()).unwrap();
        assert_eq!(world.status(1), BookingStatus::PendingPayment);
        let third = world.pay(failed()).unwrap();
        assert_eq!(told(&third), ["payment.failed", "booking.expiring"]);
        assert_eq!(world.payment(1).attempts, 3);
        let end = if came { world.paid(1) } else { world.pay(super::fixture::ended(1)) }.unwrap();
        if came {
            assert_eq!(world.status(1), BookingStatus::Confirmed);
        } else {
            assert_eq!(told(&end), ["payment.canceled", "booking.failed", "booking.released"]);
        }
        assert_eq!(world.holds_nights(1), came);
    }
}

#[test]
fn the_kind_of_a_decline_follows_from_what_the_bank_says() {
    assert_eq!(Decline::of(Some("card_declined"), Some("stolen_card")), Decline::Hard);
    assert_eq!(Decline::of(Some("card_declined"), Some("insufficient_funds")), Decline::Soft);
    assert_eq!(Decline::of(Some("expired_card"), None), Decline::Soft);
    let failed = Some("payment_intent_authentication_failure");
    assert_eq!(Decline::of(failed, None), Decline::Authentication);
    assert_eq!(Decline::of(None, None), Decline::Soft);
}

#[test]
fn a_landlords_cancellation_gives_all_back_and_a_stranger_cancels_nothing() {
    let mut world = confirmed();
    assert_eq!(world.book(cancel(stranger(), None)), Err(Refusal::NotFound));
    let mut expects = cancel(owner(), None);
    if let Command::Cancel { expected, .. } = &mut expects {
        *expected = Some(euro(29_999));
    }
    assert_eq!(world.book(expects), Err(Refusal::RefundDiffers { refund: euro(30_000) }));
    let decision = world.book(cancel(owner(), None)).unwrap();
    assert_eq!(told(&decision), ["refund.created", "booking.cancelled", "booking.released"]);
    assert_eq!(refunds(&world), [(30_000, "cancelled".into())]);
    assert_eq!(world.payment(1).status, PaymentStatus::Refunded);
    assert!(!world.holds_nights(1) && world.timers.is_empty());
    assert_eq!(refused(world.book(cancel(owner(), None))), [""; 0]);
}

#[test]
fn what_has_gone_back_before_does_not_go_back_again() {
    let mut world = confirmed();
    let refund = |amount| payment::Command::Refund {
        by: owner(),
        admin: false,
        payment_id: payment_id(1),
        amount: euro(amount),
        reason: "the heating was out".into(),
    };
    world.pay(refund(10_000)).unwrap();
    assert_eq!(world.payment(1).status, PaymentStatus::PartiallyRefunded);
    assert!(matches!(world.pay(refund(20_001)), Err(Refusal::Invalid(_))));
    assert!(matches!(world.pay(refund(0)), Err(Refusal::Invalid(_))));
    world.book(cancel(owner(), None)).unwrap();
    assert_eq!(
        refunds(&world),
        [(20_000, "cancelled".into()), (10_000, "goodwill".into())],
        "the stay cost 300"
    );
    let payment = world.payment(1);
    assert_eq!((payment.captured, payment.refunded), (30_000, 30_000));
    let again = world.pay(refund(1));
    assert!(matches!(again, Err(Refusal::InvalidTransition { .. })), "{again:?}");
}

#[test]
fn an_administrator_says_what_goes_back_and_the_tenant_hears_the_policy() {
    let mut world = confirmed();
    world.book(cancel(stranger(), Some(25))).unwrap();
    assert_eq!(refunds(&world), [(7_500, "cancelled".into())]);
    // Flexible: until a day before all goes back, then all but two nights of a stay of three.
    let mut world = confirmed();
    world.days_later(3);
    world.later(Duration::from_hours(4));
    world.book(cancel(tenant(), None)).unwrap();
    assert_eq!(refunds(&world), [(20_000, "cancelled".into())]);
}

#[test]
fn a_cheaper_change_is_so_at_once_and_gives_the_difference_back() {
    let mut world = confirmed();
    world.book(propose(owner(), 1, 10, 12)).unwrap();
    assert_eq!(world.timers.len(), 2, "one of the stay and one of the proposal");
    assert!(matches!(
        world.book(answer(owner(), 1, Answer::Accept)),
        Err(Refusal::InvalidTransition { .. })
    ));
    assert_eq!(world.book(answer(stranger(), 1, Answer::Accept)), Err(Refusal::NotFound));
    assert_eq!(world.book(answer(tenant(), 9, Answer::Accept)), Err(Refusal::NotFound));
    let decision = world.book(answer(tenant(), 1, Answer::Accept)).unwrap();
    assert_eq!(told(&decision), ["refund.created", "booking.modified"]);
    let booking = &snapshot(&decision).booking;
    assert_eq!((booking.nights, booking.total), (nights(10, 12), euro(20_000)));
    assert_eq!(refunds(&world), [(10_000, "changed".into())]);
    assert_eq!(world.timers.len(), 1);
    assert!(world.hold(2, nights(5, 8)).is_ok(), "its old nights are free");
    assert!(world.hold(3, nights(11, 13)).is_err(), "its new nights are not");
}

#[test]
fn a_dearer_change_waits_for_its_money_and_goes_by_the_nights_of_then() {
    for taken in [false, true] {
        let mut world = confirmed();
        // Nights of its own among the new ones do not stand in its way.
        world.book(propose(tenant(), 1, 6, 10)).unwrap();
        let accepted = world.book(answer(owner(), 1, Answer::Accept)).unwrap();
        assert_eq!(told(&accepted), ["booking.change_accepted"]);
        let pay = pay_change(&world, 1, 2);
        world.book(pay.clone()).unwrap();
        assert!(world.book(pay).unwrap().is_empty(), "once is enough");
        if taken {
            world.hold(2, nights(8, 9)).unwrap();
        }
        let decision = world.pay(paid(2, euro(10_000))).unwrap();
        let booking = world.booking(1);
        let status = booking.details.change.as_ref().unwrap().status;
        if taken {
            assert_eq!(
                told(&decision),
                ["payment.succeeded", "booking.change_declined", "refund.created"]
            );
            assert_eq!((status, booking.nights), (ProposalStatus::Failed, nights(5, 8)));
            assert_eq!(refunds(&world), [(10_000, "change-not-possible".into())]);
        } else {
            assert_eq!(told(&decision), ["payment.succeeded", "booking.modified"]);
            assert_eq!((status, booking.nights), (ProposalStatus::Applied, nights(6, 10)));
            // Both payments go back, the later one first.
            world.book(cancel(owner(), None)).unwrap();
            assert_eq!(
                refunds(&world),
                [(30_000, "cancelled".into()), (10_000, "cancelled".into())]
            );
        }
    }
}

#[test]
fn a_proposal_ends_by_time_and_by_calling_off_and_its_late_money_goes_back() {
    let mut world = confirmed();
    world.book(propose(tenant(), 1, 5, 9)).unwrap();
    world.book(answer(owner(), 1, Answer::Accept)).unwrap();
    let pay = pay_change(&world, 1, 2);
    world.book(pay).unwrap();
    let timer = world.booking(1).details.change.as_ref().unwrap().timer.unwrap();
    let over = world.timers.iter().find(|one| one.id == timer).unwrap().clone();
    world.now = over.fire_at;
    let decision = world.run_as(timer.uuid(), &over.command).unwrap();
    assert_eq!(told(&decision), ["booking.change_declined", "payment.closing"]);
    let late = world.pay(paid(2, euro(10_000))).unwrap();
    assert_eq!(told(&late), ["payment.succeeded", "refund.created"]);
    assert_eq!(refunds(&world), [(10_000, "change-over".into())]);

    let mut world = confirmed();
    world.book(propose(tenant(), 1, 5, 9)).unwrap();
    let decision = world.book(cancel(tenant(), None)).unwrap();
    assert!(told(&decision).contains(&"booking.change_declined"));
    assert!(world.timers.is_empty());
}

#[test]
fn guests_come_with_the_code_and_leave_early_with_their_nights_free() {
    let mut world = confirmed();
    let check_in = |by, proved| Command::CheckIn { by, booking_id: booking_id(1), proved };
    assert_eq!(refused(world.book(check_in(owner(), false))), ["cancel", "change", "move"]);
    world.days_later(4);
    world.later(Duration::from_hours(3));
    assert!(matches!(world.book(check_in(tenant(), false)), Err(Refusal::Invalid(_))));
    world.book(check_in(tenant(), true)).unwrap();
    assert_eq!(refused(world.book(cancel(tenant(), None))), ["check-out"]);
    world.days_later(1);
    let check_out = Command::CheckOut { by: owner(), booking_id: booking_id(1) };
    let decision = world.book(check_out).unwrap();
    assert_eq!(told(&decision).last(), Some(&"booking.completed"));
    assert_eq!(world.booking(1).details.left_on, Some(june(6)));
    assert!(world.timers.is_empty());
    world.hold(2, nights(6, 8)).unwrap();
}

#[test]
fn a_stay_of_which_nobody_says_anything_took_place() {
    let mut world = confirmed();
    let decision = world.fire(1);
    assert_eq!(told(&decision), ["booking.completed"]);
    assert_eq!(world.status(1), BookingStatus::Completed);
    assert!(!world.holds_nights(1));

    // After one night the landlord still has time to say that nobody came.
    let mut world = World::live(1);
    world.hold(1, nights(5, 6)).unwrap();
    world.checkout(1).unwrap();
    world.paid(1).unwrap();
    assert_eq!(told(&world.fire(1)), [""; 0]);
    let no_show = Command::NoShow { by: owner(), booking_id: booking_id(1) };
    assert_eq!(refused(world.book(no_show.clone())), ["cancel", "change", "move"]);
    world.later(Duration::from_hours(5));
    let mut other = world.clone();
    assert_eq!(told(&world.book(no_show).unwrap()), ["booking.no_show", "booking.released"]);
    assert_eq!(told(&other.fire(1)), ["booking.completed"]);
}

#[test]
fn a_landlord_enters_a_stay_and_changes_it_alone() {
    let mut world = World::live(1);
    let manual = |by, number, total: Option<i64>| Command::Manual {
        by,
        booking_id: booking_id(number),
        unit_id: None,
        nights: nights(5, 8),
        guests: 2,
        guest: ManualGuest { name: "Ada".into(), note: None },
        total: total.map(euro),
    };
    assert_eq!(world.book(manual(tenant(), 1, None)), Err(Refusal::NotFound));
    assert!(matches!(world.book(manual(owner(), 1, Some(-1))), Err(Refusal::Invalid(_))));
    let decision = world.book(manual(owner(), 1, Some(0))).unwrap();
    assert_eq!(told(&decision), ["booking.recorded"]);
    assert_eq!(world.booking(1).total, euro(0));
    assert_eq!(world.book(manual(owner(), 2, None)), Err(Refusal::nights_taken(nights(5, 8))));
    let decision = world.book(propose(owner(), 1, 6, 9)).unwrap();
    assert_eq!(told(&decision), ["booking.modified"]);
    assert_eq!(world.booking(1).nights, nights(6, 9));
    assert_eq!(world.booking(1).total, euro(0), "what was agreed on elsewhere stays");
    let more = Command::Propose {
        by: owner(),
        booking_id: booking_id(1),
        change_id: change_id(2),
        unit_id: None,
        check_in: None,
        check_out: None,
        guests: Some(3),
        promo: None,
    };
    assert_eq!(rule(world.book(more).unwrap_err()), "too-many-guests");
    let decision = world.book(cancel(owner(), None)).unwrap();
    assert_eq!(told(&decision), ["booking.cancelled", "booking.released"]);
    assert_eq!(refunds(&world), []);
}

/// On their last day guests are no stay to come, so that the home may be given up; nobody is
/// taken in after that.
#[test]
fn a_home_that_was_given_up_takes_no_changed_stay() {
    let mut world = confirmed();
    world.days_later(6);
    world.book(propose(tenant(), 1, 20, 23)).unwrap();
    world.later(Duration::from_hours(20));
    let archive = property::Command::Archive { by: owner(), version: 2 };
    world.listing(archive).unwrap();
    let accepted = world.book(answer(owner(), 1, Answer::Accept));
    assert_eq!(rule(accepted.unwrap_err()), "not-live");
    world.book(answer(tenant(), 1, Answer::Withdraw)).unwrap();
    let again = world.book(propose(tenant(), 2, 20, 23));
    assert_eq!(rule(again.unwrap_err()), "not-live");
}

#[test]
fn a_stay_that_a_landlord_enters_costs_what_it_would_cost_today() {
    let mut world = World::live(1);
    let listing = world.listing_mut();
    listing.fields.cleaning_fee_minor = 2_500;
    listing.fields.deposit_minor = 50_000;
    listing.pricing.rates.weekly_off = 1_000;
    let vat =
        Tax { name: "VAT".into(), rate: TaxRate::Percent { of_whole: 1_000, base: TaxBase::Stay } };
    listing.pricing.rates.taxes = vec![vat];
    let manual = |number, from, total: Option<i64>| Command::Manual {
        by: owner(),
        booking_id: booking_id(number),
        unit_id: None,
        nights: nights(from, from + 7),
        guests: 2,
        guest: ManualGuest { name: "Ada".into(), note: None },
        total: total.map(euro),
    };
    world.book(manual(1, 3, None)).unwrap();
    let booking = world.booking(1);
    // 700 less a tenth, and the cleaning; a tenth of these on top. The deposit is not ours.
    assert_eq!((booking.total, booking.terms.price.lines.len()), (euro(72_050), 4));
    world.book(manual(2, 10, Some(1_234))).unwrap();
    let booking = world.booking(2);
    assert_eq!((booking.total, booking.terms.price.lines.len()), (euro(1_234), 1));
    world.listing_mut().units[0].fields.night_minor = None;
    let priceless = world.book(manual(3, 17, None)).unwrap_err();
    assert_eq!(rule(priceless), "no-price");
    world.book(manual(3, 17, Some(0))).unwrap();
}

#[test]
fn a_request_is_over_when_its_time_is_and_an_approval_as_well() {
    for approved in [false, true] {
        let mut world = World::live(1);
        world.listing_mut().policies.instant_book = false;
        world.hold(1, nights(5, 8)).unwrap();
        assert_eq!(refused(world.checkout(1)), ["release", "request", "extend"]);
        let by = tenant();
        let request = booking::Command::Request { by, booking_id: booking_id(1), message: None };
        world.book(request).unwrap();
        let hours = if approved {
            let approve = Command::Approve { by: owner(), booking_id: booking_id(1) };
            world.book(approve).unwrap();
            12
        } else {
            24
        };
        let ends = world.booking(1).expires_at.unwrap();
        assert_eq!(ends.duration_since(world.now).as_hours(), hours);
        let over = world.fire(1);
        assert_eq!(told(&over), ["booking.expired", "booking.released"]);
    }
}

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::fixture::{World, booking_id, euro, nights, owner, payment_id, tenant};
use crate::domain::change::{Change, Decision};
use crate::domain::ledger::{Account, Kind, Parts, Posting};
use crate::domain::payment::{self, RefundStatus};
use crate::domain::price::{Line, LineKind, Price};

fn postings(decision: &Decision) -> Vec<&Posting> {
    decision
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Post(posting) => Some(&**posting),
            _ => None,
        })
        .collect()
}

fn lines(posting: &Posting) -> BTreeMap<Account, i64> {
    assert_eq!(posting.lines.iter().map(|(_, amount)| amount).sum::<i64>(), 0, "{posting:?}");
    posting.lines.iter().copied().collect()
}

/// A price of 300.00 with 30.00 of taxes in it, and a deposit of 200.00.
fn price() -> Price {
    let line = |kind, amount| Line { kind, label: String::new(), quantity: 1, amount };
    let lines = vec![line(LineKind::Nights, 27_000), line(LineKind::Tax, 3_000)];
    Price { currency: euro(0).currency, lines, deposit: 20_000 }
}

/// A home where the tenant is at the payment page, of a platform that keeps 3.33 %.
fn paying() -> World {
    let mut world = World::live(1);
    world.rules.platform_fee = 333;
    world.hold(1, nights(5, 8)).unwrap();
    let booking = world.state.bookings.get_mut(&booking_id(1)).unwrap();
    booking.terms.price = price();
    booking.total = price().due();
    world.checkout(1).unwrap();
    world
}

fn observed(world: &mut World, status: RefundStatus) -> Decision {
    let refund_id = world.refund().unwrap().id;
    world.pay(payment::Command::RefundObserved { refund_id, status, provider_ref: None }).unwrap()
}

#[test]
fn a_payment_is_booked_by_what_it_is_for() {
    let mut world = paying();
    let paid = world.paid(1).unwrap();
    let [posting] = postings(&paid)[..] else { panic!("{paid:?}") };
    assert_eq!((posting.kind, posting.source), (Kind::PaymentReceived, payment_id(1).uuid()));
    assert_eq!((posting.tenant, posting.landlord), (tenant(), owner()));
    // 3.33 % of 270.00 are 8.991.
    let expected = BTreeMap::from([
        (Account::CashClearing, 50_000),
        (Account::LandlordPayable, -26_101),
        (Account::PlatformFee, -899),
        (Account::TaxPayable, -3_000),
        (Account::DepositsHeld, -20_000),
    ]);
    assert_eq!(lines(posting), expected);
    assert_eq!(postings(&world.paid(1).unwrap()), Vec::<&Posting>::new(), "told twice");
}

#[test]
fn money_that_nobody_waits_for_goes_through_suspense() {
    let mut world = paying();
    world.release(1).unwrap();
    let decision = world.paid(1).unwrap();
    let [came, back] = postings(&decision)[..] else { panic!("{decision:?}") };
    let expected = [(Account::CashClearing, 50_000), (Account::Suspense, -50_000)];
    assert_eq!((came.kind, lines(came)), (Kind::PaymentReceived, BTreeMap::from(expected)));
    let expected = [(Account::Suspense, 50_000), (Account::TenantCredit, -50_000)];
    assert_eq!((back.kind, lines(back)), (Kind::RefundMade, BTreeMap::from(expected)));

    let failed = observed(&mut world, RefundStatus::Failed);
    let [failure] = postings(&failed)[..] else { panic!("{failed:?}") };
    let expected = [(Account::TenantCredit, 50_000), (Account::Suspense, -50_000)];
    assert_eq!((failure.kind, lines(failure)), (Kind::RefundFailed, BTreeMap::from(expected)));
    let failure = failure.clone();

    // It came through after all: what was said of its failure is taken back.
    let sent = observed(&mut world, RefundStatus::Succeeded);
    let [reversal, sent] = postings(&sent)[..] else { panic!("{sent:?}") };
    assert_eq!((reversal.kind, reversal.reverses), (Kind::Reversal, Some(failure.id)));
    let opposite: BTreeMap<_, _> = lines(&failure).into_iter().map(|(a, n)| (a, -n)).collect();
    assert_eq!(lines(reversal), opposite);
    let expected = [(Account::TenantCredit, 50_000), (Account::CashClearing, -50_000)];
    assert_eq!((sent.kind, lines(sent)), (Kind::RefundSucceeded, BTreeMap::from(expected)));
    let again = observed(&mut world, RefundStatus::Succeeded);
    assert!(postings(&again).is_empty(), "{again:?}");
}

#[test]
fn another_amount_than_agreed_is_nobodys() {
    let mut world = paying();
    let decision = world.pay(super::fixture::paid(1, euro(49_999))).unwrap();
    let [came, _] = postings(&decision)[..] else { panic!("{decision:?}") };
    let expected = [(Account::CashClearing, 49_999), (Account::Suspense, -49_999)];
    assert_eq!(lines(came), BTreeMap::from(expected));
}

#[test]
fn parts_are_taken_in_their_order_and_whole() {
    let mut parts = Parts { stay: 100, tax: 10, deposit: 50 };
    assert_eq!(parts.take(30), Parts::of_stay(30));
    assert_eq!(parts.take(75), Parts { stay: 70, tax: 5, deposit: 0 });
    assert_eq!(parts.take(55), Parts { stay: 0, tax: 5, deposit: 50 });
    assert_eq!(parts, Parts::default());
    // A change may make one part dearer and another cheaper.
    let mut mixed = Parts { stay: -20, tax: 0, deposit: 50 };
    assert_eq!(mixed.take(30), Parts { stay: -20, tax: 0, deposit: 50 });
    let mut more = Parts::of_deposit(5);
    assert_eq!(more.take(7), Parts { stay: 2, tax: 0, deposit: 5 });
}

proptest! {
    #[test]
    fn parts_add_up_to_what_is_taken(
        stay in -100_i64..1_000, tax in -100_i64..1_000, deposit in -100_i64..1_000,
        amounts in prop::collection::vec(0_i64..500, 1..6),
    ) {
        let mut parts = Parts { stay, tax, deposit };
        let whole = parts.total();
        let mut taken = 0;
        for amount in amounts {
            prop_assert_eq!(parts.take(amount).total(), amount);
            taken += amount;
            prop_assert_eq!(parts.total(), whole - taken);
        }
    }
}

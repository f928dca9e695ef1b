use jiff::civil::{Date, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::fixture::euro;
use crate::domain::calendar::{self, Nights};
use crate::domain::cancellation::{
    CancelledBy, RefundLines, early_check_out, nights_used, no_show, refund,
};
use crate::domain::policies::{Cancellation, Policies};
use crate::domain::price::{Line, LineKind, Price};
use crate::domain::terms::Terms;

const ALL: [Cancellation; 6] = [
    Cancellation::Flexible,
    Cancellation::Moderate,
    Cancellation::Limited,
    Cancellation::Firm,
    Cancellation::Strict,
    Cancellation::NonRefundable,
];

fn line(kind: LineKind, amount: i64) -> Line {
    Line { kind, label: String::new(), quantity: 1, amount }
}

/// Nights at 100.00 each, 50.00 for cleaning, ten per cent of taxes, a deposit of 200.00.
fn terms(cancellation: Cancellation, count: u32) -> Terms {
    let nights = i64::from(count) * 10_000;
    let lines = vec![
        line(LineKind::Nights, nights),
        line(LineKind::Cleaning, 5_000),
        line(LineKind::Tax, (nights + 5_000) / 10),
    ];
    let price = Price { currency: euro(0).currency, lines, deposit: 20_000 };
    Terms::new(price, &Policies { cancellation, ..Policies::default() })
}

fn dublin() -> TimeZone {
    calendar::zone("Europe/Dublin").unwrap()
}

/// So many nights from the tenth of June, with check-in at three.
fn stay(count: u32) -> Nights {
    let first = date(2026, 6, 10);
    Nights::new(first, first.checked_add(jiff::Span::new().days(count)).unwrap()).unwrap()
}

fn local(zone: &TimeZone, day: Date, hour: i8, minute: i8) -> Timestamp {
    zone.to_timestamp(day.to_datetime(time(hour, minute, 0, 0))).unwrap()
}

/// What goes back of the nights of a stay from the tenth of June that was booked in January.
fn back(policy: Cancellation, count: u32, now: Timestamp) -> RefundLines {
    let booked = "2026-01-01T12:00:00Z".parse().unwrap();
    refund(&terms(policy, count), stay(count), CancelledBy::Tenant, booked, now, &dublin())
}

fn of(lines: &RefundLines, kind: LineKind) -> i64 {
    lines.lines.iter().filter(|line| line.kind == kind).map(|line| line.amount).sum()
}

/// What goes back of the nights at the minute of a deadline and one minute later.
fn edge(policy: Cancellation, count: u32, deadline: Timestamp) -> (i64, i64) {
    let late = deadline + SignedDuration::from_mins(1);
    (
        of(&back(policy, count, deadline), LineKind::Nights),
        of(&back(policy, count, late), LineKind::Nights),
    )
}

#[test]
fn every_policy_turns_at_its_deadlines() {
    use Cancellation as C;
    let at = |month, day| local(&dublin(), date(2026, month, day), 15, 0);
    for (policy, count, deadline, before, after) in [
        (C::Flexible, 4, at(6, 9), 40_000, 30_000),
        (C::Moderate, 4, at(6, 5), 40_000, 15_000),
        (C::Limited, 4, at(5, 27), 40_000, 20_000),
        (C::Limited, 4, at(6, 3), 20_000, 0),
        (C::Firm, 4, at(5, 11), 40_000, 20_000),
        (C::Firm, 4, at(6, 3), 20_000, 0),
        (C::Strict, 4, at(6, 3), 20_000, 0),
        (C::NonRefundable, 4, at(1, 3), 0, 0),
        // One night: the one more is all there is.
        (C::Flexible, 1, at(6, 9), 10_000, 0),
        (C::Moderate, 1, at(6, 5), 10_000, 0),
        // Of 27 nights the policy decides, of 28 their length.
        (C::Flexible, 27, at(6, 9), 270_000, 260_000),
        (C::Flexible, 28, at(5, 13), 280_000, 0),
        (C::Strict, 40, at(5, 13), 400_000, 100_000),
        (C::NonRefundable, 40, at(5, 13), 0, 0),
    ] {
        assert_eq!(edge(policy, count, deadline), (before, after), "{policy:?} {count} {deadline}");
    }
}

#[test]
fn who_thinks_again_soon_gets_all_back() {
    let booked: Timestamp = "2026-05-01T10:00:00Z".parse().unwrap();
    let nights = |policy, count, booked, now| {
        let who = CancelledBy::Tenant;
        of(
            &refund(&terms(policy, count), stay(count), who, booked, now, &dublin()),
            LineKind::Nights,
        )
    };
    let minute = SignedDuration::from_mins(1);
    let day = booked + SignedDuration::from_hours(24);
    for policy in ALL {
        assert_eq!(nights(policy, 4, booked, day), 40_000, "{policy:?}");
        assert_eq!(nights(policy, 40, booked, day), 400_000, "{policy:?}");
    }
    assert_eq!(nights(Cancellation::NonRefundable, 4, booked, day + minute), 0);
    let two = booked + SignedDuration::from_hours(48);
    assert_eq!(nights(Cancellation::Strict, 4, booked, two), 40_000);
    assert_eq!(nights(Cancellation::Strict, 4, booked, two + minute), 20_000);
    // Strict: 48 hours count only 14 days ahead; for all, 24 hours 7 days ahead.
    let at = |day| local(&dublin(), day, 15, 0);
    for (policy, before, deadline) in [
        (Cancellation::Strict, 30, at(date(2026, 5, 27))),
        (Cancellation::Firm, 1, at(date(2026, 6, 3))),
        (Cancellation::NonRefundable, 1, at(date(2026, 6, 3))),
    ] {
        let booked = deadline - SignedDuration::from_hours(before);
        assert_eq!(nights(policy, 4, booked, deadline), 40_000, "{policy:?}");
        assert!(nights(policy, 4, booked, deadline + minute) < 40_000, "{policy:?}");
    }
}

#[test]
fn cleaning_taxes_and_deposit_go_back_each_by_its_own_rule() {
    let check_in = local(&dublin(), date(2026, 6, 10), 15, 0);
    let late = back(Cancellation::Moderate, 4, check_in - SignedDuration::from_mins(1));
    // 150.00 of the nights and 50.00 of cleaning, of 450.00: so much of 45.00.
    let lines: Vec<_> = late.lines.iter().map(|line| (line.kind, line.amount)).collect();
    let expected =
        [(LineKind::Nights, 15_000), (LineKind::Cleaning, 5_000), (LineKind::Tax, 2_000)];
    assert_eq!(lines, expected);
    assert_eq!((late.deposit, late.total()), (20_000, euro(42_000)));
    let begun = back(Cancellation::Moderate, 4, check_in);
    assert_eq!((of(&begun, LineKind::Nights), of(&begun, LineKind::Cleaning)), (10_000, 0));
    assert_eq!(begun.deposit, 20_000);
    assert_eq!(no_show(&terms(Cancellation::Flexible, 4)).total(), euro(20_000));
}

#[test]
fn landlords_give_all_back_and_admins_what_they_say() {
    let now = local(&dublin(), date(2026, 6, 10), 14, 0);
    let by =
        |who| refund(&terms(Cancellation::NonRefundable, 4), stay(4), who, now, now, &dublin());
    let all = terms(Cancellation::NonRefundable, 4).price.due();
    assert_eq!(by(CancelledBy::Landlord).total(), all);
    assert_eq!(by(CancelledBy::Admin { percent: 100 }).total(), all);
    assert_eq!(by(CancelledBy::Admin { percent: 255 }).total(), all);
    assert_eq!(by(CancelledBy::Admin { percent: 0 }).total(), euro(20_000));
    let third = by(CancelledBy::Admin { percent: 33 });
    assert_eq!(third.total(), euro(13_200 + 1_650 + 1_485 + 20_000));
}

#[test]
fn guests_who_leave_early_get_what_the_policy_says() {
    use Cancellation as C;
    let morning = local(&dublin(), date(2026, 6, 12), 11, 0);
    let noon = morning + SignedDuration::from_mins(1);
    for (policy, count, at, back) in [
        // Two nights used, and one more is due.
        (C::Flexible, 5, morning, 20_000),
        (C::Flexible, 5, noon, 10_000),
        (C::Moderate, 5, morning, 10_000),
        (C::Moderate, 5, noon, 5_000),
        (C::Limited, 5, morning, 0),
        (C::Firm, 5, morning, 0),
        (C::Strict, 5, morning, 0),
        (C::NonRefundable, 5, morning, 0),
        (C::Flexible, 35, morning, 50_000),
        (C::Flexible, 28, morning, 0),
    ] {
        let left = early_check_out(&terms(policy, count), stay(count), at, &dublin());
        assert_eq!(of(&left, LineKind::Nights), back, "{policy:?} {count}");
        assert_eq!((of(&left, LineKind::Cleaning), left.deposit), (0, 0));
    }
    let terms = terms(C::Flexible, 5);
    let used = |at| nights_used(&terms, stay(5), at, &dublin());
    assert_eq!(used(local(&dublin(), date(2026, 6, 10), 14, 59)), 0);
    assert_eq!(used(local(&dublin(), date(2026, 6, 10), 15, 0)), 1);
    assert_eq!((used(morning), used(noon)), (2, 3));
    assert_eq!(used(local(&dublin(), date(2026, 7, 1), 0, 0)), 5);
    // Long stays: those used count once they are more than thirty.
    let late = early_check_out(
        &self::terms(C::Firm, 40),
        stay(40),
        local(&dublin(), date(2026, 7, 13), 10, 0),
        &dublin(),
    );
    assert_eq!(of(&late, LineKind::Nights), 70_000);
}

/// Rules of days keep the hour through a change of the clocks, rules of hours do not.
#[test]
fn deadlines_are_local_across_a_change_of_the_clocks() {
    let new_york = calendar::zone("America/New_York").unwrap();
    // Clocks went forward on 2026-03-08 at two in the morning.
    let nights = Nights::new(date(2026, 3, 9), date(2026, 3, 13)).unwrap();
    let booked = "2026-01-01T12:00:00Z".parse().unwrap();
    let back = |policy, now| {
        let who = CancelledBy::Tenant;
        of(&refund(&terms(policy, 4), nights, who, booked, now, &new_york), LineKind::Nights)
    };
    let minute = SignedDuration::from_mins(1);
    let check_in = local(&new_york, date(2026, 3, 9), 15, 0);
    let day = check_in - SignedDuration::from_hours(24);
    assert_eq!(
        (back(Cancellation::Flexible, day), back(Cancellation::Flexible, day + minute)),
        (40_000, 30_000)
    );
    let five = local(&new_york, date(2026, 3, 4), 15, 0);
    assert_eq!(check_in.duration_since(five), SignedDuration::from_hours(5 * 24 - 1));
    assert_eq!(
        (back(Cancellation::Moderate, five), back(Cancellation::Moderate, five + minute)),
        (40_000, 15_000)
    );
    // The hour of check-in is skipped that night: it is as much later.
    let mut terms = terms(Cancellation::Flexible, 1);
    terms.check_in_from = time(2, 30, 0, 0);
    let nights = Nights::new(date(2026, 3, 8), date(2026, 3, 9)).unwrap();
    let from = local(&new_york, date(2026, 3, 8), 3, 30);
    assert_eq!(nights_used(&terms, nights, from - minute, &new_york), 0);
    assert_eq!(nights_used(&terms, nights, from, &new_york), 1);
}

#[test]
fn each_sum_is_rounded_once_and_its_last_line_takes_the_remainder() {
    let lines = vec![
        line(LineKind::Nights, 3_333),
        line(LineKind::Nights, 3_333),
        line(LineKind::Guests, 1_001),
        line(LineKind::Discount, -700),
        line(LineKind::Tax, 701),
        line(LineKind::Tax, 100),
    ];
    let price = Price { currency: euro(0).currency, lines, deposit: 0 };
    let policies = Policies { cancellation: Cancellation::Firm, ..Policies::default() };
    let terms = Terms::new(price, &policies);
    let now = local(&dublin(), date(2026, 6, 1), 12, 0);
    let booked = "2026-01-01T12:00:00Z".parse().unwrap();
    let half = refund(&terms, stay(4), CancelledBy::Tenant, booked, now, &dublin());
    let amounts: Vec<_> = half.lines.iter().map(|line| line.amount).collect();
    // 3,483.5 of 6,967 and 400.5 of 801, each half up.
    assert_eq!(amounts, [1_666, 1_666, 500, -348, 350, 51]);
    assert_eq!(half.total(), euro(3_484 + 401));
}

fn any_terms() -> impl Strategy<Value = (Terms, Nights, i8)> {
    let policy = prop::sample::select(ALL.to_vec());
    let discount = 0..50_000_i64;
    (policy, 1..60_u32, 1..500_000_i64, discount, 0..20_000_i64, 0..100_000_i64, 0..24_i8).prop_map(
        |(policy, count, nights, discount, cleaning, deposit, hour)| {
            let taxes = (nights + cleaning) / 7;
            let lines = vec![
                line(LineKind::Nights, nights),
                line(LineKind::Discount, -discount.min(nights)),
                line(LineKind::Cleaning, cleaning),
                line(LineKind::Tax, taxes),
                line(LineKind::Tax, taxes / 3),
            ];
            let price = Price { currency: euro(0).currency, lines, deposit };
            let policies = Policies { cancellation: policy, ..Policies::default() };
            let mut terms = Terms::new(price, &policies);
            terms.check_in_from = time(hour, 0, 0, 0);
            (terms, stay(count), hour)
        },
    )
}

proptest! {
    #[test]
    fn never_more_than_was_paid_and_never_more_with_time(
        (terms, nights, _) in any_terms(),
        who in prop::sample::select(vec![
            CancelledBy::Tenant, CancelledBy::Landlord, CancelledBy::Admin { percent: 41 },
        ]),
        zone in prop::sample::select(vec!["Europe/Dublin", "America/New_York", "Pacific/Apia"]),
        booked in -2_000_i64..500,
        mut hours in prop::collection::vec(-2_000_i64..2_000, 2..20),
    ) {
        let zone = calendar::zone(zone).unwrap();
        let check_in: Timestamp = "2026-06-10T12:00:00Z".parse().unwrap();
        let after = |hours| check_in + SignedDuration::from_hours(hours);
        hours.sort_unstable();
        let paid = terms.price.due().amount;
        let mut before = (i64::MAX, i64::MAX);
        for hour in hours.into_iter().filter(|hour| *hour >= booked) {
            let back = refund(&terms, nights, who, after(booked), after(hour), &zone);
            let total = back.total().amount;
            prop_assert!((0..=paid).contains(&total), "{total} of {paid}");
            let left = early_check_out(&terms, nights, after(hour), &zone).total().amount;
            prop_assert!((0..=paid).contains(&left), "{left} of {paid}");
            prop_assert!(total <= before.0 && left <= before.1, "grows with time");
            before = (total, left);
        }
    }
}

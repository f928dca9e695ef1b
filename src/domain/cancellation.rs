//! What goes back when a stay is called off or ends early, by the policy that the booking was
//! made under.
//!
//! Deadlines are local to the property: a rule of *days* ends at the hour of check-in so many
//! dates before, a rule of *hours* so many hours of real time before, so that only the former
//! moves with the clocks. A step at the very deadline is in time.
//!
//! | policy | all goes back | then |
//! |---|---|---|
//! | flexible | until 24 h before | all but nights used and one more |
//! | moderate | until 5 days before | half of all but nights used and one more |
//! | limited | until 14 days before | half until 7 days before |
//! | firm | until 30 days before | half until 7 days before |
//! | strict | 48 h from booking, if 14 days ahead | half until 7 days before |
//! | non-refundable | never | nothing |
//!
//! Stays of 28 nights and more: all until 28 days before, then all but the first 30 nights and
//! those used. This takes the place of every policy but `non_refundable`, which was cheaper.
//! Under any policy all goes back within 24 h of booking, 7 days ahead or more.
//!
//! These are shares of the nights, with what stands beside them: extra guests and discounts.
//! The cleaning fee goes back until check-in. Taxes are taken to be on all the rest of the
//! price and go back in proportion. The deposit was never earned and goes back whole. Each of
//! the three sums is rounded once, half up; among its lines, the last takes the remainder.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::calendar::Nights;
use super::money::{Currency, Money};
use super::policies::Cancellation;
use super::price::{Line, LineKind, Price};
use super::terms::Terms;

/// From how many nights on a stay is a long one.
pub const LONG_NIGHTS: u32 = 28;

/// Days before check-in until which a long stay is free to call off.
const LONG_FREE_DAYS: i32 = 28;
/// Nights of a long stay that are due after that.
const LONG_DUE_NIGHTS: u32 = 30;
/// Days before check-in until which the half-way policies give half back.
const HALF_DAYS: i32 = 7;
/// Time after booking in which anybody may think again, some days ahead.
const SECOND_THOUGHTS: (SignedDuration, i32) = (SignedDuration::from_hours(24), 7);
/// The same, for strict stays, of longer time and further ahead.
const STRICT_THOUGHTS: (SignedDuration, i32) = (SignedDuration::from_hours(48), 14);
/// Time before check-in until which flexible stays are free to call off.
const FLEXIBLE_FREE: SignedDuration = SignedDuration::from_hours(24);

/// Who calls a stay off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The tenant, by the policy.
    Tenant,
    /// The landlord: all goes back.
    Landlord,
    /// An administrator, with a share of their own.
    Admin {
        /// What goes back of each line, in per cent, 0 to 100; more counts as 100.
        percent: u8,
    },
}

/// What goes back of a line of the price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// What the line is for.
    pub kind: LineKind,
    /// The line's own label.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What goes back, in minor units; below zero for a discount.
    pub amount: i64,
}

/// What goes back of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLines {
    /// The currency of all amounts.
    pub currency: Currency,
    /// The lines of which something goes back, in the order of the price.
    pub lines: Vec<RefundLine>,
    /// What goes back of the deposit, in minor units.
    pub deposit: i64,
}

impl RefundLines {
    /// All that goes back.
    #[must_use]
    pub fn total(&self) -> Money {
        let lines: i64 = self.lines.iter().map(|line| line.amount).sum();
        Money::new(lines + self.deposit, self.currency)
    }
}

/// What goes back when a stay is called off at `now`. `booked_at` is when it was confirmed.
#[must_use]
pub fn refund(
    terms: &Terms,
    nights: Nights,
    who: CancelledBy,
    booked_at: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
) -> RefundLines {
    let deposit = terms.price.deposit;
    match who {
        CancelledBy::Landlord => back(&terms.price, Share::ALL, Share::ALL, deposit),
        CancelledBy::Admin { percent } => {
            let share = Share { part: u32::from(percent.min(100)), of: 100 };
            back(&terms.price, share, share, deposit)
        }
        CancelledBy::Tenant => {
            let stay = Stay { terms, nights, zone };
            let cleaning = if now < stay.check_in() { Share::ALL } else { Share::NOTHING };
            back(&terms.price, stay.share(booked_at, now), cleaning, deposit)
        }
    }
}

/// What goes back when guests leave at `now`, before their last day: what the policy says of
/// nights that are not used. The deposit stays until it is released.
#[must_use]
pub fn early_check_out(
    terms: &Terms,
    nights: Nights,
    now: Timestamp,
    zone: &TimeZone,
) -> RefundLines {
    let used = nights_used(terms, nights, now, zone).max(1);
    let share = Stay { terms, nights, zone }.late_share(used, false);
    back(&terms.price, share, Share::NOTHING, 0)
}

/// What goes back when nobody came: the deposit alone.
#[must_use]
pub fn no_show(terms: &Terms) -> RefundLines {
    back(&terms.price, Share::NOTHING, Share::NOTHING, terms.price.deposit)
}

/// How many nights of a stay are used up at `now`: none before check-in, the first from then
/// on, and each later one from the hour on its date by which guests have to leave.
#[must_use]
pub fn nights_used(terms: &Terms, nights: Nights, now: Timestamp, zone: &TimeZone) -> u32 {
    if now < instant(nights.check_in(), terms.check_in_from, zone) {
        return 0;
    }
    let later = nights.iter().skip(1);
    let begun = later.take_while(|night| instant(*night, terms.check_out_until, zone) < now);
    1 + u32::try_from(begun.count()).unwrap_or(u32::MAX)
}

/// A part of a whole.
#[derive(Clone, Copy)]
struct Share {
    part: u32,
    of: u32,
}

impl Share {
    const ALL: Self = Self { part: 1, of: 1 };
    const HALF: Self = Self { part: 1, of: 2 };
    const NOTHING: Self = Self { part: 0, of: 1 };
}

/// A stay whose end is looked at.
struct Stay<'a> {
    terms: &'a Terms,
    nights: Nights,
    zone: &'a TimeZone,
}

impl Stay<'_> {
    fn check_in(&self) -> Timestamp {
        self.days_before(0)
    }

    /// The hour of check-in, so many dates before it.
    fn days_before(&self, days: i32) -> Timestamp {
        let date = self.nights.check_in().checked_sub(days.days()).unwrap_or(Date::MIN);
        instant(date, self.terms.check_in_from, self.zone)
    }

    /// What goes back of the nights when the tenant calls the stay off.
    fn share(&self, booked_at: Timestamp, now: Timestamp) -> Share {
        let until = |days| now <= self.days_before(days);
        let thinks_again = |(time, days): (SignedDuration, i32)| {
            until(days) && now <= booked_at.saturating_add(time).unwrap_or(Timestamp::MAX)
        };
        let before = |time| now <= self.check_in().saturating_sub(time).unwrap_or(Timestamp::MIN);
        let policy = self.terms.cancellation;
        let free = match policy {
            Cancellation::NonRefundable => false,
            _ if self.is_long() => until(LONG_FREE_DAYS),
            Cancellation::Flexible => before(FLEXIBLE_FREE),
            Cancellation::Moderate => until(5),
            Cancellation::Limited => until(14),
            Cancellation::Firm => until(30),
            Cancellation::Strict => thinks_again(STRICT_THOUGHTS),
        };
        if free || thinks_again(SECOND_THOUGHTS) {
            return Share::ALL;
        }
        let used = nights_used(self.terms, self.nights, now, self.zone);
        self.late_share(used, until(HALF_DAYS))
    }

    /// What goes back of the nights once they are not free any more.
    fn late_share(&self, used: u32, before_half: bool) -> Share {
        let all = self.nights.count();
        let but_one = all.saturating_sub(used.saturating_add(1));
        match self.terms.cancellation {
            Cancellation::NonRefundable => Share::NOTHING,
            _ if self.is_long() => {
                Share { part: all.saturating_sub(used.max(LONG_DUE_NIGHTS)), of: all }
            }
            Cancellation::Flexible => Share { part: but_one, of: all },
            Cancellation::Moderate => Share { part: but_one, of: all.saturating_mul(2) },
            Cancellation::Limited | Cancellation::Firm | Cancellation::Strict if before_half => {
                Share::HALF
            }
            Cancellation::Limited | Cancellation::Firm | Cancellation::Strict => Share::NOTHING,
        }
    }

    fn is_long(&self) -> bool {
        self.nights.count() >= LONG_NIGHTS
    }
}

/// The instant of a local time. Where clocks skip it, as much later; where they show it twice,
/// the first.
fn instant(date: Date, time: Time, zone: &TimeZone) -> Timestamp {
    let local = zone.to_ambiguous_timestamp(date.to_datetime(time));
    local.compatible().unwrap_or(if date.year() > 0 { Timestamp::MAX } else { Timestamp::MIN })
}

/// A sum of the price: its lines are rounded together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sum {
    Stay,
    Cleaning,
    Tax,
}

impl Sum {
    const fn of(line: &Line) -> Self {
        match line.kind {
            LineKind::Nights | LineKind::Guests | LineKind::Discount | LineKind::Promo => {
                Self::Stay
            }
            LineKind::Cleaning => Self::Cleaning,
            LineKind::Tax => Self::Tax,
        }
    }
}

/// The lines of a price that go back, by the shares of the nights and of the cleaning fee.
fn back(price: &Price, nights: Share, cleaning: Share, deposit: i64) -> RefundLines {
    let whole = |sum: Sum| -> i128 {
        let lines = price.lines.iter().filter(|line| Sum::of(line) == sum);
        lines.map(|line| i128::from(line.amount)).sum::<i128>().max(0)
    };
    let (stay, fee, tax) = (whole(Sum::Stay), whole(Sum::Cleaning), whole(Sum::Tax));
    let [nights, cleaning] = [nights, cleaning].map(|one| (one.part.into(), one.of.into()));
    let (stay_back, fee_back) = (half_up(stay, nights), half_up(fee, cleaning));
    let taxed = (stay_back + fee_back, stay + fee);
    let mut left = [stay_back, fee_back, half_up(tax, taxed)];
    let mut lines = Vec::new();
    for (at, line) in price.lines.iter().enumerate() {
        let sum = Sum::of(line);
        let [of_stay, of_fee, of_tax] = &mut left;
        let (left, (part, of)) = match sum {
            Sum::Stay => (of_stay, nights),
            Sum::Cleaning => (of_fee, cleaning),
            Sum::Tax => (of_tax, taxed),
        };
        let is_last = !price.lines.iter().skip(at + 1).any(|later| Sum::of(later) == sum);
        let back = if is_last { *left } else { i128::from(line.amount) * part / of.max(1) };
        *left -= back;
        let amount = i64::try_from(back).unwrap_or_default();
        if amount != 0 {
            lines.push(RefundLine { kind: line.kind, label: line.label.clone(), amount });
        }
    }
    RefundLines { currency: price.currency, lines, deposit }
}

/// So much of a whole, half up; nothing of what is not there.
fn half_up(whole: i128, (part, of): (i128, i128)) -> i128 {
    if of <= 0 { 0 } else { (2 * whole * part + of) / (2 * of) }
}

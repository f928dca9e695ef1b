//! Of the model: what goes back when a stay is called off or ends early, as the table of the
//! policies has it. Of prices of nights, cleaning and a deposit alone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rentezy::domain::policies::Cancellation;

use crate::model::{Side, Stay, clock, hours_after};

/// So many parts of a sum, half up.
fn share(sum: i64, part: i64, of: i64) -> i64 {
    (2 * sum * part + of) / (2 * of)
}

/// The hour of arrival, so many dates before.
fn before(stay: &Stay, days: i64, zone: &TimeZone) -> Timestamp {
    clock(stay.nights.check_in() - days.days(), stay.hours.0, zone)
}

/// What goes back when a stay is called off.
pub(crate) fn policy_back(
    stay: &Stay,
    side: Side,
    percent: Option<u8>,
    now: Timestamp,
    zone: &TimeZone,
) -> i64 {
    let price = &stay.price;
    if stay.entered {
        return 0;
    }
    if let Some(percent) = percent {
        let percent = i64::from(percent.min(100));
        let back = share(price.nights, percent, 100) + share(price.cleaning, percent, 100);
        return back + price.deposit;
    }
    if side == Side::Landlord {
        return price.due();
    }
    let cleaning = if now < stay.arrival(zone) { price.cleaning } else { 0 };
    let nights = if is_free(stay, now, zone) {
        price.nights
    } else {
        late(stay, used(stay, now, zone), now <= before(stay, 7, zone))
    };
    nights + cleaning + price.deposit
}

/// What goes back when guests leave early.
pub(crate) fn early_leave(stay: &Stay, now: Timestamp, zone: &TimeZone) -> i64 {
    late(stay, used(stay, now, zone).max(1), false)
}

fn is_long(stay: &Stay) -> bool {
    stay.nights.count() >= 28
}

fn is_free(stay: &Stay, now: Timestamp, zone: &TimeZone) -> bool {
    let until = |days| now <= before(stay, days, zone);
    let booked = stay.stood_at.unwrap();
    if now <= hours_after(booked, 24) && until(7) {
        return true;
    }
    match stay.policy {
        Cancellation::NonRefundable => false,
        _ if is_long(stay) => until(28),
        Cancellation::Flexible => hours_after(now, 24) <= stay.arrival(zone),
        Cancellation::Moderate => until(5),
        Cancellation::Limited => until(14),
        Cancellation::Firm => until(30),
        Cancellation::Strict => now <= hours_after(booked, 48) && until(14),
    }
}

/// Nights that are used up: the first from arrival on, each later one from the hour of leaving
/// on its date.
fn used(stay: &Stay, now: Timestamp, zone: &TimeZone) -> i64 {
    let begins = stay.nights.iter().enumerate().map(|(number, night)| match number {
        0 => clock(night, stay.hours.0, zone) <= now,
        _ => clock(night, stay.hours.1, zone) < now && stay.arrival(zone) <= now,
    });
    i64::try_from(begins.filter(|begun| *begun).count()).unwrap()
}

fn late(stay: &Stay, used: i64, before_half: bool) -> i64 {
    let (sum, all) = (stay.price.nights, i64::from(stay.nights.count()));
    let unused = (all - used - 1).max(0);
    match stay.policy {
        Cancellation::NonRefundable => 0,
        _ if is_long(stay) => share(sum, (all - used.max(30)).max(0), all),
        Cancellation::Flexible => share(sum, unused, all),
        Cancellation::Moderate => share(sum, unused, 2 * all),
        _ if before_half => share(sum, 1, 2),
        _ => 0,
    }
}

//! The stay rules of a listing as numbers, small enough for columns, and whether a stay
//! keeps to them.
//!
//! The index knows no time zones, only by how much a home's clocks were ahead of UTC when
//! it was indexed. So "today" may be an hour off there, and a rule about it only excludes
//! what it would exclude an hour earlier and later, too: a search may for an hour show a
//! home that cannot be booked any more, but hides none that can be. Gaps between stays are
//! not looked at either. Booking decides.

use jiff::Timestamp;
use jiff::civil::Date;

use super::schema::ListingDoc;
use crate::domain::calendar::{EPOCH, Nights, days_between};
use crate::domain::stay_rules::{DateRule, Weekday};

const DAY_MINUTES: i64 = 24 * 60;
/// How far an offset may be off: summer time.
const OFFSET_SLACK_MINUTES: i64 = 60;
/// What is added to an offset, in quarters of an hour, so that it is no negative number.
const OFFSET_BIAS: i64 = 64;
/// The bits of a number of nights up to 730, or of such a number and "none".
const NIGHTS_BITS: u32 = 10;
/// The bits of a shortest stay or of a notice.
const LEAST_BITS: u32 = 9;
/// The bits of [`Packed::days`] before the offset. Without rules only those of the days of arrival
/// and departure are set, 14.
const RULES_BITS: u32 = 14 + LEAST_BITS + NIGHTS_BITS + 11;
/// The bits of a day since 1970: up to the year 4840.
const DAY_BITS: u32 = 20;

/// The days of the week, Monday first, as their bits are.
const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The rules of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed {
    /// From the lowest bit: days of arrival (7 bits, Monday first), days of departure (7),
    /// days of notice (9), days ahead (10; 0 for any), the minute of the cut-off and one
    /// more (11; 0 for none), the offset from UTC (8; see [`OFFSET_BIAS`]).
    pub(super) days: u64,
    /// The shortest stay for each day of arrival, 9 bits each, Monday lowest.
    pub(super) min_nights: u64,
    /// What holds on certain dates: the first day since 1970 (20 bits), how many (10), the
    /// shortest stay (9; 0 for none), no arrival (1), no departure (1).
    pub(super) dates: Vec<u64>,
}

/// The rules of a listing as columns hold them.
pub(super) fn packed(listing: &ListingDoc) -> Packed {
    let rules = &listing.stay_rules;
    let mut days = Packer::default();
    days.add(week(&rules.arrival_days), 7);
    days.add(week(&rules.departure_days), 7);
    days.add(u64::from(rules.notice_days), LEAST_BITS);
    days.add(rules.window_days.map_or(0, u64::from), NIGHTS_BITS);
    let minute = |time: jiff::civil::Time| {
        60 * u64::from(time.hour().unsigned_abs()) + u64::from(time.minute().unsigned_abs())
    };
    days.add(rules.cut_off.map_or(0, |time| minute(time) + 1), 11);
    let offset = i64::from(listing.utc_offset_minutes).div_euclid(15) + OFFSET_BIAS;
    days.add(u64::try_from(offset).unwrap_or_default(), 8);
    let mut min_nights = Packer::default();
    for day in WEEK {
        let own = rules.min_nights_on.get(&day).copied().map(u32::from);
        min_nights.add(u64::from(own.unwrap_or(listing.min_nights)), LEAST_BITS);
    }
    let dates = rules.dates.iter().filter_map(date_rule).collect();
    Packed { days: days.bits, min_nights: min_nights.bits, dates }
}

/// The shortest stay of a home that has one for all days of arrival, and no other rules in
/// [`Packed::days`].
pub(super) fn one_shortest(days: u64, min_nights: u64) -> Option<u16> {
    let least = min_nights & mask(LEAST_BITS);
    let same = (0..).zip(WEEK).fold(0, |all, (day, _)| all | least << (day * LEAST_BITS));
    let is_open = days & mask(RULES_BITS) == mask(14);
    if is_open && min_nights == same { u16::try_from(least).ok() } else { None }
}

/// None for a rule of days before 1970, which nobody can arrive on.
fn date_rule(rule: &DateRule) -> Option<u64> {
    let mut packer = Packer::default();
    packer.add(u64::try_from(days_between(EPOCH, rule.from)).ok()?, DAY_BITS);
    packer.add(u64::try_from(days_between(rule.from, rule.to)).ok()?, NIGHTS_BITS);
    packer.add(rule.min_nights.map_or(0, u64::from), LEAST_BITS);
    packer.add(u64::from(rule.closed_to_arrival), 1);
    packer.add(u64::from(rule.closed_to_departure), 1);
    Some(packer.bits)
}

/// The bits of days; of all days when none is named.
fn week(days: &[Weekday]) -> u64 {
    let bit = |(place, day): (u32, Weekday)| if days.contains(&day) { 1 << place } else { 0 };
    if days.is_empty() { 0x7f } else { (0..).zip(WEEK).map(bit).sum() }
}

/// A stay that is asked for, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Days since 1970.
    arrival: i64,
    departure: i64,
    /// Their places in the week.
    arrives_on: u32,
    leaves_on: u32,
    nights: u64,
    /// Minutes since 1970 in UTC; without it, rules about today are passed over.
    now: Option<i64>,
}

impl Asked {
    /// A stay that is asked for at an instant.
    pub(super) fn new(nights: Nights, now: Option<Timestamp>) -> Self {
        let day = |date| i64::from(days_between(EPOCH, date));
        let place = |date: Date| (0..).zip(WEEK).find(|(_, day)| *day == Weekday::of(date));
        let in_week = |date| place(date).map_or(0, |(place, _)| place);
        Self {
            arrival: day(nights.check_in()),
            departure: day(nights.check_out()),
            arrives_on: in_week(nights.check_in()),
            leaves_on: in_week(nights.check_out()),
            nights: u64::from(nights.count()),
            now: now.map(|now| now.as_second().div_euclid(60)),
        }
    }

    /// How many nights it has.
    pub(super) const fn nights(&self) -> u64 {
        self.nights
    }

    /// Whether it begins on no day that may be today or past anywhere on earth.
    pub(super) fn is_ahead(&self) -> bool {
        self.now.is_none_or(|now| self.arrival >= now.div_euclid(DAY_MINUTES) + 2)
    }

    /// Whether [`Packed::days`] allow it.
    pub(super) fn fits_days(&self, days: u64) -> bool {
        let mut days = Unpacker(days);
        let (arrivals, departures) = (days.take(7), days.take(7));
        if arrivals >> self.arrives_on & 1 == 0 || departures >> self.leaves_on & 1 == 0 {
            return false;
        }
        let (notice, window) = (days.take_signed(LEAST_BITS), days.take_signed(NIGHTS_BITS));
        let (cut_off, offset) = (days.take_signed(11), days.take_signed(8));
        let Some(now) = self.now else { return true };
        let here = now + (offset - OFFSET_BIAS) * 15;
        let (earliest, latest) = (here - OFFSET_SLACK_MINUTES, here + OFFSET_SLACK_MINUTES);
        let ahead = self.arrival - earliest.div_euclid(DAY_MINUTES);
        let too_late = cut_off > 0 && earliest.rem_euclid(DAY_MINUTES) >= cut_off - 1;
        let in_time = ahead > notice || ahead == notice && !too_late;
        let in_window = window == 0 || self.departure - latest.div_euclid(DAY_MINUTES) <= window;
        in_time && in_window
    }

    /// Whether it is long enough by [`Packed::min_nights`] and [`Packed::dates`], and may
    /// begin and end on its dates.
    pub(super) fn fits_dates(&self, min_nights: u64, dates: impl Iterator<Item = u64>) -> bool {
        let mut least = min_nights >> (self.arrives_on * LEAST_BITS) & mask(LEAST_BITS);
        for rule in dates {
            let mut rule = Unpacker(rule);
            let from = rule.take_signed(DAY_BITS);
            let days = from..from + rule.take_signed(NIGHTS_BITS);
            let (own, no_arrival, no_departure) =
                (rule.take(LEAST_BITS), rule.take(1), rule.take(1));
            let arrives = days.contains(&self.arrival);
            if arrives && no_arrival == 1 || days.contains(&self.departure) && no_departure == 1 {
                return false;
            }
            if arrives && own > 0 {
                least = own;
            }
        }
        self.nights >= least
    }
}

/// Puts numbers side by side, the first in the lowest bits. One that is too large for its
/// bits is the largest that fits.
#[derive(Default)]
struct Packer {
    bits: u64,
    used: u32,
}

impl Packer {
    fn add(&mut self, number: u64, bits: u32) {
        self.bits |= number.min(mask(bits)) << self.used;
        self.used += bits;
    }
}

/// Takes them apart again.
struct Unpacker(u64);

impl Unpacker {
    fn take(&mut self, bits: u32) -> u64 {
        let number = self.0 & mask(bits);
        self.0 >>= bits;
        number
    }

    fn take_signed(&mut self, bits: u32) -> i64 {
        i64::try_from(self.take(bits)).unwrap_or_default()
    }
}

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

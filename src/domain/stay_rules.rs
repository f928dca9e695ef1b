//! Which stays a landlord takes: on which days guests come and go, how long they stay, how
//! far ahead they book, and how much lies between two stays. And the one answer to "may this
//! stay be booked", with the exact rule that fails, for holds and for whoever asks before.
//!
//! The shortest and the longest stay lie in the [`Policies`](super::policies::Policies);
//! what is here goes beyond them. All dates and hours are local to the property.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::calendar::{self, NIGHTS_MAX, Nights, days_between};
use super::inventory::Allotment;
use super::listing::Listing;
use super::openings::NoRoom;
use super::policies::MIN_NIGHTS_MAX;
use super::refusal::{FieldError, Refusal};
use super::stay::PropertyState;
use super::unit::Unit;

/// The longest notice, in days.
pub const NOTICE_MAX: u16 = 365;
/// The most nights that are kept free before or after a stay.
pub const BUFFER_MAX: u16 = 14;
/// The most rules of single dates.
pub const DATE_RULES_MAX: usize = 200;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The day of a date.
    #[must_use]
    pub fn of(date: Date) -> Self {
        use jiff::civil::Weekday as Day;
        match date.weekday() {
            Day::Monday => Self::Monday,
            Day::Tuesday => Self::Tuesday,
            Day::Wednesday => Self::Wednesday,
            Day::Thursday => Self::Thursday,
            Day::Friday => Self::Friday,
            Day::Saturday => Self::Saturday,
            Day::Sunday => Self::Sunday,
        }
    }
}

/// What holds on certain dates, in place of what holds on others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRule {
    /// The first date.
    pub from: Date,
    /// The day after the last date.
    pub to: Date,
    /// The shortest stay of those who arrive then.
    #[serde(default)]
    pub min_nights: Option<u16>,
    /// Whether nobody arrives then.
    #[serde(default)]
    pub closed_to_arrival: bool,
    /// Whether nobody leaves then.
    #[serde(default)]
    pub closed_to_departure: bool,
}

impl DateRule {
    fn has(&self, date: Date) -> bool {
        (self.from..self.to).contains(&date)
    }
}

/// Which stays a landlord takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StayRules {
    /// The shortest stay of those who arrive on a day of the week.
    pub min_nights_on: BTreeMap<Weekday, u16>,
    /// The days on which guests arrive; on any if there is none.
    pub arrival_days: Vec<Weekday>,
    /// The days on which guests leave; on any if there is none.
    pub departure_days: Vec<Weekday>,
    /// How many days before their arrival guests book at the latest.
    pub notice_days: u16,
    /// Until when, on the last day of the notice: with a notice of 0 days the hour after which
    /// nobody books for the same day. Without it, until midnight.
    pub cut_off: Option<Time>,
    /// How many days ahead a stay may end; never more than the operator allows.
    pub window_days: Option<u16>,
    /// Nights that are kept free before a stay. Between two stays in one unit lie as many as
    /// the greater of this and [`Self::buffer_after`]: a night of work serves both.
    pub buffer_before: u16,
    /// Nights that are kept free after a stay. They are neither sold nor counted as booked,
    /// and nights that the landlord keeps back need none around them.
    pub buffer_after: u16,
    /// Whether a stay may not leave a gap between itself and another, or nights kept back,
    /// that is shorter than the shortest stay. A stay that fills a gap leaves none.
    pub no_orphan_gaps: bool,
    /// What holds on certain dates. Of the lengths for one date the last counts; closed is
    /// closed.
    pub dates: Vec<DateRule>,
}

impl StayRules {
    /// The nights that lie between two stays in one unit at least.
    #[must_use]
    pub fn gap(&self) -> u16 {
        self.buffer_before.max(self.buffer_after)
    }

    /// Checks each rule against its limits.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every field that is wrong.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut errors = Vec::new();
        let mut field = |good: bool, pointer: &str, detail: &str| {
            if !good {
                errors.push(FieldError::new(pointer, "invalid", detail));
            }
        };
        let lengths = 1..=MIN_NIGHTS_MAX;
        let good = self.min_nights_on.values().all(|nights| lengths.contains(nights));
        field(good, "/min_nights_on", "1 to 365 nights");
        for (days, pointer) in
            [(&self.arrival_days, "/arrival_days"), (&self.departure_days, "/departure_days")]
        {
            let once = (1..).zip(days).all(|(next, day)| !days.iter().skip(next).any(|d| d == day));
            field(once, pointer, "each day once");
        }
        field(self.notice_days <= NOTICE_MAX, "/notice_days", "0 to 365");
        let most = u16::try_from(NIGHTS_MAX).unwrap_or(u16::MAX);
        let window = self.window_days.is_none_or(|days| (1..=most).contains(&days));
        field(window, "/window_days", "1 to 730");
        field(self.buffer_before <= BUFFER_MAX, "/buffer_before", "0 to 14");
        field(self.buffer_after <= BUFFER_MAX, "/buffer_after", "0 to 14");
        field(self.dates.len() <= DATE_RULES_MAX, "/dates", "at most 200");
        for (number, rule) in self.dates.iter().enumerate() {
            let span = Nights::new(rule.from, rule.to);
            field(span.is_ok(), &format!("/dates/{number}/to"), "1 to 730 days after from");
            let good = rule.min_nights.is_none_or(|nights| lengths.contains(&nights));
            field(good, &format!("/dates/{number}/min_nights"), "1 to 365");
        }
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
    }

    /// Why nobody arrives on a date, if so.
    #[must_use]
    pub fn no_arrival(&self, date: Date) -> Option<&'static str> {
        if !self.arrival_days.is_empty() && !self.arrival_days.contains(&Weekday::of(date)) {
            return Some("arrival-day");
        }
        let closed = self.dates.iter().any(|rule| rule.closed_to_arrival && rule.has(date));
        closed.then_some("closed-to-arrival")
    }

    /// Why nobody leaves on a date, if so.
    #[must_use]
    pub fn no_departure(&self, date: Date) -> Option<&'static str> {
        if !self.departure_days.is_empty() && !self.departure_days.contains(&Weekday::of(date)) {
            return Some("departure-day");
        }
        let closed = self.dates.iter().any(|rule| rule.closed_to_departure && rule.has(date));
        closed.then_some("closed-to-departure")
    }
}

/// The shortest stay of those who arrive on a date.
#[must_use]
pub fn min_nights(listing: &Listing, arrival: Date) -> u16 {
    let rules = &listing.stay_rules;
    let of_date = rules.dates.iter().rev().filter(|rule| rule.has(arrival));
    let of_day = || rules.min_nights_on.get(&Weekday::of(arrival)).copied();
    let of_date = of_date.filter_map(|rule| rule.min_nights).next();
    of_date.or_else(of_day).unwrap_or(listing.policies.min_nights)
}

/// When somebody asks, by the clocks at the property, and how far ahead they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The date.
    pub today: Date,
    /// The time of day.
    pub time: Time,
    /// The last day of departure.
    pub horizon: Date,
}

impl Moment {
    /// An instant at a listing; `window_days` is what the operator allows.
    #[must_use]
    pub fn at(listing: &Listing, now: Timestamp, window_days: u32) -> Self {
        let zone = calendar::zone(&listing.fields.zone).unwrap_or(TimeZone::UTC);
        let local = zone.to_datetime(now);
        let own = listing.stay_rules.window_days.map_or(u32::MAX, u32::from);
        // No calendar is longer than a range of nights.
        let window = i64::from(own.min(window_days).min(NIGHTS_MAX));
        let horizon = local.date().saturating_add(window.days());
        Self { today: local.date(), time: local.time(), horizon }
    }
}

/// Checks the dates of a stay against the rules.
///
/// # Errors
/// [`Refusal::NotBookable`] with the first rule that fails.
pub fn check_dates(listing: &Listing, nights: Nights, moment: Moment) -> Result<(), Refusal> {
    let rules = &listing.stay_rules;
    let (arrival, departure) = (nights.check_in(), nights.check_out());
    let fails = |rule: &str, detail: &str| Err(Refusal::not_bookable(rule, detail));
    if arrival < moment.today {
        return fails("in-the-past", "check_in is before today");
    }
    if departure > moment.horizon {
        return fails("window", &format!("check_out is at most {}", moment.horizon));
    }
    let ahead = days_between(moment.today, arrival);
    if ahead < i32::from(rules.notice_days) {
        let detail = format!("book at least {} days ahead", rules.notice_days);
        return fails("notice", &detail);
    }
    if let Some(cut_off) = rules.cut_off
        && ahead == i32::from(rules.notice_days)
        && moment.time >= cut_off
    {
        let detail = format!("for that day until {} only", cut_off.strftime("%H:%M"));
        return fails("cut-off", &detail);
    }
    if let Some(rule) = rules.no_arrival(arrival) {
        return fails(rule, "nobody arrives on that day");
    }
    if let Some(rule) = rules.no_departure(departure) {
        return fails(rule, "nobody leaves on that day");
    }
    let (count, least) = (nights.count(), min_nights(listing, arrival));
    if count < u32::from(least) {
        return fails("min-nights", &format!("at least {least} nights"));
    }
    match listing.policies.max_nights {
        Some(most) if count > u32::from(most) => {
            fails("max-nights", &format!("at most {most} nights"))
        }
        _ => Ok(()),
    }
}

/// Checks a stay against the listing's rules, whoever asks, but for who else is there.
///
/// # Errors
/// [`Refusal::NotBookable`] with the first rule that fails.
pub fn check(
    listing: &Listing,
    unit: &Unit,
    nights: Nights,
    guests: u16,
    moment: Moment,
) -> Result<(), Refusal> {
    if guests == 0 || guests > unit.fields.guests {
        return Err(Refusal::not_bookable("too-many-guests", "the home does not take so many"));
    }
    if !listing.fields.stay_mode.by_night() {
        return Err(Refusal::not_bookable("monthly-only", "the home is let by the month"));
    }
    check_dates(listing, nights, moment)
}

/// Finds a unit for a new stay.
///
/// # Errors
/// [`Refusal::NightsTaken`], or [`Refusal::NotBookable`] with `orphan-gap`.
pub fn room(
    state: &PropertyState,
    listing: &Listing,
    unit: &Unit,
    nights: Nights,
    today: Date,
) -> Result<Allotment, Refusal> {
    let inventory = &state.inventory;
    if !listing.stay_rules.no_orphan_gaps {
        let found = inventory.allot(unit.id, nights, today);
        return found.ok_or_else(|| Refusal::nights_taken(nights));
    }
    let least = |date| min_nights(listing, date);
    inventory.allot_tidily(unit.id, nights, today, least).map_err(|no_room| match no_room {
        NoRoom::Full => Refusal::nights_taken(nights),
        NoRoom::OrphanGap => {
            let detail = "it would leave a gap that is too short to book";
            Refusal::not_bookable("orphan-gap", detail)
        }
    })
}

/// Whether a stay may be booked, and in which unit.
///
/// # Errors
/// The refusal that a hold would get, but for who asks and for the price.
pub fn judge(
    state: &PropertyState,
    listing: &Listing,
    unit: &Unit,
    (nights, guests): (Nights, u16),
    moment: Moment,
) -> Result<Allotment, Refusal> {
    check(listing, unit, nights, guests, moment)?;
    room(state, listing, unit, nights, moment.today)
}

/// The ranges next to `nights` that may be booked, as long as those, the nearest first.
#[must_use]
pub fn nearest(
    state: &PropertyState,
    listing: &Listing,
    unit: &Unit,
    nights: Nights,
    moment: Moment,
) -> Vec<Nights> {
    let may = |nights| {
        let tidy = |()| room(state, listing, unit, nights, moment.today);
        check_dates(listing, nights, moment).and_then(tidy).is_ok()
    };
    state.inventory.nearest(unit.id, nights, (moment.today, moment.horizon), may)
}

//! Rules about prices: what a landlord asks for other than the price of a common night.
//!
//! A percentage is a number of hundredths of a percent (basis points), so that 12.5 % is a
//! whole number too.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::calendar::{Nights, days_between};
use super::ids::{PriceRuleId, UnitId};
use super::listing::is_line;
use super::refusal::FieldError;
use super::unit::PRICE_MAX;

/// A whole, in hundredths of a percent.
pub const WHOLE: i64 = 10_000;
/// The greatest rise of a price, in hundredths of a percent.
pub const RISE_MAX: i32 = 100_000;
/// The most days ahead that a rule may speak of.
pub const AHEAD_MAX: u16 = 730;

/// A day of the week. The night of a day is the one that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum WeekNight {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl WeekNight {
    /// The day of a date.
    #[must_use]
    pub fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// What a night costs instead of what it would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// So much, in minor units of the listing's currency: 1 to [`PRICE_MAX`].
    Night(i64),
    /// So many hundredths of a percent more, or less below zero: -10000 to [`RISE_MAX`].
    Change(i32),
}

impl Rate {
    pub(super) fn is_good(self) -> bool {
        match self {
            Self::Night(amount) => (1..=PRICE_MAX).contains(&amount),
            Self::Change(by) => i64::from(by) >= -WHOLE && by <= RISE_MAX,
        }
    }
}

/// When a rule speaks, and what it says then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// The nights of a season have another price.
    Season {
        /// Its nights.
        nights: Nights,
        /// What a night costs in it; a percentage is of what it would cost otherwise,
        /// weekends included.
        rate: Rate,
    },
    /// All nights of a stay that begins soon cost less.
    LastMinute {
        /// At most so many days from the booking to the arrival, 0 to [`AHEAD_MAX`].
        days: u16,
        /// How much less, in hundredths of a percent: 1 to 10000.
        off: u16,
    },
    /// All nights of a stay that is booked long ahead cost less.
    EarlyBird {
        /// At least so many days from the booking to the arrival, 1 to [`AHEAD_MAX`].
        days: u16,
        /// How much less, in hundredths of a percent: 1 to 10000.
        off: u16,
    },
}

/// A rule about prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRule {
    /// Its id.
    pub id: PriceRuleId,
    /// What guests read beside its part of a price: 1 to 60 characters.
    pub name: String,
    /// The unit type that it is about; without it, all.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
    /// What it says.
    pub kind: RuleKind,
    /// Of several rules that could speak, the one with the highest number does.
    pub priority: i16,
}

impl PriceRule {
    fn is_about(&self, unit: UnitId) -> bool {
        self.unit_id.is_none_or(|id| id == unit)
    }

    /// What the price of a night becomes, if this is a season that has the night.
    pub(super) fn season(&self, unit: UnitId, night: Date) -> Option<Rate> {
        match self.kind {
            RuleKind::Season { nights, rate }
                if self.is_about(unit) && has_night(nights, night) =>
            {
                Some(rate)
            }
            _ => None,
        }
    }

    /// What comes off a stay that begins on a day, booked today, in hundredths of a percent.
    pub(super) fn lead(&self, unit: UnitId, arrival: Date, today: Date) -> Option<u16> {
        let ahead = days_between(today, arrival);
        let off = match self.kind {
            RuleKind::LastMinute { days, off } => (ahead <= i32::from(days)).then_some(off),
            RuleKind::EarlyBird { days, off } => (ahead >= i32::from(days)).then_some(off),
            RuleKind::Season { .. } => None,
        };
        off.filter(|_| self.is_about(unit))
    }

    /// Adds what is wrong with it; `prefix` stands before the pointers.
    pub(super) fn faults(&self, prefix: &str, errors: &mut Vec<FieldError>) {
        let mut field = |good: bool, name: &str, detail: &str| {
            if !good {
                errors.push(FieldError::new(&format!("{prefix}/{name}"), "invalid", detail));
            }
        };
        field(is_line(&self.name, 1, 60), "name", "1 to 60 characters on one line");
        let percent = |off: u16| (1..=WHOLE).contains(&i64::from(off));
        match self.kind {
            RuleKind::Season { rate, .. } => field(rate.is_good(), "rate", RATE_LIMITS),
            RuleKind::LastMinute { days, off } => {
                field(days <= AHEAD_MAX, "days", "0 to 730");
                field(percent(off), "off_bp", "1 to 10000 hundredths of a percent");
            }
            RuleKind::EarlyBird { days, off } => {
                field((1..=AHEAD_MAX).contains(&days), "days", "1 to 730");
                field(percent(off), "off_bp", "1 to 10000 hundredths of a percent");
            }
        }
    }
}

/// What [`Rate`]s may be, for people.
pub(super) const RATE_LIMITS: &str = "a night of 1 to 1000000000 minor units, or a change of -10000 to 100000 hundredths of a percent";

/// What some nights cost, whatever any rule says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NightPrice {
    /// The unit type; without it, those that have no such price of their own.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
    /// The nights.
    pub nights: Nights,
    /// What each costs, in minor units of the listing's currency: 1 to [`PRICE_MAX`].
    pub night_minor: i64,
}

impl NightPrice {
    pub(super) fn has(&self, night: Date) -> bool {
        has_night(self.nights, night)
    }

    /// What is left of it when other nights of the same unit type get another price.
    pub(super) fn without(self, taken: Nights) -> impl Iterator<Item = Self> {
        let ends = [
            (self.nights.check_in(), self.nights.check_out().min(taken.check_in())),
            (self.nights.check_in().max(taken.check_out()), self.nights.check_out()),
        ];
        ends.into_iter()
            .filter_map(|(from, to)| Nights::new(from, to).ok())
            .map(move |nights| Self { nights, ..self })
    }
}

fn has_night(nights: Nights, night: Date) -> bool {
    nights.check_in() <= night && night < nights.check_out()
}

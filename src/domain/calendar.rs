//! Nights and dates. A stay is a half-open range of local dates: the night of the
//! check-in date is its first, the night before the check-out date its last.

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// The longest range of nights that is accepted anywhere: two years.
pub const NIGHTS_MAX: u32 = 730;

/// Where days are counted from when they are numbers.
pub const EPOCH: Date = date(1970, 1, 1);

/// A range that is no stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNights {
    /// Check-out is not after check-in.
    #[error("check_out must be after check_in")]
    Empty,
    /// More than [`NIGHTS_MAX`].
    #[error("a range is at most {NIGHTS_MAX} nights")]
    TooLong,
}

/// A non-empty half-open range of nights, `[check_in, check_out)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "NightsForm", into = "NightsForm")]
pub struct Nights {
    check_in: Date,
    check_out: Date,
}

/// [`Nights`] as it is written and before it is checked.
#[derive(Serialize, Deserialize)]
struct NightsForm {
    check_in: Date,
    check_out: Date,
}

impl TryFrom<NightsForm> for Nights {
    type Error = InvalidNights;

    fn try_from(form: NightsForm) -> Result<Self, InvalidNights> {
        Self::new(form.check_in, form.check_out)
    }
}

impl From<Nights> for NightsForm {
    fn from(nights: Nights) -> Self {
        Self { check_in: nights.check_in, check_out: nights.check_out }
    }
}

impl Nights {
    /// The nights from `check_in` to the one before `check_out`.
    ///
    /// # Errors
    /// When the range is empty or longer than [`NIGHTS_MAX`].
    pub fn new(check_in: Date, check_out: Date) -> Result<Self, InvalidNights> {
        if check_out <= check_in {
            return Err(InvalidNights::Empty);
        }
        let nights = Self { check_in, check_out };
        if nights.count() > NIGHTS_MAX {
            return Err(InvalidNights::TooLong);
        }
        Ok(nights)
    }

    /// The date of arrival, in the property's zone.
    #[must_use]
    pub const fn check_in(&self) -> Date {
        self.check_in
    }

    /// The date of departure, in the property's zone; its night is not part of the stay.
    #[must_use]
    pub const fn check_out(&self) -> Date {
        self.check_out
    }

    /// The number of nights.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(days_between(self.check_in, self.check_out)).unwrap_or(u32::MAX)
    }

    /// Whether the two share a night. Ranges that only touch do not.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.check_in < other.check_out && other.check_in < self.check_out
    }

    /// Each night by its date.
    pub fn iter(&self) -> impl Iterator<Item = Date> + use<> {
        let end = self.check_out;
        self.check_in.series(1.day()).take_while(move |night| *night < end)
    }
}

/// Whole days from one date to another; negative when `to` is earlier.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i32 {
    // A span between dates always fits 32 bits of days: the calendar ends at year 9999.
    from.until(to).map_or(0, |span| span.get_days())
}

/// The date it is at an instant in a zone.
#[must_use]
pub fn local_date(now: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(now).date()
}

/// An IANA zone by its name.
///
/// # Errors
/// When the name is not in the time zone database.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()).ok_or(UnknownZone)
}

/// A name that is not in the IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("time zone must be an IANA name, such as Europe/Dublin")]
pub struct UnknownZone;

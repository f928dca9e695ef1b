//! What calendars, blocks and stay rules look like outside.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::MoneyForm;
use super::unit_forms::clock_time;
use crate::domain::block::Blocked;
use crate::domain::ids::{BlockId, BookingId, PropertyId, UnitId, UserId};
use crate::domain::listing::Listing;
use crate::domain::money::Money;
use crate::domain::stay_rules::{self, Weekday};
use crate::http::problem::{OtherStay, Problem};

/// The nights of a unit type.
#[derive(Serialize, ToSchema)]
pub struct Calendar {
    /// The property.
    #[schema(value_type = String)]
    pub(super) property_id: PropertyId,
    /// The first night.
    pub(super) from: Date,
    /// The day after the last night.
    pub(super) to: Date,
    /// The unit type.
    #[schema(value_type = String)]
    pub(super) unit_id: UnitId,
    /// Each night.
    pub(super) nights: Vec<Night>,
}

/// A night.
#[derive(Serialize, ToSchema)]
pub struct Night {
    /// Its date, local to the property.
    pub(super) night: Date,
    /// `free`, `taken`, or `closed` by the stay rules. The landlord sees of taken ones
    /// whether they are `held`, `booked`, `blocked` or a `buffer`.
    pub(super) state: &'static str,
    /// How many units are free.
    pub(super) free: usize,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    pub(super) price: Option<Money>,
    /// The shortest stay of those who arrive then.
    pub(super) min_nights: u16,
    /// Whether guests may arrive on the date.
    pub(super) arrival: bool,
    /// Whether guests may leave on it.
    pub(super) departure: bool,
    /// Who is in which unit; for the landlord.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub(super) units: Option<Vec<UnitNight>>,
}

/// A unit on a night on which it is not free.
#[derive(Serialize, ToSchema)]
pub struct UnitNight {
    /// Its number within the type.
    pub(super) unit_no: u16,
    /// `held`, `booked` or `blocked`.
    pub(super) state: &'static str,
    /// Whose nights they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) booking_id: Option<BookingId>,
    /// Which block it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) block_id: Option<BlockId>,
}

/// Whether a stay may be booked.
#[derive(Serialize, ToSchema)]
pub struct Availability {
    /// The property.
    #[schema(value_type = String)]
    pub(super) property_id: PropertyId,
    /// The unit type.
    #[schema(value_type = String)]
    pub(super) unit_id: UnitId,
    /// The date of arrival.
    pub(super) check_in: Date,
    /// The date of departure.
    pub(super) check_out: Date,
    /// How many people come.
    pub(super) guests: u16,
    /// Whether it may be booked.
    pub(super) available: bool,
    /// The first rule that fails: `not-live`, `monthly-only`, `no-price`, `too-many-guests`,
    /// `in-the-past`, `window`, `notice`, `cut-off`, `arrival-day`, `closed-to-arrival`,
    /// `departure-day`, `closed-to-departure`, `min-nights`, `max-nights`, `nights-taken` or
    /// `orphan-gap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    /// What may be booked instead: the same nights in other unit types, then the nearest
    /// ranges of the same length.
    pub(super) nearest: Vec<OtherStay>,
}

/// Nights to keep back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBlock {
    /// The unit type; without it, the whole home.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) unit_id: Option<UnitId>,
    /// That very unit of the type.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub(super) unit_no: Option<u16>,
    /// So many units of the type, whichever are free; without it and `unit_no`, all.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 200)]
    pub(super) units: Option<u16>,
    /// The first night.
    pub(super) check_in: Date,
    /// The day after the last night.
    pub(super) check_out: Date,
    /// Why, for yourself.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(super) reason: String,
}

/// Nights of a unit that are kept back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Block {
    /// Its id.
    #[schema(value_type = String)]
    id: BlockId,
    /// The property.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// The unit type.
    #[schema(value_type = String)]
    unit_id: UnitId,
    /// The unit's number within its type.
    unit_no: u16,
    /// The first night.
    check_in: Date,
    /// The day after the last night.
    check_out: Date,
    /// Why.
    reason: String,
    /// Who keeps them back.
    #[schema(value_type = String)]
    created_by: UserId,
    /// Since when.
    created_at: Timestamp,
}

/// What was blocked at once: one block for each unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct Blocks {
    /// The blocks.
    pub(super) data: Vec<Block>,
}

impl Block {
    /// A block as its landlord sees it.
    #[must_use]
    pub fn of(blocked: &Blocked) -> Self {
        let block = &blocked.block;
        Self {
            id: block.id,
            property_id: block.property_id,
            unit_id: block.unit_id,
            unit_no: blocked.unit_no,
            check_in: block.nights.check_in(),
            check_out: block.nights.check_out(),
            reason: block.reason.clone(),
            created_by: block.created_by,
            created_at: block.created_at,
        }
    }
}

/// Which unit a stay shall have.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnitNo {
    /// The unit's number within its type.
    #[schema(minimum = 1)]
    pub(super) unit_no: u16,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Weekday)]
#[expect(missing_docs, reason = "the days of the week")]
pub enum WeekdayForm {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// The shortest stay of those who arrive on a day.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinNightsOn {
    /// The day of arrival.
    #[schema(value_type = WeekdayForm)]
    day: Weekday,
    /// The shortest stay.
    #[schema(minimum = 1, maximum = 365)]
    nights: u16,
}

/// What holds on certain dates.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DateRule {
    /// The first date.
    from: Date,
    /// The day after the last date.
    to: Date,
    /// The shortest stay of those who arrive then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 365)]
    min_nights: Option<u16>,
    /// Whether nobody arrives then.
    #[serde(default)]
    closed_to_arrival: bool,
    /// Whether nobody leaves then.
    #[serde(default)]
    closed_to_departure: bool,
}

/// Stay rules as they are sent; all of them at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStayRules {
    /// The shortest stay by the day of arrival, where it is not that of the house rules.
    #[serde(default)]
    min_nights_on: Vec<MinNightsOn>,
    /// The days on which guests arrive; any if there is none.
    #[serde(default)]
    #[schema(value_type = Vec<WeekdayForm>)]
    arrival_days: Vec<Weekday>,
    /// The days on which guests leave; any if there is none.
    #[serde(default)]
    #[schema(value_type = Vec<WeekdayForm>)]
    departure_days: Vec<Weekday>,
    /// How many days before their arrival guests book at the latest.
    #[serde(default)]
    #[schema(maximum = 365)]
    notice_days: u16,
    /// Until when on the last of those days, local to the property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("18:00"))]
    cut_off: Option<String>,
    /// How many days ahead a stay may end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 730)]
    window_days: Option<u16>,
    /// Nights kept free before a stay. Between two stays lies the greater of the two.
    #[serde(default)]
    #[schema(maximum = 14)]
    buffer_before: u16,
    /// Nights kept free after a stay.
    #[serde(default)]
    #[schema(maximum = 14)]
    buffer_after: u16,
    /// Whether a stay may not leave a gap that is shorter than the shortest stay.
    #[serde(default)]
    no_orphan_gaps: bool,
    /// What holds on certain dates; at most 200.
    #[serde(default)]
    #[schema(max_items = 200)]
    dates: Vec<DateRule>,
}

/// Which stays a landlord takes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StayRules {
    /// The rules.
    #[serde(flatten)]
    rules: NewStayRules,
    /// The shortest stay by the house rules.
    min_nights: u16,
    /// The longest stay by the house rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_nights: Option<u16>,
}

impl NewStayRules {
    /// The rules in the domain's form.
    ///
    /// # Errors
    /// `validation` when a time is none, or a day stands there twice.
    pub fn into_rules(self) -> Result<stay_rules::StayRules, Problem> {
        let mut min_nights_on = std::collections::BTreeMap::new();
        for rule in &self.min_nights_on {
            if min_nights_on.insert(rule.day, rule.nights).is_some() {
                return Err(Problem::invalid("/min_nights_on", "invalid", "each day once"));
            }
        }
        let cut_off = self.cut_off.map(|hour| clock_time(&hour, "/cut_off")).transpose()?;
        let dates = self.dates.into_iter().map(|rule| stay_rules::DateRule {
            from: rule.from,
            to: rule.to,
            min_nights: rule.min_nights,
            closed_to_arrival: rule.closed_to_arrival,
            closed_to_departure: rule.closed_to_departure,
        });
        Ok(stay_rules::StayRules {
            min_nights_on,
            arrival_days: self.arrival_days,
            departure_days: self.departure_days,
            notice_days: self.notice_days,
            cut_off,
            window_days: self.window_days,
            buffer_before: self.buffer_before,
            buffer_after: self.buffer_after,
            no_orphan_gaps: self.no_orphan_gaps,
            dates: dates.collect(),
        })
    }
}

impl StayRules {
    /// The rules of a listing.
    #[must_use]
    pub fn of(listing: &Listing) -> Self {
        let rules = &listing.stay_rules;
        let on = rules.min_nights_on.iter();
        let dates = rules.dates.iter().map(|rule| DateRule {
            from: rule.from,
            to: rule.to,
            min_nights: rule.min_nights,
            closed_to_arrival: rule.closed_to_arrival,
            closed_to_departure: rule.closed_to_departure,
        });
        let rules = NewStayRules {
            min_nights_on: on
                .map(|(day, nights)| MinNightsOn { day: *day, nights: *nights })
                .collect(),
            arrival_days: rules.arrival_days.clone(),
            departure_days: rules.departure_days.clone(),
            notice_days: rules.notice_days,
            cut_off: rules.cut_off.map(|hour| hour.strftime("%H:%M").to_string()),
            window_days: rules.window_days,
            buffer_before: rules.buffer_before,
            buffer_after: rules.buffer_after,
            no_orphan_gaps: rules.no_orphan_gaps,
            dates: dates.collect(),
        };
        let policies = &listing.policies;
        Self { rules, min_nights: policies.min_nights, max_nights: policies.max_nights }
    }
}

/// All units of some homes, side by side.
#[derive(Serialize, ToSchema)]
pub struct HomeCalendar {
    /// The home.
    #[schema(value_type = String)]
    pub(super) property_id: PropertyId,
    /// What it is called.
    pub(super) title: String,
    /// The first night.
    pub(super) from: Date,
    /// The day after the last night.
    pub(super) to: Date,
    /// The date it is there.
    pub(super) today: Date,
    /// Its unit types.
    pub(super) types: Vec<TypeCalendar>,
}

/// A unit type in the calendar of a landlord.
#[derive(Serialize, ToSchema)]
pub struct TypeCalendar {
    /// The unit type.
    #[schema(value_type = String)]
    pub(super) unit_id: UnitId,
    /// What it is called.
    pub(super) name: String,
    /// What a night costs, in runs of nights of one price; nights without one are left out.
    pub(super) prices: Vec<PriceRun>,
    /// Its units by number.
    pub(super) units: Vec<UnitCalendar>,
}

/// Nights that cost the same.
#[derive(Serialize, ToSchema)]
pub struct PriceRun {
    /// The first night.
    pub(super) from: Date,
    /// The day after the last night.
    pub(super) to: Date,
    /// The price of each.
    #[schema(value_type = MoneyForm)]
    pub(super) price: Money,
}

/// A unit.
#[derive(Serialize, ToSchema)]
pub struct UnitCalendar {
    /// Its number within the type.
    pub(super) unit_no: u16,
    /// What is taken of it, in the order of nights; all else is free. Dates may lie outside
    /// of what was asked for.
    pub(super) runs: Vec<Run>,
}

/// Nights of a unit that are taken.
#[derive(Serialize, ToSchema)]
pub struct Run {
    /// The first night.
    pub(super) from: Date,
    /// The day after the last night.
    pub(super) to: Date,
    /// `held`, `booked` or `blocked`.
    pub(super) state: &'static str,
    /// Whether it keeps this unit when others are dealt out anew.
    pub(super) pinned: bool,
    /// The booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) booking_id: Option<BookingId>,
    /// Where the booking stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
    /// The guest's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guest: Option<String>,
    /// How many people come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guests: Option<u16>,
    /// The block.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) block_id: Option<BlockId>,
    /// Why nights are blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

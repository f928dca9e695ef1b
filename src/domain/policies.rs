//! The rules of a house: when guests come and go, how long they stay, and what calling off
//! costs.

use jiff::civil::{Time, time};
use serde::{Deserialize, Serialize};

use super::calendar::NIGHTS_MAX;
use super::refusal::{FieldError, Refusal};

/// The longest that a landlord may make guests stay at least, in nights.
pub const MIN_NIGHTS_MAX: u16 = 365;
/// The longest text of house rules, in characters.
pub const HOUSE_RULES_MAX: usize = 5000;

/// What a guest gets back who calls a stay off; the terms come with refunds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancellation {
    /// Free until a day before.
    Flexible,
    /// Free until five days before.
    Moderate,
    /// Free until fourteen days before.
    Limited,
    /// Free until thirty days before.
    Firm,
    /// Half until a week before.
    Strict,
    /// Nothing, for a lower price.
    NonRefundable,
}

/// What a landlord asks of guests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policies {
    /// What calling off costs.
    pub cancellation: Cancellation,
    /// From when guests may arrive, local to the property.
    pub check_in_from: Time,
    /// Until when; without it, all evening.
    pub check_in_until: Option<Time>,
    /// By when they leave on the last day.
    pub check_out_until: Time,
    /// Up to [`HOUSE_RULES_MAX`] characters.
    pub house_rules: String,
    /// Whether a stay is booked without the landlord's word; else the landlord is asked.
    pub instant_book: bool,
    /// The shortest stay, 1 to [`MIN_NIGHTS_MAX`] nights.
    pub min_nights: u16,
    /// The longest stay; without it, what the calendar allows.
    pub max_nights: Option<u16>,
    /// Goes up with every change of these rules.
    pub version: i32,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            cancellation: Cancellation::Flexible,
            check_in_from: time(15, 0, 0, 0),
            check_in_until: None,
            check_out_until: time(11, 0, 0, 0),
            house_rules: String::new(),
            instant_book: true,
            min_nights: 1,
            max_nights: None,
            version: 1,
        }
    }
}

impl Policies {
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
        field(
            self.check_in_until.is_none_or(|until| until > self.check_in_from),
            "/check_in_until",
            "later than check_in_from",
        );
        let stray = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        field(
            self.house_rules.chars().count() <= HOUSE_RULES_MAX
                && !self.house_rules.chars().any(stray),
            "/house_rules",
            "up to 5000 characters",
        );
        field((1..=MIN_NIGHTS_MAX).contains(&self.min_nights), "/min_nights", "1 to 365");
        field(
            self.max_nights.is_none_or(|most| {
                (self.min_nights..=u16::try_from(NIGHTS_MAX).unwrap_or(u16::MAX)).contains(&most)
            }),
            "/max_nights",
            "min_nights to 730",
        );
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
    }
}

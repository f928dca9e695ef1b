//! Promo codes: what a landlord takes off for those who know a word.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::Nights;
use super::ids::{PromoId, PropertyId, UserId};
use super::listing::Listing;
use super::money::Money;
use super::price_rules::WHOLE;
use super::refusal::{FieldError, Refusal};
use super::unit::PRICE_MAX;

/// The most promo codes that a landlord may have at a time.
pub const CODES_MAX: i64 = 200;
/// The most uses that can be counted.
pub const USES_MAX: i32 = 10_000;
/// The most homes that a code may name.
pub const PROPERTIES_MAX: usize = 100;
/// Where a code stands in requests.
const POINTER: &str = "/promo_code";

/// What comes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// So many hundredths of a percent: 1 to 10000.
    Percent(u16),
    /// So much, at homes with prices in its currency; never more than nights and guests cost.
    Flat(Money),
}

/// What a promo code is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromoTerms {
    /// Its id, which its uses are counted under.
    pub id: PromoId,
    /// Whose homes it is good at.
    pub owner: UserId,
    /// The word, in capitals: 3 to 20 letters, digits and hyphens.
    pub code: String,
    /// What comes off.
    pub off: Off,
    /// The first day on which it can be used, by the home's clocks.
    #[serde(default)]
    pub valid_from: Option<Date>,
    /// The last day.
    #[serde(default)]
    pub valid_until: Option<Date>,
    /// The homes; without any, all of the owner's.
    #[serde(default)]
    pub properties: Vec<PropertyId>,
    /// The shortest stay, in nights.
    #[serde(default)]
    pub min_nights: u16,
    /// How many bookings it is good for, 1 to [`USES_MAX`]; without it, any number.
    #[serde(default)]
    pub max_uses: Option<i32>,
}

/// A code as it is kept: case does not count.
#[must_use]
pub fn normal(code: &str) -> String {
    code.trim().to_ascii_uppercase()
}

/// There is no such code there, or none that can be used: which of them is not said.
#[must_use]
pub fn unknown() -> Refusal {
    Refusal::invalid_field(POINTER, "unknown", "there is no such promo code for this home")
}

/// The code was used as often as it may be.
#[must_use]
pub fn used_up() -> Refusal {
    Refusal::invalid_field(POINTER, "used-up", "the promo code was used as often as it may be")
}

impl PromoTerms {
    /// Checks it against the limits of each field.
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
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        field(
            (3..=20).contains(&self.code.len()) && self.code.bytes().all(plain),
            "/code",
            "3 to 20 letters, digits and hyphens",
        );
        match self.off {
            Off::Percent(off) => field(
                (1..=WHOLE).contains(&off.into()),
                "/off_bp",
                "1 to 10000 hundredths of a percent",
            ),
            Off::Flat(off) => field(
                (1..=PRICE_MAX).contains(&off.amount),
                "/off/amount",
                "1 to 1000000000 minor units",
            ),
        }
        let ordered = self.valid_from.zip(self.valid_until).is_none_or(|(from, to)| from <= to);
        field(ordered, "/valid_until", "not before valid_from");
        field(self.properties.len() <= PROPERTIES_MAX, "/property_ids", "at most 100");
        field(self.min_nights <= 730, "/min_nights", "0 to 730");
        field(
            self.max_uses.is_none_or(|uses| (1..=USES_MAX).contains(&uses)),
            "/max_uses",
            "1 to 10000",
        );
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
    }

    /// Checks that it is good for a stay that is booked today.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when it is not.
    pub fn check_for(&self, listing: &Listing, nights: Nights, today: Date) -> Result<(), Refusal> {
        let here = self.properties.is_empty() || self.properties.contains(&listing.id);
        if self.owner != listing.owner || !here {
            return Err(unknown());
        }
        let refused = |code: &str, detail: &str| Err(Refusal::invalid_field(POINTER, code, detail));
        if self.valid_from.is_some_and(|from| today < from) {
            return refused("not-yet", "the promo code is not good yet");
        }
        if self.valid_until.is_some_and(|until| today > until) {
            return refused("over", "the promo code is not good any more");
        }
        if nights.count() < u32::from(self.min_nights) {
            let detail =
                format!("the promo code is for stays of {} nights or more", self.min_nights);
            return refused("min-nights", &detail);
        }
        if matches!(self.off, Off::Flat(money) if money.currency != listing.fields.currency) {
            return refused("currency", "the promo code is in another currency");
        }
        Ok(())
    }
}

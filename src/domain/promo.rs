//! Promo codes: what a landlord takes off for those who know a word.

use jiff::Timestamp;
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
/// Why a code is refused that is used as often as it may be.
pub const USED_UP: &str = "used-up";

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
    /// When its landlord ended it.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
}

/// A code as it is kept: case does not count.
#[must_use]
pub fn normal(code: &str) -> String {
    code.trim().to_ascii_uppercase()
}

/// The landlord has no such code.
#[must_use]
pub fn unknown() -> Refusal {
    refused("unknown", "there is no such promo code for this home")
}

/// The code was used as often as it may be.
#[must_use]
pub fn used_up() -> Refusal {
    refused(USED_UP, "the promo code was used as often as it may be")
}

fn refused(reason: &str, detail: &str) -> Refusal {
    Refusal::PromoRefused { reason: reason.into(), detail: detail.into() }
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

    /// As it is for a stay that has used it: what became of the code since does not count.
    #[must_use]
    pub fn once_used(self) -> Self {
        Self { valid_from: None, valid_until: None, ended_at: None, ..self }
    }

    /// Checks that it is good for a stay that is booked today. Whether a use is left, no home
    /// knows: that is what its [gates](super::gate) are for.
    ///
    /// # Errors
    /// [`Refusal::PromoRefused`] when it is not: because it is `unknown`, `ended`, `expired` or
    /// `not-yet` good, for `other-homes`, for longer stays (`min-nights`) or in another
    /// `currency`.
    pub fn check_for(&self, listing: &Listing, nights: Nights, today: Date) -> Result<(), Refusal> {
        if self.owner != listing.owner {
            return Err(unknown());
        }
        let refused = |reason, detail| Err(refused(reason, detail));
        if self.ended_at.is_some() {
            return refused("ended", "the promo code is not good any more");
        }
        if !self.properties.is_empty() && !self.properties.contains(&listing.id) {
            return refused("other-homes", "the promo code is for other homes");
        }
        if self.valid_from.is_some_and(|from| today < from) {
            return refused("not-yet", "the promo code is not good yet");
        }
        if self.valid_until.is_some_and(|until| today > until) {
            return refused("expired", "the promo code is not good any more");
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

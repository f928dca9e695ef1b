//! What a landlord sets about prices, besides the price of a common night of each unit type.
//! What follows from it for a stay is in [`super::reckoning`].

use serde::{Deserialize, Serialize};

use super::calendar::Nights;
use super::ids::{PriceRuleId, UnitId};
use super::listing::is_line;
use super::price_rules::RATE_LIMITS;
pub use super::price_rules::{NightPrice, PriceRule, Rate, RuleKind, WHOLE, WeekNight};
use super::refusal::{FieldError, Refusal};
use super::unit::{PRICE_MAX, Unit};

/// The most rules of a listing.
pub const RULES_MAX: usize = 50;
/// The most runs of nights with prices of their own.
pub const NIGHT_PRICES_MAX: usize = 400;
/// The most taxes of a listing.
pub const TAXES_MAX: usize = 10;
/// From so many nights on a stay is a week's.
pub const WEEK: u32 = 7;
/// From so many nights on a stay is a month's.
pub const MONTH: u32 = 28;

/// The nights of weekends have another price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weekend {
    /// Which nights those are.
    pub nights: Vec<WeekNight>,
    /// What they cost; a percentage is of a common night.
    pub rate: Rate,
}

/// What guests cost who are not included in the price of a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraGuests {
    /// How many guests the price of a night includes, 1 to 100.
    pub included: u16,
    /// What each further guest costs a night, in minor units: 0 to [`PRICE_MAX`].
    pub night_minor: i64,
}

/// What a tax is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxBase {
    /// Nights and further guests, less all discounts.
    Nights,
    /// These and the cleaning fee.
    Stay,
}

/// How much a tax is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRate {
    /// A part of what is paid otherwise. No tax is on another.
    Percent {
        /// How much, in hundredths of a percent: 0 to 10000.
        of_whole: u16,
        /// Of what.
        base: TaxBase,
    },
    /// So much a night, in minor units.
    Night(i64),
    /// So much for each guest and night, in minor units.
    GuestNight(i64),
}

/// A tax that a landlord has to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// What guests read: 1 to 60 characters.
    pub name: String,
    /// How much it is.
    pub rate: TaxRate,
}

/// What holds for every stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// What nights of weekends cost.
    pub weekend: Option<Weekend>,
    /// What further guests cost.
    pub extra_guests: Option<ExtraGuests>,
    /// Off a stay of [`WEEK`] nights or more, in hundredths of a percent: 0 to 10000.
    pub weekly_off: u16,
    /// Off a stay of [`MONTH`] nights or more, in place of the weekly discount.
    pub monthly_off: u16,
    /// What is collected for others.
    pub taxes: Vec<Tax>,
}

/// What a landlord sets about prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pricing {
    /// What holds for every stay.
    pub rates: Rates,
    /// Seasons and discounts for the time of booking; their order says nothing.
    pub rules: Vec<PriceRule>,
    /// Nights with prices of their own; of one unit type, no two have the same night.
    pub nights: Vec<NightPrice>,
}

/// A change of what a landlord sets about prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PricingEdit {
    /// What holds for every stay, with the two amounts that are fields of the listing.
    Rates {
        /// All rates from now on.
        rates: Box<Rates>,
        /// What cleaning costs a stay, in minor units.
        cleaning_fee_minor: i64,
        /// What is kept until guests have left, in minor units.
        deposit_minor: i64,
    },
    /// Add a rule.
    AddRule(Box<PriceRule>),
    /// Take a rule away.
    RemoveRule(PriceRuleId),
    /// Give nights a price of their own, or take it from them.
    Nights {
        /// The unit type; without it, all that have no such price of their own.
        unit_id: Option<UnitId>,
        /// The nights.
        nights: Nights,
        /// What each costs; without it, what the rules say.
        night_minor: Option<i64>,
    },
}

impl Pricing {
    /// A rule more.
    pub(super) fn add_rule(&mut self, rule: PriceRule) -> Result<(), Refusal> {
        if self.rules.len() >= RULES_MAX || self.rules.iter().any(|old| old.id == rule.id) {
            return Err(Refusal::invalid_field("", "too-many", "at most 50 rules"));
        }
        self.rules.push(rule);
        Ok(())
    }

    /// A rule less.
    pub(super) fn remove_rule(&mut self, id: PriceRuleId) -> Result<(), Refusal> {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        if self.rules.len() == before { Err(Refusal::NotFound) } else { Ok(()) }
    }

    /// Other prices for some nights.
    pub(super) fn set_nights(
        &mut self,
        unit_id: Option<UnitId>,
        nights: Nights,
        night_minor: Option<i64>,
    ) -> Result<(), Refusal> {
        let old = std::mem::take(&mut self.nights);
        for price in old {
            if price.unit_id == unit_id {
                self.nights.extend(price.without(nights));
            } else {
                self.nights.push(price);
            }
        }
        self.nights.extend(night_minor.map(|amount| NightPrice {
            unit_id,
            nights,
            night_minor: amount,
        }));
        if self.nights.len() > NIGHT_PRICES_MAX {
            let detail = "at most 400 runs of nights with prices of their own";
            return Err(Refusal::invalid_field("", "too-many", detail));
        }
        self.nights.sort_unstable_by_key(|price| (price.unit_id, price.nights));
        Ok(())
    }

    /// The same for a copy of the home, whose unit types have other ids.
    #[must_use]
    pub fn copied(mut self, new_id: impl Fn(UnitId) -> Option<UnitId>) -> Self {
        let rules = self.rules.iter_mut().map(|rule| &mut rule.unit_id);
        let prices = self.nights.iter_mut().map(|price| &mut price.unit_id);
        rules.chain(prices).for_each(|id| *id = id.and_then(&new_id));
        self
    }

    /// Forgets what is said of a unit type that is no more.
    pub(super) fn forget_unit(&mut self, unit_id: UnitId) {
        self.rules.retain(|rule| rule.unit_id != Some(unit_id));
        self.nights.retain(|price| price.unit_id != Some(unit_id));
    }

    /// Checks everything against its limits.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every field that is wrong.
    pub fn check(&self, units: &[Unit]) -> Result<(), Refusal> {
        let mut errors = Vec::new();
        self.rates.faults(&mut errors);
        self.rules.iter().for_each(|rule| rule.faults("", &mut errors));
        let prices = self.nights.iter().map(|price| price.night_minor);
        if !prices.into_iter().all(|amount| (1..=PRICE_MAX).contains(&amount)) {
            errors.push(FieldError::new("/price/amount", "invalid", "1 to 1000000000 minor units"));
        }
        let named = self.rules.iter().map(|rule| rule.unit_id);
        let mut named = named.chain(self.nights.iter().map(|price| price.unit_id)).flatten();
        if named.any(|id| units.iter().all(|unit| unit.id != id)) {
            errors.push(FieldError::new("/unit_id", "invalid", "the home has no such unit type"));
        }
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
    }
}

impl Rates {
    fn faults(&self, errors: &mut Vec<FieldError>) {
        let mut field = |good: bool, pointer: &str, detail: &str| {
            if !good {
                errors.push(FieldError::new(pointer, "invalid", detail));
            }
        };
        let percent = |hundredths: u16| i64::from(hundredths) <= WHOLE;
        let amount = |amount: i64| (0..=PRICE_MAX).contains(&amount);
        if let Some(weekend) = &self.weekend {
            field(
                (1..=7).contains(&weekend.nights.len()),
                "/weekend/nights",
                "1 to 7 nights of the week",
            );
            field(weekend.rate.is_good(), "/weekend/rate", RATE_LIMITS);
        }
        if let Some(extra) = &self.extra_guests {
            field((1..=100).contains(&extra.included), "/extra_guests/included", "1 to 100");
            field(
                amount(extra.night_minor),
                "/extra_guests/per_night/amount",
                "0 to 1000000000 minor units",
            );
        }
        let limits = "0 to 10000 hundredths of a percent";
        field(percent(self.weekly_off), "/weekly_off_bp", limits);
        field(percent(self.monthly_off), "/monthly_off_bp", limits);
        field(self.taxes.len() <= TAXES_MAX, "/taxes", "at most 10");
        for (place, tax) in self.taxes.iter().enumerate() {
            let at = |name: &str| format!("/taxes/{place}/{name}");
            field(is_line(&tax.name, 1, 60), &at("name"), "1 to 60 characters on one line");
            match tax.rate {
                TaxRate::Percent { of_whole, .. } => {
                    field(percent(of_whole), &at("percent_bp"), limits);
                }
                TaxRate::Night(minor) | TaxRate::GuestNight(minor) => {
                    field(amount(minor), &at("amount/amount"), "0 to 1000000000 minor units");
                }
            }
        }
    }
}

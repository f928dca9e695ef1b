//! What landlords set about prices, as it looks outside. Parts of a whole are in hundredths
//! of a percent (`bp`): 1000 are 10 %.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::property_forms::amount;
use super::schema::MoneyForm;
use crate::domain::calendar::Nights;
use crate::domain::ids::{PriceRuleId, PropertyId, UnitId};
use crate::domain::money::{Currency, Money};
use crate::domain::pricing::{self, PricingEdit, Rate, RuleKind, TaxBase, TaxRate, WeekNight};
use crate::domain::property::Listing;
use crate::http::problem::Problem;

/// A night of the week, by the day that it follows.
#[derive(ToSchema)]
#[schema(as = WeekNight, rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum WeekNightForm {
    Friday,
    Saturday,
    Sunday,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
}

/// What nights of weekends cost: `night` or `change_bp`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Weekend {
    /// Which nights those are.
    #[schema(value_type = Vec<WeekNightForm>, min_items = 1, max_items = 7)]
    nights: Vec<WeekNight>,
    /// What each costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    night: Option<Money>,
    /// How much more than a common night, or less below zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -10000, maximum = 100_000)]
    change_bp: Option<i32>,
}

/// What guests cost beyond those that the price of a night includes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtraGuests {
    /// How many are included.
    #[schema(minimum = 1, maximum = 100)]
    included: u16,
    /// What each further one costs a night.
    #[schema(value_type = MoneyForm)]
    per_night: Money,
}

/// What a tax is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaxOf {
    /// Nights and further guests, less discounts.
    Nights,
    /// These and the cleaning fee.
    Stay,
}

/// What a tax is for each of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaxPer {
    /// Each night.
    Night,
    /// Each guest and night.
    GuestNight,
}

/// A tax: `percent_bp` and `of`, or `amount` and `per`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// What guests read.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// How much, in hundredths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 10_000)]
    percent_bp: Option<u16>,
    /// Of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<TaxOf>,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    amount: Option<Money>,
    /// For what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per: Option<TaxPer>,
}

/// What holds for every stay, all of it at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPricing {
    /// What nights of weekends cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weekend: Option<Weekend>,
    /// What further guests cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extra_guests: Option<ExtraGuests>,
    /// What cleaning costs a stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    cleaning_fee: Option<Money>,
    /// What is kept until guests have left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    deposit: Option<Money>,
    /// Off a stay of 7 nights or more.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    weekly_off_bp: u16,
    /// Off a stay of 28 nights or more, in place of the weekly discount.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    monthly_off_bp: u16,
    /// What is collected for others.
    #[serde(default)]
    #[schema(max_items = 10)]
    taxes: Vec<Tax>,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleForm {
    /// Nights of a season: `from`, `to`, and `night` or `change_bp`.
    Season,
    /// Stays that begin at most `days` from now cost `off_bp` less.
    LastMinute,
    /// Stays that begin at least `days` from now cost `off_bp` less.
    EarlyBird,
}

/// A rule about prices as it is sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPriceRule {
    /// What guests read beside its part of a price.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// What it is about.
    kind: RuleForm,
    /// The unit type; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    unit_id: Option<UnitId>,
    /// Of several rules that could speak, the one with the highest number does.
    #[serde(default)]
    priority: i16,
    /// The first night of a season.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Date>,
    /// The day after its last night.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Date>,
    /// What a night costs in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    night: Option<Money>,
    /// How much more than otherwise it costs, or less below zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -10000, maximum = 100_000)]
    change_bp: Option<i32>,
    /// Days from booking to arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 730)]
    days: Option<u16>,
    /// How much comes off all nights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_000)]
    off_bp: Option<u16>,
}

/// A rule about prices.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PriceRule {
    /// Its id.
    #[schema(value_type = String)]
    id: PriceRuleId,
    /// What it says.
    #[serde(flatten)]
    rule: NewPriceRule,
}

/// The rules about prices.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PriceRules {
    /// All of them, the one that speaks first in front.
    data: Vec<PriceRule>,
}

/// Nights with a price of their own.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NightPrices {
    /// The unit type; without it, all that have no such price of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    unit_id: Option<UnitId>,
    /// The first night.
    from: Date,
    /// The day after the last night.
    to: Date,
    /// What each costs, whatever any rule says; without it, what the rules say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price: Option<Money>,
}

/// The prices of a unit type.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnitPrice {
    /// The unit type.
    #[schema(value_type = String)]
    unit_id: UnitId,
    /// What guests call it.
    name: String,
    /// A common night.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_night: Option<Money>,
    /// A month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_month: Option<Money>,
}

/// What is set about prices of a property.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pricing {
    /// The property.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// The currency of all prices.
    #[schema(value_type = String)]
    currency: Currency,
    /// The prices of its unit types; they are changed with these.
    units: Vec<UnitPrice>,
    /// What holds for every stay.
    #[serde(flatten)]
    rates: NewPricing,
    /// Its rules, the one that speaks first in front; only for its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<PriceRule>>,
    /// Nights with prices of their own; only for its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    nights: Option<Vec<NightPrices>>,
    /// The property's version; the ETag.
    version: i32,
}

impl NewPricing {
    /// The change in the domain's form.
    ///
    /// # Errors
    /// `validation` when an amount is in another currency, or parts do not go together.
    pub fn into_edit(self, currency: Currency) -> Result<PricingEdit, Problem> {
        let minor =
            |money, name: &str| amount(money, currency, name).map(|found| found.unwrap_or(0));
        let weekend = |form: Weekend| {
            let rate = rate(form.night, form.change_bp, currency, "weekend/")?;
            Ok::<_, Problem>(pricing::Weekend { nights: form.nights, rate })
        };
        let extra = |form: ExtraGuests| {
            let night_minor = minor(Some(form.per_night), "extra_guests/per_night")?;
            Ok::<_, Problem>(pricing::ExtraGuests { included: form.included, night_minor })
        };
        let taxes = self.taxes.into_iter().enumerate();
        let rates = pricing::Rates {
            weekend: self.weekend.map(weekend).transpose()?,
            extra_guests: self.extra_guests.map(extra).transpose()?,
            weekly_off: self.weekly_off_bp,
            monthly_off: self.monthly_off_bp,
            taxes: taxes
                .map(|(place, tax)| tax.into_tax(currency, place))
                .collect::<Result<_, _>>()?,
        };
        Ok(PricingEdit::Rates {
            rates: Box::new(rates),
            cleaning_fee_minor: minor(self.cleaning_fee, "cleaning_fee")?,
            deposit_minor: minor(self.deposit, "deposit")?,
        })
    }

    fn of(listing: &Listing) -> Self {
        let rates = &listing.pricing.rates;
        Self {
            weekend: rates.weekend.as_ref().map(|weekend| {
                let (night, change_bp) = shown(listing, weekend.rate);
                Weekend { nights: weekend.nights.clone(), night, change_bp }
            }),
            extra_guests: rates.extra_guests.map(|extra| ExtraGuests {
                included: extra.included,
                per_night: listing.money(extra.night_minor),
            }),
            cleaning_fee: Some(listing.money(listing.fields.cleaning_fee_minor)),
            deposit: Some(listing.money(listing.fields.deposit_minor)),
            weekly_off_bp: rates.weekly_off,
            monthly_off_bp: rates.monthly_off,
            taxes: rates.taxes.iter().map(|tax| Tax::of(listing, tax)).collect(),
        }
    }
}

impl Tax {
    fn into_tax(self, currency: Currency, place: usize) -> Result<pricing::Tax, Problem> {
        let minor = |money| {
            let found = amount(Some(money), currency, &format!("taxes/{place}/amount"))?;
            Ok::<_, Problem>(found.unwrap_or_default())
        };
        let rate = match (self.percent_bp, self.of, self.amount, self.per) {
            (Some(of_whole), Some(of), None, None) => {
                let base = match of {
                    TaxOf::Nights => TaxBase::Nights,
                    TaxOf::Stay => TaxBase::Stay,
                };
                TaxRate::Percent { of_whole, base }
            }
            (None, None, Some(money), Some(TaxPer::Night)) => TaxRate::Night(minor(money)?),
            (None, None, Some(money), Some(TaxPer::GuestNight)) => {
                TaxRate::GuestNight(minor(money)?)
            }
            _ => {
                let detail = "percent_bp and of, or amount and per";
                return Err(Problem::invalid(&format!("/taxes/{place}"), "invalid", detail));
            }
        };
        Ok(pricing::Tax { name: self.name, rate })
    }

    fn of(listing: &Listing, tax: &pricing::Tax) -> Self {
        let mut form =
            Self { name: tax.name.clone(), percent_bp: None, of: None, amount: None, per: None };
        match tax.rate {
            TaxRate::Percent { of_whole, base } => {
                form.percent_bp = Some(of_whole);
                form.of = Some(match base {
                    TaxBase::Nights => TaxOf::Nights,
                    TaxBase::Stay => TaxOf::Stay,
                });
            }
            TaxRate::Night(minor) => {
                (form.amount, form.per) = (Some(listing.money(minor)), Some(TaxPer::Night));
            }
            TaxRate::GuestNight(minor) => {
                (form.amount, form.per) = (Some(listing.money(minor)), Some(TaxPer::GuestNight));
            }
        }
        form
    }
}

impl NewPriceRule {
    /// The rule in the domain's form.
    ///
    /// # Errors
    /// `validation` when it lacks what its kind has, has what another kind has, or an amount
    /// is in another currency.
    pub fn into_rule(
        self,
        id: PriceRuleId,
        currency: Currency,
    ) -> Result<pricing::PriceRule, Problem> {
        let of_season = self.from.is_some()
            || self.to.is_some()
            || self.night.is_some()
            || self.change_bp.is_some();
        let of_time = self.days.is_some() || self.off_bp.is_some();
        let wrong = |detail: &str| Problem::invalid("/kind", "invalid", detail);
        let timed = |detail: &str| {
            let parts = self.days.zip(self.off_bp).filter(|_| !of_season);
            parts.ok_or_else(|| wrong(detail))
        };
        let kind = match self.kind {
            RuleForm::Season => {
                let dates = self.from.zip(self.to).filter(|_| !of_time);
                let dates =
                    dates.ok_or_else(|| wrong("a season has from, to, and night or change_bp"))?;
                RuleKind::Season {
                    nights: range(dates)?,
                    rate: rate(self.night, self.change_bp, currency, "")?,
                }
            }
            RuleForm::LastMinute => {
                let (days, off) = timed("a last-minute rule has days and off_bp")?;
                RuleKind::LastMinute { days, off }
            }
            RuleForm::EarlyBird => {
                let (days, off) = timed("an early-bird rule has days and off_bp")?;
                RuleKind::EarlyBird { days, off }
            }
        };
        let (name, unit_id) = (self.name.trim().to_owned(), self.unit_id);
        Ok(pricing::PriceRule { id, name, unit_id, kind, priority: self.priority })
    }
}

impl PriceRule {
    fn of(listing: &Listing, rule: &pricing::PriceRule) -> Self {
        let mut form = NewPriceRule {
            name: rule.name.clone(),
            kind: RuleForm::Season,
            unit_id: rule.unit_id,
            priority: rule.priority,
            from: None,
            to: None,
            night: None,
            change_bp: None,
            days: None,
            off_bp: None,
        };
        match rule.kind {
            RuleKind::Season { nights, rate } => {
                (form.from, form.to) = (Some(nights.check_in()), Some(nights.check_out()));
                (form.night, form.change_bp) = shown(listing, rate);
            }
            RuleKind::LastMinute { days, off } => {
                form.kind = RuleForm::LastMinute;
                (form.days, form.off_bp) = (Some(days), Some(off));
            }
            RuleKind::EarlyBird { days, off } => {
                form.kind = RuleForm::EarlyBird;
                (form.days, form.off_bp) = (Some(days), Some(off));
            }
        }
        Self { id: rule.id, rule: form }
    }
}

impl PriceRules {
    /// The rules of a listing.
    #[must_use]
    pub fn of(listing: &Listing) -> Self {
        let mut rules: Vec<_> = listing.pricing.rules.iter().collect();
        rules.sort_unstable_by_key(|rule| (std::cmp::Reverse(rule.priority), rule.id));
        Self { data: rules.into_iter().map(|rule| PriceRule::of(listing, rule)).collect() }
    }
}

impl NightPrices {
    /// The change in the domain's form.
    ///
    /// # Errors
    /// `validation` when there are no such nights, or the price is in another currency.
    pub fn into_edit(self, currency: Currency) -> Result<PricingEdit, Problem> {
        Ok(PricingEdit::Nights {
            unit_id: self.unit_id,
            nights: range((self.from, self.to))?,
            night_minor: amount(self.price, currency, "price")?,
        })
    }
}

impl Pricing {
    /// What is set about a listing's prices; `whole` for its owner.
    #[must_use]
    pub fn of(listing: &Listing, whole: bool) -> Self {
        let money = |minor: Option<i64>| minor.map(|minor| listing.money(minor));
        let units = listing.units.iter().map(|unit| UnitPrice {
            unit_id: unit.id,
            name: unit.fields.name.clone(),
            price_per_night: money(unit.fields.night_minor),
            price_per_month: money(unit.fields.month_minor),
        });
        let nights = listing.pricing.nights.iter().map(|price| NightPrices {
            unit_id: price.unit_id,
            from: price.nights.check_in(),
            to: price.nights.check_out(),
            price: Some(listing.money(price.night_minor)),
        });
        Self {
            property_id: listing.id,
            currency: listing.fields.currency,
            units: units.collect(),
            rates: NewPricing::of(listing),
            rules: whole.then(|| PriceRules::of(listing).data),
            nights: whole.then(|| nights.collect()),
            version: listing.version,
        }
    }
}

fn range((from, to): (Date, Date)) -> Result<Nights, Problem> {
    Nights::new(from, to)
        .map_err(|_| Problem::invalid("/to", "invalid", "1 to 730 days after from"))
}

fn rate(
    night: Option<Money>,
    change_bp: Option<i32>,
    currency: Currency,
    within: &str,
) -> Result<Rate, Problem> {
    match (amount(night, currency, &format!("{within}night"))?, change_bp) {
        (Some(minor), None) => Ok(Rate::Night(minor)),
        (None, Some(by)) => Ok(Rate::Change(by)),
        _ => {
            let pointer = format!("/{within}change_bp");
            Err(Problem::invalid(&pointer, "invalid", "either night or change_bp"))
        }
    }
}

fn shown(listing: &Listing, rate: Rate) -> (Option<Money>, Option<i32>) {
    match rate {
        Rate::Night(minor) => (Some(listing.money(minor)), None),
        Rate::Change(by) => (None, Some(by)),
    }
}

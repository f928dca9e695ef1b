//! What unit types and house rules look like outside.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::property_forms::amount;
use super::schema::MoneyForm;
use crate::domain::ids::UnitId;
use crate::domain::money::{Currency, Money};
use crate::domain::policies;
use crate::domain::property::{self, Listing, UnitFields};
use crate::http::problem::Problem;

/// A unit type: so many interchangeable beds, rooms or flats.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    /// What guests call it.
    #[schema(min_length = 1, max_length = 60)]
    pub(super) name: String,
    /// How many there are.
    #[schema(minimum = 1, maximum = 200)]
    pub(super) count: u16,
    /// Bedrooms; a studio has none.
    #[schema(maximum = 50)]
    pub(super) bedrooms: u16,
    /// Beds.
    #[schema(maximum = 100)]
    pub(super) beds: u16,
    /// Bathrooms, in halves.
    #[schema(minimum = 0, maximum = 50, multiple_of = 0.5)]
    pub(super) bathrooms: f32,
    /// The most guests in one unit.
    #[schema(minimum = 1, maximum = 100)]
    pub(super) guests: u16,
}

/// A unit type as it is sent, with its prices.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitForm {
    /// What guests call it.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// How many there are. Fewer only where the stays to come still fit.
    #[schema(minimum = 1, maximum = 200)]
    count: u16,
    /// Bedrooms; a studio has none.
    #[schema(maximum = 50)]
    bedrooms: u16,
    /// Beds.
    #[schema(maximum = 100)]
    beds: u16,
    /// Bathrooms, in halves.
    #[schema(minimum = 0, maximum = 50, multiple_of = 0.5)]
    bathrooms: f32,
    /// The most guests in one unit.
    #[schema(minimum = 1, maximum = 100)]
    guests: u16,
    /// The price of a night, in the property's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_night: Option<Money>,
    /// The price of a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_month: Option<Money>,
}

/// A unit type of a property.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unit {
    /// Its id.
    #[schema(value_type = String)]
    id: UnitId,
    /// What it is.
    #[serde(flatten)]
    fields: NewUnit,
    /// The price of a night; a draft may lack it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_night: Option<Money>,
    /// The price of a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_month: Option<Money>,
}

/// The unit types of a property.
#[derive(Debug, Serialize, ToSchema)]
pub struct Units {
    /// All of them, in the landlord's order.
    pub(super) data: Vec<Unit>,
}

impl Unit {
    /// A unit type of a listing.
    #[must_use]
    pub fn of(listing: &Listing, unit: &property::Unit) -> Self {
        let money = |amount: Option<i64>| amount.map(|amount| listing.money(amount));
        Self {
            id: unit.id,
            fields: NewUnit::from(&unit.fields),
            price_per_night: money(unit.fields.night_minor),
            price_per_month: money(unit.fields.month_minor),
        }
    }
}

impl UnitForm {
    /// What would be sent to make the unit type as it is.
    #[must_use]
    pub fn of(listing: &Listing, unit: &property::Unit) -> Self {
        let Unit { fields, price_per_night, price_per_month, .. } = Unit::of(listing, unit);
        let NewUnit { name, count, bedrooms, beds, bathrooms, guests } = fields;
        Self { name, count, bedrooms, beds, bathrooms, guests, price_per_night, price_per_month }
    }

    /// The fields in the domain's form.
    ///
    /// # Errors
    /// `validation` when a price is in another currency than the listing's.
    pub fn into_fields(self, currency: Currency) -> Result<UnitFields, Problem> {
        Ok(UnitFields {
            name: self.name,
            count: self.count,
            bedrooms: self.bedrooms,
            beds: self.beds,
            bathrooms: self.bathrooms,
            guests: self.guests,
            night_minor: amount(self.price_per_night, currency, "price_per_night")?,
            month_minor: amount(self.price_per_month, currency, "price_per_month")?,
        })
    }
}

impl From<&UnitFields> for NewUnit {
    fn from(fields: &UnitFields) -> Self {
        Self {
            name: fields.name.clone(),
            count: fields.count,
            bedrooms: fields.bedrooms,
            beds: fields.beds,
            bathrooms: fields.bathrooms,
            guests: fields.guests,
        }
    }
}

/// What calling off costs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
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
    /// Nothing comes back.
    NonRefundable,
}

/// House rules as they are sent; all of them at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicies {
    /// What calling off costs.
    cancellation: Cancellation,
    /// From when guests may arrive, local to the property.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("15:00"))]
    check_in_from: String,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("22:00"))]
    check_in_until: Option<String>,
    /// By when they leave on the last day.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("11:00"))]
    check_out_until: String,
    /// What else there is to say.
    #[serde(default)]
    #[schema(max_length = 5000)]
    house_rules: String,
    /// Whether a stay is booked without the landlord's word; else the landlord is asked.
    #[serde(default = "yes")]
    instant_book: bool,
    /// The shortest stay.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 365)]
    min_nights: u16,
    /// The longest stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 730)]
    max_nights: Option<u16>,
}

/// House rules.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Policies {
    /// What they say.
    #[serde(flatten)]
    rules: NewPolicies,
    /// Goes up when they change.
    version: i32,
}

const fn yes() -> bool {
    true
}

const fn one() -> u16 {
    1
}

impl NewPolicies {
    /// The rules in the domain's form, of no version yet.
    ///
    /// # Errors
    /// `validation` when a time is none.
    pub fn into_rules(self) -> Result<policies::Policies, Problem> {
        Ok(policies::Policies {
            cancellation: self.cancellation.into(),
            check_in_from: clock_time(&self.check_in_from, "/check_in_from")?,
            check_in_until: self
                .check_in_until
                .map(|until| clock_time(&until, "/check_in_until"))
                .transpose()?,
            check_out_until: clock_time(&self.check_out_until, "/check_out_until")?,
            house_rules: self.house_rules,
            instant_book: self.instant_book,
            min_nights: self.min_nights,
            max_nights: self.max_nights,
            version: 0,
        })
    }
}

impl From<&policies::Policies> for Policies {
    fn from(rules: &policies::Policies) -> Self {
        let shown = |time: Time| time.strftime("%H:%M").to_string();
        Self {
            rules: NewPolicies {
                cancellation: rules.cancellation.into(),
                check_in_from: shown(rules.check_in_from),
                check_in_until: rules.check_in_until.map(shown),
                check_out_until: shown(rules.check_out_until),
                house_rules: rules.house_rules.clone(),
                instant_book: rules.instant_book,
                min_nights: rules.min_nights,
                max_nights: rules.max_nights,
            },
            version: rules.version,
        }
    }
}

pub(super) fn clock_time(text: &str, pointer: &str) -> Result<Time, Problem> {
    let parsed = Some(text).filter(|text| text.len() == 5);
    parsed
        .and_then(|text| Time::strptime("%H:%M", text).ok())
        .ok_or_else(|| Problem::invalid(pointer, "invalid", "a time such as 15:00"))
}

impl From<Cancellation> for policies::Cancellation {
    fn from(form: Cancellation) -> Self {
        match form {
            Cancellation::Flexible => Self::Flexible,
            Cancellation::Moderate => Self::Moderate,
            Cancellation::Limited => Self::Limited,
            Cancellation::Firm => Self::Firm,
            Cancellation::Strict => Self::Strict,
            Cancellation::NonRefundable => Self::NonRefundable,
        }
    }
}

impl From<policies::Cancellation> for Cancellation {
    fn from(rule: policies::Cancellation) -> Self {
        match rule {
            policies::Cancellation::Flexible => Self::Flexible,
            policies::Cancellation::Moderate => Self::Moderate,
            policies::Cancellation::Limited => Self::Limited,
            policies::Cancellation::Firm => Self::Firm,
            policies::Cancellation::Strict => Self::Strict,
            policies::Cancellation::NonRefundable => Self::NonRefundable,
        }
    }
}

//! What a deposit looks like outside.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::MoneyForm;
use crate::domain::deposit::{self, Deduction, Status};
use crate::domain::ids::{BookingId, PropertyId, UserId};
use crate::domain::money::{Currency, Money};
use crate::http::problem::Problem;

/// A deposit.
#[derive(Serialize, ToSchema)]
pub struct Deposit {
    /// The id of its booking.
    #[schema(value_type = String)]
    id: BookingId,
    /// The property.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// Whose money it is.
    #[schema(value_type = String)]
    tenant_id: UserId,
    /// Whose home it is for.
    #[schema(value_type = String)]
    landlord_id: UserId,
    /// Where it stands: `held`, `due`, `contested` or `released`.
    #[schema(value_type = String)]
    status: Status,
    /// All of it.
    #[schema(value_type = MoneyForm)]
    amount: Money,
    /// What the landlord wants to keep it for.
    deductions: Vec<DeductionForm>,
    /// What went back, or is on its way.
    #[schema(value_type = MoneyForm)]
    returned: Money,
    /// What the landlord has kept.
    #[schema(value_type = MoneyForm)]
    kept: Money,
    /// When the rest goes back by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    release_at: Option<Timestamp>,
    /// What the tenant objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    objection: Option<String>,
    /// Why the administrator decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    /// Goes up with every change.
    version: i32,
    /// Since when it is held.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

/// Something that part of a deposit is kept for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Deduction)]
pub struct DeductionForm {
    /// What it is.
    #[schema(min_length = 1, max_length = 200)]
    label: String,
    /// What it costs.
    #[schema(value_type = MoneyForm)]
    amount: Money,
}

/// What part of a deposit is kept for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeductions {
    /// One a thing.
    #[schema(min_items = 1, max_items = 20)]
    items: Vec<DeductionForm>,
}

/// What the tenant objects.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContest {
    /// Why, for the administrator and the landlord.
    #[schema(min_length = 1, max_length = 1000)]
    pub(super) reason: String,
}

/// What an administrator decides.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// What the landlord keeps: at most what the deductions come to.
    #[schema(value_type = MoneyForm)]
    kept: Money,
    /// Why, for both sides.
    #[schema(min_length = 1, max_length = 1000)]
    pub(super) reason: String,
}

impl Deposit {
    /// As its tenant, its landlord and administrators see it.
    #[must_use]
    pub fn of(deposit: &deposit::Deposit) -> Self {
        let deductions = deposit.deductions.iter().map(|item| DeductionForm {
            label: item.label.clone(),
            amount: deposit.money(item.amount),
        });
        Self {
            id: deposit.id,
            property_id: deposit.property_id,
            tenant_id: deposit.tenant_id,
            landlord_id: deposit.landlord_id,
            status: deposit.status,
            amount: deposit.money(deposit.amount),
            deductions: deductions.collect(),
            returned: deposit.money(deposit.returned),
            kept: deposit.money(deposit.kept),
            release_at: deposit.release_at,
            objection: deposit.objection.clone(),
            decision: deposit.decision.clone(),
            version: deposit.version,
            created_at: deposit.created_at,
            updated_at: deposit.updated_at,
        }
    }
}

impl NewDeductions {
    /// The items in a deposit's own currency.
    ///
    /// # Errors
    /// When an amount is in another one.
    pub fn items(&self, currency: Currency) -> Result<Vec<Deduction>, Problem> {
        let item = |(at, item): (usize, &DeductionForm)| {
            let amount = minor(item.amount, currency, &format!("/items/{at}/amount"))?;
            Ok(Deduction { label: item.label.trim().to_owned(), amount })
        };
        self.items.iter().enumerate().map(item).collect()
    }
}

impl NewDecision {
    /// What is kept, in minor units of a deposit's own currency.
    ///
    /// # Errors
    /// When it is in another one.
    pub fn kept_minor(&self, currency: Currency) -> Result<i64, Problem> {
        minor(self.kept, currency, "/kept")
    }
}

fn minor(amount: Money, currency: Currency, pointer: &str) -> Result<i64, Problem> {
    if amount.currency == currency {
        return Ok(amount.amount);
    }
    Err(Problem::invalid(pointer, "currency", &format!("in {currency}, as the deposit is")))
}

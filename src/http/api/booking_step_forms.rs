//! What the steps of a booking are asked for with, and what they look like outside.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::booking_forms::{Booking, Payment, Price};
use super::schema::MoneyForm;
use crate::domain::booking::Preview;
use crate::domain::booking_details::{self, Party, ProposalStatus};
use crate::domain::cancellation::RefundLine;
use crate::domain::ids::{PropertyId, ProposalId, UnitId};
use crate::domain::money::Money;
use crate::domain::price::LineKind;

/// What the landlord reads with a request.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// Up to 1000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(super) message: Option<String>,
}

/// Why a request is declined.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecline {
    /// For the tenant to read.
    #[schema(min_length = 1, max_length = 1000, examples("We are away that week."))]
    pub(super) reason: String,
}

/// Calling a booking off.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancellation {
    /// For the other side to read.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(super) reason: Option<String>,
    /// What the preview said would go back: refused when that has changed.
    #[serde(default)]
    #[schema(value_type = Option<MoneyForm>)]
    pub(super) expected_refund: Option<Money>,
    /// What goes back, in per cent; administrators only.
    #[serde(default, rename = "override")]
    #[schema(maximum = 100)]
    pub(super) percent: Option<u8>,
}

/// What would go back.
#[derive(Serialize, ToSchema)]
pub struct CancellationPreview {
    /// Whether it can be called off now.
    pub(super) possible: bool,
    /// What the terms say, line by line.
    lines: Vec<BackLine>,
    /// What goes back of the deposit.
    #[schema(value_type = MoneyForm)]
    deposit: Money,
    /// What of that has gone back before, or was never paid.
    #[schema(value_type = MoneyForm)]
    before: Money,
    /// What goes back: send it as `expected_refund`.
    #[schema(value_type = MoneyForm)]
    refund: Money,
}

/// What goes back of a line of the price.
#[derive(Serialize, ToSchema)]
pub struct BackLine {
    /// What the line is for.
    #[schema(value_type = String)]
    kind: LineKind,
    /// What people read beside it; may be empty.
    label: String,
    /// What goes back.
    #[schema(value_type = MoneyForm)]
    amount: Money,
}

impl CancellationPreview {
    /// A preview as people read it.
    #[must_use]
    pub fn of(possible: bool, preview: &Preview) -> Self {
        let money = |amount| Money::new(amount, preview.lines.currency);
        let line = |line: &RefundLine| BackLine {
            kind: line.kind,
            label: line.label.clone(),
            amount: money(line.amount),
        };
        Self {
            possible,
            lines: preview.lines.lines.iter().map(line).collect(),
            deposit: money(preview.lines.deposit),
            before: preview.before,
            refund: preview.refund,
        }
    }
}

/// The guests are there.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckIn {
    /// The six digits that the landlord has; the landlord needs none.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{6}$")]
    pub(super) code: Option<String>,
}

/// A stay that was agreed on elsewhere.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewManualBooking {
    /// The property.
    #[schema(value_type = String)]
    pub(super) property_id: PropertyId,
    /// The unit type; without it, the property's only one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) unit_id: Option<UnitId>,
    /// The date of arrival, local to the property.
    pub(super) check_in: Date,
    /// The date of departure.
    pub(super) check_out: Date,
    /// How many people come.
    #[schema(minimum = 1)]
    pub(super) guests: u16,
    /// Who comes.
    #[schema(min_length = 1, max_length = 200, examples("Ada Byron"))]
    pub(super) guest_name: String,
    /// What is worth remembering.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(super) note: Option<String>,
    /// What the landlord gets for it, outside of here; without it, today's price.
    #[serde(default)]
    #[schema(value_type = Option<MoneyForm>)]
    pub(super) total: Option<Money>,
}

/// What shall be otherwise; what is not named stays as it is.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChange {
    /// The unit type.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) unit_id: Option<UnitId>,
    /// The date of arrival.
    #[serde(default)]
    pub(super) check_in: Option<Date>,
    /// The date of departure.
    #[serde(default)]
    pub(super) check_out: Option<Date>,
    /// How many people come.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub(super) guests: Option<u16>,
}

/// A change that one side proposes.
#[derive(Serialize, ToSchema)]
pub struct Change {
    /// Its id.
    #[schema(value_type = String)]
    id: ProposalId,
    /// Who made it: `tenant` or `landlord`.
    #[schema(value_type = String)]
    by: Party,
    /// Where it stands: `open`, `accepted` (to be paid for), `applied`, `declined`,
    /// `withdrawn`, `expired` or `failed`.
    #[schema(value_type = String)]
    status: ProposalStatus,
    /// The unit type that it would be.
    #[schema(value_type = String)]
    unit_id: UnitId,
    /// The date of arrival.
    check_in: Date,
    /// The date of departure.
    check_out: Date,
    /// How many people would come.
    guests: u16,
    /// What it would cost.
    price: Price,
    /// What would be paid on top; below zero, what would go back.
    #[schema(value_type = MoneyForm)]
    difference: Money,
    /// When it ends by itself, while it is open.
    expires_at: Timestamp,
    /// When it was made.
    created_at: Timestamp,
}

impl Change {
    /// A proposal as both sides see it.
    #[must_use]
    pub fn of(proposal: &booking_details::Proposal) -> Self {
        Self {
            id: proposal.id,
            by: proposal.by,
            status: proposal.status,
            unit_id: proposal.unit_id,
            check_in: proposal.nights.check_in(),
            check_out: proposal.nights.check_out(),
            guests: proposal.guests,
            price: Price::of(&proposal.price, proposal.nights.count()),
            difference: proposal.difference,
            expires_at: proposal.expires_at,
            created_at: proposal.created_at,
        }
    }
}

/// A change on its way to be paid.
#[derive(Serialize, ToSchema)]
pub struct ChangeCheckout {
    /// The booking, as it still is.
    pub(super) booking: Booking,
    /// The payment of the difference.
    pub(super) payment: Payment,
    /// Where to pay; not yet there with status 202.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checkout_url: Option<String>,
}

/// Something that has happened to a booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct Happening {
    /// What, such as `booking.confirmed` or `refund.created`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// When.
    pub(super) at: Timestamp,
    /// Who made it happen: `tenant`, `landlord`, `admin`, `system`, `provider` or `operator`.
    pub(super) actor: &'static str,
}

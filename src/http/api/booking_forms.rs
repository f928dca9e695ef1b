//! What a booking looks like outside: as it is asked for, and as each side sees it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::booking_sight::Sight;
use super::booking_step_forms::Change;
use super::schema::MoneyForm;
use crate::domain::booking::{BookingSnapshot, BookingStatus};
use crate::domain::booking_details::Party;
use crate::domain::booking_moves::Move;
use crate::domain::ids::{BookingId, PaymentId, PropertyId, UnitId, UserId};
use crate::domain::money::Money;
use crate::domain::payment::PaymentStatus;
use crate::domain::price::{self, LineKind};
use crate::http::problem::Problem;

/// Which nights somebody wants, and where.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
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
    /// The quote to hold them at; without it, the price of the moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32_768)]
    pub(super) quote: Option<String>,
    /// A promo code of the landlord's, where there is no quote: a quote has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub(super) promo_code: Option<String>,
}

/// Where to come back to from the payment page.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckout {
    /// A path of this site; without it, the booking's page.
    #[serde(default)]
    #[schema(max_length = 500, pattern = "^/")]
    pub(super) return_url: Option<String>,
}

/// A booking.
#[derive(Serialize, ToSchema)]
pub struct Booking {
    /// Its id.
    #[schema(value_type = String)]
    id: BookingId,
    /// Its property.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// What the property is called.
    property_title: String,
    /// Its unit type.
    #[schema(value_type = String)]
    unit_id: UnitId,
    /// The number of its unit within the type; for the landlord.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_no: Option<u16>,
    /// Whose stay it is.
    #[schema(value_type = String)]
    tenant_id: UserId,
    /// Whose home it is.
    #[schema(value_type = String)]
    landlord_id: UserId,
    /// The date of arrival, local to the property.
    check_in: Date,
    /// The date of departure.
    check_out: Date,
    /// The number of nights.
    nights: u32,
    /// How many people come.
    guests: u16,
    /// Where it stands: `hold`, `pending_approval`, `pending_payment`, `expiring`, `confirmed`,
    /// `checked_in`, `completed`, `expired`, `failed`, `declined`, `cancelled` or `no_show`.
    #[schema(value_type = String)]
    status: BookingStatus,
    /// What it costs, frozen at the hold.
    price: Price,
    /// When the hold ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// When nights and money were settled after an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    released_at: Option<Timestamp>,
    /// Its payment, if one was made out.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<Payment>,
    /// The home's time zone.
    zone: String,
    /// What whoever looks may do with it, such as `checkout` or `cancel`.
    #[schema(value_type = Vec<String>)]
    allowed: Vec<Move>,
    /// Whether the landlord has to be asked first.
    by_request: bool,
    /// What the tenant wrote to the landlord.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// When the landlord approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_at: Option<Timestamp>,
    /// Who comes, when the landlord entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    guest: Option<Guest>,
    /// What the tenant has to say at the door, for the landlord.
    #[serde(skip_serializing_if = "Option::is_none")]
    check_in_code: Option<String>,
    /// When the guests came.
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived_at: Option<Timestamp>,
    /// The day on which they left, when that was before the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_on: Option<Date>,
    /// Who called it off, or declined it: `tenant`, `landlord` or `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    ended_by: Option<Party>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The last change that was proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    /// Goes up with every change.
    version: i32,
    /// When the hold was made.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

/// Who comes to a stay that the landlord entered.
#[derive(Serialize, ToSchema)]
pub struct Guest {
    /// Their name.
    name: String,
    /// What is worth remembering.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// What a stay costs.
#[derive(Serialize, ToSchema)]
pub struct Price {
    /// A night, on average.
    #[schema(value_type = MoneyForm)]
    per_night: Money,
    /// The number of nights.
    nights: u32,
    /// What each part comes to, in the order to be read.
    lines: Vec<PriceLine>,
    /// The stay, without the deposit.
    #[schema(value_type = MoneyForm)]
    total: Money,
    /// What is kept for damages and given back.
    #[schema(value_type = MoneyForm)]
    deposit: Money,
    /// What is to be paid: the stay and the deposit.
    #[schema(value_type = MoneyForm)]
    due: Money,
}

/// A part of a price.
#[derive(Serialize, ToSchema)]
pub struct PriceLine {
    /// What it is for: `nights`, `guests`, `discount`, `promo`, `cleaning` or `tax`.
    #[schema(value_type = String)]
    kind: LineKind,
    /// What people read beside it; may be empty.
    label: String,
    /// How many of it.
    quantity: u32,
    /// All of them; discounts are below zero.
    #[schema(value_type = MoneyForm)]
    amount: Money,
}

/// A payment.
#[derive(Serialize, ToSchema)]
pub struct Payment {
    /// Its id.
    #[schema(value_type = String)]
    id: PaymentId,
    /// Where it stands: `created`, `authorized` (reserved on the card, nothing was taken),
    /// `canceled`, `succeeded`, `partially_refunded` or `refunded`.
    #[schema(value_type = String)]
    status: PaymentStatus,
    /// Where the tenant pays, while that is possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_url: Option<String>,
}

/// A booking on its way to be paid.
#[derive(Serialize, ToSchema)]
pub struct Checkout {
    /// The booking.
    booking: Booking,
    /// Its payment.
    payment: Payment,
    /// Where to pay; not yet there with status 202.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_url: Option<String>,
}

impl Booking {
    /// As somebody sees it.
    #[must_use]
    pub fn seen_by(snapshot: &BookingSnapshot, sight: &Sight<'_>) -> Self {
        let booking = snapshot.booking.clone();
        let details = booking.details;
        let nights = booking.nights.count();
        let price = Price::of(&booking.terms.price, nights);
        Self {
            id: booking.id,
            property_id: booking.property_id,
            property_title: snapshot.property_title.clone(),
            unit_id: booking.unit_id,
            unit_no: snapshot.unit_no.filter(|_| sight.viewer == snapshot.landlord_id),
            tenant_id: booking.tenant_id,
            landlord_id: snapshot.landlord_id,
            check_in: booking.nights.check_in(),
            check_out: booking.nights.check_out(),
            nights,
            guests: booking.guests,
            status: booking.status,
            price,
            expires_at: booking.expires_at,
            released_at: booking.released_at,
            payment: Payment::seen_by(snapshot, sight),
            zone: snapshot.zone.clone(),
            allowed: sight.allowed(snapshot),
            by_request: details.by_request,
            message: details.message,
            approved_at: details.approved_at,
            guest: details.guest.map(|guest| Guest { name: guest.name, note: guest.note }),
            check_in_code: sight.check_in_code(snapshot),
            arrived_at: details.arrived_at,
            left_on: details.left_on,
            ended_by: details.ended_by,
            reason: details.reason,
            change: details.change.as_deref().map(Change::of),
            version: booking.version,
            created_at: booking.created_at,
            updated_at: booking.updated_at,
        }
    }
}

impl Price {
    /// A price as people read it.
    #[must_use]
    pub fn of(price: &price::Price, nights: u32) -> Self {
        let money = |amount| Money::new(amount, price.currency);
        let lines = price.lines.iter().map(|line| PriceLine {
            kind: line.kind,
            label: line.label.clone(),
            quantity: line.quantity,
            amount: money(line.amount),
        });
        Self {
            per_night: money(price.sum_of(LineKind::Nights) / i64::from(nights.max(1))),
            nights,
            lines: lines.collect(),
            total: price.total(),
            deposit: money(price.deposit),
            due: price.due(),
        }
    }
}

impl Payment {
    /// One that was just made out.
    #[must_use]
    pub const fn made_out(id: PaymentId, status: PaymentStatus) -> Self {
        Self { id, status, checkout_url: None }
    }

    /// Only the tenant is shown where to pay, and only while it can be paid.
    fn seen_by(snapshot: &BookingSnapshot, sight: &Sight<'_>) -> Option<Self> {
        let payment = snapshot.payment.as_ref()?;
        let payable = payment.status == PaymentStatus::Created
            && matches!(
                snapshot.booking.status,
                BookingStatus::PendingApproval | BookingStatus::PendingPayment
            )
            && snapshot.booking.tenant_id == sight.viewer;
        let checkout_url = payment.checkout_url.clone().filter(|_| payable);
        Some(Self { id: payment.id, status: payment.status, checkout_url })
    }
}

impl Checkout {
    /// The answer to a checkout, from what came of it and where it can be paid.
    ///
    /// # Errors
    /// When nothing was made out, which is a fault of ours.
    pub fn of(
        snapshot: &BookingSnapshot,
        sight: &Sight<'_>,
        checkout_url: Option<String>,
    ) -> Result<Self, Problem> {
        let payment = Payment::seen_by(snapshot, sight);
        let payment = payment.ok_or_else(|| Problem::internal(&"checkout without payment"))?;
        Ok(Self { booking: Booking::seen_by(snapshot, sight), payment, checkout_url })
    }
}

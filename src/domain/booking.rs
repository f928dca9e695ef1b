//! A booking, from hold to confirmed or released. Its one writer is the property's actor,
//! so no two decisions about the same nights ever cross.
//!
//! ```text
//! hold -> pending_payment -> confirmed
//!   |            |
//!   |            +-> expiring(why) -> confirmed | expired | cancelled
//!   +-> expired | cancelled                (a late payment: expired, failed -> confirmed,
//!                                           or the money goes back)
//! ```
//! `expiring` keeps the nights while the provider is asked how the payment ended: only it
//! knows. `released_at` says that nights and money are settled.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::booking_command::{Answer, Command};
use super::booking_details::Details;
use super::calendar::Nights;
use super::change::{Change, Decision};
use super::event::Event;
use super::ids::{BookingId, PaymentId, PropertyId, TimerId, UnitId, UserId};
use super::money::Money;
use super::payment::{Payment, PaymentStatus};
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{Outcome, PropertyState};
use super::terms::Terms;
use super::turn::{Turn, end_of};

/// How many times the provider must have been asked in vain, or have let a round of
/// [`Rules::expiring`](super::rules::Rules::expiring) pass, before an ending hold ends
/// without its word. Time alone does not count: the server may have been down.
pub const CLOSE_ATTEMPTS_MIN: i32 = 3;

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// The nights are kept for the tenant for some minutes.
    Hold,
    /// The landlord is asked whether the tenant may come.
    PendingApproval,
    /// The tenant is at the payment page.
    PendingPayment,
    /// The hold is over; the provider is asked how the payment ended.
    Expiring,
    /// Paid for.
    Confirmed,
    /// The guests are there.
    CheckedIn,
    /// The guests have left.
    Completed,
    /// Not paid in time, or not answered.
    Expired,
    /// The payment went wrong for good.
    Failed,
    /// The landlord said no.
    Declined,
    /// Called off.
    Cancelled,
    /// Nobody came.
    NoShow,
}

impl BookingStatus {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::PendingApproval => "pending_approval",
            Self::PendingPayment => "pending_payment",
            Self::Expiring => "expiring",
            Self::Confirmed => "confirmed",
            Self::CheckedIn => "checked_in",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// Whether a timer, the provider or the landlord has yet to say whether it stands.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Hold | Self::PendingApproval | Self::PendingPayment | Self::Expiring)
    }

    /// Whether its nights are taken by it.
    #[must_use]
    pub const fn keeps_nights(self) -> bool {
        self.is_open() || matches!(self, Self::Confirmed | Self::CheckedIn)
    }

    /// What a tenant may do in this state, for people who tried something else.
    pub(super) const fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Hold => &["release", "checkout"],
            Self::PendingPayment => &["release", "pay"],
            Self::Expiring => &["release"],
            Self::PendingApproval
            | Self::Confirmed
            | Self::CheckedIn
            | Self::Completed
            | Self::Expired
            | Self::Failed
            | Self::Declined
            | Self::Cancelled
            | Self::NoShow => &[],
        }
    }
}

/// Why a hold with a payment is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiringReason {
    /// Its time is over: a payment that came all the same is welcome.
    Time,
    /// The tenant gave it up: a payment that came all the same goes back.
    Released,
    /// The tenant tried to pay too often in vain: a payment that came all the same is
    /// welcome.
    Declined,
}

/// A booking as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// Its property.
    pub property_id: PropertyId,
    /// Its unit type.
    pub unit_id: UnitId,
    /// Whose stay it is.
    pub tenant_id: UserId,
    /// The nights.
    pub nights: Nights,
    /// How many people come.
    pub guests: u16,
    /// Where it stands.
    pub status: BookingStatus,
    /// Why it is ending, while it is.
    pub expiring: Option<ExpiringReason>,
    /// What was agreed on at the hold.
    pub terms: Terms,
    /// What is to be paid: what the terms say is due.
    pub total: Money,
    /// When the hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When nights and money were settled after an end.
    pub released_at: Option<Timestamp>,
    /// The timer that is set for it; a booking has one at most.
    pub timer: Option<TimerId>,
    /// The payment that was made out for it.
    pub payment_id: Option<PaymentId>,
    /// What only some bookings have.
    #[serde(default)]
    pub details: Details,
    /// Its place among its tenant's open holds, while it is one of them. None: it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<i32>,
    /// Goes up with every change.
    pub version: i32,
    /// When the hold was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A payment as those who look at its booking see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentGlance {
    /// Its id.
    pub id: PaymentId,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Where it can be paid, while it can.
    pub checkout_url: Option<String>,
}

/// A booking with what its reader needs beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookingSnapshot {
    /// The booking.
    pub booking: Booking,
    /// The listing's title.
    pub property_title: String,
    /// Whose home it is.
    pub landlord_id: UserId,
    /// The home's time zone, by its IANA name.
    #[serde(default)]
    pub zone: String,
    /// Its payment, if one was made out.
    pub payment: Option<PaymentGlance>,
}

/// Decides a booking's command.
///
/// # Errors
/// A [`Refusal`]; nothing changes then.
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let listing = state.listing.as_deref().ok_or(Refusal::NotFound)?;
    let turn = Turn { state, listing, context };
    let of = |by: &UserId, id: &BookingId| {
        state.bookings.get(id).filter(|booking| booking.tenant_id == *by).ok_or(Refusal::NotFound)
    };
    match command {
        Command::Hold { by, booking_id, unit_id, nights, guests, slot } => {
            turn.hold(*by, *booking_id, *unit_id, *nights, *guests, *slot)
        }
        Command::Release { by, booking_id } => turn.release(of(by, booking_id)?),
        Command::Checkout { by, booking_id, payment_id, amount, request } => {
            turn.checkout(of(by, booking_id)?, *payment_id, *amount, request)
        }
        Command::HoldOver { booking_id } => Ok(turn.hold_over(*booking_id)),
        Command::CloseOverdue { booking_id } => Ok(turn.close_overdue(*booking_id)),
        _ => Err(Refusal::NotFound),
    }
}

/// What the end of a payment's session changes for its booking.
///
/// # Errors
/// [`Refusal::NotFound`] when the booking is not this property's.
pub fn payment_ended(
    state: &PropertyState,
    payment: &Payment,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let (turn, booking) = Turn::about(state, payment, context)?;
    let mut ended = payment.advanced(context.now);
    ended.status = PaymentStatus::Canceled;
    let mut decision = Decision::new(Outcome::Done);
    decision.event(
        booking.id.uuid(),
        Event::PaymentCanceled {
            payment_id: payment.id,
            property_id: payment.property_id,
            booking_id: booking.id,
        },
    );
    decision.change(Change::Payment(Box::new(ended)));
    match booking.status {
        BookingStatus::PendingPayment => {
            turn.end(&mut decision, booking, BookingStatus::Expired);
        }
        BookingStatus::Expiring => {
            turn.end(&mut decision, booking, end_of(booking));
        }
        _ => {}
    }
    Ok(decision)
}

/// What the arrival of a payment changes for its booking. `paid` is the payment one version
/// on, `amount` what really came.
///
/// # Errors
/// [`Refusal::NotFound`] when the booking is not this property's.
pub fn payment_arrived(
    state: &PropertyState,
    paid: Payment,
    amount: Money,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    use BookingStatus as S;
    let (turn, booking) = Turn::about(state, &paid, context)?;
    let mut decision = Decision::new(Outcome::Done);
    decision.event(
        booking.id.uuid(),
        Event::PaymentSucceeded {
            payment_id: paid.id,
            property_id: paid.property_id,
            booking_id: booking.id,
            amount,
        },
    );
    let as_agreed = amount == booking.total;
    match (booking.status, booking.expiring) {
        (S::PendingPayment, _) | (S::Expiring, Some(ExpiringReason::Time)) if as_agreed => {
            turn.confirm(&mut decision, booking);
            decision.change(Change::Payment(Box::new(paid)));
        }
        (S::Expired | S::Failed, _) if as_agreed => match turn.room_for(booking) {
            Some(allotment) => {
                turn.occupy(&mut decision, booking, allotment);
                turn.resolved_late(&mut decision, booking, true);
                turn.confirm(&mut decision, booking);
                decision.change(Change::Payment(Box::new(paid)));
            }
            None => {
                turn.resolved_late(&mut decision, booking, false);
                turn.refund(&mut decision, paid, amount, "nights-taken");
            }
        },
        (S::PendingPayment | S::Expiring, reason) => {
            let released = reason == Some(ExpiringReason::Released);
            let end = if released { S::Cancelled } else { S::Failed };
            turn.end(&mut decision, booking, end);
            let why = if released { "released" } else { "amount-differs" };
            turn.refund(&mut decision, paid, amount, why);
        }
        _ => {
            turn.resolved_late(&mut decision, booking, false);
            turn.refund(&mut decision, paid, amount, "booking-over");
        }
    }
    Ok(decision)
}

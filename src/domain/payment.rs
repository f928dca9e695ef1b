//! Payments and refunds as the provider tells of them. A payment only ever advances: what
//! it is told late, twice or out of order changes nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::booking;
use super::change::{Change, Decision};
use super::event::Event;
use super::ids::{BookingId, PaymentId, PropertyId, RefundId};
use super::money::Money;
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{Outcome, PropertyState};

/// Where a payment stands. The order is that of advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Made out; the provider may or may not know of it.
    Created,
    /// The provider closed it unpaid.
    Canceled,
    /// The money has come.
    Succeeded,
    /// All of it is going back, or went back.
    Refunded,
}

impl PaymentStatus {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
            Self::Refunded => "refunded",
        }
    }
}

/// One attempt to collect the price of a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id, which the provider's objects carry.
    pub id: PaymentId,
    /// The property whose actor owns it.
    pub property_id: PropertyId,
    /// What it pays for.
    pub booking_id: BookingId,
    /// What is to be paid: the frozen price.
    pub amount: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The request to the provider, frozen, so that every retry sends the same.
    pub request: serde_json::Value,
    /// The provider's session, once known.
    pub session_id: Option<String>,
    /// Where the tenant pays.
    pub session_url: Option<String>,
    /// The provider's payment, once known.
    pub intent_id: Option<String>,
    /// Attempts to close the session that ended without an answer.
    pub close_attempts: i32,
    /// Goes up with every change.
    pub version: i32,
    /// When it was made out.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Made out; the provider may or may not know of it.
    Pending,
    /// The provider cannot do it.
    Failed,
    /// The money went back.
    Succeeded,
}

impl RefundStatus {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
        }
    }
}

/// Money going back for a payment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id, which is also its idempotency key at the provider.
    pub id: RefundId,
    /// The property whose actor owns it.
    pub property_id: PropertyId,
    /// The payment it is of.
    pub payment_id: PaymentId,
    /// The booking it is for.
    pub booking_id: BookingId,
    /// What goes back.
    pub amount: Money,
    /// A stable word for the reason.
    pub reason: String,
    /// Where it stands.
    pub status: RefundStatus,
    /// The provider's id of it, once known.
    pub provider_ref: Option<String>,
    /// Goes up with every change.
    pub version: i32,
    /// When it was made out.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What the provider says, and what those who asked it report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The provider opened a session.
    SessionOpened {
        /// The payment.
        payment_id: PaymentId,
        /// The provider's session.
        session_id: String,
        /// Where the tenant pays.
        url: String,
    },
    /// The provider closed the session unpaid.
    SessionEnded {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The provider has the money.
    Paid {
        /// The payment.
        payment_id: PaymentId,
        /// The provider's payment.
        intent_id: String,
        /// What it has.
        amount: Money,
    },
    /// An attempt to close the session ended without an answer.
    CloseUnanswered {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The provider said how a refund went.
    RefundObserved {
        /// The refund.
        refund_id: RefundId,
        /// How it went.
        status: RefundStatus,
        /// The provider's id of it, when it has one.
        provider_ref: Option<String>,
    },
}

impl Command {
    /// The payment that has to be in memory before the decision.
    #[must_use]
    pub const fn payment(&self) -> Option<PaymentId> {
        match self {
            Self::SessionOpened { payment_id, .. }
            | Self::SessionEnded { payment_id }
            | Self::Paid { payment_id, .. }
            | Self::CloseUnanswered { payment_id } => Some(*payment_id),
            Self::RefundObserved { .. } => None,
        }
    }
}

/// Decides what an observation changes.
///
/// # Errors
/// [`Refusal::NotFound`] when the payment or refund is not this property's.
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let payment = |id: &PaymentId| state.payments.get(id).ok_or(Refusal::NotFound);
    match command {
        Command::SessionOpened { payment_id, session_id, url } => {
            let payment = payment(payment_id)?;
            let mut decision = Decision::new(Outcome::Done);
            if payment.session_id.is_none() && payment.status == PaymentStatus::Created {
                let mut opened = payment.advanced(context.now);
                opened.session_id = Some(session_id.clone());
                opened.session_url = Some(url.clone());
                decision.change(Change::Payment(Box::new(opened)));
            }
            Ok(decision)
        }
        Command::SessionEnded { payment_id } => {
            let payment = payment(payment_id)?;
            if payment.status >= PaymentStatus::Canceled {
                return Ok(Decision::new(Outcome::Done));
            }
            booking::payment_ended(state, payment, context)
        }
        Command::Paid { payment_id, intent_id, amount } => {
            let payment = payment(payment_id)?;
            if payment.status >= PaymentStatus::Succeeded {
                return Ok(Decision::new(Outcome::Done));
            }
            let mut paid = payment.advanced(context.now);
            paid.status = PaymentStatus::Succeeded;
            paid.intent_id = Some(intent_id.clone());
            booking::payment_arrived(state, paid, *amount, context)
        }
        Command::CloseUnanswered { payment_id } => {
            let payment = payment(payment_id)?;
            let mut decision = Decision::new(Outcome::Done);
            if payment.status == PaymentStatus::Created {
                let mut tried = payment.advanced(context.now);
                tried.close_attempts = payment.close_attempts.saturating_add(1);
                decision.change(Change::Payment(Box::new(tried)));
            }
            Ok(decision)
        }
        Command::RefundObserved { refund_id, status, provider_ref } => {
            let refund = state.refunds.get(refund_id).ok_or(Refusal::NotFound)?;
            Ok(refund_observed(refund, *status, provider_ref.as_ref(), context))
        }
    }
}

fn refund_observed(
    refund: &Refund,
    status: RefundStatus,
    provider_ref: Option<&String>,
    context: &Context<'_>,
) -> Decision {
    let mut decision = Decision::new(Outcome::Done);
    let advances = status > refund.status;
    // While it is pending its id is worth a change: only by it can its state be asked.
    let is_news = provider_ref.filter(|_| refund.provider_ref.is_none()).is_some();
    if !(advances || is_news && status == refund.status) {
        return decision;
    }
    let observed = Refund {
        status,
        provider_ref: provider_ref.or(refund.provider_ref.as_ref()).cloned(),
        version: refund.version + 1,
        updated_at: context.now,
        ..refund.clone()
    };
    let Refund { id: refund_id, payment_id, property_id, booking_id, amount, .. } = observed;
    let event = match status {
        _ if !advances => None,
        RefundStatus::Pending => None,
        RefundStatus::Failed => {
            Some(Event::RefundFailed { refund_id, payment_id, property_id, booking_id })
        }
        RefundStatus::Succeeded => {
            Some(Event::RefundSucceeded { refund_id, payment_id, property_id, booking_id, amount })
        }
    };
    if let Some(event) = event {
        decision.event(booking_id.uuid(), event);
    }
    decision.change(Change::Refund(Box::new(observed)));
    decision
}

impl Payment {
    /// The payment one version on.
    #[must_use]
    pub fn advanced(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self.clone() }
    }
}

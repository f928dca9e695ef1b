//! Payments and refunds as the provider tells of them. A payment only ever advances: what
//! it is told late, twice or out of order changes nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Change, Decision};
use super::deposit::Deposit;
use super::event::Event;
use super::ids::{self, BookingId, PaymentId, PropertyId, RefundId, UserId};
use super::ledger::Parts;
use super::money::Money;
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{Outcome, PropertyState};
use super::turn::Turn;
use super::turn_hold::check_words;
use super::turn_money::{self, Why};
use super::turn_reserve;

/// Where a payment stands. The order is that of advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Made out; the provider may or may not know of it.
    Created,
    /// The money stands reserved on the payer's card; nothing was taken.
    Authorized,
    /// The provider closed it unpaid, or let go what was reserved.
    Canceled,
    /// The money has come.
    Succeeded,
    /// Part of it is going back, or went back.
    PartiallyRefunded,
    /// All of it is going back, or went back.
    Refunded,
}

impl PaymentStatus {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Authorized => "authorized",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The price of a booking.
    #[default]
    Stay,
    /// What a change of a booking costs on top.
    Change,
}

impl Purpose {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stay => "stay",
            Self::Change => "change",
        }
    }
}

/// Failed attempts after which nobody may try again.
pub const ATTEMPTS_MAX: i32 = 3;

/// What kind of refusal an attempt to pay met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// Another try, or another card, may do.
    Soft,
    /// The bank says that the card must not be used: lost, stolen, closed.
    Hard,
    /// The payer could not prove to their bank that it is them.
    Authentication,
}

impl Decline {
    /// The kind of a refusal, from the provider's code and the bank's reason (Stripe's
    /// documentation, "Decline codes").
    #[must_use]
    pub fn of(code: Option<&str>, reason: Option<&str>) -> Self {
        match (code, reason) {
            (
                _,
                Some(
                    "lost_card"
                    | "stolen_card"
                    | "pickup_card"
                    | "restricted_card"
                    | "fraudulent"
                    | "merchant_blacklist"
                    | "invalid_account"
                    | "security_violation"
                    | "revocation_of_authorization"
                    | "revocation_of_all_authorizations",
                ),
            ) => Self::Hard,
            (Some("payment_intent_authentication_failure"), _)
            | (_, Some("authentication_required")) => Self::Authentication,
            _ => Self::Soft,
        }
    }
}

/// One attempt to collect the price of a booking, or of a change of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id, which the provider's objects carry.
    pub id: PaymentId,
    /// The property whose actor owns it.
    pub property_id: PropertyId,
    /// What it pays for.
    pub booking_id: BookingId,
    /// What it is for.
    #[serde(default)]
    pub purpose: Purpose,
    /// What is to be paid: the frozen price.
    pub amount: Money,
    /// What came, in minor units of the currency that came.
    #[serde(default)]
    pub captured: i64,
    /// What of it is going back, or went back: the sum of its refunds, in the same units.
    #[serde(default)]
    pub refunded: i64,
    /// Attempts of the tenant that failed.
    #[serde(default)]
    pub attempts: i32,
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
    /// A stable word for the reason, such as `cancelled` or `goodwill`.
    pub reason: String,
    /// What whoever sent it wrote with it.
    #[serde(default)]
    pub note: Option<String>,
    /// What the money had been for; `None` if it had been for nothing, because nobody waited
    /// for it when it came.
    #[serde(default)]
    pub parts: Option<Parts>,
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
    /// The provider closed the session unpaid, or let go what was reserved.
    SessionEnded {
        /// The payment.
        payment_id: PaymentId,
    },
    /// The provider has reserved the money, and takes it when it is told to.
    Authorized {
        /// The payment.
        payment_id: PaymentId,
        /// The provider's payment.
        intent_id: String,
        /// What is reserved.
        amount: Money,
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
    /// The provider refused an attempt of the tenant; the session is still open.
    AttemptFailed {
        /// The payment.
        payment_id: PaymentId,
        /// What kind of refusal it was.
        decline: Decline,
    },
    /// Somebody sends money back.
    Refund {
        /// The landlord, or an administrator.
        by: UserId,
        /// Whether it is an administrator.
        admin: bool,
        /// The payment.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// Why, for the tenant.
        reason: String,
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
            | Self::Authorized { payment_id, .. }
            | Self::Paid { payment_id, .. }
            | Self::CloseUnanswered { payment_id }
            | Self::AttemptFailed { payment_id, .. }
            | Self::Refund { payment_id, .. } => Some(*payment_id),
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
            turn_money::payment_ended(state, payment, context)
        }
        Command::Authorized { payment_id, intent_id, amount } => {
            let payment = payment(payment_id)?;
            if payment.status >= PaymentStatus::Authorized {
                return Ok(Decision::new(Outcome::Done));
            }
            let mut reserved = payment.advanced(context.now);
            reserved.intent_id = Some(intent_id.clone());
            turn_reserve::authorized(state, reserved, *amount, context)
        }
        Command::Paid { payment_id, intent_id, amount } => {
            let payment = payment(payment_id)?;
            if payment.status >= PaymentStatus::Succeeded {
                return Ok(Decision::new(Outcome::Done));
            }
            let mut paid = payment.advanced(context.now);
            paid.intent_id = Some(intent_id.clone());
            turn_money::payment_arrived(state, paid, *amount, context)
        }
        Command::CloseUnanswered { payment_id } => {
            let payment = payment(payment_id)?;
            let mut decision = Decision::new(Outcome::Done);
            if payment.status < PaymentStatus::Canceled {
                let mut tried = payment.advanced(context.now);
                tried.close_attempts = payment.close_attempts.saturating_add(1);
                decision.change(Change::Payment(Box::new(tried)));
            }
            Ok(decision)
        }
        Command::AttemptFailed { payment_id, decline } => {
            let payment = payment(payment_id)?;
            if payment.status != PaymentStatus::Created {
                return Ok(Decision::new(Outcome::Done));
            }
            turn_money::attempt_failed(state, payment, *decline, context)
        }
        Command::Refund { by, admin, payment_id, amount, reason } => {
            let payment = payment(payment_id)?;
            let owner = state.listing.as_ref().map(|listing| listing.owner);
            if !admin && owner != Some(*by) {
                return Err(Refusal::NotFound);
            }
            refund(state, payment, *amount, reason, context)
        }
        Command::RefundObserved { refund_id, status, provider_ref } => {
            let refund = state.refunds.get(refund_id).ok_or(Refusal::NotFound)?;
            Ok(refund_observed(refund, *status, provider_ref.as_ref(), context))
        }
    }
}

/// Sends money back because somebody wants to. A deposit stays out of it as long as it may
/// have to be given back itself.
fn refund(
    state: &PropertyState,
    payment: &Payment,
    amount: Money,
    reason: &str,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    use PaymentStatus as S;
    let (turn, booking) = Turn::about(state, payment, context)?;
    if !matches!(payment.status, S::Succeeded | S::PartiallyRefunded) {
        return Err(Refusal::invalid_transition(payment.status.name(), &[]));
    }
    check_words(reason, 1, "/reason")?;
    let deposit = state.deposits.get(&booking.id).map_or(0, Deposit::left);
    let room = payment.captured.saturating_sub(payment.refunded);
    let most = room.min(turn.left_of(booking).saturating_sub(deposit)).max(0);
    if amount.currency != payment.amount.currency || !(1..=most).contains(&amount.amount) {
        let most = Money { amount: most, ..payment.amount };
        let detail = format!("at most {most}");
        return Err(Refusal::invalid_field("/amount", "too-much", &detail));
    }
    let mut decision = Decision::new(Outcome::Done);
    let id = ids::derived(payment.id.uuid(), &format!("refund-{}", context.request));
    let why = Why {
        id: RefundId::from(id),
        reason: "goodwill",
        note: Some(reason),
        parts: Some(Parts::of_stay(amount.amount)),
    };
    let refund = turn.refund(&mut decision, payment.advanced(context.now), amount, &why);
    decision.outcome = Outcome::Refund(Box::new(refund));
    Ok(decision)
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

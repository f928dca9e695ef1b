//! What is said to Stripe and what it answers: requests as plain data (they are frozen in
//! a payment's row before they are sent) and the parts of its objects that we read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{PaymentId, PropertyId, RefundId};
use crate::domain::money::{Currency, Money};

/// A name and value of a form-encoded body.
pub(super) type Field = (String, String);

/// What is asked of a checkout session. Sent again after a crash it must be equal to the
/// last byte: the same idempotency key with other parameters is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// What is to be paid.
    pub amount: Money,
    /// The payment this session collects; comes back in the metadata of every object.
    pub payment_id: PaymentId,
    /// The property whose actor owns the payment; comes back likewise.
    pub property_id: PropertyId,
    /// What the payer reads as the thing being bought.
    pub product_name: String,
    /// Where the payer is sent after paying: an absolute URL.
    pub success_url: String,
    /// Where the payer is sent on giving up: an absolute URL.
    pub cancel_url: String,
    /// Fills in the payer's address on the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
    /// Whether the money is only reserved on the payer's card, to be captured later.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reserve: bool,
}

impl SessionRequest {
    pub(super) fn form(&self) -> Vec<Field> {
        let price = "line_items[0][price_data]";
        let intent = "payment_intent_data";
        let mut form = vec![
            field("mode", "payment"),
            field("client_reference_id", self.payment_id),
            field(&format!("{price}[currency]"), wire_currency(self.amount.currency)),
            field(&format!("{price}[unit_amount]"), self.amount.amount),
            field(&format!("{price}[product_data][name]"), &self.product_name),
            field("line_items[0][quantity]", 1),
            field("success_url", &self.success_url),
            field("cancel_url", &self.cancel_url),
            field("metadata[payment_id]", self.payment_id),
            field("metadata[property_id]", self.property_id),
            field(&format!("{intent}[metadata][payment_id]"), self.payment_id),
            field(&format!("{intent}[metadata][property_id]"), self.property_id),
            field(&format!("{intent}[setup_future_usage]"), "off_session"),
        ];
        if let Some(email) = &self.customer_email {
            form.push(field("customer_email", email));
        }
        if self.reserve {
            form.push(field(&format!("{intent}[capture_method]"), "manual"));
        }
        form
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What is asked of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    /// The provider's payment intent that was paid (`pi_...`).
    pub payment_intent: String,
    /// How much goes back.
    pub amount: Money,
    /// Our refund; comes back in the metadata.
    pub refund_id: RefundId,
    /// The payment it belongs to; comes back likewise.
    pub payment_id: PaymentId,
    /// The property whose actor owns the payment; comes back likewise.
    pub property_id: PropertyId,
}

impl RefundRequest {
    pub(super) fn form(&self) -> Vec<Field> {
        vec![
            field("payment_intent", &self.payment_intent),
            field("amount", self.amount.amount),
            field("metadata[refund_id]", self.refund_id),
            field("metadata[payment_id]", self.payment_id),
            field("metadata[property_id]", self.property_id),
        ]
    }
}

pub(super) fn field(name: &str, value: impl ToString) -> Field {
    (name.to_owned(), value.to_string())
}

/// Stripe writes currencies in small letters.
fn wire_currency(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A word that this version does not know; treated as undecided.
            #[serde(untagged)]
            Other(String),
        }
    )*};
}

statuses! {
    /// Where a checkout session stands.
    SessionStatus {
        /// Can be paid.
        Open,
        /// Done; paid or being paid, see the payment status.
        Complete,
        /// Can no longer be paid.
        Expired,
    }

    /// Whether a checkout session's money is there.
    PaymentStatus {
        /// It is.
        Paid,
        /// It is not, or not yet.
        Unpaid,
        /// There was nothing to pay.
        NoPaymentRequired,
    }

    /// Where a payment intent stands.
    IntentStatus {
        /// No attempt, or the last one was declined.
        RequiresPaymentMethod,
        /// A method is there, nothing was tried.
        RequiresConfirmation,
        /// The payer has to pass a check of their bank.
        RequiresAction,
        /// Under way.
        Processing,
        /// Authorised, not yet captured.
        RequiresCapture,
        /// Ended without money.
        Canceled,
        /// Paid.
        Succeeded,
    }

    /// Where a refund stands.
    RefundStatus {
        /// Under way.
        Pending,
        /// The payer has to act.
        RequiresAction,
        /// Done.
        Succeeded,
        /// It did not reach the payer.
        Failed,
        /// Called off.
        Canceled,
    }
}

/// Our own ids, as they were sent with the request.
pub type Metadata = BTreeMap<String, String>;

/// A checkout session, as far as we read it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CheckoutSession {
    /// `cs_...`.
    pub id: String,
    /// The hosted page; absent once the session has ended. The sandbox gives a path, to be
    /// resolved against our own public address.
    pub url: Option<String>,
    /// Where it stands.
    pub status: SessionStatus,
    /// Whether the money is there.
    pub payment_status: PaymentStatus,
    /// The payment intent, once an attempt was made.
    pub payment_intent: Option<String>,
    /// Minor units of the currency.
    pub amount_total: i64,
    /// ISO 4217, small letters.
    pub currency: String,
    /// When it expires by itself, seconds since the epoch.
    pub expires_at: i64,
    /// Our own ids.
    #[serde(default)]
    pub metadata: Metadata,
}

impl CheckoutSession {
    /// What is to be paid; `None` in a currency we do not know.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        money(self.amount_total, &self.currency)
    }
}

/// A payment intent, as far as we read it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentIntent {
    /// `pi_...`.
    pub id: String,
    /// Where it stands.
    pub status: IntentStatus,
    /// What is to be paid, minor units.
    pub amount: i64,
    /// What is reserved and can be captured, minor units.
    #[serde(default)]
    pub amount_capturable: i64,
    /// What was paid, minor units.
    #[serde(default)]
    pub amount_received: i64,
    /// ISO 4217, small letters.
    pub currency: String,
    /// The last attempt that moved money.
    pub latest_charge: Option<String>,
    /// Why the last attempt failed.
    #[serde(default)]
    pub last_payment_error: Option<PaymentError>,
    /// Our own ids.
    #[serde(default)]
    pub metadata: Metadata,
}

impl PaymentIntent {
    /// What is reserved; `None` in a currency we do not know.
    #[must_use]
    pub fn capturable(&self) -> Option<Money> {
        money(self.amount_capturable, &self.currency)
    }

    /// What was paid; `None` in a currency we do not know.
    #[must_use]
    pub fn received(&self) -> Option<Money> {
        money(self.amount_received, &self.currency)
    }
}

/// Why an attempt to pay failed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PaymentError {
    /// Stripe's code, such as `card_declined`.
    pub code: Option<String>,
    /// The bank's reason, such as `insufficient_funds`.
    #[serde(default)]
    pub decline_code: Option<String>,
}

/// A refund, as far as we read it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refund {
    /// `re_...`.
    pub id: String,
    /// Where it stands.
    pub status: RefundStatus,
    /// Minor units of the currency.
    pub amount: i64,
    /// ISO 4217, small letters.
    pub currency: String,
    /// What it was paid with.
    pub payment_intent: Option<String>,
    /// Our own ids.
    #[serde(default)]
    pub metadata: Metadata,
}

impl Refund {
    /// What goes back; `None` in a currency we do not know.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        money(self.amount, &self.currency)
    }
}

/// The hook registered at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hook {
    /// `we_...`.
    pub id: String,
    /// Where events are sent.
    pub url: String,
}

/// A webhook's body. What it says of the object is a hint: the object itself is fetched
/// when its state matters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HookEvent {
    /// `evt_...`; unique, the key of the inbox.
    pub id: String,
    /// Such as `checkout.session.completed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Seconds since the epoch.
    pub created: i64,
    /// What it is about.
    pub data: EventData,
}

/// The wrapping of an event's object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EventData {
    /// The object as it was when the event was made.
    pub object: EventObject,
}

/// The parts of an event's object that say whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EventObject {
    /// The object's own id; its prefix tells the type.
    pub id: String,
    /// Our own ids.
    #[serde(default)]
    pub metadata: Metadata,
    /// The payment intent it belongs to, when it is not one itself.
    #[serde(default)]
    pub payment_intent: Option<String>,
}

impl HookEvent {
    /// Reads a webhook's body, whose signature was checked before.
    ///
    /// # Errors
    /// When it is not an event.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    /// The payment it is about, when it is one of ours.
    #[must_use]
    pub fn payment_id(&self) -> Option<PaymentId> {
        self.data.object.metadata.get("payment_id")?.parse().ok()
    }

    /// The property that owns the payment.
    #[must_use]
    pub fn property_id(&self) -> Option<PropertyId> {
        self.data.object.metadata.get("property_id")?.parse().ok()
    }

    /// The refund it is about, when it is about one of ours.
    #[must_use]
    pub fn refund_id(&self) -> Option<RefundId> {
        self.data.object.metadata.get("refund_id")?.parse().ok()
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

fn money(amount: i64, code: &str) -> Option<Money> {
    code.to_ascii_uppercase().parse().ok().map(|currency| Money::new(amount, currency))
}

//! The rows of the sandbox and how the API shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Names and values that the caller attached.
pub(super) type Metadata = BTreeMap<String, String>;

/// A new id of Stripe's form: a prefix and a random part.
pub(super) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", uuid::Uuid::new_v4().simple())
}

/// Where a checkout session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SessionStatus {
    /// Can be paid.
    Open,
    /// Paid, or what is to be paid is reserved.
    Complete,
    /// Ended unpaid.
    Expired,
}

/// A checkout session. Instants are seconds since the epoch, amounts minor units.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) status: SessionStatus,
    pub(super) created: i64,
    pub(super) expires_at: i64,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) product_name: String,
    pub(super) success_url: String,
    pub(super) cancel_url: String,
    pub(super) client_reference_id: Option<String>,
    pub(super) customer_email: Option<String>,
    pub(super) setup_future_usage: Option<String>,
    pub(super) metadata: Metadata,
    /// What the payment intent will carry.
    pub(super) intent_metadata: Metadata,
    /// Whether its payment intent only reserves the money.
    #[serde(default)]
    pub(super) manual: bool,
    /// Whether the money is reserved and was not captured.
    #[serde(default)]
    pub(super) reserved: bool,
    /// Made at the first attempt to pay.
    pub(super) payment_intent: Option<String>,
}

impl Session {
    pub(super) fn view(&self) -> Value {
        let open = self.status == SessionStatus::Open;
        let paid = self.status == SessionStatus::Complete && !self.reserved;
        json!({
            "id": self.id,
            "object": "checkout.session",
            "livemode": false,
            "mode": "payment",
            "url": open.then_some(&self.url),
            "status": self.status,
            "payment_status": if paid { "paid" } else { "unpaid" },
            "payment_intent": self.payment_intent,
            "amount_subtotal": self.amount,
            "amount_total": self.amount,
            "currency": self.currency,
            "created": self.created,
            "expires_at": self.expires_at,
            "success_url": self.success_url,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "customer_email": self.customer_email,
            "metadata": self.metadata,
        })
    }
}

/// Where a payment intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum IntentStatus {
    /// The last attempt failed.
    RequiresPaymentMethod,
    /// The payer is at their bank's check.
    RequiresAction,
    /// The money is reserved, and can be captured.
    RequiresCapture,
    /// Paid.
    Succeeded,
    /// Its session expired, or what was reserved was let go.
    Canceled,
}

/// Why an attempt failed, in Stripe's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PaymentFailure {
    pub(super) code: String,
    pub(super) decline_code: Option<String>,
    pub(super) message: String,
}

/// A payment intent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: IntentStatus,
    pub(super) created: i64,
    pub(super) amount: i64,
    pub(super) received: i64,
    pub(super) currency: String,
    pub(super) latest_charge: Option<String>,
    pub(super) failure: Option<PaymentFailure>,
    pub(super) setup_future_usage: Option<String>,
    /// Whether it only reserves the money, to be captured by another call.
    #[serde(default)]
    pub(super) manual: bool,
    /// The session that it was made for.
    #[serde(default)]
    pub(super) session: Option<String>,
    /// Until when what is reserved can be captured.
    #[serde(default)]
    pub(super) capture_before: Option<i64>,
    /// The last four digits of the card that is being checked or was charged.
    pub(super) last4: Option<String>,
    pub(super) metadata: Metadata,
}

impl Intent {
    pub(super) fn view(&self) -> Value {
        let failure = self.failure.as_ref().map(|failure| {
            json!({
                "type": "card_error",
                "code": failure.code,
                "decline_code": failure.decline_code,
                "message": failure.message,
            })
        });
        let challenged = self.status == IntentStatus::RequiresAction;
        let reserved = self.status == IntentStatus::RequiresCapture;
        json!({
            "id": self.id,
            "object": "payment_intent",
            "livemode": false,
            "status": self.status,
            "amount": self.amount,
            "amount_capturable": if reserved { self.amount } else { 0 },
            "amount_received": self.received,
            "capture_method": if self.manual { "manual" } else { "automatic" },
            "currency": self.currency,
            "created": self.created,
            "latest_charge": self.latest_charge,
            "last_payment_error": failure,
            "next_action": challenged.then(|| json!({"type": "use_stripe_sdk"})),
            "setup_future_usage": self.setup_future_usage,
            "metadata": self.metadata,
        })
    }
}

/// Money that was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) payment_intent: String,
    pub(super) created: i64,
    pub(super) amount: i64,
    pub(super) refunded: i64,
    pub(super) currency: String,
    pub(super) last4: Option<String>,
    pub(super) metadata: Metadata,
}

impl Charge {
    pub(super) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "charge",
            "livemode": false,
            "status": "succeeded",
            "paid": true,
            "captured": true,
            "amount": self.amount,
            "amount_captured": self.amount,
            "amount_refunded": self.refunded,
            "refunded": self.refunded == self.amount,
            "currency": self.currency,
            "created": self.created,
            "payment_intent": self.payment_intent,
            "payment_method_details": {"type": "card", "card": {"last4": self.last4}},
            "metadata": self.metadata,
        })
    }
}

/// Money that went back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) charge: String,
    pub(super) payment_intent: String,
    pub(super) created: i64,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) reason: Option<String>,
    pub(super) metadata: Metadata,
}

impl Refund {
    pub(super) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "refund",
            "status": "succeeded",
            "amount": self.amount,
            "currency": self.currency,
            "created": self.created,
            "charge": self.charge,
            "payment_intent": self.payment_intent,
            "reason": self.reason,
            "metadata": self.metadata,
        })
    }
}

/// Something that happened, to be told to the hook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) created: i64,
    /// The object as it was.
    pub(super) object: Value,
    /// The idempotency key of the request that caused it.
    pub(super) key: Option<String>,
    pub(super) delivered: bool,
}

impl Event {
    /// Always the same bytes for the same event, however often it is sent.
    pub(super) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "event",
            "livemode": false,
            "type": self.kind,
            "created": self.created,
            "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": self.key},
            "data": {"object": self.object},
        })
    }
}

/// Where events are sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hook {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) created: i64,
    /// The types that are sent; empty or `*` means all.
    pub(super) enabled_events: Vec<String>,
    pub(super) api_version: Option<String>,
}

impl Hook {
    pub(super) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "livemode": false,
            "status": "enabled",
            "url": self.url,
            "created": self.created,
            "enabled_events": self.enabled_events,
            "api_version": self.api_version,
        })
    }

    pub(super) fn wants(&self, kind: &str) -> bool {
        let all = self.enabled_events.is_empty();
        all || self.enabled_events.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
}

/// The first answer to an idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    pub(super) key: String,
    /// Digest of method, path and parameters.
    pub(super) fingerprint: String,
    pub(super) at: i64,
    pub(super) status: u16,
    pub(super) body: Value,
}

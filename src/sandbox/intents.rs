//! Payment intents that reserve money first: captured, canceled, or let go after a week. A charge
//! is made when the money is taken; what is only reserved has none here.

use super::form::{ApiError, Form};
use super::ledger::{Change, Tx};
use super::objects::{Charge, Intent, IntentStatus, new_id};

/// How long banks keep money reserved, in seconds.
const RESERVED_SECONDS: i64 = 7 * 24 * 3600;

/// Reserves what is to be paid.
pub(super) fn reserve(intent: &mut Intent, now: i64) {
    intent.status = IntentStatus::RequiresCapture;
    intent.capture_before = Some(now + RESERVED_SECONDS);
    intent.failure = None;
}

/// Takes what is to be paid.
pub(super) fn charge(tx: &mut Tx<'_>, intent: &mut Intent) {
    let charge = Charge {
        id: new_id("ch"),
        payment_intent: intent.id.clone(),
        created: tx.now,
        amount: intent.amount,
        refunded: 0,
        currency: intent.currency.clone(),
        last4: intent.last4.clone(),
        metadata: intent.metadata.clone(),
    };
    intent.status = IntentStatus::Succeeded;
    intent.received = intent.amount;
    intent.latest_charge = Some(charge.id.clone());
    intent.failure = None;
    tx.put(Change::Charge(charge));
}

/// Takes all that is reserved.
pub(super) fn capture(tx: &mut Tx<'_>, id: &str, form: Form) -> Result<Intent, ApiError> {
    form.finish()?;
    let mut intent = reserved(tx, id, "captured")?;
    charge(tx, &mut intent);
    let session = intent.session.as_ref().and_then(|id| tx.ledger.sessions.get(id)).cloned();
    if let Some(mut session) = session {
        session.reserved = false;
        tx.put(Change::Session(session));
    }
    tx.put(Change::Intent(intent.clone()));
    tx.emit("payment_intent.succeeded", intent.view());
    Ok(intent)
}

/// Lets go what is reserved. One that is still to be paid ends with its session.
pub(super) fn cancel(tx: &mut Tx<'_>, id: &str, form: Form) -> Result<Intent, ApiError> {
    form.finish()?;
    let intent = reserved(tx, id, "canceled")?;
    Ok(let_go(tx, intent))
}

/// Lets go what was reserved for too long.
pub(super) fn expire_overdue(tx: &mut Tx<'_>) {
    while let Some(intent) = tx.ledger.reserved_too_long(tx.now).cloned() {
        let_go(tx, intent);
    }
}

fn let_go(tx: &mut Tx<'_>, mut intent: Intent) -> Intent {
    intent.status = IntentStatus::Canceled;
    tx.put(Change::Intent(intent.clone()));
    tx.emit("payment_intent.canceled", intent.view());
    intent
}

fn reserved(tx: &Tx<'_>, id: &str, done: &str) -> Result<Intent, ApiError> {
    let intent = tx.ledger.intents.get(id);
    let intent = intent.ok_or_else(|| ApiError::missing("payment_intent", id))?;
    if intent.status == IntentStatus::RequiresCapture {
        return Ok(intent.clone());
    }
    let message = format!("This PaymentIntent could not be {done}: it has nothing reserved.");
    Err(ApiError::state("payment_intent_unexpected_state", message))
}

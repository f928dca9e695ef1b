//! Money going back.

use super::form::{ApiError, Form};
use super::ledger::{Change, Tx};
use super::objects::{Refund, new_id};

/// Gives back all or a part of what a payment intent took, never more than is left of it.
pub(super) fn create(tx: &mut Tx<'_>, mut form: Form) -> Result<Refund, ApiError> {
    let intent_id = form.required("payment_intent")?;
    let amount = form.integer("amount")?;
    let reason = form.take("reason");
    let metadata = form.map("metadata")?;
    form.finish()?;
    if amount.is_some_and(|amount| amount < 1) {
        let message = "Invalid positive integer".to_owned();
        return Err(ApiError::parameter("amount", "parameter_invalid_integer", message));
    }
    let intent = tx.ledger.intents.get(&intent_id);
    let intent = intent.ok_or_else(|| ApiError::missing("payment_intent", &intent_id))?;
    let charge = intent.latest_charge.as_ref().and_then(|id| tx.ledger.charges.get(id));
    let Some(mut charge) = charge.cloned() else {
        let message = format!("PaymentIntent {intent_id} has no successful charge to refund.");
        return Err(ApiError::state("payment_intent_unexpected_state", message));
    };
    let left = charge.amount - charge.refunded;
    if left == 0 {
        let message = format!("Charge {} has already been refunded.", charge.id);
        return Err(ApiError::state("charge_already_refunded", message));
    }
    let amount = amount.unwrap_or(left);
    if amount > left {
        let message = format!(
            "Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        );
        return Err(ApiError::state("amount_too_large", message));
    }
    charge.refunded += amount;
    let refund = Refund {
        id: new_id("re"),
        charge: charge.id.clone(),
        payment_intent: intent_id,
        created: tx.now,
        amount,
        currency: charge.currency.clone(),
        reason,
        metadata,
    };
    let charge_view = charge.view();
    tx.put(Change::Charge(charge));
    tx.put(Change::Refund(refund.clone()));
    tx.emit("charge.refunded", charge_view);
    tx.emit("refund.updated", refund.view());
    Ok(refund)
}

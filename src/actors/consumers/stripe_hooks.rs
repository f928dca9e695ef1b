//! Reads what the payment provider told us from the inbox. Its word is a hint only: the
//! object itself is fetched, so late, doubled and reordered hooks do no harm.

use crate::actors::consumer::{self, Consumer, ConsumerError};
use crate::actors::payer::{Payer, PayerError};
use crate::domain::event::{Event, Recorded};
use crate::gateways::stripe::HookEvent;
use crate::storage::inbox;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// The consumer.
#[derive(Debug)]
pub struct StripeHooks {
    /// For the inbox and the cursor.
    pub pool: Pool,
    /// Who talks to the provider.
    pub payer: Payer,
    /// Calls at the same time.
    pub concurrency: usize,
}

impl Consumer for StripeHooks {
    const NAME: &'static str = "stripe_hooks";

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    async fn consume(&self, from: i64, events: &[Recorded]) -> Result<(), ConsumerError> {
        consumer::call_each(self, &self.pool, from, events).await
    }

    async fn apply(&self, event: &Recorded) -> Result<(), ConsumerError> {
        let Event::HookReceived { provider_event, .. } = &event.event else { return Ok(()) };
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let payload = inbox::payload(&client, provider_event).await?;
        drop(client);
        let hook = payload.map(serde_json::from_value::<HookEvent>);
        let Some(Ok(hook)) = hook else {
            tracing::error!(provider_event, "hook cannot be read, given up");
            return Ok(());
        };
        match self.follow(&hook).await {
            Err(PayerError::Hopeless(why)) => {
                tracing::error!(provider_event, why, "hook given up");
                Ok(())
            }
            followed => Ok(followed?),
        }
    }
}

impl StripeHooks {
    async fn follow(&self, hook: &HookEvent) -> Result<(), PayerError> {
        // Objects that are not ours carry no ids of ours.
        let (Some(property), Some(payment)) = (hook.property_id(), hook.payment_id()) else {
            return Ok(());
        };
        match hook.kind.as_str() {
            "checkout.session.completed" | "checkout.session.expired" => {
                let session = hook.data.object.id.clone();
                self.payer.look(property, payment, Some(session)).await
            }
            "payment_intent.amount_capturable_updated"
            | "payment_intent.succeeded"
            | "payment_intent.canceled" => self.payer.look(property, payment, None).await,
            "payment_intent.payment_failed" => {
                let intent = hook.data.object.id.clone();
                self.payer.failed(property, payment, intent, hook.id.clone()).await
            }
            "refund.updated" | "charge.refunded" => match hook.refund_id() {
                Some(refund) => self.payer.refund(property, payment, refund).await,
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

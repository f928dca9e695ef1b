//! Keeps the payment provider in step with our payments: opens sessions for new ones,
//! closes those of ending holds, takes what is reserved for approved requests, sends refunds.

use crate::actors::consumer::{self, Consumer, ConsumerError};
use crate::actors::payer::{Payer, PayerError};
use crate::domain::event::{Event, Recorded};
use crate::storage::pool::Pool;

/// The consumer.
#[derive(Debug)]
pub struct Payments {
    /// For the cursor.
    pub pool: Pool,
    /// Who talks to the provider.
    pub payer: Payer,
    /// Calls at the same time.
    pub concurrency: usize,
}

impl Consumer for Payments {
    const NAME: &'static str = "payments";

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    async fn consume(&self, from: i64, events: &[Recorded]) -> Result<(), ConsumerError> {
        consumer::call_each(self, &self.pool, from, events).await
    }

    async fn apply(&self, event: &Recorded) -> Result<(), ConsumerError> {
        let called = match &event.event {
            Event::PaymentCreated(made) => self.payer.open(made.property_id, made.payment_id).await,
            Event::BookingExpiring { stay, payment_id, .. } => {
                self.payer.close(stay.property_id, *payment_id).await
            }
            Event::PaymentClosing { payment_id, property_id, .. } => {
                self.payer.close(*property_id, *payment_id).await
            }
            Event::PaymentCapturing { payment_id, property_id, .. } => {
                self.payer.capture(*property_id, *payment_id).await
            }
            Event::RefundCreated { refund_id, payment_id, property_id, .. } => {
                self.payer.refund(*property_id, *payment_id, *refund_id).await
            }
            _ => Ok(()),
        };
        match called {
            // No attempt will ever go better, and what comes after it must not wait.
            Err(PayerError::Hopeless(why)) => {
                tracing::error!(position = ?event.position, why, "payment event given up");
                Ok(())
            }
            called => Ok(called?),
        }
    }
}

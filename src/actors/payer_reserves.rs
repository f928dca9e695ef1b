//! What the payer does about money that stands reserved: it is taken once, or let go.

use super::payer::{Done, PayerError, Surroundings};
use crate::domain::payment::{Payment, PaymentStatus};
use crate::gateways::stripe::{CheckoutSession, IntentStatus, PaymentIntent, StripeError};

impl Surroundings {
    /// Takes what is reserved, if the booking still waits for it: any other end of it has the
    /// payment closed. What the bank does not pay out is let go, so that it never comes later.
    pub(super) async fn capture(&self, payment: &Payment) -> Done {
        if payment.status != PaymentStatus::Authorized || !self.is_wanted(payment).await? {
            return Ok(None);
        }
        let id = payment.intent_id.as_deref().unwrap_or_default();
        let key = format!("{}-capture", payment.id);
        let captured = self.stripe.capture_intent(id, &key).await;
        let intent = self.after(id, captured).await?;
        let intent = match intent.status {
            IntentStatus::Succeeded | IntentStatus::Processing | IntentStatus::Canceled => intent,
            _ => self.let_go(payment, id).await?,
        };
        self.tell_intent(payment, &intent).await.map(|()| None)
    }

    /// Lets go what a session that is not open any more has reserved, if it has, and tells the
    /// property how it ended.
    pub(super) async fn end_session(
        &self,
        payment: &Payment,
        session: &CheckoutSession,
    ) -> Result<(), PayerError> {
        match self.intent_of(session).await? {
            Some(intent) if intent.status == IntentStatus::RequiresCapture => {
                let intent = self.let_go(payment, &intent.id).await?;
                self.tell_intent(payment, &intent).await
            }
            Some(intent) => self.tell_intent(payment, &intent).await,
            None => self.tell_where(payment, session).await,
        }
    }

    /// Lets go what is reserved; the payment intent as it is then.
    async fn let_go(&self, payment: &Payment, intent: &str) -> Result<PaymentIntent, PayerError> {
        let key = format!("{}-cancel", payment.id);
        let canceled = self.stripe.cancel_intent(intent, &key).await;
        let intent = self.after(intent, canceled).await?;
        if intent.status == IntentStatus::RequiresCapture {
            let reason = "money is still reserved".to_owned();
            return Err(StripeError::Unknown(reason).into());
        }
        Ok(intent)
    }

    /// A payment intent after a call that changes it. What was refused may have been done before,
    /// or have become impossible; a server error is repeated for ever even when the call was
    /// carried out. So the intent itself is asked.
    async fn after(
        &self,
        intent: &str,
        called: Result<PaymentIntent, StripeError>,
    ) -> Result<PaymentIntent, PayerError> {
        let error = match called {
            Ok(intent) => return Ok(intent),
            Err(error @ StripeError::Unreachable(_)) => return Err(error.into()),
            Err(error) => error,
        };
        let found = self.stripe.payment_intent(intent).await?;
        match (&found.status, error) {
            (IntentStatus::RequiresCapture, error @ StripeError::Unknown(_)) => Err(error.into()),
            _ => Ok(found),
        }
    }
}

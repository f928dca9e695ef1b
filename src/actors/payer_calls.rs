//! What the payer does at the provider: one attempt at one job, and telling the property
//! what came of it.

use std::time::Duration;

use jiff::Timestamp;

use super::payer::{Done, Job, PayerError, Surroundings};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::Actor as Who;
use crate::domain::ids::{self, PaymentId, PropertyId, RefundId, RequestId};
use crate::domain::money::Money;
use crate::domain::payment::{Command, Decline, Payment, PaymentStatus, Purpose, RefundStatus};
use crate::domain::stay;
use crate::gateways::stripe::{
    self, CheckoutSession, IntentStatus, PaymentIntent, RefundRequest, SessionRequest,
    SessionStatus, StripeError,
};
use crate::storage::sqlstate::StorageError;
use crate::storage::{bookings, payments};

/// The provider keeps idempotency keys for a day; after that it is asked what it has.
const KEYS_KEPT: Duration = Duration::from_secs(23 * 3600);

impl Surroundings {
    /// Does one job.
    pub(super) async fn work(&self, property: PropertyId, payment: PaymentId, job: &Job) -> Done {
        let row = self.read(property, payment).await?;
        match job {
            Job::Open => self.open(&row).await,
            Job::Close => self.close(&row).await,
            Job::Capture => self.capture(&row).await,
            Job::Look(session) => self.look(&row, session.as_deref()).await,
            Job::Failed { intent, hook } => self.failed(&row, intent, hook).await,
            Job::Refund(refund) => self.refund(&row, *refund).await,
        }
    }

    async fn read(&self, property: PropertyId, id: PaymentId) -> Result<Payment, PayerError> {
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let rows = payments::find(&client, property, &[id]).await?;
        rows.into_iter().next().ok_or_else(|| PayerError::Hopeless(format!("{id} does not exist")))
    }

    async fn open(&self, payment: &Payment) -> Done {
        if payment.session_url.is_some() || payment.status != PaymentStatus::Created {
            return Ok(payment.session_url.clone());
        }
        if !self.is_wanted(payment).await? {
            return Ok(None);
        }
        let session = self.session_of(payment).await?;
        Ok(session.url.map(|url| self.absolute(url)))
    }

    /// Whether a payment is still waited for. A late attempt to open its session must not
    /// let anybody pay for what is over.
    pub(super) async fn is_wanted(&self, payment: &Payment) -> Result<bool, PayerError> {
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let ids = [payment.booking_id];
        let bookings = bookings::find(&client, payment.property_id, &ids).await?;
        let waits = |booking: &Booking| match payment.purpose {
            Purpose::Stay => {
                let asks = booking.status == BookingStatus::PendingApproval;
                let waits = asks || booking.status == BookingStatus::PendingPayment;
                waits && booking.payment_id == Some(payment.id)
            }
            Purpose::Change => {
                let open = booking.details.open_change();
                open.is_some_and(|change| change.payment_id == Some(payment.id))
            }
        };
        Ok(bookings.iter().any(waits))
    }

    /// The session of a payment: the one that is known, the one that an earlier call made
    /// without anybody learning of it, or a new one. The property is told of it.
    async fn session_of(&self, payment: &Payment) -> Result<CheckoutSession, PayerError> {
        if let Some(id) = &payment.session_id {
            return match self.stripe.session(id).await {
                Err(StripeError::Refused { status: 404, message, .. }) => {
                    Err(self.will_not_come(payment, message).await?)
                }
                answer => Ok(answer?),
            };
        }
        let request: SessionRequest = serde_json::from_value(payment.request.clone())
            .map_err(|error| PayerError::Hopeless(error.to_string()))?;
        let earlier = if self.is_old(payment.created_at) {
            self.stripe.find_session(payment.id, payment.created_at.as_second()).await?
        } else {
            None
        };
        let session = match earlier {
            Some(session) => session,
            None => self.create_session(payment, &request).await?,
        };
        let opened = Command::SessionOpened {
            payment_id: payment.id,
            session_id: session.id.clone(),
            url: self.absolute(session.url.clone().unwrap_or_default()),
        };
        self.tell(payment, opened, &format!("opened {}", session.id)).await?;
        Ok(session)
    }

    /// Opens a new session. A server error is remembered with its key and repeated for ever,
    /// even when the session was made; so then it is looked for.
    async fn create_session(
        &self,
        payment: &Payment,
        request: &SessionRequest,
    ) -> Result<CheckoutSession, PayerError> {
        match self.stripe.create_session(request, &payment.id.to_string()).await {
            Err(error @ StripeError::Unknown(_)) => self
                .stripe
                .find_session(payment.id, payment.created_at.as_second())
                .await?
                .ok_or_else(|| error.into()),
            // Such as an amount below the provider's least: no repetition will do better.
            Err(StripeError::Refused { status: 400 | 402 | 422, message, .. }) => {
                Err(self.will_not_come(payment, message).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// Tells the property that this payment cannot be made at all; the error to end with.
    async fn will_not_come(
        &self,
        payment: &Payment,
        why: String,
    ) -> Result<PayerError, PayerError> {
        let ended = Command::SessionEnded { payment_id: payment.id };
        self.tell(payment, ended, "refused").await?;
        Ok(PayerError::Hopeless(why))
    }

    async fn close(&self, payment: &Payment) -> Done {
        if payment.status >= PaymentStatus::Canceled {
            return Ok(None);
        }
        let closed = self.try_close(payment).await;
        if let Err(PayerError::Provider(_)) = closed {
            // Each attempt counts, so it gets an id of its own.
            let attempt = RequestId::from(self.clock.id::<uuid::Uuid>());
            let unanswered = Command::CloseUnanswered { payment_id: payment.id };
            self.tell_as(payment.property_id, unanswered, attempt).await?;
        }
        closed.map(|()| None)
    }

    async fn try_close(&self, payment: &Payment) -> Result<(), PayerError> {
        let session = self.session_of(payment).await?;
        if session.status != SessionStatus::Open {
            return self.end_session(payment, &session).await;
        }
        let key = format!("{}-close", payment.id);
        let session = match self.stripe.expire_session(&session.id, &key).await {
            Ok(session) => session,
            // Paid or expired in the meantime.
            Err(StripeError::Refused { .. }) => self.stripe.session(&session.id).await?,
            Err(error) => return Err(error.into()),
        };
        if session.status == SessionStatus::Open {
            let reason = "session is still open".to_owned();
            return Err(StripeError::Unknown(reason).into());
        }
        self.end_session(payment, &session).await
    }

    async fn look(&self, payment: &Payment, hint: Option<&str>) -> Done {
        let known = hint.or(payment.session_id.as_deref());
        if let Some(id) = known.filter(|_| payment.status < PaymentStatus::Succeeded) {
            let session = self.stripe.session(id).await?;
            let own = session.metadata.get("payment_id") == Some(&payment.id.to_string());
            if own {
                self.tell_where(payment, &session).await?;
            }
        }
        Ok(None)
    }

    async fn failed(&self, payment: &Payment, intent_id: &str, hook: &str) -> Done {
        if payment.status != PaymentStatus::Created {
            return Ok(None);
        }
        let intent = self.stripe.payment_intent(intent_id).await?;
        if intent.metadata.get("payment_id") != Some(&payment.id.to_string()) {
            return Ok(None);
        }
        if matches!(intent.status, IntentStatus::Succeeded | IntentStatus::RequiresCapture) {
            // A later attempt did it.
            return self.look(payment, None).await;
        }
        let error = intent.last_payment_error.as_ref();
        let code = error.and_then(|error| error.code.as_deref());
        let reason = error.and_then(|error| error.decline_code.as_deref());
        let decline = Decline::of(code, reason);
        let failed = Command::AttemptFailed { payment_id: payment.id, decline };
        self.tell(payment, failed, &format!("failed {hook}")).await?;
        Ok(None)
    }

    /// Tells the property where a session stands, if that is news to it.
    pub(super) async fn tell_where(
        &self,
        payment: &Payment,
        session: &CheckoutSession,
    ) -> Result<(), PayerError> {
        if session.status == SessionStatus::Expired {
            let ended = Command::SessionEnded { payment_id: payment.id };
            return self.tell(payment, ended, "ended").await;
        }
        match self.intent_of(session).await? {
            Some(intent) => self.tell_intent(payment, &intent).await,
            None => Ok(()),
        }
    }

    /// The payment intent of a complete session: what came, or stands reserved, is its word and
    /// not the session's wish.
    pub(super) async fn intent_of(
        &self,
        session: &CheckoutSession,
    ) -> Result<Option<PaymentIntent>, PayerError> {
        let complete = session.status == SessionStatus::Complete;
        match session.payment_intent.as_ref().filter(|_| complete) {
            Some(id) => Ok(Some(self.stripe.payment_intent(id).await?)),
            None => Ok(None),
        }
    }

    /// Tells the property what a payment intent has come to, as far as it has.
    pub(super) async fn tell_intent(
        &self,
        payment: &Payment,
        intent: &PaymentIntent,
    ) -> Result<(), PayerError> {
        let (payment_id, intent_id) = (payment.id, intent.id.clone());
        let known = |amount: Option<Money>| {
            let unknown = || PayerError::Hopeless(format!("{intent_id} is in an unknown currency"));
            amount.ok_or_else(unknown)
        };
        match intent.status {
            IntentStatus::Succeeded => {
                let amount = known(intent.received())?;
                let paid = Command::Paid { payment_id, intent_id, amount };
                self.tell(payment, paid, "paid").await
            }
            IntentStatus::RequiresCapture => {
                let amount = known(intent.capturable())?;
                let reserved = Command::Authorized { payment_id, intent_id, amount };
                self.tell(payment, reserved, "authorized").await
            }
            IntentStatus::Canceled => {
                self.tell(payment, Command::SessionEnded { payment_id }, "ended").await
            }
            _ => Ok(()),
        }
    }

    async fn refund(&self, payment: &Payment, id: RefundId) -> Done {
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let rows = payments::find_refunds(&client, payment.property_id, &[id]).await?;
        drop(client);
        let refund = rows
            .into_iter()
            .next()
            .ok_or_else(|| PayerError::Hopeless(format!("{id} does not exist")))?;
        if refund.status != RefundStatus::Pending {
            return Ok(None);
        }
        let intent = payment.intent_id.clone().unwrap_or_default();
        let known = match &refund.provider_ref {
            Some(provider_ref) => Some(self.stripe.refund(provider_ref).await),
            None if self.is_old(refund.created_at) => self.find_refund(&intent, id).await?.map(Ok),
            None => None,
        };
        let answer = match known {
            Some(answer) => answer,
            None => {
                let request = RefundRequest {
                    payment_intent: intent,
                    amount: refund.amount,
                    refund_id: id,
                    payment_id: payment.id,
                    property_id: payment.property_id,
                };
                self.create_refund(&request).await
            }
        };
        let (status, provider_ref) = match answer {
            Ok(refund) => (how(&refund.status), Some(refund.id)),
            Err(StripeError::Refused { message, .. }) => {
                tracing::error!(refund = %id, message, "provider refuses a refund");
                (RefundStatus::Failed, None)
            }
            Err(error) => return Err(error.into()),
        };
        let observed = Command::RefundObserved { refund_id: id, status, provider_ref };
        self.tell(payment, observed, &format!("{id} {}", status.name())).await?;
        Ok(None)
    }

    /// Sends money back. As with sessions, a server error is repeated for ever even when the
    /// refund was made; so then it is looked for.
    async fn create_refund(&self, request: &RefundRequest) -> Result<stripe::Refund, StripeError> {
        let id = request.refund_id;
        match self.stripe.create_refund(request, &id.to_string()).await {
            Err(error @ StripeError::Unknown(_)) => {
                self.find_refund(&request.payment_intent, id).await?.ok_or(error)
            }
            answer => answer,
        }
    }

    /// The refund that the provider has under our id.
    async fn find_refund(
        &self,
        intent: &str,
        id: RefundId,
    ) -> Result<Option<stripe::Refund>, StripeError> {
        let all = self.stripe.refunds_of(intent).await?;
        let ours =
            |refund: &stripe::Refund| refund.metadata.get("refund_id") == Some(&id.to_string());
        Ok(all.into_iter().find(ours))
    }

    /// Tells a payment's property something that it need be told only once.
    async fn tell(
        &self,
        payment: &Payment,
        command: Command,
        what: &str,
    ) -> Result<(), PayerError> {
        let id = RequestId::from(ids::derived(payment.id.uuid(), what));
        self.tell_as(payment.property_id, command, id).await
    }

    async fn tell_as(
        &self,
        property: PropertyId,
        command: Command,
        id: RequestId,
    ) -> Result<(), PayerError> {
        let request = Request {
            id,
            fingerprint: [0; 16],
            actor: Who::Provider,
            command: stay::Command::Payment(command),
        };
        match self.region.ask(property.into(), request).await? {
            Answer::Done { .. } => Ok(()),
            Answer::Refused(refusal) => Err(PayerError::Hopeless(format!("{refusal:?}"))),
        }
    }

    fn is_old(&self, made: Timestamp) -> bool {
        let age = self.clock.now().duration_since(made);
        Duration::try_from(age).is_ok_and(|age| age > KEYS_KEPT)
    }

    fn absolute(&self, url: String) -> String {
        if url.starts_with('/') { format!("{}{url}", self.base_url) } else { url }
    }
}

/// How a refund went, as far as we care.
fn how(status: &stripe::RefundStatus) -> RefundStatus {
    match status {
        stripe::RefundStatus::Succeeded => RefundStatus::Succeeded,
        stripe::RefundStatus::Failed | stripe::RefundStatus::Canceled => RefundStatus::Failed,
        stripe::RefundStatus::Pending
        | stripe::RefundStatus::RequiresAction
        | stripe::RefundStatus::Other(_) => RefundStatus::Pending,
    }
}

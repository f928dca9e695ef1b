//! Talks to the payment provider, so that no entity ever waits for it. It writes nothing:
//! what it learns it tells the property that owns the payment, and answers its caller
//! after that commit.
//!
//! Calls about one payment go one after the other; how many go at the same time is
//! bounded. Each call is one attempt: who needs it done comes again. Nothing survives a
//! crash but the idempotency keys, which are ids in rows, so a repeated call finds what
//! the first one did.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};

use super::cluster::region::{AskError, Region};
use super::root::{Mailbox, Root};
use crate::clock::{self, Clock};
use crate::domain::booking::BookingSnapshot;
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::Actor as Who;
use crate::domain::ids::{self, PaymentId, PropertyId, RefundId, RequestId};
use crate::domain::money::Money;
use crate::domain::payment::{Command, Payment, PaymentStatus, RefundStatus};
use crate::domain::stay;
use crate::gateways::stripe::{
    self, CheckoutSession, RefundRequest, SessionRequest, SessionStatus, StripeClient, StripeError,
};
use crate::storage::payments;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// Calls that may wait; past it they are sent away.
const QUEUE_MAX: usize = 4096;

/// How long a person at the checkout waits for the provider.
const PATIENCE: Duration = Duration::from_secs(8);

/// The provider keeps idempotency keys for a day; after that it is asked what it has.
const KEYS_KEPT: Duration = Duration::from_secs(23 * 3600);

/// Why a call did not do what it was to do. In every case it may be made again.
#[derive(Debug, thiserror::Error)]
pub enum PayerError {
    /// Too many calls are waiting, or the payer is being restarted.
    #[error("payer is busy")]
    Busy,
    /// The provider did not do it, or did not say.
    #[error(transparent)]
    Provider(#[from] StripeError),
    /// What was learnt could not be told to the property.
    #[error(transparent)]
    Entity(#[from] AskError),
    /// The payment could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no such payment, or its row makes no sense.
    #[error("payment cannot be worked on: {0}")]
    Hopeless(String),
}

/// What the payer is given.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For reading payments.
    pub pool: Pool,
    /// For telling properties.
    pub region: Region,
    /// The provider.
    pub stripe: StripeClient,
    /// The time.
    pub clock: Clock,
    /// Where browsers reach this server: the sandbox gives its page as a path.
    pub base_url: String,
    /// Calls at the same time.
    pub concurrency: usize,
}

/// The door to the payer; without one, payments are off.
#[derive(Debug, Clone)]
pub struct Payer(Option<Mailbox<Msg>>);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Job {
    /// See to it that a session is open.
    Open,
    /// See to it that no money can come any more, or find out that it has.
    Close,
    /// Find out where a session stands.
    Look(Option<String>),
    /// Send money back, or find out how that went.
    Refund(RefundId),
}

type Done = Result<Option<String>, PayerError>;

impl Payer {
    /// Starts the payer.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(root: &Root, around: Surroundings) -> Result<Self, ActorProcessingErr> {
        let make = move || (PayerActor, around.clone());
        Ok(Self(Some(root.adopt("payer", make).await?)))
    }

    /// A payer for a server without payments: whatever is asked of it is put off.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Whether payments can be made at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// What the provider will be asked for a booking's payment, to be frozen with it.
    #[must_use]
    pub fn session_request(
        snapshot: &BookingSnapshot,
        payment_id: PaymentId,
        email: Option<String>,
        success_url: String,
        cancel_url: String,
    ) -> Value {
        let booking = &snapshot.booking;
        let request = SessionRequest {
            amount: booking.total,
            payment_id,
            property_id: booking.property_id,
            product_name: snapshot.property_title.clone(),
            success_url,
            cancel_url,
            customer_email: email,
        };
        serde_json::to_value(request).unwrap_or_default()
    }

    /// Has a session opened and waits some seconds for it; where to pay. `None`: not yet,
    /// or there is nothing to be paid any more.
    ///
    /// # Errors
    /// When no attempt could be made.
    pub async fn ensure_session(
        &self,
        property: PropertyId,
        payment: PaymentId,
    ) -> Result<Option<String>, AskError> {
        match clock::within(PATIENCE, self.call(property, payment, Job::Open)).await {
            Ok(Ok(url)) => Ok(url),
            Ok(Err(PayerError::Entity(error))) => Err(error),
            Ok(Err(error)) => {
                tracing::warn!(%payment, %error, "no payment session yet");
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    /// Has a session opened.
    ///
    /// # Errors
    /// [`PayerError`]; then it is to be called again.
    pub async fn open(&self, property: PropertyId, payment: PaymentId) -> Result<(), PayerError> {
        self.call(property, payment, Job::Open).await.map(|_| ())
    }

    /// Has a session closed, or finds that it was paid; the property is told which.
    ///
    /// # Errors
    /// [`PayerError`]; then it is to be called again.
    pub async fn close(&self, property: PropertyId, payment: PaymentId) -> Result<(), PayerError> {
        self.call(property, payment, Job::Close).await.map(|_| ())
    }

    /// Has a session looked at; the property is told where it stands. `session` is the
    /// provider's id of it, if the caller knows it.
    ///
    /// # Errors
    /// [`PayerError`]; then it is to be called again.
    pub async fn look(
        &self,
        property: PropertyId,
        payment: PaymentId,
        session: Option<String>,
    ) -> Result<(), PayerError> {
        self.call(property, payment, Job::Look(session)).await.map(|_| ())
    }

    /// Has money sent back; the property is told how it went.
    ///
    /// # Errors
    /// [`PayerError`]; then it is to be called again.
    pub async fn refund(
        &self,
        property: PropertyId,
        payment: PaymentId,
        refund: RefundId,
    ) -> Result<(), PayerError> {
        self.call(property, payment, Job::Refund(refund)).await.map(|_| ())
    }

    async fn call(&self, property: PropertyId, payment: PaymentId, job: Job) -> Done {
        let mailbox = self.0.as_ref().ok_or(PayerError::Busy)?;
        let (reply, done) = oneshot::channel();
        mailbox.send(Msg::Call(Call { property, payment, job, reply }));
        done.await.unwrap_or(Err(PayerError::Busy))
    }
}

struct Call {
    property: PropertyId,
    payment: PaymentId,
    job: Job,
    reply: oneshot::Sender<Done>,
}

/// What the payer is told.
enum Msg {
    /// Do something about a payment; must be answered.
    Call(Call),
    /// A call about a payment has ended.
    Ended(PaymentId),
}

impl ractor::Message for Msg {}

struct PayerActor;

struct State {
    around: Arc<Surroundings>,
    permits: Arc<Semaphore>,
    /// Calls that wait for an earlier one about the same payment.
    queues: HashMap<PaymentId, VecDeque<Call>>,
    waiting: usize,
}

impl Actor for PayerActor {
    type Msg = Msg;
    type State = State;
    type Arguments = Surroundings;

    async fn pre_start(
        &self,
        _: ActorRef<Msg>,
        around: Surroundings,
    ) -> Result<State, ActorProcessingErr> {
        let permits = Arc::new(Semaphore::new(around.concurrency.max(1)));
        Ok(State { around: Arc::new(around), permits, queues: HashMap::new(), waiting: 0 })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Call(call) if state.waiting >= QUEUE_MAX => {
                // Whoever asked may have given up.
                call.reply.send(Err(PayerError::Busy)).ok();
            }
            Msg::Call(call) => {
                state.waiting += 1;
                match state.queues.get_mut(&call.payment) {
                    Some(queue) => queue.push_back(call),
                    None => {
                        state.queues.insert(call.payment, VecDeque::new());
                        state.work(&myself, call);
                    }
                }
            }
            Msg::Ended(payment) => {
                state.waiting = state.waiting.saturating_sub(1);
                match state.queues.get_mut(&payment).and_then(VecDeque::pop_front) {
                    Some(call) => state.work(&myself, call),
                    None => {
                        state.queues.remove(&payment);
                    }
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn work(&self, myself: &ActorRef<Msg>, call: Call) {
        let (around, permits) = (Arc::clone(&self.around), Arc::clone(&self.permits));
        let myself = myself.clone();
        tokio::spawn(async move {
            let payment = call.payment;
            let work = tokio::spawn(async move {
                let _permit = permits.acquire_owned().await;
                let done = around.work(call.property, call.payment, &call.job).await;
                // Whoever asked may have given up; the property knows.
                call.reply.send(done).ok();
            });
            if let Err(error) = work.await {
                tracing::error!(%payment, %error, "payment call broke");
            }
            // When the payer has been restarted, its queues have gone with it.
            myself.cast(Msg::Ended(payment)).ok();
        });
    }
}

impl Surroundings {
    async fn work(&self, property: PropertyId, payment: PaymentId, job: &Job) -> Done {
        let row = self.read(property, payment).await?;
        match job {
            Job::Open => self.open(&row).await,
            Job::Close => self.close(&row).await,
            Job::Look(session) => self.look(&row, session.as_deref()).await,
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
        let session = self.session_of(payment).await?;
        Ok(session.url.map(|url| self.absolute(url)))
    }

    /// The session of a payment: the one that is known, the one that an earlier call made
    /// without anybody learning of it, or a new one. The property is told of it.
    async fn session_of(&self, payment: &Payment) -> Result<CheckoutSession, PayerError> {
        if let Some(id) = &payment.session_id {
            return Ok(self.stripe.session(id).await?);
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
            answer => Ok(answer?),
        }
    }

    async fn close(&self, payment: &Payment) -> Done {
        if payment.status != PaymentStatus::Created {
            return Ok(None);
        }
        let closed = self.try_close(payment).await;
        if let Err(PayerError::Provider(StripeError::Unknown(_) | StripeError::Unreachable(_))) =
            closed
        {
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
            return self.tell_where(payment, &session).await;
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
        self.tell_where(payment, &session).await
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

    /// Tells the property where a session stands, if it has come to an end.
    async fn tell_where(
        &self,
        payment: &Payment,
        session: &CheckoutSession,
    ) -> Result<(), PayerError> {
        let payment_id = payment.id;
        match (&session.status, &session.payment_status) {
            (SessionStatus::Complete, stripe::PaymentStatus::Paid) => {
                let intent_id = session.payment_intent.clone().unwrap_or_default();
                let amount = self.received(session, &intent_id).await?;
                let paid = Command::Paid { payment_id, intent_id, amount };
                self.tell(payment, paid, "paid").await
            }
            (SessionStatus::Expired, _) => {
                self.tell(payment, Command::SessionEnded { payment_id }, "ended").await
            }
            _ => Ok(()),
        }
    }

    /// What really came: the intent's word, not the session's wish.
    async fn received(
        &self,
        session: &CheckoutSession,
        intent_id: &str,
    ) -> Result<Money, PayerError> {
        let intent = self.stripe.payment_intent(intent_id).await?;
        intent
            .received()
            .or_else(|| session.total())
            .ok_or_else(|| PayerError::Hopeless(format!("{intent_id} is in an unknown currency")))
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
            None if self.is_old(refund.created_at) => {
                let all = self.stripe.refunds_of(&intent).await?;
                let ours = |refund: &stripe::Refund| {
                    refund.metadata.get("refund_id") == Some(&id.to_string())
                };
                all.into_iter().find(ours).map(Ok)
            }
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
                self.stripe.create_refund(&request, &id.to_string()).await
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

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

use ractor::{Actor, ActorProcessingErr, ActorRef};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};
use tracing::{Instrument, Span};

use super::cluster::region::{AskError, Region};
use super::root::{Mailbox, Root};
use crate::clock::{self, Clock};
use crate::domain::booking::BookingSnapshot;
use crate::domain::ids::{PaymentId, PropertyId, RefundId};
use crate::domain::money::Money;
use crate::gateways::stripe::{SessionRequest, StripeClient, StripeError};
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// Calls that may wait; past it they are sent away.
const QUEUE_MAX: usize = 4096;

/// How long a person at the checkout waits for the provider.
const PATIENCE: Duration = Duration::from_secs(8);

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
pub(super) enum Job {
    /// See to it that a session is open.
    Open,
    /// See to it that no money can come any more, or find out that it has.
    Close,
    /// Take the money that is reserved, or find out that it cannot be had.
    Capture,
    /// Find out where a session stands.
    Look(Option<String>),
    /// Find out why an attempt to pay failed.
    Failed {
        /// The provider's payment.
        intent: String,
        /// The provider's id of its word of this attempt.
        hook: String,
    },
    /// Send money back, or find out how that went.
    Refund(RefundId),
}

/// What came of it: where to pay, for a session.
pub(super) type Done = Result<Option<String>, PayerError>;

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

    /// What the provider will be asked for a payment of a booking, to be frozen with it;
    /// `reserve` if it shall only reserve the money.
    #[must_use]
    pub fn session_request(
        snapshot: &BookingSnapshot,
        (payment_id, amount, reserve): (PaymentId, Money, bool),
        email: Option<String>,
        success_url: String,
        cancel_url: String,
    ) -> Value {
        let booking = &snapshot.booking;
        let request = SessionRequest {
            amount,
            payment_id,
            property_id: booking.property_id,
            product_name: snapshot.property_title.clone(),
            success_url,
            cancel_url,
            customer_email: email,
            reserve,
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

    /// Has reserved money taken, or finds that it cannot be had; the property is told which.
    ///
    /// # Errors
    /// [`PayerError`]; then it is to be called again.
    pub async fn capture(
        &self,
        property: PropertyId,
        payment: PaymentId,
    ) -> Result<(), PayerError> {
        self.call(property, payment, Job::Capture).await.map(|_| ())
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

    /// Has a failed attempt to pay looked at; the property is told of it. `hook` is the
    /// provider's id of its word of this attempt, so that each counts once.
    ///
    /// # Errors
    /// [`PayerError`]; then it is to be called again.
    pub async fn failed(
        &self,
        property: PropertyId,
        payment: PaymentId,
        intent: String,
        hook: String,
    ) -> Result<(), PayerError> {
        self.call(property, payment, Job::Failed { intent, hook }).await.map(|_| ())
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
        let span = Span::current();
        mailbox.send(Msg::Call(Call { property, payment, job, span, reply }));
        done.await.unwrap_or(Err(PayerError::Busy))
    }
}

struct Call {
    property: PropertyId,
    payment: PaymentId,
    job: Job,
    /// What whoever asked is doing.
    span: Span,
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
                let work = around.work(call.property, call.payment, &call.job);
                let done = work.instrument(call.span).await;
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

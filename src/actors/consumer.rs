//! Cluster consumers: what follows from events, once in the cluster. A consumer reads each
//! stream on its own, in order, after a cursor that is kept in the database, at the node that
//! keeps the stream. Two nodes may believe that for a moment: the cursor is moved by
//! compare-and-set from where it was read, so one of them fails, and what calls do twice
//! carries the same id.
//!
//! It is at least once: the cursor moves with the effect (rows), or after it (calls, which
//! carry an id derived from the event). An event that fails is parked, and with it the later
//! events of its key, while all others go on; after [`TRIES_MAX`] tries it is a dead letter
//! and its key goes on too. The actor is in `consumer_reader.rs`, the work on one stream in
//! `consumer_work.rs`.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ractor::ActorProcessingErr;

use super::cluster::ownership::Ownership;
use super::cluster::peers::Peers;
use super::cluster::wire::Notice;
use super::consumer_reader::{Msg, Reader};
use super::consumer_work::{Failure, attempt};
use super::payer::PayerError;
use super::root::{Mailbox, Root};
use super::tail::Tail;
use crate::clock::Clock;
use crate::domain::entity::Stream;
use crate::domain::event::Recorded;
use crate::gateways::stripe::StripeError;
use crate::storage::events;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// Tries after which an event is a dead letter.
pub const TRIES_MAX: i32 = 8;

/// Why events could not be consumed. They will be tried again.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The database stood in the way.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The payment provider, or the way to it.
    #[error(transparent)]
    Payer(#[from] PayerError),
    /// The cursor was moved by somebody else.
    #[error("cursor has been moved by another owner")]
    Overtaken,
}

impl ConsumerError {
    /// Whether it says nothing about the event: whatever is tried fails at the moment. Such a
    /// failure is no try, and the stream waits for its end.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Overtaken => true,
            Self::Storage(error) | Self::Payer(PayerError::Storage(error)) => error.is_outage(),
            Self::Payer(error) => matches!(
                error,
                PayerError::Busy
                    | PayerError::Entity(_)
                    | PayerError::Provider(StripeError::Unreachable(_))
            ),
        }
    }
}

/// What a consumer has done about events, as far as it can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effects {
    /// Effects that are there.
    pub present: u64,
    /// Effects that a replay would make.
    pub missing: u64,
}

/// What follows from events.
pub trait Consumer: Send + Sync + 'static {
    /// The name its cursors are kept under.
    const NAME: &'static str;

    /// How long a stream rests after it was read. The first event after a rest is seen to
    /// at once; under load pages become full instead of many, each with its own commit.
    const REST: Duration = Duration::ZERO;

    /// Events whose effects may be on their way at the same time, each of another stream.
    fn concurrency(&self) -> usize;

    /// Sees to what follows from events of one stream, in order, and moves the cursor from
    /// `from` to the last of them.
    ///
    /// # Errors
    /// Then the events from the cursor on come again, one by one, to [`Consumer::apply`].
    fn consume(
        &self,
        from: i64,
        events: &[Recorded],
    ) -> impl Future<Output = Result<(), ConsumerError>> + Send;

    /// Sees to what follows from one event and moves no cursor. It may come late, and more
    /// than once: whatever it does is done at most once by a key that derives from the event.
    ///
    /// # Errors
    /// Then the event comes again, unless it has failed too often.
    fn apply(&self, event: &Recorded) -> impl Future<Output = Result<(), ConsumerError>> + Send;

    /// Which effects of events are there and which are missing, for the dry run of a replay;
    /// none for a consumer that cannot tell.
    ///
    /// # Errors
    /// When the effects cannot be read.
    fn effects(
        &self,
        _events: &[Recorded],
    ) -> impl Future<Output = Result<Option<Effects>, ConsumerError>> + Send {
        async { Ok(None) }
    }
}

/// Gives events to [`Consumer::apply`] in order and moves the cursor behind the last that
/// went well: [`Consumer::consume`] of a consumer whose effects are calls.
///
/// # Errors
/// The first that occurs.
pub async fn call_each<C: Consumer>(
    consumer: &C,
    pool: &Pool,
    from: i64,
    events: &[Recorded],
) -> Result<(), ConsumerError> {
    let (mut done, mut failed) = (None, None);
    for event in events {
        match consumer.apply(event).await {
            Ok(()) => done = Some(event.position),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    if let Some(position) = done {
        let client = pool.get().await.map_err(StorageError::from)?;
        if !events::advance(&*client, C::NAME, from, position).await? {
            return Err(ConsumerError::Overtaken);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// All consumers of this node: starts them, and finds them by name for operators.
#[derive(Clone)]
pub struct Consumers(Arc<Inner>);

struct Inner {
    root: Root,
    tail: Tail,
    pool: Pool,
    clock: Clock,
    ownership: Ownership,
    peers: Peers,
    started: Mutex<BTreeMap<&'static str, Started>>,
}

#[derive(Clone)]
struct Started {
    mailbox: Mailbox<Msg>,
    consumer: Arc<dyn AnyConsumer>,
}

impl std::fmt::Debug for Consumers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Consumers").field(&self.names()).finish()
    }
}

impl Consumers {
    /// No consumers yet.
    #[must_use]
    pub fn new(
        root: &Root,
        tail: &Tail,
        pool: &Pool,
        clock: &Clock,
        ownership: &Ownership,
        peers: &Peers,
    ) -> Self {
        Self(Arc::new(Inner {
            root: root.clone(),
            tail: tail.clone(),
            pool: pool.clone(),
            clock: clock.clone(),
            ownership: ownership.clone(),
            peers: peers.clone(),
            started: Mutex::default(),
        }))
    }

    fn started(&self) -> MutexGuard<'_, BTreeMap<&'static str, Started>> {
        self.0.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a consumer.
    ///
    /// # Errors
    /// When its cursors cannot be read.
    pub async fn start<C: Consumer>(&self, consumer: C) -> Result<(), ActorProcessingErr> {
        let (consumer, inner) = (Arc::new(consumer), &self.0);
        let (pool, clock) = (inner.pool.clone(), inner.clock.clone());
        let (shared, ownership) = (Arc::clone(&consumer), inner.ownership.clone());
        let make = move || {
            let arguments = (Arc::clone(&shared), pool.clone(), clock.clone(), ownership.clone());
            (Reader::new(), arguments)
        };
        let mailbox = inner.root.adopt(C::NAME, make).await?;
        let told = mailbox.clone();
        inner.tail.follow(Arc::new(move |heads| told.send(Msg::Grown(heads.to_vec()))));
        let (told, mut changed) = (mailbox.clone(), inner.ownership.watch());
        tokio::spawn(async move {
            while changed.changed().await.is_ok() {
                told.send(Msg::Owned);
            }
        });
        self.started().insert(C::NAME, Started { mailbox, consumer });
        Ok(())
    }

    /// The names of those that were started, in their order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.started().keys().copied().collect()
    }

    /// Has a consumer look at its parked events in a stream, at whichever node keeps it.
    pub fn look(&self, consumer: &str, stream: Stream) {
        self.heard(consumer, stream);
        self.0.peers.tell_all(Notice::Look(consumer.to_owned(), stream));
    }

    /// As [`Self::look`], when another node has said so.
    pub fn heard(&self, consumer: &str, stream: Stream) {
        let started = self.started().get(consumer).cloned();
        if let Some(started) = started {
            started.mailbox.send(Msg::Due(stream));
        }
    }

    /// Gives an event to a consumer once more. `None` when there is no such consumer.
    ///
    /// # Errors
    /// A [`Failure`], which says whether it was the event's.
    pub(super) async fn apply(&self, name: &str, event: Recorded) -> Option<Result<(), Failure>> {
        let consumer = self.started().get(name).map(|started| Arc::clone(&started.consumer))?;
        Some(attempt(async move { consumer.apply_it(&event).await }).await)
    }

    /// What a consumer has done about events; see [`Consumer::effects`].
    ///
    /// # Errors
    /// When the effects cannot be read.
    pub async fn effects(
        &self,
        name: &str,
        events: &[Recorded],
    ) -> Result<Option<Effects>, ConsumerError> {
        let consumer = self.started().get(name).map(|started| Arc::clone(&started.consumer));
        match consumer {
            Some(consumer) => consumer.effects_of(events).await,
            None => Ok(None),
        }
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, ConsumerError>> + Send + 'a>>;

/// A consumer whose type is not known where it is used.
trait AnyConsumer: Send + Sync {
    fn apply_it<'a>(&'a self, event: &'a Recorded) -> Boxed<'a, ()>;
    fn effects_of<'a>(&'a self, events: &'a [Recorded]) -> Boxed<'a, Option<Effects>>;
}

impl<C: Consumer> AnyConsumer for C {
    fn apply_it<'a>(&'a self, event: &'a Recorded) -> Boxed<'a, ()> {
        Box::pin(self.apply(event))
    }

    fn effects_of<'a>(&'a self, events: &'a [Recorded]) -> Boxed<'a, Option<Effects>> {
        Box::pin(self.effects(events))
    }
}

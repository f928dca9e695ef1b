//! Cluster consumers: what follows from events, once in the cluster. A consumer reads each
//! stream on its own, in order, after a cursor that is kept in the database.
//!
//! It is at least once: the cursor moves with the effect (rows), or after it (calls, which
//! carry an id derived from the event). A stream whose event fails is tried again with
//! growing pauses, while the other streams go on.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::Semaphore;

use super::payer::PayerError;
use super::root::Root;
use super::tail::Tail;
use crate::clock;
use crate::domain::entity::Stream;
use crate::domain::event::{Position, Recorded};
use crate::storage::events;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// Events read at once.
const PAGE: i64 = 200;
/// The pause after the first failure of a stream; it doubles up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two attempts at a stream.
const PAUSE_MAX: Duration = Duration::from_secs(60);

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
    /// Then the events from the cursor on come again.
    fn consume(
        &self,
        from: i64,
        events: &[Recorded],
    ) -> impl Future<Output = Result<(), ConsumerError>> + Send;
}

/// Starts a consumer.
///
/// # Errors
/// When its cursors cannot be read.
pub async fn start<C: Consumer>(
    root: &Root,
    tail: &Tail,
    pool: &Pool,
    consumer: C,
) -> Result<(), ActorProcessingErr> {
    let consumer = Arc::new(consumer);
    let pool = pool.clone();
    let mailbox = root
        .adopt(C::NAME, move || (Reader(PhantomData), (Arc::clone(&consumer), pool.clone())))
        .await?;
    tail.follow(Arc::new(move |heads| mailbox.send(Msg::Grown(heads.to_vec()))));
    Ok(())
}

/// A consumer whose effects are calls, one for each event.
pub trait Calls: Sync {
    /// Makes the call that follows from an event, if any does.
    ///
    /// # Errors
    /// Then it is made again.
    fn call(&self, event: &Recorded) -> impl Future<Output = Result<(), ConsumerError>> + Send;
}

/// Makes the calls of events in order and moves the cursor behind the last that went well.
///
/// # Errors
/// The first that occurs.
pub async fn call_each<C: Consumer + Calls>(
    consumer: &C,
    pool: &Pool,
    from: i64,
    events: &[Recorded],
) -> Result<(), ConsumerError> {
    let (mut done, mut failed) = (None, None);
    for event in events {
        match consumer.call(event).await {
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

/// What the actor of a consumer is told.
pub enum Msg {
    /// Streams have grown. From the tail.
    Grown(Vec<Position>),
    /// A stream has been read up to a cursor, or could not be. From its own tasks.
    Read(Stream, Result<i64, String>),
    /// The pause of a stream is over.
    Again(Stream),
}

impl ractor::Message for Msg {}

struct Reader<C>(PhantomData<fn() -> C>);

struct State<C> {
    consumer: Arc<C>,
    pool: Pool,
    permits: Arc<Semaphore>,
    heads: HashMap<Stream, i64>,
    /// Where each stream is read next.
    cursors: HashMap<Stream, i64>,
    /// Where each was read next when that was last known.
    passed: HashMap<Stream, i64>,
    /// Streams that are being read, or wait for the end of a pause.
    busy: HashSet<Stream>,
    failures: HashMap<Stream, u32>,
}

impl<C: Consumer> Actor for Reader<C> {
    type Msg = Msg;
    type State = State<C>;
    type Arguments = (Arc<C>, Pool);

    async fn pre_start(
        &self,
        _: ActorRef<Msg>,
        (consumer, pool): Self::Arguments,
    ) -> Result<State<C>, ActorProcessingErr> {
        let client = pool.get().await?;
        let cursors = events::offsets(&client, C::NAME).await?;
        let heads = events::heads(&client).await?;
        drop(client);
        let by_stream = |positions: Vec<Position>| -> HashMap<Stream, i64> {
            positions.into_iter().map(|position| (position.stream, position.seq)).collect()
        };
        let cursors = by_stream(cursors);
        Ok(State {
            permits: Arc::new(Semaphore::new(consumer.concurrency().max(1))),
            consumer,
            pool,
            heads: by_stream(heads),
            passed: cursors.clone(),
            cursors,
            busy: HashSet::new(),
            failures: HashMap::new(),
        })
    }

    async fn post_start(
        &self,
        myself: ActorRef<Msg>,
        state: &mut State<C>,
    ) -> Result<(), ActorProcessingErr> {
        for stream in state.heads.keys().copied().collect::<Vec<_>>() {
            state.read(&myself, stream);
        }
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State<C>,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Grown(heads) => {
                for Position { stream, seq } in heads {
                    let head = state.heads.entry(stream).or_default();
                    *head = seq.max(*head);
                    state.read(&myself, stream);
                }
                state.tell_lag();
            }
            Msg::Read(stream, Ok(cursor)) => {
                state.busy.remove(&stream);
                state.failures.remove(&stream);
                state.cursors.insert(stream, cursor);
                let passed = state.passed.insert(stream, cursor).unwrap_or_default();
                let count = u64::try_from(cursor.saturating_sub(passed)).unwrap_or_default();
                metrics::counter!("consumer_events_total", "consumer" => C::NAME).increment(count);
                state.tell_lag();
                state.read(&myself, stream);
            }
            Msg::Read(stream, Err(error)) => state.pause(&myself, stream, &error),
            Msg::Again(stream) => {
                state.busy.remove(&stream);
                state.read(&myself, stream);
            }
        }
        Ok(())
    }
}

impl<C: Consumer> State<C> {
    /// Has a stream read on, unless it is being read or there is nothing more in it.
    fn read(&mut self, myself: &ActorRef<Msg>, stream: Stream) {
        let head = self.heads.get(&stream).copied().unwrap_or_default();
        let cursor = self.cursors.get(&stream).copied().unwrap_or_default();
        if cursor >= head || !self.busy.insert(stream) {
            return;
        }
        let (consumer, pool) = (Arc::clone(&self.consumer), self.pool.clone());
        let (permits, myself) = (Arc::clone(&self.permits), myself.clone());
        let known = self.cursors.get(&stream).copied();
        tokio::spawn(async move {
            let work = tokio::spawn(async move {
                let _permit = permits.acquire_owned().await;
                read(&*consumer, &pool, stream, known).await
            });
            let read = match work.await {
                Ok(Ok((cursor, full))) => {
                    if !full && !C::REST.is_zero() {
                        clock::pause(C::REST).await;
                    }
                    Ok(cursor)
                }
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            // When the consumer has been restarted, it reads all streams anew.
            myself.cast(Msg::Read(stream, read)).ok();
        });
    }

    /// Has it be known how far behind it is.
    fn tell_lag(&self) {
        let passed = |stream| self.passed.get(stream).copied().unwrap_or_default();
        let lag: i64 = self.heads.iter().map(|(stream, head)| head - passed(stream)).sum();
        let lag = f64::from(u32::try_from(lag.max(0)).unwrap_or(u32::MAX));
        metrics::gauge!("consumer_lag_events", "consumer" => C::NAME).set(lag);
    }

    /// Leaves a stream alone for a while after a failure; it stays busy meanwhile.
    fn pause(&mut self, myself: &ActorRef<Msg>, stream: Stream, error: &str) {
        // It may have moved before it failed, or by somebody else's doing.
        self.cursors.remove(&stream);
        let failures = self.failures.entry(stream).or_default();
        let pause = PAUSE.saturating_mul(1 << (*failures).min(10)).min(PAUSE_MAX);
        *failures = failures.saturating_add(1);
        metrics::counter!("consumer_failures_total", "consumer" => C::NAME).increment(1);
        tracing::warn!(consumer = C::NAME, stream = stream.0, failures, error, "event failed");
        let myself = myself.clone();
        tokio::spawn(async move {
            clock::pause(pause).await;
            // When the consumer has been restarted, it reads all streams anew.
            myself.cast(Msg::Again(stream)).ok();
        });
    }
}

/// Reads a page of a stream from `known`, or else from where the database says; where the
/// cursor is then, and whether the page was full.
async fn read<C: Consumer>(
    consumer: &C,
    pool: &Pool,
    stream: Stream,
    known: Option<i64>,
) -> Result<(i64, bool), ConsumerError> {
    let client = pool.get().await.map_err(StorageError::from)?;
    let from = match known {
        Some(cursor) => cursor,
        None => events::offset(&client, C::NAME, stream).await?,
    };
    let page = events::read_after(&client, stream, from, PAGE).await?;
    drop(client);
    let Some(last) = page.last() else { return Ok((from, false)) };
    let to = last.position.seq;
    consumer.consume(from, &page).await?;
    for event in &page {
        let (seq, cause) = (event.position.seq, event.causation);
        tracing::debug!(consumer = C::NAME, stream = stream.0, seq, %cause, "event seen to");
    }
    Ok((to, i64::try_from(page.len()) == Ok(PAGE)))
}

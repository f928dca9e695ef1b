//! The actor of a consumer: it knows how far each stream has been read, and has the work on
//! one stream done by one task at a time.

use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::Semaphore;

use super::cluster::ownership::Ownership;
use super::consumer::Consumer;
use super::consumer_work::{Task, Work, Worked};
use crate::clock::{self, Clock};
use crate::domain::entity::Stream;
use crate::domain::event::Position;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;
use crate::storage::{events, parked};

/// The pause after the first failure of a stream; it doubles up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two attempts at a stream.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What the actor of a consumer is told.
pub(super) enum Msg {
    /// Streams have grown. From the tail.
    Grown(Vec<Position>),
    /// The work on a stream has been done, or could not be. From its own tasks.
    Worked(Stream, Result<Worked, String>),
    /// The pause of a stream is over.
    Again(Stream),
    /// A parked event of a stream may be tried.
    Due(Stream),
    /// Shards have moved.
    Owned,
}

impl ractor::Message for Msg {}

pub(super) struct Reader<C>(PhantomData<fn() -> C>);

impl<C> Reader<C> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

pub(super) struct State<C> {
    work: Arc<Work<C>>,
    permits: Arc<Semaphore>,
    heads: HashMap<Stream, i64>,
    /// Where each stream is read next.
    cursors: HashMap<Stream, i64>,
    /// Where each was read next when that was last known.
    passed: HashMap<Stream, i64>,
    /// Streams that are being worked on, or wait for the end of a pause.
    busy: HashSet<Stream>,
    failures: HashMap<Stream, u32>,
    /// Streams with parked events.
    parked: HashSet<Stream>,
    /// Those of them in which one may be due.
    due: HashSet<Stream>,
    /// When it is looked next whether one is.
    waking: HashMap<Stream, Timestamp>,
    ownership: Ownership,
    /// Streams that this node keeps, as far as it has heard.
    kept: HashSet<Stream>,
}

impl<C: Consumer> Actor for Reader<C> {
    type Msg = Msg;
    type State = State<C>;
    type Arguments = (Arc<C>, Pool, Clock, Ownership);

    async fn pre_start(
        &self,
        _: ActorRef<Msg>,
        (consumer, pool, clock, ownership): Self::Arguments,
    ) -> Result<State<C>, ActorProcessingErr> {
        let client = pool.get().await?;
        let cursors = events::offsets(&client, C::NAME).await?;
        let heads = events::heads(&client).await?;
        let parked: HashSet<_> = parked::streams(&client, C::NAME).await?.into_iter().collect();
        drop(client);
        let cursors = by_stream(cursors);
        Ok(State {
            permits: Arc::new(Semaphore::new(consumer.concurrency().max(1))),
            work: Arc::new(Work { consumer, pool, clock }),
            heads: by_stream(heads),
            passed: cursors.clone(),
            cursors,
            busy: HashSet::new(),
            failures: HashMap::new(),
            due: parked.clone(),
            parked,
            waking: HashMap::new(),
            kept: Stream::all().filter(|stream| ownership.keeps(*stream)).collect(),
            ownership,
        })
    }

    async fn post_start(
        &self,
        myself: ActorRef<Msg>,
        state: &mut State<C>,
    ) -> Result<(), ActorProcessingErr> {
        for stream in state.heads.keys().copied().collect::<Vec<_>>() {
            state.work_on(&myself, stream);
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
                    state.work_on(&myself, stream);
                }
                state.tell_lag();
            }
            Msg::Worked(stream, Ok(worked)) => {
                state.busy.remove(&stream);
                state.failures.remove(&stream);
                state.cursors.insert(stream, worked.cursor);
                state.tell_progress(stream, worked.cursor);
                state.wake(&myself, stream, worked.wake_at);
                state.work_on(&myself, stream);
            }
            Msg::Worked(stream, Err(error)) => state.pause(&myself, stream, &error),
            Msg::Again(stream) => {
                state.busy.remove(&stream);
                state.work_on(&myself, stream);
            }
            Msg::Due(stream) => {
                state.waking.remove(&stream);
                state.parked.insert(stream);
                state.due.insert(stream);
                state.work_on(&myself, stream);
            }
            Msg::Owned => state.take_over(&myself).await,
        }
        Ok(())
    }
}

fn by_stream(positions: Vec<Position>) -> HashMap<Stream, i64> {
    positions.into_iter().map(|position| (position.stream, position.seq)).collect()
}

impl<C: Consumer> State<C> {
    /// Goes on with the streams that have come to this node. Where they were read last, and
    /// what is parked in them, only rows can tell.
    async fn take_over(&mut self, myself: &ActorRef<Msg>) {
        self.kept.retain(|stream| self.ownership.keeps(*stream));
        let came: Vec<Stream> = Stream::all()
            .filter(|stream| self.ownership.keeps(*stream) && !self.kept.contains(stream))
            .collect();
        if came.is_empty() {
            return;
        }
        let (cursors, parked) = match self.places().await {
            Ok(places) => places,
            Err(error) => {
                tracing::warn!(consumer = C::NAME, %error, "cursors cannot be read");
                // Each is read with its stream then, and each may have something parked.
                (HashMap::new(), came.iter().copied().collect())
            }
        };
        for stream in came {
            self.kept.insert(stream);
            self.cursors.remove(&stream);
            if let Some(cursor) = cursors.get(&stream) {
                self.cursors.insert(stream, *cursor);
                self.passed.insert(stream, *cursor);
            }
            if parked.contains(&stream) {
                self.parked.insert(stream);
                self.due.insert(stream);
            }
            self.work_on(myself, stream);
        }
    }

    /// Every cursor, and the streams with parked events.
    async fn places(&self) -> Result<(HashMap<Stream, i64>, HashSet<Stream>), StorageError> {
        let client = self.work.pool.get().await?;
        let cursors = events::offsets(&client, C::NAME).await?;
        let parked = parked::streams(&client, C::NAME).await?;
        Ok((by_stream(cursors), parked.into_iter().collect()))
    }

    /// Has a stream worked on, unless it is already or there is nothing to do in it.
    fn work_on(&mut self, myself: &ActorRef<Msg>, stream: Stream) {
        if !self.kept.contains(&stream) {
            return;
        }
        let head = self.heads.get(&stream).copied().unwrap_or_default();
        let known = self.cursors.get(&stream).copied();
        let behind = known.unwrap_or_default() < head;
        if !(behind || self.due.contains(&stream)) || !self.busy.insert(stream) {
            return;
        }
        let (parked, due) = (self.parked.contains(&stream), self.due.remove(&stream));
        let task = Task { stream, known, parked, due };
        let (work, permits) = (Arc::clone(&self.work), Arc::clone(&self.permits));
        let myself = myself.clone();
        tokio::spawn(async move {
            let working = tokio::spawn(async move {
                let _permit = permits.acquire_owned().await;
                work.run(&task).await
            });
            let worked = match working.await {
                Ok(Ok(worked)) => {
                    if !worked.full && !C::REST.is_zero() {
                        clock::pause(C::REST).await;
                    }
                    Ok(worked)
                }
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            // When the consumer has been restarted, it reads all streams anew.
            myself.cast(Msg::Worked(stream, worked)).ok();
        });
    }

    /// Has the parked events of a stream looked at when the next of them may be tried.
    fn wake(&mut self, myself: &ActorRef<Msg>, stream: Stream, at: Option<Timestamp>) {
        let Some(at) = at else {
            // One that an operator has put there meanwhile is announced by itself.
            if !self.due.contains(&stream) {
                self.parked.remove(&stream);
            }
            return;
        };
        self.parked.insert(stream);
        if self.waking.get(&stream).is_some_and(|earlier| *earlier <= at) {
            return;
        }
        self.waking.insert(stream, at);
        let (clock, myself) = (self.work.clock.clone(), myself.clone());
        tokio::spawn(async move {
            clock.sleep_until(at).await;
            // When the consumer has been restarted, it looks at all streams anew.
            myself.cast(Msg::Due(stream)).ok();
        });
    }

    /// Has it be known how far a stream has been read.
    fn tell_progress(&mut self, stream: Stream, cursor: i64) {
        let passed = self.passed.insert(stream, cursor).unwrap_or_default();
        let count = u64::try_from(cursor.saturating_sub(passed)).unwrap_or_default();
        metrics::counter!("consumer_events_total", "consumer" => C::NAME).increment(count);
        self.tell_lag();
    }

    /// Has it be known how far behind it is.
    fn tell_lag(&self) {
        let passed = |stream| self.passed.get(stream).copied().unwrap_or_default();
        let kept = self.heads.iter().filter(|(stream, _)| self.kept.contains(stream));
        let lag: i64 = kept.map(|(stream, head)| head - passed(stream)).sum();
        let lag = f64::from(u32::try_from(lag.max(0)).unwrap_or(u32::MAX));
        metrics::gauge!("consumer_lag_events", "consumer" => C::NAME).set(lag);
    }

    /// Leaves a stream alone for a while after a failure that was not an event's; it stays
    /// busy meanwhile.
    fn pause(&mut self, myself: &ActorRef<Msg>, stream: Stream, error: &str) {
        // It may have moved before it failed, or by somebody else's doing.
        self.cursors.remove(&stream);
        if self.parked.contains(&stream) {
            self.due.insert(stream);
        }
        let failures = self.failures.entry(stream).or_default();
        let pause = PAUSE.saturating_mul(1 << (*failures).min(10)).min(PAUSE_MAX);
        *failures = failures.saturating_add(1);
        metrics::counter!("consumer_failures_total", "consumer" => C::NAME).increment(1);
        tracing::warn!(consumer = C::NAME, stream = stream.0, failures, error, "stream waits");
        let myself = myself.clone();
        tokio::spawn(async move {
            clock::pause(pause).await;
            // When the consumer has been restarted, it reads all streams anew.
            myself.cast(Msg::Again(stream)).ok();
        });
    }
}

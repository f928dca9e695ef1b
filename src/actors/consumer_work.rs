//! The work of a consumer on one stream: parked events that are due, then the next page.
//!
//! A page goes to the consumer as a whole. Only when that fails, or when events are parked,
//! its events are gone through one by one, to find out which of them must wait.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::consumer::{Consumer, ConsumerError, TRIES_MAX};
use crate::clock::{self, Clock};
use crate::domain::entity::Stream;
use crate::domain::event::{Position, Recorded};
use crate::storage::dead_letters;
use crate::storage::events::{self, Entry};
use crate::storage::parked::{self, NewParked, Parked};
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// Events read at once.
const PAGE: i64 = 200;
/// Parked events tried at once, each of another key.
const DUE_MAX: i64 = 50;
/// How long a consumer may take over one event.
const EVENT_TIME: Duration = Duration::from_secs(60);
/// How long a consumer may take over a page.
const PAGE_TIME: Duration = Duration::from_secs(180);
/// The pause after an event's first failure, in seconds; each further one is longer by
/// [`PAUSE_FACTOR`], up to [`PAUSE_MAX_S`].
const PAUSE_S: f64 = 1.0;
const PAUSE_FACTOR: f64 = 3.0;
const PAUSE_MAX_S: f64 = 600.0;
/// By how much pauses differ, so that what failed together is not tried together.
const JITTER: f64 = 0.2;
/// The longest text of an error that is kept, in characters.
const ERROR_MAX: usize = 1_000;

/// Why an event was not seen to.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not the event's fault; this was no try.
    Outage(ConsumerError),
    /// It is the event's, as far as anyone can tell.
    Event(String),
}

/// One try at something, which may fail, panic or take too long.
pub(super) async fn attempt(
    work: impl Future<Output = Result<(), ConsumerError>> + Send + 'static,
) -> Result<(), Failure> {
    attempt_for(EVENT_TIME, work).await
}

async fn attempt_for(
    limit: Duration,
    work: impl Future<Output = Result<(), ConsumerError>> + Send + 'static,
) -> Result<(), Failure> {
    let mut working = tokio::spawn(work);
    let Ok(worked) = clock::within(limit, &mut working).await else {
        working.abort();
        return Err(Failure::Event(format!("took longer than {limit:?}")));
    };
    match worked {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if error.is_outage() => Err(Failure::Outage(error)),
        Ok(Err(error)) => Err(Failure::Event(in_full(&error))),
        Err(error) => Err(Failure::Event(error.to_string())),
    }
}

/// What is to be done in a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) stream: Stream,
    /// The cursor, if it is known.
    pub(super) known: Option<i64>,
    /// Whether events are parked.
    pub(super) parked: bool,
    /// Whether one of them may be due.
    pub(super) due: bool,
}

/// What was done in a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Worked {
    /// Where the cursor is.
    pub(super) cursor: i64,
    /// Whether the page was full, so that there is more to read.
    pub(super) full: bool,
    /// When the next parked event may be tried; none when nothing is parked.
    pub(super) wake_at: Option<Timestamp>,
}

/// What the work takes.
pub(super) struct Work<C> {
    pub(super) consumer: Arc<C>,
    pub(super) pool: Pool,
    pub(super) clock: Clock,
}

impl<C: Consumer> Work<C> {
    /// Tries what is due and reads the next page.
    pub(super) async fn run(&self, task: &Task) -> Result<Worked, ConsumerError> {
        if task.due {
            self.try_due(task.stream).await?;
        }
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let from = match task.known {
            Some(cursor) => cursor,
            None => events::offset(&client, C::NAME, task.stream).await?,
        };
        let page = events::entries_after(&client, task.stream, from, PAGE).await?;
        drop(client);
        let (mut cursor, mut parked) = (from, task.parked);
        if let Some(last) = page.last() {
            cursor = last.position.seq;
            let full = i64::try_from(page.len()) == Ok(PAGE);
            parked = !self.consume(task, from, page).await? || parked;
            if !parked {
                return Ok(Worked { cursor, full, wake_at: None });
            }
            let wake_at = self.wake_at(task.stream).await?;
            return Ok(Worked { cursor, full, wake_at });
        }
        let wake_at = if parked { self.wake_at(task.stream).await? } else { None };
        Ok(Worked { cursor, full: false, wake_at })
    }

    async fn wake_at(&self, stream: Stream) -> Result<Option<Timestamp>, ConsumerError> {
        let client = self.pool.get().await.map_err(StorageError::from)?;
        Ok(parked::next_at(&client, C::NAME, stream).await?)
    }

    /// Sees to a page; whether that went without looking at its events one by one.
    async fn consume(
        &self,
        task: &Task,
        from: i64,
        page: Vec<Entry>,
    ) -> Result<bool, ConsumerError> {
        let waiting = if task.parked {
            let client = self.pool.get().await.map_err(StorageError::from)?;
            let mut keys: Vec<Uuid> = page.iter().map(|entry| entry.key).collect();
            keys.dedup();
            parked::keys(&client, C::NAME, task.stream, &keys).await?
        } else {
            HashSet::new()
        };
        if waiting.is_empty() && page.iter().all(|entry| entry.event.is_ok()) {
            let all: Vec<Recorded> =
                page.iter().filter_map(|entry| entry.event.as_ref().ok().cloned()).collect();
            let consumer = Arc::clone(&self.consumer);
            let consuming = async move { consumer.consume(from, &all).await };
            match attempt_for(PAGE_TIME, consuming).await {
                Ok(()) => {
                    page.iter().for_each(Self::seen_to);
                    return Ok(true);
                }
                Err(Failure::Outage(error)) => return Err(error),
                Err(Failure::Event(error)) => {
                    tracing::debug!(consumer = C::NAME, error, "page failed");
                }
            }
        }
        // It may have come some way before it failed.
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let from = events::offset(&client, C::NAME, task.stream).await?;
        drop(client);
        let rest: Vec<Entry> = page.into_iter().filter(|entry| entry.position.seq > from).collect();
        self.one_by_one(from, waiting, rest).await?;
        Ok(false)
    }

    /// Leads from a request in the log to what followed from it.
    fn seen_to(entry: &Entry) {
        let Entry { position, event, .. } = entry;
        if let Ok(event) = event {
            let (stream, seq, cause) = (position.stream.0, position.seq, event.causation);
            tracing::debug!(consumer = C::NAME, stream, seq, %cause, "event seen to");
        }
    }

    /// Sees to events one by one. Those that fail are parked, and those whose keys wait.
    async fn one_by_one(
        &self,
        from: i64,
        mut waiting: HashSet<Uuid>,
        entries: Vec<Entry>,
    ) -> Result<(), ConsumerError> {
        let (mut rows, mut done, mut outage) = (Vec::new(), None, None);
        for Entry { position, key, kind, event } in entries {
            let now = self.clock.now();
            let park = |attempts, next_at, error| NewParked {
                seq: position.seq,
                key,
                kind,
                attempts,
                next_at,
                error,
            };
            if waiting.contains(&key) {
                rows.push(park(0, now, String::new()));
                done = Some(position);
                continue;
            }
            match self.apply(event).await {
                Ok(()) => {}
                Err(Failure::Event(error)) => {
                    tracing::warn!(consumer = C::NAME, ?position, error, "event parked");
                    waiting.insert(key);
                    rows.push(park(1, now + pause_after(1), shortened(&error)));
                }
                Err(Failure::Outage(error)) => {
                    outage = Some(error);
                    break;
                }
            }
            done = Some(position);
        }
        if let Some(to) = done {
            let client = self.pool.get().await.map_err(StorageError::from)?;
            if !parked::park(&client, C::NAME, from, to, &rows, self.clock.now()).await? {
                return Err(ConsumerError::Overtaken);
            }
        }
        outage.map_or(Ok(()), Err)
    }

    /// Tries the parked events of a stream that are due, until none is: one that goes well
    /// makes way for the next of its key.
    async fn try_due(&self, stream: Stream) -> Result<(), ConsumerError> {
        loop {
            let client = self.pool.get().await.map_err(StorageError::from)?;
            let now = self.clock.now();
            let due = parked::due(&client, C::NAME, stream, now, DUE_MAX).await?;
            drop(client);
            if due.is_empty() {
                return Ok(());
            }
            for parked in due {
                self.try_parked(&parked).await?;
            }
        }
    }

    async fn try_parked(&self, parked: &Parked) -> Result<(), ConsumerError> {
        let (at, attempts) = (parked.position, parked.attempts.saturating_add(1));
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let entry = events::entry_at(&client, at).await?;
        drop(client);
        let tried = match entry {
            Some(entry) => self.apply(entry.event).await,
            None => Err(Failure::Event("event is not in the log any more".to_owned())),
        };
        let client = self.pool.get().await.map_err(StorageError::from)?;
        match tried {
            Ok(()) => parked::done(&client, C::NAME, at).await?,
            Err(Failure::Outage(error)) => return Err(error),
            Err(Failure::Event(error)) => {
                self.failed(&client, at, attempts, &shortened(&error)).await?;
            }
        }
        Ok(())
    }

    async fn failed(
        &self,
        client: &tokio_postgres::Client,
        at: Position,
        attempts: i32,
        error: &str,
    ) -> Result<(), StorageError> {
        let now = self.clock.now();
        if attempts < TRIES_MAX {
            let next_at = now + pause_after(attempts);
            return parked::again(client, C::NAME, at, attempts, next_at, error).await;
        }
        tracing::error!(consumer = C::NAME, position = ?at, attempts, error, "event given up");
        let id = self.clock.id();
        dead_letters::bury(client, id, C::NAME, at, attempts, error, now).await
    }

    async fn apply(&self, event: Result<Recorded, StorageError>) -> Result<(), Failure> {
        let event = event.map_err(|error| Failure::Event(in_full(&error)))?;
        let consumer = Arc::clone(&self.consumer);
        attempt(async move { consumer.apply(&event).await }).await
    }
}

/// How long an event rests that has failed so often.
fn pause_after(attempts: i32) -> SignedDuration {
    let pause = (PAUSE_S * PAUSE_FACTOR.powi(attempts - 1)).min(PAUSE_MAX_S);
    SignedDuration::from_secs_f64(pause * (1.0 + JITTER * (2.0 * fastrand::f64() - 1.0)))
}

/// An error with what lies behind it.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

pub(super) fn shortened(text: &str) -> String {
    text.chars().take(ERROR_MAX).collect()
}

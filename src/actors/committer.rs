//! Group commit: change sets of many entities go into one statement while the one before
//! is on its way. The batch forms by itself; there is no timer.
//!
//! It owns one connection and the queue before it. Nothing of it survives a crash: a set
//! whose reply port closes is one whose outcome is unknown, and its entity finds out.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::root::{Mailbox, Root};
use super::tail::Tail;
use crate::clock;
use crate::domain::entity::{EntityRef, Shard};
use crate::domain::event::Position;
use crate::domain::gate::Gate;
use crate::storage::batch::Writer;
use crate::storage::changes::{ChangeSet, Settled};
use crate::storage::commands::CommandRecord;
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;

/// The pause between two attempts to reach a database that went away.
const RECONNECT: std::time::Duration = std::time::Duration::from_millis(50);

/// How a change set ended, as its entity is told.
#[derive(Debug, PartialEq)]
pub enum SetEnd {
    /// It was written, and left these records; its stream has come so far, if it wrote events.
    Fresh(Vec<CommandRecord>, Option<Position>),
    /// One of its commands had been carried out before; nothing was written.
    Already,
    /// The shard has another owner; nothing was written.
    Fenced,
    /// These gates were not to be had; nothing was written.
    Gated(Vec<Gate>),
    /// A constraint or a version stood in the way; nothing was written.
    Aborted,
    /// Nobody can say.
    Unknown,
}

impl SetEnd {
    /// A word for it, as metrics have it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Fresh(..) => "fresh",
            Self::Already => "already",
            Self::Fenced => "fenced",
            Self::Gated(_) => "gated",
            Self::Aborted => "aborted",
            Self::Unknown => "unknown",
        }
    }
}

/// Tells an entity how its set ended; told [`SetEnd::Unknown`] when it is dropped unused.
pub struct OnEnd(Option<Box<dyn FnOnce(SetEnd) + Send>>);

impl OnEnd {
    /// Wraps what to do with the end.
    #[must_use]
    pub fn new(tell: impl FnOnce(SetEnd) + Send + 'static) -> Self {
        Self(Some(Box::new(tell)))
    }

    fn tell(mut self, end: SetEnd) {
        if let Some(tell) = self.0.take() {
            tell(end);
        }
    }
}

impl Drop for OnEnd {
    fn drop(&mut self) {
        if let Some(tell) = self.0.take() {
            tell(SetEnd::Unknown);
        }
    }
}

/// The committers of this node. A shard always goes to the same one, so that its batches
/// are in order.
#[derive(Debug, Clone)]
pub struct Committers(Vec<Mailbox<Msg>>);

impl Committers {
    /// Commits nothing: for tests that ask no entity.
    #[cfg(test)]
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Starts `writers` committers, each with its own connection.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn start(
        root: &Root,
        database: &Database,
        writers: usize,
        batch_sets: usize,
        tail: &Tail,
    ) -> Result<Self, ActorProcessingErr> {
        let mut committers = Vec::new();
        for _ in 0..writers.max(1) {
            let (database, tail) = (database.clone(), tail.clone());
            let make = move || {
                let arguments =
                    Arguments { database: database.clone(), tail: tail.clone(), batch_sets };
                (Committer, arguments)
            };
            committers.push(root.adopt("committer", make).await?);
        }
        Ok(Self(committers))
    }

    /// Hands in a change set. `on_end` is always told, some time.
    pub fn submit(&self, set: ChangeSet, on_end: OnEnd) {
        if let Some(committer) = self.of(set.shard) {
            committer.send(Msg::Submit(Box::new(set), on_end));
        }
    }

    /// Waits until no set of an entity is on its way any more. Who loads an entity waits
    /// for this first, or it might read what is about to change.
    pub async fn settled(&self, entity: EntityRef) {
        let (reply, settled) = oneshot::channel();
        if let Some(committer) = self.of(entity.shard()) {
            committer.send(Msg::Settled(entity.id, reply));
        }
        // A committer that has just failed has nothing on its way: its session is ended
        // before the next one writes.
        settled.await.ok();
    }

    fn of(&self, shard: Shard) -> Option<&Mailbox<Msg>> {
        self.0.get(usize::from(shard.0) % self.0.len().max(1))
    }
}

/// What a committer is told.
pub enum Msg {
    /// An entity hands in a set.
    Submit(Box<ChangeSet>, OnEnd),
    /// An entity waits until nothing of it is on its way.
    Settled(Uuid, oneshot::Sender<()>),
    /// A batch has been written, or has failed for good.
    Written(Box<Writer>, Vec<Ended>, Vec<Position>),
    /// The task that wrote a batch broke.
    Broken,
}

impl ractor::Message for Msg {}

/// A set on its way, and who waits for its end.
pub struct Pending {
    set: ChangeSet,
    on_end: OnEnd,
}

/// How a set of an entity ended, and who waits for that.
pub struct Ended {
    entity: Uuid,
    end: SetEnd,
    on_end: OnEnd,
}

struct Committer;

struct Arguments {
    database: Database,
    tail: Tail,
    batch_sets: usize,
}

struct State {
    /// `None` while a batch is on its way.
    writer: Option<Box<Writer>>,
    queue: VecDeque<Pending>,
    /// How many sets of an entity are queued or on their way.
    unsettled: HashMap<Uuid, usize>,
    waiting: HashMap<Uuid, Vec<oneshot::Sender<()>>>,
    tail: Tail,
    batch_sets: usize,
}

impl Actor for Committer {
    type Msg = Msg;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        _: ActorRef<Msg>,
        arguments: Arguments,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State {
            writer: Some(Box::new(Writer::open(arguments.database).await?)),
            queue: VecDeque::new(),
            unsettled: HashMap::new(),
            waiting: HashMap::new(),
            tail: arguments.tail,
            batch_sets: arguments.batch_sets,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Submit(set, on_end) => {
                *state.unsettled.entry(set.entity.id).or_default() += 1;
                state.queue.push_back(Pending { set: *set, on_end });
                queued().increment(1);
                state.write(&myself);
            }
            Msg::Settled(entity, reply) => {
                if state.unsettled.contains_key(&entity) {
                    state.waiting.entry(entity).or_default().push(reply);
                } else {
                    // An entity that no longer waits needs no answer.
                    reply.send(()).ok();
                }
            }
            Msg::Written(writer, batch, heads) => {
                state.writer = Some(writer);
                // First of all the database gets work: those who are told now ask again.
                state.write(&myself);
                state.settle(batch);
                state.tail.committed(heads);
            }
            Msg::Broken => return Err("batch task broke".into()),
        }
        Ok(())
    }
}

/// A committer that fails takes its queue along.
impl Drop for State {
    fn drop(&mut self) {
        queued().decrement(float(self.queue.len()));
    }
}

impl State {
    /// Sends the next batch, unless one is on its way.
    fn write(&mut self, myself: &ActorRef<Msg>) {
        if self.queue.is_empty() {
            return;
        }
        let Some(writer) = self.writer.take() else { return };
        let count = self.queue.len().min(self.batch_sets);
        let batch: Vec<Pending> = self.queue.drain(..count).collect();
        queued().decrement(float(count));
        let myself = myself.clone();
        tokio::spawn(async move {
            let written = AssertUnwindSafe(write(writer, batch)).catch_unwind().await;
            let message = written.unwrap_or(Msg::Broken);
            // The committer outlives its batches, but for the end of the process.
            myself.cast(message).ok();
        });
    }

    fn settle(&mut self, batch: Vec<Ended>) {
        for Ended { entity: id, end, on_end } in batch {
            if let Some(count) = self.unsettled.get_mut(&id) {
                *count -= 1;
                if *count == 0 {
                    self.unsettled.remove(&id);
                    for waiter in self.waiting.remove(&id).unwrap_or_default() {
                        // An entity that no longer waits needs no answer.
                        waiter.send(()).ok();
                    }
                }
            }
            on_end.tell(end);
        }
    }
}

fn queued() -> metrics::Gauge {
    metrics::gauge!("committer_queue_sets")
}

/// A number of sets as metrics have it.
fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Writes a batch, in parts when a set in it is refused, again when no answer comes.
async fn write(mut writer: Box<Writer>, batch: Vec<Pending>) -> Msg {
    let began = clock::monotonic();
    let (sets, waiting): (Vec<ChangeSet>, Vec<OnEnd>) =
        batch.into_iter().map(|pending| (pending.set, pending.on_end)).unzip();
    let mut ends = Vec::with_capacity(sets.len());
    let mut heads = HashMap::new();
    let mut parts = vec![&sets[..]];
    while let Some(part) = parts.pop() {
        match settle(&mut writer, part).await {
            Some(settled) => {
                for (set, (end, seq)) in part.iter().zip(settled) {
                    let stream = set.shard.stream();
                    heads.extend(seq.map(|seq| (stream, seq)));
                    let head = seq.map(|seq| Position { stream, seq });
                    ends.push(match end {
                        SetEnd::Fresh(records, _) => SetEnd::Fresh(records, head),
                        end => end,
                    });
                }
            }
            None if part.len() == 1 => ends.push(SetEnd::Aborted),
            None => {
                // The first half has to come first: answers are in the order of the sets.
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
        }
    }
    metrics::histogram!("committer_batch_sets").record(float(sets.len()));
    metrics::histogram!("committer_batch_duration_seconds").record(began.elapsed().as_secs_f64());
    for end in &ends {
        metrics::counter!("committer_sets_total", "end" => end.name()).increment(1);
    }
    let batch = sets.into_iter().zip(ends).zip(waiting).map(|((set, end), on_end)| {
        let end = match end {
            SetEnd::Fresh(_, head) => SetEnd::Fresh(set.commands, head),
            end => end,
        };
        Ended { entity: set.entity.id, end, on_end }
    });
    let heads = heads.into_iter().map(|(stream, seq)| Position { stream, seq });
    Msg::Written(writer, batch.collect(), heads.collect())
}

/// Writes one statement and finds out how it ended, however long that takes. `None` when
/// the database refused it.
async fn settle(writer: &mut Writer, sets: &[ChangeSet]) -> Option<Vec<(SetEnd, Option<i64>)>> {
    let mut resent = false;
    loop {
        match writer.execute(sets).await {
            Ok(answers) => {
                let fenced = answers.iter().filter(|it| **it == Settled::Fenced).count();
                if fenced > 0 {
                    metrics::counter!("committer_fenced_total")
                        .increment(u64::try_from(fenced).unwrap_or(u64::MAX));
                    tracing::warn!(
                        sets = fenced,
                        resent,
                        "sets were fenced: others own the shards"
                    );
                }
                let ends = answers.into_iter().map(|answer| match answer {
                    Settled::Fresh { head } => (SetEnd::Fresh(Vec::new(), None), head),
                    Settled::Already => (SetEnd::Already, None),
                    // The first sending may have gone through before the shard moved.
                    Settled::Fenced if resent => (SetEnd::Unknown, None),
                    Settled::Fenced => (SetEnd::Fenced, None),
                    Settled::Gated { lacked } => (SetEnd::Gated(lacked), None),
                });
                return Some(ends.collect());
            }
            Err(StorageError::Unknown(error) | StorageError::Unreachable(error)) => {
                tracing::warn!(?error, sets = sets.len(), "batch has no answer, sending it again");
                resent = true;
                while let Err(error) = writer.recover().await {
                    tracing::debug!(%error, "database is away");
                    clock::pause(RECONNECT).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, source = ?std::error::Error::source(&error),
                    sets = sets.len(), "batch was refused");
                return None;
            }
        }
    }
}

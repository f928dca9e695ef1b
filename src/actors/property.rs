//! The property actor: the one writer of a listing, its nights, its bookings and their
//! payments. Commands queue in its mailbox instead of at a lock.
//!
//! One change set is on its way at a time. Commands that come meanwhile are decided in order,
//! each seeing those before it, as if the set were written, and go out together as the next one
//! when it is; if it is not, they are decided anew. Nothing survives a crash: state is a cache
//! of rows, loaded on the first message. Whenever memory may differ from the rows (a set
//! refused, fenced or without an answer) it is dropped and loaded again.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, ActorRuntime, ActorStatus};
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use super::committer::{Committers, OnEnd, SetEnd};
use super::property_memory::Memory;
use super::property_refusals::Refusals;
use super::property_turn::{Decided, SET_MAX, Turn, Waiting, repeated};
use super::queue::Ticket;
use crate::clock::Clock;
use crate::domain::entity::{EntityRef, Shard};
use crate::domain::envelope::{Answer, Request};
use crate::domain::gate::Gate;
use crate::domain::ids::PropertyId;
use crate::domain::rules::Rules;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// How often a command that is alone in its set is tried before it is given back.
const TRIES_MAX: u32 = 3;

/// How old decisions may be when their set is handed in. Those that waited longer, while the
/// database was away, are made anew: rules look at the clock.
const DECIDED_MAX: SignedDuration = SignedDuration::from_secs(1);

/// Why the actor did not answer a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAnswered {
    /// It has stopped, or could not find out how a set ended: the same request may come
    /// again, to a new actor.
    Gone,
    /// It broke while the request was with it.
    Broken,
    /// Its shard has another owner; nothing was done.
    Fenced,
    /// The database stood in the way; nothing was done.
    Failed,
}

/// What every property actor of this node is given.
#[derive(Debug)]
pub struct Surroundings {
    /// For loading state.
    pub pool: Pool,
    /// For writing changes.
    pub committers: Committers,
    /// The time.
    pub clock: Clock,
    /// The settings of the rules.
    pub rules: Rules,
}

/// The door to one property actor.
#[derive(Debug, Clone)]
pub struct PropertyHandle {
    actor: ActorRef<Msg>,
    epoch: i64,
}

impl PropertyHandle {
    /// Starts the actor of a property that this node owns under `epoch`. It loads its state
    /// with its first message.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub fn start(
        entity: EntityRef,
        epoch: i64,
        around: Arc<Surroundings>,
        supervisor: ActorCell,
    ) -> Result<Self, ActorProcessingErr> {
        let arguments = (entity, epoch, around);
        let (actor, _) =
            ActorRuntime::spawn_linked_instant(None, PropertyActor, arguments, supervisor)?;
        Ok(Self { actor, epoch })
    }

    /// The epoch under which it writes.
    #[must_use]
    pub const fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Asks; the request leaves its queue with the answer.
    ///
    /// # Errors
    /// [`NotAnswered`], which says whether the request may have been carried out.
    pub async fn ask(&self, request: Request, ticket: Ticket) -> Result<Answer, NotAnswered> {
        let (reply, answer) = oneshot::channel();
        let span = Span::current();
        let waiting = Waiting { request, reply, span, tries: 0, _ticket: ticket };
        self.actor.cast(Msg::Ask(Box::new(waiting))).map_err(|_| NotAnswered::Gone)?;
        answer.await.unwrap_or(Err(NotAnswered::Broken))
    }

    /// Whether the actor has ended, or is about to.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.actor.get_status() >= ActorStatus::Draining
    }

    /// Ends the actor once it has nothing to do any more.
    pub fn passivate(&self) {
        // An actor that has ended already is what we want.
        self.actor.drain().ok();
    }
}

/// What the actor is told.
enum Msg {
    /// Carry a request out. From the handle; must be answered.
    Ask(Box<Waiting>),
    /// The change set on its way has ended. From the committer.
    Settled(SetEnd),
}

impl ractor::Message for Msg {}

impl Msg {
    /// What its sender is doing.
    fn span(&self) -> Span {
        match self {
            Self::Ask(waiting) => waiting.span.clone(),
            Self::Settled(_) => Span::none(),
        }
    }
}

struct PropertyActor;

struct State {
    id: PropertyId,
    entity: EntityRef,
    shard: Shard,
    epoch: i64,
    around: Arc<Surroundings>,
    /// What is known; `None` until it is loaded, and whenever it may be wrong.
    memory: Option<Memory>,
    /// Requests that wait for their turn. Boxed: the queue keeps room for some when it is empty.
    waiting: VecDeque<Box<Waiting>>,
    /// Requests that wait for the set on its way, with the answers they get if it is
    /// written. Empty: nothing is on its way.
    in_flight: Vec<Decided>,
    /// When the first decision of those was made.
    began: Timestamp,
    /// What is decided as if the set on its way were written, and is handed in when it is.
    /// Boxed: there is none as long as nothing is on its way.
    ahead: Option<Box<Turn>>,
    /// Answers that can be given, and are once the next set is on its way: the callers
    /// whom they wake would come before it.
    owed: Vec<Decided>,
    /// How many of the waiting requests are decided one a set, after a refused set.
    alone: usize,
    /// What was refused lately.
    refusals: Refusals,
}

impl Actor for PropertyActor {
    type Msg = Msg;
    type State = State;
    type Arguments = (EntityRef, i64, Arc<Surroundings>);

    async fn pre_start(
        &self,
        _: ActorRef<Msg>,
        (entity, epoch, around): Self::Arguments,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State {
            id: PropertyId::from(entity.id),
            entity,
            shard: entity.shard(),
            epoch,
            around,
            memory: None,
            waiting: VecDeque::new(),
            in_flight: Vec::new(),
            began: Timestamp::UNIX_EPOCH,
            ahead: None,
            owed: Vec::new(),
            alone: 0,
            refusals: Refusals::default(),
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        // Boxed: an actor keeps room for all that it may wait on as long as it lives, and
        // there are a hundred thousand of them that mostly wait for nothing but a message.
        let span = message.span();
        Box::pin(state.take(&myself, message).instrument(span)).await;
        Ok(())
    }
}

impl State {
    async fn take(&mut self, myself: &ActorRef<Msg>, message: Msg) {
        match message {
            Msg::Ask(waiting) => self.waiting.push_back(waiting),
            Msg::Settled(end) => self.on_settled(myself, end).await,
        }
        self.take_turn(myself).await;
        self.pay();
    }

    /// Decides what waits and sends it off, unless a set is on its way.
    async fn take_turn(&mut self, myself: &ActorRef<Msg>) {
        while self.in_flight.is_empty() && !self.waiting.is_empty() {
            let count = if self.alone > 0 { 1 } else { self.waiting.len().min(SET_MAX) };
            self.alone = self.alone.saturating_sub(1);
            let mut turn: Vec<Box<Waiting>> = self.waiting.drain(..count).collect();
            turn.retain(|waiting| !waiting.reply.is_closed());
            if let Err(error) = self.prepare(&turn).await {
                tracing::warn!(entity = %self.entity, %error, "property cannot be loaded");
                self.memory = None;
                for waiting in turn {
                    waiting.answer(Err(NotAnswered::Failed));
                }
                continue;
            }
            self.decide(myself, turn).await;
        }
        self.decide_ahead();
    }

    /// Gives the answers that are owed.
    fn pay(&mut self) {
        for (waiting, answer) in self.owed.drain(..) {
            waiting.answer(answer);
        }
    }

    /// Loads what is not known yet and the decisions need.
    async fn prepare(&mut self, turn: &[Box<Waiting>]) -> Result<(), StorageError> {
        let requests = || turn.iter().map(|waiting| &waiting.request);
        if self.memory.as_ref().is_some_and(|memory| knows_enough(memory, requests())) {
            return Ok(());
        }
        // Boxed: every message would make room for it, and few load.
        Box::pin(self.load(turn)).await
    }

    async fn load(&mut self, turn: &[Box<Waiting>]) -> Result<(), StorageError> {
        let commands = || turn.iter().map(|waiting| &waiting.request.command);
        // Nobody waits for the database who need not.
        self.pay();
        let around = &self.around;
        let memory = match &mut self.memory {
            Some(memory) => memory,
            None => {
                around.committers.settled(self.entity).await;
                let client = around.pool.get().await?;
                let loaded = Memory::load(&client, self.id, around.clock.now()).await?;
                self.memory.insert(loaded)
            }
        };
        if memory.lacks(commands()) {
            let client = around.pool.get().await?;
            memory.fetch(&client, self.id, commands()).await?;
        }
        let forgotten = memory.forgotten(turn.iter().map(|waiting| waiting.request.id));
        if !forgotten.is_empty() {
            let client = around.pool.get().await?;
            memory.recall(&client, &forgotten).await?;
        }
        Ok(())
    }

    /// Decides requests and hands in what comes of them.
    #[expect(clippy::vec_box, reason = "they are boxed as long as they wait")]
    async fn decide(&mut self, myself: &ActorRef<Msg>, requests: Vec<Box<Waiting>>) {
        let Some(memory) = &mut self.memory else { return };
        let now = self.around.clock.now();
        let mut turn = Turn::new((self.entity, self.shard), self.epoch, now, requests.len());
        for waiting in requests {
            let known = (&mut *memory, &mut self.refusals);
            turn.decide(known, waiting, (now, &self.around.rules));
        }
        self.hand_in(myself, turn).await;
    }

    /// Decides what waits while a set is on its way, as far as nothing has to be read for that:
    /// so the database gets the next set as soon as it has written this one.
    fn decide_ahead(&mut self) {
        let Some(memory) = self.memory.as_mut().filter(|_| self.alone == 0) else { return };
        let is_full = |turn: &Option<Box<Turn>>| turn.as_ref().is_some_and(|turn| turn.is_full());
        while !self.in_flight.is_empty() && !is_full(&self.ahead) {
            let Some(request) = self.waiting.front().map(|waiting| &waiting.request) else {
                return;
            };
            let is_on_its_way =
                self.in_flight.iter().any(|(other, _)| other.request.id == request.id);
            if is_on_its_way || !knows_enough(memory, std::iter::once(request)) {
                return;
            }
            let Some(waiting) = self.waiting.pop_front() else { return };
            if waiting.reply.is_closed() {
                continue;
            }
            let now = self.around.clock.now();
            let of = (self.entity, self.shard);
            let turn =
                self.ahead.get_or_insert_with(|| Box::new(Turn::new(of, self.epoch, now, 0)));
            turn.decide((&mut *memory, &mut self.refusals), waiting, (now, &self.around.rules));
        }
    }

    /// Hands the net effect of a turn to the committer.
    async fn hand_in(&mut self, myself: &ActorRef<Msg>, turn: Turn) {
        let Some(memory) = &mut self.memory else { return };
        let Turn { began, set, mut decided } = turn;
        memory.forget_recalled();
        if !memory.knows_all_requests() {
            // Boxed for the same reason as loading.
            if let Err(error) = Box::pin(self.answer_repeats(&mut decided)).await {
                tracing::warn!(entity = %self.entity, %error, "records cannot be read");
            }
        }
        if set.commands.is_empty() {
            for (waiting, answer) in decided {
                waiting.answer(answer);
            }
            return;
        }
        (self.began, self.in_flight) = (began, decided);
        let myself = myself.clone();
        let tell = move |end| {
            // An actor that has broken meanwhile loads anew and finds out by itself.
            myself.cast(Msg::Settled(end)).ok();
        };
        self.around.committers.submit(set, OnEnd::new(tell));
    }

    /// A refused request may be the repeat of one that was carried out long ago: past the
    /// requests in memory, one read tells.
    async fn answer_repeats(&mut self, decided: &mut [Decided]) -> Result<(), StorageError> {
        let mut refused: Vec<_> = decided
            .iter_mut()
            .filter(|(_, answer)| matches!(answer, Ok(Answer::Refused(_))))
            .collect();
        if refused.is_empty() {
            return Ok(());
        }
        self.pay();
        let found = async {
            let client = self.around.pool.get().await?;
            let ids: Vec<_> = refused.iter().map(|(waiting, _)| waiting.request.id).collect();
            crate::storage::commands::find(&client, &ids).await
        };
        let found = found.await;
        for (waiting, answer) in &mut refused {
            match &found {
                Ok(records) => {
                    if let Some(record) = records.iter().find(|r| r.id == waiting.request.id) {
                        *answer = Ok(repeated(record, &waiting.request));
                    }
                }
                Err(_) => *answer = Err(NotAnswered::Failed),
            }
        }
        found.map(|_| ())
    }

    async fn on_settled(&mut self, myself: &ActorRef<Msg>, end: SetEnd) {
        let turn = std::mem::take(&mut self.in_flight);
        if !matches!(end, SetEnd::Fresh(..)) {
            self.put_back_ahead();
            // Nobody has been told of refusals that rest on what was not written.
            self.refusals.take_back(self.began);
        }
        match end {
            SetEnd::Fresh(records, head) => {
                if let Some(memory) = &mut self.memory {
                    memory.remember(&records);
                    memory.property.forget_settled();
                }
                let placed = turn
                    .into_iter()
                    .map(|(waiting, answer)| (waiting, answer.map(|answer| answer.at(head))));
                self.owed = placed.collect();
                let now = self.around.clock.now();
                match self.ahead.take_if(|turn| now.duration_since(turn.began) < DECIDED_MAX) {
                    Some(turn) => self.hand_in(myself, *turn).await,
                    None => self.put_back_ahead(),
                }
            }
            SetEnd::Fenced => {
                tracing::error!(entity = %self.entity, "shard has another owner");
                for (waiting, _) in turn.into_iter() {
                    waiting.answer(Err(NotAnswered::Fenced));
                }
                while let Some(waiting) = self.waiting.pop_front() {
                    waiting.answer(Err(NotAnswered::Fenced));
                }
                myself.stop(None);
            }
            SetEnd::Already | SetEnd::Unknown => Box::pin(self.again(turn)).await,
            SetEnd::Gated(lacked) => self.without_gates(turn, &lacked),
            SetEnd::Aborted => {
                self.memory = None;
                let single = turn.len() == 1;
                self.alone = turn.len();
                for (mut waiting, _) in turn.into_iter().rev() {
                    waiting.tries += u32::from(single);
                    if waiting.tries >= TRIES_MAX {
                        self.alone -= 1;
                        waiting.answer(Err(NotAnswered::Failed));
                    } else {
                        self.waiting.push_front(waiting);
                    }
                }
            }
        }
    }

    /// Takes back what was decided ahead: it is decided anew.
    fn put_back_ahead(&mut self) {
        let Some(turn) = self.ahead.take() else { return };
        self.memory = None;
        self.refusals.take_back(turn.began);
        for (waiting, _) in turn.decided.into_iter().rev() {
            self.waiting.push_front(waiting);
        }
    }

    /// Refuses the commands that lack a gate. The others have not been carried out either, and
    /// are decided anew.
    fn without_gates(&mut self, turn: Vec<Decided>, lacked: &[Gate]) {
        self.memory = None;
        for (waiting, _) in turn.into_iter().rev() {
            let request = waiting.request.id.uuid();
            match lacked.iter().find(|gate| gate.command == request) {
                Some(gate) => waiting.answer(Ok(Answer::Refused(gate.kind.refusal()))),
                None => self.waiting.push_front(waiting),
            }
        }
    }

    /// Some of a set's commands may have been carried out before. Loads anew, with their
    /// records, and decides all of them again: those are then answered as repeats.
    async fn again(&mut self, turn: Vec<Decided>) {
        self.memory = None;
        let ids: Vec<_> = turn.iter().map(|(waiting, _)| waiting.request.id).collect();
        let found = async {
            self.prepare(&[]).await?;
            let client = self.around.pool.get().await?;
            crate::storage::commands::find(&client, &ids).await
        };
        match found.await {
            Ok(found) => {
                if let Some(memory) = &mut self.memory {
                    memory.remember(&found);
                }
                for (waiting, _) in turn.into_iter().rev() {
                    self.waiting.push_front(waiting);
                }
            }
            Err(error) => {
                tracing::warn!(entity = %self.entity, %error, "outcome cannot be read");
                self.memory = None;
                for (waiting, _) in turn {
                    waiting.answer(Err(NotAnswered::Gone));
                }
            }
        }
    }
}

/// Whether all is there that deciding requests takes.
fn knows_enough<'a>(memory: &Memory, requests: impl Iterator<Item = &'a Request> + Clone) -> bool {
    !memory.lacks(requests.clone().map(|request| &request.command))
        && memory.forgotten(requests.map(|request| request.id)).is_empty()
}

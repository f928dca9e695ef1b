//! A turn of a property actor: requests that are decided one after another, each seeing those
//! before it, and the change set that comes of them.

use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::Span;

use super::property::NotAnswered;
use super::property_memory::Memory;
use super::property_refusals::Refusals;
use super::queue::Ticket;
use crate::domain::change::{Decision, Net};
use crate::domain::entity::{EntityRef, Shard};
use crate::domain::envelope::{Answer, Request};
use crate::domain::ids::TimerId;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{Context, Rules};
use crate::domain::stay::{self, Outcome};
use crate::storage::changes::{ChangeSet, NewEvent};
use crate::storage::commands::CommandRecord;

/// The most commands in one change set. While it is written, those that it answers come
/// back with others: with sets of all that waits, they would find nobody at work.
pub(super) const SET_MAX: usize = 128;

/// A request and who waits for its answer.
pub(super) struct Waiting {
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<Result<Answer, NotAnswered>>,
    /// What whoever asked is doing.
    pub(super) span: Span,
    pub(super) tries: u32,
    pub(super) _ticket: Ticket,
}

impl Waiting {
    pub(super) fn answer(self: Box<Self>, answer: Result<Answer, NotAnswered>) {
        // Whoever asked may have given up; the request's record answers a retry.
        self.reply.send(answer).ok();
    }
}

/// A request with the answer it gets when its set is written.
pub(super) type Decided = (Box<Waiting>, Result<Answer, NotAnswered>);

/// What is decided and not handed in yet.
pub(super) struct Turn {
    /// The instant of the first decision.
    pub(super) began: Timestamp,
    pub(super) set: ChangeSet,
    pub(super) decided: Vec<Decided>,
}

impl Turn {
    /// An empty turn.
    pub(super) fn new(
        (entity, shard): (EntityRef, Shard),
        epoch: i64,
        now: Timestamp,
        size: usize,
    ) -> Self {
        let set = ChangeSet {
            entity,
            shard,
            epoch,
            at: now,
            commands: Vec::new(),
            net: Net::default(),
            events: Vec::new(),
        };
        Self { began: now, set, decided: Vec::with_capacity(size) }
    }

    /// Whether it takes no more requests.
    pub(super) const fn is_full(&self) -> bool {
        self.decided.len() >= SET_MAX
    }

    /// Decides one more request; what it changes goes into the set.
    pub(super) fn decide(
        &mut self,
        known: (&mut Memory, &mut Refusals),
        waiting: Box<Waiting>,
        (now, rules): (Timestamp, &Rules),
    ) {
        self.set.at = now;
        let answer = decide(known, &mut self.set, &waiting.request, rules);
        self.decided.push((waiting, answer));
    }
}

/// Decides one request on top of those before it.
fn decide(
    (memory, refusals): (&mut Memory, &mut Refusals),
    set: &mut ChangeSet,
    request: &Request,
    rules: &Rules,
) -> Result<Answer, NotAnswered> {
    let pending = set.commands.iter().find(|record| record.id == request.id);
    if let Some(record) = pending.or_else(|| memory.record(request.id)) {
        return Ok(repeated(record, request));
    }
    let context = Context { now: set.at, request: request.id.uuid(), rules };
    if let Some(refusal) = refusals.of(request, set.at) {
        let refusal = memory.with_alternatives(refusal.clone(), &request.command, &context);
        return Ok(Answer::Refused(refusal));
    }
    let decision = match stay::decide(&memory.property, &request.command, &context) {
        Ok(decision) => decision,
        // A timer has to be marked as fired, whatever becomes of what it was about.
        Err(_) if request.command.is_timer() => Decision::new(Outcome::Done),
        Err(refusal) => {
            refusals.add(request, &refusal, set.at);
            let refusal = memory.with_alternatives(refusal, &request.command, &context);
            return Ok(Answer::Refused(refusal));
        }
    };
    let answer =
        Answer::Done { outcome: decision.outcome.clone(), replayed: false, position: None };
    if decision.is_empty() && !request.command.is_timer() {
        return Ok(answer);
    }
    if let Some(gate) = set.net.lacks(&decision.changes) {
        return Ok(Answer::Refused(gate.kind.refusal()));
    }
    for change in decision.changes {
        let (version, nights) =
            (memory.property.version_of(&change), memory.property.occupied_by(&change));
        memory.apply(&change);
        set.net.take(change, version, nights);
    }
    if request.command.is_timer() {
        set.net.fire(TimerId::from(request.id.uuid()));
    }
    set.events.extend(decision.events.into_iter().map(|(key, event)| NewEvent {
        key,
        event,
        actor: request.actor,
        causation: request.id,
    }));
    set.commands.push(CommandRecord {
        id: request.id,
        fingerprint: request.fingerprint,
        outcome: decision.outcome,
    });
    Ok(answer)
}

/// The answer to a request that was carried out before.
pub(super) fn repeated(record: &CommandRecord, request: &Request) -> Answer {
    if record.fingerprint == request.fingerprint {
        Answer::Done { outcome: record.outcome.clone(), replayed: true, position: None }
    } else {
        Answer::Refused(Refusal::KeyReused)
    }
}

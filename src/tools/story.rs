//! The life of one property, told ahead of time: commands are decided by the rules of the
//! house one after the other, as its actor would, and give the change sets to write.

use jiff::Timestamp;

use crate::domain::change::Net;
use crate::domain::entity::EntityRef;
use crate::domain::event::Actor;
use crate::domain::ids::{self, PropertyId, RequestId, TimerId};
use crate::domain::refusal::Refusal;
use crate::domain::rules::{Context, Rules};
use crate::domain::stay::{self, Command, Outcome, PropertyState};
use crate::storage::changes::{ChangeSet, NewEvent};
use crate::storage::commands::CommandRecord;

/// A property that does not exist yet, and what shall happen to it.
#[derive(Debug)]
pub struct Story<'a> {
    id: PropertyId,
    epoch: i64,
    rules: &'a Rules,
    property: PropertyState,
    sets: Vec<ChangeSet>,
}

impl<'a> Story<'a> {
    /// A story that begins before the property exists. `epoch` is that of its shard.
    #[must_use]
    pub fn new(id: PropertyId, epoch: i64, rules: &'a Rules) -> Self {
        Self { id, epoch, rules, property: PropertyState::default(), sets: Vec::new() }
    }

    /// The property that it is about.
    #[must_use]
    pub const fn id(&self) -> PropertyId {
        self.id
    }

    /// What has become of the property so far.
    #[must_use]
    pub const fn property(&self) -> &PropertyState {
        &self.property
    }

    /// Has one command carried out at an instant that is not before those told already.
    /// Commands of the same instant are written together. `label` names the command within
    /// its property: the request id follows from both.
    ///
    /// # Errors
    /// When the rules refuse it; the story is as it was.
    pub fn tell(
        &mut self,
        label: &str,
        at: Timestamp,
        actor: Actor,
        command: &Command,
    ) -> Result<Outcome, Refusal> {
        let request = RequestId::from(ids::derived(self.id.uuid(), label));
        self.carry_out(request, at, actor, command)
    }

    /// Has a timer fire that an earlier command has set, with its command.
    ///
    /// # Errors
    /// When the rules refuse it; the story is as it was.
    pub fn fire(
        &mut self,
        timer: TimerId,
        at: Timestamp,
        command: &Command,
    ) -> Result<Outcome, Refusal> {
        self.carry_out(RequestId::from(timer.uuid()), at, Actor::System, command)
    }

    fn carry_out(
        &mut self,
        request: RequestId,
        at: Timestamp,
        actor: Actor,
        command: &Command,
    ) -> Result<Outcome, Refusal> {
        let context = Context { now: at, request: request.uuid(), rules: self.rules };
        let decision = stay::decide(&self.property, command, &context)?;
        if self.sets.last().is_none_or(|set| set.at != at) {
            self.sets.push(self.empty_set(at));
        }
        let Some(set) = self.sets.last_mut() else { return Ok(decision.outcome) };
        for change in decision.changes {
            let before = (self.property.version_of(&change), self.property.occupied_by(&change));
            self.property.apply(&change);
            set.net.take(change, before.0, before.1);
        }
        if command.is_timer() {
            set.net.fire(request.uuid().into());
        }
        set.events.extend(decision.events.into_iter().map(|(key, event)| NewEvent {
            key,
            event,
            actor,
            causation: request,
        }));
        set.commands.push(CommandRecord {
            id: request,
            // Nobody else makes this request id, so it can stand for what it asks.
            fingerprint: *request.uuid().as_bytes(),
            outcome: decision.outcome.clone(),
        });
        Ok(decision.outcome)
    }

    fn empty_set(&self, at: Timestamp) -> ChangeSet {
        let entity = EntityRef::from(self.id);
        ChangeSet {
            entity,
            shard: entity.shard(),
            epoch: self.epoch,
            at,
            commands: Vec::new(),
            net: Net::default(),
            events: Vec::new(),
        }
    }

    /// The change sets, to be written in this order.
    #[must_use]
    pub fn into_sets(self) -> Vec<ChangeSet> {
        self.sets
    }
}

//! A change set: all that one entity writes in one go.

use jiff::Timestamp;

use super::commands::CommandRecord;
use crate::domain::change::Net;
use crate::domain::entity::{EntityRef, Shard};
use crate::domain::event::{Actor, Event};
use crate::domain::gate::Gate;
use crate::domain::ids::RequestId;
use uuid::Uuid;

/// An event on its way into the log; its number is given when it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The aggregate whose order it keeps.
    pub key: Uuid,
    /// What happened.
    pub event: Event,
    /// Who made it happen.
    pub actor: Actor,
    /// The request that caused it.
    pub causation: RequestId,
}

/// The changes of one entity, written together or not at all.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    /// Whose changes they are.
    pub entity: EntityRef,
    /// The entity's shard.
    pub shard: Shard,
    /// The epoch under which the entity was loaded: the fence.
    pub epoch: i64,
    /// The instant of the decisions.
    pub at: Timestamp,
    /// The commands that were carried out.
    pub commands: Vec<CommandRecord>,
    /// Their net effect on rows.
    pub net: Net,
    /// What is told about them, in order.
    pub events: Vec<NewEvent>,
}

/// How a change set ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It was written now.
    Fresh {
        /// The head of the shard's stream after the batch, when the set had events.
        head: Option<i64>,
    },
    /// One of its commands had been carried out before; nothing of the set was written.
    Already,
    /// The shard has another owner; nothing was written.
    Fenced,
    /// These gates were not to be had; nothing was written.
    Gated {
        /// The gates.
        lacked: Vec<Gate>,
    },
}

//! What travels to an entity and back. Plain data: the same on one node and between nodes.

use serde::{Deserialize, Serialize};

use super::event::{Actor, Position};
use super::ids::RequestId;
use super::refusal::Refusal;
use super::stay::{Command, Outcome};

/// A command on its way to its entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The key of its command record: a retry carries the same one.
    pub id: RequestId,
    /// A digest of what was asked, so that one key cannot carry two requests.
    pub fingerprint: [u8; 16],
    /// Who asks.
    pub actor: Actor,
    /// What is asked.
    pub command: Command,
}

/// An entity's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was done, now or by an earlier request of the same id.
    Done {
        /// What came of it.
        outcome: Outcome,
        /// Whether it had been done before.
        replayed: bool,
        /// A place in the log that has its events, and perhaps those of others, before it.
        /// None when it wrote none just now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<Position>,
    },
    /// It was refused, and nothing has changed.
    Refused(Refusal),
}

impl Answer {
    /// The same, with a place in the log that has its events before it.
    #[must_use]
    pub fn at(self, place: Option<Position>) -> Self {
        match self {
            Self::Done { outcome, replayed, position } => {
                Self::Done { outcome, replayed, position: position.or(place) }
            }
            refused @ Self::Refused(_) => refused,
        }
    }
}

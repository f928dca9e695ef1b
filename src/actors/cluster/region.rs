//! skeleton
use std::time::Duration;

use crate::domain::entity::EntityRef;
use crate::domain::envelope::{Answer, Request};

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Too much is waiting; nothing was done, and the same request may come again.
    #[error("too many requests are waiting")]
    Busy {
        /// When to come again.
        retry_after: Duration,
    },
    /// It may or may not have been done: only the same request again can tell.
    #[error("outcome is not known yet")]
    Unknown,
}

/// Routes requests to the entities of this node.
#[derive(Debug, Clone)]
pub struct Region;

impl Region {
    /// Asks an entity, wherever it lives.
    ///
    /// # Errors
    /// When there is no answer in time.
    pub async fn ask(&self, _entity: EntityRef, _request: Request) -> Result<Answer, AskError> {
        Err(AskError::Unknown)
    }
}

//! Placeholders until the actors are here.

use serde_json::Value;

use crate::actors::cluster::region::AskError;
use crate::domain::booking::BookingSnapshot;
use crate::domain::ids::{PaymentId, PropertyId};

/// Placeholder.
#[derive(Debug, Clone)]
pub struct Payer;

impl Payer {
    /// Placeholder.
    ///
    /// # Errors
    /// Always.
    pub async fn ensure_session(
        &self,
        _: PropertyId,
        _: PaymentId,
    ) -> Result<Option<String>, AskError> {
        Err(AskError::Unknown)
    }

    /// Placeholder.
    #[must_use]
    pub fn session_request(_: &BookingSnapshot, _: &str, _: &str, _: &str) -> Value {
        Value::Null
    }
}

/// Placeholder.
#[derive(Debug, Clone)]
pub struct Tail;

impl Tail {
    /// Placeholder.
    pub fn nudge(&self) {}
}

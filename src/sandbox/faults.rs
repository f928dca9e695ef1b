//! The ways in which the sandbox fails when it is told to, for tests. They are not kept:
//! a restart ends them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest that a call is made to hang, in seconds.
const HANG_MAX_SECONDS: f64 = 600.0;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Failure {
    /// Answers 500, nothing is executed; the idempotency key remembers nothing.
    FailBefore,
    /// Executes, then answers 500, which the idempotency key remembers.
    FailAfter,
    /// Executes, then closes the connection without an answer.
    DropAfter,
    /// Waits, then executes and answers: a caller that gave up finds it done later.
    Hang,
}

/// What is to happen to the next calls of one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallFault {
    /// Such as `refund.create`; see [`super::calls::Operation`].
    operation: String,
    fault: Failure,
    /// How many calls.
    times: u32,
    /// How long a call hangs.
    #[serde(default)]
    seconds: f64,
}

/// What is to happen to webhooks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HookFaults {
    /// How many more times each event is sent.
    pub(super) duplicate: u8,
    /// The newest waiting event goes first.
    pub(super) reverse: bool,
    /// Nothing goes out.
    pub(super) hold: bool,
}

/// The orders in force. Posting a part replaces it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    #[serde(default)]
    calls: Option<Vec<CallFault>>,
    #[serde(default)]
    webhooks: Option<HookFaults>,
}

/// The switchboard.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Orders>);

impl Faults {
    /// Replaces what `orders` names; gives all that is in force then.
    pub(super) fn order(&self, orders: Orders) -> serde_json::Value {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        current.calls = orders.calls.or(current.calls.take());
        current.webhooks = orders.webhooks.or(current.webhooks);
        serde_json::to_value(&*current).unwrap_or_default()
    }

    /// How the next call of this operation fails, if it does.
    pub(super) fn next(&self, operation: &str) -> Option<(Failure, Duration)> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = current.calls.as_mut()?;
        let at = calls.iter().position(|call| call.operation == operation && call.times > 0)?;
        let call = calls.get_mut(at)?;
        call.times -= 1;
        let seconds = call.seconds.clamp(0.0, HANG_MAX_SECONDS);
        Some((call.fault, Duration::from_secs_f64(seconds)))
    }

    /// What happens to webhooks.
    pub(super) fn webhooks(&self) -> HookFaults {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).webhooks.unwrap_or_default()
    }
}

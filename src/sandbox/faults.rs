//! The ways in which the sandbox fails when it is told to, for tests: `POST /_faults` with
//! a part of [`Orders`] replaces that part, `GET /_faults` shows what is in force and how
//! often which fault was met. They are not kept: a restart ends them.
//!
//! | part | what it orders |
//! |---|---|
//! | `calls` | the next calls of an operation fail in a given way |
//! | `webhooks` | all webhooks come more than once, in reverse order, or not at all |
//! | `chance` | any call fails, and any webhook comes late or again, by chance |

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest that a call hangs, or a webhook is late, in seconds.
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

impl Failure {
    const ALL: [Self; 4] = [Self::FailBefore, Self::FailAfter, Self::DropAfter, Self::Hang];

    /// Its name in orders.
    const fn name(self) -> &'static str {
        match self {
            Self::FailBefore => "fail_before",
            Self::FailAfter => "fail_after",
            Self::DropAfter => "drop_after",
            Self::Hang => "hang",
        }
    }
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

/// What happens by chance, for long runs in which everything goes wrong now and then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Chance {
    /// What the dice start from.
    seed: u64,
    /// Of a thousand calls and attempts to pay, how many fail in one of the four ways.
    calls: u16,
    /// The longest that one of them hangs, in seconds.
    hang_seconds: f64,
    /// Of a thousand webhooks, how many come late, twice at once, or once more later.
    webhooks: u16,
    /// The longest that one of them is late, in seconds.
    late_seconds: f64,
}

/// What becomes of a webhook by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HookTrouble {
    /// It goes out after so long, and others overtake it.
    Late(Duration),
    /// It goes out twice in a row.
    Twice,
    /// It goes out, and once more after so long.
    Again(Duration),
}

/// The orders in force. Posting a part replaces it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    #[serde(default)]
    calls: Option<Vec<CallFault>>,
    #[serde(default)]
    webhooks: Option<HookFaults>,
    #[serde(default)]
    chance: Option<Chance>,
}

#[derive(Debug, Default)]
struct Board {
    orders: Orders,
    dice: fastrand::Rng,
    /// How often each fault was met.
    met: BTreeMap<String, u64>,
}

/// The switchboard.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Board>);

impl Faults {
    /// Replaces what `orders` names.
    pub(super) fn order(&self, orders: Orders) {
        let mut board = self.lock();
        if let Some(chance) = &orders.chance {
            board.dice = fastrand::Rng::with_seed(chance.seed);
        }
        let current = &mut board.orders;
        current.calls = orders.calls.or(current.calls.take());
        current.webhooks = orders.webhooks.or(current.webhooks);
        current.chance = orders.chance.or(current.chance);
    }

    /// All that is in force, and under `met` how often each fault was met.
    pub(super) fn view(&self) -> serde_json::Value {
        let board = self.lock();
        let mut view = serde_json::to_value(&board.orders).unwrap_or_default();
        if let Some(fields) = view.as_object_mut() {
            fields.insert("met".to_owned(), serde_json::json!(board.met));
        }
        view
    }

    /// How the next call of this operation fails, if it does: as it was ordered, else by
    /// chance.
    pub(super) fn next(&self, operation: &str) -> Option<(Failure, Duration)> {
        let mut board = self.lock();
        let fault = match board.orders.next(operation) {
            Some(ordered) => Some(ordered),
            None => board.by_chance(),
        };
        if let Some((failure, _)) = fault {
            board.count(format!("{operation} {}", failure.name()));
        }
        fault
    }

    /// What happens to all webhooks.
    pub(super) fn webhooks(&self) -> HookFaults {
        self.lock().orders.webhooks.unwrap_or_default()
    }

    /// What becomes of the next webhook by chance.
    pub(super) fn next_webhook(&self) -> Option<HookTrouble> {
        let mut board = self.lock();
        let chance = board.orders.chance?;
        if !board.hits(chance.webhooks) {
            return None;
        }
        let late = seconds(chance.late_seconds * board.dice.f64());
        let (trouble, name) = match board.dice.u8(0..3) {
            0 => (HookTrouble::Late(late), "late"),
            1 => (HookTrouble::Twice, "twice"),
            _ => (HookTrouble::Again(late), "again"),
        };
        board.count(format!("webhook {name}"));
        Some(trouble)
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    fn next(&mut self, operation: &str) -> Option<(Failure, Duration)> {
        let calls = self.calls.as_mut()?;
        let call = calls.iter_mut().find(|call| call.operation == operation && call.times > 0)?;
        call.times -= 1;
        Some((call.fault, seconds(call.seconds)))
    }
}

impl Board {
    fn by_chance(&mut self) -> Option<(Failure, Duration)> {
        let chance = self.orders.chance?;
        if !self.hits(chance.calls) {
            return None;
        }
        let failure = self.dice.choice(Failure::ALL)?;
        Some((failure, seconds(chance.hang_seconds * self.dice.f64())))
    }

    fn hits(&mut self, of_a_thousand: u16) -> bool {
        self.dice.u16(0..1000) < of_a_thousand
    }

    fn count(&mut self, fault: String) {
        let met = self.met.entry(fault).or_default();
        *met = met.saturating_add(1);
    }
}

fn seconds(wanted: f64) -> Duration {
    Duration::from_secs_f64(wanted.clamp(0.0, HANG_MAX_SECONDS))
}

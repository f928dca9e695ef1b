//! How often each command met each state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Counts by state and command.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<(String, &'static str), u64>);

const ENDS: [&str; 3] = ["expired", "failed", "cancelled"];

/// Commands that can meet a booking in any state.
const ANY: [&str; 3] = ["release", "checkout", "stale timer"];

/// Commands that can meet a booking in any state but a hold: it has no payment.
const PAID: [&str; 4] = ["session opened", "session ended", "paid", "close unanswered"];

impl Coverage {
    pub(crate) fn count(&mut self, state: String, command: &'static str) {
        *self.0.entry((state, command)).or_default() += 1;
    }

    /// Pairs that can be reached and were not.
    pub(crate) fn missing(&self) -> Vec<String> {
        let mut wanted = vec![
            ("none", "hold"),
            ("hold", "hold over"),
            ("pending_payment", "hold over"),
            ("expiring(time)", "close overdue"),
            ("expiring(released)", "close overdue"),
            ("listing", "edit"),
        ];
        let open = ["hold", "pending_payment", "expiring(time)", "expiring(released)"];
        for state in open.into_iter().chain(["confirmed"]).chain(ENDS) {
            let paid = PAID.iter().filter(|_| state != "hold");
            wanted.extend(ANY.iter().chain(paid).map(|command| (state, *command)));
        }
        for state in ["pending", "failed", "succeeded"] {
            wanted.push((state, "refund observed"));
        }
        wanted.retain(|pair| match *pair {
            // A hold's timer is dropped with the hold, so it is never stale in it.
            ("hold" | "pending_payment", command) => command != "stale timer",
            // Too rare to be insisted on.
            ("confirmed", command) => command != "session ended",
            ("failed", command) => ["release", "paid", "refund observed"].contains(&command),
            _ => true,
        });
        let reached: BTreeSet<_> =
            self.0.keys().map(|(state, command)| (state.as_str(), *command)).collect();
        wanted
            .iter()
            .filter(|pair| !reached.contains(pair))
            .map(|(state, command)| format!("{state} + {command}"))
            .collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = "";
        for ((state, command), count) in &self.0 {
            if state != last {
                write!(f, "{}  {state:20}", if last.is_empty() { "" } else { "\n" })?;
                last = state;
            }
            write!(f, " {command} {count},")?;
        }
        Ok(())
    }
}

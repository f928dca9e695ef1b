//! When a signing key is made and when it goes: it is published before it signs, and stays
//! until every token that it signed is over.

use std::time::Duration;

use jiff::Timestamp;

/// How long a key is published before it signs at least, so that whoever checks tokens has
/// read it by then.
pub const LEAD: Duration = Duration::from_hours(2);

/// How much longer than the life of a token a key is kept: clocks differ.
pub const SLACK: Duration = Duration::from_hours(1);

/// When a key made now shall begin to sign, if it is time to make one: the newest key began
/// at `newest` and signs for `life`.
#[must_use]
pub fn next_from(newest: Timestamp, life: Duration, now: Timestamp) -> Option<Timestamp> {
    let due = newest.saturating_add(life).unwrap_or(Timestamp::MAX);
    let soonest = now.saturating_add(LEAD).unwrap_or(Timestamp::MAX);
    (soonest >= due).then(|| soonest.max(due))
}

/// Keys whose successor began to sign before this have no token left that could hold, when
/// tokens live for `token_life`.
#[must_use]
pub fn over_before(token_life: Duration, now: Timestamp) -> Timestamp {
    now.saturating_sub(token_life.saturating_add(SLACK)).unwrap_or(Timestamp::MIN)
}

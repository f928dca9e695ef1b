//! The invariants of the database, judged beside what can be seen from outside, once
//! everything has come to rest.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rentezy::clock;
use rentezy::storage::invariants::{self, Args, Scope};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::sandbox::charges;
use super::server::World;
use super::wait::wait_until;

/// How long it may take until everything has come to rest.
const GUARD: Duration = Duration::from_secs(100);

/// Consumers that every server here runs.
const CONSUMERS: [&str; 5] = ["alerts", "mail", "notifications", "payments", "stripe_hooks"];

/// What can be seen from outside, for the invariants that compare it with the rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outside {
    /// Bookings whose holds were acknowledged.
    pub(crate) acked: Vec<Uuid>,
    /// The provider's list of charges.
    pub(crate) charges: Vec<Value>,
}

/// The invariants that do not hold, with the number of violations. Nothing may be at work
/// any more.
pub(crate) async fn violations(
    sql: &Client,
    now: Timestamp,
    outside: &Outside,
) -> Vec<(String, i64)> {
    let args = Args {
        now,
        settle: SignedDuration::ZERO,
        acked: outside.acked.clone(),
        charges: json!(outside.charges),
        consumers: CONSUMERS.map(str::to_owned).to_vec(),
    };
    let scopes = [Scope::Always, Scope::Living, Scope::Outside];
    let found = invariants::violations(sql, &args, &scopes).await;
    let found = found.unwrap_or_else(|error| panic!("{error:?}"));
    found.into_iter().map(|one| (format!("{} {}", one.id, one.what), one.count)).collect()
}

/// Waits until everything has come to rest, then says what is wrong; it must be nothing.
/// The server must be running.
pub(crate) async fn check(world: &World, acked: &[Uuid]) {
    let sql = world.sql().await;
    let endpoint = world.endpoint().await;
    let look = async || {
        let outside = Outside { acked: acked.to_vec(), charges: charges(&endpoint).await };
        violations(&sql, world.now(), &outside).await
    };
    let settled = wait_until("every invariant holds", async || look().await.is_empty());
    // Past this the violations themselves are said, if there are any: after ten thousand bookings
    // one look takes as long.
    if clock::within(GUARD, settled).await.is_err() {
        let left = look().await;
        assert!(left.is_empty(), "invariants that do not hold: {left:?}");
    }
}

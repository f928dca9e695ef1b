//! `rentezy check`: what must be true of the database, judged in one snapshot, beside a
//! running server or without one.

use std::io::Write;

use jiff::SignedDuration;
use serde_json::json;

use crate::clock::Clock;
use crate::storage::invariants::{self, ALL, Args, Scope};
use crate::storage::locks;
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;

/// It only reads, and may take its time.
const READING: &str = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 \
     -c default_transaction_read_only=on";

/// How long consumers may be at work on an event.
const SETTLE: SignedDuration = SignedDuration::from_secs(30);

/// Why the check could not be done, or what it has found.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The result cannot be printed.
    #[error(transparent)]
    Print(#[from] std::io::Error),
    /// Something is not as it must be.
    #[error("{0} invariants are violated")]
    Violated(usize),
}

/// Judges the invariants and prints what is violated: number, what, how often, where. That
/// things get done in time is judged only while a server is there to do them.
///
/// # Errors
/// [`CheckError::Violated`] when one does not hold.
pub async fn run(
    database: &Database,
    clock: &Clock,
    out: &mut impl Write,
) -> Result<(), CheckError> {
    let client = database.connect(READING).await?;
    let mut scopes = vec![Scope::Always];
    if locks::is_taken(&client).await? {
        scopes.push(Scope::Living);
    }
    let args = Args {
        now: clock.now(),
        settle: SETTLE,
        acked: Vec::new(),
        charges: json!([]),
        consumers: Vec::new(),
    };
    let violations = invariants::violations(&client, &args, &scopes).await?;
    for found in &violations {
        let keys = found.keys.join(", ");
        writeln!(out, "{}  {}  {}  {keys}", found.id, found.what, found.count)?;
    }
    let judged = ALL.iter().filter(|one| scopes.contains(&one.scope)).count();
    let hold = judged - violations.len();
    writeln!(out, "{hold} of {judged} invariants hold")?;
    if !scopes.contains(&Scope::Living) {
        writeln!(out, "no server is at work: that things get done in time was not judged")?;
    }
    if violations.is_empty() { Ok(()) } else { Err(CheckError::Violated(violations.len())) }
}

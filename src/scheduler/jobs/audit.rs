//! The auditor: looks behind the rules and the constraints for nights that were sold twice and
//! money that does not add up. Every minute it goes through what has changed since, by the
//! event log, and says how far it has come; once a day through everything.

use jiff::SignedDuration;

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::audits::{self, Step};
use crate::storage::invariants::Violation;
use crate::storage::pool::{Connection, Pool};
use crate::storage::sqlstate::StorageError;

/// What has changed: every minute.
pub const CHANGES: Job = Job {
    name: "audit",
    schedule: "30 * * * * *",
    at_start: false,
    run: |tools| Box::pin(changes(tools)),
};

/// Everything: every day.
pub const EVERYTHING: Job = Job {
    name: "audit of everything",
    schedule: "0 15 3 * * *",
    at_start: false,
    run: |tools| Box::pin(everything(tools)),
};

/// Events of each stream that are gone through at once.
const STEP: i64 = 1_000;

/// How long audits are remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Goes through what has changed until there is nothing more.
async fn changes(tools: Tools) -> Report {
    let mut events = 0;
    loop {
        let step = audits::next(&*client(&tools.pool).await?, STEP).await?;
        if step.to.is_empty() {
            return Ok(events);
        }
        audit(&tools, &step, false).await?;
        events += u64::try_from(step.events).unwrap_or_default();
    }
}

async fn everything(tools: Tools) -> Report {
    let client = client(&tools.pool).await?;
    audits::trim(&client, tools.clock.now() - KEPT).await?;
    drop(client);
    audit(&tools, &Step::default(), true).await
}

async fn audit(tools: &Tools, step: &Step, full_pass: bool) -> Report {
    let started_at = tools.clock.now();
    let mut client = client(&tools.pool).await?;
    let looked = (!full_pass).then_some(&step.looked);
    let found = audits::judge(&mut client, started_at, looked).await?;
    let times = (started_at, tools.clock.now());
    let position = audits::keep(&mut client, step, full_pass, &found, times).await?;
    report(&found, position);
    Ok(found.len().try_into().unwrap_or(u64::MAX))
}

async fn client(pool: &Pool) -> Result<Connection<'_>, StorageError> {
    pool.get().await.map_err(StorageError::from)
}

/// Says what was found, where it can be heard.
fn report(found: &[Violation], position: i64) {
    let position = u32::try_from(position).map_or(f64::INFINITY, f64::from);
    metrics::gauge!("audit_position_events").set(position);
    for Violation { id, what, count, keys } in found {
        let count = u64::try_from(*count).unwrap_or_default();
        metrics::counter!("audit_violations_total", "invariant" => id.clone()).increment(count);
        let keys = keys.join(", ");
        tracing::error!(invariant = id, count, keys, "invariant is violated: {what}");
    }
}

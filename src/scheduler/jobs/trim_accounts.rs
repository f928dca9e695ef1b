//! Deletes what accounts have left behind: mailed links and sessions that ended long ago,
//! failed sign-ins that count no more.

use jiff::SignedDuration;

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{link_tokens, sessions, sign_in_failures, sqlstate::StorageError};

/// Every hour.
pub const JOB: Job = Job {
    name: "trim accounts",
    schedule: "0 35 * * * *",
    at_start: false,
    run: |tools| Box::pin(run(tools)),
};

/// How long ended links and sessions are kept: for whoever asks what happened.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long failed sign-ins are kept; longer than a lock.
const FAILURES_KEPT: SignedDuration = SignedDuration::from_hours(1);

async fn run(tools: Tools) -> Report {
    let now = tools.clock.now();
    let client = tools.pool.get().await.map_err(StorageError::from)?;
    let links = link_tokens::trim(&client, now - KEPT).await?;
    let sessions = sessions::trim(&client, now - KEPT).await?;
    let failures = sign_in_failures::trim(&client, now - FAILURES_KEPT).await?;
    Ok(links + sessions + failures)
}

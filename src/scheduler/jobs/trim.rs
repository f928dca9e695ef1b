//! Deletes what has had its time: command records that no retry will ask for, and timers
//! that fired, the runs of jobs, servers that ended long ago, and nights that were spent.

use jiff::{SignedDuration, tz::TimeZone};

use crate::domain::calendar::local_date;
use crate::domain::stay_rules::BUFFER_MAX;
use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{calendar, cluster, commands, job_runs, sqlstate::StorageError, timers};

/// Every hour.
pub const JOB: Job = Job {
    name: "trim",
    schedule: "0 25 * * * *",
    at_start: false,
    run: |tools| Box::pin(run(tools)),
};

/// How long the runs of jobs are remembered.
const RUNS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long it is remembered which servers there were.
const NODES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long ago guests left whose nights nobody looks at any more: longer than the longest gap,
/// in every zone.
const LEFT: SignedDuration = SignedDuration::from_hours((BUFFER_MAX as i64 + 2) * 24);

async fn run(tools: Tools) -> Report {
    let now = tools.clock.now();
    let client = tools.pool.get().await.map_err(StorageError::from)?;
    let records = commands::trim(&client, now).await?;
    let fired = timers::trim(&client, now - commands::KEPT).await?;
    let runs = job_runs::trim(&client, now - RUNS_KEPT).await?;
    let nodes = cluster::trim(&client, now - NODES_KEPT).await?;
    let nights = calendar::trim(&client, local_date(now - LEFT, &TimeZone::UTC)).await?;
    Ok(records + fired + runs + nodes + nights)
}

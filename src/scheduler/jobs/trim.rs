//! Deletes what has had its time: command records that no retry will ask for, and timers
//! that fired.

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{commands, sqlstate::StorageError, timers};

/// Every hour.
pub const JOB: Job = Job {
    name: "trim",
    schedule: "0 25 * * * *",
    at_start: false,
    run: |tools| Box::pin(run(tools)),
};

async fn run(tools: Tools) -> Report {
    let now = tools.clock.now();
    let client = tools.pool.get().await.map_err(StorageError::from)?;
    let records = commands::trim(&client, now).await?;
    let fired = timers::trim(&client, now - commands::KEPT).await?;
    Ok(records + fired)
}

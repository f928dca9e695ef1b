//! Makes the event log's partitions for the months to come, before anything is written
//! into them, and drops those that are older than `events.retention_days` and that nobody
//! needs any more.

use jiff::SignedDuration;

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{partitions, sqlstate::StorageError};

/// Daily, and at start.
pub const JOB: Job = Job {
    name: "partitions",
    schedule: "0 10 0 * * *",
    at_start: true,
    run: |tools| Box::pin(run(tools)),
};

/// How many months are kept ready, this one included.
const MONTHS: i32 = 4;

async fn run(tools: Tools) -> Report {
    let now = tools.clock.now();
    let mut client = tools.pool.get().await.map_err(StorageError::from)?;
    let made = partitions::make(&client, now, MONTHS).await?;
    let days = i64::from(tools.config.events.retention_days);
    if days == 0 {
        return Ok(made);
    }
    let before = now.checked_sub(SignedDuration::from_hours(24 * days));
    let before = before.map_err(StorageError::malformed)?;
    Ok(made + partitions::drop_before(&mut client, before).await?)
}

//! Makes the event log's partitions for the months to come, before anything is written
//! into them.

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{events, sqlstate::StorageError};

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
    let client = tools.pool.get().await.map_err(StorageError::from)?;
    events::make_partitions(&client, tools.clock.now(), MONTHS).await
}

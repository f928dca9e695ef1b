//! Deletes places under limits that a writer left behind when it died: their holders never
//! came to be.

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{gates, sqlstate::StorageError};

/// Every five minutes, and at the start: after a crash is when there are any.
pub const JOB: Job = Job {
    name: "gates",
    schedule: "45 */5 * * * *",
    at_start: true,
    run: |tools| Box::pin(run(tools)),
};

async fn run(tools: Tools) -> Report {
    let client = tools.pool.get().await.map_err(StorageError::from)?;
    gates::sweep(&client, tools.clock.now()).await
}

//! Tells what came to match saved searches that tell once a day, and what was too much to be
//! told at once. One letter for each search; what nobody waits for is not told again.

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{search_matches, sqlstate::StorageError};

/// Each morning at seven, UTC.
pub const JOB: Job = Job {
    name: "digests",
    schedule: "0 0 7 * * *",
    at_start: false,
    run: |tools| Box::pin(run(tools)),
};

async fn run(tools: Tools) -> Report {
    let mut client = tools.pool.get().await.map_err(StorageError::from)?;
    search_matches::digest(&mut client, tools.clock.now()).await
}

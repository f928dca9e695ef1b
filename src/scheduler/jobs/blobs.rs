//! Deletes blobs that nothing has referred to for a day: of photos that were removed, and
//! of uploads that died between their blobs and their row.

use jiff::SignedDuration;

use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::photos;
use crate::storage::sqlstate::StorageError;

/// Every hour, and at start: a blob that was being deleted when the server died keeps its
/// content from being uploaded again.
pub const JOB: Job = Job {
    name: "blobs",
    schedule: "0 40 * * * *",
    at_start: true,
    run: |tools| Box::pin(run(tools)),
};

/// How long a blob stays without a photo. Far longer than any upload takes: one under way
/// has said when it began.
const IDLE: SignedDuration = SignedDuration::from_hours(24);

/// Blobs that are marked together.
const ROUND: i64 = 500;

async fn run(tools: Tools) -> Report {
    let before = tools.clock.now() - IDLE;
    let mut deleted = 0;
    loop {
        let client = tools.pool.get().await.map_err(StorageError::from)?;
        let doomed = photos::doom(&client, before, ROUND).await?;
        drop(client);
        if doomed.is_empty() {
            break;
        }
        for blob in doomed {
            if let Err(error) = tools.blobs.delete(blob).await {
                // It stays marked, and is deleted by a later run.
                tracing::warn!(%error, %blob, "blob cannot be deleted");
                return Ok(deleted);
            }
            let client = tools.pool.get().await.map_err(StorageError::from)?;
            photos::forget(&client, blob).await?;
            deleted += 1;
        }
    }
    if let Err(error) = tools.blobs.drop_unfinished(before).await {
        tracing::warn!(%error, "half-written blobs cannot be deleted");
    }
    Ok(deleted)
}

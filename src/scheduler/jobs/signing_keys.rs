//! Rotates the keys that access tokens are signed with: makes the next one while it still
//! has time to be read by everybody, and deletes those whose last token is over.

use crate::domain::key_rotation;
use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{signing_keys, sqlstate::StorageError};

/// Every hour, and at start.
pub const JOB: Job = Job {
    name: "signing keys",
    schedule: "0 40 * * * *",
    at_start: true,
    run: |tools| Box::pin(run(tools)),
};

async fn run(tools: Tools) -> Report {
    let (now, accounts) = (tools.clock.now(), &tools.config.accounts);
    let client = tools.pool.get().await.map_err(StorageError::from)?;
    let over = key_rotation::over_before(accounts.access_token(), now);
    let gone = signing_keys::trim(&client, over).await?;
    let keys = signing_keys::all(&client).await?;
    // The very first key is made by the server itself, which cannot wait for a job.
    let Some(newest) = keys.first() else { return Ok(gone) };
    let due = key_rotation::next_from(newest.signs_from, accounts.signing_key(), now);
    let Some(signs_from) = due else { return Ok(gone) };
    let made = signing_keys::seal(&tools.secret)
        .and_then(|seal| signing_keys::make(&seal, signs_from))
        .map_err(StorageError::malformed)?;
    signing_keys::insert(&client, &made, now).await?;
    tracing::info!(kid = made.kid, %signs_from, "signing key made");
    Ok(gone + 1)
}

//! Makes the event log's partitions for the months to come, before anything is written
//! into them, and drops what is older than `events.retention_days` and `events.retention`
//! say and nobody needs any more.

use jiff::{SignedDuration, Timestamp};

use crate::domain::topic::Topic;
use crate::scheduler::job::{Job, Report, Tools};
use crate::storage::{partitions, retention, sqlstate::StorageError};

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
    let before = |topic| -> Option<(Topic, Timestamp)> {
        let days = tools.config.events.kept_days(topic)?;
        Some((topic, now - SignedDuration::from_hours(24 * i64::from(days))))
    };
    let limits: Vec<_> = Topic::ALL.into_iter().filter_map(before).collect();
    Ok(made + retention::drop_old(&mut client, &limits).await?)
}

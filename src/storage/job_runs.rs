//! What jobs did, for operators.

use jiff::Timestamp;
use tokio_postgres::Client;

use super::sqlstate::StorageError;

/// A run of a job.
#[derive(Debug, Clone)]
pub struct JobRun {
    /// The job's name.
    pub job: String,
    /// Its schedule then.
    pub schedule: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How many rows it touched; none when it failed.
    pub rows: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Keeps a run.
///
/// # Errors
/// When the database refuses.
pub async fn add(client: &Client, run: &JobRun) -> Result<(), StorageError> {
    client
        .execute(
            "insert into job_runs (job, schedule, started_at, ended_at, rows, error)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            &[&run.job, &run.schedule, &run.started_at, &run.ended_at, &run.rows, &run.error],
        )
        .await?;
    Ok(())
}

/// The last run of every job that has run.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(client: &Client) -> Result<Vec<JobRun>, StorageError> {
    let rows = client
        .query(
            "select distinct on (job) job, schedule, started_at, ended_at, rows, error from job_runs
             order by job, started_at desc",
            &[],
        )
        .await?;
    let run = |row: &tokio_postgres::Row| JobRun {
        job: row.get(0),
        schedule: row.get(1),
        started_at: row.get(2),
        ended_at: row.get(3),
        rows: row.get(4),
        error: row.get(5),
    };
    Ok(rows.iter().map(run).collect())
}

/// Deletes runs that began before `before`; how many.
///
/// # Errors
/// When the database refuses.
pub async fn trim(client: &Client, before: Timestamp) -> Result<u64, StorageError> {
    Ok(client.execute("delete from job_runs where started_at < $1", &[&before]).await?)
}

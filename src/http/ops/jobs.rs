//! What jobs did.

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::job_runs::{self, JobRun};

/// The jobs that have run.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobList {
    /// One a row, in the order of their names.
    data: Vec<JobView>,
}

/// A job and its last run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    /// Its name.
    name: String,
    /// When it runs, UTC: second, minute, hour, day of month, month, day of week.
    schedule: String,
    /// When it last began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When that ended.
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    /// How many rows it touched; none when it failed.
    #[schema(required = true)]
    rows: Option<i64>,
    /// Why it failed.
    #[schema(required = true)]
    error: Option<String>,
}

/// What did the jobs do?
#[utoipa::path(get, path = "/ops/v1/jobs", tag = "jobs",
    responses((status = 200, body = JobList)))]
pub async fn list(State(state): State<Shared>) -> Result<Json<JobList>, Problem> {
    let client = state.pool.get().await?;
    let view = |run: JobRun| JobView {
        name: run.job,
        schedule: run.schedule,
        started_at: run.started_at,
        ended_at: run.ended_at,
        rows: run.rows,
        error: run.error,
    };
    Ok(Json(JobList { data: job_runs::last(&client).await?.into_iter().map(view).collect() }))
}

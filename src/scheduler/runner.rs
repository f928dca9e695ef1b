//! Runs the jobs at their hours, one after the other, at the node that leads.

use std::str::FromStr;

use cron::Schedule;
use jiff::Timestamp;
use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::job::{Job, Tools};
use super::jobs;
use crate::actors::root::Root;
use crate::storage::job_runs::{self, JobRun};

/// Starts running jobs.
///
/// # Errors
/// When the runtime refuses, or a schedule in the table is none.
pub async fn start(root: &Root, tools: Tools) -> Result<(), ActorProcessingErr> {
    let ownership = tools.ownership.clone();
    let runner = root.adopt("jobs", move || (Runner, tools.clone())).await?;
    tokio::spawn(async move {
        let (mut changed, mut led) = (ownership.watch(), false);
        loop {
            let leads = ownership.leads();
            if leads && !led {
                runner.send(Msg::Leads);
            }
            led = leads;
            if changed.changed().await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// The next time a schedule names after `after`. The crate speaks chrono; this is the edge.
#[must_use]
pub fn next(schedule: &Schedule, after: Timestamp) -> Option<Timestamp> {
    let after = chrono::DateTime::from_timestamp(after.as_second(), 0)?;
    let next = schedule.after(&after).next()?;
    Timestamp::from_second(next.timestamp()).ok()
}

/// What the runner is told.
enum Msg {
    /// Run the job of this place in the table, as planned.
    Run(usize),
    /// This node leads from now on: run what runs at a start.
    Leads,
}

impl ractor::Message for Msg {}

struct Runner;

struct State {
    tools: Tools,
    schedules: Vec<Schedule>,
}

impl Actor for Runner {
    type Msg = Msg;
    type State = State;
    type Arguments = Tools;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        tools: Tools,
    ) -> Result<State, ActorProcessingErr> {
        let mut state = State { tools, schedules: Vec::new() };
        for (index, job) in jobs::ALL.iter().enumerate() {
            state.schedules.push(Schedule::from_str(job.schedule)?);
            state.plan(&myself, index, state.tools.clock.now());
        }
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Run(index) => {
                if let Some(job) = jobs::ALL.get(index) {
                    let began = state.tools.clock.now();
                    state.run(job).await;
                    state.plan(&myself, index, began);
                }
            }
            Msg::Leads => {
                for job in jobs::ALL.iter().filter(|job| job.at_start) {
                    state.run(job).await;
                }
            }
        }
        Ok(())
    }
}

impl State {
    async fn run(&self, job: &Job) {
        if !self.tools.ownership.leads() {
            return;
        }
        let started_at = self.tools.clock.now();
        let (rows, error) = match (job.run)(self.tools.clone()).await {
            Ok(rows) => {
                tracing::debug!(job = job.name, rows, "job ran");
                (Some(i64::try_from(rows).unwrap_or(i64::MAX)), None)
            }
            Err(error) => {
                tracing::error!(job = job.name, %error, "job failed");
                (None, Some(error.to_string()))
            }
        };
        let (name, schedule) = (job.name.to_owned(), job.schedule.to_owned());
        let ended_at = self.tools.clock.now();
        self.keep(&JobRun { job: name, schedule, started_at, ended_at, rows, error }).await;
    }

    /// Keeps what a run did. Without a database the log has to do.
    async fn keep(&self, run: &JobRun) {
        let kept = match self.tools.pool.get().await {
            Ok(client) => job_runs::add(&client, run).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = kept {
            tracing::warn!(job = run.job, %error, "run of a job cannot be kept");
        }
    }

    /// Plans the first run after `after`. That is when the last one began: one that fell into
    /// it is run late, and not left out.
    fn plan(&self, myself: &ActorRef<Msg>, index: usize, after: Timestamp) {
        let Some(schedule) = self.schedules.get(index) else { return };
        let Some(at) = next(schedule, after) else { return };
        let (clock, myself) = (self.tools.clock.clone(), myself.clone());
        tokio::spawn(async move {
            clock.sleep_until(at).await;
            // A restarted runner has plans of its own.
            myself.cast(Msg::Run(index)).ok();
        });
    }
}

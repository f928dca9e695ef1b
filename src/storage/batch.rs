//! A writer: the connection that batches of change sets go through, one at a time.
//!
//! An answer settles a batch. When none comes (the connection is lost, the server goes
//! away, the deadline passes) the batch may or may not have been committed, and reading
//! cannot tell: a commit may still be on its way. [`Writer::recover`] makes sure that the
//! old session is gone, and then the identical batch is sent again: its command records
//! say whether it had been written.
//!
//! A set that lacks a gate leaves those that it got. They are given back before anything else
//! is written.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use super::changes::{ChangeSet, Settled};
use super::pool::Database;
use super::sqlstate::StorageError;
use super::{gates, statement};
use crate::clock;
use crate::domain::gate::Gate;

/// How long a batch may take. The session's own limits are below it, so that a slow
/// statement is ended by the server, with a definite answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// A plan that fits every batch is made once: planning each would cost more than it gains.
const SESSION: &str = "-c statement_timeout=1500ms -c lock_timeout=1s \
     -c plan_cache_mode=force_generic_plan -c jit=off";

/// How long the end of an old session is waited for before it is asked to end again.
const END_POLL: Duration = Duration::from_millis(20);

/// A connection for batches.
pub struct Writer {
    database: Database,
    session: Option<Session>,
    /// The session that was given up without an answer and may still be committing.
    lost: Option<Backend>,
    /// Gates of sets that were not written: places and the commands that wanted them.
    left: Vec<(Uuid, i32, Uuid)>,
}

/// A server process: its pid is only its own together with the time of its start.
#[derive(Debug, Clone, Copy)]
struct Backend {
    pid: i32,
    started: Timestamp,
}

struct Session {
    client: Client,
    backend: Backend,
    prepared: HashMap<u32, Statement>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens a writer.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(database: Database) -> Result<Self, StorageError> {
        let session = Some(Session::open(&database).await?);
        Ok(Self { database, session, lost: None, left: Vec::new() })
    }

    /// Writes a batch, whole or not at all; one answer for each set, in their order. At most
    /// one set of an entity may be in a batch.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when a set broke a constraint or a version: nothing was
    /// written. [`StorageError::Unknown`] when there was no answer: call
    /// [`Self::recover`], then send the same batch again.
    pub async fn execute(&mut self, sets: &[ChangeSet]) -> Result<Vec<Settled>, StorageError> {
        let sent = clock::within(DEADLINE, self.send(sets)).await;
        let answer = sent.unwrap_or(Err(StorageError::Unknown(None)));
        match &answer {
            Ok(settled) => {
                for (number, (_, gate)) in statement::gates_taken(sets) {
                    let end = usize::try_from(number).ok().and_then(|number| settled.get(number));
                    if matches!(end, Some(Settled::Gated { .. })) {
                        self.left.push((gate.scope, gate.slot, gate.command));
                    }
                }
                // If it does not go well the next batch begins with it.
                clock::within(DEADLINE, self.give_back()).await.ok();
            }
            Err(StorageError::Unknown(_)) => {
                // Sent again, a set must not stand in its own way.
                let all = statement::gates_taken(sets).into_iter();
                self.left.extend(all.map(|(_, (_, gate))| (gate.scope, gate.slot, gate.command)));
                self.lost = self.session.take().map(|session| session.backend).or(self.lost);
            }
            Err(_) => {}
        }
        answer
    }

    async fn send(&mut self, sets: &[ChangeSet]) -> Result<Vec<Settled>, StorageError> {
        self.give_back().await?;
        self.session.as_mut().ok_or(StorageError::Unknown(None))?.execute(sets).await
    }

    /// Deletes the gates that are left over. Those of a command that was carried out stay.
    async fn give_back(&mut self) -> Result<(), StorageError> {
        if self.left.is_empty() {
            return Ok(());
        }
        let session = self.session.as_ref().ok_or(StorageError::Unknown(None))?;
        gates::give_back(&session.client, &self.left).await?;
        self.left.clear();
        Ok(())
    }

    /// Opens a new session and makes sure that the one before it has ended, so that
    /// nothing of it can be committed any more.
    ///
    /// # Errors
    /// When the database cannot be reached yet; call again.
    pub async fn recover(&mut self) -> Result<(), StorageError> {
        if self.session.is_some() {
            return Ok(());
        }
        let session = Session::open(&self.database).await?;
        if let Some(backend) = self.lost {
            session.end(backend).await?;
        }
        self.lost = None;
        self.session = Some(session);
        Ok(())
    }
}

impl Session {
    async fn open(database: &Database) -> Result<Self, StorageError> {
        let client = database.connect(SESSION).await?;
        let row = client
            .query_one(
                "select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()",
                &[],
            )
            .await?;
        let backend = Backend { pid: row.get(0), started: row.get(1) };
        Ok(Self { client, backend, prepared: HashMap::new() })
    }

    async fn execute(&mut self, sets: &[ChangeSet]) -> Result<Vec<Settled>, StorageError> {
        let built = statement::build(sets)?;
        let prepared = match self.prepared.get(&built.parts) {
            Some(prepared) => prepared.clone(),
            None => {
                let prepared = self.client.prepare(&built.sql).await?;
                self.prepared.insert(built.parts, prepared.clone());
                prepared
            }
        };
        let params: Vec<&(dyn ToSql + Sync)> =
            built.params.iter().map(|param| -> &(dyn ToSql + Sync) { param.as_ref() }).collect();
        let row = self.client.query_one(&prepared, &params).await?;
        let (fenced, already): (Vec<i32>, Vec<i32>) = (row.try_get(0)?, row.try_get(1)?);
        let (streams, heads): (Vec<i32>, Vec<i64>) = (row.try_get(2)?, row.try_get(3)?);
        let mut gated = gated(sets, &row.try_get::<_, Vec<i32>>(4)?);
        let heads: HashMap<i32, i64> = streams.into_iter().zip(heads).collect();
        let settled = (0..).zip(sets).map(|(number, set)| {
            if fenced.contains(&number) {
                Settled::Fenced
            } else if already.contains(&number) {
                Settled::Already
            } else if let Some(lacked) = gated.remove(&number) {
                Settled::Gated { lacked }
            } else {
                let head = heads.get(&i32::from(set.shard.0)).filter(|_| !set.events.is_empty());
                Settled::Fresh { head: head.copied() }
            }
        });
        Ok(settled.collect())
    }

    async fn end(&self, backend: Backend) -> Result<(), StorageError> {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity
            where pid = $1 and backend_start = $2";
        while self.client.query_opt(end, &[&backend.pid, &backend.started]).await?.is_some() {
            clock::pause(END_POLL).await;
        }
        Ok(())
    }
}

/// The gates of these numbers, by set.
fn gated(sets: &[ChangeSet], numbers: &[i32]) -> HashMap<i32, Vec<Gate>> {
    let mut lacked: HashMap<i32, Vec<Gate>> = HashMap::new();
    if !numbers.is_empty() {
        for (number, (set, (_, gate))) in (0..).zip(statement::gates_taken(sets)) {
            if numbers.contains(&number) {
                lacked.entry(set).or_default().push(gate);
            }
        }
    }
    lacked
}

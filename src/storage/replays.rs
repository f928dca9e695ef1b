//! Replays: which events a consumer is given again, and how far that has come.
//!
//! A replay goes through the log in the order of places, a stretch at a time, and picks the
//! events that are meant. It never gets ahead of the consumer's own cursor: what lies there
//! comes to the consumer by itself.

use jiff::Timestamp;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events::{self, Entry};
use super::sqlstate::StorageError;
use crate::domain::ids::ReplayId;

/// Which events are meant. What is not said does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Range {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// In this stream.
    pub stream: Option<i32>,
    /// From this number of it.
    pub from_seq: Option<i64>,
    /// Up to this number of it.
    pub to_seq: Option<i64>,
    /// Of this aggregate.
    pub key: Option<Uuid>,
    /// Of this type.
    pub kind: Option<String>,
}

/// The last place that was looked at, in the order of places.
pub type Scanned = (i32, i64);

/// Before the first event of the log.
pub const START: Scanned = (-1, 0);

/// A replay.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// Who is given the events.
    pub consumer: String,
    /// Which events.
    pub range: Range,
    /// `running`, `done` or `stopped`.
    pub state: String,
    /// How far it has come.
    pub at: Scanned,
    /// What it has counted.
    pub counts: Counts,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// What a replay has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Events looked at.
    pub scanned: i64,
    /// Events given to the consumer, all went well.
    pub applied: i64,
    /// Events that became dead letters.
    pub failed: i64,
}

/// A stretch of the log.
#[derive(Debug)]
pub struct Stretch {
    /// The events that are meant.
    pub entries: Vec<Entry>,
    /// How many were looked at; none at the end.
    pub scanned: i64,
    /// The last place that was.
    pub to: Scanned,
}

/// Looks at the next `limit` events after a place that the consumer has been through.
///
/// # Errors
/// When the database cannot be read.
pub async fn stretch(
    client: &Client,
    consumer: &str,
    range: &Range,
    after: Scanned,
    limit: i64,
) -> Result<Stretch, StorageError> {
    let Range { from, to, stream, from_seq, to_seq, key, kind } = range;
    let rows = client
        .query(
            "with next as materialized (select e.stream, e.seq, e.type, e.key, e.occurred_at,
                     e.actor, e.causation, e.data
                 from events e
                 where (e.stream, e.seq) > ($2, $3) and ($6::int4 is null or e.stream = $6)
                     and e.seq <= (select o.seq from consumer_offsets o
                         where o.consumer = $1 and o.stream = e.stream)
                 order by e.stream, e.seq limit $11),
             judged as (select *, ($4::timestamptz is null or occurred_at >= $4)
                     and ($5::timestamptz is null or occurred_at < $5)
                     and ($7::int8 is null or seq >= $7) and ($8::int8 is null or seq <= $8)
                     and ($9::uuid is null or key = $9) and ($10::text is null or type = $10)
                     as meant from next)
             select stream, seq, type, key, occurred_at, actor, causation,
                 case when meant then data else 'null' end, meant
             from judged order by stream, seq",
            &[&consumer, &after.0, &after.1, from, to, stream, from_seq, to_seq, key, kind, &limit],
        )
        .await?;
    let last = rows.last().map_or(after, |row| (row.get(0), row.get(1)));
    let entries = rows.iter().filter(|row| row.get("meant")).map(events::entry);
    Ok(Stretch {
        entries: entries.collect::<Result<_, _>>()?,
        scanned: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        to: last,
    })
}

/// Orders a replay, with its line in the audit trail.
///
/// # Errors
/// When the database refuses.
pub async fn start(
    client: &mut Client,
    id: ReplayId,
    consumer: &str,
    range: &Range,
    causation: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    let transaction = client.transaction().await?;
    let Range { from, to, stream, from_seq, to_seq, key, kind } = range;
    transaction
        .execute(
            "insert into replays (id, consumer, from_at, to_at, stream, from_seq, to_seq, key,
                 type, state, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', $10, $10)",
            &[&id.uuid(), &consumer, from, to, stream, from_seq, to_seq, key, kind, &now],
        )
        .await?;
    let of = (id.uuid(), id.to_string());
    events::append_act(&transaction, "replay.started", of, causation, now).await?;
    transaction.commit().await?;
    Ok(())
}

/// Stops a running replay; `false` when it does not run.
///
/// # Errors
/// When the database refuses.
pub async fn stop(
    client: &mut Client,
    id: ReplayId,
    causation: Uuid,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let stopped = transaction
        .execute(
            "update replays set state = 'stopped', updated_at = $2
             where id = $1 and state = 'running'",
            &[&id.uuid(), &now],
        )
        .await?;
    if stopped == 1 {
        let of = (id.uuid(), id.to_string());
        events::append_act(&transaction, "replay.stopped", of, causation, now).await?;
    }
    transaction.commit().await?;
    Ok(stopped == 1)
}

/// A replay has come so far; `done` when that was the end. `false` when it was stopped
/// meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn moved(
    client: &Client,
    replay: &Replay,
    done: bool,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let Counts { scanned, applied, failed } = replay.counts;
    let moved = client
        .execute(
            "update replays set at_stream = $2, at_seq = $3, scanned = $4, applied = $5,
                 failed = $6, updated_at = $7, state = case when $8 then 'done' else state end
             where id = $1 and state = 'running'",
            &[
                &replay.id.uuid(),
                &replay.at.0,
                &replay.at.1,
                &scanned,
                &applied,
                &failed,
                &now,
                &done,
            ],
        )
        .await?;
    Ok(moved == 1)
}

/// A replay by its id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, id: ReplayId) -> Result<Option<Replay>, StorageError> {
    let row = client.query_opt("select * from replays where id = $1", &[&id.uuid()]).await?;
    Ok(row.as_ref().map(replay))
}

/// Replays, the newest first, at most `limit`, after the one with the id `after`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Replay>, StorageError> {
    let statement = "select * from replays where ($1::uuid is null or id < $1)
         order by id desc limit $2";
    Ok(client.query(statement, &[&after, &limit]).await?.iter().map(replay).collect())
}

/// The running replay that was ordered first, of one of these consumers.
///
/// # Errors
/// When the database cannot be read.
pub async fn next(client: &Client, consumers: &[&str]) -> Result<Option<Replay>, StorageError> {
    let statement = "select * from replays where state = 'running' and consumer = any($1)
         order by id limit 1";
    Ok(client.query_opt(statement, &[&consumers]).await?.as_ref().map(replay))
}

fn replay(row: &Row) -> Replay {
    Replay {
        id: row.get::<_, Uuid>("id").into(),
        consumer: row.get("consumer"),
        range: Range {
            from: row.get("from_at"),
            to: row.get("to_at"),
            stream: row.get("stream"),
            from_seq: row.get("from_seq"),
            to_seq: row.get("to_seq"),
            key: row.get("key"),
            kind: row.get("type"),
        },
        state: row.get("state"),
        at: (row.get("at_stream"), row.get("at_seq")),
        counts: Counts {
            scanned: row.get("scanned"),
            applied: row.get("applied"),
            failed: row.get("failed"),
        },
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    }
}

//! Events that a consumer failed at. They wait for their next try behind the consumer's
//! cursor, and the later events of the same key wait behind them, in order.

use std::collections::HashSet;

use jiff::Timestamp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::events::{self, ADVANCE};
use super::sqlstate::StorageError;
use crate::domain::entity::Stream;
use crate::domain::event::Position;

/// A parked event that is tried next of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Where it lies.
    pub position: Position,
    /// Tries so far.
    pub attempts: i32,
}

/// An event to be parked.
#[derive(Debug, Clone)]
pub struct NewParked {
    /// Its number in the stream.
    pub seq: i64,
    /// The key whose later events wait for it.
    pub key: Uuid,
    /// Its type's name.
    pub kind: String,
    /// Tries so far: none for one that waits behind another.
    pub attempts: i32,
    /// When it may be tried.
    pub next_at: Timestamp,
    /// Why it failed; empty for one that waits.
    pub error: String,
}

/// Parks events and moves the consumer's cursor from `from` to `to`, together. `false`, and
/// nothing is parked, when the cursor is not where the caller believes.
///
/// # Errors
/// When the database refuses.
pub async fn park(
    client: &Client,
    consumer: &str,
    from: i64,
    to: Position,
    rows: &[NewParked],
    now: Timestamp,
) -> Result<bool, StorageError> {
    let seqs: Vec<_> = rows.iter().map(|row| row.seq).collect();
    let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
    let kinds: Vec<_> = rows.iter().map(|row| &row.kind).collect();
    let attempts: Vec<_> = rows.iter().map(|row| row.attempts).collect();
    let times: Vec<_> = rows.iter().map(|row| row.next_at).collect();
    let errors: Vec<_> = rows.iter().map(|row| &row.error).collect();
    let statement = format!(
        "with moved as ({ADVANCE} returning 1),
         parked as (insert into parked_events
                 (consumer, stream, seq, key, type, attempts, next_at, first_at, error)
             select $1, $2, seq, key, kind, attempts, next_at, $11, error
             from unnest($5::int8[], $6::uuid[], $7::text[], $8::int4[], $9::timestamptz[],
                 $10::text[]) as new(seq, key, kind, attempts, next_at, error)
             where exists (select 1 from moved)
             on conflict do nothing)
         select exists (select 1 from moved)"
    );
    let row = client
        .query_one(
            &statement,
            &[
                &consumer,
                &i32::from(to.stream.0),
                &from,
                &to.seq,
                &seqs,
                &keys,
                &kinds,
                &attempts,
                &times,
                &errors,
                &now,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The streams in which a consumer has parked events.
///
/// # Errors
/// When the database cannot be read.
pub async fn streams(client: &Client, consumer: &str) -> Result<Vec<Stream>, StorageError> {
    let rows = client
        .query("select distinct stream from parked_events where consumer = $1", &[&consumer])
        .await?;
    rows.iter().map(|row| events::position(row.get(0), 0).map(|position| position.stream)).collect()
}

/// The keys of a stream that wait for a parked event.
///
/// # Errors
/// When the database cannot be read.
pub async fn keys(
    client: &Client,
    consumer: &str,
    stream: Stream,
    among: &[Uuid],
) -> Result<HashSet<Uuid>, StorageError> {
    let rows = client
        .query(
            "select distinct key from parked_events
             where consumer = $1 and stream = $2 and key = any($3)",
            &[&consumer, &i32::from(stream.0), &among],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The first parked event of every key of a stream, with the time of its next try.
const FIRST: &str = "select distinct on (key) seq, attempts, next_at from parked_events
     where consumer = $1 and stream = $2 order by key, seq";

/// What may be tried now: at most one event of a key, in the order of the stream.
///
/// # Errors
/// When the database cannot be read.
pub async fn due(
    client: &Client,
    consumer: &str,
    stream: Stream,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Parked>, StorageError> {
    let statement = format!(
        "select seq, attempts from ({FIRST}) first where next_at <= $3 order by seq limit $4"
    );
    let rows = client.query(&statement, &[&consumer, &i32::from(stream.0), &now, &limit]).await?;
    let parked = |seq, attempts| Parked { position: Position { stream, seq }, attempts };
    Ok(rows.iter().map(|row| parked(row.get(0), row.get(1))).collect())
}

/// When the next parked event of a stream may be tried; none when nothing is parked.
///
/// # Errors
/// When the database cannot be read.
pub async fn next_at(
    client: &Client,
    consumer: &str,
    stream: Stream,
) -> Result<Option<Timestamp>, StorageError> {
    let statement = format!("select min(next_at) from ({FIRST}) first");
    let row = client.query_one(&statement, &[&consumer, &i32::from(stream.0)]).await?;
    Ok(row.get(0))
}

/// A parked event went well.
///
/// # Errors
/// When the database refuses.
pub async fn done(client: &Client, consumer: &str, at: Position) -> Result<(), StorageError> {
    client
        .execute(
            "delete from parked_events where consumer = $1 and stream = $2 and seq = $3",
            &[&consumer, &i32::from(at.stream.0), &at.seq],
        )
        .await?;
    Ok(())
}

/// A parked event failed again and waits for its next try.
///
/// # Errors
/// When the database refuses.
pub async fn again(
    client: &Client,
    consumer: &str,
    at: Position,
    attempts: i32,
    next_at: Timestamp,
    error: &str,
) -> Result<(), StorageError> {
    client
        .execute(
            "update parked_events set attempts = $4, next_at = $5, error = $6
             where consumer = $1 and stream = $2 and seq = $3",
            &[&consumer, &i32::from(at.stream.0), &at.seq, &attempts, &next_at, &error],
        )
        .await?;
    Ok(())
}

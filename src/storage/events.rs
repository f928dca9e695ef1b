//! The event log: gapless streams, read after a cursor. Entities' events are written by
//! [`super::batch`]; those of the edge (accounts, the webhook inbox) by [`append_edge`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use super::sqlstate::StorageError;
use crate::domain::entity::{SHARDS, Stream};
use crate::domain::event::{self, Actor, Event, Position, Recorded};

/// Writes an event that no entity owns, in the caller's transaction: the stream's head row
/// is locked until it ends, so numbers are given in the order of commits.
///
/// # Errors
/// When the database refuses; the transaction is then lost.
pub async fn append_edge(
    transaction: &Transaction<'_>,
    key: Uuid,
    event: &Event,
    actor: Actor,
    causation: Uuid,
    now: Timestamp,
) -> Result<Position, StorageError> {
    let stream = Stream::edge(key);
    let row = transaction
        .query_one(
            "update streams set head = head + 1 where stream = $1 returning head",
            &[&i32::from(stream.0)],
        )
        .await?;
    let seq: i64 = row.get(0);
    transaction
        .execute(
            "insert into events (stream, seq, type, version, key, occurred_at, actor, causation, data)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                &i32::from(stream.0),
                &seq,
                &event.name(),
                &event::VERSION,
                &key,
                &now,
                &actor.to_string(),
                &causation,
                &data(event)?,
            ],
        )
        .await?;
    Ok(Position { stream, seq })
}

/// Writes down what an operator did, and to what, in the caller's transaction.
///
/// # Errors
/// When the database refuses; the transaction is then lost.
pub async fn append_act(
    transaction: &Transaction<'_>,
    action: &str,
    (key, subject): (Uuid, String),
    causation: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    let event = Event::OperatorActed { action: action.to_owned(), subject };
    append_edge(transaction, key, &event, Actor::Operator, causation, now).await?;
    Ok(())
}

/// Writes down what an operator did where nothing else is written with it.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_act(
    client: &mut Client,
    action: &str,
    of: (Uuid, String),
    causation: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    let transaction = client.transaction().await?;
    append_act(&transaction, action, of, causation, now).await?;
    transaction.commit().await?;
    Ok(())
}

/// An event that no entity owns, one of many that are written together.
#[derive(Debug, Clone)]
pub struct EdgeEvent {
    /// The aggregate whose order it keeps.
    pub key: Uuid,
    /// What happened.
    pub event: Event,
    /// The request that caused it.
    pub causation: Uuid,
}

/// Writes many events as [`append_edge`] does one: those of a stream in the order given.
///
/// # Errors
/// When the database refuses; the transaction is then lost.
pub async fn append_edge_many(
    transaction: &Transaction<'_>,
    events: &[EdgeEvent],
    actor: Actor,
    now: Timestamp,
) -> Result<(), StorageError> {
    // Everybody who needs several streams locks them in their order.
    let mut streams: BTreeMap<u16, Vec<&EdgeEvent>> = BTreeMap::new();
    for event in events {
        streams.entry(Stream::edge(event.key).0).or_default().push(event);
    }
    let (mut places, mut seqs, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let (mut keys, mut causes, mut contents) = (Vec::new(), Vec::new(), Vec::new());
    for (stream, of_stream) in streams {
        let (stream, count) = (i32::from(stream), i64::try_from(of_stream.len()));
        let count = count.map_err(StorageError::malformed)?;
        let sql = "update streams set head = head + $2 where stream = $1 returning head";
        let head: i64 = transaction.query_one(sql, &[&stream, &count]).await?.get(0);
        for (seq, new) in (head - count + 1..).zip(of_stream) {
            places.push(stream);
            seqs.push(seq);
            names.push(new.event.name());
            keys.push(new.key);
            causes.push(new.causation);
            contents.push(data(&new.event)?);
        }
    }
    transaction
        .execute(
            "insert into events (stream, seq, type, version, key, occurred_at, actor, causation, data)
             select stream, seq, type, $1, key, $2, $3, causation, data
             from unnest($4::int4[], $5::int8[], $6::text[], $7::uuid[], $8::uuid[], $9::jsonb[])
                 as e(stream, seq, type, key, causation, data)",
            &[
                &event::VERSION,
                &now,
                &actor.to_string(),
                &places,
                &seqs,
                &names,
                &keys,
                &causes,
                &contents,
            ],
        )
        .await?;
    Ok(())
}

/// What an event's row keeps besides its type.
///
/// # Errors
/// Never for the events of this version.
pub fn data(event: &Event) -> Result<Value, StorageError> {
    match serde_json::to_value(event).map_err(StorageError::malformed)? {
        Value::Object(mut fields) => Ok(fields.remove("data").unwrap_or(Value::Null)),
        _ => Err(StorageError::malformed("event is no object")),
    }
}

/// The events of a stream after a position, in order, at most `limit`.
///
/// # Errors
/// When the database cannot be read, an event cannot be decoded, or numbers are missing.
pub async fn read_after(
    client: &Client,
    stream: Stream,
    after: i64,
    limit: i64,
) -> Result<Vec<Recorded>, StorageError> {
    let entries = entries_after(client, stream, after, limit).await?;
    entries.into_iter().map(|entry| entry.event).collect()
}

/// The events of several streams, each after a position, in one round trip: in order, at
/// most `limit` of each, for each position that there are events after. Of one stream
/// numbers may be missing while those of the others are not.
///
/// # Errors
/// When the database cannot be read.
pub async fn read_each_after(
    client: &Client,
    after: &[Position],
    limit: i64,
) -> Result<Vec<(Position, Result<Vec<Entry>, StorageError>)>, StorageError> {
    let streams: Vec<_> = after.iter().map(|position| i32::from(position.stream.0)).collect();
    let seqs: Vec<_> = after.iter().map(|position| position.seq).collect();
    let rows = client
        .query(
            "select e.*, c.place from unnest($1::int4[], $2::int8[])
                with ordinality c(stream, after, place)
             cross join lateral (
                 select stream, seq, type, key, occurred_at, actor, causation, data from events
                 where stream = c.stream and seq > c.after order by seq limit $3) e
             order by c.place, e.seq",
            &[&streams, &seqs, &limit],
        )
        .await?;
    let place = |row: &Row| row.get::<_, i64>("place");
    let mut read = Vec::new();
    for rows in rows.chunk_by(|one, next| place(one) == place(next)) {
        let asked = rows.first().and_then(|row| usize::try_from(place(row) - 1).ok());
        let asked = asked.and_then(|asked| after.get(asked));
        read.extend(asked.map(|after| (*after, in_order(*after, rows))));
    }
    Ok(read)
}

/// Rows as events, which must follow `after` without a gap.
fn in_order(after: Position, rows: &[Row]) -> Result<Vec<Entry>, StorageError> {
    let entries: Vec<Entry> = rows.iter().map(entry).collect::<Result<_, _>>()?;
    for (expected, entry) in (after.seq + 1..).zip(&entries) {
        if entry.position.seq != expected {
            let stream = after.stream.0;
            return Err(StorageError::malformed(format!("stream {stream} lacks event {expected}")));
        }
    }
    Ok(entries)
}

/// An event's row, which this version may not be able to read.
#[derive(Debug)]
pub struct Entry {
    /// Where it lies.
    pub position: Position,
    /// The aggregate whose order it keeps.
    pub key: Uuid,
    /// The name of its type.
    pub kind: String,
    /// The event; an error when it cannot be decoded.
    pub event: Result<Recorded, StorageError>,
}

/// The rows of a stream after a position, in order, at most `limit`: as [`read_after`], but
/// what cannot be decoded does not keep the others from being read.
///
/// # Errors
/// When the database cannot be read, or numbers are missing.
pub async fn entries_after(
    client: &Client,
    stream: Stream,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, StorageError> {
    let rows = client
        .query(
            "select stream, seq, type, key, occurred_at, actor, causation, data from events
             where stream = $1 and seq > $2 order by seq limit $3",
            &[&i32::from(stream.0), &after, &limit],
        )
        .await?;
    in_order(Position { stream, seq: after }, &rows)
}

/// The row at a place in the log; none when there is none, or it was dropped.
///
/// # Errors
/// When the database cannot be read.
pub async fn entry_at(client: &Client, at: Position) -> Result<Option<Entry>, StorageError> {
    let row = client
        .query_opt(
            "select stream, seq, type, key, occurred_at, actor, causation, data from events
             where stream = $1 and seq = $2",
            &[&i32::from(at.stream.0), &at.seq],
        )
        .await?;
    row.as_ref().map(entry).transpose()
}

/// A row of the columns that [`entries_after`] reads.
pub(super) fn entry(row: &Row) -> Result<Entry, StorageError> {
    Ok(Entry {
        position: position(row.get(0), row.get(1))?,
        key: row.get(3),
        kind: row.get(2),
        event: recorded(row),
    })
}

/// The head of every stream that is not empty.
///
/// # Errors
/// When the database cannot be read.
pub async fn heads(client: &Client) -> Result<Vec<Position>, StorageError> {
    let rows = client.query("select stream, head from streams where head > 0", &[]).await?;
    rows.iter().map(|row| position(row.get(0), row.get(1))).collect()
}

/// Where a stream ends; none when it is empty.
///
/// # Errors
/// When the database cannot be read.
pub async fn head(client: &Client, stream: Stream) -> Result<Option<Position>, StorageError> {
    let sql = "select head from streams where stream = $1 and head > 0";
    let row = client.query_opt(sql, &[&i32::from(stream.0)]).await?;
    Ok(row.map(|row| Position { stream, seq: row.get(0) }))
}

/// As [`heads`], of the streams that no shard owns.
///
/// # Errors
/// When the database cannot be read.
pub async fn edge_heads(client: &Client) -> Result<Vec<Position>, StorageError> {
    let first = i32::from(SHARDS);
    let query = "select stream, head from streams where head > 0 and stream >= $1";
    let rows = client.query(query, &[&first]).await?;
    rows.iter().map(|row| position(row.get(0), row.get(1))).collect()
}

/// In each stream the number up to which events may have been dropped, where that is so.
///
/// # Errors
/// When the database cannot be read.
pub async fn floors(client: &Client) -> Result<Vec<Position>, StorageError> {
    let rows = client.query("select stream, floor from streams where floor > 0", &[]).await?;
    rows.iter().map(|row| position(row.get(0), row.get(1))).collect()
}

/// How far a consumer has come, in every stream in which it has come anywhere. A new one
/// begins behind the events that were dropped.
///
/// # Errors
/// When the database cannot be read.
pub async fn offsets(client: &Client, consumer: &str) -> Result<Vec<Position>, StorageError> {
    let rows = client
        .query(
            "select s.stream, greatest(coalesce(o.seq, 0), s.floor) from streams s
             left join consumer_offsets o on o.stream = s.stream and o.consumer = $1
             where o.seq is not null or s.floor > 0",
            &[&consumer],
        )
        .await?;
    rows.iter().map(|row| position(row.get(0), row.get(1))).collect()
}

/// How far a consumer has come in one stream; 0 for not at all.
///
/// # Errors
/// When the database cannot be read.
pub async fn offset(client: &Client, consumer: &str, stream: Stream) -> Result<i64, StorageError> {
    let row = client
        .query_opt(
            "select greatest(coalesce(o.seq, 0), s.floor) from streams s
             left join consumer_offsets o on o.stream = s.stream and o.consumer = $1
             where s.stream = $2",
            &[&consumer, &i32::from(stream.0)],
        )
        .await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// Moves the offset of consumer $1 in stream $2 from $3 to $4, if it is at $3.
pub(super) const ADVANCE: &str = "insert into consumer_offsets (consumer, stream, seq)
     select $1, $2, $4 where $3::int8 = (select floor from streams where stream = $2)
     or exists (select 1 from consumer_offsets where consumer = $1 and stream = $2)
     on conflict (consumer, stream) do update set seq = excluded.seq
     where consumer_offsets.seq = $3";

/// Moves a consumer's offset forwards, in the caller's transaction or on its own. Nothing
/// happens, and `false` is the answer, when it is not where the caller believes: another
/// owner has been at work.
///
/// # Errors
/// When the database refuses.
pub async fn advance(
    client: &impl tokio_postgres::GenericClient,
    consumer: &str,
    from: i64,
    to: Position,
) -> Result<bool, StorageError> {
    let moved =
        client.execute(ADVANCE, &[&consumer, &i32::from(to.stream.0), &from, &to.seq]).await?;
    Ok(moved == 1)
}

/// A place in the log from its columns.
pub(super) fn position(stream: i32, seq: i64) -> Result<Position, StorageError> {
    let stream = u16::try_from(stream).map_err(StorageError::malformed)?;
    Ok(Position { stream: Stream(stream), seq })
}

fn recorded(row: &Row) -> Result<Recorded, StorageError> {
    let form = json!({ "type": row.get::<_, &str>(2), "data": row.get::<_, Value>(7) });
    let event = serde_json::from_value(form).map_err(|error| {
        StorageError::malformed(format!("event {}: {error}", row.get::<_, i64>(1)))
    })?;
    Ok(Recorded {
        position: position(row.get(0), row.get(1))?,
        key: row.get(3),
        occurred_at: row.get(4),
        actor: row.get(5),
        causation: row.get(6),
        event,
    })
}

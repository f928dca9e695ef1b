//! The event log as operators look at it: by key, type, place, time and cause; how far
//! consumers are behind; who did what.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events;
use super::sqlstate::StorageError;
use crate::domain::event::Position;

/// An event's row as it lies in the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Where it lies.
    pub position: Position,
    /// The name of its type.
    pub kind: String,
    /// The aggregate whose order it keeps.
    pub key: Uuid,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Who made it happen.
    pub actor: String,
    /// The request that caused it.
    pub causation: Uuid,
    /// What it says besides.
    pub data: Value,
}

/// Which events are meant. What is not said is not asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this aggregate.
    pub key: Option<Uuid>,
    /// Of this type, or of all types that begin with it when it ends in a dot.
    pub kind: Option<String>,
    /// In this stream.
    pub stream: Option<i32>,
    /// Of this request.
    pub causation: Option<Uuid>,
    /// By this actor.
    pub actor: Option<String>,
    /// About this: a key, or the subject of what an operator did.
    pub subject: Option<(Uuid, String)>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// The place of an event in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it happened.
    pub at: Timestamp,
    /// Where it lies.
    pub position: Position,
}

const COLUMNS: &str = "stream, seq, type, key, occurred_at, actor, causation, data";

/// Only the conditions that are asked for, so that the indexes can serve them.
struct Conditions<'a> {
    text: String,
    arguments: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Conditions<'a> {
    fn add(&mut self, condition: &str, argument: Option<&'a (dyn ToSql + Sync)>) {
        if let Some(argument) = argument {
            self.arguments.push(argument);
            self.text.push_str(&condition.replace('?', &format!("${}", self.arguments.len())));
        }
    }
}

/// Events, the latest first, at most `limit`, after a place.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Logged>, StorageError> {
    let Filter { key, kind, stream, causation, actor, subject, from, to } = filter;
    let prefix = kind.as_ref().filter(|kind| kind.ends_with('.')).map(|kind| format!("{kind}%"));
    let subject_key = subject.as_ref().map(|(key, _)| *key);
    let subject = subject.as_ref().map(|(_, text)| text);
    let after_stream = after.map(|place| i32::from(place.position.stream.0));
    let (after_at, after_seq) =
        (after.map(|place| place.at), after.map(|place| place.position.seq));
    let mut sql = Conditions { text: String::new(), arguments: vec![&limit] };
    sql.add(" and key = ?", key.as_ref().map(|value| value as _));
    match &prefix {
        Some(prefix) => sql.add(" and type like ?", Some(prefix)),
        None => sql.add(" and type = ?", kind.as_ref().map(|value| value as _)),
    }
    sql.add(" and stream = ?", stream.as_ref().map(|value| value as _));
    sql.add(" and causation = ?", causation.as_ref().map(|value| value as _));
    sql.add(" and actor = ?", actor.as_ref().map(|value| value as _));
    sql.add(" and occurred_at >= ?", from.as_ref().map(|value| value as _));
    sql.add(" and occurred_at < ?", to.as_ref().map(|value| value as _));
    sql.add(" and (key = ?", subject_key.as_ref().map(|value| value as _));
    sql.add(" or data ->> 'subject' = ?)", subject.map(|value| value as _));
    sql.add(" and (occurred_at, stream, seq) < (?", after_at.as_ref().map(|value| value as _));
    sql.add(", ?", after_stream.as_ref().map(|value| value as _));
    sql.add(", ?)", after_seq.as_ref().map(|value| value as _));
    let Conditions { text, arguments } = sql;
    let statement = format!(
        "select {COLUMNS} from events where true{text}
         order by occurred_at desc, stream desc, seq desc limit $1"
    );
    let rows = client.query(&statement, &arguments).await?;
    rows.iter().map(logged).collect()
}

/// The event at a place.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, at: Position) -> Result<Option<Logged>, StorageError> {
    let statement = format!("select {COLUMNS} from events where stream = $1 and seq = $2");
    let row = client.query_opt(&statement, &[&i32::from(at.stream.0), &at.seq]).await?;
    row.as_ref().map(logged).transpose()
}

/// What led to an event: what the same request caused, and what had happened to its key
/// before, the latest first, at most `limit` of each.
///
/// # Errors
/// When the database cannot be read.
pub async fn chain(
    client: &Client,
    event: &Logged,
    limit: i64,
) -> Result<(Vec<Logged>, Vec<Logged>), StorageError> {
    let causation = Filter { causation: Some(event.causation), ..Filter::default() };
    let mut same_cause = list(client, &causation, None, limit).await?;
    same_cause.retain(|other| other.position != event.position);
    let key = Filter { key: Some(event.key), ..Filter::default() };
    let place = Place { at: event.occurred_at, position: event.position };
    let before = list(client, &key, Some(place), limit).await?;
    Ok((same_cause, before))
}

/// How far a consumer is in a stream in which it is behind.
#[derive(Debug, Clone)]
pub struct StreamLag {
    /// The stream.
    pub stream: i32,
    /// The last event it has been through.
    pub cursor: i64,
    /// The last event there is.
    pub head: i64,
    /// When the first event after the cursor happened.
    pub since: Option<Timestamp>,
}

/// How a consumer does.
#[derive(Debug, Clone, Default)]
pub struct Lag {
    /// The streams in which it is behind.
    pub streams: Vec<StreamLag>,
    /// Events it has been through.
    pub done: i64,
    /// Events that wait for a try.
    pub parked: i64,
    /// Dead letters that nobody has decided on.
    pub dead: i64,
}

/// How a consumer does.
///
/// # Errors
/// When the database cannot be read.
pub async fn lag(client: &Client, consumer: &str) -> Result<Lag, StorageError> {
    let rows = client
        .query(
            "select s.stream, greatest(coalesce(o.seq, 0), s.floor) as cursor, s.head,
                 (select occurred_at from events e where e.stream = s.stream
                     and e.seq > coalesce(o.seq, 0) order by e.seq limit 1) as since
             from streams s left join consumer_offsets o
                 on o.stream = s.stream and o.consumer = $1
             where s.head > coalesce(o.seq, 0) order by s.stream",
            &[&consumer],
        )
        .await?;
    let streams = rows
        .iter()
        .map(|row| StreamLag {
            stream: row.get(0),
            cursor: row.get(1),
            head: row.get(2),
            since: row.get(3),
        })
        .collect();
    let row = client
        .query_one(
            "select (select coalesce(sum(seq), 0)::int8 from consumer_offsets where consumer = $1),
                 (select count(*) from parked_events where consumer = $1),
                 (select count(*) from dead_letters where consumer = $1 and state = 'open')",
            &[&consumer],
        )
        .await?;
    Ok(Lag { streams, done: row.get(0), parked: row.get(1), dead: row.get(2) })
}

fn logged(row: &Row) -> Result<Logged, StorageError> {
    Ok(Logged {
        position: events::position(row.get(0), row.get(1))?,
        kind: row.get(2),
        key: row.get(3),
        occurred_at: row.get(4),
        actor: row.get(5),
        causation: row.get(6),
        data: row.get(7),
    })
}

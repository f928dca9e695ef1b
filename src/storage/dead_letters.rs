//! Dead letters: events that a consumer was not able to see to, for an operator to retry or
//! to discard. A consumer has one for an event at most, whatever became of it.

use jiff::Timestamp;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events;
use super::sqlstate::StorageError;
use crate::domain::event::Position;
use crate::domain::ids::DeadLetterId;

/// A dead letter.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Its id.
    pub id: DeadLetterId,
    /// Whose.
    pub consumer: String,
    /// Where the event lies.
    pub position: Position,
    /// The event's key.
    pub key: Uuid,
    /// The event's type.
    pub kind: String,
    /// Why the last try failed.
    pub error: String,
    /// Tries so far.
    pub attempts: i32,
    /// When it failed first.
    pub first_at: Timestamp,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// `open`, `retried` or `discarded`.
    pub state: String,
    /// Whether a retry is under way.
    pub pending: bool,
}

/// Which dead letters are meant.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this consumer.
    pub consumer: Option<String>,
    /// Of events of this type.
    pub kind: Option<String>,
    /// In this state.
    pub state: Option<String>,
}

/// Gives up a parked event: it becomes a dead letter and its key goes on. One that had been
/// given up before and was retried is open again.
///
/// # Errors
/// When the database refuses.
pub async fn bury(
    client: &Client,
    id: DeadLetterId,
    consumer: &str,
    at: Position,
    attempts: i32,
    error: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    client
        .execute(
            "with gone as (delete from parked_events
                 where consumer = $2 and stream = $3 and seq = $4 returning *)
             insert into dead_letters (id, consumer, stream, seq, key, type, error, attempts,
                 first_at, dead_at, state, changed_at)
             select $1, consumer, stream, seq, key, type, $5, $6, first_at, $7, 'open', $7 from gone
             on conflict (consumer, stream, seq) do update set error = excluded.error,
                 attempts = excluded.attempts, dead_at = excluded.dead_at, state = 'open',
                 changed_at = excluded.changed_at",
            &[&id.uuid(), &consumer, &i32::from(at.stream.0), &at.seq, &error, &attempts, &now],
        )
        .await?;
    Ok(())
}

/// Makes a dead letter of an event that failed in a replay: it is not parked, because its
/// key has long gone on. One that is there already is open again.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    client: &Client,
    id: DeadLetterId,
    consumer: &str,
    event: &events::Entry,
    error: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    client
        .execute(
            "insert into dead_letters (id, consumer, stream, seq, key, type, error, attempts,
                 first_at, dead_at, state, changed_at)
             values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8, 'open', $8)
             on conflict (consumer, stream, seq) do update set error = excluded.error,
                 attempts = dead_letters.attempts + 1, dead_at = excluded.dead_at, state = 'open',
                 changed_at = excluded.changed_at",
            &[
                &id.uuid(),
                &consumer,
                &i32::from(event.position.stream.0),
                &event.position.seq,
                &event.key,
                &event.kind,
                &error,
                &now,
            ],
        )
        .await?;
    Ok(())
}

const COLUMNS: &str = "d.*, exists (select 1 from parked_events p where p.consumer = d.consumer
     and p.stream = d.stream and p.seq = d.seq) as pending";

/// Dead letters, the newest first, at most `limit`, after the one with the id `after`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    filter: &Filter,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<DeadLetter>, StorageError> {
    let statement = format!(
        "select {COLUMNS} from dead_letters d
         where ($1::text is null or consumer = $1) and ($2::text is null or type = $2)
             and ($3::text is null or state = $3) and ($4::uuid is null or id < $4)
         order by id desc limit $5"
    );
    let Filter { consumer, kind, state } = filter;
    let rows = client.query(&statement, &[consumer, kind, state, &after, &limit]).await?;
    rows.iter().map(letter).collect()
}

/// A dead letter by its id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, id: DeadLetterId) -> Result<Option<DeadLetter>, StorageError> {
    let statement = format!("select {COLUMNS} from dead_letters d where id = $1");
    client.query_opt(&statement, &[&id.uuid()]).await?.as_ref().map(letter).transpose()
}

fn letter(row: &Row) -> Result<DeadLetter, StorageError> {
    Ok(DeadLetter {
        id: row.get::<_, Uuid>("id").into(),
        consumer: row.get("consumer"),
        position: events::position(row.get("stream"), row.get("seq"))?,
        key: row.get("key"),
        kind: row.get("type"),
        error: row.get("error"),
        attempts: row.get("attempts"),
        first_at: row.get("first_at"),
        dead_at: row.get("dead_at"),
        state: row.get("state"),
        pending: row.get("pending"),
    })
}

/// Has open dead letters tried once more: one by its id, or all of a consumer, the oldest
/// `limit` of them. They are parked again, so that their consumer finds them, and the audit
/// trail says so, in one transaction. Where they lie.
///
/// # Errors
/// When the database refuses.
pub async fn retry(
    client: &mut Client,
    id: Option<DeadLetterId>,
    consumer: Option<&str>,
    limit: i64,
    causation: Uuid,
    now: Timestamp,
) -> Result<Vec<(String, Position)>, StorageError> {
    let transaction = client.transaction().await?;
    let rows = transaction
        .query(
            "with letter as (update dead_letters set state = 'retried', changed_at = $4
                 where state = 'open' and id in (select id from dead_letters
                     where state = 'open' and ($1::uuid is null or id = $1)
                         and ($2::text is null or consumer = $2)
                     order by id limit $3)
                 returning *),
             parked as (insert into parked_events
                     (consumer, stream, seq, key, type, attempts, next_at, first_at, error)
                 select consumer, stream, seq, key, type, attempts, $4, first_at, error
                 from letter on conflict do nothing)
             select id, consumer, stream, seq from letter order by id",
            &[&id.map(DeadLetterId::uuid), &consumer, &limit, &now],
        )
        .await?;
    let mut retried = Vec::new();
    for row in &rows {
        let of = subject(row.get(0));
        events::append_act(&transaction, "dead-letter.retried", of, causation, now).await?;
        retried.push((row.get(1), events::position(row.get(2), row.get(3))?));
    }
    transaction.commit().await?;
    Ok(retried)
}

/// Gives an open dead letter up for good; `false` when it is not open.
///
/// # Errors
/// When the database refuses.
pub async fn discard(
    client: &mut Client,
    id: DeadLetterId,
    causation: Uuid,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let changed = transaction
        .execute(
            "update dead_letters set state = 'discarded', changed_at = $2
             where id = $1 and state = 'open'",
            &[&id.uuid(), &now],
        )
        .await?;
    if changed == 1 {
        let of = subject(id.uuid());
        events::append_act(&transaction, "dead-letter.discarded", of, causation, now).await?;
    }
    transaction.commit().await?;
    Ok(changed == 1)
}

fn subject(id: Uuid) -> (Uuid, String) {
    (id, DeadLetterId::from(id).to_string())
}

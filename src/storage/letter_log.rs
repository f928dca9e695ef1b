//! Letters as operators see them: what became of them, and those that were given up sent
//! once more.

use jiff::Timestamp;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events::{self, EdgeEvent};
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::ids::{LetterId, UserId};

/// A letter and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    /// Its id.
    pub id: LetterId,
    /// Whom it is for.
    pub user_id: UserId,
    /// What it is, by the name of its template.
    pub template: String,
    /// `queued`, `sending`, `sent`, `failed` or `suppressed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it did not go out.
    pub last_error: Option<String>,
    /// When its event happened.
    pub created_at: Timestamp,
    /// When it went out.
    pub sent_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, user_id, template, state, attempts, last_error, created_at, sent_at";

/// Letters of a state, the newest first, at most `limit`, after the one at a place of that
/// order.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    state: &str,
    after: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<LetterRow>, StorageError> {
    // Said twice, so that the planner can use the index of those that failed.
    let failed = if state == "failed" { "and state = 'failed'" } else { "" };
    let statement = format!(
        "select {COLUMNS} from letters where state = $1 {failed}
             and ($2::timestamptz is null or (created_at, id) < ($2, $3))
         order by created_at desc, id desc limit $4"
    );
    let (at, id) = after.unzip();
    let rows = client.query(&statement, &[&state, &at, &id, &limit]).await?;
    Ok(rows.iter().map(letter).collect())
}

/// A letter by its id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, id: LetterId) -> Result<Option<LetterRow>, StorageError> {
    let statement = format!("select {COLUMNS} from letters where id = $1");
    Ok(client.query_opt(&statement, &[&id.uuid()]).await?.as_ref().map(letter))
}

/// Has letters that were given up tried once more, as if they were new: one by its id, or the
/// oldest `limit`. The audit trail says so, in the same transaction. How many they are.
///
/// # Errors
/// When the database refuses.
pub async fn retry(
    client: &mut Client,
    id: Option<LetterId>,
    limit: i64,
    causation: Uuid,
    now: Timestamp,
) -> Result<usize, StorageError> {
    let transaction = client.transaction().await?;
    let rows = transaction
        .query(
            "update letters set state = 'queued', attempts = 0, next_at = $3
             where state = 'failed' and id in (select id from letters
                 where state = 'failed' and ($1::uuid is null or id = $1)
                 order by created_at, id limit $2)
             returning id",
            &[&id.map(LetterId::uuid), &limit, &now],
        )
        .await?;
    let acted = |row: &Row| {
        let id: Uuid = row.get(0);
        let subject = LetterId::from(id).to_string();
        let event = Event::OperatorActed { action: "letter.retried".to_owned(), subject };
        EdgeEvent { key: id, event, causation }
    };
    let acted: Vec<EdgeEvent> = rows.iter().map(acted).collect();
    events::append_edge_many(&transaction, &acted, Actor::Operator, now).await?;
    transaction.commit().await?;
    Ok(rows.len())
}

fn letter(row: &Row) -> LetterRow {
    LetterRow {
        id: row.get::<_, Uuid>("id").into(),
        user_id: row.get::<_, Uuid>("user_id").into(),
        template: row.get("template"),
        state: row.get("state"),
        attempts: row.get("attempts"),
        last_error: row.get("last_error"),
        created_at: row.get("created_at"),
        sent_at: row.get("sent_at"),
    }
}

//! In-app notifications.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::events::ADVANCE;
use super::pool::Pool;
use super::sqlstate::StorageError;
use crate::domain::event::Position;
use crate::domain::ids::{NotificationId, UserId};
use crate::domain::notification::Notification;

/// A notification as its reader gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its id.
    pub id: NotificationId,
    /// The type of the event it is about.
    pub kind: String,
    /// What it is about.
    pub data: Value,
    /// When the event happened.
    pub created_at: Timestamp,
    /// When it was read first.
    pub read_at: Option<Timestamp>,
}

/// Stores notifications and moves the consumer's cursor, together. `false`, and nothing is
/// stored, when the cursor is not where the caller believes. What somebody does not want to
/// be told is not stored.
///
/// # Errors
/// When the database refuses.
pub async fn store(
    pool: &Pool,
    consumer: &str,
    from: i64,
    to: Position,
    rows: &[(Notification, Timestamp)],
) -> Result<bool, StorageError> {
    let client = pool.get().await?;
    let columns = Columns::of(rows);
    // One statement and so one transaction: consumers run beside all that matters more.
    let statement = format!(
        "with moved as ({ADVANCE} returning 1), stored as ({})
         select exists (select 1 from moved)",
        insert(5, "exists (select 1 from moved)")
    );
    let stream = i32::from(to.stream.0);
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&consumer, &stream, &from, &to.seq];
    params.extend(columns.params());
    let row = client.query_one(&statement, &params).await?;
    Ok(row.get(0))
}

/// Stores notifications and moves no cursor; those that are there stay as they are.
///
/// # Errors
/// When the database refuses.
pub async fn add(pool: &Pool, rows: &[(Notification, Timestamp)]) -> Result<(), StorageError> {
    if rows.is_empty() {
        return Ok(());
    }
    let client = pool.get().await?;
    client.execute(&insert(1, "true"), &Columns::of(rows).params()).await?;
    Ok(())
}

/// Notifications, a list for each column.
struct Columns<'a> {
    ids: Vec<Uuid>,
    users: Vec<Uuid>,
    kinds: Vec<&'static str>,
    data: Vec<&'a Value>,
    times: Vec<Timestamp>,
    categories: Vec<&'static str>,
}

impl<'a> Columns<'a> {
    fn of(rows: &'a [(Notification, Timestamp)]) -> Self {
        Self {
            ids: rows.iter().map(|(row, _)| row.id.uuid()).collect(),
            users: rows.iter().map(|(row, _)| row.user_id.uuid()).collect(),
            kinds: rows.iter().map(|(row, _)| row.kind).collect(),
            data: rows.iter().map(|(row, _)| &row.data).collect(),
            times: rows.iter().map(|(_, at)| *at).collect(),
            categories: rows.iter().map(|(row, _)| row.category.name()).collect(),
        }
    }

    fn params(&self) -> [&(dyn ToSql + Sync); 6] {
        [&self.ids, &self.users, &self.kinds, &self.data, &self.times, &self.categories]
    }
}

/// The insertion of [`Columns`], which begin with the parameter `first`, if `condition`
/// holds.
fn insert(first: usize, condition: &str) -> String {
    let [ids, users, kinds, data, times, categories] = std::array::from_fn(|place| first + place);
    format!(
        "insert into notifications (id, user_id, kind, data, created_at)
         select n.id, n.user_id, n.kind, n.data, n.at
         from unnest(${ids}::uuid[], ${users}::uuid[], ${kinds}::text[], ${data}::jsonb[],
             ${times}::timestamptz[], ${categories}::text[]) n(id, user_id, kind, data, at, category)
         where {condition} and not exists (
             select 1 from notification_preferences p where p.user_id = n.user_id
             and p.category = n.category and p.channel = 'in_app' and not p.enabled)
         on conflict do nothing"
    )
}

/// Somebody's notifications before `before`, the newest first; `unread`: only those.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_user(
    client: &Client,
    user: UserId,
    unread: bool,
    before: Option<(Timestamp, NotificationId)>,
    limit: i64,
) -> Result<Vec<Told>, StorageError> {
    // The condition is in the text: only so does the index of the unread ones serve.
    let only = if unread { "and read_at is null" } else { "" };
    let statement = format!(
        "select id, kind, data, created_at, read_at from notifications
         where user_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3)) {only}
         order by created_at desc, id desc limit $4"
    );
    let (at, id) = before.map_or((None, Uuid::nil()), |(at, id)| (Some(at), id.uuid()));
    let rows = client.query(&statement, &[&user.uuid(), &at, &id, &limit]).await?;
    Ok(rows.iter().map(told).collect())
}

/// How many somebody has not read.
///
/// # Errors
/// When the database cannot be read.
pub async fn unread(client: &Client, user: UserId) -> Result<i64, StorageError> {
    let statement = "select count(*) from notifications where user_id = $1 and read_at is null";
    Ok(client.query_one(statement, &[&user.uuid()]).await?.get(0))
}

/// Marks one as read; `false` when it is not somebody's. The first time counts.
///
/// # Errors
/// When the database refuses.
pub async fn read(
    client: &Client,
    user: UserId,
    id: NotificationId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let marked = client
        .execute(
            "update notifications set read_at = coalesce(read_at, $3)
             where user_id = $1 and id = $2",
            &[&user.uuid(), &id.uuid(), &now],
        )
        .await?;
    Ok(marked == 1)
}

/// Marks all of somebody's as read; how many were not.
///
/// # Errors
/// When the database refuses.
pub async fn read_all(client: &Client, user: UserId, now: Timestamp) -> Result<u64, StorageError> {
    let statement = "update notifications set read_at = $2 where user_id = $1 and read_at is null";
    Ok(client.execute(statement, &[&user.uuid(), &now]).await?)
}

/// Takes one away for good; `false` when it is not somebody's. A replay of its event would
/// bring it back.
///
/// # Errors
/// When the database refuses.
pub async fn delete(
    client: &Client,
    user: UserId,
    id: NotificationId,
) -> Result<bool, StorageError> {
    let statement = "delete from notifications where user_id = $1 and id = $2";
    Ok(client.execute(statement, &[&user.uuid(), &id.uuid()]).await? == 1)
}

fn told(row: &Row) -> Told {
    Told {
        id: NotificationId::from(row.get::<_, Uuid>("id")),
        kind: row.get("kind"),
        data: row.get("data"),
        created_at: row.get("created_at"),
        read_at: row.get("read_at"),
    }
}

/// How many of these notifications are there.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(pool: &Pool, rows: &[(Notification, Timestamp)]) -> Result<u64, StorageError> {
    let client = pool.get().await?;
    let ids: Vec<_> = rows.iter().map(|(row, _)| row.id.uuid()).collect();
    let statement = "select count(*) from notifications where id = any($1)";
    let count: i64 = client.query_one(statement, &[&ids]).await?.get(0);
    Ok(u64::try_from(count).unwrap_or_default())
}

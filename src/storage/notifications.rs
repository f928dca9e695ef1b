//! In-app notifications.

use jiff::Timestamp;

use super::events::ADVANCE;
use super::pool::Pool;
use super::sqlstate::StorageError;
use crate::domain::event::Position;
use crate::domain::notification::Notification;

/// Stores notifications and moves the consumer's cursor, together. `false`, and nothing is
/// stored, when the cursor is not where the caller believes.
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
    let ids: Vec<_> = rows.iter().map(|(row, _)| row.id.uuid()).collect();
    let users: Vec<_> = rows.iter().map(|(row, _)| row.user_id.uuid()).collect();
    let kinds: Vec<_> = rows.iter().map(|(row, _)| row.kind).collect();
    let data: Vec<_> = rows.iter().map(|(row, _)| &row.data).collect();
    let times: Vec<_> = rows.iter().map(|(_, at)| *at).collect();
    // One statement and so one transaction: consumers run beside all that matters more.
    let statement = format!(
        "with moved as ({ADVANCE} returning 1),
         stored as (insert into notifications (id, user_id, kind, data, created_at)
             select * from unnest($5::uuid[], $6::uuid[], $7::text[], $8::jsonb[], $9::timestamptz[])
             where exists (select 1 from moved)
             on conflict do nothing)
         select exists (select 1 from moved)"
    );
    let stream = i32::from(to.stream.0);
    let row = client
        .query_one(
            &statement,
            &[&consumer, &stream, &from, &to.seq, &ids, &users, &kinds, &data, &times],
        )
        .await?;
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
    for (row, at) in rows {
        client
            .execute(
                "insert into notifications (id, user_id, kind, data, created_at)
                 values ($1, $2, $3, $4, $5) on conflict do nothing",
                &[&row.id.uuid(), &row.user_id.uuid(), &row.kind, &row.data, at],
            )
            .await?;
    }
    Ok(())
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

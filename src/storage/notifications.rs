//! In-app notifications.

use jiff::Timestamp;

use super::events;
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
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    if !events::advance(&transaction, consumer, from, to).await? {
        return Ok(false);
    }
    if !rows.is_empty() {
        let ids: Vec<_> = rows.iter().map(|(row, _)| row.id.uuid()).collect();
        let users: Vec<_> = rows.iter().map(|(row, _)| row.user_id.uuid()).collect();
        let kinds: Vec<_> = rows.iter().map(|(row, _)| row.kind).collect();
        let data: Vec<_> = rows.iter().map(|(row, _)| &row.data).collect();
        let times: Vec<_> = rows.iter().map(|(_, at)| *at).collect();
        transaction
            .execute(
                "insert into notifications (id, user_id, kind, data, created_at)
                 select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::timestamptz[])
                 on conflict do nothing",
                &[&ids, &users, &kinds, &data, &times],
            )
            .await?;
    }
    transaction.commit().await?;
    Ok(true)
}

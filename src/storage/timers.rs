//! Durable timers, read when they are due. They are set, fired and dropped by
//! [`super::batch`], in the transaction of the change that does so.

use jiff::Timestamp;
use tokio_postgres::Client;

use super::sqlstate::StorageError;
use crate::domain::entity::{EntityKind, EntityRef, Shard};
use crate::domain::ids::TimerId;
use crate::domain::stay::Command;

/// A timer whose time has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// Its id, which is the request id of its command.
    pub id: TimerId,
    /// Who is told.
    pub entity: EntityRef,
    /// What it is told.
    pub command: Command,
}

/// Timers of the given shards that are due at `now`, the oldest first, at most `limit`; those
/// in `besides` are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn due(
    client: &Client,
    shards: &[Shard],
    now: Timestamp,
    besides: &[TimerId],
    limit: i64,
) -> Result<Vec<Due>, StorageError> {
    let besides: Vec<_> = besides.iter().map(|id| id.uuid()).collect();
    let shards: Vec<i32> = shards.iter().map(|shard| i32::from(shard.0)).collect();
    let rows = client
        .query(
            "select id, entity, command from timers
             where fired_at is null and shard = any($1) and fire_at <= $2 and id <> all($3)
             order by fire_at limit $4",
            &[&shards, &now, &besides, &limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let id: uuid::Uuid = row.get("id");
            Ok(Due {
                id: TimerId::from(id),
                entity: EntityRef { kind: EntityKind::Property, id: row.get("entity") },
                command: super::types::json(row, "command")?,
            })
        })
        .collect()
}

/// Deletes timers that fired before `before`; how many.
///
/// # Errors
/// When the database refuses.
pub async fn trim(client: &Client, before: Timestamp) -> Result<u64, StorageError> {
    Ok(client.execute("delete from timers where fired_at < $1", &[&before]).await?)
}

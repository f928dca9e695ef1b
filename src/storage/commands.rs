//! Records of commands that had an effect: what a retry is answered from.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use crate::domain::entity::EntityRef;
use crate::domain::ids::RequestId;
use crate::domain::stay::Outcome;

/// How long records are kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// A command that had an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandRecord {
    /// Its key.
    pub id: RequestId,
    /// A digest of what was asked.
    pub fingerprint: [u8; 16],
    /// What was answered.
    pub outcome: Outcome,
}

/// The latest records of an entity that are still kept, at most `limit`.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_entity(
    client: &Client,
    entity: EntityRef,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<CommandRecord>, StorageError> {
    let rows = client
        .query(
            "select request_id, fingerprint, outcome from commands
             where entity = $1 and at > $2 order by at desc limit $3",
            &[&entity.id, &(now - KEPT), &limit],
        )
        .await?;
    rows.iter().map(record).collect()
}

/// Those of the given requests that have a record.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, ids: &[RequestId]) -> Result<Vec<CommandRecord>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select request_id, fingerprint, outcome from commands where request_id = any($1)",
            &[&ids],
        )
        .await?;
    rows.iter().map(record).collect()
}

/// Deletes records past their time; how many.
///
/// # Errors
/// When the database refuses.
pub async fn trim(client: &Client, now: Timestamp) -> Result<u64, StorageError> {
    Ok(client.execute("delete from commands where at < $1", &[&(now - KEPT)]).await?)
}

fn record(row: &Row) -> Result<CommandRecord, StorageError> {
    Ok(CommandRecord {
        id: RequestId::from(row.get::<_, Uuid>("request_id")),
        fingerprint: row
            .get::<_, &[u8]>("fingerprint")
            .try_into()
            .map_err(|_| StorageError::malformed("fingerprint is not 16 bytes"))?,
        outcome: super::types::json(row, "outcome")?,
    })
}

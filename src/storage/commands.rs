//! Records of commands that had an effect: what a retry is answered from.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::{Client, Row, Transaction};
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

/// The requests of the latest records of an entity that are still kept, at most `limit`.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_entity(
    client: &Client,
    entity: EntityRef,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<RequestId>, StorageError> {
    let rows = client
        .query(
            "select request_id from commands
             where entity = $1 and at > $2 order by at desc limit $3",
            &[&entity.id, &(now - KEPT), &limit],
        )
        .await?;
    Ok(rows.iter().map(|row| RequestId::from(row.get::<_, Uuid>(0))).collect())
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

/// The fingerprint of a request that no entity carries out, when it has a record.
///
/// # Errors
/// When the database cannot be read.
pub async fn edge_fingerprint(
    transaction: &Transaction<'_>,
    id: Uuid,
) -> Result<Option<[u8; 16]>, StorageError> {
    let sql = "select fingerprint from commands where request_id = $1";
    let row = transaction.query_opt(sql, &[&id]).await?;
    row.as_ref().map(fingerprint).transpose()
}

/// Keeps a request that no entity carries out, with what it did about `subject`. Its answer is
/// not kept: a repeat is shown how the subject is then.
///
/// # Errors
/// When the database refuses, also as the request has a record.
pub async fn keep_edge(
    transaction: &Transaction<'_>,
    id: Uuid,
    fingerprint: [u8; 16],
    subject: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "insert into commands (request_id, fingerprint, entity, outcome, at)
         values ($1, $2, $3, '{}', $4)";
    transaction.execute(sql, &[&id, &&fingerprint[..], &subject, &now]).await?;
    Ok(())
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
        fingerprint: fingerprint(row)?,
        outcome: super::types::json(row, "outcome")?,
    })
}

fn fingerprint(row: &Row) -> Result<[u8; 16], StorageError> {
    let bytes = row.get::<_, &[u8]>("fingerprint").try_into();
    bytes.map_err(|_| StorageError::malformed("fingerprint is not 16 bytes"))
}

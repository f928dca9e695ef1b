//! Who owns a shard, and under which epoch.

use tokio_postgres::Client;

use super::sqlstate::StorageError;
use crate::domain::entity::{SHARDS, Shard};

/// Claims every shard for `owner`: each epoch goes up by one, which fences whoever owned
/// it before. Waits for batches under way through their row locks.
///
/// # Errors
/// When the database cannot be reached.
pub async fn claim_all(client: &Client, owner: &str) -> Result<Vec<(Shard, i64)>, StorageError> {
    let rows = client
        .query("update shards set owner = $1, epoch = epoch + 1 returning id, epoch", &[&owner])
        .await?;
    rows.iter()
        .map(|row| {
            let id = u16::try_from(row.get::<_, i32>(0)).map_err(StorageError::malformed)?;
            Ok((Shard(id), row.get(1)))
        })
        .collect()
}

/// Checks that the database was made for as many shards as this version has.
///
/// # Errors
/// When it was not, or cannot be reached.
pub async fn check_count(client: &Client) -> Result<(), StorageError> {
    let row = client.query_one("select value from facts where name = 'shards'", &[]).await?;
    let value: &str = row.get(0);
    if value == SHARDS.to_string() {
        Ok(())
    } else {
        Err(StorageError::malformed(format!("database has {value} shards, this version {SHARDS}")))
    }
}

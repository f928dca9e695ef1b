//! Facts about the database as a whole, written once.

use tokio_postgres::Client;

use super::sqlstate::StorageError;

/// What tells this database from every other: a random text, made with its tables.
///
/// # Errors
/// When the database cannot be read.
pub async fn identity(client: &Client) -> Result<String, StorageError> {
    let row = client.query_one("select value from facts where name = 'identity'", &[]).await?;
    Ok(row.get(0))
}

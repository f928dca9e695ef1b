//! Who may write: the servers, which settle among themselves who writes what, or one offline
//! tool. The locks belong to a session, so they end with the process that holds them, however
//! it ends.

use tokio_postgres::Client;

use super::pool::Database;
use super::sqlstate::StorageError;

/// Any number that no other program on the same database uses for an advisory lock.
const LOCK: i64 = 0x7265_6e74_657a_7902;

/// The right to write; given back when it is dropped.
#[derive(Debug)]
pub struct WriterLock(Client);

impl WriterLock {
    /// Whether the session that holds the lock still lives.
    #[must_use]
    pub fn is_held(&self) -> bool {
        !self.0.is_closed()
    }
}

/// Takes the right to write this database alone; `None` when a server or a tool has it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn take(database: &Database) -> Result<Option<WriterLock>, StorageError> {
    lock(database, "select pg_try_advisory_lock($1)").await
}

/// Takes the right to write this database beside other servers; `None` when a tool has it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn share(database: &Database) -> Result<Option<WriterLock>, StorageError> {
    lock(database, "select pg_try_advisory_lock_shared($1)").await
}

async fn lock(database: &Database, sql: &str) -> Result<Option<WriterLock>, StorageError> {
    let client = database.connect("").await?;
    let row = client.query_one(sql, &[&LOCK]).await?;
    Ok(row.get::<_, bool>(0).then_some(WriterLock(client)))
}

/// Whether a server or a tool has the right to write this database.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_taken(client: &Client) -> Result<bool, StorageError> {
    let row = client
        .query_one(
            "select exists (select 1 from pg_locks where locktype = 'advisory' and granted
                 and database = (select oid from pg_database where datname = current_database())
                 and (classid::int8 << 32 | objid::int8) = $1)",
            &[&LOCK],
        )
        .await?;
    Ok(row.get(0))
}

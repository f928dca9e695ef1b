//! Runs the embedded migrations, forwards only.

use super::pool::Database;
use super::sqlstate::StorageError;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Any number that no other program on the same database uses for an advisory lock.
const LOCK: i64 = 0x7265_6e74_657a_7901;

/// A migration that did not go through.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be reached.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A migration failed, or the database was migrated by a newer version.
    #[error("migration failed")]
    Migration(#[from] refinery::Error),
}

/// Brings the database to this version; the number of migrations that ran. Servers that
/// start together wait for one another: refinery itself takes no lock on Postgres.
///
/// # Errors
/// When a migration fails; those before it stay.
pub async fn run(database: &Database) -> Result<usize, MigrateError> {
    let settings =
        "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0";
    let mut client = database.connect(settings).await?;
    client.execute("select pg_advisory_lock($1)", &[&LOCK]).await.map_err(StorageError::from)?;
    let report = embedded::migrations::runner().run_async(&mut client).await?;
    Ok(report.applied_migrations().len())
}

//! Dumps of the whole database, by the programs that come with Postgres.

use std::collections::BTreeMap;
use std::path::Path;

use tokio::process::Command;
use tokio_postgres::Client;

use super::facts;
use super::pool::Database;
use super::private_postgres::binaries;
use super::sqlstate::StorageError;

/// Sessions of backups may take their time.
const PATIENT: &str = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 \
     -c lock_timeout=60s";

/// Why a dump was not made or not brought in.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The database could not be reached or read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no such program.
    #[error("{0} is not installed where the Postgres programs are; set database.binaries")]
    NoProgram(&'static str),
    /// The program cannot be run.
    #[error("cannot run {0}: {1}")]
    Run(&'static str, std::io::Error),
    /// The program failed.
    #[error("{0} failed: {1}")]
    Failed(&'static str, String),
    /// There are tables already.
    #[error("database to restore into is not empty: it has {0} tables")]
    NotEmpty(i64),
}

/// What a dump holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What tells the database from every other.
    pub identity: String,
    /// The major version of its Postgres.
    pub major: u32,
    /// Rows by table.
    pub rows: BTreeMap<String, i64>,
}

/// Writes the database into a file in `pg_dump`'s custom format; what it holds. Everything
/// is read in one snapshot, beside whoever writes.
///
/// # Errors
/// [`DumpError`].
pub async fn dump(
    database: &Database,
    programs: Option<&Path>,
    file: &Path,
) -> Result<Contents, DumpError> {
    let mut client = database.connect(PATIENT).await?;
    let transaction = client
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(StorageError::from)?;
    let exported = transaction.query_one("select pg_export_snapshot()", &[]).await;
    let snapshot: String = exported.map_err(StorageError::from)?.get(0);
    let contents = contents(transaction.client()).await?;
    let mut command = program("pg_dump", database, programs, contents.major)?;
    command.arg("--format=custom").arg("--no-owner").arg("--no-privileges");
    command.arg(format!("--snapshot={snapshot}")).arg("--file").arg(file);
    run("pg_dump", command).await?;
    Ok(contents)
}

/// Brings a dump into an empty database, in one transaction. The database is another one
/// from then on: what is derived from the first, such as a search index, is not of this.
///
/// # Errors
/// [`DumpError`]; nothing is left in the database then.
pub async fn restore(
    database: &Database,
    programs: Option<&Path>,
    file: &Path,
) -> Result<(), DumpError> {
    let client = database.connect(PATIENT).await?;
    let tables = "select count(*) from pg_class where relkind in ('r', 'p', 'v', 'S')
         and relnamespace = 'public'::regnamespace";
    let tables: i64 = client.query_one(tables, &[]).await.map_err(StorageError::from)?.get(0);
    if tables > 0 {
        return Err(DumpError::NotEmpty(tables));
    }
    let mut command = program("pg_restore", database, programs, major(&client).await?)?;
    command.args(["--no-owner", "--no-privileges", "--no-comments", "--exit-on-error"]);
    command.arg("--single-transaction").arg("--dbname").arg(database.name());
    command.arg(file);
    run("pg_restore", command).await?;
    client.batch_execute("analyze").await.map_err(StorageError::from)?;
    Ok(())
}

/// Gives a restored database an identity of its own.
///
/// # Errors
/// When the database refuses.
pub async fn rename(database: &Database) -> Result<(), StorageError> {
    let client = database.connect(PATIENT).await?;
    let statement = "update facts set value = gen_random_uuid()::text where name = 'identity'";
    client.execute(statement, &[]).await?;
    Ok(())
}

/// What a database holds.
///
/// # Errors
/// When it cannot be read.
pub async fn held(database: &Database) -> Result<Contents, StorageError> {
    contents(&database.connect(PATIENT).await?).await
}

async fn contents(client: &Client) -> Result<Contents, StorageError> {
    let tables = client
        .query(
            "select relname::text from pg_class where relkind in ('r', 'p') and not relispartition
             and relnamespace = 'public'::regnamespace order by relname",
            &[],
        )
        .await?;
    let mut rows = BTreeMap::new();
    for table in tables {
        let name: String = table.get(0);
        let count = format!("select count(*) from \"{name}\"");
        rows.insert(name, client.query_one(&count, &[]).await?.get(0));
    }
    let identity = facts::identity(client).await?;
    Ok(Contents { identity, major: major(client).await?, rows })
}

async fn major(client: &Client) -> Result<u32, StorageError> {
    let row = client.query_one("select current_setting('server_version_num')", &[]).await?;
    let number: u32 = row.get::<_, &str>(0).parse().map_err(StorageError::malformed)?;
    Ok(number / 10_000)
}

/// A program of the server's own version, or else the newest; how to reach the database
/// stands in its environment, where other users of the machine do not see it.
fn program(
    name: &'static str,
    database: &Database,
    folder: Option<&Path>,
    major: u32,
) -> Result<Command, DumpError> {
    let path = std::env::var("PATH").unwrap_or_default();
    let found = binaries::find(folder, &path, Some(major))
        .or_else(|_| binaries::find(folder, &path, None))
        .map_err(|_| DumpError::NoProgram(name))?;
    // A folder with links to the server's programs leads to the folder that holds them all.
    let linked = found.dir.join("postgres").canonicalize().ok();
    let linked = linked.and_then(|postgres| postgres.parent().map(Path::to_owned));
    let folders = [Some(found.dir), linked].into_iter().flatten();
    let program = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    let program = program.ok_or(DumpError::NoProgram(name))?;
    let mut command = Command::new(program);
    command.kill_on_drop(true).envs(database.environment()).env("LC_ALL", "C.UTF-8");
    Ok(command)
}

async fn run(name: &'static str, mut command: Command) -> Result<(), DumpError> {
    let output = command.output().await.map_err(|error| DumpError::Run(name, error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.contains("error")).or_else(|| said.lines().last());
    Err(DumpError::Failed(name, line.unwrap_or("it said nothing").to_owned()))
}

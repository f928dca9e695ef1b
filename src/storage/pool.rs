//! Connections: a pool for reads and for writes that nobody races for. The committer has
//! its own connections ([`super::batch::Writer`]).

use std::time::Duration;

use bb8_postgres::PostgresConnectionManager;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, NoTls};

use super::sqlstate::StorageError;

/// A pool of connections.
pub type Pool = bb8::Pool<PostgresConnectionManager<NoTls>>;
/// A connection from the pool.
pub type Connection<'a> = bb8::PooledConnection<'a, PostgresConnectionManager<NoTls>>;

/// How long a request waits for a free connection.
const CHECKOUT: Duration = Duration::from_secs(5);

/// What every session sets. A session that sleeps inside a transaction would hold its row
/// locks, and with them the fence; so it is ended.
const SESSION: &str = "-c statement_timeout=10s -c lock_timeout=5s \
     -c idle_in_transaction_session_timeout=2s -c timezone=UTC";

/// The address of a database, checked.
#[derive(Debug, Clone)]
pub struct Database(tokio_postgres::Config);

impl Database {
    /// Reads an address in either of the forms that libpq takes: `postgres://...`, or
    /// `host=... dbname=...`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(url: &str) -> Result<Self, StorageError> {
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|_| StorageError::malformed("database.url is no Postgres address"))?;
        config
            .connect_timeout(Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(10))
            .tcp_user_timeout(Duration::from_secs(5))
            .application_name("rentezy");
        Ok(Self(config))
    }

    /// Opens one connection of its own, with further session settings, such as
    /// `-c statement_timeout=1500ms`. The connection is driven by a task of its own.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(&self, settings: &str) -> Result<Client, StorageError> {
        let mut config = self.0.clone();
        config.options(format!("{SESSION} {settings}"));
        let (client, connection) =
            config.connect(NoTls).await.map_err(|error| StorageError::Unreachable(Some(error)))?;
        tokio::spawn(async move {
            // An error here reaches whoever uses the client as a closed connection.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "database connection ended");
            }
        });
        Ok(client)
    }

    /// The database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.get_dbname().unwrap_or_default()
    }

    /// How to reach it, for programs of Postgres, in the variables that libpq reads
    /// (PostgreSQL documentation, 34.15).
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("PGDATABASE", self.name().to_owned())];
        match self.0.get_hosts().first() {
            Some(Host::Tcp(host)) => variables.push(("PGHOST", host.clone())),
            Some(Host::Unix(folder)) => {
                variables.push(("PGHOST", folder.to_string_lossy().into_owned()));
            }
            None => {}
        }
        variables.extend(self.0.get_ports().first().map(|port| ("PGPORT", port.to_string())));
        variables.extend(self.0.get_user().map(|user| ("PGUSER", user.to_owned())));
        let password = self.0.get_password().map(String::from_utf8_lossy);
        variables.extend(password.map(|password| ("PGPASSWORD", password.into_owned())));
        variables
    }

    /// Opens the pool; at least one connection must come about.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn pool(&self, size: u32) -> Result<Pool, StorageError> {
        let mut config = self.0.clone();
        config.options(SESSION);
        bb8::Pool::builder()
            .max_size(size)
            .min_idle(1)
            .connection_timeout(CHECKOUT)
            .test_on_check_out(false)
            .build(PostgresConnectionManager::new(config, NoTls))
            .await
            .map_err(|error| StorageError::Unreachable(Some(error)))
    }
}

/// What the database's clock shows.
///
/// # Errors
/// When it cannot be asked.
pub async fn now(client: &Client) -> Result<jiff::Timestamp, StorageError> {
    Ok(client.query_one("select clock_timestamp()", &[]).await?.get(0))
}

/// Whether the database answers.
///
/// # Errors
/// When it does not.
pub async fn ping(pool: &Pool) -> Result<(), StorageError> {
    pool.get().await?.simple_query("").await?;
    Ok(())
}

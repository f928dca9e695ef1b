//! A server to measure: a private Postgres in a folder that goes with it, and the actors on
//! top. Nothing of it is tuned for benches.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::process::ExitCode;
use std::sync::Arc;

use rentezy::app::{Core, Server};
use rentezy::clock::Clock;
use rentezy::config::{self, Config, Secret};
use rentezy::storage::pool::Database;
use rentezy::storage::private_postgres::{Options, PrivatePostgres, child_main};

use super::Result;

/// The first argument that makes a bench the child that becomes Postgres.
const CHILD: &str = "postgres-child";

/// A free port.
const LISTEN: &str = "127.0.0.1:0";

/// What seals keys that nobody needs afterwards.
const SECRET: &str = "a secret of nothing that is worth it";

/// Connections beside the pool's: the peer's, and those that look on.
const CONNECTIONS: u32 = 80;

/// Runs `bench` with the arguments of its command line, or becomes Postgres when called as
/// its child. Call it first thing in main.
pub(crate) fn main(bench: impl FnOnce(Vec<String>) -> Result<bool>) -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == CHILD).is_some() {
        return child_main(arguments.collect::<Vec<OsString>>());
    }
    // What goes wrong is said; what goes well is not, it would be measured too.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .init();
    let arguments = arguments.filter_map(|argument| argument.into_string().ok()).collect();
    match bench(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench failed: {error}");
            let mut why = error.source();
            while let Some(error) = why {
                eprintln!("  because: {error}");
                why = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// A private Postgres in a folder of its own.
#[derive(Debug)]
pub(crate) struct Place {
    postgres: PrivatePostgres,
    folder: tempfile::TempDir,
}

impl Place {
    /// Starts it. Must be called by the main thread, outside of any runtime.
    ///
    /// # Errors
    /// When Postgres cannot be started.
    pub(crate) fn open() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("rz-bench").tempdir()?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
        let postgres = PrivatePostgres::start(Options {
            folder: folder.path().join("postgres"),
            binaries: None,
            user: "postgres".to_owned(),
            connections: CONNECTIONS,
            entry: vec!["/proc/self/exe".into(), CHILD.into()],
        })?;
        Ok(Self { postgres, folder })
    }

    /// The database.
    ///
    /// # Errors
    /// Never, for its own address.
    pub(crate) fn database(&self) -> Result<Database> {
        Ok(Database::parse(&self.postgres.url())?)
    }

    /// Starts the actors on it, with every setting at its default, unless a variable says
    /// otherwise.
    ///
    /// # Errors
    /// When they do not start.
    pub(crate) async fn core(&self) -> Result<Core> {
        let database = self.database()?;
        let secret = Secret::new(SECRET);
        Ok(Core::start(self.config(&[])?, &database, Clock::system(), None, "", &secret).await?)
    }

    /// Starts the whole server on it, without payments, on a free port.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn server(&self) -> Result<Server> {
        let secret = Secret::new(SECRET);
        let clock = Clock::system();
        // One account makes all holds.
        let config = self.config(&[("RENTEZY_BOOKINGS_HOLDS_PER_USER", "0")])?;
        let server = Server::start(config, self.database()?, clock, None, &secret).await?;
        server.findable().await;
        Ok(server)
    }

    /// What the settings of a server in a cluster on it are, for a process of its own too.
    pub(crate) fn shared(&self) -> Vec<(&'static str, String)> {
        vec![
            ("RENTEZY_DATABASE_URL", self.postgres.url()),
            ("RENTEZY_SERVER_SECRET", SECRET.to_owned()),
            ("RENTEZY_BLOBS_FOLDER", self.folder.path().join("blobs").display().to_string()),
            ("RENTEZY_BOOKINGS_HOLDS_PER_USER", "0".to_owned()),
            ("RENTEZY_CLUSTER_LISTEN", LISTEN.to_owned()),
            ("RENTEZY_OPERATOR_LISTEN", LISTEN.to_owned()),
        ]
    }

    /// A folder that goes with this place.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn config(&self, more: &[(&'static str, &str)]) -> Result<Arc<Config>> {
        let folder = self.folder.path().to_string_lossy().into_owned();
        let own = [
            ("RENTEZY_SERVER_DATA_DIR", folder),
            ("RENTEZY_SERVER_LISTEN", LISTEN.into()),
            ("RENTEZY_OPERATOR_LISTEN", LISTEN.into()),
            ("RENTEZY_ACCOUNTS_EMAIL_VERIFICATION", "optional".into()),
            // All callers come from one address, and with one account.
            ("RENTEZY_LIMITS_ADDRESS_RATE", "0".into()),
            ("RENTEZY_LIMITS_USER_RATE", "0".into()),
        ];
        let own = own.into_iter().chain(more.iter().map(|(name, value)| (*name, (*value).into())));
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let environment = config::process_environment().chain(own);
        Ok(Arc::new(Config::load(None, environment)?))
    }
}

//! The life of the private Postgres: made, started, started again, stopped.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use super::binaries::{self, Binaries};
use super::child;
use super::error::{Error, io};
use super::folder::{Folder, LOOK};
use super::{pid_file, socket};
use crate::clock;
use crate::config::Config;

/// Name of the superuser and of the database.
const NAME: &str = "rentezy";

/// How long a start may take: after a crash, Postgres replays its log first.
const START_MAX: Duration = Duration::from_secs(600);

/// How long the processes of a server that was killed may hold its memory.
const LEFTOVERS_MAX: Duration = Duration::from_secs(30);

/// How long a shutdown may take before it is forced; a forced one costs a recovery.
const STOP_MAX: Duration = Duration::from_secs(60);

/// Connections for what is not counted: backups, a look by hand, Postgres' own reserve.
const SPARE_CONNECTIONS: u32 = 20;

/// How to run the private Postgres.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its folder; made when it is not there.
    pub folder: PathBuf,
    /// Folder of `initdb` and `postgres`; none: they are searched.
    pub binaries: Option<PathBuf>,
    /// The user it runs as when this process is root.
    pub user: String,
    /// How many connections the server will open.
    pub connections: u32,
    /// The program and its first arguments that call [`super::child_main`] with the rest.
    pub entry: Vec<OsString>,
}

impl Options {
    /// What the settings say, with this program's own hidden command as entry.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let writers = u32::try_from(config.database.writers).unwrap_or(u32::MAX);
        Self {
            folder: config.server.data_dir.join("postgres"),
            binaries: config.database.binaries.clone(),
            user: config.database.user.clone(),
            connections: config.database.pool_size.saturating_add(writers),
            entry: vec!["/proc/self/exe".into(), "postgres-child".into()],
        }
    }
}

/// A running private Postgres. Dropping it stops it.
#[derive(Debug)]
pub struct PrivatePostgres {
    options: Options,
    binaries: Binaries,
    folder: Folder,
    socket: PathBuf,
    /// None once it was stopped.
    child: Option<Child>,
}

impl PrivatePostgres {
    /// Starts it: makes the data at the first start, recovers what a crash left, waits for
    /// one of ours that is still shutting down, and makes the database if it is not there.
    /// Comes back when it takes connections.
    ///
    /// Must be called outside of any async runtime, by a thread that lives until
    /// [`Self::stop`]: Postgres shuts down when that thread ends.
    ///
    /// # Errors
    /// When it cannot be started; the text says what to do.
    pub fn start(options: Options) -> Result<Self, Error> {
        let folder = Folder::open(&options.folder, &options.user)?;
        folder.wait_until_free()?;
        let made_by = folder.made_by()?;
        let search_path = std::env::var("PATH").unwrap_or_default();
        let binaries = binaries::find(options.binaries.as_deref(), &search_path, made_by)?;
        let socket = socket::place(&folder, runtime_folder().as_deref())?;
        let mut server = Self { options, binaries, folder, socket, child: None };
        if made_by.is_none() {
            server.make_data()?;
        }
        server.launch()?;
        make_database(&server.config_for("postgres"))?;
        Ok(server)
    }

    /// How to connect to the one that a living server of ours has started in a folder, as
    /// the text that `database.url` takes; `None` when there is none.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn serving(folder: &Path) -> Result<Option<String>, Error> {
        let data = folder.join("data");
        let socket = pid_file::socket_of_ours(&data).map_err(io("cannot read", &data))?;
        Ok(socket.map(|socket| url(&socket)))
    }

    /// How to connect to the database, for `tokio_postgres` and pools.
    #[must_use]
    pub fn config(&self) -> tokio_postgres::Config {
        self.config_for(NAME)
    }

    fn config_for(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.socket).user(NAME).dbname(database);
        config
    }

    /// How to connect to the database, as the key=value text that `database.url` takes.
    #[must_use]
    pub fn url(&self) -> String {
        url(&self.socket)
    }

    /// Its process id, none once it was stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts it again if it has died under us, and says whether it had. Connections are
    /// lost then; what was committed is not. The thread that started it should call this now
    /// and then.
    ///
    /// # Errors
    /// When it cannot be started again.
    pub fn revive(&mut self) -> Result<bool, Error> {
        let folder = self.folder.path();
        let Some(child) = &mut self.child else { return Ok(false) };
        let Some(status) = child.try_wait().map_err(io("cannot watch", folder))? else {
            return Ok(false);
        };
        tracing::error!(%status, "postgres died, starting it again");
        self.folder.wait_until_free()?;
        self.launch()?;
        Ok(true)
    }

    /// Shuts it down: ends its sessions, writes a checkpoint, waits until it is gone.
    ///
    /// # Errors
    /// When the system refuses to say what became of it.
    pub fn stop(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        // Fast shutdown, then one without a checkpoint, then none at all.
        for (signal, limit) in [
            (Signal::INT, STOP_MAX),
            (Signal::QUIT, Duration::from_secs(10)),
            (Signal::KILL, Duration::from_secs(10)),
        ] {
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let _gone_already = pid.map(|pid| rustix::process::kill_process(pid, signal));
            let began = clock::monotonic();
            while began.elapsed() < limit {
                let status = child.try_wait().map_err(io("cannot stop", self.folder.path()))?;
                if status.is_some() {
                    return Ok(());
                }
                std::thread::sleep(LOOK);
            }
            tracing::warn!(?signal, "postgres did not stop");
        }
        Ok(())
    }

    /// Runs initdb in a second place and renames the result, so that a start that is cut
    /// off leaves nothing half made.
    fn make_data(&self) -> Result<(), Error> {
        let unfinished = self.folder.unfinished();
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(io("cannot remove", &unfinished))?;
        }
        self.folder.make_inner(&unfinished)?;
        let mut command = self.command(&self.binaries.initdb());
        command.arg("--pgdata").arg(&unfinished).arg(format!("--username={NAME}"));
        command.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]);
        let output = command.output().map_err(|reason| self.cannot_run(reason))?;
        if !output.status.success() {
            return Err(Error::Initdb(reason(&String::from_utf8_lossy(&output.stderr))));
        }
        let (data, folder) = (self.folder.data(), self.folder.path());
        std::fs::rename(&unfinished, &data).map_err(io("cannot make", &data))?;
        File::open(folder).and_then(|dir| dir.sync_all()).map_err(io("cannot write", folder))
    }

    fn command(&self, program: &Path) -> std::process::Command {
        child::command(&self.options.entry, self.folder.owner(), self.folder.path(), program)
    }

    fn cannot_run(&self, reason: std::io::Error) -> Error {
        let what = if self.folder.owner().is_some() {
            "cannot run this program as database.user (is it executable for everyone?) in"
        } else {
            "cannot run this program again in"
        };
        Error::Io { what, path: self.folder.path().to_owned(), reason }
    }

    /// Starts the server process. When the processes of a killed one still hold its memory,
    /// they are about to notice, and the start is tried again.
    fn launch(&mut self) -> Result<(), Error> {
        let began = clock::monotonic();
        loop {
            socket::clear(&self.socket)?;
            let (log, length) = self.folder.log()?;
            let copy = log.try_clone().map_err(io("cannot open", &self.folder.log_path()))?;
            let mut command = self.command(&self.binaries.postgres());
            command.arg("-D").arg(self.folder.data()).arg("-k").arg(&self.socket);
            for setting in self.settings() {
                command.arg("-c").arg(setting);
            }
            command.stdin(Stdio::null()).stdout(log).stderr(copy);
            let spawned = command.spawn().map_err(|reason| self.cannot_run(reason))?;
            let child = self.child.insert(spawned);
            let Some(status) = wait_until_ready(child, &self.folder)? else { return Ok(()) };
            self.child = None;
            let said = self.folder.said_since(length);
            if said.contains("still in use") && began.elapsed() < LEFTOVERS_MAX {
                std::thread::sleep(LOOK * 10);
                continue;
            }
            let reason = if said.is_empty() { status.to_string() } else { reason(&said) };
            return Err(Error::Exited { reason, log: self.folder.log_path() });
        }
    }

    fn settings(&self) -> Vec<String> {
        let connections = self.options.connections.saturating_add(SPARE_CONNECTIONS);
        let mut settings = vec![
            pid_file::MARK.to_owned(),
            format!("max_connections={connections}"),
            format!("shared_buffers={}MB", shared_buffers_mb()),
        ];
        let fixed = [
            "listen_addresses=",
            "port=5432",
            "unix_socket_permissions=0700",
            "ssl=off",
            "fsync=on",
            "full_page_writes=on",
            "synchronous_commit=on",
            "wal_level=replica",
            "min_wal_size=256MB",
            "max_wal_size=2GB",
            "checkpoint_timeout=10min",
            // Plans of short statements cost more to compile than to run.
            "jit=off",
            "random_page_cost=1.1",
            "timezone=UTC",
            "log_timezone=UTC",
            "log_destination=stderr",
            "logging_collector=off",
            "log_checkpoints=off",
            "log_line_prefix=%m [%p] ",
        ];
        settings.extend(fixed.map(str::to_owned));
        settings
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::warn!(%error, "postgres was not stopped");
        }
    }
}

fn url(socket: &Path) -> String {
    let socket = socket.to_string_lossy().replace('\\', "\\\\").replace('\'', "\\'");
    format!("host='{socket}' user={NAME} dbname={NAME}")
}

/// Waits until the child takes connections; gives its status if it ends before.
fn wait_until_ready(child: &mut Child, folder: &Folder) -> Result<Option<ExitStatus>, Error> {
    let began = clock::monotonic();
    let mut told = Duration::from_secs(10);
    loop {
        if let Some(status) = child.try_wait().map_err(io("cannot watch", folder.path()))? {
            return Ok(Some(status));
        }
        if pid_file::is_ready(&folder.data(), child.id()) {
            return Ok(None);
        }
        if began.elapsed() > START_MAX {
            return Err(Error::NotReady(START_MAX, folder.log_path()));
        }
        if began.elapsed() > told {
            tracing::info!(seconds = told.as_secs(), "postgres is still starting");
            told *= 2;
        }
        std::thread::sleep(LOOK);
    }
}

/// A sixteenth of the machine's memory, between 128 and 512 MB.
fn shared_buffers_mb() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = total.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    (kilobytes.unwrap_or(0_u64) / 1024 / 16).clamp(128, 512)
}

/// The folder for sockets of this user.
fn runtime_folder() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some("/run".into());
    }
    std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
}

/// The line that says why, of all that a program said.
fn reason(said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let fatal =
        lines().rfind(|line| ["FATAL:", "PANIC:", "error:"].iter().any(|w| line.contains(w)));
    fatal.or_else(|| lines().next_back()).unwrap_or("it said nothing").to_owned()
}

fn make_database(config: &tokio_postgres::Config) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(io("cannot wait for", Path::new("postgres")))?;
    let work = async {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
        let connection = tokio::spawn(connection);
        let found = "SELECT FROM pg_database WHERE datname = $1";
        if client.query_opt(found, &[&NAME]).await?.is_none() {
            client.batch_execute(&format!("CREATE DATABASE {NAME}")).await?;
        }
        drop(client);
        let _closed = connection.await;
        Ok(())
    };
    let said = |error: tokio_postgres::Error| match error.as_db_error() {
        Some(refusal) => refusal.message().to_owned(),
        None => error.to_string(),
    };
    runtime.block_on(work).map_err(|error| Error::Database(said(error)))
}

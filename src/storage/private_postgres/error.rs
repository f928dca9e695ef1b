//! Why the private Postgres does not run.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the private Postgres does not run. Each text is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The programs are nowhere.
    #[error(
        "no Postgres server is installed (initdb and postgres): run `apt-get install postgresql`, \
         or set database.url to a Postgres 15 or newer"
    )]
    NoBinaries,
    /// The programs are not where the setting says.
    #[error("database.binaries = {0:?}: must be a folder that holds both initdb and postgres")]
    NotBinaries(PathBuf),
    /// All that was found is too old.
    #[error(
        "the Postgres in {} is version {major}: install 15 or newer, \
         or set database.url or database.binaries to one", dir.display()
    )]
    TooOld {
        /// Where it is.
        dir: PathBuf,
        /// Its major version.
        major: u32,
    },
    /// The data was made by a version that is not installed.
    #[error(
        "the data was made by Postgres {made_by}, and found is {found}: \
         run `apt-get install postgresql-{made_by}`, or convert it with pg_upgrade"
    )]
    OtherVersion {
        /// The major version that made the data.
        made_by: u32,
        /// The major version that was found.
        found: u32,
    },
    /// Root must not run Postgres, and there is no such user to run it.
    #[error("database.user = {0:?}: must be a user of this machine other than root")]
    NoUser(String),
    /// The folder belongs to somebody else.
    #[error(
        "{} belongs to user {uid}: run as that user, or choose another server.data_dir",
        path.display()
    )]
    OtherOwner {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The user that Postgres runs as cannot pass through a parent of the folder.
    #[error(
        "user {user:?} cannot enter {}: run `chmod o+x` on it, or choose another server.data_dir",
        parent.display()
    )]
    Unreachable {
        /// The parent.
        parent: PathBuf,
        /// The user.
        user: String,
    },
    /// Another server of ours runs on the folder.
    #[error("{} is in use by process {pid}: stop that one first", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The other server.
        pid: String,
    },
    /// A Postgres that we did not start runs on the data.
    #[error(
        "process {pid} is a Postgres on {} that this server did not start: stop it first",
        data.display()
    )]
    Foreign {
        /// The data.
        data: PathBuf,
        /// The other Postgres.
        pid: i32,
    },
    /// A Postgres of a server that died does not shut down.
    #[error(
        "process {pid} is a Postgres on {} that does not shut down: see server.log, then stop it",
        data.display()
    )]
    Orphan {
        /// The data.
        data: PathBuf,
        /// That Postgres.
        pid: i32,
    },
    /// The folder for the data holds something else.
    #[error("{} is not made by Postgres: move it away", .0.display())]
    NotData(PathBuf),
    /// The folder for the socket is not ours, or others may enter it.
    #[error("{} is not a private folder of Postgres' user: remove it", .0.display())]
    SocketFolder(PathBuf),
    /// Making the data failed.
    #[error("initdb failed: {0}")]
    Initdb(String),
    /// Postgres ended while it started.
    #[error("postgres did not start: {reason} (see {})", log.display())]
    Exited {
        /// The last thing it said.
        reason: String,
        /// Its log.
        log: PathBuf,
    },
    /// Postgres did not finish its start in time.
    #[error("postgres is not ready after {} s (see {})", .0.as_secs(), .1.display())]
    NotReady(Duration, PathBuf),
    /// The database could not be made.
    #[error("cannot make the database: {0}")]
    Database(String),
    /// The system refused something.
    #[error("{what} {}: {reason}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
}

/// Puts what was tried, and on what, before what the system says.
pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |reason| Error::Io { what, path, reason }
}

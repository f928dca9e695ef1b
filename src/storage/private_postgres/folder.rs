//! The folder of the private Postgres: whose it is, who may use it now, what is in it.
//!
//! `data/` is Postgres' own, `data.new/` one that is being made, `run/` its socket,
//! `server.log` its log, `lock` held by the one server that may run on it. The folder itself
//! belongs to the server: as root we write nothing by a name that Postgres' user could have
//! turned into a link to something else.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::binaries::major_in;
use super::child::Owner;
use super::error::{Error, io};
use super::pid_file::{self, Holder};

use crate::clock;

/// How long a start waits for the lock of a server that was just killed.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// How long a Postgres whose server died may take to shut down.
const ORPHAN_WAIT: Duration = Duration::from_secs(90);

/// After this long the orphan is asked to shut down, in case nobody told it.
const ORPHAN_ASK: Duration = Duration::from_secs(3);

/// Between two looks at something that will change soon.
pub(super) const LOOK: Duration = Duration::from_millis(10);

/// A log larger than this many bytes is put aside at the next start.
const LOG_MAX: u64 = 16 * 1_048_576;

/// The folder, locked for this process until it is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    owner: Option<Owner>,
    _lock: File,
}

impl Folder {
    /// Opens the folder, making it if need be, for the user called `user` when this process
    /// is root and for this process's own user otherwise.
    pub(super) fn open(path: &Path, user: &str) -> Result<Self, Error> {
        let owner = if rustix::process::geteuid().is_root() { Some(look_up(user)?) } else { None };
        make(path, owner.as_ref())?;
        // Postgres sees the folder by its real path.
        let path = path.canonicalize().map_err(io("cannot read", path))?;
        check_rights(&path, owner.as_ref())?;
        let lock = lock(&path.join("lock"), &path)?;
        Ok(Self { path, owner, _lock: lock })
    }

    /// The folder itself.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Who Postgres runs as, if not as this process's user.
    pub(super) fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    /// The user that Postgres runs as.
    pub(super) fn uid(&self) -> u32 {
        self.owner.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |owner| owner.uid)
    }

    /// Postgres' own folder.
    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Where Postgres' own folder is made, to be renamed when it is whole.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.path.join("data.new")
    }

    /// Makes a folder that belongs to the user that Postgres runs as, for that user alone.
    pub(super) fn make_inner(&self, path: &Path) -> Result<(), Error> {
        DirBuilder::new().mode(0o700).create(path).map_err(io("cannot make", path))?;
        let Some(owner) = &self.owner else { return Ok(()) };
        lchown(path, Some(owner.uid), Some(owner.gid))
            .map_err(io("cannot change the owner of", path))
    }

    /// The major version that made the data, none when there is no data yet.
    pub(super) fn made_by(&self) -> Result<Option<u32>, Error> {
        let file = self.data().join("PG_VERSION");
        match std::fs::read_to_string(&file) {
            Ok(text) => major_in(&text).map(Some).ok_or(Error::NotData(self.data())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if self.data().exists() {
                    Err(Error::NotData(self.data()))
                } else {
                    Ok(None)
                }
            }
            Err(error) => Err(io("cannot read", &file)(error)),
        }
    }

    /// Waits until no Postgres serves the data. Whoever holds the lock knows that a server
    /// of ours found here has lost its parent and is about to shut down.
    pub(super) fn wait_until_free(&self) -> Result<(), Error> {
        let began = clock::monotonic();
        let mut asked = false;
        loop {
            let data = self.data();
            let pid = match pid_file::holder(&data).map_err(io("cannot read", &data))? {
                Holder::None => return Ok(()),
                Holder::Stale => return pid_file::disown(&data).map_err(io("cannot write", &data)),
                Holder::Foreign(pid) => {
                    return Err(Error::Foreign { data, pid: pid.as_raw_nonzero().get() });
                }
                Holder::Ours(pid) => pid,
            };
            if began.elapsed() > ORPHAN_WAIT {
                return Err(Error::Orphan { data, pid: pid.as_raw_nonzero().get() });
            }
            if !asked && began.elapsed() > ORPHAN_ASK {
                pid_file::ask_to_stop(pid);
                asked = true;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Where Postgres writes its log.
    pub(super) fn log_path(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// The log, opened for appending, and its length.
    pub(super) fn log(&self) -> Result<(File, u64), Error> {
        let path = self.log_path();
        if std::fs::metadata(&path).is_ok_and(|found| found.len() > LOG_MAX) {
            let aside = self.path.join("server.log.1");
            std::fs::rename(&path, aside).map_err(io("cannot move", &path))?;
        }
        let mut options = OpenOptions::new();
        let log = options.append(true).create(true).mode(0o600).open(&path);
        let log = log.map_err(io("cannot open", &path))?;
        let length = log.metadata().map_err(io("cannot read", &path))?.len();
        Ok((log, length))
    }

    /// What stands in the log from a length on.
    pub(super) fn said_since(&self, length: u64) -> String {
        let mut said = Vec::new();
        let read = File::open(self.log_path()).and_then(|mut log| {
            log.seek(SeekFrom::Start(length))?;
            log.read_to_end(&mut said)
        });
        if let Err(error) = read {
            tracing::warn!(%error, "cannot read the log of postgres");
        }
        String::from_utf8_lossy(&said).into_owned()
    }
}

fn look_up(user: &str) -> Result<Owner, Error> {
    let users = Path::new("/etc/passwd");
    let text = std::fs::read_to_string(users).map_err(io("cannot read", users))?;
    let found = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next()? == user;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        is_it.then(|| Owner { name: user.to_owned(), uid, gid })
    });
    found.filter(|owner| owner.uid != 0).ok_or_else(|| Error::NoUser(user.to_owned()))
}

/// Makes the folder with every missing parent. Postgres' user must be able to pass through
/// them, and need not see what is in them.
fn make(path: &Path, owner: Option<&Owner>) -> Result<(), Error> {
    let mode = if owner.is_some() { 0o711 } else { 0o700 };
    let missing: Vec<&Path> = path.ancestors().take_while(|dir| !dir.exists()).collect();
    for dir in missing.into_iter().rev().filter(|dir| !dir.as_os_str().is_empty()) {
        let made = DirBuilder::new().mode(mode).create(dir);
        let permissions = std::fs::Permissions::from_mode(mode);
        made.and_then(|()| std::fs::set_permissions(dir, permissions))
            .map_err(io("cannot make", dir))?;
    }
    Ok(())
}

/// Refuses a folder that is another user's, or that Postgres' user cannot get through.
fn check_rights(path: &Path, owner: Option<&Owner>) -> Result<(), Error> {
    check_owner(path, rustix::process::geteuid().as_raw())?;
    let Some(owner) = owner else { return Ok(()) };
    let data = path.join("data");
    if data.exists() {
        check_owner(&data, owner.uid)?;
    }
    for parent in path.ancestors() {
        let found = std::fs::metadata(parent).map_err(io("cannot read", parent))?;
        let bit = match (found.uid() == owner.uid, found.gid() == owner.gid) {
            (true, _) => 0o100,
            (false, true) => 0o010,
            (false, false) => 0o001,
        };
        if found.mode() & bit == 0 {
            let user = owner.name.clone();
            return Err(Error::Unreachable { parent: parent.to_owned(), user });
        }
    }
    Ok(())
}

fn check_owner(path: &Path, uid: u32) -> Result<(), Error> {
    let found = std::fs::metadata(path).map_err(io("cannot read", path))?.uid();
    if found == uid { Ok(()) } else { Err(Error::OtherOwner { path: path.to_owned(), uid: found }) }
}

fn lock(file: &Path, folder: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(file);
    let mut lock = opened.map_err(io("cannot open", file))?;
    let began = clock::monotonic();
    while let Err(error) = rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        if error != rustix::io::Errno::WOULDBLOCK && error != rustix::io::Errno::INTR {
            return Err(io("cannot lock", file)(error.into()));
        }
        if began.elapsed() > LOCK_WAIT {
            let mut pid = String::new();
            let _shown_empty = lock.read_to_string(&mut pid);
            return Err(Error::InUse { path: folder.to_owned(), pid: pid.trim().to_owned() });
        }
        std::thread::sleep(LOOK);
    }
    let written = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
    written.map_err(io("cannot write", file))?;
    Ok(lock)
}

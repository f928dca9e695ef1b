//! The state file: one line of JSON for each transaction, appended and synced; the last
//! line may be torn by a kill and then never happened. Its lock says that a sandbox lives.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::ledger::{Change, Ledger};

/// Lines beyond which a start rewrites the file, when it holds more than twice what lives.
const COMPACT_LINES: usize = 1_000;

/// Why the state file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another sandbox has it.
    #[error("state file {0} is locked by a running sandbox")]
    Locked(PathBuf),
    /// A line before the last cannot be read: not written by a sandbox of this version.
    #[error("state file {path} is damaged in line {line}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What the decoder says.
        reason: String,
    },
    /// The system refused.
    #[error("state file {0}: {1}")]
    Io(PathBuf, io::Error),
}

/// The open, locked file, positioned at its end.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens or creates the file, locks it and replays it; `now` (seconds since the epoch)
    /// decides what a rewrite may forget.
    pub(super) fn open(path: &Path, now: i64) -> Result<(Self, Ledger), JournalError> {
        let io = |error| JournalError::Io(path.to_owned(), error);
        let mut journal = Self { path: path.to_owned(), file: open_locked(path)? };
        let (ledger, lines) = journal.replay()?;
        let live = ledger.changes(now);
        if lines > COMPACT_LINES && lines > 2 * live.len() {
            journal.rewrite(&live).map_err(io)?;
        }
        Ok((journal, ledger))
    }

    /// Appends whole lines and waits until they are on disk.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.file.sync_data()
    }

    /// Which file this is: device and inode.
    pub(super) fn identity(&self) -> io::Result<(u64, u64)> {
        let meta = self.file.metadata()?;
        Ok((meta.dev(), meta.ino()))
    }

    fn replay(&mut self) -> Result<(Ledger, usize), JournalError> {
        let io = |error| JournalError::Io(self.path.clone(), error);
        let length = self.file.metadata().map_err(io)?.len();
        let mut ledger = Ledger::default();
        let mut reader = BufReader::new(&self.file);
        let (mut lines, mut end, mut line) = (0, 0, Vec::new());
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(io)? as u64;
            let last = end + read == length;
            if read == 0 {
                break;
            }
            match serde_json::from_slice::<Vec<Change>>(&line) {
                Ok(changes) if line.ends_with(b"\n") => {
                    changes.into_iter().for_each(|change| ledger.apply(change));
                }
                Err(error) if !last => {
                    let path = self.path.clone();
                    let reason = error.to_string();
                    return Err(JournalError::Damaged { path, line: lines + 1, reason });
                }
                _ => {
                    tracing::warn!(bytes = read, "cut a torn line off the sandbox's state file");
                    break;
                }
            }
            lines += 1;
            end += read;
        }
        self.file.set_len(end).map_err(io)?;
        self.file.seek(SeekFrom::Start(end)).map_err(io)?;
        Ok((ledger, lines))
    }

    /// Puts a new file in place of this one. The new one is locked before it gets the name,
    /// so that nobody can find the name unlocked.
    fn rewrite(&mut self, changes: &[Change]) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        if beside.exists() {
            std::fs::remove_file(&beside)?;
        }
        let mut file = open_private(&beside)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let mut text = Vec::new();
        for change in changes {
            serde_json::to_writer(&mut text, std::slice::from_ref(change))?;
            text.push(b'\n');
        }
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        sync_folder(&self.path)?;
        self.file = file;
        Ok(())
    }
}

/// Opens and locks the file that has this name; one that loses its name between the two
/// steps (a rewrite by its owner) is left alone.
fn open_locked(path: &Path) -> Result<File, JournalError> {
    let io = |error| JournalError::Io(path.to_owned(), error);
    loop {
        let fresh = !path.exists();
        let file = open_private(path).map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(JournalError::Locked(path.to_owned()));
            }
            Err(error) => return Err(io(error.into())),
        }
        let meta = file.metadata().map_err(io)?;
        if identity_of(path) == Some((meta.dev(), meta.ino())) {
            if fresh {
                sync_folder(path).map_err(io)?;
            }
            return Ok(file);
        }
    }
}

/// The file holds the API key, so nobody else may read it.
fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Device and inode of the file that has this name now.
pub(super) fn identity_of(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

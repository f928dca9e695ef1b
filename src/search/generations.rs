//! The folder of an index: a directory for each generation, numbered upwards. A new one is
//! built beside the one that is searched and takes its place when it knows as much.
//!
//! No file says which of them counts: every commit says whether its generation is whole
//! yet, so that the newest whole one does, whenever the process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::index::IndexError;

/// The file that whoever holds the folder has locked.
const LOCK: &str = "lock";

/// The folder, held by one process. Clones share the lock.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    dir: PathBuf,
    _lock: Arc<File>,
}

impl Folder {
    /// Takes the folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`IndexError::Locked`] when another process or handle has it.
    pub(super) fn take(dir: &Path) -> Result<Self, IndexError> {
        std::fs::create_dir_all(dir)?;
        let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: Arc::new(file) }),
            Err(TryLockError::WouldBlock) => Err(IndexError::Locked(dir.to_owned())),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// The folder for one more generation: taken anew if it was deleted.
    pub(super) fn again(&self) -> Result<Self, IndexError> {
        if self.is_there() { Ok(self.clone()) } else { Self::take(&self.dir) }
    }

    /// Whether it still is where it was taken.
    pub(super) fn is_there(&self) -> bool {
        self.dir.join(LOCK).exists()
    }

    /// The directory of a generation.
    pub(super) fn path(&self, generation: u64) -> PathBuf {
        self.dir.join(generation.to_string())
    }

    /// The generations that lie in it, the newest first.
    pub(super) fn generations(&self) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        Ok(found)
    }

    /// Takes away every directory but that of a generation: what was half-built, or was
    /// replaced.
    pub(super) fn keep_only(&self, generation: Option<u64>) -> io::Result<()> {
        let kept = generation.map(|generation| self.path(generation));
        for entry in std::fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.is_dir() && Some(&path) != kept.as_ref() {
                std::fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }
}

/// The directory of a generation, shared by all who read or write it. Once it is given up,
/// the last of them takes it away.
#[derive(Debug)]
pub(super) struct Files {
    path: PathBuf,
    given_up: AtomicBool,
}

impl Files {
    /// Those of a generation in a folder.
    pub(super) fn new(folder: &Folder, generation: u64) -> Self {
        Self { path: folder.path(generation), given_up: AtomicBool::new(false) }
    }

    /// Where they are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether they go when nobody uses them any more.
    pub(super) fn give_up(&self, given_up: bool) {
        self.given_up.store(given_up, Ordering::Relaxed);
    }

    /// What they take on the disk, in bytes; files that come and go meanwhile may be left
    /// out.
    pub(super) fn bytes(&self) -> u64 {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return 0 };
        let sizes = entries.flatten().filter_map(|entry| entry.metadata().ok());
        sizes.map(|metadata| metadata.len()).sum()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if !self.given_up.load(Ordering::Relaxed) {
            return;
        }
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                // The next start takes it away.
                tracing::warn!(path = %self.path.display(), %error, "old search index is left");
            }
            _ => {}
        }
    }
}

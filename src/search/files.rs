//! The files of an index, which nobody waits for until they are on the disk.
//!
//! An index is made of what Postgres has, and can be made again. A process that dies loses
//! nothing, for the system has the pages; only one that dies with the system may find files torn.
//! Their checksums are read before an index is used ([`super::disk::load`]), and a torn one is
//! built anew. Waiting instead costs every commit some thirty turns of the disk, on which
//! Postgres writes bookings.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};

/// A folder of files that are read as tantivy's own are, by the pages of the system.
#[derive(Debug, Clone)]
pub(super) struct Files {
    mapped: MmapDirectory,
    folder: PathBuf,
}

impl Files {
    /// The files of a folder that is there.
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn open(folder: &Path) -> tantivy::Result<Self> {
        Ok(Self { mapped: MmapDirectory::open(folder)?, folder: folder.to_owned() })
    }
}

/// A file being written.
struct Unsynced(File);

impl Write for Unsynced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl TerminatingWrite for Unsynced {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.0.flush()
    }
}

impl Directory for Files {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.mapped.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        match File::create_new(self.folder.join(path)) {
            Ok(file) => Ok(BufWriter::new(Box::new(Unsynced(file)))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(OpenWriteError::FileAlreadyExists(path.to_owned()))
            }
            Err(error) => Err(OpenWriteError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.mapped.atomic_read(path)
    }

    /// Each of these files has one writer at a time, tantivy's: the name beside it is its own.
    fn atomic_write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let path = self.folder.join(path);
        let mut beside = path.clone().into_os_string();
        beside.push(".new");
        fs::write(&beside, content)?;
        fs::rename(beside, path)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}

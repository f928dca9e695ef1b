//! Blobs as files of a folder: written aside, brought to the disk, then renamed, so that a
//! file is there as a whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::blobs::Key;

/// The folder of what is being written.
const UNFINISHED: &str = "unfinished";

/// A folder of blobs, readable by its owner only: listings may be drafts.
#[derive(Debug)]
pub(super) struct BlobFolder {
    root: Arc<Path>,
}

impl BlobFolder {
    /// A folder, which is made if it is not there.
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        make(&root.join(UNFINISHED))?;
        Ok(Self { root: root.into() })
    }

    /// Writes a blob.
    pub(super) async fn put(&self, key: Key, content: Bytes) -> io::Result<()> {
        self.aside(move |root| {
            let to = root.join(key.path());
            let folder = to.parent().unwrap_or(root);
            let aside = root.join(UNFINISHED).join(uuid::Uuid::new_v4().simple().to_string());
            let written = File::create_new(&aside).and_then(|mut file| {
                file.write_all(&content)?;
                file.sync_all()
            });
            let placed = written.and_then(|()| {
                make(folder)?;
                fs::rename(&aside, &to)
            });
            if placed.is_err() {
                // Whatever is left of it is swept later.
                fs::remove_file(&aside).ok();
            }
            placed?;
            // The name has to outlast a loss of power as well as the content, and with it
            // the folders that may be new.
            let mut above = Some(folder);
            while let Some(folder) = above.filter(|folder| folder.starts_with(root)) {
                File::open(folder)?.sync_all()?;
                above = folder.parent();
            }
            Ok(())
        })
        .await
    }

    /// Reads a blob.
    pub(super) async fn get(&self, key: Key) -> io::Result<Option<Bytes>> {
        self.aside(move |root| match fs::read(root.join(key.path())) {
            Ok(content) => Ok(Some(content.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Deletes a blob, if it is there.
    pub(super) async fn delete(&self, key: Key) -> io::Result<()> {
        self.aside(move |root| match fs::remove_file(root.join(key.path())) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    /// Keys after a key, in their order.
    pub(super) async fn list(&self, after: Option<Key>, limit: usize) -> io::Result<Vec<Key>> {
        self.aside(move |root| {
            let after = after.map(|key| key.to_string()).unwrap_or_default();
            // Folders before the one of the last key hold nothing after it.
            let begins = |name: &str, from: usize| {
                let from = after.get(from..from + 2).unwrap_or_default();
                name >= from
            };
            let mut keys = Vec::new();
            for first in names(root, 2)?.into_iter().filter(|name| begins(name, 0)) {
                let is_same = after.starts_with(&first);
                let folder = root.join(&first);
                for second in names(&folder, 2)?.into_iter() {
                    if is_same && !begins(&second, 2) {
                        continue;
                    }
                    let found = names(&folder.join(second), 64)?.into_iter();
                    let found = found.filter(|name| *name > after);
                    keys.extend(found.filter_map(|name| name.parse::<Key>().ok()));
                    if keys.len() >= limit {
                        keys.truncate(limit);
                        return Ok(keys);
                    }
                }
            }
            Ok(keys)
        })
        .await
    }

    /// Deletes what was left half-written before a time.
    pub(super) async fn drop_unfinished(&self, before: Timestamp) -> io::Result<u64> {
        self.aside(move |root| {
            let mut dropped = 0;
            for entry in fs::read_dir(root.join(UNFINISHED))? {
                let entry = entry?;
                let modified = entry.metadata().and_then(|about| about.modified());
                let modified = modified.ok().and_then(|time| Timestamp::try_from(time).ok());
                if modified.is_some_and(|modified| modified < before) {
                    // It may have been renamed meanwhile.
                    dropped += u64::from(fs::remove_file(entry.path()).is_ok());
                }
            }
            Ok(dropped)
        })
        .await
    }

    /// Does something with files where waiting harms nobody.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let root = Arc::clone(&self.root);
        tokio::task::spawn_blocking(move || work(&root)).await.map_err(io::Error::other)?
    }
}

fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The names of so many characters in a folder, sorted; none when it is not there.
fn names(folder: &Path, length: usize) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().to_str().map(str::to_owned));
    }
    names.retain(|name| name.len() == length && OsStr::new(name) != UNFINISHED);
    names.sort_unstable();
    Ok(names)
}

//! `rentezy backup` and `rentezy restore`: the database and the blobs in a folder, with a
//! manifest that says what must be in it.
//!
//! The manifest is written last: a folder without one is no backup.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::check::{self, CheckError};
use crate::clock::Clock;
use crate::storage::dump::{self, DumpError};
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;

/// The form of this version's manifests.
const VERSION: u32 = 1;
const MANIFEST: &str = "manifest.json";
const DUMP: &str = "database.dump";
const BLOBS: &str = "blobs";

/// Make a copy of everything that cannot be made anew; a server may be running.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The folder for it; made if it is not there, and else it must be empty.
    pub dir: PathBuf,
}

/// Bring a backup into an empty place.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup's folder.
    pub dir: PathBuf,
    /// postgres://... of an empty database, or an empty folder that becomes a server's data
    /// folder, with a private Postgres.
    #[arg(long)]
    pub into: String,
    /// Where blobs go when --into is a database: that server's data folder.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Check everything that was brought in.
    #[arg(long)]
    pub verify: bool,
}

impl RestoreArgs {
    /// The data folder that the backup becomes; none when it goes into a database.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        let is_database = self.into.contains("://") || self.into.contains('=');
        (!is_database).then(|| Path::new(&self.into))
    }
}

/// Why there is no backup, or no restored server.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database's part.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The database could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// Something is there already.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// The manifest is missing or makes no sense.
    #[error("{0} is no backup: {1}")]
    NoBackup(PathBuf, String),
    /// A file is not what it was.
    #[error("{0} is damaged: size or digest differ from the manifest's")]
    Damaged(PathBuf),
    /// A table is not what it was.
    #[error("table {0} has {1} rows instead of {2}")]
    Rows(String, i64, i64),
    /// What was restored is not as it must be.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The result cannot be printed.
    #[error(transparent)]
    Print(#[from] std::io::Error),
}

/// What a backup consists of.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// The form of the manifest.
    version: u32,
    /// The version of the program that wrote it.
    program: String,
    /// When it was begun.
    created_at: Timestamp,
    /// What tells the database from every other.
    identity: String,
    /// The major version of its Postgres.
    postgres: u32,
    /// Rows by table.
    rows: BTreeMap<String, i64>,
    /// Files by their paths in the folder.
    files: BTreeMap<String, FileFacts>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileFacts {
    /// In bytes.
    size: u64,
    /// SHA-256 in hex.
    sha256: String,
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + '_ {
    |error| BackupError::File(path.to_owned(), error)
}

/// Makes a backup.
///
/// # Errors
/// [`BackupError`].
pub async fn backup(
    arguments: &BackupArgs,
    database: &Database,
    programs: Option<&Path>,
    data_dir: &Path,
    clock: &Clock,
    out: &mut impl Write,
) -> Result<(), BackupError> {
    let (dir, created_at) = (&arguments.dir, clock.now());
    make_empty(dir)?;
    let contents = dump::dump(database, programs, &dir.join(DUMP)).await?;
    let mut files = BTreeMap::from([(DUMP.to_owned(), facts(&dir.join(DUMP))?)]);
    let blobs = data_dir.join(BLOBS);
    for path in files_below(&blobs)? {
        let name = Path::new(BLOBS).join(&path);
        let to = dir.join(&name);
        // One that was deleted meanwhile is not missed: rows go before their blobs.
        if copy(&blobs.join(&path), &to)? {
            files.insert(name.to_string_lossy().into_owned(), facts(&to)?);
        }
    }
    let manifest = Manifest {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at,
        identity: contents.identity,
        postgres: contents.major,
        rows: contents.rows,
        files,
    };
    write_manifest(dir, &manifest)?;
    let bytes: u64 = manifest.files.values().map(|file| file.size).sum();
    let (files, rows) = (manifest.files.len(), manifest.rows.values().sum::<i64>());
    writeln!(out, "{rows} rows in {files} files of {bytes} bytes are in {}", dir.display())?;
    Ok(())
}

/// Brings the blobs and the database of a backup into empty places, and checks the result if
/// that is asked for. `blobs` is the data folder they go to; none when there is none yet.
///
/// # Errors
/// [`BackupError`]; of a database nothing is left then.
pub async fn restore(
    arguments: &RestoreArgs,
    database: &Database,
    programs: Option<&Path>,
    clock: &Clock,
    out: &mut impl Write,
) -> Result<(), BackupError> {
    let dir = &arguments.dir;
    let manifest = read_manifest(dir)?;
    for (name, known) in &manifest.files {
        let path = dir.join(name);
        if facts(&path)? != *known {
            return Err(BackupError::Damaged(path));
        }
    }
    let data_dir = arguments.folder().or(arguments.data_dir.as_deref());
    let blobs: Vec<&String> = manifest.files.keys().filter(|name| *name != DUMP).collect();
    if let Some(data_dir) = data_dir.filter(|_| !blobs.is_empty()) {
        make_empty(&data_dir.join(BLOBS))?;
    }
    dump::restore(database, programs, &dir.join(DUMP)).await?;
    match data_dir {
        Some(data_dir) => {
            for name in &blobs {
                copy(&dir.join(name), &data_dir.join(name))?;
            }
        }
        None if !blobs.is_empty() => {
            writeln!(out, "{} blobs were left out: --data-dir says where to", blobs.len())?;
        }
        None => {}
    }
    if arguments.verify {
        let held = dump::held(database).await?;
        for (table, rows) in &manifest.rows {
            let found = held.rows.get(table).copied().unwrap_or_default();
            if found != *rows {
                return Err(BackupError::Rows(table.clone(), found, *rows));
            }
        }
        for name in blobs.iter().filter(|_| data_dir.is_some()) {
            let path = data_dir.unwrap_or(dir).join(name);
            if manifest.files.get(*name) != Some(&facts(&path)?) {
                return Err(BackupError::Damaged(path));
            }
        }
        check::run(database, clock, out).await?;
    }
    dump::rename(database).await?;
    let rows = manifest.rows.values().sum::<i64>();
    writeln!(out, "{rows} rows of {} are restored", manifest.created_at)?;
    Ok(())
}

/// Makes a folder for its owner alone; one that is there must be empty.
///
/// # Errors
/// [`BackupError::NotEmpty`], or when it cannot be made.
pub fn make_empty(dir: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
    match std::fs::read_dir(dir).map_err(at(dir))?.next() {
        Some(_) => Err(BackupError::NotEmpty(dir.to_owned())),
        None => Ok(()),
    }
}

fn write_manifest(dir: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let (path, aside) = (dir.join(MANIFEST), dir.join("manifest.json.new"));
    let text = serde_json::to_vec_pretty(manifest).map_err(std::io::Error::other)?;
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&aside, &path)?;
        File::open(dir)?.sync_all()
    });
    written.map_err(at(&path))
}

fn read_manifest(dir: &Path) -> Result<Manifest, BackupError> {
    let no = |why: &dyn std::fmt::Display| BackupError::NoBackup(dir.to_owned(), why.to_string());
    let text = std::fs::read_to_string(dir.join(MANIFEST)).map_err(|error| no(&error))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| no(&error))?;
    if manifest.version != VERSION {
        return Err(no(&format!("manifest of version {}", manifest.version)));
    }
    let strays = |name: &String| {
        let parts = Path::new(name).components();
        parts.into_iter().any(|part| !matches!(part, std::path::Component::Normal(_)))
    };
    if manifest.files.keys().any(strays) || !manifest.files.contains_key(DUMP) {
        return Err(no(&"manifest names files that are not of a backup"));
    }
    Ok(manifest)
}

fn facts(path: &Path) -> Result<FileFacts, BackupError> {
    let mut file = File::open(path).map_err(at(path))?;
    let (mut hash, mut size, mut part) = (Sha256::new(), 0_u64, vec![0_u8; 1 << 16]);
    loop {
        let count = file.read(&mut part).map_err(at(path))?;
        let Some(read) = part.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
        size += u64::try_from(count).unwrap_or_default();
    }
    Ok(FileFacts { size, sha256: hex::encode(hash.finalize()) })
}

/// Plain files below a folder, by their paths within it; none when it is not there.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inner) = folders.pop() {
        let path = folder.join(&inner);
        let entries = match std::fs::read_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.map_err(at(&path))?,
        };
        for entry in entries {
            let entry = entry.map_err(at(&path))?;
            let kind = entry.file_type().map_err(at(&path))?;
            let name = inner.join(entry.file_name());
            if kind.is_dir() {
                folders.push(name);
            } else if kind.is_file() {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a file, making the folders above it; `false` when it is not there any more.
fn copy(from: &Path, to: &Path) -> Result<bool, BackupError> {
    if let Some(folder) = to.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
    }
    match std::fs::copy(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        copied => copied.map(|_| true).map_err(at(to)),
    }
}

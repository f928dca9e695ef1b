//! `rentezy backup` and `rentezy restore`: the database and the blobs in a folder, with a
//! manifest that says what must be in it. Blobs are files there, whatever store they lie in
//! and go to.
//!
//! The manifest is written last: a folder without one is no backup.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::check::{self, CheckError};
use crate::clock::Clock;
use crate::config::{self, Bucket};
use crate::storage::blobs::{BlobError, Blobs, Key};
use crate::storage::dump::{self, DumpError};
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;

/// The form of this version's manifests.
const VERSION: u32 = 1;
const MANIFEST: &str = "manifest.json";
const DUMP: &str = "database.dump";
const BLOBS: &str = "blobs";
/// Blobs that are listed at once.
const PAGE: usize = 1_000;
/// Blobs that are on their way at the same time.
const AT_ONCE: usize = 16;

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
    /// Where blobs go instead: s3://bucket or s3://bucket/prefix, which must be empty there
    /// and is reached as the settings of blobs say.
    #[arg(long, value_name = "URL")]
    pub blobs: Option<Bucket>,
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
    /// The store of the blobs failed.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// Something is there already.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// The manifest is missing or makes no sense.
    #[error("{0} is no backup: {1}")]
    NoBackup(PathBuf, String),
    /// A blob is not where it was put.
    #[error("blob {0} is missing")]
    Missing(Key),
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

/// Makes a backup. Blobs that are damaged already are left out, and said.
///
/// # Errors
/// [`BackupError`].
pub async fn backup(
    arguments: &BackupArgs,
    database: &Database,
    programs: Option<&Path>,
    blobs: &Blobs,
    clock: &Clock,
    out: &mut impl Write,
) -> Result<(), BackupError> {
    let (dir, created_at) = (&arguments.dir, clock.now());
    make_empty(dir)?;
    let contents = dump::dump(database, programs, &dir.join(DUMP)).await?;
    let mut files = BTreeMap::from([(DUMP.to_owned(), facts(&dir.join(DUMP))?)]);
    let damaged = copy_blobs(blobs, dir, &mut files).await?;
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
    if damaged > 0 {
        writeln!(out, "{damaged} blobs are damaged where they lie and were left out")?;
    }
    Ok(())
}

/// Copies all blobs into a backup's folder; how many were left out, being damaged.
async fn copy_blobs(
    blobs: &Blobs,
    dir: &Path,
    files: &mut BTreeMap<String, FileFacts>,
) -> Result<u64, BackupError> {
    let (mut after, mut damaged) = (None, 0);
    loop {
        let keys = blobs.list(after, PAGE).await?;
        let Some(last) = keys.last() else { return Ok(damaged) };
        after = Some(*last);
        let mut found = stream::iter(keys)
            .map(|key| async move { (key, blobs.get(key).await) })
            .buffered(AT_ONCE);
        while let Some((key, content)) = found.next().await {
            match content {
                Ok(Some(content)) => {
                    let path = dir.join(BLOBS).join(key.path());
                    write(&path, &content)?;
                    files.insert(format!("{BLOBS}/{}", key.path()), facts(&path)?);
                }
                // One that was deleted meanwhile is not missed: rows go before their blobs.
                Ok(None) => {}
                Err(BlobError::Damaged(key)) => {
                    tracing::warn!(%key, "blob is damaged");
                    damaged += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Brings the blobs and the database of a backup into empty places, and checks the result if
/// that is asked for. `settings` say how the store of `--blobs` is reached.
///
/// # Errors
/// [`BackupError`]; of a database nothing is left then.
pub async fn restore(
    arguments: &RestoreArgs,
    database: &Database,
    programs: Option<&Path>,
    settings: &config::Blobs,
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
    let keys: Vec<Key> = manifest.files.keys().filter_map(|name| key(name)).collect();
    let blobs = if keys.is_empty() { None } else { empty_store(arguments, settings).await? };
    dump::restore(database, programs, &dir.join(DUMP)).await?;
    match &blobs {
        Some(blobs) => put_blobs(blobs, dir, &keys).await?,
        None if !keys.is_empty() => {
            let count = keys.len();
            writeln!(out, "{count} blobs were left out: --data-dir or --blobs says where to")?;
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
        if let Some(blobs) = &blobs {
            check_blobs(blobs, &keys).await?;
        }
        check::run(database, clock, out).await?;
    }
    dump::rename(database).await?;
    let rows = manifest.rows.values().sum::<i64>();
    writeln!(out, "{rows} rows of {} are restored", manifest.created_at)?;
    Ok(())
}

/// The key of a blob by its name in a manifest; none of what is no blob.
fn key(name: &str) -> Option<Key> {
    let path = name.strip_prefix(BLOBS)?.strip_prefix('/')?;
    let key: Key = path.rsplit('/').next()?.parse().ok()?;
    (key.path() == path).then_some(key)
}

/// The store that blobs are restored into, with nothing in it; none when nobody has said
/// where they go.
async fn empty_store(
    arguments: &RestoreArgs,
    settings: &config::Blobs,
) -> Result<Option<Blobs>, BackupError> {
    let settings = config::Blobs { url: arguments.blobs.clone(), ..settings.clone() };
    if let Some(bucket) = &settings.url {
        // Another server may delete what lies in its bucket.
        let blobs = Blobs::open(&settings, &arguments.dir)?;
        let is_empty = blobs.list(None, 1).await?.is_empty();
        return if is_empty {
            Ok(Some(blobs))
        } else {
            Err(BackupError::NotEmpty(bucket.to_string().into()))
        };
    }
    let Some(data_dir) = arguments.folder().or(arguments.data_dir.as_deref()) else {
        return Ok(None);
    };
    make_empty(&data_dir.join(BLOBS))?;
    Ok(Some(Blobs::open(&settings, data_dir)?))
}

/// Brings blobs from a backup's folder into a store.
async fn put_blobs(blobs: &Blobs, dir: &Path, keys: &[Key]) -> Result<(), BackupError> {
    let put = |key: Key| async move {
        let path = dir.join(BLOBS).join(key.path());
        let content = std::fs::read(&path).map_err(at(&path))?;
        match blobs.put(content.into()).await? == key {
            true => Ok(()),
            false => Err(BackupError::Damaged(path)),
        }
    };
    stream::iter(keys.iter().copied().map(put)).buffer_unordered(AT_ONCE).try_collect().await
}

/// Reads blobs out of a store, which looks at their hashes.
async fn check_blobs(blobs: &Blobs, keys: &[Key]) -> Result<(), BackupError> {
    let check =
        |key: Key| async move { blobs.get(key).await?.map(drop).ok_or(BackupError::Missing(key)) };
    stream::iter(keys.iter().copied().map(check)).buffer_unordered(AT_ONCE).try_collect().await
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

/// Writes a file, making the folders above it.
fn write(to: &Path, content: &[u8]) -> Result<(), BackupError> {
    if let Some(folder) = to.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
    }
    let written = File::create_new(to).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.map_err(at(to))
}

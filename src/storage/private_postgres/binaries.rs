//! Where the system keeps `initdb` and `postgres`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::Error;

/// The oldest major version that has what the schema needs.
const OLDEST_MAJOR: u32 = 15;

/// A folder with both programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::storage) struct Binaries {
    /// The folder.
    pub(in crate::storage) dir: PathBuf,
    /// The major version of `postgres` in it.
    pub(in crate::storage) major: u32,
}

impl Binaries {
    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }
}

/// The folder of the setting if there is one, else the first that fits of: the folders of
/// `search_path`, Debian's newest first, other usual places. `made_by` is the major version
/// that made the existing data folder, which no other can open.
pub(in crate::storage) fn find(
    setting: Option<&Path>,
    search_path: &str,
    made_by: Option<u32>,
) -> Result<Binaries, Error> {
    let folders = match setting {
        Some(folder) => vec![folder.to_owned()],
        None => usual_folders(search_path),
    };
    let found: Vec<Binaries> = folders.into_iter().filter_map(read).collect();
    let fits = |one: &&Binaries| match made_by {
        Some(major) => one.major == major,
        None => one.major >= OLDEST_MAJOR,
    };
    if let Some(binaries) = found.iter().find(fits) {
        return Ok(binaries.clone());
    }
    Err(match (found.into_iter().next(), made_by, setting) {
        (Some(other), Some(made_by), _) => Error::OtherVersion { made_by, found: other.major },
        (Some(old), None, _) => Error::TooOld { dir: old.dir, major: old.major },
        (None, _, Some(setting)) => Error::NotBinaries(setting.to_owned()),
        (None, _, None) => Error::NoBinaries,
    })
}

fn usual_folders(search_path: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for folder in std::env::split_paths(search_path) {
        // A link to `postgres` alone leads to the folder that holds `initdb` too.
        let linked = folder.join("postgres").canonicalize().ok();
        folders.push(folder);
        folders.extend(linked.and_then(|postgres| postgres.parent().map(Path::to_owned)));
    }
    folders.extend(newest_first("/usr/lib/postgresql", "", "bin"));
    folders.extend(newest_first("/usr", "pgsql-", "bin"));
    folders.extend(newest_first("/usr/libexec", "postgresql", ""));
    folders.extend(newest_first("/opt/homebrew/opt", "postgresql@", "bin"));
    folders.extend(["/usr/local/pgsql/bin", "/usr/local/bin"].map(PathBuf::from));
    folders
}

/// `base/<prefix><number>/<inner>` of every number there is, the highest first.
fn newest_first(base: &str, prefix: &str, inner: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(base).into_iter().flatten().flatten();
    let mut numbered: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(inner)))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    numbered.into_iter().map(|(_, path)| path).collect()
}

fn read(dir: PathBuf) -> Option<Binaries> {
    if !dir.join("initdb").is_file() || !dir.join("postgres").is_file() {
        return None;
    }
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let major = major_in(&String::from_utf8_lossy(&output.stdout))?;
    Some(Binaries { dir, major })
}

/// 15 in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
pub(in crate::storage) fn major_in(text: &str) -> Option<u32> {
    let version =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let digits: String = version?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

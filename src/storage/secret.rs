//! Secrets that are not set: files that only their owner can read. The server's seals signing
//! keys and refresh tokens, so it has to outlive the process; the operators' lets commands on
//! this machine into the operator listener.

use std::fs::{File, OpenOptions};
use std::io::{Error, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::config::Secret;

/// The file of the server's secret within the data folder.
const FILE: &str = "server.secret";

/// The file of the operators' token.
const OPERATOR_FILE: &str = "operator.token";

/// Random bytes in a new secret.
const LENGTH: usize = 32;

/// Reads the secret of a data folder, or makes one at the first start. The folder must
/// exist.
///
/// # Errors
/// When the file cannot be read or written, or others than its owner could read it.
pub fn ensure(data_dir: &Path) -> std::io::Result<Secret> {
    ensure_file(data_dir, FILE)
}

/// Reads the operators' token of a data folder, or makes one at the first start.
///
/// # Errors
/// As [`ensure`].
pub fn ensure_operator_token(data_dir: &Path) -> std::io::Result<Secret> {
    ensure_file(data_dir, OPERATOR_FILE)
}

/// Reads the operators' token that a server has made in its data folder.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn operator_token(data_dir: &Path) -> std::io::Result<Secret> {
    read(&data_dir.join(OPERATOR_FILE))
}

fn ensure_file(data_dir: &Path, file: &str) -> std::io::Result<Secret> {
    let path = data_dir.join(file);
    match read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(data_dir, file, &path),
        read => read,
    }
}

fn read(path: &Path) -> std::io::Result<Secret> {
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        let text = format!("{} can be read by others: chmod 600 it", path.display());
        return Err(Error::other(text));
    }
    let text = std::fs::read_to_string(path)?;
    if text.trim().len() < LENGTH {
        return Err(Error::other(format!("{} holds no secret", path.display())));
    }
    Ok(Secret::new(text.trim()))
}

/// Written aside and linked into place, so that a start that is cut off leaves no half
/// secret, and of two that start at once one wins for both.
fn make(data_dir: &Path, file: &str, path: &Path) -> std::io::Result<Secret> {
    let mut bytes = [0_u8; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::other("no random numbers"))?;
    let aside = data_dir.join(format!("{file}.{}", std::process::id()));
    let mut opened =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    writeln!(opened, "{}", hex::encode(bytes))?;
    opened.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(data_dir)?.sync_all()?;
    read(path)
}

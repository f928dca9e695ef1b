//! The server's secret, when it is not set: a file that only its owner can read. It seals
//! signing keys and refresh tokens, so it has to outlive the process.

use std::fs::{File, OpenOptions};
use std::io::{Error, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::config::Secret;

/// The file's name within the data folder.
const FILE: &str = "server.secret";

/// Random bytes in a new secret.
const LENGTH: usize = 32;

/// Reads the secret of a data folder, or makes one at the first start. The folder must
/// exist.
///
/// # Errors
/// When the file cannot be read or written, or others than its owner could read it.
pub fn ensure(data_dir: &Path) -> std::io::Result<Secret> {
    let path = data_dir.join(FILE);
    match read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(data_dir, &path),
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
fn make(data_dir: &Path, path: &Path) -> std::io::Result<Secret> {
    let mut bytes = [0_u8; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::other("no random numbers"))?;
    let aside = data_dir.join(format!("{FILE}.{}", std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    writeln!(file, "{}", hex::encode(bytes))?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    File::open(data_dir)?.sync_all()?;
    read(path)
}

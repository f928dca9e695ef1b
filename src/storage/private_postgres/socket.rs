//! Where the socket is. Its whole path must fit into a socket address.

use std::hash::{Hash, Hasher};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::{Error, io};
use super::folder::Folder;

/// The longest path of a socket that every system takes, in bytes.
const PATH_MAX: usize = 106;

/// The socket's own name, for the port that every private server uses.
const NAME: &str = ".s.PGSQL.5432";

/// The folder of the socket, made if need be: beside the data when that path is short
/// enough, else one in `runtime` or in the folder for temporary files, named by a hash.
pub(super) fn place(folder: &Folder, runtime: Option<&Path>) -> Result<PathBuf, Error> {
    let beside = folder.path().join("run");
    if fits(&beside) {
        return own(folder, beside);
    }
    let name = format!("rentezy-{:016x}", hash(folder.path()));
    let temporary = std::env::temp_dir();
    let bases = [runtime, Some(&temporary), Some(Path::new("/tmp"))];
    let short = |base: &Path| {
        let dir = base.join(&name);
        (base.is_dir() && fits(&dir)).then_some(dir)
    };
    match bases.into_iter().flatten().find_map(short) {
        Some(dir) => own(folder, dir),
        None => own(folder, beside),
    }
}

fn fits(dir: &Path) -> bool {
    dir.join(NAME).as_os_str().len() <= PATH_MAX
}

/// Makes the folder for its owner alone. One that stands there already, in a place where
/// anybody may make one, must belong to the owner.
fn own(folder: &Folder, dir: PathBuf) -> Result<PathBuf, Error> {
    if !dir.exists() {
        folder.make_inner(&dir)?;
    }
    let found = std::fs::symlink_metadata(&dir).map_err(io("cannot read", &dir))?;
    if !found.is_dir() || found.uid() != folder.uid() || found.mode() & 0o077 != 0 {
        return Err(Error::SocketFolder(dir));
    }
    Ok(dir)
}

/// Removes what a dead server left of its socket: Postgres would take it for a living one's
/// when the process id in it has been given out again. Only while nobody serves the data.
pub(super) fn clear(dir: &Path) -> Result<(), Error> {
    for name in [NAME.to_owned(), format!("{NAME}.lock")] {
        let path = dir.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(io("cannot remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The same for the same path in every run of every version: FNV-1a over its bytes.
fn hash(path: &Path) -> u64 {
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
    path.as_os_str().as_encoded_bytes().hash(&mut fnv);
    fnv.finish()
}

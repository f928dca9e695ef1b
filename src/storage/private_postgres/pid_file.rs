//! `postmaster.pid`: which process, if any, serves a data folder.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal};

/// Beyond the highest process id that Linux gives out.
const NOBODY: i32 = 4_194_305;

/// Marks our own servers on their command line.
pub(super) const MARK: &str = "cluster_name=rentezy";

/// What `postmaster.pid` says, with what the system says of that process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// No file.
    None,
    /// The process is gone, or is another program that was given the same id.
    Stale,
    /// A Postgres that one of our servers started.
    Ours(Pid),
    /// A Postgres that somebody else started.
    Foreign(Pid),
}

/// Who serves the data folder.
pub(super) fn holder(data: &Path) -> std::io::Result<Holder> {
    let text = match std::fs::read_to_string(data.join("postmaster.pid")) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Holder::None),
        Err(error) => return Err(error),
    };
    let first = text.lines().next().and_then(|line| line.trim().parse().ok());
    let Some(pid) = first.and_then(Pid::from_raw) else { return Ok(Holder::Stale) };
    Ok(match served_by(pid, data) {
        Some(true) => Holder::Ours(pid),
        Some(false) => Holder::Foreign(pid),
        None => Holder::Stale,
    })
}

/// Where the socket of one of ours is that serves the data folder and has finished its start
/// (line 5 of the file, and line 8).
pub(super) fn socket_of_ours(data: &Path) -> std::io::Result<Option<PathBuf>> {
    let Holder::Ours(pid) = holder(data)? else { return Ok(None) };
    if !is_ready(data, pid.as_raw_nonzero().get().unsigned_abs()) {
        return Ok(None);
    }
    let text = std::fs::read_to_string(data.join("postmaster.pid"))?;
    Ok(text.lines().nth(4).map(PathBuf::from))
}

/// Whether the server is ours, if the process is a Postgres on this folder at all. A dead
/// process that nobody has waited for has no command line.
fn served_by(pid: Pid, data: &Path) -> Option<bool> {
    let process = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    let line = std::fs::read(process.join("cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).into_owned();
    let program = Path::new(line.split('\0').next()?).file_name()?.to_str()?;
    // A working folder that cannot be seen (a container without ptrace) decides nothing.
    let elsewhere = std::fs::read_link(process.join("cwd"))
        .is_ok_and(|cwd| data.canonicalize().is_ok_and(|data| data != cwd));
    (matches!(program, "postgres" | "postmaster") && !elsewhere).then(|| line.contains(MARK))
}

/// Whether this very process has finished its start.
pub(super) fn is_ready(data: &Path, pid: u32) -> bool {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(&pid.to_string()) && lines.nth(6) == Some("ready")
}

/// Makes a stale file name a process that cannot exist. Postgres refuses to start while the
/// process of the file lives, whatever that process is; but it also finds backends of the
/// dead server by this file, so the file itself must stay.
pub(super) fn disown(data: &Path) -> std::io::Result<()> {
    let file = data.join("postmaster.pid");
    let text = std::fs::read_to_string(&file)?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    // The folder is Postgres' and this process may be root: no link is followed.
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    let mut file =
        OpenOptions::new().write(true).truncate(true).custom_flags(no_link).open(&file)?;
    write!(file, "{NOBODY}\n{rest}")
}

/// Tells a server to end its sessions and shut down.
pub(super) fn ask_to_stop(pid: Pid) {
    let _gone_already = rustix::process::kill_process(pid, Signal::INT);
}

//! The step between this process and Postgres: a process of our own program that arranges
//! how it will die, then becomes Postgres.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::fs::Mode;
use rustix::process::{Pid, Signal};

/// Who a child runs as when this process is root.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    /// The name it was looked up by.
    pub(super) name: String,
    /// User id, never 0.
    pub(super) uid: u32,
    /// Main group.
    pub(super) gid: u32,
}

/// A command that runs `program` by way of [`child_main`]: as `owner`, in its own process
/// group, so that Ctrl-C in a terminal does not stop Postgres before the server is done.
///
/// It must be spawned by a thread that lives as long as the server: the death signal goes
/// off when the thread that spawned the child ends.
pub(super) fn command(
    entry: &[OsString],
    owner: Option<&Owner>,
    folder: &Path,
    program: &Path,
) -> Command {
    let (exe, leading) = entry.split_first().map_or((None, entry), |(exe, rest)| (Some(exe), rest));
    let mut command = Command::new(exe.map_or("/proc/self/exe".as_ref(), OsString::as_os_str));
    command.args(leading).arg(std::process::id().to_string()).arg(program);
    command.current_dir(folder).process_group(0);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
    if let Some(owner) = owner {
        // Without groups of its own, std also drops the extra groups of root.
        command.uid(owner.uid).gid(owner.gid);
    }
    command
}

/// The hidden command `rentezy postgres-child PARENT PROGRAM ARGUMENTS...`: dies with its
/// parent (the process with id PARENT), keeps no file of it open, and becomes PROGRAM.
/// Comes back only when that failed, with the reason on standard error.
///
/// Call it first thing in main, on the main thread.
#[must_use]
pub fn child_main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let reason = become_program(arguments.into_iter());
    eprintln!("FATAL: {reason}");
    ExitCode::FAILURE
}

fn become_program(mut arguments: impl Iterator<Item = OsString>) -> String {
    let parent = arguments.next().and_then(|pid| pid.to_str()?.parse().ok());
    let (Some(parent), Some(program)) = (parent.and_then(Pid::from_raw), arguments.next()) else {
        return "postgres-child is started by the server only".to_owned();
    };
    // A change of user clears the signal, so it is set here and not before.
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::INT)) {
        return format!("cannot follow the server's death: {error}");
    }
    if rustix::process::getppid() != Some(parent) {
        return "the server is gone already".to_owned();
    }
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    close_fds::set_fds_cloexec(3, &[]);
    let error = Command::new(&program).args(arguments).exec();
    format!("cannot run {}: {error}", program.display())
}

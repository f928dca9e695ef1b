//! What kill -9 leaves behind, of Postgres and of its server, and what the next start does.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal};

use super::super::private_postgres::{Error, PrivatePostgres};
use super::private_postgres::{ask, options, own_arguments, scratch};

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

/// Waits for a process to be gone, for as long as a loaded machine may need.
fn wait_until_gone(pid: u32) {
    let began = crate::clock::monotonic();
    while Path::new(&format!("/proc/{pid}")).exists() {
        assert!(began.elapsed().as_secs() < 60, "process {pid} is still there");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    eprintln!("process {pid} was gone after {:?}", began.elapsed());
}

#[test]
fn it_is_revived_after_it_was_killed() {
    let dir = scratch();
    let mut server = PrivatePostgres::start(options(dir.path())).unwrap();
    assert!(!server.revive().unwrap(), "a living one is left alone");
    ask(&server.config(), "CREATE TABLE kept AS SELECT 1 AS n");
    let killed = server.pid().unwrap();
    kill(killed);
    let began = crate::clock::monotonic();
    while !server.revive().unwrap() {
        assert!(began.elapsed().as_secs() < 60, "its death is not seen");
    }
    assert_ne!(server.pid(), Some(killed));
    assert_eq!(ask(&server.config(), "SELECT n FROM kept"), "1");
}

#[test]
fn a_pid_file_of_a_killed_one_does_not_stop_the_next() {
    let dir = scratch();
    let server = PrivatePostgres::start(options(dir.path())).unwrap();
    ask(&server.config(), "CREATE TABLE kept AS SELECT 1 AS n");
    kill(server.pid().unwrap());
    drop(server);
    // As after a restart of a container: the id now belongs to another process, and of the
    // same user. (Postgres itself passes over its own parents and other users' processes.)
    let mut other = as_owner(&dir.path().join("postgres/data"), "sleep").arg("60").spawn().unwrap();
    let file = dir.path().join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(&file).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    std::fs::write(&file, format!("{}\n{rest}", other.id())).unwrap();

    let server = PrivatePostgres::start(options(dir.path()));
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(ask(&server.unwrap().config(), "SELECT n FROM kept"), "1");
}

/// A command that runs as the user whom a folder belongs to.
fn as_owner(folder: &Path, program: &str) -> Command {
    let owner = std::fs::metadata(folder).unwrap();
    let mut command = Command::new(program);
    if rustix::process::geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
}

/// A server process of its own, for the tests below to kill.
#[test]
fn serves_when_called_as_a_server() {
    let arguments = own_arguments();
    let [folder] = arguments.as_slice() else { return };
    // A file that a child would inherit, as a careless parent leaves them.
    let leaked = std::fs::File::open("/etc/hostname").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let server = PrivatePostgres::start(options(Path::new(folder))).unwrap();
    println!("\nready {}", server.pid().unwrap());
    loop {
        std::thread::park();
    }
}

#[test]
fn it_dies_with_its_server_and_the_next_one_finds_its_rows() {
    let dir = scratch();
    let name = "storage::tests::postgres_crashes::serves_when_called_as_a_server";
    for round in 1..=3 {
        let mut parent = Command::new("/proc/self/exe")
            .args(["--exact", name, "--nocapture", "--"])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
        let ready = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ready ").map(|pid| pid.parse::<u32>().unwrap()));
        let postgres = ready.expect("the server started");
        let open: Vec<_> = std::fs::read_dir(format!("/proc/{postgres}/fd"))
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
            .collect();
        assert!(!open.iter().any(|path| path == Path::new("/etc/hostname")), "{open:?}");

        parent.kill().unwrap();
        parent.wait().unwrap();
        if round == 1 {
            wait_until_gone(postgres);
        }
        // From the second round on the old Postgres may still be shutting down.
        let server = PrivatePostgres::start(options(dir.path())).unwrap();
        let table = "CREATE TABLE IF NOT EXISTS kept (n int)";
        ask(&server.config(), &format!("{table}; INSERT INTO kept VALUES ({round})"));
        assert_eq!(ask(&server.config(), "SELECT count(*) FROM kept"), round.to_string());
        assert_ne!(server.pid(), Some(postgres));
    }
}

/// A Postgres that somebody starts by hand on our data is left alone.
#[test]
fn a_foreign_server_is_refused() {
    let dir = scratch();
    let server = PrivatePostgres::start(options(dir.path())).unwrap();
    let program = std::fs::read_link(format!("/proc/{}/exe", server.pid().unwrap())).unwrap();
    server.stop().unwrap();
    let folder = dir.path().join("postgres");
    let mut command = as_owner(&folder.join("data"), "/proc/self/exe");
    let entry = options(dir.path()).entry;
    command.args(entry.into_iter().skip(1)).arg(std::process::id().to_string());
    command.arg(program).arg("-D").arg(folder.join("data")).args(["-c", "listen_addresses="]);
    command.arg("-k").arg(folder.join("run")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut foreign = command.current_dir("/").spawn().unwrap();
    let began = crate::clock::monotonic();
    while !folder.join("data/postmaster.pid").exists() {
        assert!(began.elapsed().as_secs() < 60, "the foreign server does not start");
    }

    let error = PrivatePostgres::start(options(dir.path())).unwrap_err();
    foreign.kill().unwrap();
    foreign.wait().unwrap();
    let id = i32::try_from(foreign.id()).unwrap();
    assert!(matches!(&error, Error::Foreign { pid, .. } if *pid == id), "{error}");
}

//! A private Postgres in a folder of its own: made, used, stopped, started again, refused.
//! The helpers here serve the neighbouring tests too.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio_postgres::NoTls;

use super::super::private_postgres::{Error, Options, PrivatePostgres, child_main};

/// A folder that the user Postgres runs as can get to.
pub(crate) fn scratch() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("rz").tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    dir
}

/// Options whose entry is this test program, by way of the test below.
pub(crate) fn options(folder: &Path) -> Options {
    let entry = [
        "/proc/self/exe",
        "--exact",
        "storage::tests::private_postgres::becomes_postgres_when_called_as_an_entry",
        "--nocapture",
        "--",
    ];
    Options {
        folder: folder.join("postgres"),
        binaries: None,
        user: "postgres".to_owned(),
        connections: 10,
        entry: entry.map(Into::into).to_vec(),
    }
}

/// What stands after `--` on this program's command line: nothing in an ordinary test run.
pub(super) fn own_arguments() -> Vec<std::ffi::OsString> {
    std::env::args_os().skip_while(|argument| argument != "--").skip(1).collect()
}

#[test]
fn becomes_postgres_when_called_as_an_entry() {
    let arguments = own_arguments();
    if arguments.len() > 1 {
        let _failed = child_main(arguments);
        std::process::exit(1);
    }
}

/// The text that a statement gives as its first value.
pub(super) fn ask(config: &tokio_postgres::Config, statement: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let messages = client.simple_query(statement).await.unwrap();
        messages
            .iter()
            .find_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            })
            .unwrap_or_default()
    })
}

/// The user that Postgres must run as here.
fn uid() -> u32 {
    let own = rustix::process::geteuid();
    if !own.is_root() {
        return own.as_raw();
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:")).unwrap();
    line.split(':').nth(2).unwrap().parse().unwrap()
}

#[test]
fn it_is_made_and_keeps_its_rows_and_nobody_else_can_reach_it() {
    let dir = scratch();
    let server = PrivatePostgres::start(options(dir.path())).unwrap();
    let config = server.config();
    for (setting, value) in [
        ("fsync", "on"),
        ("data_checksums", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("max_connections", "30"),
    ] {
        assert_eq!(ask(&config, &format!("SHOW {setting}")), value, "{setting}");
    }
    ask(&config, "CREATE TABLE kept AS SELECT 1 AS n");

    let folder = dir.path().join("postgres");
    for (path, mode) in [("data", 0o700), ("run", 0o700), ("run/.s.PGSQL.5432", 0o700)] {
        let found = std::fs::metadata(folder.join(path)).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid()), (mode, uid()), "{path}");
    }
    let process = format!("/proc/{}", server.pid().unwrap());
    assert_eq!(std::fs::metadata(process).unwrap().uid(), uid());

    server.stop().unwrap();
    assert!(!folder.join("data/postmaster.pid").exists(), "an orderly stop leaves no pid file");

    let server = PrivatePostgres::start(options(dir.path())).unwrap();
    let url: tokio_postgres::Config = server.url().parse().unwrap();
    assert_eq!(ask(&url, "SELECT n FROM kept"), "1");
    assert_eq!(ask(&url, "SELECT current_database()"), "rentezy");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let dir = scratch();
    let first = PrivatePostgres::start(options(dir.path())).unwrap();
    let error = PrivatePostgres::start(options(dir.path())).unwrap_err();
    assert!(matches!(&error, Error::InUse { pid, .. } if *pid == std::process::id().to_string()));
    assert_eq!(ask(&first.config(), "SELECT 1"), "1");
}

#[test]
fn a_long_path_gets_its_socket_elsewhere() {
    let dir = scratch();
    let long = dir.path().join("x".repeat(100)).join("it's");
    let server = PrivatePostgres::start(options(&long)).unwrap();
    let url: tokio_postgres::Config = server.url().parse().unwrap();
    assert_eq!(ask(&url, "SELECT 1"), "1");
    assert_eq!(url.get_hosts(), server.config().get_hosts());
    let socket: PathBuf = ask(&url, "SHOW unix_socket_directories").into();
    assert!(!socket.starts_with(dir.path()), "{}", socket.display());
    server.stop().unwrap();
    std::fs::remove_dir(socket).unwrap();
}

#[test]
fn a_folder_that_cannot_be_entered_is_named() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("needs root: without it Postgres runs as the same user");
        return;
    }
    let dir = scratch();
    let parent = dir.path().join("closed");
    std::fs::create_dir(&parent).unwrap();
    std::fs::set_permissions(&parent, std::fs::Permissions::from_mode(0o700)).unwrap();
    let error = PrivatePostgres::start(options(&parent)).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "user \"postgres\" cannot enter {}: run `chmod o+x` on it, \
             or choose another server.data_dir",
            parent.display()
        )
    );
}

#[test]
fn root_is_not_taken_for_the_user_of_postgres() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("needs root: without it the user is not looked up");
        return;
    }
    let dir = scratch();
    for user in ["root", "no-such-user"] {
        let options = Options { user: user.to_owned(), ..options(dir.path()) };
        let error = PrivatePostgres::start(options).unwrap_err();
        assert!(matches!(&error, Error::NoUser(name) if name == user), "{error}");
    }
}

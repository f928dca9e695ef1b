//! What may lie in the folder of the private Postgres before a start.

use super::super::private_postgres::{Error, PrivatePostgres};
use super::private_postgres::{ask, options, scratch};

#[test]
fn a_first_start_that_was_cut_off_is_begun_anew() {
    let dir = scratch();
    let half = dir.path().join("postgres/data.new");
    // The folder is made by a start that fails.
    let mut broken = options(dir.path());
    broken.entry = vec!["/no/such/program".into()];
    PrivatePostgres::start(broken).unwrap_err();
    assert!(half.is_dir(), "the failed start got as far as making the data");
    std::fs::write(half.join("PG_VERSION"), "15").unwrap();
    let server = PrivatePostgres::start(options(dir.path())).unwrap();
    assert_eq!(ask(&server.config(), "SELECT 1"), "1");
    assert!(!half.exists());
}

#[test]
fn data_of_another_version_is_left_alone_and_named() {
    let dir = scratch();
    PrivatePostgres::start(options(dir.path())).unwrap().stop().unwrap();
    std::fs::write(dir.path().join("postgres/data/PG_VERSION"), "9\n").unwrap();
    let error = PrivatePostgres::start(options(dir.path())).unwrap_err();
    assert!(matches!(error, Error::OtherVersion { made_by: 9, .. }), "{error}");
    assert!(error.to_string().contains("apt-get install postgresql-9"), "{error}");
}

#[test]
fn a_setting_that_postgres_refuses_is_told_in_its_words() {
    let dir = scratch();
    let mut server = PrivatePostgres::start(options(dir.path())).unwrap();
    let data = dir.path().join("postgres/data");
    std::fs::write(data.join("postgresql.conf"), "work_mem = lots\n").unwrap();
    let pid = rustix::process::Pid::from_raw(server.pid().unwrap().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let error = loop {
        match server.revive() {
            Ok(revived) => assert!(!revived),
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.starts_with("postgres did not start: "), "{error}");
    assert!(error.contains("postgresql.conf") && !error.contains('\n'), "{error}");
}

#[test]
fn a_folder_of_other_things_is_left_alone() {
    let dir = scratch();
    PrivatePostgres::start(options(dir.path())).unwrap().stop().unwrap();
    std::fs::remove_file(dir.path().join("postgres/data/PG_VERSION")).unwrap();
    let error = PrivatePostgres::start(options(dir.path())).unwrap_err();
    assert!(matches!(error, Error::NotData(_)), "{error}");
}

//! Which folder of Postgres programs is taken.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::super::private_postgres::Error;
use super::super::private_postgres::binaries::{find, major_in};

/// A folder with programs that say they are of this version.
fn fake(base: &Path, name: &str, version: &str) -> PathBuf {
    let dir = base.join(name);
    std::fs::create_dir(&dir).unwrap();
    for program in ["postgres", "initdb"] {
        let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n");
        std::fs::write(dir.join(program), script).unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(dir.join(program), mode).unwrap();
    }
    dir
}

#[test]
fn a_version_is_read_in_every_form() {
    for (text, major) in [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some(15)),
        ("postgres (PostgreSQL) 18beta2", Some(18)),
        ("9.6\n", Some(9)),
        ("17\n", Some(17)),
        ("nonsense", None),
    ] {
        assert_eq!(major_in(text), major, "{text}");
    }
}

#[test]
fn the_setting_goes_before_the_search() {
    let base = tempfile::tempdir().unwrap();
    let set = fake(base.path(), "set", "16.1");
    let other = fake(base.path(), "other", "17.1");
    let found = find(Some(&set), other.to_str().unwrap(), None).unwrap();
    assert_eq!((found.dir, found.major), (set, 16));
}

#[test]
fn a_link_to_postgres_alone_leads_to_its_real_folder() {
    let base = tempfile::tempdir().unwrap();
    let real = fake(base.path(), "real", "99.0");
    let links = base.path().join("links");
    std::fs::create_dir(&links).unwrap();
    std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();
    let found = find(None, links.to_str().unwrap(), None).unwrap();
    assert_eq!(found.dir, real.canonicalize().unwrap());
}

#[test]
fn data_that_exists_decides_the_version() {
    let base = tempfile::tempdir().unwrap();
    let newer = fake(base.path(), "newer", "98.0");
    let older = fake(base.path(), "older", "97.0");
    let path = std::env::join_paths([&newer, &older]).unwrap().into_string().unwrap();
    assert_eq!(find(None, &path, None).unwrap().major, 98);
    assert_eq!(find(None, &path, Some(97)).unwrap().dir, older);
    let error = find(Some(&newer), "", Some(97)).unwrap_err();
    assert!(matches!(error, Error::OtherVersion { made_by: 97, found: 98 }), "{error}");
}

#[test]
fn what_does_not_serve_is_named() {
    let base = tempfile::tempdir().unwrap();
    let old = fake(base.path(), "old", "14.9");
    let error = find(Some(&old), "", None).unwrap_err();
    assert!(matches!(error, Error::TooOld { major: 14, .. }), "{error}");
    std::fs::remove_file(old.join("initdb")).unwrap();
    let error = find(Some(&old), "", None).unwrap_err();
    assert!(matches!(error, Error::NotBinaries(_)), "{error}");
    assert!(Error::NoBinaries.to_string().contains("apt-get install postgresql"));
}

//! The server's secret in its file.

use std::os::unix::fs::PermissionsExt;

use crate::storage::secret;

#[test]
fn it_is_made_once_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let made = secret::ensure(dir.path()).unwrap();
    assert_eq!(made.expose().len(), 64);
    assert_eq!(secret::ensure(dir.path()).unwrap(), made);
    let file = dir.path().join("server.secret");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "something was left behind");
    let other = tempfile::tempdir().unwrap();
    assert_ne!(secret::ensure(other.path()).unwrap(), made);
}

#[test]
fn one_that_others_can_read_or_that_is_empty_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    secret::ensure(dir.path()).unwrap();
    let file = dir.path().join("server.secret");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    assert!(secret::ensure(dir.path()).unwrap_err().to_string().contains("chmod 600"));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&file, "").unwrap();
    assert!(secret::ensure(dir.path()).is_err());
}

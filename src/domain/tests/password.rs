use argon2::password_hash::phc::PasswordHash;

use crate::domain::password::{NOBODYS, hash, matches};

#[test]
fn a_hash_is_told_by_its_password_alone() {
    let kept = hash("correct horse", [7; 16]).unwrap();
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    assert!(matches("correct horse", &kept));
    assert!(!matches("correct horses", &kept));
    assert_ne!(kept, hash("correct horse", [8; 16]).unwrap());
}

#[test]
fn nothing_matches_what_is_no_hash_or_nobodys() {
    assert!(!matches("", NOBODYS));
    assert!(!matches("correct horse", "!"));
}

#[test]
fn nobodys_hash_costs_as_much_as_a_new_one() {
    let fresh = hash("correct horse", [7; 16]).unwrap();
    let (fresh, nobodys) =
        (PasswordHash::new(&fresh).unwrap(), PasswordHash::new(NOBODYS).unwrap());
    assert_eq!(fresh.algorithm, nobodys.algorithm);
    assert_eq!(fresh.version, nobodys.version);
    assert_eq!(fresh.params.to_string(), nobodys.params.to_string());
    assert_eq!(fresh.hash.map(|hash| hash.len()), nobodys.hash.map(|hash| hash.len()));
    let salt = |hash: &PasswordHash| hash.salt.map(|salt| salt.as_ref().len());
    assert_eq!(salt(&fresh), salt(&nobodys));
}

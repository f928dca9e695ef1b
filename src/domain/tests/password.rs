use crate::domain::password::{hash, matches};

#[test]
fn a_hash_is_told_by_its_password_alone() {
    let kept = hash("correct horse", [7; 16]).unwrap();
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    assert!(matches("correct horse", Some(&kept)));
    assert!(!matches("correct horses", Some(&kept)));
    assert_ne!(kept, hash("correct horse", [8; 16]).unwrap());
}

#[test]
fn without_a_hash_nothing_matches() {
    assert!(!matches("", None));
    assert!(!matches("correct horse", Some("!")));
}

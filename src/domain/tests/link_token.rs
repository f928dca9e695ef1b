//! Tokens in mailed links.

use uuid::Uuid;

use crate::domain::link_token::{LinkKey, Purpose};

const ROW: Uuid = Uuid::from_u128(42);

fn key(secret: &str) -> LinkKey {
    LinkKey::derive(secret).unwrap()
}

#[test]
fn a_token_names_its_row() {
    let token = key("secret").token(Purpose::VerifyEmail, ROW);
    assert_eq!(token.len(), 64);
    assert_eq!(key("secret").row(Purpose::VerifyEmail, &token), Some(ROW));
}

#[test]
fn a_token_is_good_for_its_purpose_and_secret_only() {
    let token = key("secret").token(Purpose::VerifyEmail, ROW);
    assert_eq!(key("secret").row(Purpose::ResetPassword, &token), None);
    assert_eq!(key("other").row(Purpose::VerifyEmail, &token), None);
    assert!(LinkKey::derive("").is_none());
}

#[test]
fn a_changed_cut_or_foreign_token_names_nothing() {
    let key = key("secret");
    let token = key.token(Purpose::ResetPassword, ROW);
    for place in 0..token.len() {
        let mut changed: Vec<char> = token.chars().collect();
        changed[place] = if changed[place] == 'A' { 'B' } else { 'A' };
        let changed: String = changed.into_iter().collect();
        assert_eq!(key.row(Purpose::ResetPassword, &changed), None, "{changed}");
        assert_eq!(key.row(Purpose::ResetPassword, &token[..place]), None);
    }
    for foreign in ["", "=", "é", &"A".repeat(10_000)] {
        assert_eq!(key.row(Purpose::ResetPassword, foreign), None);
    }
}

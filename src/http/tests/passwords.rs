//! Hashing: right, wrong, and too many at once.

use super::harness::config;
use crate::http::passwords::{PasswordError, Passwords};

fn passwords(permits: &str, queue: &str) -> Passwords {
    Passwords::new(
        &config(&[
            ("RENTEZY_ACCOUNTS_HASH_PERMITS", permits),
            ("RENTEZY_ACCOUNTS_HASH_QUEUE", queue),
        ])
        .accounts,
    )
}

#[tokio::test]
async fn a_password_is_known_by_its_hash() {
    let passwords = passwords("1", "1");
    let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
    let verify = |password: &str, hash: Option<String>| passwords.verify(password.to_owned(), hash);
    assert!(verify("correct horse", Some(hash.clone())).await.unwrap());
    assert!(!verify("correct horsf", Some(hash.clone())).await.unwrap());
    assert!(!verify("correct horse", None).await.unwrap());
    assert!(!verify("correct horse", Some("no hash".to_owned())).await.unwrap());
    let another = passwords.hash("correct horse".to_owned()).await.unwrap();
    assert_ne!(hash, another, "a salt was used twice");
}

#[tokio::test]
async fn past_the_queue_nobody_waits() {
    let passwords = passwords("1", "2");
    let hash = || passwords.hash("correct horse".to_owned());
    let results = futures_util::future::join_all([hash(), hash(), hash(), hash(), hash()]).await;
    let sent_away = |result: &Result<_, _>| *result == Err(PasswordError::Overloaded);
    assert_eq!(results.iter().filter(|result| sent_away(result)).count(), 2);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert!(hash().await.is_ok(), "places are not given back");
}

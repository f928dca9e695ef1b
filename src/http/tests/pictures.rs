//! The room for uploads: so many in all, so many of one landlord, and places come back.

use bytes::Bytes;
use uuid::Uuid;

use super::harness::config;
use crate::domain::ids::UserId;
use crate::http::pictures::{Pictures, UploadError};

fn pictures(permits: &str, queue: &str, per_user: &str) -> Pictures {
    Pictures::new(
        &config(&[
            ("RENTEZY_PHOTOS_PERMITS", permits),
            ("RENTEZY_PHOTOS_QUEUE", queue),
            ("RENTEZY_PHOTOS_PER_USER", per_user),
        ])
        .photos,
    )
}

fn user(number: u128) -> UserId {
    Uuid::from_u128(number).into()
}

#[tokio::test]
async fn past_the_limits_nobody_comes_in() {
    let pictures = pictures("1", "2", "2");
    let first = pictures.enter(user(1)).unwrap();
    let second = pictures.enter(user(1)).unwrap();
    assert_eq!(pictures.enter(user(1)).unwrap_err(), UploadError::TooMany);
    let third = pictures.enter(user(2)).unwrap();
    assert_eq!(pictures.enter(user(3)).unwrap_err(), UploadError::Overloaded);
    drop(third);
    let third = pictures.enter(user(3)).unwrap();
    drop(first);
    let refused = pictures.clean(second, Bytes::from_static(b"no picture")).await;
    assert!(matches!(refused, Err(UploadError::Picture(_))));
    drop(third);
    let again: Vec<_> = (1..=3).map(|number| pictures.enter(user(number)).unwrap()).collect();
    assert_eq!(again.len(), 3, "places are not given back");
}

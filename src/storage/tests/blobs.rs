//! Both kinds of store do the same.

use std::path::Path;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::storage::blobs::{BlobError, Blobs, Key};

fn store(settings: &[(&str, &str)], folder: &Path) -> Result<Blobs, BlobError> {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Blobs::open(&Config::load(None, settings).unwrap().blobs, folder)
}

/// Puts, gets, lists and deletes.
async fn exercise(blobs: &Blobs) {
    let contents: Vec<Bytes> = (0..20).map(|number| Bytes::from(vec![number; 100])).collect();
    let mut keys = Vec::new();
    for content in &contents {
        let key = blobs.put(content.clone()).await.unwrap();
        assert_eq!(key, Key::of(content));
        assert_eq!(blobs.get(key).await.unwrap().as_ref(), Some(content));
        keys.push(key);
    }
    // Again does no harm.
    assert_eq!(blobs.put(contents[3].clone()).await.unwrap(), keys[3]);
    keys.sort_unstable();
    assert_eq!(blobs.list(None, 100).await.unwrap(), keys);
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = blobs.list(after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(*last);
        assert!(page.len() <= 3);
        listed.extend(page);
    }
    assert_eq!(listed, keys);
    blobs.delete(keys[0]).await.unwrap();
    blobs.delete(keys[0]).await.unwrap();
    assert_eq!(blobs.get(keys[0]).await.unwrap(), None);
    assert_eq!(blobs.list(None, 100).await.unwrap(), keys[1..]);
}

#[tokio::test]
async fn a_folder_keeps_blobs() {
    let dir = tempfile::tempdir().unwrap();
    exercise(&store(&[], dir.path()).unwrap()).await;
    // They are there for the next start too.
    let blobs = store(&[], dir.path()).unwrap();
    assert_eq!(blobs.list(None, 100).await.unwrap().len(), 19);
}

#[tokio::test]
async fn an_s3_store_keeps_blobs() {
    let Ok(endpoint) = std::env::var("RENTEZY_TEST_S3") else {
        println!("skipped: RENTEZY_TEST_S3 is not set (scripts/s3-tests.sh sets it)");
        return;
    };
    let bucket = format!("b{}", uuid::Uuid::new_v4().simple());
    let made = reqwest::Client::new().put(format!("{endpoint}/{bucket}")).send().await.unwrap();
    assert!(made.status().is_success());
    for url in [format!("s3://{bucket}"), format!("s3://{bucket}/some/where")] {
        let settings = [
            ("RENTEZY_BLOBS_URL", url.as_str()),
            ("RENTEZY_BLOBS_ENDPOINT", &endpoint),
            ("RENTEZY_BLOBS_ACCESS_KEY", "test"),
            ("RENTEZY_BLOBS_SECRET_KEY", "test"),
        ];
        let blobs = store(&settings, Path::new("/nonexistent")).unwrap();
        exercise(&blobs).await;
        for key in blobs.list(None, 100).await.unwrap() {
            blobs.delete(key).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_damaged_blob_is_not_given_out_and_is_healed() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = store(&[], dir.path()).unwrap();
    let content = Bytes::from_static(b"what was put there");
    let key = blobs.put(content.clone()).await.unwrap();
    std::fs::write(dir.path().join("blobs").join(key.path()), b"something else").unwrap();
    assert!(matches!(blobs.get(key).await, Err(BlobError::Damaged(damaged)) if damaged == key));
    blobs.put(content.clone()).await.unwrap();
    assert_eq!(blobs.get(key).await.unwrap(), Some(content));
}

#[tokio::test]
async fn what_was_left_half_written_goes_when_it_is_old() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = store(&[], dir.path()).unwrap();
    let file = dir.path().join("blobs/unfinished/half");
    std::fs::write(&file, b"hal").unwrap();
    let written = Timestamp::try_from(file.metadata().unwrap().modified().unwrap()).unwrap();
    let day = SignedDuration::from_hours(24);
    assert_eq!(blobs.drop_unfinished(written - day).await.unwrap(), 0);
    assert_eq!(blobs.drop_unfinished(written + day).await.unwrap(), 1);
    assert!(!file.exists());
    assert_eq!(blobs.list(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_store_that_is_away_fails_in_time() {
    let settings = [
        ("RENTEZY_BLOBS_URL", "s3://nowhere"),
        ("RENTEZY_BLOBS_ENDPOINT", "http://127.0.0.1:9"),
        ("RENTEZY_BLOBS_ACCESS_KEY", "test"),
        ("RENTEZY_BLOBS_SECRET_KEY", "test"),
        ("RENTEZY_BLOBS_TIMEOUT_S", "1"),
    ];
    let blobs = store(&settings, Path::new("/nonexistent")).unwrap();
    let failed = blobs.get(Key::of(b"x")).await;
    assert!(matches!(failed, Err(BlobError::Timeout | BlobError::Failed(_))), "{failed:?}");
}

#[test]
fn a_key_is_64_lower_case_digits() {
    let key = Key::of(b"");
    assert_eq!(key.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(key.path(), format!("e3/b0/{key}"));
    assert_eq!(key.to_string().parse(), Ok(key));
    for wrong in ["", "e3b0", &key.to_string().to_uppercase(), &format!("{key}00"), "../../x"] {
        assert!(wrong.parse::<Key>().is_err(), "{wrong}");
    }
}

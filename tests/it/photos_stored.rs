//! Where the bytes of photos lie: nothing is seen of an upload that died, what nobody
//! refers to is swept after a day, and an S3 store does as well as a folder.

use std::path::Path;

use image::ImageFormat;
use jiff::{SignedDuration, Timestamp};
use rentezy::storage::blobs::Key;
use rentezy::storage::photos;
use reqwest::Method;
use uuid::Uuid;

use crate::harness::client::http;
use crate::harness::pictures::plain;
use crate::harness::postgres::TestDb;
use crate::harness::server::World;
use crate::harness::shop::new_property;
use crate::harness::wait::wait_until;
use crate::photos::{show, upload};

/// A day and an hour, in seconds.
const DAY: i64 = 25 * 3600;

/// The files of blobs in a folder.
fn blobs(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| if entry.path().is_dir() { blobs(&entry.path()) } else { 1 })
        .sum()
}

#[tokio::test]
async fn an_upload_that_died_is_not_seen_and_is_swept() {
    let mut world = World::plan().manual_clock().start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 9_000).await;
    let folder = world.data_dir().join("blobs");
    let kept = plain(900, 600, [1, 1, 1], ImageFormat::Png);
    let photo = upload(&world.api(&landlord), &home.id, &kept).await.body(201);
    let url = photo["pictures"]["full"]["url"].as_str().unwrap().to_owned();
    assert_eq!(blobs(&folder), 3);

    // The row cannot be written for now, so the server dies between blobs and row.
    let mut sql = world.sql().await;
    let lock = sql.transaction().await.unwrap();
    lock.batch_execute("lock table photos in exclusive mode").await.unwrap();
    let (api, id) = (world.api(&landlord), home.id.clone());
    let lost = plain(1000, 700, [2, 2, 2], ImageFormat::Png);
    let file = lost.clone();
    let path = format!("properties/{id}/photos");
    let dying = api.call(Method::POST, &path).no_key().bytes(file);
    let dying = tokio::spawn(dying.try_send());
    wait_until("its blobs are stored", async || blobs(&folder) == 6).await;
    world.kill();
    assert!(dying.await.unwrap().is_err());
    drop(lock);
    drop(sql);
    world.start_again();

    let list = format!("properties/{}/photos", home.id);
    let shown = world.anonymous().get(&list).await.body(200);
    assert_eq!(shown["data"].as_array().unwrap().len(), 1, "{shown}");
    let hash = Key::of(&lost);
    assert_eq!(show(&world, None, &format!("/api/v1/photos/{hash}/full"), &[]).await.0, 404);

    world.move_clock(DAY);
    wait_until("what it left is swept", async || blobs(&folder) == 3).await;
    assert_eq!(show(&world, None, &url, &[]).await.0, 200);
    // It comes again as if it had never been there.
    let landlord = world.sign_in(&landlord.email).await;
    let api = world.api(&landlord);
    let again = upload(&api, &home.id, &lost).await.body(201);
    assert_eq!(again["position"], 1);
    assert_eq!(blobs(&folder), 6);

    // Removed photos go after a day; blobs that another photo has stay.
    let twin = api.post("properties", &new_property(1, 9_000)).await.expect(201).text_at("/id");
    upload(&api, &twin, &kept).await.expect(201);
    for photo in [&photo, &again] {
        let path = format!("photos/{}", photo["id"].as_str().unwrap());
        api.call(Method::DELETE, &path).no_key().send().await.expect(204);
    }
    assert_eq!(blobs(&folder), 6);
    world.move_clock(DAY);
    wait_until("what was removed is swept", async || blobs(&folder) == 3).await;
    let sql = world.sql().await;
    let rows = sql.query_one("select count(*) from blobs where not deleting", &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 3);
}

#[tokio::test]
async fn a_blob_that_is_being_deleted_is_not_begun_with() {
    let db = TestDb::new();
    let sql = db.connect().await;
    let key = Key::of(b"a picture");
    let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
    let announce =
        async |hours: i64| photos::announce(&sql, &[(key, 9), (key, 9)], at(hours)).await;
    assert!(announce(0).await.unwrap());
    assert_eq!(photos::doom(&sql, at(0), 10).await.unwrap(), []);
    // Whoever says again that it is coming has another day.
    assert!(announce(5).await.unwrap());
    assert_eq!(photos::doom(&sql, at(4), 10).await.unwrap(), []);
    photos::forget(&sql, key).await.unwrap();
    assert_eq!(photos::doom(&sql, at(6), 10).await.unwrap(), [key]);
    assert!(!announce(6).await.unwrap(), "it is about to be deleted");
    // A sweep that died is gone on with.
    assert_eq!(photos::doom(&sql, at(6), 10).await.unwrap(), [key]);
    photos::forget(&sql, key).await.unwrap();
    assert!(announce(6).await.unwrap());
}

#[tokio::test]
async fn a_blob_that_is_wrongly_called_idle_stays() {
    let mut world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 9_000).await;
    let file = plain(20, 20, [1, 1, 1], ImageFormat::Png);
    let photo = upload(&world.api(&landlord), &home.id, &file).await.body(201);
    let sql = world.sql().await;
    sql.execute("update blobs set idle_since = '2020-01-01'", &[]).await.unwrap();
    drop(sql);
    world.stop();
    world.start_again();
    let sql = world.sql().await;
    wait_until("the sweep has looked at it", async || {
        let idle = "select count(*) from blobs where idle_since is not null or deleting";
        sql.query_one(idle, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    let url = photo["pictures"]["full"]["url"].as_str().unwrap();
    assert_eq!(show(&world, None, url, &[]).await.0, 200);
}

#[tokio::test]
async fn photos_in_an_s3_store_are_shown_and_swept() {
    let Ok(endpoint) = std::env::var("RENTEZY_TEST_S3") else {
        println!("skipped: RENTEZY_TEST_S3 is not set (scripts/s3-tests.sh sets it)");
        return;
    };
    let bucket = format!("b{}", Uuid::new_v4().simple());
    let made = http().put(format!("{endpoint}/{bucket}")).send().await.unwrap();
    assert!(made.status().is_success(), "{made:?}");
    let mut world = World::plan()
        .manual_clock()
        .set("BLOBS_URL", format!("s3://{bucket}/pictures"))
        .set("BLOBS_ENDPOINT", &endpoint)
        .set("BLOBS_ACCESS_KEY", "test")
        .set("BLOBS_SECRET_KEY", "test")
        .start()
        .await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 9_000).await;
    let api = world.api(&landlord);
    let file = plain(900, 600, [1, 1, 1], ImageFormat::Png);
    let photo = upload(&api, &home.id, &file).await.body(201);
    let objects = async || {
        let list = http().get(format!("{endpoint}/{bucket}?list-type=2")).send().await.unwrap();
        list.text().await.unwrap().matches("<Key>pictures/").count()
    };
    assert_eq!(objects().await, 3);
    let url = photo["pictures"]["card"]["url"].as_str().unwrap();
    let (status, _, bytes) = show(&world, None, url, &[]).await;
    assert_eq!((status, &bytes[..3]), (200, &b"\xff\xd8\xff"[..]));
    let path = format!("photos/{}", photo["id"].as_str().unwrap());
    api.call(Method::DELETE, &path).no_key().send().await.expect(204);
    world.move_clock(DAY);
    wait_until("its objects are swept", async || objects().await == 0).await;
    assert!(!world.data_dir().join("blobs").exists());
}

#[tokio::test]
async fn a_store_that_is_away_is_said_and_nothing_else_suffers() {
    let world = World::plan()
        .set("BLOBS_URL", "s3://nowhere")
        .set("BLOBS_ENDPOINT", "http://127.0.0.1:9")
        .set("BLOBS_ACCESS_KEY", "test")
        .set("BLOBS_SECRET_KEY", "test")
        .set("BLOBS_TIMEOUT_S", 1)
        .start()
        .await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 9_000).await;
    let file = plain(9, 9, [1, 1, 1], ImageFormat::Png);
    let answer = upload(&world.api(&landlord), &home.id, &file).await.problem(503, "overloaded");
    assert!(answer.header("retry-after").is_some());
    let list = format!("properties/{}/photos", home.id);
    let shown = world.anonymous().get(&list).await.body(200);
    assert_eq!(shown["data"].as_array().unwrap().len(), 0);
}

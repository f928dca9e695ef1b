//! Check, backup and restore, as commands beside a running server; and what a restored
//! server goes on with.

use std::path::Path;
use std::process::{Command, Output};

use image::ImageFormat;
use rentezy::storage::blobs::Key;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::client::{http, text_at};
use crate::harness::pictures::plain;
use crate::harness::postgres::{TestDb, folder};
use crate::harness::server::{PROGRAM, Plan, World, settings};
use crate::harness::wait::wait_until;
use crate::photos::{show, upload};

/// Runs a command on a world's database and data.
fn run(world: &World, arguments: &[&str]) -> Output {
    run_with(world, &[], arguments)
}

/// The same with settings of its own.
fn run_with(world: &World, set: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    settings(&mut command);
    command
        .args(arguments)
        .current_dir(world.data_dir())
        .env("RENTEZY_SERVER_DATA_DIR", world.data_dir())
        .env("RENTEZY_DATABASE_URL", world.db.as_ref().unwrap().url())
        .envs(set.iter().map(|(name, value)| (format!("RENTEZY_{name}"), value)))
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

#[tokio::test]
async fn check_is_green_beside_a_server_and_names_what_is_violated() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let booking = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    let green = done(&run(&world, &["check"]));
    assert!(green.contains("invariants hold") && !green.contains("not judged"), "{green}");

    let sql = world.sql().await;
    sql.batch_execute("update bookings set timer_id = null").await.unwrap();
    let red = run(&world, &["check"]);
    assert_eq!(red.status.code(), Some(1));
    let key = crate::harness::shop::uuid_of(&text_at(&booking, "/id")).to_string();
    let line = said(&red);
    let line = line.lines().find(|line| line.contains("without a timer"));
    assert!(line.is_some_and(|line| line.starts_with("I06") && line.contains(&key)), "{line:?}");
}

#[tokio::test]
async fn a_backup_restored_elsewhere_goes_on_without_loss_or_repeats() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let sql = world.sql().await;
    let first = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    let told = "select count(*) from notifications where data ->> 'booking_id' = $1";
    wait_until("the landlord is told", async || {
        let row = sql.query_one(told, &[&text_at(&first, "/id")]).await.unwrap();
        row.get::<_, i64>(0) == 1
    })
    .await;
    // From here on nobody can be told: what happens now is under way when the copy is made.
    sql.batch_execute(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'refused'; end $$;
         create trigger refuse before insert on notifications
             for each row execute function refuse()",
    )
    .await
    .unwrap();
    let second = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    let photo = Key::of(b"a photo").path();
    for (path, content) in [
        (photo.clone(), "a photo"),
        (Key::of(b"a damaged one").path(), "something else"),
        ("unfinished/half".to_owned(), "hal"),
    ] {
        let path = world.data_dir().join("blobs").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    let place = folder();
    let copy = place.path().join("copy");
    let to = copy.to_string_lossy().into_owned();
    let copied = done(&run(&world, &["backup", &to]));
    assert!(copied.contains("2 files") && copied.contains("1 blobs are damaged"), "{copied}");
    assert!(!run(&world, &["backup", &to]).status.success(), "never over another one");

    // A world of its own: another database, other data, the same secret.
    let db = TestDb::empty();
    let data = place.path().join("data");
    let (into, blobs) = (db.url(), data.to_string_lossy().into_owned());
    let restore = ["restore", &to, "--into", &into, "--data-dir", &blobs, "--verify"];
    let green = done(&run(&world, &restore));
    assert!(green.contains("invariants hold"), "{green}");
    assert_eq!(std::fs::read(data.join("blobs").join(&photo)).unwrap(), b"a photo");
    let again = run(&world, &restore);
    assert!(said(&again).contains("not empty"), "{}", said(&again));

    let other = World::plan().set("SERVER_SECRET", world.secret().expose()).start_on(db).await;
    let sql = other.sql().await;
    let count = async |booking: &Value| {
        let query = "select count(*) from notifications where data ->> 'booking_id' = $1";
        sql.query_one(query, &[&text_at(booking, "/id")]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!((count(&first).await, count(&second).await), (1, 0));
    sql.batch_execute("drop trigger refuse on notifications").await.unwrap();
    wait_until("what was under way is done", async || count(&second).await == 1).await;
    assert_eq!(count(&first).await, 1, "and what was done is not repeated");

    // Its index is its own, and follows its own log.
    let found = other.anonymous().get("search").await.body(200);
    assert_eq!(found["data"][0]["id"], home.id.as_str(), "{found}");
    let third = other.hold(&tenant, &home.stay(other.day(20), 2)).await;
    wait_until("the landlord is told again", async || count(&third).await == 1).await;
    let identity = "select value from facts where name = 'identity'";
    let ours: String = sql.query_one(identity, &[]).await.unwrap().get(0);
    let theirs: String = world.sql().await.query_one(identity, &[]).await.unwrap().get(0);
    assert_ne!(ours, theirs, "an index of the one is none of the other");
    done(&run(&other, &["check"]));
}

#[tokio::test]
async fn a_backup_of_an_s3_store_becomes_another_s3_store() {
    let Ok(endpoint) = std::env::var("RENTEZY_TEST_S3") else {
        println!("skipped: RENTEZY_TEST_S3 is not set (scripts/s3-tests.sh sets it)");
        return;
    };
    let bucket = || format!("b{}", Uuid::new_v4().simple());
    let (first, second) = (bucket(), bucket());
    for bucket in [&first, &second] {
        let made = http().put(format!("{endpoint}/{bucket}")).send().await.unwrap();
        assert!(made.status().is_success(), "{made:?}");
    }
    let (from, to) = (format!("s3://{first}/pictures"), format!("s3://{second}"));
    let access = [
        ("BLOBS_ENDPOINT", endpoint.as_str()),
        ("BLOBS_ACCESS_KEY", "test"),
        ("BLOBS_SECRET_KEY", "test"),
    ];
    let stored_in = |plan: Plan, url: &str| {
        let plan = access.iter().fold(plan, |plan, (name, value)| plan.set(name, value));
        plan.set("BLOBS_URL", url)
    };
    let world = stored_in(World::plan(), &from).start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 9_000).await;
    let file = plain(900, 600, [1, 1, 1], ImageFormat::Png);
    let photo = upload(&world.api(&landlord), &home.id, &file).await.body(201);
    let url = photo["pictures"]["full"]["url"].as_str().unwrap();
    let (_, _, shown) = show(&world, None, url, &[]).await;

    let place = folder();
    let copy = place.path().join("copy");
    let dir = copy.to_string_lossy().into_owned();
    let set = [&access[..], &[("BLOBS_URL", from.as_str())]].concat();
    let copied = done(&run_with(&world, &set, &["backup", &dir]));
    assert!(copied.contains("4 files"), "the dump and three pictures: {copied}");
    assert!(!world.data_dir().join("blobs").exists());
    let kept = std::fs::read(copy.join("blobs").join(Key::of(&shown).path())).unwrap();
    assert!(kept == shown, "the picture as it is shown");

    let db = TestDb::empty();
    let into = db.url();
    let restore = |blobs: &str| {
        let arguments = ["restore", &dir, "--into", &into, "--blobs", blobs, "--verify"];
        run_with(&world, &set, &arguments)
    };
    let refused = restore(&from);
    assert!(said(&refused).contains("pictures is not empty"), "{}", said(&refused));
    let green = done(&restore(&to));
    assert!(green.contains("invariants hold") && !green.contains("left out"), "{green}");
    // The first store may be gone by now.
    drop(world);
    let list = http().get(format!("{endpoint}/{second}?list-type=2")).send().await.unwrap();
    assert_eq!(list.text().await.unwrap().matches("<Key>").count(), 3);
    let other = stored_in(World::plan(), &to).start_on(db).await;
    let (status, _, again) = show(&other, None, url, &[]).await;
    assert_eq!(status, 200);
    assert!(again == shown, "the same picture");
}

#[tokio::test]
async fn a_damaged_backup_and_a_full_database_are_refused() {
    let world = World::start().await;
    let place = folder();
    let copy = place.path().join("copy");
    let to = copy.to_string_lossy().into_owned();
    done(&run(&world, &["backup", &to]));
    let full = world.db.as_ref().unwrap().url();
    let refused = run(&world, &["restore", &to, "--into", &full]);
    assert!(said(&refused).contains("not empty"), "{}", said(&refused));
    damage(&copy.join("database.dump"));
    let db = TestDb::empty();
    let empty = db.url();
    let refused = run(&world, &["restore", &to, "--into", &empty]);
    assert!(said(&refused).contains("damaged"), "{}", said(&refused));
    std::fs::remove_file(copy.join("manifest.json")).unwrap();
    let refused = run(&world, &["restore", &to, "--into", &empty]);
    assert!(said(&refused).contains("no backup"), "{}", said(&refused));
}

#[tokio::test]
async fn a_backup_becomes_a_data_folder_with_a_private_postgres() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    world.home(&landlord, 1, 10_000).await;
    let place = folder();
    let (copy, data) = (place.path().join("copy"), place.path().join("data"));
    let (copy, into) = (copy.to_string_lossy(), data.to_string_lossy());
    done(&run(&world, &["backup", &copy]));
    let green = done(&run(&world, &["restore", &copy, "--into", &into, "--verify"]));
    assert!(green.contains("rows of") && green.contains("invariants hold"), "{green}");
    assert!(data.join("postgres/data/PG_VERSION").exists());
    let again = run(&world, &["restore", &copy, "--into", &into]);
    assert!(said(&again).contains("not empty"), "{}", said(&again));
}

fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

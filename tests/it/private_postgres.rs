//! The server with the Postgres of its own: what a kill -9 of either leaves behind is put
//! right.

use std::process::Command;

use rustix::process::Signal;
use uuid::Uuid;

use crate::harness::client::text_at;
use crate::harness::invariants;
use crate::harness::server::{PROGRAM, World, lives, settings, signal, wait_until_gone};
use crate::harness::shop::uuid_of;
use crate::harness::wait::{wait_for, wait_until};

/// The process of its Postgres, if it has one that takes connections.
fn postgres(world: &World) -> Option<u32> {
    let file = world.data_dir().join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(file).ok()?;
    let ready = text.lines().nth(7).is_some_and(|state| state.trim() == "ready");
    let pid = text.lines().next()?.parse().ok()?;
    (ready && lives(pid)).then_some(pid)
}

#[tokio::test]
async fn killed_server_or_killed_postgres_nothing_that_was_acknowledged_is_lost() {
    let mut world = World::plan().private_postgres().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let mut held = Vec::new();
    let mut hold = async |world: &World, ahead: i32| {
        let (key, stay) = (Uuid::new_v4().to_string(), home.stay(world.day(ahead), 1));
        let answer = world.api(&tenant).settle("bookings", &key, &stay).await.expect(201);
        held.push(uuid_of(&answer.text_at("/id")));
    };
    hold(&world, 10).await;

    // The server dies: its Postgres follows, and the next start waits for it.
    let first = postgres(&world).unwrap();
    world.kill();
    world.start_again();
    assert!(wait_until_gone(first));
    hold(&world, 11).await;

    // A second server on the same data is sent away.
    let mut second = Command::new(PROGRAM);
    settings(&mut second);
    let second = second
        .arg("serve")
        .env("RENTEZY_SERVER_DATA_DIR", world.data_dir())
        .env("RENTEZY_SERVER_LISTEN", "127.0.0.1:0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("in use") || said.contains("already"), "{said}");
    hold(&world, 12).await;

    // Postgres dies under the server, which starts it again and goes on.
    let killed = postgres(&world).unwrap();
    signal(killed, Signal::KILL);
    hold(&world, 13).await;
    let revived =
        wait_for("another Postgres", async || postgres(&world).filter(|pid| *pid != killed)).await;
    wait_until("the server is ready", async || {
        world.anonymous().get("/readyz").await.status == 200
    })
    .await;

    // Both at once.
    signal(revived, Signal::KILL);
    world.kill();
    world.start_again();
    hold(&world, 14).await;
    let list = world.api(&tenant).get("bookings").await.body(200);
    let listed = list["data"].as_array().unwrap().iter();
    let mut listed: Vec<Uuid> = listed.map(|row| uuid_of(&text_at(row, "/id"))).collect();
    listed.sort_unstable();
    held.sort_unstable();
    assert_eq!(listed, held);
    invariants::check(&world, &held).await;

    let last = postgres(&world).unwrap();
    assert!(world.stop().success());
    assert!(wait_until_gone(last), "an orderly stop ends it");
    assert!(!world.data_dir().join("postgres/data/postmaster.pid").exists());
}

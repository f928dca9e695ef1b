//! The commands that talk to a running server, and jobs, which are only looked at.

use std::process::Command;

use serde_json::Value;

use crate::harness::client::text_at;
use crate::harness::server::{PROGRAM, World, settings};
use crate::harness::wait::wait_until;

/// What a command says on a world's data folder, line by line.
fn said(world: &World, arguments: &[&str]) -> Result<Vec<String>, String> {
    let mut command = Command::new(PROGRAM);
    settings(&mut command);
    let output = command
        .args(arguments)
        .current_dir(world.data_dir())
        .env("RENTEZY_SERVER_DATA_DIR", world.data_dir())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        return Err(text(&output.stderr));
    }
    Ok(text(&output.stdout).lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn commands_show_what_the_operator_listener_knows() {
    let mut world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let booking = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    wait_until("consumers have caught up", async || {
        let all = world.operator().get("/ops/v1/consumers").await.body(200);
        all["data"].as_array().unwrap().iter().all(|row| row["lag_events"] == 0)
    })
    .await;

    let key = text_at(&booking, "/id");
    let tail = ["events", "tail", "--once", "--json", "--type", "booking.", "--key", &key];
    let lines = said(&world, &tail).unwrap();
    let held: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((lines.len(), &held["type"]), (1, &"booking.held".into()));
    let (stream, seq) = (held["stream"].to_string(), held["seq"].to_string());
    let shown = said(&world, &["events", "show", &stream, &seq]).unwrap();
    assert!(shown[0].starts_with("occurred_at") && shown[1].contains("booking.held"), "{shown:?}");

    let consumers = said(&world, &["consumers"]).unwrap();
    assert!(consumers[0].starts_with("name"), "{consumers:?}");
    assert!(consumers.iter().any(|line| line.starts_with("notifications ")), "{consumers:?}");
    assert_eq!(said(&world, &["dead-letters", "list", "--json"]).unwrap(), [""; 0]);
    let retry = ["dead-letters", "retry", "--consumer", "payments", "--json"];
    assert_eq!(said(&world, &retry).unwrap(), [r#"{"retried":0}"#]);
    let nothing = ["dead-letters", "discard", "dlt_01970000000070008000000000000001"];
    assert!(said(&world, &nothing).unwrap_err().contains("not-found"));
    let replay = ["replay", "--consumer", "notifications", "--key", &key, "--json"];
    let done: Value = serde_json::from_str(&said(&world, &replay).unwrap()[0]).unwrap();
    assert_eq!((&done["state"], &done["applied"]), (&"done".into(), &1.into()));
    let dry = [&replay[..], &["--dry-run"]].concat();
    let found: Value = serde_json::from_str(&said(&world, &dry).unwrap()[0]).unwrap();
    assert_eq!((&found["effects_present"], &found["effects_missing"]), (&1.into(), &0.into()));

    let jobs = world.operator().get("/ops/v1/jobs").await.body(200);
    let made = jobs["data"].as_array().unwrap().iter().find(|job| job["name"] == "partitions");
    assert_eq!(made.unwrap()["error"], Value::Null, "{jobs}");
    world.kill();
    assert!(said(&world, &["consumers"]).unwrap_err().contains("no server answers"));
}

//! Building the search index anew as operators order it, what they are told of it, and
//! searches that have to know of a change.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::text_at;
use crate::harness::server::World;
use crate::harness::shop::{Home, new_property};
use crate::harness::wait::wait_until;

/// The ids of the homes that a search finds, in order.
async fn found(world: &World, query: &str) -> Vec<String> {
    let answer = world.anonymous().get(&format!("search?{query}")).await.body(200);
    answer["data"].as_array().unwrap().iter().map(|card| text_at(card, "/id")).collect()
}

#[tokio::test]
async fn a_search_finds_what_it_is_told_to_know_of() {
    let world = World::plan().set("SEARCH_COMMIT_MS", 400).start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home: Home = world.home(&landlord, 1, 10_000).await;
    let (path, only) = (format!("properties/{}", home.id), vec![home.id.clone()]);
    let (api, mut title) = (world.api(&landlord), 0);
    let mut edit = async || {
        let read = api.get(&path).await.expect(200);
        title += 1;
        let edit = api.call(Method::PATCH, &path).header("if-match", read.header("etag").unwrap());
        let edited = edit.json(&json!({"title": format!("Lighthouse{title}")})).send().await;
        (title, edited.expect(200).header("event-position").unwrap().to_owned())
    };
    // Every time at once, without waiting for anything.
    for _ in 0..4 {
        let (title, position) = edit().await;
        let query = format!("q=lighthouse{title}&min_position={position}");
        assert_eq!(found(&world, &query).await, only);
    }

    let stay = home.stay(world.day(10), 2);
    let nights = format!("check_in={}&check_out={}", world.day(10), world.day(11));
    let held = world.try_hold(&tenant, &stay).await.expect(201);
    let taken = held.header("event-position").unwrap().to_owned();
    assert_eq!(found(&world, &format!("{nights}&min_position={taken}")).await, [""; 0]);
    let path = format!("bookings/{}/hold", held.text_at("/id"));
    let key = "released-once";
    let release = || world.api(&tenant).call(Method::DELETE, &path).key(key);
    let freed = release().send().await.expect(200).header("event-position").unwrap().to_owned();
    let both = format!("{taken},{freed}");
    assert_eq!(found(&world, &format!("{nights}&min_position={both}")).await, only);
    // A repeated answer has a place too: it may be the only one that came through.
    let again = release().send().await.expect(200);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let again = again.header("event-position").unwrap().to_owned();
    assert_eq!(found(&world, &format!("{nights}&min_position={again}")).await, only);

    let (stream, seq) = freed.split_once(':').unwrap();
    let ahead = format!("{stream}:{}", seq.parse::<i64>().unwrap() + 1_000);
    let many = vec!["1:0"; 17].join(",");
    for wrong in ["", "x", "1", "1:", ":1", "1:-1", "999:1", "1:0,", &many, &ahead] {
        let refused = world.anonymous().get(&format!("search?min_position={wrong}")).await;
        refused.problem(422, "validation");
    }
}

#[tokio::test]
async fn a_search_says_that_it_does_not_know_yet() {
    let world = World::plan().set("SEARCH_COMMIT_MS", 6_000).start().await;
    let landlord = world.landlord().await;
    let draft = world.api(&landlord).post("properties", &new_property(1, 10_000)).await;
    let etag = draft.header("etag").unwrap().to_owned();
    let path = format!("properties/{}/submit", draft.text_at("/id"));
    let submit = world.api(&landlord).call(Method::POST, &path).header("if-match", &etag);
    let position = submit.send().await.expect(200).header("event-position").unwrap().to_owned();
    let late = world.anonymous().get(&format!("search?min_position={position}")).await;
    let late = late.problem(503, "search-behind");
    assert_eq!(late.body["retryable"], true);
    assert_eq!(found(&world, "").await, [""; 0], "without it the answer is what is known");
    wait_until("it knows", async || {
        let answer = world.anonymous().get(&format!("search?min_position={position}")).await;
        answer.status == 200 && answer.body["total"] == 1
    })
    .await;
}

#[tokio::test]
async fn the_index_is_built_anew_by_order() {
    let mut world = World::start().await;
    let landlord = world.landlord().await;
    let mut homes = Vec::new();
    for _ in 0..3 {
        homes.push(world.home(&landlord, 1, 10_000).await.id);
    }
    homes.sort();
    let standing = async |world: &World| world.operator().get("/ops/v1/search").await.body(200);
    wait_until("the index has caught up", async || {
        let view = standing(&world).await;
        view["served"]["listings"] == 3 && view["lag_events"] == 0
    })
    .await;
    let before = standing(&world).await;
    assert_eq!(before["building"], Value::Null);
    assert_eq!((&before["streams"], &before["lag_seconds"]), (&json!([]), &json!(0.0)));
    assert!(before["served"]["segments"].as_u64() > Some(0), "{before}");
    assert!(before["served"]["bytes"].as_u64() > Some(1_000), "{before}");
    let generation = before["served"]["generation"].as_u64().unwrap();

    let done = world.command(&["reindex", "--wait"]);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{done:?}");
    let line = format!("generation {} is searched: 3 listings", generation + 1);
    assert!(said.lines().any(|said| said == line), "{said}");
    let all = async |world: &World| {
        let mut ids = found(world, "").await;
        ids.sort();
        ids
    };
    assert_eq!(all(&world).await, homes);
    let acted = world.operator().get("/ops/v1/audit").await.body(200).to_string();
    assert!(acted.contains("search.reindexed"), "{acted}");

    let order = world.operator().call(Method::POST, "/ops/v1/search/reindex").no_key();
    let order = order.send().await.body(202);
    assert_eq!(order["begun"], true);
    wait_until("it is searched", async || {
        standing(&world).await["served"]["generation"] == json!(generation + 2)
    })
    .await;
    assert_eq!(all(&world).await, homes);
    let metrics = world.operator().get("/metrics").await.text;
    for name in [
        "search_lag_events 0",
        "search_lag_seconds 0",
        "search_listings 3",
        "search_building 0",
        "search_segments",
        "search_deleted_documents",
        "search_disk_bytes",
        "search_commit_duration_seconds_count",
        "search_reload_duration_seconds_count",
        "search_builds_total{end=\"done\"}",
    ] {
        assert!(metrics.contains(name), "no {name} in {metrics}");
    }

    world.kill();
    world.start_again();
    wait_until("the server is ready", async || {
        world.anonymous().get("/readyz").await.status == 200
    })
    .await;
    let after = standing(&world).await;
    assert_eq!(after["served"]["generation"], json!(generation + 2), "it goes on where it stands");
    assert_eq!(all(&world).await, homes);
}

//! Replays: what is missing comes back, what is there does not come twice, and a restart in
//! between changes nothing.

use serde_json::{Value, json};

use crate::harness::client::text_at;
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::wait::{wait_for, wait_until};

#[tokio::test]
async fn a_replay_makes_what_is_missing_and_nothing_twice() {
    let mut world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 3, 10_000).await;
    let mut last = Value::Null;
    for _ in 0..3 {
        last = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    }
    let sql = world.sql().await;
    let count = async || {
        sql.query_one("select count(*) from notifications where kind = 'booking.held'", &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
    };
    wait_until("three are told", async || count().await == 3).await;
    let booking = text_at(&last, "/id");
    let delete = "delete from notifications where data ->> 'booking_id' <> $1";
    sql.execute(delete, &[&booking]).await.unwrap();

    let dry = json!({"consumer": "notifications", "type": "booking.held", "dry_run": true});
    let found = world.operator().post("/ops/v1/replays", &dry).await.body(200);
    assert_eq!(found["by_type"], json!({"booking.held": 3}));
    assert_eq!((&found["effects_present"], &found["effects_missing"]), (&json!(1), &json!(2)));
    assert_eq!(count().await, 1, "a dry run does nothing");

    // Only what is meant: the key of the one that is there brings none back.
    let of_one = json!({"consumer": "notifications", "key": booking});
    assert_eq!(replayed(&world, &of_one).await["applied"], 1);
    assert_eq!(count().await, 1);

    let all = json!({"consumer": "notifications", "type": "booking.held"});
    let ordered = world.operator().post("/ops/v1/replays", &all).await.body(202);
    world.kill();
    world.start_again();
    let done = finished(&world, &text_at(&ordered, "/id")).await;
    assert_eq!((&done["applied"], &done["failed"]), (&json!(3), &json!(0)));
    assert_eq!(count().await, 3);
    for consumer in ["notifications", "payments", "stripe_hooks"] {
        replayed(&world, &json!({"consumer": consumer})).await;
    }
    assert_eq!(count().await, 3, "nothing twice");
    let found = world.operator().post("/ops/v1/replays", &dry).await.body(200);
    assert_eq!(found["effects_missing"], 0);
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn a_replay_of_nobody_and_one_without_a_stream_are_refused() {
    let world = World::start().await;
    let ask = async |body: Value| world.operator().post("/ops/v1/replays", &body).await;
    ask(json!({"consumer": "nobody"})).await.problem(422, "validation");
    ask(json!({"consumer": "payments", "from_seq": 1})).await.problem(422, "validation");
    ask(json!({"consumer": "payments", "key": "x"})).await.problem(422, "validation");
    ask(json!({"consumer": "payments", "unknown": 1})).await.problem(422, "validation");
    let id = "rpl_01970000000070008000000000000001";
    world.operator().get(&format!("/ops/v1/replays/{id}")).await.problem(404, "not-found");
}

async fn replayed(world: &World, order: &Value) -> Value {
    let ordered = world.operator().post("/ops/v1/replays", order).await.body(202);
    finished(world, &text_at(&ordered, "/id")).await
}

async fn finished(world: &World, id: &str) -> Value {
    wait_for("the replay is done", async || {
        let replay = world.operator().get(&format!("/ops/v1/replays/{id}")).await.body(200);
        (replay["state"] == "done").then_some(replay)
    })
    .await
}

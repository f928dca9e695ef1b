//! A poisoned event: it parks its key and nothing else, becomes a dead letter, and is
//! retried when the fault is gone. The fault is the database's: it refuses one row.

use reqwest::Method;
use serde_json::Value;
use tokio_postgres::Client;

use crate::harness::client::text_at;
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::uuid_of;
use crate::harness::wait::{wait_for, wait_until};

/// Refuses the notification of a hold that begins on a day.
async fn poison(sql: &Client, day: &str) {
    sql.batch_execute(&format!(
        "create function poison() returns trigger language plpgsql as $$ begin
             if new.kind = 'booking.held' and new.data ->> 'check_in' = '{day}' then
                 raise exception 'poisoned';
             end if;
             return new;
         end $$;
         create trigger poison before insert on notifications
             for each row execute function poison()"
    ))
    .await
    .unwrap();
}

async fn count(sql: &Client, kind: &str, booking: &Value) -> i64 {
    let query = "select count(*) from notifications where kind = $1 and data ->> 'booking_id' = $2";
    sql.query_one(query, &[&kind, &text_at(booking, "/id")]).await.unwrap().get(0)
}

/// How many events wait for the consumer to try them, and how many it has not come to.
async fn parked(world: &World) -> (i64, i64) {
    let all = world.operator().get("/ops/v1/consumers").await.body(200);
    let all = all["data"].as_array().unwrap().clone();
    let own = all.iter().find(|row| row["name"] == "notifications").unwrap();
    (own["parked"].as_i64().unwrap(), own["lag_events"].as_i64().unwrap())
}

/// Lets the time of all tries pass; the dead letter.
async fn dead(world: &mut World, sql: &Client) -> Value {
    let open = "/ops/v1/dead-letters?consumer=notifications&state=open&type=booking.held";
    let most = async || {
        let row = sql.query_one("select max(attempts) from parked_events", &[]).await.unwrap();
        row.get::<_, Option<i32>>(0)
    };
    loop {
        let found = world.operator().get(open).await.body(200);
        if let Some(letter) = found["data"].get(0) {
            return letter.clone();
        }
        let before = most().await;
        world.move_clock(730);
        wait_until("it was tried again", async || most().await != before).await;
    }
}

#[tokio::test]
async fn a_poisoned_event_parks_its_key_and_becomes_a_dead_letter() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let sql = world.sql().await;
    let (bad, good) = (world.day(10), world.day(20));
    poison(&sql, &bad.to_string()).await;
    let poisoned = world.hold(&tenant, &home.stay(bad, 2)).await;
    world.release(&tenant, &poisoned).await;
    // The same stream, another key, and later.
    let other = world.hold(&tenant, &home.stay(good, 2)).await;
    wait_until("the other key goes on", async || count(&sql, "booking.held", &other).await == 1)
        .await;
    assert_eq!(count(&sql, "booking.cancelled", &poisoned).await, 0, "it waits behind");

    wait_until("the key is parked", async || matches!(parked(&world).await, (2.., 0))).await;
    world.kill();
    world.start_again();
    assert!(parked(&world).await.0 >= 2, "parked events survive");

    let letter = dead(&mut world, &sql).await;
    assert_eq!(letter["attempts"], 8);
    assert!(letter["error"].as_str().unwrap().contains("poisoned"), "{letter}");
    assert_eq!(letter["key"], uuid_of(&text_at(&poisoned, "/id")).to_string());
    wait_until("its key goes on", async || {
        count(&sql, "booking.cancelled", &poisoned).await == 2 && parked(&world).await.0 == 0
    })
    .await;

    let path = format!("/ops/v1/dead-letters/{}", text_at(&letter, "/id"));
    let shown = world.operator().get(&path).await.body(200);
    assert_eq!(shown["event"]["type"], "booking.held");
    // Too early: it is tried, fails and is open again.
    let retry = format!("{path}/retry");
    world.operator().post(&retry, &Value::Null).await.expect(202);
    let again = wait_for("it is open again", async || {
        let letter = world.operator().get(&path).await.body(200);
        (letter["state"] == "open").then_some(letter)
    })
    .await;
    assert_eq!(again["attempts"], 9);
    sql.batch_execute("drop trigger poison on notifications").await.unwrap();
    let all = serde_json::json!({"consumer": "notifications"});
    let retried = world.operator().post("/ops/v1/dead-letters/retry", &all).await.body(202);
    assert_eq!(retried["retried"], 1);
    wait_until("it goes well", async || count(&sql, "booking.held", &poisoned).await == 1).await;
    let done = wait_for("nothing is pending", async || {
        let letter = world.operator().get(&path).await.body(200);
        (letter["pending"] == false).then_some(letter)
    })
    .await;
    assert_eq!(done["state"], "retried");
    let discard = world.operator().call(Method::DELETE, &path).send().await;
    discard.problem(409, "invalid-transition");
    for (kind, booking) in [("booking.held", &poisoned), ("booking.held", &other)] {
        assert_eq!(count(&sql, kind, booking).await, 1);
    }
    assert_eq!(count(&sql, "booking.cancelled", &poisoned).await, 2, "nobody heard it twice");

    let subject = text_at(&letter, "/id");
    let audit = world.operator().get(&format!("/ops/v1/audit?subject={subject}")).await.body(200);
    let done: Vec<_> = audit["data"].as_array().unwrap().iter().map(|row| &row["actor"]).collect();
    assert_eq!(done, ["operator", "operator"]);
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn a_dead_letter_can_be_discarded_and_its_event_looked_up() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let sql = world.sql().await;
    poison(&sql, &world.day(10).to_string()).await;
    let booking = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    wait_until("it is parked", async || {
        let query = "select count(*) from parked_events where attempts > 0";
        sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    // The last try, without the wait for the others.
    sql.execute("update parked_events set attempts = 7 where attempts > 0", &[]).await.unwrap();
    world.move_clock(5);
    let list = "/ops/v1/dead-letters?state=open";
    let letter = wait_for("it is a dead letter", async || {
        world.operator().get(list).await.body(200)["data"].get(0).cloned()
    })
    .await;
    let path = format!("/ops/v1/dead-letters/{}", text_at(&letter, "/id"));
    let gone = world.operator().call(Method::DELETE, &path).send().await.body(200);
    assert_eq!(gone["state"], "discarded");
    world.operator().call(Method::DELETE, &path).send().await.expect(200);
    world
        .operator()
        .post(&format!("{path}/retry"), &Value::Null)
        .await
        .problem(409, "invalid-transition");
    assert_eq!(world.operator().get(list).await.body(200)["data"], serde_json::json!([]));

    let key = text_at(&booking, "/id");
    let events = world.operator().get(&format!("/ops/v1/events?key={key}")).await.body(200);
    let held = &events["data"][0];
    assert_eq!(held["type"], "booking.held");
    let path = format!("/ops/v1/events/{}/{}", held["stream"], held["seq"]);
    let chain = world.operator().get(&path).await.body(200);
    assert_eq!(&chain["event"], held);
    let first = world.operator().get("/ops/v1/events?limit=1").await.body(200);
    let next = text_at(&first, "/page/next");
    let second = world.operator().get(&format!("/ops/v1/events?limit=1&cursor={next}")).await;
    assert_ne!(second.body(200)["data"], first["data"]);
}

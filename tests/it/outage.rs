//! A database that goes away for a moment, and one that stands still: no answer is lost,
//! nothing is done twice, and the server needs no restart.

use futures_util::future::join_all;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

/// Ends every connection to the database but the one that asks.
const CUT: &str = "select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_cut_again_and_again_under_load() {
    let world = World::start().await;
    let (pid, landlord) = (world.pid(), world.landlord().await);
    let mut homes = Vec::new();
    for _ in 0..10 {
        homes.push(world.home(&landlord, 1, 10_000).await);
    }
    let crowd = world.crowd(200).await;
    let sql = world.sql().await;
    let mut acked = Vec::new();
    for round in 0..10 {
        let wishes: Vec<(&User, String, Value)> = crowd
            .iter()
            .enumerate()
            .map(|(number, user)| {
                // Two want each night of each home.
                let night = 1 + 10 * round + i32::try_from(number / 20).unwrap();
                let stay = homes[number % 10].stay(world.day(night), 1);
                (user, Uuid::new_v4().to_string(), stay)
            })
            .collect();
        let sent = wishes
            .iter()
            .map(async |(user, key, stay)| world.api(user).settle("bookings", key, stay).await);
        let query = "select count(*) from bookings";
        let before: i64 = sql.query_one(query, &[]).await.unwrap().get(0);
        let cut = async {
            wait_until("some are written", async || {
                sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) > before
            })
            .await;
            sql.query(CUT, &[]).await.unwrap().len()
        };
        let (answers, cut) = tokio::join!(join_all(sent), cut);
        assert!(cut > 1, "there were connections to cut");
        let mut held = 0;
        for ((user, key, stay), answer) in wishes.iter().zip(answers) {
            let again = world.api(user).settle("bookings", key, stay).await;
            assert_eq!(again.status, answer.status);
            if answer.status == 201 {
                assert_eq!(again.text, answer.text);
                acked.push(uuid_of(&answer.text_at("/id")));
                held += 1;
            } else {
                answer.problem(409, "nights-taken");
            }
        }
        assert_eq!(held, 100, "one of two");
    }
    assert_eq!(world.pid(), pid);
    invariants::check(&world, &acked).await;
}

#[tokio::test]
async fn a_table_that_somebody_locks_delays_and_loses_nothing() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let (sql, other) = (world.sql().await, world.sql().await);
    sql.batch_execute("begin; lock table occupancies in access exclusive mode").await.unwrap();
    let (key, stay) = (Uuid::new_v4().to_string(), home.stay(world.day(10), 2));
    let api = world.api(&tenant);
    let call = api.call(reqwest::Method::POST, "bookings").key(&key).json(&stay);
    let answer = call.send().await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.body["retryable"], true);
    // What does not need the table goes on.
    let path = format!("properties/{}", home.id);
    api.get(&path).await.expect(200);
    world.anonymous().get("/readyz").await.expect(200);
    sql.batch_execute("rollback").await.unwrap();
    let held = api.settle("bookings", &key, &stay).await.expect(201);
    let query = "select count(*) from bookings";
    assert_eq!(other.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 1);
    invariants::check(&world, &[uuid_of(&held.text_at("/id"))]).await;
}

/// Operators see for how long the oldest request has been waiting at a home whose rows somebody
/// has locked, and nothing once it is answered.
#[tokio::test]
async fn who_waits_at_a_locked_table_is_shown_and_for_how_long() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    nobody_waits(&world).await;
    let sql = world.sql().await;
    sql.batch_execute("begin; lock table occupancies in access exclusive mode").await.unwrap();
    let stay = home.stay(world.day(10), 2);
    let api = world.api(&tenant);
    let held = api.settle("bookings", "waits", &stay);
    let watched = async {
        let age = wait_for("it waits", || oldest_ms(&world, &home)).await;
        wait_until("it waits longer", async || {
            oldest_ms(&world, &home).await.is_some_and(|now| now > age + 200)
        })
        .await;
        assert!(oldest_seconds(&world).await > 0.2, "the metric knows of it");
        sql.batch_execute("rollback").await.unwrap();
    };
    let (held, ()) = tokio::join!(held, watched);
    held.expect(201);
    nobody_waits(&world).await;
    assert!(oldest_seconds(&world).await.abs() < f64::EPSILON);
}

/// The lists of queues that operators are shown.
async fn queues(world: &World) -> [Vec<Value>; 2] {
    let cluster = world.operator().get("/ops/v1/cluster").await.body(200);
    ["queues", "oldest"].map(|list| cluster["entities"][list].as_array().unwrap().clone())
}

/// For how long the oldest request of a home has been waiting, when one does.
async fn oldest_ms(world: &World, home: &Home) -> Option<u64> {
    let [longest, oldest] = queues(world).await;
    assert_eq!(longest, oldest, "there is one queue at most");
    let queue = longest.first()?;
    assert_eq!(queue["property"], home.uuid().to_string());
    assert_ne!(queue["waiting"], 0);
    Some(queue["oldest_ms"].as_u64().unwrap())
}

/// The same of any home, as it is measured.
async fn oldest_seconds(world: &World) -> f64 {
    world.metric("entity_queue_oldest_seconds").await
}

async fn nobody_waits(world: &World) {
    wait_until("nobody waits", async || queues(world).await.iter().all(Vec::is_empty)).await;
}

#[tokio::test]
async fn a_second_server_on_the_same_database_is_sent_away() {
    let world = World::start().await;
    let second = World::plan()
        .database(&world.db.as_ref().unwrap().url())
        .set("SERVER_LISTEN", "127.0.0.1:0")
        .set("OPERATOR_LISTEN", "127.0.0.1:0")
        .set("PAYMENTS_MODE", "off");
    let output = second.run(&["serve"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.contains("is using this database: stop it first"), "{said}");
    // The first one did not notice.
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    world.book(&tenant, &home.stay(world.day(10), 2)).await;
    invariants::check(&world, &[]).await;
}

//! How many open holds one may have: three anywhere, one a home, on the running server.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::server::{Plan, World};
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::wait_until;

const HOMES: usize = 20;

fn limited() -> Plan {
    World::plan().manual_clock().set("BOOKINGS_HOLDS_PER_USER", 3)
}

async fn homes(world: &World, count: usize, units: u16) -> Vec<Home> {
    let landlord = world.landlord().await;
    let mut homes = Vec::new();
    for _ in 0..count {
        homes.push(world.home(&landlord, units, 10_000).await);
    }
    homes
}

async fn gates(sql: &Client) -> i64 {
    sql.query_one("select count(*) from gates", &[]).await.unwrap().get(0)
}

/// Wants the same nights of all homes at the same instant; the holds that were made.
async fn everywhere(world: &World, user: &User, homes: &[Home]) -> Vec<Value> {
    let start = Barrier::new(homes.len());
    let wishes = homes.iter().map(async |home| {
        let (api, key) = (world.api(user), Uuid::new_v4().to_string());
        let stay = home.stay(world.day(10), 2);
        start.wait().await;
        api.settle("bookings", &key, &stay).await
    });
    let answers: Vec<Answer> = join_all(wishes).await;
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    for answer in lost {
        let there = answer.body["code"] == "hold-exists";
        answer.problem(409, if there { "hold-exists" } else { "too-many-holds" });
    }
    won.into_iter().map(|answer| answer.body).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_user_at_twenty_homes_at_once_gets_three() {
    let mut world = limited().start().await;
    let homes = homes(&world, HOMES, 4).await;
    let (user, other) = (world.tenant().await, world.tenant().await);
    let sql = world.sql().await;
    let held = everywhere(&world, &user, &homes).await;
    assert_eq!((held.len(), gates(&sql).await), (3, 3));
    assert_eq!(everywhere(&world, &other, &homes).await.len(), 3, "others have their own");
    let mut acked: Vec<Uuid> =
        held.iter().map(|booking| uuid_of(&text_at(booking, "/id"))).collect();

    // One is given up, one is paid for, one comes to its end: each is a place again.
    world.release(&user, &held[0]).await;
    let page = world.checkout(&user, &held[1]).await;
    let still = everywhere(&world, &user, &homes).await;
    assert_eq!(still.len(), 1, "the place of the one that was given up");
    acked.push(uuid_of(&text_at(&still[0], "/id")));
    world.pay(&page).await;
    world.wait_for_status(&user, &held[1], "confirmed").await;
    let more = everywhere(&world, &user, &homes).await;
    assert_eq!(more.len(), 1, "the place of the one that was paid for");
    world.move_clock(700);
    world.wait_for_status(&user, &held[2], "expired").await;
    world.wait_for_status(&user, &more[0], "expired").await;
    wait_until("all places are free", async || gates(&sql).await == 0).await;
    assert_eq!(everywhere(&world, &user, &homes).await.len(), 3);
    invariants::check(&world, &acked).await;
}

#[tokio::test]
async fn a_second_hold_at_one_home_names_the_first() {
    let world = limited().start().await;
    let homes = homes(&world, 4, 4).await;
    let (user, other) = (world.tenant().await, world.tenant().await);
    let first = world.hold(&user, &homes[0].stay(world.day(10), 2)).await;
    let second = world.try_hold(&user, &homes[0].stay(world.day(20), 2)).await;
    let second = second.problem(409, "hold-exists");
    assert_eq!(second.body["booking_id"], first["id"]);
    assert_eq!(second.body["retryable"], json!(false));
    world.hold(&other, &homes[0].stay(world.day(20), 2)).await;

    let (key, stay) = (Uuid::new_v4().to_string(), homes[1].stay(world.day(10), 2));
    let held = world.api(&user).settle("bookings", &key, &stay).await.expect(201);
    world.hold(&user, &homes[2].stay(world.day(10), 2)).await;
    world.try_hold(&user, &homes[3].stay(world.day(10), 2)).await.problem(409, "too-many-holds");
    // The limit is not in the way of a request that has been carried out.
    let again = world.api(&user).settle("bookings", &key, &stay).await.expect(201);
    assert_eq!(again.text, held.text);
    world.release(&user, &first).await;
    world.hold(&user, &homes[0].stay(world.day(20), 2)).await;
    invariants::check(&world, &[]).await;
}

/// What a writer leaves that is killed after it took some gates of a set and before it gave
/// them back.
#[tokio::test]
async fn killed_between_gates_and_their_return() {
    let mut world = limited().start().await;
    let homes = homes(&world, 4, 4).await;
    let user = world.tenant().await;
    let kept = world.hold(&user, &homes[0].stay(world.day(10), 2)).await;
    let sql = world.sql().await;
    world.kill();
    let scope = rentezy::domain::gate::holds_of(uuid_of(&user.id).into());
    sql.execute(
        "insert into gates select $1, n, gen_random_uuid(), gen_random_uuid(), 'hold', $2
         from generate_series(1, 3) n on conflict do nothing",
        &[&scope, &world.now()],
    )
    .await
    .unwrap();
    assert_eq!(gates(&sql).await, 3);
    world.start_again();
    let (key, stay) = (Uuid::new_v4().to_string(), homes[1].stay(world.day(10), 2));
    // A server that has just begun may still be busy.
    let refused = world.api(&user).settle("bookings", &key, &stay).await;
    refused.problem(409, "too-many-holds");
    // Moved while the sweep of the start is at work, the clock would be past the next one.
    wait_until("the sweep of the start is over", async || {
        let query = "select count(*) from job_runs where job = 'gates'";
        sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 2
    })
    .await;
    world.move_clock(361);
    wait_until("they are swept up", async || gates(&sql).await == 1).await;
    assert_eq!(world.booking(&user, &kept).await["status"], "hold");
    world.hold(&user, &stay).await;
    invariants::check(&world, &[]).await;
}

/// Change sets of many users, some of whom were quicker elsewhere: those are refused, and the
/// others of the set lose nothing by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_gets_one_of_four_homes() {
    let world = World::plan().set("BOOKINGS_HOLDS_PER_USER", 1).start().await;
    let homes = homes(&world, 4, 40).await;
    let crowd = world.crowd(40).await;
    let start = Barrier::new(crowd.len() * homes.len());
    let wishes = crowd.iter().flat_map(|user| homes.iter().map(move |home| (user, home)));
    let wishes = wishes.map(async |(user, home)| {
        let (api, key) = (world.api(user), Uuid::new_v4().to_string());
        let stay = home.stay(world.day(10), 2);
        start.wait().await;
        (&user.id, api.settle("bookings", &key, &stay).await)
    });
    let mut held = BTreeMap::new();
    for (user, answer) in join_all(wishes).await {
        if answer.status == 201 {
            let before = held.insert(user, uuid_of(&answer.text_at("/id")));
            assert_eq!(before, None, "{user} has two");
        } else {
            answer.problem(409, "too-many-holds");
        }
    }
    assert_eq!(held.len(), crowd.len());
    assert_eq!(gates(&world.sql().await).await, 40);
    let acked: Vec<Uuid> = held.into_values().collect();
    invariants::check(&world, &acked).await;
}

/// A hold that lacks a gate is not made, so nobody is refused because of it: who came while it
/// was being written, and was to be, is decided anew. One user asks four homes at once and gets
/// one; another wants what the first may not get.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nights_that_were_not_to_be_had_for_want_of_a_gate_go_to_the_next() {
    let world = World::plan().set("BOOKINGS_HOLDS_PER_USER", 1).start().await;
    let homes = homes(&world, 4, 1).await;
    let (greedy, other) = (world.tenant().await, world.tenant().await);
    let (sql, witness) = (world.sql().await, world.sql().await);
    let mut acked = Vec::new();
    for round in 0..10 {
        let wish = async |user: &User, home: &Home| {
            let (api, key) = (world.api(user), Uuid::new_v4().to_string());
            api.settle("bookings", &key, &home.stay(world.day(10 + 2 * round), 2)).await
        };
        sql.batch_execute("begin; lock table gates in exclusive mode").await.unwrap();
        let late = async {
            wait_until("the first are being written", async || {
                let waiting = "select count(*) from pg_locks where not granted";
                witness.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0
            })
            .await;
            let written = async {
                // Requests that come later are answered: the other one has arrived by then.
                for _ in 0..5 {
                    world.api(&other).get("bookings").await.expect(200);
                }
                sql.batch_execute("commit").await.unwrap();
            };
            tokio::join!(wish(&other, &homes[3]), written).0
        };
        let greedy_ones = join_all(homes.iter().map(|home| wish(&greedy, home)));
        let (early, late) = tokio::join!(greedy_ones, late);
        assert_eq!(early.iter().filter(|answer| answer.status == 201).count(), 1);
        let expected = if early[3].status == 201 { 409 } else { 201 };
        let late = late.expect(expected);
        let users = early.iter().map(|answer| (&greedy, answer)).chain([(&other, &late)]);
        for (user, answer) in users.filter(|(_, answer)| answer.status == 201) {
            world.release(user, &answer.body).await;
            acked.push(uuid_of(&answer.text_at("/id")));
        }
    }
    invariants::check(&world, &acked).await;
}

/// Those who come to one home at the same moment: as many as the system takes connections of
/// at once. The bench sends more, without connections.
const CROWD: usize = 1000;

/// A home has room for few who wait; a crowd comes. Everybody is told something, those for
/// whom there is no room when to come again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_one_home() {
    // The crowd is in one process, which may need a while to say what all of it wants.
    let plan = World::plan().set("LIMITS_ENTITY_QUEUE", 4).set("HTTP_HEAD_TIMEOUT_S", 120);
    let world = plan.start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 10_000).await;
    let crowd = world.crowd(500).await;
    let stay = home.stay(world.day(10), 2);
    let start = Barrier::new(CROWD);
    let wishes = crowd.iter().cycle().take(CROWD).map(async |user| {
        let api = world.api(user);
        start.wait().await;
        api.post("bookings", &stay).await
    });
    let (mut held, mut taken, mut busy) = (Vec::new(), 0, 0);
    for answer in join_all(wishes).await {
        match answer.status {
            201 => held.push(uuid_of(&answer.text_at("/id"))),
            409 => taken += usize::from(answer.problem(409, "nights-taken").status == 409),
            _ => {
                let answer = answer.problem(503, "overloaded");
                assert_eq!(answer.header("retry-after"), Some("1"));
                assert_eq!(answer.body["retryable"], json!(true));
                busy += 1;
            }
        }
    }
    eprintln!("{taken} were told that it is taken, {busy} to come again");
    assert_eq!((held.len(), taken + busy), (1, CROWD - 1));
    assert!(busy > 0);
    invariants::check(&world, &held).await;
}

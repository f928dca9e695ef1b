//! Many who want the same: on the running server and in SQL alone, exactly as many get it
//! as there is.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Barrier;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::postgres::TestDb;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};

/// Rounds of two tenants.
const ROUNDS: usize = 200;

/// Sends the same wish of two tenants at the same moment, again and again with other nights.
pub(crate) async fn duel(world: &World, tenants: [&User; 2], home: &Home) -> Vec<Uuid> {
    let mut acked = Vec::new();
    for round in 0..ROUNDS {
        let ahead = 1 + 3 * i32::try_from(round).unwrap();
        let stay = home.stay(world.day(ahead), 3);
        let (one, two) = tokio::join!(
            world.try_hold(tenants[round % 2], &stay),
            world.try_hold(tenants[(round + 1) % 2], &stay),
        );
        let (won, lost) = if one.status == 201 { (one, two) } else { (two, one) };
        lost.problem(409, "nights-taken");
        acked.push(uuid_of(&text_at(&won.body(201), "/id")));
    }
    acked
}

#[tokio::test]
async fn two_tenants_want_the_same_nights_at_the_same_moment() {
    let world = World::start().await;
    let (landlord, ada, bob) = (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let acked = duel(&world, [&ada, &bob], &home).await;
    assert_eq!(acked.len(), ROUNDS);
    let sql = world.sql().await;
    let rows = sql
        .query_one(
            "select (select count(*) from bookings), (select count(*) from occupancies),
                (select count(*) from commands where outcome::jsonb ? 'booking')",
            &[],
        )
        .await
        .unwrap();
    let counts: [i64; 3] = [rows.get(0), rows.get(1), rows.get(2)];
    assert_eq!(counts, [200; 3], "bookings, occupancies and records: one a round");
    invariants::check(&world, &acked).await;
}

#[tokio::test]
async fn a_thousand_want_ten_rooms_of_one_kind() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 10, 10_000).await;
    let crowd = world.crowd(1000).await;
    let stay = home.stay(world.day(40), 4);
    let start = Barrier::new(crowd.len());
    let wishes = crowd.iter().map(async |user| {
        let (api, key) = (world.api(user), Uuid::new_v4().to_string());
        start.wait().await;
        api.settle("bookings", &key, &stay).await
    });
    let answers: Vec<Answer> = join_all(wishes).await;
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(won.len(), 10);
    for answer in lost {
        answer.problem(409, "nights-taken");
    }
    let acked: Vec<Uuid> = won.iter().map(|answer| uuid_of(&answer.text_at("/id"))).collect();
    let query = "select count(*), count(distinct slot_id) from occupancies";
    let row = world.sql().await.query_one(query, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (10, 10));
    assert_eq!(world.free_on(&home, world.day(40)).await, 0);
    assert_eq!(world.free_on(&home, world.day(44)).await, 10);
    invariants::check(&world, &acked).await;
}

/// The last room is sold although no single room is free on all the nights: stays that have
/// not begun change their room.
#[tokio::test]
async fn a_stay_is_refused_only_when_some_night_is_full() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 3, 10_000).await;
    // Nights of a fortnight in an order that spreads them badly; at most three each.
    let mut random = fastrand::Rng::with_seed(7);
    let mut taken = [0_u32; 20];
    let (mut held, mut refused) = (Vec::new(), 0);
    for _ in 0..120 {
        let (from, count) = (random.usize(0..14), random.usize(1..6));
        let stay =
            home.stay(world.day(30 + i32::try_from(from).unwrap()), i32::try_from(count).unwrap());
        let fits = taken[from..from + count].iter().all(|night| *night < 3);
        let answer = world.try_hold(&tenant, &stay).await;
        if fits {
            held.push(uuid_of(&answer.expect(201).text_at("/id")));
            taken[from..from + count].iter_mut().for_each(|night| *night += 1);
        } else {
            answer.problem(409, "nights-taken");
            refused += 1;
        }
    }
    assert!(held.len() > 10 && refused > 10, "{} held, {refused} refused", held.len());
    invariants::check(&world, &held).await;
}

#[tokio::test]
async fn the_constraint_alone_lets_one_of_two_through() {
    let db = TestDb::new();
    let clients = [Arc::new(db.connect().await), Arc::new(db.connect().await)];
    for round in 0..i64::try_from(ROUNDS).unwrap() {
        let start = Barrier::new(2);
        let tries = clients.iter().map(async |sql| {
            start.wait().await;
            take(sql, round).await
        });
        let codes: Vec<Option<String>> = join_all(tries).await;
        let refused: Vec<&String> = codes.iter().flatten().collect();
        // 40P01: each waits for the other's row; one of them is ended.
        let lost = refused.len() == 1 && ["23P01", "40P01"].contains(&refused[0].as_str());
        assert!(lost, "round {round}: {codes:?}");
    }
    let row = clients[0].query_one("select count(*) from occupancies", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), i64::try_from(ROUNDS).unwrap());
}

/// Takes nights of a slot by hand; the code of the refusal, if it is one.
async fn take(sql: &Client, slot: i64) -> Option<String> {
    let statement = "insert into occupancies (ref, property_id, slot_id, nights, kind)
        values ($1, $2, $3, '[2026-12-01,2026-12-04)', 'booking')";
    let values = (Uuid::new_v4(), Uuid::new_v4());
    let done = sql.execute(statement, &[&values.0, &values.1, &slot]).await;
    done.err().map(|error| error.code().expect("an error of the database").code().to_owned())
}

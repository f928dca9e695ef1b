//! Nights are kept by two walls: the rule, which sees what the actor knows, and the
//! constraint, which sees the rows. Each alone must hold when the other is not there.

use jiff::SignedDuration;
use rentezy::domain::booking::{Booking, BookingStatus};
use rentezy::domain::calendar::Nights;
use rentezy::domain::change::{Change, Net};
use rentezy::domain::entity::EntityRef;
use rentezy::domain::ids::{BookingId, PropertyId, RequestId};
use rentezy::domain::inventory::Occupancy;
use rentezy::domain::stay::Outcome;
use rentezy::storage::batch::Writer;
use rentezy::storage::changes::{ChangeSet, Settled};
use rentezy::storage::commands::CommandRecord;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::client::text_at;
use crate::harness::invariants::{self, Outside, violations};
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::races;
use crate::samples;

/// Writes a confirmed stay behind the server's back.
async fn by_hand(sql: &Client, home: &Home, tenant: &User, nights: Nights) {
    sql.execute(
        "with b as (insert into bookings (id, property_id, unit_id, tenant_id, check_in,
                check_out, guests, status, currency, terms, total, version, created_at,
                updated_at)
            values ($1, $2, $3, $4, $5, $6, 1, 'confirmed', 'EUR', '{}', 1, 1, now(), now()))
         insert into occupancies select $1, $2, slot_id, daterange($5, $6), 'booking'
         from slots where property_id = $2 limit 1",
        &[
            &Uuid::new_v4(),
            &home.uuid(),
            &uuid_of(&home.unit_id),
            &uuid_of(&tenant.id),
            &nights.check_in(),
            &nights.check_out(),
        ],
    )
    .await
    .unwrap();
}

/// How many rows there are of what a hold writes.
pub(crate) async fn footprint(sql: &Client) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["bookings", "occupancies", "commands", "timers", "events", "payments"] {
        let query = format!("select count(*) from {table}");
        counts.push(sql.query_one(&query, &[]).await.unwrap().get(0));
    }
    let heads = "select sum(head)::bigint from streams where stream < 256";
    counts.push(sql.query_one(heads, &[]).await.unwrap().get(0));
    counts
}

fn nights(world: &World, ahead: i32, count: i32) -> Nights {
    Nights::new(world.day(ahead), world.day(ahead + count)).unwrap()
}

#[tokio::test]
async fn the_rule_off_a_set_that_no_rule_has_seen_is_refused_by_the_constraint() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let taken = world.hold(&tenant, &home.stay(world.day(10), 3)).await;
    let sql = world.sql().await;
    let before = footprint(&sql).await;

    let mut writer = Writer::open(world.db.as_ref().unwrap().database()).await.unwrap();
    for (ahead, count) in [(10, 3), (8, 3), (12, 5), (11, 1), (5, 20)] {
        let set = unruled(&world, &sql, &home, nights(&world, ahead, count)).await;
        let error = writer.execute(&[set]).await.unwrap_err();
        assert_eq!(error.code(), Some("23P01"), "{ahead} + {count}: {error}");
    }
    assert_eq!(footprint(&sql).await, before, "nothing of a refused set is written");

    // It is the nights that were refused, and nothing else about such a set.
    for (ahead, count) in [(13, 2), (8, 2)] {
        let set = unruled(&world, &sql, &home, nights(&world, ahead, count)).await;
        let settled = writer.execute(&[set]).await.unwrap();
        assert!(matches!(settled[..], [Settled::Fresh { .. }]), "{settled:?}");
    }
    assert_eq!(world.booking(&tenant, &taken).await["status"], "hold");
}

/// A hold as a rule that looks at nothing would decide it.
async fn unruled(world: &World, sql: &Client, home: &Home, nights: Nights) -> ChangeSet {
    let (property, now) = (PropertyId::from(home.uuid()), world.now());
    let entity = EntityRef::from(property);
    let booking = Booking {
        id: BookingId::from(Uuid::new_v4()),
        property_id: property,
        nights,
        status: BookingStatus::Confirmed,
        expiring: None,
        timer: None,
        payment_id: None,
        version: 1,
        ..samples::booking()
    };
    let query = "select slot_id from slots where property_id = $1";
    let slot_id: i64 = sql.query_one(query, &[&home.uuid()]).await.unwrap().get(0);
    let query = "select epoch from shards where id = $1";
    let shard = i32::from(entity.shard().0);
    let epoch: i64 = sql.query_one(query, &[&shard]).await.unwrap().get(0);
    let mut net = Net::default();
    net.take(
        Change::Occupy(Occupancy {
            occupant: booking.id.into(),
            slot_id,
            nights,
            pinned: false,
            left: false,
        }),
        None,
        None,
    );
    net.take(Change::Booking(Box::new(booking)), None, None);
    let record = CommandRecord {
        id: RequestId::from(Uuid::new_v4()),
        fingerprint: [0; 16],
        outcome: Outcome::Done,
    };
    let (shard, commands) = (entity.shard(), vec![record]);
    ChangeSet { entity, shard, epoch, at: now, commands, net, events: Vec::new() }
}

#[tokio::test]
async fn an_actor_whose_memory_is_wrong_is_put_right_and_answers_so() {
    let world = World::start().await;
    let (landlord, tenant, other) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    // The actor is awake from here on, and is told nothing of what follows.
    world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    let sql = world.sql().await;
    by_hand(&sql, &home, &other, nights(&world, 20, 3)).await;
    let before = footprint(&sql).await;
    let answer = world.try_hold(&tenant, &home.stay(world.day(21), 1)).await;
    answer.problem(409, "nights-taken");
    assert_eq!(footprint(&sql).await, before);
    assert!(world.logged().contains("23P01"), "it was the constraint that saw it");
    world.hold(&tenant, &home.stay(world.day(23), 1)).await;

    // Rows that are newer than the memory: the version stands in the way.
    let mine = world.hold(&tenant, &home.stay(world.day(30), 2)).await;
    let id = uuid_of(&text_at(&mine, "/id"));
    sql.execute("update bookings set version = version + 1 where id = $1", &[&id]).await.unwrap();
    let released = world.release(&tenant, &mine).await;
    assert_eq!((&released["status"], &released["version"]), (&json!("cancelled"), &json!(3)));

    // A crowd that meets such a memory: everybody gets the answer that is right for them.
    by_hand(&sql, &home, &other, nights(&world, 40, 2)).await;
    let crowd = world.crowd(40).await;
    let wishes = crowd.iter().enumerate().map(async |(number, user)| {
        let ahead = 40 + 2 * i32::try_from(number % 4).unwrap();
        let stay = home.stay(world.day(ahead), 2);
        let key = Uuid::new_v4().to_string();
        (ahead, world.api(user).settle("bookings", &key, &stay).await.status)
    });
    let mut answers = futures_util::future::join_all(wishes).await;
    answers.retain(|(_, status)| *status == 201);
    answers.sort_unstable();
    assert_eq!(answers, [(42, 201), (44, 201), (46, 201)]);
}

#[tokio::test]
async fn the_constraint_off_the_rule_alone_refuses() {
    let mut world = World::start().await;
    let (landlord, tenant, other) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let sql = world.sql().await;
    world.kill();
    sql.batch_execute("alter table occupancies drop constraint occupancies_overlap").await.unwrap();
    // The actor loads these with its first command.
    by_hand(&sql, &home, &other, nights(&world, 700, 3)).await;
    world.start_again();
    for (ahead, count) in [(700, 3), (699, 2), (702, 1), (701, 5)] {
        let answer = world.try_hold(&tenant, &home.stay(world.day(ahead), count)).await;
        answer.problem(409, "nights-taken");
    }
    let second = world.home(&landlord, 1, 10_000).await;
    let acked = races::duel(&world, [&tenant, &other], &second).await;
    let query = "select count(*) from occupancies where property_id = $1";
    let rows: i64 = sql.query_one(query, &[&second.uuid()]).await.unwrap().get(0);
    assert_eq!(usize::try_from(rows).unwrap(), acked.len());
}

#[tokio::test]
async fn a_wall_that_is_down_is_seen() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    invariants::check(&world, &[]).await;
    let sql = world.sql().await;
    let overlapping = "insert into occupancies
        select gen_random_uuid(), property_id, slot_id, nights, kind from occupancies";
    let error = sql.batch_execute(overlapping).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "23P01");
    sql.batch_execute("alter table occupancies drop constraint occupancies_overlap").await.unwrap();
    sql.batch_execute(overlapping).await.unwrap();
    let later = world.now() + SignedDuration::from_secs(1);
    let found = violations(&sql, later, &Outside::default()).await;
    assert!(found.iter().any(|(name, _)| name == "I01 overlap of nights in one slot"), "{found:?}");
}

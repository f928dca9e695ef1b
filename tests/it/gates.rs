//! Gates in the group-commit statement, by SQL alone: a set gets all its gates or nothing of
//! it is written, and what it had got is given back.

use jiff::{SignedDuration, Timestamp};
use rentezy::domain::booking::{Booking, BookingStatus};
use rentezy::domain::change::{Change, Net};
use rentezy::domain::entity::EntityRef;
use rentezy::domain::gate::{Gate, GateKind};
use rentezy::domain::ids::{BookingId, PropertyId, RequestId};
use rentezy::domain::stay::Outcome;
use rentezy::storage::batch::Writer;
use rentezy::storage::changes::{ChangeSet, Settled};
use rentezy::storage::commands::CommandRecord;
use rentezy::storage::gates;
use rentezy::storage::sqlstate::StorageError;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::postgres::TestDb;
use crate::samples;

/// A gate of a scope, for a command; both are told by numbers.
fn gate(scope: u128, slot: i32, command: u128) -> Gate {
    Gate {
        kind: GateKind::Hold,
        scope: Uuid::from_u128(scope),
        slot,
        holder: BookingId::from(Uuid::from_u128(command)),
        command: Uuid::from_u128(command),
    }
}

fn free(scope: u128, slot: i32, holder: u128) -> Change {
    let holder = BookingId::from(Uuid::from_u128(holder));
    Change::FreeGate { scope: Uuid::from_u128(scope), slot, holder }
}

/// A set of a property with one command and its booking, under the epoch that a database has
/// from the start.
fn set(property: u128, command: u128, changes: impl IntoIterator<Item = Change>) -> ChangeSet {
    let property_id = PropertyId::from(Uuid::from_u128(property));
    let entity = EntityRef::from(property_id);
    let mut net = Net::default();
    let booking = Booking {
        id: BookingId::from(Uuid::from_u128(command)),
        property_id,
        status: BookingStatus::Confirmed,
        expiring: None,
        version: 1,
        ..samples::booking()
    };
    net.take(Change::Booking(Box::new(booking)), None, None);
    changes.into_iter().for_each(|change| net.take(change, None, None));
    let commands = vec![CommandRecord {
        id: RequestId::from(Uuid::from_u128(command)),
        fingerprint: [0; 16],
        outcome: Outcome::Done,
    }];
    let (shard, at) = (entity.shard(), samples::instant());
    ChangeSet { entity, shard, epoch: 0, at, commands, net, events: Vec::new() }
}

fn taking(property: u128, command: u128, places: &[(u128, i32)]) -> ChangeSet {
    let gates = places.iter().map(|(scope, slot)| gate(*scope, *slot, command));
    set(property, command, gates.map(Change::TakeGate))
}

/// The holders of all gates, by scope and slot.
async fn held(sql: &Client) -> Vec<(u128, i32, u128)> {
    let query = "select scope, slot, holder, command from gates order by scope, slot";
    let rows = sql.query(query, &[]).await.unwrap();
    let number = |id: Uuid| id.as_u128();
    rows.iter()
        .map(|row| {
            assert_eq!(row.get::<_, Uuid>(2), row.get::<_, Uuid>(3));
            (number(row.get(0)), row.get(1), number(row.get(2)))
        })
        .collect()
}

/// The commands that have a record and a booking, which must be the same.
async fn done(sql: &Client) -> Vec<u128> {
    let mut lists = Vec::new();
    for query in
        ["select request_id from commands order by 1", "select id from bookings order by 1"]
    {
        let rows = sql.query(query, &[]).await.unwrap();
        lists.push(rows.iter().map(|row| row.get::<_, Uuid>(0).as_u128()).collect::<Vec<_>>());
    }
    assert_eq!(lists[0], lists[1]);
    lists.swap_remove(0)
}

async fn fresh(writer: &mut Writer, set: ChangeSet) {
    let ends = writer.execute(&[set]).await.unwrap();
    assert!(matches!(ends[..], [Settled::Fresh { .. }]), "{ends:?}");
}

#[tokio::test]
async fn a_set_gets_all_its_gates_or_nothing_of_it_is_written() {
    let db = TestDb::new();
    let sql = db.connect().await;
    let mut writer = Writer::open(db.database()).await.unwrap();
    let mut stale = taking(5, 55, &[(9, 1)]);
    stale.epoch = 7;
    // 2 wants what 1 takes in the same statement, 4 has a place that nobody wants.
    let batch = [
        taking(1, 11, &[(1, 1), (2, 1)]),
        taking(2, 22, &[(1, 1), (3, 1)]),
        set(3, 33, []),
        taking(4, 44, &[(1, 2)]),
        stale,
    ];
    let ends = writer.execute(&batch).await.unwrap();
    assert_eq!(
        ends,
        [
            Settled::Fresh { head: None },
            Settled::Gated { lacked: vec![gate(1, 1, 22)] },
            Settled::Fresh { head: None },
            Settled::Fresh { head: None },
            Settled::Fenced,
        ]
    );
    assert_eq!(done(&sql).await, [11, 33, 44]);
    let taken = [(1, 1, 11), (1, 2, 44), (2, 1, 11)];
    assert_eq!(held(&sql).await, taken, "what the refused set had got was given back");

    let ends = writer.execute(&batch[..1]).await.unwrap();
    assert_eq!(ends, [Settled::Already]);
    assert_eq!(held(&sql).await, taken);

    // Another place for it, and the one that it had got in vain.
    fresh(&mut writer, taking(2, 22, &[(1, 3), (3, 1)])).await;
    assert_eq!(gates::taken(&sql, Uuid::from_u128(1)).await.unwrap().len(), 3);
}

#[tokio::test]
async fn only_the_holder_gives_a_gate_back_and_then_it_is_free() {
    let db = TestDb::new();
    let sql = db.connect().await;
    let mut writer = Writer::open(db.database()).await.unwrap();
    fresh(&mut writer, taking(1, 11, &[(1, 1), (1, 2)])).await;
    fresh(&mut writer, set(2, 22, [free(1, 1, 22), free(8, 1, 22)])).await;
    assert_eq!(held(&sql).await, [(1, 1, 11), (1, 2, 11)]);
    // In the statement that frees a place it is not free yet.
    let batch = [set(1, 12, [free(1, 1, 11)]), taking(3, 33, &[(1, 1)])];
    let ends = writer.execute(&batch).await.unwrap();
    let lacked = vec![gate(1, 1, 33)];
    assert_eq!(ends, [Settled::Fresh { head: None }, Settled::Gated { lacked }]);
    fresh(&mut writer, taking(3, 33, &[(1, 1)])).await;
    assert_eq!(held(&sql).await, [(1, 1, 33), (1, 2, 11)]);
}

#[tokio::test]
async fn a_set_that_is_sent_again_does_not_stand_in_its_own_way() {
    let db = TestDb::new();
    let sql = db.connect().await;
    let mut writer = Writer::open(db.database()).await.unwrap();
    fresh(&mut writer, taking(1, 11, &[(1, 1)])).await;
    // Gates of a set that was sent, and gated; then the answer was lost.
    sql.execute(
        "insert into gates select $1, n, $2, $2, 'hold', now() from generate_series(2, 3) n",
        &[&Uuid::from_u128(1), &Uuid::from_u128(22)],
    )
    .await
    .unwrap();
    let batch = [taking(1, 11, &[(1, 1)]), taking(2, 22, &[(1, 2), (1, 3)])];
    cut(&sql).await;
    let lost = writer.execute(&batch).await.unwrap_err();
    assert!(matches!(lost, StorageError::Unknown(_)), "{lost:?}");
    writer.recover().await.unwrap();
    let ends = writer.execute(&batch).await.unwrap();
    assert_eq!(ends, [Settled::Already, Settled::Fresh { head: None }]);
    assert_eq!(held(&sql).await, [(1, 1, 11), (1, 2, 22), (1, 3, 22)]);
}

/// Ends the writer's session.
async fn cut(sql: &Client) {
    let query = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    let row = sql.query_one(query, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn what_nobody_came_to_hold_is_swept_up_after_a_minute() {
    let db = TestDb::new();
    let sql = db.connect().await;
    let mut writer = Writer::open(db.database()).await.unwrap();
    fresh(&mut writer, taking(1, 11, &[(1, 1)])).await;
    let taken: Timestamp = samples::instant();
    sql.execute(
        "insert into gates values ($1, 2, $2, $2, 'hold', $3)",
        &[&Uuid::from_u128(1), &Uuid::from_u128(99), &taken],
    )
    .await
    .unwrap();
    let after = async |seconds| {
        gates::sweep(&sql, taken + SignedDuration::from_secs(seconds)).await.unwrap()
    };
    assert_eq!(after(60).await, 0, "its set may be on its way");
    assert_eq!(after(61).await, 1);
    assert_eq!(after(61 + 30 * 86_400).await, 0, "a holder may stay for long");
    assert_eq!(held(&sql).await, [(1, 1, 11)]);
}

/// Writers who meet at the same gates wait for each other in one direction: none is ended
/// for a deadlock, and each gate has one holder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_at_the_same_gates() {
    let db = TestDb::new();
    let mut one = Writer::open(db.database()).await.unwrap();
    let mut two = Writer::open(db.database()).await.unwrap();
    for round in 0..100_u128 {
        let scopes = [2 * round + 1, 2 * round + 2];
        let batch = |writer: u128, [first, second]: [u128; 2]| {
            let command = 1_000 * writer + 10 * round;
            [
                taking(10 * writer + 1, command + 1, &[(first, 1)]),
                taking(10 * writer + 2, command + 2, &[(second, 1)]),
            ]
        };
        let (up, down) = (batch(1, scopes), batch(2, [scopes[1], scopes[0]]));
        let (up, down) = tokio::join!(one.execute(&up), two.execute(&down));
        let (up, down) = (up.unwrap(), down.unwrap());
        let won = |ends: &[Settled], at: usize| matches!(ends[at], Settled::Fresh { .. });
        assert!(won(&up, 0) != won(&down, 1), "round {round}: {up:?} {down:?}");
        assert!(won(&up, 1) != won(&down, 0), "round {round}: {up:?} {down:?}");
    }
}

//! The months of the event log: strays move to their month, and a month is dropped only
//! when nobody needs it.

use jiff::Timestamp;
use rentezy::domain::entity::Stream;
use rentezy::domain::event::Position;
use rentezy::storage::{events, partitions};
use tokio_postgres::Client;

use crate::harness::invariants::{Outside, violations};
use crate::harness::postgres::TestDb;

/// Two events of a stream in January and one in March, all written before any month had a
/// partition of its own.
const STRAYS: &str = "
    insert into events select 300, n, 'user.registered', 1, gen_random_uuid(), at::timestamptz,
        'system', gen_random_uuid(), '{\"user_id\": \"usr_01970000000070008000000000000001\"}'
    from unnest(array['2026-01-31 23:59:59Z', '2026-01-05Z', '2026-03-01Z'])
        with ordinality e(at, n);
    insert into streams values (300, 3);
    insert into consumer_offsets select name, 300, 1
        from unnest(array['mail', 'notifications', 'payments', 'stripe_hooks']) name";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn count(sql: &Client, table: &str) -> i64 {
    sql.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_month_is_dropped_when_it_is_old_and_nobody_needs_it() {
    let db = TestDb::new();
    let mut sql = db.connect().await;
    sql.batch_execute(STRAYS).await.unwrap();
    let now = at("2026-06-15T12:00:00Z");
    assert_eq!(
        partitions::make(&sql, now, 4).await.unwrap(),
        6,
        "two months of strays, four ahead"
    );
    assert_eq!(partitions::make(&sql, now, 4).await.unwrap(), 0);
    assert_eq!(count(&sql, "events_rest").await, 0);
    assert_eq!(count(&sql, "events_2026_01").await, 2);
    assert_eq!(count(&sql, "events").await, 3);

    let before = at("2026-04-01T00:00:00Z");
    let drop_all = async |sql: &mut Client| partitions::drop_before(sql, before).await.unwrap();
    assert_eq!(drop_all(&mut sql).await, 0, "no consumer has come so far");
    sql.batch_execute("update consumer_offsets set seq = 2").await.unwrap();
    sql.batch_execute(
        "insert into parked_events values ('payments', 300, 2, gen_random_uuid(), 'x', 1, now(),
             now(), '')",
    )
    .await
    .unwrap();
    assert_eq!(drop_all(&mut sql).await, 0, "one of them is parked");
    sql.batch_execute(
        "delete from parked_events;
         insert into replays (id, consumer, state, created_at, updated_at)
             values (gen_random_uuid(), 'payments', 'running', now(), now())",
    )
    .await
    .unwrap();
    assert_eq!(drop_all(&mut sql).await, 0, "a replay is running");
    sql.batch_execute("update replays set state = 'done'").await.unwrap();
    assert_eq!(partitions::drop_before(&mut sql, at("2026-01-31T00:00:00Z")).await.unwrap(), 0);
    assert_eq!(drop_all(&mut sql).await, 1, "March is still to be consumed");
    assert_eq!(count(&sql, "events").await, 1);

    // A new consumer begins behind what is gone, and the log has no gap.
    let stream = Stream(300);
    assert_eq!(events::offset(&sql, "new", stream).await.unwrap(), 2);
    let read = events::read_after(&sql, stream, 2, 10).await.unwrap();
    assert_eq!(read.len(), 1);
    let to = Position { stream, seq: 3 };
    assert!(!events::advance(&sql, "new", 0, to).await.unwrap());
    assert!(events::advance(&sql, "new", 2, to).await.unwrap());
    assert_eq!(events::offset(&sql, "new", stream).await.unwrap(), 3);
    sql.batch_execute("update consumer_offsets set seq = 3").await.unwrap();
    let found = violations(&sql, now, &Outside::default()).await;
    assert!(found.is_empty(), "{found:?}");
}

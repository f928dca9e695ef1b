//! The months of the event log: strays move to their month, and a topic leaves a month only
//! when nobody needs it.

use jiff::Timestamp;
use rentezy::domain::entity::Stream;
use rentezy::domain::event::Position;
use rentezy::domain::topic::Topic;
use rentezy::storage::events::Entry;
use rentezy::storage::replays::{self, Range, START};
use rentezy::storage::{events, partitions, retention};
use tokio_postgres::Client;

use crate::harness::invariants::{Outside, violations};
use crate::harness::postgres::TestDb;

/// The stream of these tests: no shard's, so that no auditor has to have seen it.
const STREAM: Stream = Stream(300);

/// Events of three topics in two months, numbered from 1; the last two are younger.
const EVENTS: [(&str, &str); 8] = [
    ("user.registered", "2026-01-05Z"),
    ("property.published", "2026-01-06Z"),
    ("booking.no_show", "2026-01-07Z"),
    ("property.updated", "2026-01-31 23:59:59Z"),
    ("property.updated", "2026-02-01Z"),
    ("booking.no_show", "2026-02-28Z"),
    ("property.updated", "2026-05-01Z"),
    ("user.verified", "2026-05-02Z"),
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn count(sql: &Client, table: &str) -> i64 {
    sql.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
}

/// A log of [`EVENTS`] with its partitions, which all consumers have been through up to `seq`.
async fn log(stream: Stream, seq: i64) -> (TestDb, Client) {
    let db = TestDb::new();
    let sql = db.connect().await;
    let stream = i32::from(stream.0);
    for (number, (kind, at)) in (1_i64..).zip(EVENTS) {
        let insert = "insert into events select $1, $2, $3, 1, gen_random_uuid(),
             $4::text::timestamptz, 'system', gen_random_uuid(),
             '{\"user_id\": \"usr_01970000000070008000000000000001\",
               \"property_id\": \"prp_01970000000070008000000000000001\", \"version\": 2}'";
        sql.execute(insert, &[&stream, &number, &kind, &at]).await.unwrap();
    }
    let head = i64::try_from(EVENTS.len()).unwrap();
    let known = "insert into streams values ($1, $2) on conflict (stream) do update set head = $2";
    sql.execute(known, &[&stream, &head]).await.unwrap();
    let cursors = "insert into consumer_offsets select name, $1, $2
         from unnest(array['alerts', 'mail', 'notifications', 'payments', 'stripe_hooks']) name";
    sql.execute(cursors, &[&stream, &seq]).await.unwrap();
    partitions::make(&sql, at("2026-06-15T12:00:00Z"), 1).await.unwrap();
    (db, sql)
}

/// Drops topics up to an instant; how many months have lost something.
async fn drop_old(sql: &mut Client, topics: &[Topic], before: &str) -> u64 {
    let limits: Vec<_> = topics.iter().map(|topic| (*topic, at(before))).collect();
    retention::drop_old(sql, &limits).await.unwrap()
}

/// The numbers of the events that are left.
async fn left(sql: &Client) -> Vec<i64> {
    let rows = sql.query("select seq from events order by seq", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn strays_move_into_months_that_are_made_for_them() {
    let (_db, sql) = log(STREAM, 0).await;
    assert_eq!(count(&sql, "events_rest").await, 0);
    assert_eq!(count(&sql, "events_2026_01").await, 4);
    assert_eq!(count(&sql, "events").await, 8);
    let now = at("2026-06-15T12:00:00Z");
    assert_eq!(partitions::make(&sql, now, 1).await.unwrap(), 0, "all are there");
    assert_eq!(partitions::make(&sql, now, 4).await.unwrap(), 3, "three more ahead");
}

#[tokio::test]
async fn topics_leave_old_months_and_the_others_stay() {
    let (_db, mut sql) = log(STREAM, 8).await;
    let property = [Topic::Property];
    assert_eq!(drop_old(&mut sql, &property, "2026-01-31T23:00:00Z").await, 0, "not over yet");
    assert_eq!(drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await, 1);
    assert_eq!(left(&sql).await, [1, 3, 5, 6, 7, 8]);
    assert_eq!(drop_old(&mut sql, &property, "2026-04-01T00:00:00Z").await, 1, "February");
    assert_eq!(drop_old(&mut sql, &property, "2026-04-01T00:00:00Z").await, 0, "again");
    assert_eq!(left(&sql).await, [1, 3, 6, 7, 8]);
    // A topic more, and one less: what is gone stays gone, and is known to be.
    let others = [Topic::User, Topic::Calendar];
    assert_eq!(drop_old(&mut sql, &others, "2026-04-01T00:00:00Z").await, 2);
    assert_eq!(left(&sql).await, [3, 6, 7, 8]);
    let all = [Topic::User, Topic::Calendar, Topic::Property];
    assert_eq!(drop_old(&mut sql, &all, "2026-04-01T00:00:00Z").await, 0);

    // Nothing can come back into a month that has lost its topic; others could.
    let write = async |kind: &str| {
        let insert = "insert into events select 300, 9, $1, 1, gen_random_uuid(),
             '2026-01-20Z', 'system', gen_random_uuid(), '{}'";
        sql.execute(insert, &[&kind]).await
    };
    assert!(write("property.updated").await.is_err());
    write("booking.completed").await.unwrap();
    sql.execute("delete from events where seq = 9", &[]).await.unwrap();
    let indexes = "select count(*) from pg_index where indrelid = 'events_2026_01'::regclass
         and indisvalid and exists (select 1 from pg_inherits where inhrelid = indexrelid)";
    let indexes: i64 = sql.query_one(indexes, &[]).await.unwrap().get(0);
    assert_eq!(indexes, 2, "the month has the log's indexes");

    // A month that has nothing left goes as a whole.
    let all = [Topic::Booking, Topic::User, Topic::Property];
    assert_eq!(drop_old(&mut sql, &all, "2026-02-01T00:00:00Z").await, 1);
    let months = "select count(*) from pg_class where relname = 'events_2026_01'";
    assert_eq!(sql.query_one(months, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(left(&sql).await, [6, 7, 8]);
    let found = violations(&sql, at("2026-06-15T12:00:00Z"), &Outside::default()).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn what_a_consumer_has_not_passed_stays() {
    let (_db, mut sql) = log(STREAM, 8).await;
    let property = [Topic::Property];
    let back = "update consumer_offsets set seq = $1 where consumer = 'payments'";
    sql.execute(back, &[&3_i64]).await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-04-01T00:00:00Z").await, 0);
    // The months after it stay too.
    sql.execute(back, &[&4_i64]).await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-04-01T00:00:00Z").await, 1);
    assert_eq!(left(&sql).await, [1, 3, 5, 6, 7, 8]);
    // One that has come nowhere in this stream, but elsewhere.
    sql.batch_execute("insert into consumer_offsets values ('late', 7, 1)").await.unwrap();
    sql.execute(back, &[&8_i64]).await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-04-01T00:00:00Z").await, 0);
    sql.batch_execute("delete from consumer_offsets where consumer = 'late'").await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-04-01T00:00:00Z").await, 1);
}

#[tokio::test]
async fn what_the_auditor_has_not_passed_stays() {
    let (_db, mut sql) = log(Stream(7), 8).await;
    let property = [Topic::Property];
    assert_eq!(drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await, 0);
    sql.batch_execute("insert into audit_positions values (7, 3)").await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await, 0);
    sql.batch_execute("update audit_positions set seq = 4").await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await, 1);
}

#[tokio::test]
async fn parked_events_and_open_dead_letters_stay() {
    let (_db, mut sql) = log(STREAM, 8).await;
    let property = [Topic::Property];
    let park = "insert into parked_events values ('payments', 300, $1, gen_random_uuid(), 'x', 1,
         now(), now(), '')";
    sql.execute(park, &[&2_i64]).await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await, 0, "2 is parked");
    let bury = "with one as (delete from parked_events returning *)
         insert into dead_letters select gen_random_uuid(), consumer, stream, seq, key, type, error,
             8, first_at, now(), 'open', now() from one";
    sql.batch_execute(bury).await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await, 0, "2 is dead");
    sql.batch_execute("update dead_letters set state = 'discarded'").await.unwrap();
    // One of another topic stays anyway.
    sql.execute(park, &[&3_i64]).await.unwrap();
    assert_eq!(drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await, 1);
    assert_eq!(left(&sql).await, [1, 3, 5, 6, 7, 8]);
}

#[tokio::test]
async fn what_a_running_replay_will_come_to_stays() {
    let (_db, mut sql) = log(STREAM, 8).await;
    let property = [Topic::Property];
    let order = async |sql: &Client, range: &str| {
        sql.batch_execute("delete from replays").await.unwrap();
        let order = format!(
            "insert into replays (id, consumer, state, created_at, updated_at)
                 values (gen_random_uuid(), 'payments', 'running', now(), now());
             update replays set {range}"
        );
        sql.batch_execute(&order).await.unwrap();
    };
    for needs in [
        "stream = 300",
        "type = 'property.published'",
        "at_stream = 300, at_seq = 3",
        "from_at = '2026-01-31Z', to_at = '2026-02-01Z'",
        "from_seq = 4, to_seq = 4",
    ] {
        order(&sql, needs).await;
        let dropped = drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await;
        assert_eq!(dropped, 0, "a replay with {needs} comes to it");
    }
    for other in [
        "stream = 7",
        "type = 'user.registered'",
        "at_stream = 300, at_seq = 4",
        "from_at = '2026-02-01Z'",
        "from_seq = 3, to_seq = 3",
        "key = gen_random_uuid()",
        "state = 'stopped'",
    ] {
        let (_db, mut sql) = log(STREAM, 8).await;
        order(&sql, other).await;
        let dropped = drop_old(&mut sql, &property, "2026-02-01T00:00:00Z").await;
        assert_eq!(dropped, 1, "a replay with {other} does not");
    }
}

#[tokio::test]
async fn a_new_consumer_begins_behind_what_is_gone_and_replays_what_is_left() {
    let (_db, mut sql) = log(STREAM, 8).await;
    assert_eq!(drop_old(&mut sql, &[Topic::Property], "2026-04-01T00:00:00Z").await, 2);
    assert_eq!(left(&sql).await, [1, 3, 6, 7, 8]);

    assert_eq!(events::offset(&sql, "new", STREAM).await.unwrap(), 5, "the last that is gone");
    let read = events::entries_after(&sql, STREAM, 5, 10).await.unwrap();
    let seqs = |read: &[Entry]| read.iter().map(|one| one.position.seq).collect::<Vec<_>>();
    assert_eq!(seqs(&read), [6, 7, 8], "no gap above it");
    let gap = events::entries_after(&sql, STREAM, 1, 10).await;
    assert!(gap.is_err(), "nobody reads over a gap without knowing");
    let to = Position { stream: STREAM, seq: 8 };
    assert!(!events::advance(&sql, "new", 0, to).await.unwrap());
    assert!(events::advance(&sql, "new", 5, to).await.unwrap());
    assert_eq!(events::offset(&sql, "new", STREAM).await.unwrap(), 8);

    let all = replays::stretch(&sql, "new", &Range::default(), START, 10).await.unwrap();
    assert_eq!(seqs(&all.entries), [1, 3, 6, 7, 8], "a replay has what is left");
}

//! The event log and its cursors, as storage has them.

use rentezy::domain::entity::Stream;
use rentezy::domain::event::Position;
use rentezy::storage::events;
use rentezy::storage::sqlstate::StorageError;

use crate::harness::postgres::TestDb;

const STREAM: Stream = Stream(7);

fn at(seq: i64) -> Position {
    Position { stream: STREAM, seq }
}

#[tokio::test]
async fn a_cursor_moves_only_from_where_it_is() {
    let db = TestDb::new();
    let client = db.connect().await;
    let offset = async || events::offset(&client, "reader", STREAM).await.unwrap();
    let advance = async |from, to| events::advance(&client, "reader", from, at(to)).await.unwrap();

    assert!(!advance(3, 4).await, "it is at 0");
    assert_eq!(offset().await, 0);
    assert!(advance(0, 5).await);
    assert!(!advance(0, 6).await, "it is at 5");
    assert!(advance(5, 9).await);
    assert_eq!(offset().await, 9);
}

#[tokio::test]
async fn streams_are_read_together_each_in_order_and_a_gap_stops_only_its_own() {
    let db = TestDb::new();
    let client = db.connect().await;
    let insert = "insert into events (stream, seq, type, version, key, occurred_at, actor, causation, data)
        select stream, seq, 'user.registered', 1, gen_random_uuid(), now(), 'system', gen_random_uuid(),
            '{\"user_id\": \"usr_01970000000070008000000000000001\"}'
        from (values (7, 1), (7, 2), (7, 3), (8, 1), (8, 3)) e(stream, seq)";
    client.execute(insert, &[]).await.unwrap();

    let asked = [
        Position { stream: Stream(8), seq: 0 },
        Position { stream: Stream(9), seq: 0 },
        Position { stream: Stream(7), seq: 1 },
    ];
    let read = events::read_each_after(&client, &asked, 10).await.unwrap();
    let streams: Vec<_> = read.iter().map(|(after, _)| *after).collect();
    assert_eq!(streams, [asked[0], asked[2]], "a stream without news is left out");
    assert!(read[0].1.is_err(), "event 2 of stream 8 is missing");
    let seqs = |events: &[rentezy::domain::event::Recorded]| -> Vec<i64> {
        events.iter().map(|event| event.position.seq).collect()
    };
    let entries = read[1].1.as_ref().unwrap();
    let found: Vec<_> = entries.iter().map(|entry| entry.position.seq).collect();
    assert_eq!(found, [2, 3]);
    assert_eq!(seqs(&events::read_after(&client, STREAM, 0, 2).await.unwrap()), [1, 2]);
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_no_unknown_outcome() {
    let db = TestDb::new();
    let client = db.connect().await;
    let error = client.query("select $1::int8", &[&"text"]).await.unwrap_err();
    let error = StorageError::from(error);
    assert!(matches!(&error, StorageError::Malformed(_)), "{error:?}");

    client.execute("select pg_terminate_backend(pg_backend_pid())", &[]).await.unwrap_err();
    let error = client.query("select 1", &[]).await.unwrap_err();
    assert!(matches!(StorageError::from(error), StorageError::Unknown(_)));
}

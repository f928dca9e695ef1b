//! The rows of letters: stored once, taken by one, settled by who has them.

use jiff::{SignedDuration, Timestamp};
use rentezy::domain::entity::Stream;
use rentezy::domain::event::{Event, Position, Recorded};
use rentezy::domain::ids::UserId;
use rentezy::domain::letter::{self, Letter};
use rentezy::domain::telling::People;
use rentezy::storage::letters::{self, Settlement, Taken};
use rentezy::storage::pool::Pool;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::postgres::TestDb;
use crate::samples::instant;

const CONSUMER: &str = "mail";

fn position(seq: i64) -> Position {
    Position { stream: Stream(7), seq }
}

/// A letter about a changed password.
fn letter(seq: i64) -> Letter {
    let event = Recorded {
        position: position(seq),
        key: Uuid::nil(),
        occurred_at: instant(),
        actor: "system".to_owned(),
        causation: Uuid::nil(),
        event: Event::UserPasswordChanged { user_id: UserId::from(Uuid::nil()) },
    };
    letter::follows(&event, &People::default()).remove(0)
}

async fn store(pool: &Pool, from: i64, to: i64) -> bool {
    let rows: Vec<_> = (from + 1..=to).map(|seq| (letter(seq), instant(), None)).collect();
    letters::store(pool, CONSUMER, from, position(to), &rows).await.unwrap()
}

fn later(seconds: i64) -> Timestamp {
    instant() + SignedDuration::from_secs(seconds)
}

/// Takes letters at a second, until another.
async fn take(client: &Client, at: i64, until: i64, limit: i64) -> Vec<Taken> {
    letters::take(client, later(at), later(until), limit).await.unwrap()
}

async fn count(client: &Client, state: &str) -> i64 {
    let query = "select count(*) from letters where state = $1";
    client.query_one(query, &[&state]).await.unwrap().get(0)
}

#[tokio::test]
async fn stored_with_the_cursor_and_once() {
    let db = TestDb::new();
    let (pool, client) = (db.database().pool(1).await.unwrap(), db.connect().await);
    assert!(store(&pool, 0, 3).await);
    assert!(!store(&pool, 0, 3).await, "the cursor is elsewhere by now");
    assert!(!store(&pool, 1, 4).await, "the cursor was never there");
    assert_eq!(count(&client, "queued").await, 3);
    // A replay: the cursor goes back, and the same letters come again.
    client.execute("update consumer_offsets set seq = 1", &[]).await.unwrap();
    assert!(store(&pool, 1, 4).await);
    assert_eq!(count(&client, "queued").await, 4);
    let old = [(letter(9), instant(), Some("long ago"))];
    assert!(letters::store(&pool, CONSUMER, 4, position(9), &old).await.unwrap());
    assert_eq!(count(&client, "suppressed").await, 1);
}

#[tokio::test]
async fn taken_by_one_until_the_lease_ends() {
    let db = TestDb::new();
    let (pool, one, other) =
        (db.database().pool(1).await.unwrap(), db.connect().await, db.connect().await);
    assert!(store(&pool, 0, 3).await);
    let mine = take(&one, 0, 60, 2).await;
    let theirs = take(&other, 0, 60, 2).await;
    assert_eq!((mine.len(), theirs.len()), (2, 1));
    assert!(mine.iter().all(|taken| taken.id != theirs[0].id && taken.attempt == 1));
    assert_eq!(mine[0].letter.as_ref().unwrap().user_id, UserId::from(Uuid::nil()));
    assert_eq!(take(&other, 59, 99, 9).await, [], "nobody's time is over");

    assert!(letters::settle(&one, &mine[0], &Settlement::Sent, later(1)).await.unwrap());
    let again = take(&other, 61, 120, 9).await;
    assert_eq!(again.len(), 2, "what was sent is never taken again");
    assert!(again.iter().all(|taken| taken.attempt == 2));
    let late = letters::settle(&one, &mine[1], &Settlement::Sent, later(62)).await.unwrap();
    assert!(!late, "whoever comes after the lease has no say");
    for taken in &again {
        assert!(letters::settle(&other, taken, &Settlement::Sent, later(62)).await.unwrap());
    }
    assert_eq!(count(&one, "sent").await, 3);
}

#[tokio::test]
async fn two_transactions_do_not_wait_for_each_other() {
    let db = TestDb::new();
    let (pool, one, other) =
        (db.database().pool(1).await.unwrap(), db.connect().await, db.connect().await);
    assert!(store(&pool, 0, 2).await);
    one.batch_execute("begin").await.unwrap();
    assert_eq!(take(&one, 0, 60, 1).await.len(), 1);
    assert_eq!(take(&other, 0, 60, 9).await.len(), 1, "the locked one is passed over");
    one.batch_execute("commit").await.unwrap();
}

#[tokio::test]
async fn settled_as_it_went() {
    let db = TestDb::new();
    let (pool, client) = (db.database().pool(1).await.unwrap(), db.connect().await);
    assert!(store(&pool, 0, 1).await);
    let again = |counts| Settlement::Again { at: later(10), why: "451".to_owned(), counts };
    let first = take(&client, 0, 60, 1).await.remove(0);
    assert!(letters::settle(&client, &first, &again(false), later(1)).await.unwrap());
    assert_eq!(take(&client, 9, 60, 1).await, []);
    let second = take(&client, 10, 60, 1).await.remove(0);
    assert_eq!(second.attempt, 1, "the first did not count");
    assert!(letters::settle(&client, &second, &again(true), later(1)).await.unwrap());
    let third = take(&client, 10, 60, 1).await.remove(0);
    assert_eq!(third.attempt, 2);
    let failed = Settlement::Failed("no".to_owned());
    assert!(letters::settle(&client, &third, &failed, later(1)).await.unwrap());
    assert_eq!(take(&client, 999, 9999, 1).await, []);
    let row = client.query_one("select state, last_error from letters", &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("failed", "no"));
}

#[tokio::test]
async fn a_letter_of_another_version_is_given_back_as_such() {
    let db = TestDb::new();
    let (pool, client) = (db.database().pool(1).await.unwrap(), db.connect().await);
    assert!(store(&pool, 0, 2).await);
    let query = "update letters set template = 'from_the_future'
        where id = (select id from letters limit 1)";
    client.execute(query, &[]).await.unwrap();
    let taken = take(&client, 0, 60, 9).await;
    assert_eq!(taken.iter().filter(|taken| taken.letter.is_err()).count(), 1);
    assert_eq!(taken.len(), 2, "the other one goes out");
}

//! A server that has lost its shards: whatever it still wants to write comes back refused.

use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::client::text_at;
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::wait::wait_until;
use crate::walls::footprint;

/// Has a server claim every shard.
const CLAIM: &str = "update shards set owner = $1, epoch = epoch + 1";

#[tokio::test]
async fn a_stale_owner_writes_nothing_and_its_requests_can_be_sent_again() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let held = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    let paying = world.hold(&tenant, &home.stay(world.day(20), 2)).await;
    let page = world.checkout(&tenant, &paying).await;
    let sql = world.sql().await;
    settled(&world).await;

    let another = another_owner(&sql).await;
    sql.execute(CLAIM, &[&another]).await.unwrap();
    let before = footprint(&sql).await;
    let (key, stay) = (Uuid::new_v4().to_string(), home.stay(world.day(30), 2));
    let api = world.api(&tenant);
    let (nothing, checkout) = (json!({}), format!("bookings/{}/checkout", text_at(&held, "/id")));
    let post = |path: &str, body| api.call(reqwest::Method::POST, path).key(&key).json(body);
    let path = format!("bookings/{}", text_at(&held, "/id"));
    for _ in 0..3 {
        let answer = post("bookings", &stay).send().await;
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert_eq!(answer.body["retryable"], json!(true));
        let release = api.call(reqwest::Method::DELETE, &format!("{path}/hold")).send().await;
        assert_eq!(release.status, 503, "{}", release.text);
        let answer = post(&checkout, &nothing).send().await;
        assert_eq!(answer.status, 503, "{}", answer.text);
    }
    assert_eq!(footprint(&sql).await, before, "a stale owner writes nothing");

    // Nor do its timers, nor what the provider tells it.
    world.pay(&page).await;
    world.move_clock(700);
    wait_until("the hook has come", async || {
        let row = sql.query_one("select count(*) from stripe_inbox", &[]).await.unwrap();
        row.get::<_, i64>(0) > 0
    })
    .await;
    assert_eq!(footprint_of_entities(&footprint(&sql).await), footprint_of_entities(&before));
    assert_eq!(world.booking(&tenant, &held).await["status"], "hold", "reads go on");

    // The next start owns them again, and the same keys do what they were to do.
    world.kill();
    let end = "update cluster_nodes set state = 'left' where incarnation = $1";
    sql.execute(end, &[&another]).await.unwrap();
    world.start_again();
    let answer = world.api(&tenant).settle("bookings", &key, &stay).await;
    answer.expect(201);
    world.wait_for_status(&tenant, &held, "expired").await;
    world.wait_for_status(&tenant, &paying, "confirmed").await;
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn what_is_on_its_way_when_its_shard_changes_hands_is_refused_and_counted() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let (sql, other) = (world.sql().await, world.sql().await);
    let another = another_owner(&other).await;
    assert!(world.metric("committer_fenced_total").await.abs() < f64::EPSILON);

    // It is on its way for as long as the claim is not committed.
    sql.batch_execute("begin").await.unwrap();
    sql.execute(CLAIM, &[&another]).await.unwrap();
    let (api, stay) = (world.api(&tenant), home.stay(world.day(10), 2));
    let held = api.call(reqwest::Method::POST, "bookings").json(&stay).send();
    let claimed = async {
        wait_until("a batch waits at the fence", async || {
            let waits = "select 1 from pg_stat_activity where datname = current_database()
                and wait_event_type = 'Lock' and query like '%for share of s%'
                and pid <> pg_backend_pid()";
            other.query_opt(waits, &[]).await.unwrap().is_some()
        })
        .await;
        sql.batch_execute("commit").await.unwrap();
    };
    let (held, ()) = tokio::join!(held, claimed);
    assert_eq!(held.status, 503, "{}", held.text);
    assert!(world.metric("committer_fenced_total").await > 0.0, "the fence has refused it");
    let query = "select count(*) from bookings";
    assert_eq!(other.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 0);
}

/// A server that can claim shards, and that nobody can reach.
async fn another_owner(sql: &Client) -> i64 {
    let another =
        "insert into cluster_nodes (name, address, host, process, version, state, lease_until)
        values ('another', '127.0.0.1:9', '', '', '', 'active', now() + interval '1 hour')
        returning incarnation";
    sql.query_one(another, &[]).await.unwrap().get(0)
}

/// Without the events of the edge, which has no owner: the inbox goes on.
fn footprint_of_entities(counts: &[i64]) -> Vec<i64> {
    let events = 4;
    let others = counts.iter().enumerate().filter(|(at, _)| *at != events);
    others.map(|(_, count)| *count).collect()
}

/// Waits until consumers have nothing more to write.
async fn settled(world: &World) {
    invariants::check(world, &[]).await;
}

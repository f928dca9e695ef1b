//! Money: after any mix of bookings, changes, cancellations and refunds, at a provider that
//! fails in every way it can, the books add up to zero and are the provider's own.
//!
//! `RENTEZY_MONEY_BOOKINGS` says how many bookings are made, `RENTEZY_MONEY_SEED` which mix
//! it is; both are printed. A seed gives the same people the same wishes and the same dice
//! to the provider, but not the same order of what happens at once.

mod days;
mod desk;
mod mix;
mod races;
mod stays;
mod till;

use serde_json::{Value, json};

use crate::harness::invariants;
use crate::harness::sandbox::{faults_met, order_faults};
use crate::harness::server::World;
use crate::harness::shop::uuid_of;
use crate::harness::wait::{wait_for, wait_until};
use desk::Desk;
use till::Till;

/// Bookings of a run that nobody asks to be longer.
const BOOKINGS: usize = 300;

/// Parts of a run: after each of them days pass, and guests come and leave.
const PARTS: usize = 3;

/// What goes wrong, out of a thousand, and for how long at most.
fn trouble(seed: u64) -> Value {
    json!({"seed": seed, "calls": 60, "hang_seconds": 1.5, "webhooks": 300, "late_seconds": 5.0})
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_are_the_providers_after_any_mix() {
    let seed = number("RENTEZY_MONEY_SEED").unwrap_or_else(|| fastrand::u64(0..1_000_000));
    let bookings = number("RENTEZY_MONEY_BOOKINGS").map_or(BOOKINGS, |n| n.try_into().unwrap());
    eprintln!("RENTEZY_MONEY_SEED={seed} RENTEZY_MONEY_BOOKINGS={bookings}");
    let began = rentezy::clock::monotonic();
    let mut desk = Desk::open(seed, bookings).await;
    let endpoint = desk.world.endpoint().await;
    for part in 1..=PARTS {
        order_faults(&endpoint, &json!({"chance": trouble(seed + part as u64)})).await;
        desk.mix(bookings * part / PARTS).await;
        desk.days_pass(5).await;
        eprintln!("part {part} of {PARTS}: after {:?}", began.elapsed());
    }
    order_faults(&endpoint, &json!({"chance": {}})).await;
    let met = faults_met(&endpoint).await;
    settle(&mut desk).await;
    eprintln!("done after {:?}: {}\nfaults: {met}", began.elapsed(), desk.tally);
    eprintln!("webhooks that came after newer ones: {}", overtaken(&desk.world).await);
    eprintln!("rows: {}", rows(&desk.world).await);
    for fault in ["fail_before", "fail_after", "drop_after", "hang"] {
        let some = met.as_object().unwrap().keys().any(|met| met.ends_with(fault));
        assert!(some, "no {fault} in {met}");
    }
    let acked: Vec<_> = desk.held().iter().map(|id| uuid_of(id)).collect();
    assert!(acked.len() >= bookings);
    invariants::check(&desk.world, &acked).await;
    let sql = desk.world.sql().await;
    let differences = Till::of(&endpoint).await.differences(&sql, &desk.promised()).await;
    assert!(differences.is_empty(), "seed {seed}: {differences:#?}");
}

/// Lets everything come to its end: what is unclear is asked for, events that were given up
/// are tried again as operators do, stays end and deposits go back.
async fn settle(desk: &mut Desk) {
    desk.world.pass(3_600);
    come_to_rest(desk).await;
    let sql = desk.world.sql().await;
    // The last stay ends, and two weeks later the last deposit is due.
    for days in [100, 20] {
        desk.world.pass(days * 86_400);
        wait_until("stays and deposits have come to their ends", async || {
            let query = "select count(*) from timers where fired_at is null and fire_at < $1";
            sql.query_one(query, &[&desk.world.now()]).await.unwrap().get::<_, i64>(0) == 0
        })
        .await;
    }
    come_to_rest(desk).await;
    desk.sign_again().await;
}

/// Waits until no money and no event is on its way.
async fn come_to_rest(desk: &Desk) {
    let sql = desk.world.sql().await;
    let given_up = "select count(*) from dead_letters where state = 'open'";
    let moving = "select (select count(*) from refunds where status = 'pending')
        + (select count(*) from payments where status in ('created', 'authorized'))
        + (select count(*) from parked_events)
        + (select count(*) from bookings where status in ('hold', 'pending_payment', 'expiring'))";
    wait_for("nothing is on its way any more", async || {
        // Tries and waits are by the server's clock, which may run through all tries of an event
        // while one call hangs at the provider.
        desk.world.pass(600);
        let lost: i64 = sql.query_one(given_up, &[]).await.unwrap().get(0);
        if lost > 0 {
            try_again(desk).await;
        }
        let left: i64 = sql.query_one(moving, &[]).await.unwrap().get(0);
        (lost + left == 0).then_some(())
    })
    .await;
}

async fn try_again(desk: &Desk) {
    for consumer in ["payments", "stripe_hooks"] {
        let retry = json!({"consumer": consumer});
        let path = "/ops/v1/dead-letters/retry";
        let retried = desk.world.operator().post(path, &retry).await.body(202);
        desk.tally.add_many("dead letters tried again", retried["retried"].as_u64().unwrap());
    }
}

/// How many webhooks came after one that the provider had made later.
async fn overtaken(world: &World) -> i64 {
    let query = "select count(*) from (select (payload ->> 'created')::bigint as made,
            max((payload ->> 'created')::bigint) over (order by received_at
                rows between unbounded preceding and 1 preceding) as newest
        from stripe_inbox) hook where made < newest";
    world.sql().await.query_one(query, &[]).await.unwrap().get(0)
}

/// How bookings, payments and refunds stand, and how many of each.
async fn rows(world: &World) -> Value {
    let query = "select jsonb_object_agg(what, times) from (
        select 'booking ' || status as what, count(*) as times from bookings group by 1
        union all select concat_ws(' ', 'payment of a', purpose, status), count(*)
            from payments group by 1
        union all select concat_ws(' ', 'refund', reason, status), count(*) from refunds group by 1
        union all select 'deposit ' || status, count(*) from deposits group by 1
        union all select 'postings', count(*) from ledger) rows";
    world.sql().await.query_one(query, &[]).await.unwrap().get(0)
}

/// The comparison sees what it is there for.
#[tokio::test]
async fn a_loss_is_seen() {
    let world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let mut stays = Vec::new();
    for ahead in [10, 20] {
        stays.push(world.book(&tenant, &home.stay(world.day(ahead), 2)).await);
    }
    let cancel = format!("bookings/{}/cancel", stays[0]["id"].as_str().unwrap());
    world.api(&tenant).post(&cancel, &json!({})).await.expect(200);
    let mut sql = world.sql().await;
    wait_until("the money is back", async || {
        let query = "select count(*) from refunds where status = 'succeeded'";
        sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    let till = Till::of(&world.endpoint().await).await;
    let none: Vec<String> = till.differences(&sql, &[]).await;
    assert_eq!(none, Vec::<String>::new());
    let lost = [
        "update payments set captured = captured - 1 where refunded = 0",
        "update payments set currency = 'USD' where refunded = 0",
        "update payments set status = 'created' where refunded = 0",
        "delete from payments where refunded = 0",
        "delete from refunds",
        "update refunds set amount = amount - 1",
        "update refunds set status = 'pending'",
        "insert into refunds select gen_random_uuid(), property_id, payment_id, booking_id, 1,
             currency, reason, 'succeeded', provider_ref, version, created_at, updated_at
         from refunds",
        "alter table ledger disable trigger user;
         delete from ledger where kind = 'refund_succeeded'",
        "alter table ledger disable trigger user;
         update ledger set accounts = array['cash_clearing', 'suspense']
         where kind = 'payment_received'",
    ];
    for loss in lost {
        let transaction = sql.transaction().await.unwrap();
        transaction.batch_execute(loss).await.unwrap_or_else(|error| panic!("{loss}: {error:?}"));
        let seen = till.differences(transaction.client(), &[]).await;
        assert!(!seen.is_empty(), "nobody sees: {loss}");
        eprintln!("{loss}: {}", seen.join("; "));
        transaction.rollback().await.unwrap();
    }
    let promised = [("rfd_00000000000000000000000000000000".to_owned(), 1)];
    assert!(!till.differences(&sql, &promised).await.is_empty(), "an acknowledged refund");
}

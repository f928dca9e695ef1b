//! kill -9: what was acknowledged is there, what was not is found out by asking again, and
//! what was under way comes to an end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::sandbox::{GOOD_CARD, fill_in, own_page};
use crate::harness::server::World;
use crate::harness::shop::{User, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

#[tokio::test]
async fn killed_between_hold_and_payment() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let stay = home.stay(world.day(10), 2);
    let booking = world.hold(&tenant, &stay).await;
    world.kill();
    world.start_again();
    let still = world.booking(&tenant, &booking).await;
    assert_eq!((&still["status"], &still["expires_at"]), (&json!("hold"), &booking["expires_at"]));
    world.move_clock(500);
    world.try_hold(&landlord, &stay).await.problem(409, "not-bookable");
    let other = world.tenant().await;
    world.try_hold(&other, &stay).await.problem(409, "nights-taken");
    world.move_clock(101);
    world.wait_for_status(&tenant, &booking, "expired").await;
    world.hold(&other, &stay).await;
    invariants::check(&world, &[uuid_of(&text_at(&booking, "/id"))]).await;
}

#[tokio::test]
async fn the_time_of_a_hold_runs_out_while_the_server_is_dead() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let stay = home.stay(world.day(10), 2);
    let plain = world.hold(&tenant, &stay).await;
    let paying = world.hold(&tenant, &stay).await;
    world.checkout(&tenant, &paying).await;
    world.kill();
    world.move_clock(3600);
    world.start_again();
    for booking in [&plain, &paying] {
        world.wait_for_status(&tenant, booking, "expired").await;
    }
    assert_eq!(world.free_on(&home, world.day(10)).await, 2);
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn paid_while_the_server_is_dead_ends_as_confirmed_or_refunded() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 3, 10_000).await;
    let stay = home.stay(world.day(10), 2);
    let mut paying = Vec::new();
    for _ in 0..3 {
        let booking = world.hold(&tenant, &stay).await;
        let page = world.checkout(&tenant, &booking).await;
        paying.push((booking, page));
    }
    // One of them is given up just before.
    let path = format!("bookings/{}/hold", text_at(&paying[2].0, "/id"));
    let faults = json!({"calls": [{"operation": "session.expire", "fault": "hang",
        "times": 1, "seconds": 2}]});
    let endpoint = world.endpoint().await;
    crate::harness::sandbox::order_faults(&endpoint, &faults).await;
    world.api(&tenant).call(Method::DELETE, &path).send().await.expect(200);
    world.kill();
    for (_, page) in &paying {
        let paid = fill_in(&own_page(&endpoint, page), GOOD_CARD).await;
        // The one that was given up may be closed already.
        assert!(matches!(paid.status.as_u16(), 303 | 410), "{}: {}", paid.status, paid.page);
    }
    // For one the server comes back in time, for the next long after.
    world.start_again();
    let confirmed = world.wait_for_status(&tenant, &paying[0].0, "confirmed").await;
    assert_eq!(confirmed["payment"]["status"], "succeeded");
    world.wait_for_status(&tenant, &paying[1].0, "confirmed").await;
    world.wait_for_status(&tenant, &paying[2].0, "cancelled").await;

    let booking = world.hold(&tenant, &stay).await;
    let page = world.checkout(&tenant, &booking).await;
    world.kill();
    let paid = fill_in(&own_page(&endpoint, &page), GOOD_CARD).await;
    assert_eq!(paid.status, 303, "{}", paid.page);
    world.move_clock(7200);
    world.start_again();
    let ended = wait_for("confirmed or refunded", async || {
        let booking = world.booking(&tenant, &booking).await;
        let refunded = booking["payment"]["status"] == "refunded";
        (booking["status"] == "confirmed" || refunded).then_some(booking)
    })
    .await;
    eprintln!("paid in time, found late: {}", ended["status"]);
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn killed_at_every_step_of_a_payment() {
    let mut world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    for (round, step) in ["checkout", "page", "paid"].iter().enumerate() {
        let ahead = 10 + 5 * i32::try_from(round).unwrap();
        let booking = world.hold(&tenant, &home.stay(world.day(ahead), 2)).await;
        let (id, key) = (text_at(&booking, "/id"), Uuid::new_v4().to_string());
        let path = format!("bookings/{id}/checkout");
        if *step == "checkout" {
            // The answer is not waited for: killed while it is on its way.
            let api = world.api(&tenant);
            let call = api.call(Method::POST, &path).key(&key).json(&json!({})).try_send();
            let sql = world.sql().await;
            let seen = wait_until("the payment is made out", async || {
                let query = "select count(*) from payments p join bookings b
                    on b.payment_id = p.id where b.id = $1";
                sql.query_one(query, &[&uuid_of(&id)]).await.unwrap().get::<_, i64>(0) == 1
            });
            tokio::select! {
                _ = call => {}
                () = seen => {}
            }
            world.kill();
            world.start_again();
        }
        let page = world.checkout(&tenant, &booking).await;
        if *step == "page" {
            world.kill();
            world.start_again();
        }
        let endpoint = world.endpoint().await;
        let paid = fill_in(&own_page(&endpoint, &page), GOOD_CARD).await;
        assert_eq!(paid.status, 303, "{}", paid.page);
        if *step == "paid" {
            world.kill();
            world.start_again();
        }
        world.wait_for_status(&tenant, &booking, "confirmed").await;
    }
    invariants::check(&world, &[]).await;
}

/// Homes, and nights in each, that the storm is about.
const HOMES: usize = 20;
const TARGETS: i32 = 25;
const WISHES: usize = 1000;

/// A wish and what has become of it.
struct Wish {
    user: usize,
    key: String,
    stay: Value,
    answer: Option<Answer>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_thousand_holds_ten_times() {
    let mut world = World::start().await;
    let landlord = world.landlord().await;
    let mut homes = Vec::new();
    for _ in 0..HOMES {
        homes.push(world.home(&landlord, 1, 10_000).await);
    }
    let crowd = world.crowd(WISHES).await;
    let mut random = fastrand::Rng::with_seed(20_261_121);
    let mut acked = Vec::new();
    for round in 0..10 {
        let wish = |user: usize| {
            // Two wishes for each target: half of them have to be refused.
            let home = &homes[user % HOMES];
            let target = i32::try_from(user / HOMES).unwrap() % TARGETS;
            let ahead = 1 + round * TARGETS * 2 + target * 2;
            let stay = home.stay(world.day(ahead), 2);
            Wish { user, key: Uuid::new_v4().to_string(), stay, answer: None }
        };
        let mut wishes: Vec<Wish> = (0..WISHES).map(wish).collect();
        let kill_after = random.usize(1..WISHES / 2);
        storm(&mut world, &crowd, &mut wishes, kill_after).await;
        let answered = wishes.iter().filter(|wish| wish.answer.is_some()).count();
        eprintln!("round {round}: killed after {kill_after} answers, {answered} came");
        world.start_again();
        acked.extend(resolve(&world, &crowd, wishes).await);
    }
    assert_eq!(acked.len(), 10 * HOMES * usize::try_from(TARGETS).unwrap());
    invariants::check(&world, &acked).await;
}

/// Sends all wishes at once and kills the server after so many answers.
async fn storm(world: &mut World, crowd: &[User], wishes: &mut [Wish], kill_after: usize) {
    let answers = AtomicUsize::new(0);
    let reached = tokio::sync::Notify::new();
    let calls: Vec<_> = wishes
        .iter()
        .map(|wish| {
            let call = world.api(&crowd[wish.user]).call(Method::POST, "bookings");
            call.key(&wish.key).json(&wish.stay)
        })
        .collect();
    let sent = calls.into_iter().map(async |call| {
        let answer = call.try_send().await;
        if answers.fetch_add(1, Ordering::Relaxed) + 1 == kill_after {
            reached.notify_one();
        }
        answer.ok()
    });
    let kill = async {
        reached.notified().await;
        world.kill();
    };
    let (answers, ()) = tokio::join!(join_all(sent), kill);
    for (wish, answer) in wishes.iter_mut().zip(answers) {
        wish.answer = answer;
    }
}

/// Sends every wish again under its key. Whoever had an answer gets the same again; every
/// target has one tenant in the end. The bookings.
async fn resolve(world: &World, crowd: &[User], wishes: Vec<Wish>) -> Vec<Uuid> {
    let again = wishes.iter().map(async |wish| {
        world.api(&crowd[wish.user]).settle("bookings", &wish.key, &wish.stay).await
    });
    let answers = join_all(again).await;
    let mut tenants: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for (wish, answer) in wishes.iter().zip(answers) {
        let held = answer.status == 201;
        if let Some(first) = wish.answer.as_ref().filter(|first| first.status == 201) {
            assert!(held, "acknowledged and lost: {} then {}", first.text, answer.text);
            assert_eq!(first.text, answer.text, "the same key answers the same");
            assert_eq!(answer.header("idempotency-replayed"), Some("true"));
        }
        if held {
            let id = uuid_of(&answer.text_at("/id"));
            tenants.entry(wish.stay.to_string()).or_default().push(id);
        } else {
            answer.problem(409, "nights-taken");
        }
    }
    for (stay, bookings) in &tenants {
        assert_eq!(bookings.len(), 1, "sold twice: {stay}");
    }
    tenants.into_values().flatten().collect()
}

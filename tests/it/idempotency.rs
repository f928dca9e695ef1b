//! Idempotency keys: one effect and one answer, however often a request comes.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::harness::client::{Api, text_at};
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::{new_property, uuid_of};
use crate::walls::footprint;

fn key() -> String {
    Uuid::new_v4().to_string()
}

#[tokio::test]
async fn the_same_key_answers_the_same_even_to_another_server() {
    let mut world = World::start().await;
    let (landlord, tenant, other) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let (stay, key) = (home.stay(world.day(10), 2), key());
    let first = world.api(&tenant).settle("bookings", &key, &stay).await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    for round in 0..3 {
        if round == 2 {
            world.kill();
            world.start_again();
        }
        let again = world.api(&tenant).settle("bookings", &key, &stay).await.expect(201);
        assert_eq!(again.text, first.text);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
    let mut changed = stay.clone();
    changed["guests"] = json!(2);
    let reused = world.api(&tenant).settle("bookings", &key, &changed).await;
    reused.problem(422, "idempotency-key-reused");
    // The order of fields and the white space are nothing.
    let text = format!(
        " {{\"guests\": 1, \"check_out\": {}, \"check_in\": {}, \"property_id\": {}}}\n",
        stay["check_out"], stay["check_in"], stay["property_id"]
    );
    let call = world.api(&tenant).call(Method::POST, "bookings").key(&key);
    let same = call.header("content-type", "application/json").bytes(text).send().await;
    assert_eq!(same.expect(201).text, first.text);
    // Somebody else's key of the same name is another key.
    let theirs = world.api(&other).settle("bookings", &key, &stay).await.expect(201);
    assert_ne!(theirs.text_at("/id"), first.text_at("/id"));
    // An effect that is over does not change the answer.
    world.release(&tenant, &first.body).await;
    let again = world.api(&tenant).settle("bookings", &key, &stay).await.expect(201);
    assert_eq!(again.text, first.text);
    invariants::check(&world, &[uuid_of(&first.text_at("/id"))]).await;
}

/// A copy of a request that was on its way for longer than the one which was refused is not
/// carried out.
#[tokio::test]
async fn a_refusal_leaves_nothing_behind_and_is_given_again() {
    let world = World::start().await;
    let (landlord, tenant, other) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let (stay, first) = (home.stay(world.day(10), 2), key());
    let theirs = world.hold(&other, &stay).await;
    let sql = world.sql().await;
    let before = footprint(&sql).await;
    for _ in 0..2 {
        let refused = world.api(&tenant).settle("bookings", &first, &stay).await;
        refused.problem(409, "nights-taken");
    }
    assert_eq!(footprint(&sql).await, before, "a refusal leaves nothing behind");
    world.release(&other, &theirs).await;
    let copy = world.api(&tenant).settle("bookings", &first, &stay).await;
    copy.problem(409, "nights-taken");
    assert_eq!(world.free_on(&home, world.day(10)).await, 1, "nothing was done");
    // Who wants them now says so with a key of its own.
    world.api(&tenant).settle("bookings", &key(), &stay).await.expect(201);
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn parallel_repeats_have_one_effect() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 50, 10_000).await;
    let sql = world.sql().await;
    for round in 0..10 {
        let (stay, key) = (home.stay(world.day(10 + round), 1), key());
        let api = world.api(&tenant);
        let before = footprint(&sql).await[0];
        let calls = (0..20).map(|_| api.settle("bookings", &key, &stay));
        let answers = join_all(calls).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
        }
        let fresh = answers.iter().filter(|a| a.header("idempotency-replayed").is_none());
        assert_eq!(fresh.count(), 1);
        assert_eq!(footprint(&sql).await[0], before + 1);
        let path = format!("bookings/{}/checkout", answers[0].text_at("/id"));
        let nothing = json!({});
        let calls = (0..5).map(|_| api.settle(&path, &key, &nothing));
        let answers = join_all(calls).await;
        let payments: Vec<_> = answers.iter().map(|a| a.text_at("/payment/id")).collect();
        assert!(payments.iter().all(|id| *id == payments[0]), "{payments:?}");
    }
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn every_request_with_an_effect_wants_a_key() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let booking = world.hold(&tenant, &home.stay(world.day(10), 2)).await;
    let id = text_at(&booking, "/id");
    let (hold, checkout) = (format!("bookings/{id}/hold"), format!("bookings/{id}/checkout"));
    let stay = home.stay(world.day(20), 2);
    let property = new_property(1, 100);
    let empty = json!({});
    for (user, method, path, body) in [
        (&tenant, Method::POST, "bookings", &stay),
        (&tenant, Method::POST, checkout.as_str(), &empty),
        (&tenant, Method::DELETE, hold.as_str(), &empty),
        (&landlord, Method::POST, "properties", &property),
    ] {
        let api: Api = world.api(user);
        let call = || api.call(method.clone(), path).json(body);
        call().no_key().send().await.problem(400, "idempotency-key-required");
        for wrong in ["", " ", "with space", &"k".repeat(256)] {
            let answer = call().key(wrong).send().await;
            answer.problem(400, "idempotency-key-required");
        }
        let twice = call().key("one").header("idempotency-key", "two").send().await;
        twice.problem(400, "idempotency-key-required");
    }
    // 255 characters are a key.
    let longest = "k".repeat(255);
    world.api(&tenant).settle("bookings", &longest, &stay).await.expect(201);
    let draft = world.api(&landlord).settle("properties", &longest, &property).await.expect(201);
    let again = world.api(&landlord).settle("properties", &longest, &property).await.expect(201);
    assert_eq!(draft.text, again.text);
    // The same key on another route is another key.
    world.api(&tenant).settle(&checkout, &longest, &empty).await;
    invariants::check(&world, &[]).await;
}

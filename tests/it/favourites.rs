//! Favourites: whose they are, and what is told of them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Api, text_at};
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::wait_until;
use crate::saved_searches::{set_price, told};

async fn put(api: &Api, home: &str, body: &Value) -> Answer {
    api.call(Method::PUT, &format!("favourites/{home}")).json(body).send().await
}

async fn delete(api: &Api, home: &str) -> Answer {
    api.call(Method::DELETE, &format!("favourites/{home}")).send().await
}

async fn dropped(world: &World, user: &User) -> (i64, i64) {
    told(world, user, "favourite.price_dropped", "price_dropped").await
}

async fn freed(world: &World, user: &User) -> (i64, i64) {
    told(world, user, "favourite.nights_freed", "nights_freed").await
}

/// Whether the nights of somebody's only favourite are free, as they see it.
async fn wait_for_free(api: &Api, free: bool) {
    wait_until(&format!("the nights are free: {free}"), async || {
        api.get("favourites").await.body(200)["data"][0]["nights_free"] == json!(free)
    })
    .await;
}

#[tokio::test]
async fn a_price_that_falls_enough_is_told_once() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let (host, api) = (world.api(&landlord), world.api(&tenant));
    let kept = put(&api, &home.id, &json!({})).await.body(200);
    assert_eq!(kept["price_then"], json!({"amount": 10_000, "currency": "EUR"}));
    put(&host, &home.id, &json!({})).await.expect(200);
    set_price(&host, &home, 9_600).await;
    assert_eq!(dropped(&world, &tenant).await, (0, 0), "less than five percent");
    set_price(&host, &home, 9_000).await;
    assert_eq!(dropped(&world, &tenant).await, (1, 1));
    set_price(&host, &home, 9_100).await;
    set_price(&host, &home, 8_900).await;
    assert_eq!(dropped(&world, &tenant).await, (1, 1), "against what was told before");
    assert_eq!(dropped(&world, &landlord).await, (0, 0), "one's own is no news");
    let news = api.get("notifications").await.body(200)["data"][0].clone();
    assert_eq!(
        (&news["data"]["old"]["amount"], &news["data"]["new"]["amount"]),
        (&json!(10_000), &json!(9_000))
    );
    let list = api.get("favourites").await.body(200);
    let (then, now) = (&list["data"][0]["price_then"], &list["data"][0]["price_now"]);
    assert_eq!((&then["amount"], &now["amount"]), (&json!(10_000), &json!(8_900)));
    // The same events again say the same of the rows as they are now.
    let order = json!({"consumer": "alerts"});
    let ordered = world.operator().post("/ops/v1/replays", &order).await.body(202);
    let path = format!("/ops/v1/replays/{}", text_at(&ordered, "/id"));
    wait_until("the replay is done", async || {
        world.operator().get(&path).await.body(200)["state"] == "done"
    })
    .await;
    assert_eq!(dropped(&world, &tenant).await, (1, 1));
}

#[tokio::test]
async fn nights_that_become_free_are_told_and_not_each_time_that_a_hold_ends() {
    let world = World::start().await;
    let (landlord, tenant, guest) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let api = world.api(&tenant);
    let nights = json!({"check_in": world.day(10), "check_out": world.day(12)});
    let kept = put(&api, &home.id, &nights).await.body(200);
    assert_eq!((&kept["nights_free"], &kept["check_in"]), (&json!(true), &nights["check_in"]));
    let hold = async || world.hold(&guest, &home.stay(world.day(11), 3)).await;
    let booking = hold().await;
    wait_for_free(&api, false).await;
    assert_eq!(freed(&world, &tenant).await, (0, 0));
    world.release(&guest, &booking).await;
    wait_for_free(&api, true).await;
    assert_eq!(freed(&world, &tenant).await, (1, 1));
    let booking = hold().await;
    wait_for_free(&api, false).await;
    world.release(&guest, &booking).await;
    wait_for_free(&api, true).await;
    assert_eq!(freed(&world, &tenant).await, (1, 1), "once a day is enough");
    // Kept for other nights, it is another matter.
    let booking = world.hold(&guest, &home.stay(world.day(20), 3)).await;
    let other = json!({"check_in": world.day(20), "check_out": world.day(21)});
    let kept = put(&api, &home.id, &other).await.body(200);
    assert_eq!(kept["nights_free"], json!(false));
    world.release(&guest, &booking).await;
    wait_for_free(&api, true).await;
    assert_eq!(freed(&world, &tenant).await, (2, 2));
}

#[tokio::test]
async fn they_are_ones_own_and_within_limits() {
    let world = World::start().await;
    let (landlord, tenant, other) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let homes: Vec<Home> = {
        let (one, two) =
            (world.home(&landlord, 1, 9_000).await, world.home(&landlord, 1, 8_000).await);
        vec![one, two]
    };
    let (api, stranger) = (world.api(&tenant), world.api(&other));
    for home in &homes {
        put(&api, &home.id, &json!({})).await.expect(200);
    }
    let first = put(&api, &homes[0].id, &json!({})).await.body(200);
    let list = async |query: &str| api.get(&format!("favourites{query}")).await.body(200);
    let page = list("?limit=1").await;
    assert_eq!(page["data"][0]["property_id"], json!(homes[1].id), "the latest in front");
    let next = list(&format!("?limit=1&cursor={}", text_at(&page, "/page/next"))).await;
    assert_eq!((&next["data"], &next["page"]["has_more"]), (&json!([first]), &json!(false)));
    assert_eq!(first["home"]["title"], "Canal side flat");

    world.anonymous().get("favourites").await.problem(401, "unauthenticated");
    put(&world.anonymous(), &homes[0].id, &json!({})).await.problem(401, "unauthenticated");
    assert_eq!(stranger.get("favourites").await.body(200)["data"], json!([]));
    delete(&stranger, &homes[0].id).await.problem(404, "not-found");
    let draft = crate::harness::shop::new_property(1, 1_000);
    let draft = world.api(&landlord).post("properties", &draft).await.expect(201).text_at("/id");
    put(&api, &draft, &json!({})).await.problem(404, "not-found");
    let half = json!({"check_in": world.day(3)});
    let half = put(&api, &homes[0].id, &half).await.problem(422, "validation");
    assert_eq!(half.text_at("/errors/0/pointer"), "/check_out");

    delete(&api, &homes[0].id).await.expect(204);
    delete(&api, &homes[0].id).await.problem(404, "not-found");
    assert_eq!(list("").await["data"].as_array().unwrap().len(), 1);
    // A home that rests is kept, without what cannot be had.
    let path = format!("properties/{}/unpublish", homes[1].id);
    let rest = world.api(&landlord).call(Method::POST, &path).header("if-match", "*");
    rest.send().await.expect(200);
    let resting = list("").await["data"][0].clone();
    assert_eq!((resting.get("home"), resting.get("price_now")), (None, None));
    assert_eq!(resting["title"], "Canal side flat");

    let sql = world.sql().await;
    sql.execute(
        "with homes as (insert into properties select (jsonb_populate_record(p, jsonb_build_object(
             'id', gen_random_uuid()))).* from properties p, generate_series(1, 499)
             where p.id = $2 returning id)
         insert into favourites (user_id, property_id, created_at) select $1, id, now() from homes",
        &[&uuid_of(&tenant.id), &homes[1].uuid()],
    )
    .await
    .unwrap();
    let full = put(&api, &homes[0].id, &json!({})).await.problem(422, "validation");
    assert_eq!(full.text_at("/errors/0/code"), "too-many");
}

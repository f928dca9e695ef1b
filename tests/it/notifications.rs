//! What people are told in the app, and what they want to be told.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, text_at};
use crate::harness::server::World;
use crate::harness::shop::User;
use crate::harness::wait::{wait_for, wait_until};

async fn put(world: &World, user: &User, path: &str, body: Option<&Value>) -> Answer {
    let call = world.api(user).call(Method::PUT, path);
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

/// What somebody was told, the newest first, once it is so much.
async fn told(world: &World, user: &User, count: usize) -> Vec<Value> {
    wait_for(&format!("{count} notifications"), async || {
        let list = world.api(user).get("notifications").await.body(200);
        let rows = list["data"].as_array().unwrap().clone();
        (rows.len() >= count).then_some(rows)
    })
    .await
}

fn kinds(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| text_at(row, "/kind")).collect()
}

#[tokio::test]
async fn the_list_is_in_the_order_of_time_and_can_be_read_in_pages() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 9, 10_000).await;
    for round in 0..3 {
        world.move_clock(2);
        world.hold(&tenant, &home.stay(world.day(10 + 5 * round), 2)).await;
    }
    let all = told(&world, &landlord, 5).await;
    let held = ["booking.held"; 3].map(str::to_owned);
    assert_eq!(kinds(&all)[..3], held);
    assert_eq!(kinds(&all)[3..], ["property.approved", "user.role_changed"]);
    let times: Vec<_> = all.iter().map(|row| text_at(row, "/created_at")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    assert_eq!(text_at(&all[0], "/property_title"), "Canal side flat");

    let api = world.api(&landlord);
    let (mut pages, mut path) = (Vec::new(), "notifications?limit=2".to_owned());
    loop {
        let page = api.get(&path).await.body(200);
        pages.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["page"]["next"].as_str() else { break };
        path = format!("notifications?limit=2&cursor={next}");
    }
    assert_eq!(pages, all);
    let cursor = text_at(&api.get("notifications?limit=2").await.body(200), "/page/next");
    let foreign = format!("notifications?unread=true&cursor={cursor}");
    api.get(&foreign).await.problem(400, "malformed");
    api.get("notifications?cursor=AQEB").await.problem(400, "malformed");
    api.get("notifications?limit=101").await.problem(422, "validation");
    api.get("notifications?unread=perhaps").await.problem(422, "validation");
    assert_eq!(world.api(&tenant).get("notifications").await.body(200)["data"], json!([]));
}

#[tokio::test]
async fn read_marks_and_deletions_are_ones_own() {
    let world = World::start().await;
    let (landlord, other) = (world.landlord().await, world.tenant().await);
    world.home(&landlord, 1, 10_000).await;
    let all = told(&world, &landlord, 2).await;
    let id = text_at(&all[0], "/id");
    let (read, one) = (format!("notifications/{id}/read"), format!("notifications/{id}"));
    let count = async |user: &User| {
        world.api(user).get("notifications/unread-count").await.body(200)["unread"].clone()
    };
    assert_eq!((count(&landlord).await, count(&other).await), (json!(2), json!(0)));

    // Somebody else's is as one that is not there.
    let missing = "notifications/ntf_00000000000000000000000000000000";
    let gone =
        put(&world, &other, &format!("{missing}/read"), None).await.problem(404, "not-found");
    let foreign = put(&world, &other, &read, None).await.problem(404, "not-found");
    assert_eq!(gone.body["detail"], foreign.body["detail"]);
    let delete = |user| world.api(user).call(Method::DELETE, &one).send();
    delete(&other).await.problem(404, "not-found");
    for path in ["notifications", "notifications/unread-count", "notification-preferences"] {
        world.anonymous().get(path).await.problem(401, "unauthenticated");
    }

    put(&world, &landlord, &read, None).await.expect(204);
    let first = told(&world, &landlord, 2).await[0]["read_at"].clone();
    assert!(first.is_string());
    put(&world, &landlord, &read, None).await.expect(204);
    assert_eq!(told(&world, &landlord, 2).await[0]["read_at"], first, "the first time counts");
    assert_eq!(count(&landlord).await, 1);
    let unread = world.api(&landlord).get("notifications?unread=true").await.body(200);
    assert_eq!(unread["data"].as_array().unwrap().len(), 1);
    assert_eq!(unread["data"][0]["id"], all[1]["id"]);

    let marked = put(&world, &landlord, "notifications/read-all", None).await.body(200);
    assert_eq!((marked, count(&landlord).await), (json!({"read": 1}), json!(0)));
    delete(&landlord).await.expect(204);
    delete(&landlord).await.problem(404, "not-found");
    assert_eq!(told(&world, &landlord, 1).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_wanted_is_not_told() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 9, 10_000).await;
    told(&world, &landlord, 2).await;
    let path = "notification-preferences";
    let row = |category: &str, in_app: bool, email: bool| {
        let locked = category == "security";
        json!({"category": category, "in_app": in_app, "email": email, "locked": locked})
    };
    let all_on =
        ["security", "bookings", "hosting", "alerts"].map(|category| row(category, true, true));
    let seen = world.api(&landlord).get(path).await.body(200);
    assert_eq!(seen, json!({"preferences": all_on}));

    let wish = |category: &str, in_app: bool, email: bool| json!({"preferences": [{"category": category, "in_app": in_app, "email": email}]});
    let set = put(&world, &landlord, path, Some(&wish("hosting", false, true))).await.body(200);
    assert_eq!(set["preferences"][2], row("hosting", false, true));
    assert_eq!(world.api(&landlord).get(path).await.body(200), set);
    world.book(&tenant, &home.stay(world.day(10), 2)).await;
    told(&world, &tenant, 1).await;
    let sql = world.sql().await;
    wait_until("all events are seen to", async || {
        let query = "select count(*) from streams s left join consumer_offsets o
            on o.stream = s.stream and o.consumer = 'notifications'
            where coalesce(o.seq, 0) < s.head";
        sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    assert_eq!(told(&world, &landlord, 2).await.len(), 2, "nothing of the booking");
    assert_eq!(kinds(&told(&world, &tenant, 1).await), ["booking.confirmed"]);

    // What is left out is on again; only what differs is kept.
    let set = put(&world, &landlord, path, Some(&json!({"preferences": []}))).await.body(200);
    assert_eq!(set, json!({"preferences": all_on}));
    let kept = sql.query_one("select count(*) from notification_preferences", &[]).await.unwrap();
    assert_eq!(kept.get::<_, i64>(0), 0);

    for (body, pointer, code) in [
        (wish("security", true, false), "/preferences/0/email", "locked"),
        (wish("weather", true, true), "/preferences/0/category", "invalid"),
        (json!({}), "/preferences", "required"),
        (
            json!({"preferences": [
                {"category": "hosting", "in_app": true, "email": true},
                {"category": "hosting", "in_app": false, "email": true},
            ]}),
            "/preferences/1/category",
            "duplicate",
        ),
    ] {
        let answer = put(&world, &landlord, path, Some(&body)).await.problem(422, "validation");
        let found = &answer.body["errors"][0];
        assert_eq!((&found["pointer"], &found["code"]), (&json!(pointer), &json!(code)));
    }
}

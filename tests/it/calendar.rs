//! Calendars on the running server: which stays are taken, what is kept back, who gets which
//! unit, and what people are told who ask.

use jiff::ToSpan;
use jiff::civil::Date;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::wait_until;

async fn etag(world: &World, landlord: &User, home: &Home) -> String {
    let path = format!("properties/{}", home.id);
    world.api(landlord).get(&path).await.header("etag").unwrap().to_owned()
}

async fn set_rules(world: &World, landlord: &User, home: &Home, rules: &Value) -> Answer {
    let path = format!("properties/{}/stay-rules", home.id);
    let etag = etag(world, landlord, home).await;
    world.api(landlord).call(Method::PUT, &path).header("if-match", &etag).json(rules).send().await
}

async fn block(world: &World, landlord: &User, home: &Home, body: &Value) -> Answer {
    world.api(landlord).post(&format!("properties/{}/blocks", home.id), body).await
}

/// What somebody is told who asks whether a stay may be booked.
async fn asked(world: &World, home: &Home, from: Date, nights: i32) -> Value {
    let to = from.saturating_add(nights.days());
    let query = format!("availability?check_in={from}&check_out={to}");
    world.anonymous().get(&format!("properties/{}/{query}", home.id)).await.body(200)
}

/// The states of so many nights, as somebody sees them.
async fn states(
    world: &World,
    viewer: Option<&User>,
    home: &Home,
    from: Date,
    n: i32,
) -> Vec<Value> {
    let to = from.saturating_add(n.days());
    let path = format!("properties/{}/calendar?from={from}&to={to}", home.id);
    let api = viewer.map_or_else(|| world.anonymous(), |viewer| world.api(viewer));
    let calendar = api.get(&path).await.body(200);
    let nights = calendar["nights"].as_array().unwrap().iter();
    nights.map(|night| night["state"].clone()).collect()
}

async fn wait_for_search(world: &World, home: &Home, night: Date, found: bool) {
    let query = format!("check_in={night}&check_out={}", night.saturating_add(1.day()));
    wait_until("search knows the nights", async || {
        let answer = world.anonymous().get(&format!("search?{query}")).await;
        let hits = answer.body(200)["data"].as_array().unwrap().clone();
        hits.iter().any(|hit| hit["id"] == json!(home.id)) == found
    })
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one walk, step by step")]
async fn stay_rules_keep_out_what_they_say_and_everybody_can_ask_first() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let rival = world.landlord().await;
    let home = world.home(&landlord, 1, 10_000).await;
    let path = format!("properties/{}/stay-rules", home.id);
    let first = world.anonymous().get(&path).await.expect(200);
    assert_eq!(first.body["arrival_days"], json!([]));
    assert_eq!(first.body["min_nights"], 1);
    assert_eq!(first.header("etag"), Some(etag(&world, &landlord, &home).await.as_str()));

    let (closed, open) = (world.day(20), world.day(21));
    let rules = json!({
        "notice_days": 2, "buffer_before": 0, "buffer_after": 1, "window_days": 100,
        "dates": [{"from": closed, "to": open, "closed_to_arrival": true, "min_nights": 3}],
    });
    let put = |user: &User, etag: &str| {
        let call = world.api(user).call(Method::PUT, &path);
        call.header("if-match", etag).json(&rules).send()
    };
    put(&rival, "*").await.problem(404, "not-found");
    put(&tenant, "*").await.problem(403, "forbidden");
    put(&landlord, "\"99\"").await.problem(412, "precondition-failed");
    let bare = world.api(&landlord).call(Method::PUT, &path).json(&rules).send().await;
    bare.problem(428, "precondition-required");
    for (pointer, wrong) in [
        ("/notice_days", json!({"notice_days": 366})),
        ("/cut_off", json!({"cut_off": "25:00"})),
        (
            "/min_nights_on",
            json!({"min_nights_on": [
            {"day": "friday", "nights": 2}, {"day": "friday", "nights": 3}]}),
        ),
        ("/dates/0/to", json!({"dates": [{"from": open, "to": open}]})),
    ] {
        let answer = set_rules(&world, &landlord, &home, &wrong).await.problem(422, "validation");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer);
    }
    let set = set_rules(&world, &landlord, &home, &rules).await.expect(200);
    assert_eq!(set.body["dates"][0]["min_nights"], 3);
    let kept = world.anonymous().get(&path).await.expect(200);
    assert_eq!((&kept.body, kept.header("etag")), (&set.body, set.header("etag")));

    for (ahead, rule) in [(1, "notice"), (20, "closed-to-arrival"), (100, "window")] {
        let night = world.day(ahead);
        let said = asked(&world, &home, night, 1).await;
        assert_eq!((&said["available"], &said["rule"]), (&json!(false), &json!(rule)));
        let refused = world.try_hold(&tenant, &home.stay(night, 1)).await;
        assert_eq!(refused.problem(409, "not-bookable").body["errors"][0]["code"], rule);
    }
    let near = asked(&world, &home, closed, 1).await["nearest"].clone();
    assert_eq!(near[0]["check_in"], json!(world.day(19)), "{near}");
    assert_eq!(near[1]["check_in"], json!(open), "{near}");
    let good = asked(&world, &home, open, 2).await;
    assert_eq!((&good["available"], &good["nearest"]), (&json!(true), &json!([])));
    world.hold(&tenant, &home.stay(open, 2)).await;
    assert_eq!(asked(&world, &home, open, 2).await["rule"], "nights-taken");
    let beside = world.try_hold(&tenant, &home.stay(world.day(23), 1)).await;
    let beside = beside.problem(409, "nights-taken");
    assert_eq!(
        beside.body["alternatives"][0]["check_in"],
        json!(world.day(24)),
        "after the buffer"
    );

    let night = |ahead| world.day(ahead);
    let calendar = states(&world, None, &home, night(0), 25).await;
    assert_eq!(calendar[..3], [json!("closed"), json!("closed"), json!("free")]);
    assert_eq!(
        calendar[19..25],
        ["free", "taken", "taken", "taken", "taken", "free"].map(|s| json!(s))
    );
    let own = states(&world, Some(&landlord), &home, night(20), 5).await;
    assert_eq!(own, ["buffer", "held", "held", "buffer", "free"].map(|s| json!(s)));
    let path = format!("properties/{}/calendar?from={closed}&to={open}", home.id);
    let night = world.anonymous().get(&path).await.body(200)["nights"][0].clone();
    assert_eq!((&night["min_nights"], &night["arrival"]), (&json!(3), &json!(false)));
    assert!(night.get("units").is_none(), "who is there is for the landlord: {night}");
    wait_for_search(&world, &home, world.day(23), false).await;
    wait_for_search(&world, &home, world.day(24), true).await;
}

#[tokio::test]
async fn nights_that_are_kept_back_are_not_sold_and_not_found() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let rival = world.landlord().await;
    let home = world.home(&landlord, 2, 10_000).await;
    let (from, to) = (world.day(30), world.day(33));
    let body = json!({"check_in": from, "check_out": to, "reason": "paint"});
    block(&world, &rival, &home, &body).await.problem(404, "not-found");
    block(&world, &tenant, &home, &body).await.problem(403, "forbidden");
    let (api, path) = (world.api(&landlord), format!("properties/{}/blocks", home.id));
    let bare = api.call(Method::POST, &path).no_key().json(&body).send().await;
    bare.problem(400, "idempotency-key-required");
    for (pointer, change) in [
        ("/check_in", json!({"check_in": world.day(-1)})),
        ("/check_out", json!({"check_out": from})),
        ("/units", json!({"units": 3})),
        ("/unit_no", json!({"unit_no": 9})),
    ] {
        let mut wrong = body.clone();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = block(&world, &landlord, &home, &wrong).await.problem(422, "validation");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer);
    }
    let stay = world.hold(&tenant, &home.stay(world.day(32), 2)).await;
    block(&world, &landlord, &home, &body).await.problem(409, "nights-taken");
    world.release(&tenant, &stay).await;

    let key = Uuid::new_v4().to_string();
    let send = || api.call(Method::POST, &path).key(&key).json(&body).send();
    let both = send().await.expect(201);
    let again = send().await.expect(201);
    assert_eq!((&again.body, again.header("idempotency-replayed")), (&both.body, Some("true")));
    let mut numbers: Vec<_> =
        both.body["data"].as_array().unwrap().iter().map(|one| one["unit_no"].clone()).collect();
    numbers.sort_by_key(|number| number.as_i64());
    assert_eq!(numbers, [1, 2]);
    assert_eq!(world.free_on(&home, from).await, 0);
    assert_eq!(states(&world, Some(&landlord), &home, to, 1).await, ["free"]);
    assert_eq!(states(&world, Some(&landlord), &home, from, 1).await, ["blocked"]);
    assert_eq!(states(&world, None, &home, from, 1).await, ["taken"]);
    wait_for_search(&world, &home, from, false).await;
    let refused = world.try_hold(&tenant, &home.stay(world.day(32), 1)).await;
    let refused = refused.problem(409, "nights-taken");
    let next = &refused.body["alternatives"];
    assert_eq!(next[0]["check_in"], json!(world.day(33)), "{next}");
    assert_eq!(next[1]["check_in"], json!(world.day(34)), "{next}");
    assert_eq!(next[0]["unit_id"], json!(home.unit_id));

    let listed = api.get(&format!("{path}?limit=1")).await.body(200);
    assert_eq!(listed["page"]["has_more"], true);
    let next = text_at(&listed, "/page/next");
    let rest = api.get(&format!("{path}?limit=1&cursor={next}")).await.body(200);
    assert_eq!(rest["page"]["has_more"], false);
    assert_ne!(rest["data"][0]["id"], listed["data"][0]["id"]);
    world.api(&rival).get(&path).await.problem(404, "not-found");
    let id = text_at(&listed, "/data/0/id");
    let remove = |user: &User| world.api(user).call(Method::DELETE, &format!("blocks/{id}")).send();
    remove(&rival).await.problem(404, "not-found");
    remove(&tenant).await.problem(403, "forbidden");
    remove(&landlord).await.expect(204);
    remove(&landlord).await.problem(404, "not-found");
    wait_for_search(&world, &home, from, true).await;
    world.hold(&tenant, &home.stay(from, 3)).await;
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn a_guest_gets_another_unit_and_the_landlord_sees_all_side_by_side() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let other = world.tenant().await;
    let home = world.home(&landlord, 2, 10_000).await;
    let night = world.day(10);
    let held = world.hold(&tenant, &home.stay(night, 2)).await;
    assert!(held.get("unit_no").is_none());
    let second = world.hold(&other, &home.stay(night, 2)).await;
    let path = |booking: &Value| format!("bookings/{}/move", text_at(booking, "/id"));
    let go = |user: &User, booking: &Value, unit_no: u16| {
        let api = world.api(user);
        let path = path(booking);
        async move { api.post(&path, &json!({"unit_no": unit_no})).await }
    };
    go(&landlord, &held, 2).await.problem(409, "invalid-transition");
    go(&tenant, &held, 2).await.problem(403, "forbidden");
    go(&other, &held, 2).await.problem(403, "forbidden");
    let page = world.checkout(&tenant, &held).await;
    world.pay(&page).await;
    let stay = world.wait_for_status(&tenant, &held, "confirmed").await;
    assert_eq!(world.booking(&landlord, &stay).await["unit_no"], 1);
    assert!(world.booking(&tenant, &stay).await.get("unit_no").is_none());
    let moved = go(&landlord, &stay, 2).await.body(200);
    assert_eq!(moved["unit_no"], 2);
    assert_eq!(world.booking(&landlord, &second).await["unit_no"], 1, "the other makes room");
    go(&landlord, &stay, 3).await.problem(422, "validation");

    let third = world.home(&landlord, 1, 5_000).await;
    let body = json!({"check_in": night, "check_out": world.day(11), "reason": "paint"});
    block(&world, &landlord, &third, &body).await.expect(201);
    let api = world.api(&landlord);
    let query = format!("me/calendar?from={}&to={}", world.day(9), world.day(14));
    let grid = api.get(&query).await.body(200);
    assert_eq!(grid["data"].as_array().unwrap().len(), 2);
    let mut homes = grid["data"].as_array().unwrap().iter();
    let first = homes.find(|one| one["property_id"] == json!(home.id)).unwrap();
    let units = &first["types"][0]["units"];
    let run = &units[1]["runs"][0];
    assert_eq!((&run["booking_id"], &run["pinned"]), (&stay["id"], &json!(true)));
    assert_eq!(
        (&run["state"], &run["guest"], &run["from"]),
        (&json!("booked"), &json!("Ada"), &json!(night))
    );
    assert_eq!((&units[0]["runs"][0]["state"], &units[0]["unit_no"]), (&json!("held"), &json!(1)));
    let price = &first["types"][0]["prices"][0];
    assert_eq!((&price["from"], &price["to"]), (&json!(world.day(9)), &json!(world.day(14))));
    assert_eq!(price["price"]["amount"], 10_000);
    let mut homes = grid["data"].as_array().unwrap().iter();
    let blocked = homes.find(|one| one["property_id"] == json!(third.id)).unwrap();
    let run = &blocked["types"][0]["units"][0]["runs"][0];
    assert_eq!((&run["state"], &run["reason"]), (&json!("blocked"), &json!("paint")));
    let one = api.get(&format!("{query}&limit=1")).await.body(200);
    assert_eq!(
        (one["data"].as_array().unwrap().len(), &one["page"]["has_more"]),
        (1, &json!(true))
    );
    let next = text_at(&one, "/page/next");
    let rest = api.get(&format!("{query}&limit=1&cursor={next}")).await.body(200);
    assert_eq!(
        (&rest["page"]["has_more"], rest["data"][0] == one["data"][0]),
        (&json!(false), false)
    );
    let long = format!("me/calendar?from={}&to={}", world.day(0), world.day(101));
    api.get(&long).await.problem(422, "validation");
    world.api(&tenant).get(&query).await.problem(403, "forbidden");
    invariants::check(&world, &[]).await;
}

/// A home of so many units with a gap of two nights, its landlord, and a stay in its first unit
/// whose guests have left today, after two nights of six.
async fn left_early(world: &mut World, count: u16) -> (User, Home, Value) {
    let (mut landlord, mut tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, count, 10_000).await;
    set_rules(world, &landlord, &home, &json!({"buffer_after": 2})).await.expect(200);
    let stay = world.book(&tenant, &home.stay(world.day(1), 6)).await;
    world.let_pass(3 * 24 * 3600).await;
    for user in [&mut landlord, &mut tenant] {
        *user = world.sign_in(&user.email).await;
    }
    let step = |step: &str| format!("bookings/{}/{step}", text_at(&stay, "/id"));
    world.api(&landlord).post(&step("check-in"), &json!({})).await.expect(200);
    let left = world.api(&tenant).post(&step("check-out"), &json!({})).await.body(200);
    assert_eq!((&left["status"], &left["left_on"]), (&json!("completed"), &json!(world.day(0))));
    (landlord, home, left)
}

#[tokio::test]
async fn behind_guests_who_left_early_only_the_gap_is_kept() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, home, stay) = left_early(&mut world, 1).await;
    let other = world.tenant().await;
    for start_again in [false, true] {
        if start_again {
            world.kill();
            world.start_again();
        }
        // A server that has just begun may still be busy.
        let (key, near) = (Uuid::new_v4().to_string(), home.stay(world.day(1), 1));
        let near = world.api(&other).settle("bookings", &key, &near).await;
        let near = near.problem(409, "nights-taken");
        let next = &near.body["alternatives"];
        assert_eq!(next[0]["check_in"], json!(world.day(2)), "after the gap: {next}");
        let said = asked(&world, &home, world.day(1), 1).await;
        assert_eq!((&said["available"], &said["rule"]), (&json!(false), &json!("nights-taken")));
    }
    let own = states(&world, Some(&landlord), &home, world.day(-2), 5).await;
    assert_eq!(own, ["booked", "booked", "buffer", "buffer", "free"].map(|s| json!(s)));
    wait_for_search(&world, &home, world.day(1), false).await;
    wait_for_search(&world, &home, world.day(2), true).await;
    let cleaning = json!({"check_in": world.day(0), "check_out": world.day(1), "reason": ""});
    block(&world, &landlord, &home, &cleaning).await.expect(201);
    world.hold(&other, &home.stay(world.day(2), 3)).await;
    invariants::check(&world, &[]).await;

    world.let_pass(20 * 24 * 3600).await;
    let (sql, id) = (world.sql().await, uuid_of(&text_at(&stay, "/id")));
    wait_until("the nights that were spent are forgotten", async || {
        let query = "select count(*) from occupancies where ref = $1";
        sql.query_one(query, &[&id]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn a_unit_that_goes_takes_the_gap_in_it_along() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, home, _) = left_early(&mut world, 2).await;
    let kept = json!({"check_in": world.day(5), "check_out": world.day(6), "reason": "",
        "unit_id": home.unit_id, "unit_no": 2});
    block(&world, &landlord, &home, &kept).await.expect(201);
    let etag = etag(&world, &landlord, &home).await;
    let path = format!("properties/{}/units/{}", home.id, home.unit_id);
    let call = world.api(&landlord).call(Method::PATCH, &path).header("if-match", &etag);
    call.json(&json!({"count": 1})).send().await.expect(200);
    assert_eq!(asked(&world, &home, world.day(1), 1).await["available"], true);
    wait_for_search(&world, &home, world.day(5), false).await;
    wait_for_search(&world, &home, world.day(1), true).await;
    invariants::check(&world, &[]).await;
}

//! Listings: from draft to live, who sees what of them, and that nobody overwrites what
//! they have not seen.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Api};
use crate::harness::server::World;
use crate::harness::shop::{Home, new_property};
use crate::harness::wait::wait_until;

async fn patch(api: &Api, path: &str, etag: &str, body: &Value) -> Answer {
    api.call(Method::PATCH, path).header("if-match", etag).json(body).send().await
}

#[tokio::test]
async fn a_draft_is_its_owners_and_a_live_home_everybodys() {
    let world = World::start().await;
    let (landlord, other) = (world.landlord().await, world.landlord().await);
    let (owner, rival, public) = (world.api(&landlord), world.api(&other), world.anonymous());
    let draft = owner.post("properties", &new_property(3, 12_050)).await.expect(201);
    let (path, etag) = (format!("properties/{}", draft.text_at("/id")), "\"1\"");
    assert_eq!(draft.header("etag"), Some(etag));
    assert_eq!((&draft.body["status"], &draft.body["version"]), (&json!("draft"), &json!(1)));
    assert_eq!(draft.body["address"]["line"], "1 Quay Street");
    assert_eq!(draft.body["location"], json!({"lat": 53.349_812, "lon": -6.260_301}));
    for field in ["kind", "title", "description", "zone", "amenities", "price_per_night"] {
        assert_eq!(draft.body[field], new_property(3, 12_050)[field], "{field}");
    }
    for api in [&rival, &public] {
        api.get(&path).await.problem(404, "not-found");
        api.get(&format!("{path}/calendar")).await.problem(404, "not-found");
    }
    patch(&rival, &path, etag, &json!({"title": "Mine now"})).await.problem(404, "not-found");
    let submit = format!("{path}/submit");
    let send = |api: &Api, etag: &str| {
        let call = api.call(Method::POST, &submit).header("if-match", etag);
        call.send()
    };
    send(&rival, etag).await.problem(404, "not-found");
    send(&public, etag).await.problem(401, "unauthenticated");
    owner.call(Method::POST, &submit).send().await.problem(428, "precondition-required");
    send(&owner, "\"7\"").await.problem(412, "precondition-failed");

    let live = send(&owner, etag).await.expect(200);
    assert_eq!(live.body["status"], "live");
    let etag = live.header("etag").unwrap().to_owned();
    send(&owner, &etag).await.problem(409, "invalid-transition");
    let seen = public.get(&path).await.expect(200);
    assert_eq!(seen.header("etag"), Some(etag.as_str()));
    assert!(seen.body["address"].get("line").is_none(), "the street is for guests");
    assert_eq!(seen.body["location"], json!({"lat": 53.35, "lon": -6.26}), "the point is blurred");
    assert_eq!(owner.get(&path).await.body(200)["address"]["line"], "1 Quay Street");
    let known = public.call(Method::GET, &path).header("if-none-match", &etag).send().await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));

    let mine = owner.get("properties?owner=me").await.body(200);
    assert_eq!(mine["data"].as_array().unwrap().len(), 1);
    assert_eq!(rival.get("properties?owner=me").await.body(200)["data"], json!([]));
}

#[tokio::test]
async fn a_change_is_made_from_what_was_seen() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let (api, path) = (world.api(&landlord), format!("properties/{}", home.id));
    let etag = api.get(&path).await.header("etag").unwrap().to_owned();
    let title = |text: &str| json!({"title": text});
    let blind = api.call(Method::PATCH, &path).json(&title("Blind")).send().await;
    blind.problem(428, "precondition-required");
    // Two who saw the same: one of them has to look again.
    let (red, blue) = (title("Red door"), title("Blue door"));
    let (one, two) =
        tokio::join!(patch(&api, &path, &etag, &red), patch(&api, &path, &etag, &blue));
    let (won, lost) = if one.status == 200 { (one, two) } else { (two, one) };
    lost.problem(412, "precondition-failed");
    let won = won.expect(200);
    assert_eq!(api.get(&path).await.body(200)["title"], won.body["title"]);

    let mut etag = won.header("etag").unwrap().to_owned();
    for (body, status) in [
        (json!({"price_per_night": {"amount": 12_000, "currency": "EUR"}}), 200),
        (json!({"address": {"line": null}}), 200),
        (json!({"unit": {"count": 3}}), 200),
        (json!({"unit": {"count": 0}}), 422),
        (json!({"amenities": ["wifi", "Helipad"]}), 422),
        (json!({"amenities": ["WiFi", "Hair dryer"]}), 200),
        (json!({"cleaning_fee": {"amount": 100, "currency": "USD"}}), 422),
        (json!({"deposit": {"amount": 50_000, "currency": "EUR"}}), 200),
        (json!({"zone": "Europe/Paris"}), 422),
        (json!({"price_per_night": {"amount": 12_000, "currency": "USD"}}), 422),
        (json!({"price_per_night": {"amount": 0, "currency": "EUR"}}), 422),
        (json!({"title": "ab"}), 422),
        (json!({"title": 7}), 422),
        (json!({"colour": "red"}), 422),
        (json!({"location": {"lat": 91, "lon": 0}}), 422),
    ] {
        let answer = patch(&api, &path, &etag, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        if let Some(new) = answer.header("etag") {
            etag = new.to_owned();
        }
    }
    let now = api.get(&path).await.body(200);
    assert_eq!(now["unit"]["count"], 3);
    assert!(now["address"].get("line").is_none());
    assert_eq!(world.free_on(&home, world.day(5)).await, 3);
    // What is held keeps its price; what comes after has the new one.
    let booking = world.hold(&tenant, &home.stay(world.day(5), 2)).await;
    assert_eq!(booking["price"]["total"]["amount"], 24_000);
    let dearer = json!({"price_per_night": {"amount": 99_900, "currency": "EUR"}});
    patch(&api, &path, &etag, &dearer).await.expect(200);
    let still = world.booking(&tenant, &booking).await;
    assert_eq!(still["price"], booking["price"]);
}

#[tokio::test]
async fn what_is_no_home_is_refused_with_every_fault() {
    let world = World::start().await;
    let api = world.api(&world.landlord().await);
    let faults = [
        ("/title", json!("ab")),
        ("/title", json!("x".repeat(121))),
        ("/description", json!("x".repeat(5001))),
        ("/address/city", json!("")),
        ("/address/country", json!("Ireland")),
        ("/location/lat", json!(90.1)),
        ("/zone", json!("Dublin")),
        ("/amenities", json!(vec!["wifi"; 101])),
        ("/amenities/1", json!("Helipad")),
        ("/unit/count", json!(0)),
        ("/unit/count", json!(201)),
        ("/unit/bathrooms", json!(0.3)),
        ("/price_per_night/amount", json!(0)),
        ("/price_per_night/amount", json!(1.5)),
        ("/price_per_night/currency", json!("eur")),
        ("/kind", json!("castle")),
    ];
    for (pointer, value) in faults {
        let mut body = new_property(1, 100);
        *body.pointer_mut(pointer).unwrap() = value;
        let answer = api.post("properties", &body).await.problem(422, "validation");
        let found = answer.body["errors"][0]["pointer"].as_str().unwrap();
        assert!(pointer.starts_with(found) && !found.is_empty(), "{pointer}: {}", answer.text);
    }
    for field in ["title", "zone", "unit", "price_per_night"] {
        let mut body = new_property(1, 100);
        body.as_object_mut().unwrap().remove(field);
        let answer = api.post("properties", &body).await.problem(422, "validation");
        assert_eq!(answer.body["errors"][0]["pointer"], json!(format!("/{field}")));
    }
    let count = "select count(*) from properties";
    assert_eq!(world.sql().await.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let api = world.api(&landlord);
    let mut made = Vec::new();
    for _ in 0..5 {
        let draft = api.post("properties", &new_property(1, 100)).await.body(201);
        made.push(draft["id"].clone());
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("properties?owner=me&limit=2{cursor}")).await.body(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        if page["page"]["has_more"] == false {
            assert!(page["page"]["next"].is_null());
            break;
        }
        cursor = format!("&cursor={}", page["page"]["next"].as_str().unwrap());
    }
    let sorted = |mut ids: Vec<Value>| {
        ids.sort_by_key(Value::to_string);
        ids
    };
    assert_eq!(sorted(seen), sorted(made));
    for query in
        ["limit=0", "limit=101", "limit=x", "cursor=nonsense", "other=1", "limit=1&limit=2"]
    {
        let answer = api.get(&format!("properties?owner=me&{query}")).await;
        assert!(matches!(answer.status, 400 | 422), "{query}: {}", answer.text);
    }
    // A cursor of another list is none.
    let foreign = cursor.replace("&", "?");
    let answer = api.get(&format!("bookings{foreign}")).await;
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
}

/// Waits until a search finds these homes and no others.
async fn wait_for_search(world: &World, query: &str, homes: &[&Home]) {
    let mut wanted: Vec<&str> = homes.iter().map(|home| home.id.as_str()).collect();
    wanted.sort_unstable();
    wait_until(&format!("{query} finds {}", homes.len()), async || {
        let answer = world.anonymous().get(&format!("search?{query}")).await;
        // Just started: the index is being filled.
        let Some(cards) = answer.body["data"].as_array() else {
            return answer.problem(503, "overloaded").status == 200;
        };
        let mut found: Vec<&str> = cards.iter().filter_map(|card| card["id"].as_str()).collect();
        found.sort_unstable();
        found == wanted
    })
    .await;
}

#[tokio::test]
async fn what_is_live_and_free_is_found_and_nothing_else() {
    let mut world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let cheap = world.home(&landlord, 1, 5_000).await;
    let dear = world.home(&landlord, 1, 50_000).await;
    let api = world.api(&landlord);
    api.post("properties", &new_property(1, 100)).await.expect(201);
    let path = format!("properties/{}", dear.id);
    let etag = api.get(&path).await.header("etag").unwrap().to_owned();
    patch(&api, &path, &etag, &json!({"title": "Lighthouse keeper's house"})).await.expect(200);
    wait_for_search(&world, "q=lighthouse", &[&dear]).await;
    wait_for_search(&world, "", &[&cheap, &dear]).await;
    wait_for_search(&world, "price_max=10000", &[&cheap]).await;
    wait_for_search(&world, "bbox=-7,53,-6,54&guests=4", &[&cheap, &dear]).await;
    wait_for_search(&world, "bbox=0,53,1,54", &[]).await;

    let dates = |world: &World| format!("check_in={}&check_out={}", world.day(10), world.day(12));
    let booking = world.hold(&tenant, &cheap.stay(world.day(11), 3)).await;
    wait_for_search(&world, &dates(&world), &[&dear]).await;
    let next = format!("check_in={}&check_out={}", world.day(14), world.day(15));
    wait_for_search(&world, &next, &[&cheap, &dear]).await;
    // The index is derived: it may be lost.
    world.kill();
    std::fs::remove_dir_all(world.data_dir().join("search")).unwrap();
    world.start_again();
    wait_for_search(&world, &dates(&world), &[&dear]).await;
    world.release(&tenant, &booking).await;
    wait_for_search(&world, &dates(&world), &[&cheap, &dear]).await;
    for query in ["bbox=1,2,3", "check_in=2026-12-01", "sort=best", "q=a&q=b", "limit=101"] {
        let answer = world.anonymous().get(&format!("search?{query}")).await;
        assert!(matches!(answer.status, 400 | 422), "{query}: {}", answer.text);
    }
}

//! Listings in full: their whole life, unit types, house rules, review, and what is told of
//! them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Api, text_at};
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, new_property, uuid_of};
use crate::harness::wait::wait_until;

/// Sends a change with the ETag that is current for its sender.
async fn change(api: &Api, method: Method, id: &str, rest: &str, body: Option<&Value>) -> Answer {
    let path = format!("properties/{id}");
    let etag = api.get(&path).await.expect(200).header("etag").unwrap().to_owned();
    let call = api.call(method, &format!("{path}{rest}")).header("if-match", &etag);
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

async fn step(api: &Api, home: &Home, name: &str) -> Answer {
    change(api, Method::POST, &home.id, &format!("/{name}"), None).await
}

/// Whether a search finds a home, once the index has caught up with what is expected.
async fn wait_for_search(world: &World, query: &str, home: &Home, found: bool) {
    wait_until(&format!("{query} finds the home: {found}"), async || {
        let answer = world.anonymous().get(&format!("search?{query}")).await;
        let Some(cards) = answer.body["data"].as_array() else { return false };
        cards.iter().any(|card| card["id"] == home.id.as_str()) == found
    })
    .await;
}

/// Makes an administrator of somebody, by hand.
async fn admin(world: &World) -> User {
    let user = world.tenant().await;
    let roles = "update users set roles = '{tenant,admin}' where id = $1";
    world.sql().await.execute(roles, &[&uuid_of(&user.id)]).await.unwrap();
    world.sign_in(&user.email).await
}

#[tokio::test]
async fn a_listing_rests_comes_back_and_is_given_up() {
    let world = World::start().await;
    let (landlord, tenant, other) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let (api, path) = (world.api(&landlord), format!("properties/{}", home.id));
    wait_for_search(&world, "", &home, true).await;
    let booking = world.hold(&tenant, &home.stay(world.day(5), 2)).await;

    let blind = api.call(Method::POST, &format!("{path}/unpublish")).send().await;
    blind.problem(428, "precondition-required");
    step(&world.api(&world.landlord().await), &home, "unpublish").await.problem(404, "not-found");
    let paused = step(&api, &home, "unpublish").await.body(200);
    assert_eq!(paused["status"], "paused");
    let etag = format!("\"{}\"", paused["version"]);
    world.anonymous().get(&path).await.problem(404, "not-found");
    world.api(&other).get(&path).await.problem(404, "not-found");
    let seen = world.api(&tenant).get(&path).await.body(200);
    assert_eq!(seen["title"], "Canal side flat");
    assert!(seen["address"].get("line").is_none(), "what strangers saw, and no more");
    let refused = world.try_hold(&other, &home.stay(world.day(10), 2)).await;
    assert_eq!(refused.problem(409, "not-bookable").body["errors"][0]["code"], "not-live");
    wait_for_search(&world, "", &home, false).await;
    // What was held goes on.
    let page = world.checkout(&tenant, &booking).await;
    world.pay(&page).await;
    world.wait_for_status(&tenant, &booking, "confirmed").await;
    let again = api.call(Method::POST, &format!("{path}/unpublish")).header("if-match", &etag);
    again.send().await.problem(409, "invalid-transition");

    let live = step(&api, &home, "publish").await.body(200);
    assert_eq!(live["status"], "live");
    wait_for_search(&world, "", &home, true).await;
    step(&api, &home, "archive").await.problem(409, "has-bookings");
    let second = world.home(&landlord, 1, 10_000).await;
    let hold = world.hold(&tenant, &second.stay(world.day(5), 2)).await;
    change(&api, Method::DELETE, &second.id, "", None).await.problem(409, "has-bookings");
    world.release(&tenant, &hold).await;
    let gone = change(&api, Method::DELETE, &second.id, "", None).await.body(200);
    assert_eq!(gone["status"], "archived");
    wait_for_search(&world, "", &second, false).await;
    step(&api, &second, "publish").await.problem(409, "invalid-transition");
    let title = json!({"title": "Back again"});
    change(&api, Method::PATCH, &second.id, "", Some(&title))
        .await
        .problem(409, "invalid-transition");
    world.api(&tenant).get(&format!("properties/{}", second.id)).await.expect(200);
    assert_eq!(world.booking(&tenant, &hold).await["property_title"], "Canal side flat");
    world.api(&other).get(&format!("properties/{}", second.id)).await.problem(404, "not-found");
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn a_copy_is_a_draft_of_its_own() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 3, 10_000).await;
    let api = world.api(&landlord);
    let copy = async |key: &str| {
        let path = format!("properties/{}/duplicate", home.id);
        api.call(Method::POST, &path).key(key).send().await.body(201)
    };
    let (first, again, other) = (copy("a").await, copy("a").await, copy("b").await);
    assert_eq!(first, again);
    assert_ne!(first["id"], other["id"]);
    let original = api.get(&format!("properties/{}", home.id)).await.body(200);
    assert_eq!((&first["status"], &first["version"]), (&json!("draft"), &json!(1)));
    for field in ["title", "description", "address", "location", "amenities", "price_per_night"] {
        assert_eq!(first[field], original[field], "{field}");
    }
    assert_eq!(first["unit"]["count"], 3);
    assert_ne!(first["unit"]["id"], original["unit"]["id"]);
    let stranger = world.api(&world.landlord().await);
    let path = format!("properties/{}/duplicate", home.id);
    stranger.call(Method::POST, &path).send().await.problem(404, "not-found");
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn administrators_look_before_a_listing_goes_live() {
    let world = World::plan().set("LISTINGS_REVIEW", "admin").start().await;
    let (landlord, boss) = (world.landlord().await, admin(&world).await);
    let (api, office) = (world.api(&landlord), world.api(&boss));
    let draft = api.post("properties", &new_property(1, 10_000)).await.body(201);
    let home = Home { id: text_at(&draft, "/id"), unit_id: text_at(&draft, "/unit/id") };
    let list = "admin/properties?status=pending_review";
    api.get(list).await.problem(403, "forbidden");
    world.anonymous().get(list).await.problem(401, "unauthenticated");
    assert_eq!(office.get(list).await.body(200)["data"], json!([]));
    let handed_in = step(&api, &home, "submit").await.body(200);
    assert_eq!(handed_in["status"], "pending_review");
    let tenant = world.tenant().await;
    world.try_hold(&tenant, &home.stay(world.day(5), 2)).await.problem(404, "not-found");
    let waiting = office.get(list).await.body(200);
    assert_eq!(waiting["data"][0]["id"], home.id.as_str());
    assert_eq!(waiting["data"][0]["address"]["line"], "1 Quay Street", "all of it is looked at");
    office.get(&format!("properties/{}", home.id)).await.expect(200);

    let decide = async |who: &Api, etag: &str, verdict: &str, body: Option<Value>| {
        let path = format!("admin/properties/{}/{verdict}", home.id);
        let call = who.call(Method::POST, &path).header("if-match", etag);
        call.json(&body.unwrap_or(json!({}))).send().await
    };
    let etag = format!("\"{}\"", handed_in["version"]);
    decide(&api, &etag, "approve", None).await.problem(403, "forbidden");
    let why = Some(json!({"reason": "The photos are missing."}));
    let rejected = decide(&office, &etag, "reject", why.clone()).await.body(200);
    assert_eq!(rejected["status"], "rejected");
    decide(&office, &etag, "approve", None).await.problem(412, "precondition-failed");
    let mine = api.get(&format!("properties/{}", home.id)).await.body(200);
    assert_eq!(mine["rejection"], "The photos are missing.");
    world.try_hold(&tenant, &home.stay(world.day(5), 2)).await.problem(409, "not-bookable");
    step(&api, &home, "submit").await.problem(409, "invalid-transition");
    let text = json!({"description": "Now with more to say."});
    let edited = change(&api, Method::PATCH, &home.id, "", Some(&text)).await.body(200);
    assert_eq!(edited["status"], "draft");
    let etag = step(&api, &home, "submit").await.expect(200).header("etag").unwrap().to_owned();
    let live = decide(&office, &etag, "approve", None).await.body(200);
    assert_eq!((&live["status"], live.get("rejection")), (&json!("live"), None));
    wait_for_search(&world, "", &home, true).await;

    // A new text is looked at again, a new price is not.
    let price = json!({"price_per_night": {"amount": 11_000, "currency": "EUR"}});
    let priced = change(&api, Method::PATCH, &home.id, "", Some(&price)).await.body(200);
    assert_eq!(priced["status"], "live");
    let title = json!({"title": "Something quite different"});
    let retitled = change(&api, Method::PATCH, &home.id, "", Some(&title)).await.body(200);
    assert_eq!(retitled["status"], "pending_review");
    wait_for_search(&world, "", &home, false).await;
    world.anonymous().get(&format!("properties/{}", home.id)).await.problem(404, "not-found");
    invariants::check(&world, &[]).await;
}

/// A unit type as it is sent.
fn double(count: u16, price: i64) -> Value {
    json!({
        "name": "Double", "count": count, "bedrooms": 2, "beds": 4, "bathrooms": 2.0,
        "guests": 6, "price_per_night": {"amount": price, "currency": "EUR"},
    })
}

#[tokio::test]
async fn unit_types_have_their_own_nights_prices_and_numbers() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let api = world.api(&landlord);
    let add = async |body: &Value| change(&api, Method::POST, &home.id, "/units", Some(body)).await;
    let mut foreign = double(1, 100);
    foreign["price_per_night"]["currency"] = json!("USD");
    let wrong = add(&foreign).await.problem(422, "validation");
    assert_eq!(wrong.body["errors"][0]["pointer"], "/price_per_night/currency");
    add(&json!({"name": "x"})).await.problem(422, "validation");
    let grown = add(&double(2, 8_000)).await.body(201);
    let (units, from) = (grown["units"].as_array().unwrap(), &grown["price_per_night"]["amount"]);
    assert_eq!((units.len(), from), (2, &json!(8_000)));
    let second = text_at(&grown, "/units/1/id");
    let public = world.anonymous().get(&format!("properties/{}/units", home.id)).await.body(200);
    assert_eq!(public["data"], grown["units"]);

    let stay = home.stay(world.day(5), 2);
    let unsaid = world.try_hold(&tenant, &stay).await.problem(422, "validation");
    assert_eq!(unsaid.body["errors"][0]["pointer"], "/unit_id");
    let in_unit = |unit: &str, guests: u16| {
        let mut stay = stay.clone();
        (stay["unit_id"], stay["guests"]) = (json!(unit), json!(guests));
        stay
    };
    let booked = world.hold(&tenant, &in_unit(&second, 6)).await;
    assert_eq!(booked["price"]["total"]["amount"], 16_000);
    let one = world.hold(&tenant, &in_unit(&home.unit_id, 1)).await;
    let free = async |unit: &str| {
        let (from, to) = (world.day(5), world.day(6));
        let query = format!("calendar?from={from}&to={to}&unit_id={unit}");
        let path = format!("properties/{}/{query}", home.id);
        world.anonymous().get(&path).await.body(200)["nights"][0]["free"].clone()
    };
    assert_eq!((free(&home.unit_id).await, free(&second).await), (json!(0), json!(1)));
    // For six there is one double left, for one as well; then none for six.
    let dates = format!("check_in={}&check_out={}", world.day(5), world.day(7));
    wait_for_search(&world, &format!("{dates}&guests=6"), &home, true).await;
    let more = world.hold(&tenant, &in_unit(&second, 1)).await;
    wait_for_search(&world, &dates, &home, false).await;
    world.release(&tenant, &one).await;
    wait_for_search(&world, &dates, &home, true).await;
    wait_for_search(&world, &format!("{dates}&guests=6"), &home, false).await;

    let path = format!("/units/{second}");
    let edit = async |body: Value| change(&api, Method::PATCH, &home.id, &path, Some(&body)).await;
    edit(json!({"count": 1})).await.problem(409, "has-bookings");
    change(&api, Method::DELETE, &home.id, &path, None).await.problem(409, "has-bookings");
    world.release(&tenant, &booked).await;
    let smaller = edit(json!({"count": 1, "name": "Twin"})).await.body(200);
    assert_eq!(smaller["units"][1]["name"], "Twin");
    assert_eq!(free(&second).await, json!(0));
    assert_eq!(edit(json!({"count": 3})).await.body(200)["units"][1]["count"], 3);
    assert_eq!(free(&second).await, json!(2));
    let body = json!({"unit": {"count": 2}});
    change(&api, Method::PATCH, &home.id, "", Some(&body)).await.problem(422, "validation");
    let body = json!({"title": "Two kinds of room"});
    change(&api, Method::PATCH, &home.id, "", Some(&body)).await.expect(200);
    world.release(&tenant, &more).await;
    let left = change(&api, Method::DELETE, &home.id, &path, None).await.body(200);
    assert_eq!(left["units"].as_array().unwrap().len(), 1);
    let last = format!("/units/{}", home.unit_id);
    change(&api, Method::DELETE, &home.id, &last, None).await.problem(409, "invalid-transition");
    world.hold(&tenant, &stay).await;
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn house_rules_are_shown_and_kept() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let api = world.api(&landlord);
    let set =
        async |body: &Value| change(&api, Method::PUT, &home.id, "/policies", Some(body)).await;
    let rules = json!({
        "cancellation": "strict", "check_in_from": "16:00", "check_in_until": "22:30",
        "check_out_until": "10:00", "house_rules": "No shoes.", "min_nights": 3, "max_nights": 5,
    });
    let said = set(&rules).await.body(200)["policies"].clone();
    assert_eq!((&said["version"], &said["instant_book"]), (&json!(2), &json!(true)));
    for (pointer, value) in [
        ("/instant_book", json!("no")),
        ("/check_in_from", json!("25:00")),
        ("/check_in_until", json!("15:00")),
        ("/min_nights", json!(0)),
        ("/max_nights", json!(2)),
    ] {
        let mut body = rules.clone();
        body[&pointer[1..]] = value;
        let wrong = set(&body).await.problem(422, "validation");
        assert_eq!(wrong.body["errors"][0]["pointer"], pointer);
    }
    let public = world.anonymous().get(&format!("properties/{}", home.id)).await.body(200);
    assert_eq!(public["policies"], said);
    for (nights, rule) in [(2, "min-nights"), (6, "max-nights")] {
        let answer = world.try_hold(&tenant, &home.stay(world.day(5), nights)).await;
        assert_eq!(answer.problem(409, "not-bookable").body["errors"][0]["code"], rule);
    }
    world.hold(&tenant, &home.stay(world.day(5), 3)).await;
    let dates = |to: i32| format!("check_in={}&check_out={}", world.day(20), world.day(20 + to));
    wait_for_search(&world, &dates(4), &home, true).await;
    wait_for_search(&world, &dates(2), &home, false).await;
    let words = world.anonymous().get("amenities").await.body(200);
    let wifi = json!({"key": "wifi", "label": "Wifi", "group": "basics"});
    assert!(words["data"].as_array().unwrap().contains(&wifi));
}

#[tokio::test]
async fn what_has_happened_is_told_without_telling_who() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    world.home(&landlord, 1, 10_000).await;
    let booking = world.hold(&tenant, &home.stay(world.day(5), 2)).await;
    world.release(&tenant, &booking).await;
    let api = world.api(&landlord);
    let path = format!("properties/{}/activity", home.id);
    let told = api.get(&path).await.expect(200);
    let entries: Vec<_> = told.body["data"].as_array().unwrap().iter().rev().collect();
    let told_of = |entry: &&Value| (text_at(entry, "/type"), text_at(entry, "/actor"));
    let pairs: Vec<_> = entries.iter().map(told_of).collect();
    let pair = |kind: &str, actor: &str| (kind.to_owned(), actor.to_owned());
    assert_eq!(
        pairs,
        [
            pair("property.created", "owner"),
            pair("property.submitted", "owner"),
            pair("property.approved", "owner"),
            pair("booking.held", "guest"),
            pair("booking.cancelled", "guest"),
            pair("booking.released", "guest"),
        ]
    );
    assert!(!told.text.contains(&tenant.id) && !told.text.contains("bkg_"), "{}", told.text);
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = api.get(&format!("{path}{query}")).await.body(200);
        seen.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["page"]["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(json!(seen), told.body["data"]);
    world.api(&tenant).get(&path).await.problem(404, "not-found");
    world.anonymous().get(&path).await.problem(401, "unauthenticated");
    world.api(&admin(&world).await).get(&path).await.expect(200);
}

//! Saved searches: whose they are, and what is told of homes that come to match.

use jiff::tz::TimeZone;
use rentezy::domain::entity::EntityRef;
use rentezy::domain::event::Position;
use rentezy::domain::ids::{PropertyId, SavedSearchId};
use rentezy::storage::alerts::{self, Matched, Step};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::client::{Answer, Api, text_at};
use crate::harness::invariants;
use crate::harness::postgres::TestDb;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, new_property, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

/// Saves a search; its id.
async fn save(api: &Api, criteria: &Value, alert: &str) -> String {
    let body = json!({"name": "By the canal", "criteria": criteria, "alert": alert});
    api.post("saved-searches", &body).await.expect(201).text_at("/id")
}

async fn patch(api: &Api, id: &str, body: &Value) -> Answer {
    api.call(Method::PATCH, &format!("saved-searches/{id}")).json(body).send().await
}

async fn delete(api: &Api, id: &str) -> Answer {
    api.call(Method::DELETE, &format!("saved-searches/{id}")).send().await
}

/// The homes that came to match a search, the latest first.
async fn matches(api: &Api, id: &str) -> Vec<String> {
    let list = api.get(&format!("saved-searches/{id}/matches")).await.body(200);
    list["data"].as_array().unwrap().iter().map(|one| text_at(one, "/home/id")).collect()
}

/// Waits until a search has so many matches.
async fn wait_for_matches(api: &Api, id: &str, count: usize) {
    wait_until(&format!("{count} matches"), async || matches(api, id).await.len() == count).await;
}

/// Waits until searches know of a home.
async fn wait_for_search(world: &World, home: &Home) {
    wait_until("searches find the home", async || {
        let answer = world.anonymous().get("search?limit=100").await;
        answer.text.contains(&home.id)
    })
    .await;
}

/// Sets the price of a home, in cents.
pub(crate) async fn set_price(api: &Api, home: &Home, cents: i64) {
    let body = json!({"price_per_night": {"amount": cents, "currency": "EUR"}});
    let call = api.call(Method::PATCH, &format!("properties/{}", home.id));
    call.header("if-match", "*").json(&body).send().await.expect(200);
}

/// What somebody was told of a kind, in the app and by letter, once everything has come to
/// rest.
pub(crate) async fn told(world: &World, user: &User, kind: &str, template: &str) -> (i64, i64) {
    invariants::check(world, &[]).await;
    let sql = world.sql().await;
    let id = uuid_of(&user.id);
    let app = "select count(*) from notifications where user_id = $1 and kind = $2";
    let mail = "select count(*) from letters where user_id = $1 and template = $2";
    let app = sql.query_one(app, &[&id, &kind]).await.unwrap().get(0);
    (app, sql.query_one(mail, &[&id, &template]).await.unwrap().get(0))
}

async fn matched(world: &World, user: &User) -> (i64, i64) {
    told(world, user, "search.matched", "search_matched").await
}

/// Gives everything to the consumer again, and waits until it has seen to it.
async fn replay(world: &World) {
    let order = json!({"consumer": "alerts"});
    let ordered = world.operator().post("/ops/v1/replays", &order).await.body(202);
    let path = format!("/ops/v1/replays/{}", text_at(&ordered, "/id"));
    wait_until("the replay is done", async || {
        world.operator().get(&path).await.body(200)["state"] == "done"
    })
    .await;
}

#[tokio::test]
async fn a_home_that_is_published_is_told_once_to_whom_it_concerns() {
    let world = World::start().await;
    let (landlord, tenant, other) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let near = json!({"near": {"lat": 53.35, "lon": -6.26, "radius_km": 3}, "amenities": ["wifi"]});
    let own = save(&world.api(&landlord), &near, "instant").await;
    let id = save(&world.api(&tenant), &near, "instant").await;
    // One home is told once to one person, whatever number of searches it matches.
    let words = save(&world.api(&tenant), &json!({"q": "Cánal FLAT"}), "instant").await;
    let far = json!({"near": {"lat": 48.85, "lon": 2.35, "radius_km": 30}});
    let far = save(&world.api(&other), &far, "instant").await;
    let quiet = save(&world.api(&other), &json!({"kinds": ["flat"]}), "off").await;

    let home = world.home(&landlord, 1, 10_000).await;
    wait_for_matches(&world.api(&tenant), &id, 1).await;
    wait_for_matches(&world.api(&tenant), &words, 1).await;
    wait_for_matches(&world.api(&other), &quiet, 1).await;
    assert_eq!(matches(&world.api(&tenant), &id).await, std::slice::from_ref(&home.id));
    assert_eq!(matched(&world, &tenant).await, (1, 1));
    assert_eq!(matched(&world, &other).await, (0, 0), "off only counts");
    assert_eq!(matched(&world, &landlord).await, (0, 0), "one's own is no news");
    assert!(matches(&world.api(&landlord), &own).await.is_empty());
    assert!(matches(&world.api(&other), &far).await.is_empty());
    let news = world.api(&tenant).get("notifications").await.body(200)["data"][0].clone();
    assert_eq!(
        (&news["kind"], &news["data"]["name"]),
        (&json!("search.matched"), &json!("By the canal"))
    );
    assert_eq!(
        (&news["data"]["property_id"], &news["property_title"]),
        (&json!(home.id), &json!("Canal side flat"))
    );

    // Whatever happens to the home, and whoever reads it again: it matched once.
    set_price(&world.api(&landlord), &home, 9_000).await;
    replay(&world).await;
    assert_eq!(matched(&world, &tenant).await, (1, 1));
    let sql = world.sql().await;
    let query = "select count(*) from events where type = 'search.matched'";
    let events: i64 = sql.query_one(query, &[]).await.unwrap().get(0);
    assert_eq!(events, 3, "one for each search that it matched");
    let again = world.api(&tenant).get(&format!("saved-searches/{id}")).await.body(200);
    assert_eq!((&again["matches"], &again["new"]), (&json!(1), &json!(1)));
    assert!(again["last_alert_at"].is_string());
    let seen = patch(&world.api(&tenant), &id, &json!({"seen": true})).await.body(200);
    assert_eq!((&seen["matches"], &seen["new"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_price_that_comes_into_range_is_told_and_what_matched_before_is_not() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let host = world.api(&landlord);
    let (cheap, dear) =
        (world.home(&landlord, 1, 8_000).await, world.home(&landlord, 1, 20_000).await);
    wait_for_search(&world, &cheap).await;
    wait_for_search(&world, &dear).await;
    let api = world.api(&tenant);
    let id = save(&api, &json!({"price_max": 10_000, "currency": "EUR"}), "instant").await;
    // It was in range when the search was saved, and is so still.
    set_price(&host, &cheap, 7_900).await;
    set_price(&host, &dear, 15_000).await;
    assert_eq!(matched(&world, &tenant).await, (0, 0));
    set_price(&host, &dear, 9_500).await;
    wait_for_matches(&api, &id, 1).await;
    assert_eq!(matches(&api, &id).await, std::slice::from_ref(&dear.id));
    assert_eq!(matched(&world, &tenant).await, (1, 1));
    set_price(&host, &dear, 30_000).await;
    set_price(&host, &dear, 9_000).await;
    assert_eq!(matched(&world, &tenant).await, (1, 1), "once in its life");
    // A home that rests is not among the matches.
    let path = format!("properties/{}/unpublish", dear.id);
    host.call(Method::POST, &path).header("if-match", "*").send().await.expect(200);
    assert!(matches(&api, &id).await.is_empty());
}

#[tokio::test]
async fn nights_that_become_free_are_told() {
    let world = World::start().await;
    let (landlord, tenant, guest) =
        (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    wait_for_search(&world, &home).await;
    let booking = world.hold(&guest, &home.stay(world.day(10), 4)).await;
    let blocked = json!({"check_in": world.day(20), "check_out": world.day(22)});
    let blocks = format!("properties/{}/blocks", home.id);
    let block = world.api(&landlord).post(&blocks, &blocked).await.expect(201);
    let block = block.text_at("/data/0/id");
    let api = world.api(&tenant);
    let of = |from: i32, to: i32| json!({"check_in": world.day(from), "check_out": world.day(to)});
    wait_until("searches know of the stays", async || {
        let query =
            |from, to| format!("search?check_in={}&check_out={}", world.day(from), world.day(to));
        let (one, two) = (
            world.anonymous().get(&query(11, 13)).await,
            world.anonymous().get(&query(20, 21)).await,
        );
        one.body["total"] == 0 && two.body["total"] == 0
    })
    .await;
    let held = save(&api, &of(11, 13), "instant").await;
    let kept_back = save(&api, &of(20, 21), "instant").await;
    let long =
        save(&api, &json!({"check_in": world.day(12), "check_out": world.day(21)}), "off").await;
    world.release(&guest, &booking).await;
    wait_for_matches(&api, &held, 1).await;
    assert_eq!(matched(&world, &tenant).await, (1, 1));
    assert!(matches(&api, &kept_back).await.is_empty());
    // Free when the search was saved, taken, and free again: news too.
    let free = save(&api, &of(30, 32), "off").await;
    let other = world.hold(&guest, &home.stay(world.day(40), 2)).await;
    let booking = world.hold(&guest, &home.stay(world.day(31), 2)).await;
    world.release(&guest, &other).await;
    assert_eq!(matched(&world, &tenant).await, (1, 1));
    assert!(matches(&api, &free).await.is_empty(), "other nights");
    world.release(&guest, &booking).await;
    wait_for_matches(&api, &free, 1).await;
    let path = format!("blocks/{block}");
    let freed = world.api(&landlord).call(Method::DELETE, &path).header("if-match", "*");
    assert!(freed.send().await.status < 300);
    wait_for_matches(&api, &kept_back, 1).await;
    wait_for_matches(&api, &long, 1).await;
    assert_eq!(matched(&world, &tenant).await, (2, 2));
    replay(&world).await;
    assert_eq!(matched(&world, &tenant).await, (2, 2));
}

#[tokio::test]
async fn a_daily_search_is_told_in_one_letter_each_morning() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let (daily, other) = {
        let api = world.api(&tenant);
        let other = save(&api, &json!({"kinds": ["house"]}), "daily").await;
        (save(&api, &json!({"kinds": ["flat"]}), "daily").await, other)
    };
    for price in [9_000, 10_000, 11_000] {
        world.home(&landlord, 1, price).await;
    }
    wait_for_matches(&world.api(&tenant), &daily, 3).await;
    assert_eq!(matched(&world, &tenant).await, (0, 0), "nothing at once");
    let digests =
        async |world: &World| told(world, &tenant, "search.digested", "search_digest").await;
    assert_eq!(digests(&world).await, (0, 0));
    let now = world.now();
    let seven = now.to_zoned(TimeZone::UTC).date().tomorrow().unwrap().at(7, 0, 0, 0);
    let seven = seven.to_zoned(TimeZone::UTC).unwrap().timestamp();
    world.let_pass(seven.as_second() - now.as_second() + 60).await;
    let news = wait_for("the digest is told", async || {
        let tenant = world.sign_in(&tenant.email).await;
        let list = world.api(&tenant).get("notifications").await.body(200);
        list["data"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!((&news["kind"], &news["data"]["count"]), (&json!("search.digested"), &json!(3)));
    assert_eq!(news["data"]["search_id"], json!(daily));
    assert_eq!(digests(&world).await, (1, 1));
    let tenant = world.sign_in(&tenant.email).await;
    assert!(matches(&world.api(&tenant), &other).await.is_empty());
    // A morning without news is quiet.
    world.let_pass(24 * 3600).await;
    let sql = world.sql().await;
    let today = world.now();
    wait_until("the job has run again", async || {
        let query = "select count(*) from job_runs where job = 'digests' and started_at > $1";
        let before = today - jiff::SignedDuration::from_hours(2);
        sql.query_one(query, &[&before]).await.unwrap().get::<_, i64>(0) > 0
    })
    .await;
    assert_eq!(told(&world, &tenant, "search.digested", "search_digest").await, (1, 1));
}

#[tokio::test]
async fn no_more_than_ten_of_a_day_are_told_at_once() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let id = save(&world.api(&tenant), &json!({"q": "canal"}), "instant").await;
    for n in 0..12 {
        world.home(&landlord, 1, 10_000 + n).await;
    }
    wait_for_matches(&world.api(&tenant), &id, 12).await;
    assert_eq!(matched(&world, &tenant).await, (10, 10));
    let sql = world.sql().await;
    let query = "select count(*) from saved_search_matches where state = 'waiting'";
    assert_eq!(sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 2);
    // The rest is for the digest, unless nobody wants to hear of it any more.
    patch(&world.api(&tenant), &id, &json!({"alert": "off"})).await.expect(200);
    assert_eq!(sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0), 0);
    let api = world.api(&tenant);
    let (mut all, mut path) = (Vec::new(), format!("saved-searches/{id}/matches?limit=5"));
    loop {
        let page = api.get(&path).await.body(200);
        all.extend(page["data"].as_array().unwrap().iter().map(|one| text_at(one, "/home/id")));
        let Some(next) = page["page"]["next"].as_str() else { break };
        path = format!("saved-searches/{id}/matches?limit=5&cursor={next}");
    }
    assert_eq!(all, matches(&api, &id).await);
    api.get(&format!("saved-searches/{id}/matches?cursor=AQEB")).await.problem(400, "malformed");
}

/// Two nodes may believe for a moment that they keep a stream.
#[tokio::test]
async fn of_two_nodes_that_read_a_stream_one_tells() {
    let db = TestDb::new();
    let pool = db.database().pool(2).await.unwrap();
    let world = World::plan().start_on(db).await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let api = world.api(&tenant);
    let id = save(&api, &json!({"q": "canal"}), "instant").await;
    let home = world.home(&landlord, 1, 10_000).await;
    wait_for_matches(&api, &id, 1).await;
    invariants::check(&world, &[]).await;
    let sql = world.sql().await;
    sql.execute("delete from saved_search_matches", &[]).await.unwrap();
    let searches = vec![(SavedSearchId::from(uuid_of(&id)), false)];
    let property = PropertyId::from(home.uuid());
    let matched = [Matched { property, searches, causation: Uuid::nil() }];
    let query = "select seq from consumer_offsets where consumer = 'alerts' and stream = $1";
    let stream = EntityRef::from(property).shard().stream();
    let from: i64 = sql.query_one(query, &[&i32::from(stream.0)]).await.unwrap().get(0);
    let store = async |from: i64| {
        let to = Position { stream, seq: from + 1 };
        let step = Step { consumer: "alerts", from, to };
        alerts::store(&pool, Some(step), &matched, &[], world.now()).await.unwrap()
    };
    assert!(!store(from - 1).await, "it is further on");
    assert!(matches(&api, &id).await.is_empty(), "nothing is written then");
    let (one, other) = tokio::join!(store(from), store(from));
    assert!(one != other, "one of them");
    let query = "select count(*) from events where type = 'search.matched'";
    let events: i64 = sql.query_one(query, &[]).await.unwrap().get(0);
    assert_eq!((events, matches(&api, &id).await.len()), (2, 1));
}

#[tokio::test]
async fn they_are_made_changed_and_given_up_by_their_owners() {
    let world = World::start().await;
    let (tenant, other) = (world.tenant().await, world.tenant().await);
    let (api, stranger) = (world.api(&tenant), world.api(&other));
    let criteria = json!({"q": "canal", "bbox": [-7.0, 53.0, -6.0, 54.0], "price_max": 12_000,
        "bathrooms": 1.5, "kinds": ["flat", "house"], "amenities": ["wifi"], "guests": 2});
    let body = json!({"name": "Dublin", "criteria": criteria});
    let make = async |key: &str, body: &Value| {
        api.call(Method::POST, "saved-searches").key(key).json(body).send().await
    };
    api.call(Method::POST, "saved-searches")
        .no_key()
        .json(&body)
        .send()
        .await
        .problem(400, "idempotency-key-required");
    let first = make("one", &body).await.expect(201);
    assert_eq!((&first.body["criteria"], &first.body["alert"]), (&criteria, &json!("daily")));
    let again = make("one", &body).await.expect(201);
    assert_eq!((&again.text, again.header("idempotency-replayed")), (&first.text, Some("true")));
    let another = json!({"name": "Other", "criteria": criteria});
    make("one", &another).await.problem(422, "idempotency-key-reused");
    let id = first.text_at("/id");

    let changed = json!({"name": "Paris", "alert": "off", "criteria": {"q": "paris"}});
    let changed = patch(&api, &id, &changed).await.body(200);
    assert_eq!((&changed["name"], &changed["criteria"]), (&json!("Paris"), &json!({"q": "paris"})));
    assert_eq!(patch(&api, &id, &json!({})).await.body(200), changed, "nothing new");
    let list = api.get("saved-searches").await.body(200);
    assert_eq!(list["data"], json!([changed]));

    // Nobody else's.
    world.anonymous().get("saved-searches").await.problem(401, "unauthenticated");
    assert_eq!(stranger.get("saved-searches").await.body(200)["data"], json!([]));
    let path = format!("saved-searches/{id}");
    stranger.get(&path).await.problem(404, "not-found");
    stranger.get(&format!("{path}/matches")).await.problem(404, "not-found");
    patch(&stranger, &id, &json!({"name": "Mine"})).await.problem(404, "not-found");
    delete(&stranger, &id).await.problem(404, "not-found");

    delete(&api, &id).await.expect(204);
    delete(&api, &id).await.problem(404, "not-found");
    api.get(&path).await.problem(404, "not-found");
    let sql = world.sql().await;
    let query = "select type from events where key = $1 order by seq";
    let told = sql.query(query, &[&uuid_of(&id)]).await.unwrap();
    let told: Vec<String> = told.iter().map(|row| row.get(0)).collect();
    assert_eq!(told, ["search.saved", "search.changed", "search.deleted"]);
}

#[tokio::test]
async fn what_is_no_search_is_refused_and_fifty_are_enough() {
    let world = World::start().await;
    let tenant = world.tenant().await;
    let api = world.api(&tenant);
    let some = json!({"q": "canal"});
    for (name, criteria, pointer) in [
        ("", some.clone(), "/name"),
        (&"x".repeat(81), some.clone(), "/name"),
        ("all", json!({}), "/criteria"),
        ("all", json!({"q": " - "}), "/criteria"),
        (
            "two",
            json!({"bbox": [0, 0, 1, 1], "near": {"lat": 0, "lon": 0, "radius_km": 1}}),
            "/criteria/bbox",
        ),
        ("turned", json!({"bbox": [0, 2, 1, 1]}), "/criteria/bbox"),
        ("wide", json!({"near": {"lat": 0, "lon": 0, "radius_km": 20_000}}), "/criteria/near"),
        ("thin", json!({"polygon": [[0, 0], [1, 1]]}), "/criteria/polygon"),
        ("half", json!({"check_in": world.day(3)}), "/criteria/check_out"),
        ("odd", json!({"bathrooms": 0.3}), "/criteria/bathrooms"),
        ("new", json!({"amenities": ["moat"]}), "/criteria/amenities"),
        ("more", json!({"stars": 5}), "/criteria/stars"),
    ] {
        let body = json!({"name": name, "criteria": criteria});
        let refused = api.post("saved-searches", &body).await.problem(422, "validation");
        assert_eq!(refused.text_at("/errors/0/pointer"), pointer, "{}", refused.text);
    }
    let sql = world.sql().await;
    for n in 0..49 {
        sql.execute(
            "insert into saved_searches values
             ($1, $2, $3, '{\"text\":\"x\"}', 'off', '', '{}', now(), now())",
            &[&Uuid::now_v7(), &uuid_of(&tenant.id), &format!("Search {n}")],
        )
        .await
        .unwrap();
    }
    save(&api, &some, "off").await;
    let full = json!({"name": "One more", "criteria": some});
    let full = api.post("saved-searches", &full).await.problem(422, "validation");
    assert_eq!(full.text_at("/errors/0/code"), "too-many");
    assert_eq!(api.get("saved-searches").await.body(200)["data"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn homes_like_one_are_near_it_and_of_its_kind_and_price() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let of = |change: &dyn Fn(&mut Value)| {
        let mut property = new_property(1, 10_000);
        change(&mut property);
        property
    };
    let home = world.home(&landlord, 1, 10_000).await;
    let like = world.home_of(&landlord, &of(&|home| home["unit"]["bedrooms"] = json!(2))).await;
    let dear = world.home(&landlord, 1, 17_000).await;
    let none = [
        of(&|home| home["kind"] = json!("house")),
        of(&|home| home["location"] = json!({"lat": 48.85, "lon": 2.35})),
        of(&|home| home["price_per_night"]["amount"] = json!(50_000)),
    ];
    for property in &none {
        world.home_of(&landlord, property).await;
    }
    let path = format!("properties/{}/similar", home.id);
    wait_until("searches know of all", async || {
        world.anonymous().get("search").await.body["total"] == 6
    })
    .await;
    let found = world.anonymous().get(&path).await.body(200);
    let ids: Vec<_> =
        found["data"].as_array().unwrap().iter().map(|one| text_at(one, "/id")).collect();
    assert_eq!(ids, [like.id.clone(), dear.id]);
    let one = world.anonymous().get(&format!("{path}?count=1")).await.body(200);
    assert_eq!(text_at(&one, "/data/0/id"), like.id);
    assert_eq!(one["data"].as_array().unwrap().len(), 1);
    world.anonymous().get(&format!("{path}?count=21")).await.problem(422, "validation");
    let draft = world.api(&landlord).post("properties", &new_property(1, 1_000)).await.body(201);
    let path = format!("properties/{}/similar", text_at(&draft, "/id"));
    world.anonymous().get(&path).await.problem(404, "not-found");
    world.api(&landlord).get(&path).await.expect(200);
}

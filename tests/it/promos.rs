//! Promo codes: made and ended by their landlords, taken off what stays cost, and never used
//! more often than they may be.

use futures_util::future::join_all;
use jiff::ToSpan;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::harness::client::{Answer, Api, text_at};
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::wait_until;

/// How many want the last use of a code.
const CROWD: usize = 50;

/// Makes a code; its form.
async fn code(api: &Api, body: &Value) -> Value {
    api.post("promo-codes", body).await.body(201)
}

async fn end(api: &Api, code: &Value) -> Answer {
    api.call(Method::DELETE, &format!("promo-codes/{}", text_at(code, "/id"))).send().await
}

/// The uses of one's only code that are left.
async fn uses_left(api: &Api) -> Value {
    api.get("promo-codes").await.body(200)["data"][0]["uses_left"].clone()
}

fn coded(stay: &Value, code: &str) -> Value {
    let mut stay = stay.clone();
    stay["promo_code"] = json!(code);
    stay
}

/// Asks for the price of a stay as nobody in particular.
async fn quote(world: &World, home: &Home, stay: &Value) -> Answer {
    let mut body = stay.clone();
    body.as_object_mut().unwrap().remove("property_id");
    world.anonymous().post(&format!("properties/{}/quote", home.id), &body).await
}

/// The word for why a code was refused.
fn why(answer: Answer) -> String {
    let refused = answer.problem(409, "promo-refused");
    assert_eq!(refused.body["errors"][0]["pointer"], "/promo_code");
    refused.text_at("/errors/0/code")
}

#[tokio::test]
async fn a_landlord_makes_lists_and_ends_codes() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let (home, api) = (world.home(&landlord, 1, 10_000).await, world.api(&landlord));
    let percent = json!({"code": "sun-10", "off_bp": 1_000, "max_uses": 3,
        "valid_from": world.day(0), "valid_until": world.day(30), "min_nights": 2,
        "property_ids": [home.id]});
    let make = async |key: &str, body: &Value| {
        api.call(Method::POST, "promo-codes").key(key).json(body).send().await
    };
    let first = make("one", &percent).await.expect(201);
    assert_eq!((&first.body["code"], &first.body["status"]), (&json!("SUN-10"), &json!("active")));
    assert_eq!((&first.body["uses"], &first.body["uses_left"]), (&json!(0), &json!(3)));
    for (field, value) in percent.as_object().unwrap().iter().filter(|(name, _)| *name != "code") {
        assert_eq!(&first.body[field], value, "{field}");
    }
    let again = make("one", &percent).await.expect(201);
    assert_eq!((&again.text, again.header("idempotency-replayed")), (&first.text, Some("true")));
    make("one", &json!({"code": "OTHER", "off_bp": 1}))
        .await
        .problem(422, "idempotency-key-reused");

    let flat = json!({"code": "TWENTY", "off": {"amount": 2_000, "currency": "EUR"}});
    let second = code(&api, &flat).await;
    assert_eq!((second.get("uses_left"), &second["off"]), (None, &flat["off"]));
    let list = async |query: &str| api.get(&format!("promo-codes{query}")).await.body(200);
    let ids = |list: &Value| -> Vec<Value> {
        list["data"].as_array().unwrap().iter().map(|code| code["id"].clone()).collect()
    };
    let (one, two) = (first.body["id"].clone(), second["id"].clone());
    let page = list("?limit=1").await;
    assert_eq!(ids(&page), std::slice::from_ref(&two), "the newest in front");
    let next = list(&format!("?limit=1&cursor={}", text_at(&page, "/page/next"))).await;
    assert_eq!((ids(&next), &next["page"]["has_more"]), (vec![one.clone()], &json!(false)));

    let ended = end(&api, &first.body).await.body(200);
    assert_eq!(ended["status"], "ended");
    assert_eq!(end(&api, &first.body).await.body(200), ended, "it ended once");
    assert_eq!(make("one", &percent).await.expect(201).text, first.text);
    assert_eq!(ids(&list("?status=active").await), [two]);
    assert_eq!(ids(&list("?status=ended").await), [one]);
    // The word is free for another code.
    let third = make("three", &percent).await.expect(201);
    assert_ne!(third.body["id"], first.body["id"]);
    let sql = world.sql().await;
    let query = "select type from events where key = $1 order by seq";
    let told = sql.query(query, &[&uuid_of(&first.text_at("/id"))]).await.unwrap();
    let told: Vec<String> = told.iter().map(|row| row.get(0)).collect();
    assert_eq!(told, ["promo_code.created", "promo_code.ended"]);
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn codes_are_their_landlords_own_and_within_limits() {
    let world = World::start().await;
    let (landlord, other) = (world.landlord().await, world.landlord().await);
    let (api, stranger) = (world.api(&landlord), world.api(&other));
    let tenant = world.api(&world.tenant().await);
    let body = json!({"code": "SUN-10", "off_bp": 1_000});
    let own = code(&api, &body).await;
    for (who, status, slug) in
        [(&world.anonymous(), 401, "unauthenticated"), (&tenant, 403, "forbidden")]
    {
        who.post("promo-codes", &body).await.problem(status, slug);
        who.get("promo-codes").await.problem(status, slug);
        end(who, &own).await.problem(status, slug);
    }
    end(&stranger, &own).await.problem(404, "not-found");
    assert_eq!(stranger.get("promo-codes").await.body(200)["data"], json!([]));
    // Whose word it is elsewhere does not matter.
    code(&stranger, &body).await;

    let home = world.home(&other, 1, 10_000).await;
    let keyless = api.call(Method::POST, "promo-codes").no_key().json(&body).send().await;
    keyless.problem(400, "idempotency-key-required");
    let euro = json!({"amount": 0, "currency": "EUR"});
    for (wrong, pointer) in [
        (json!({"code": "sun-10", "off_bp": 1}), "/code"),
        (json!({"code": "SU", "off_bp": 1}), "/code"),
        (json!({"code": "SUN 10", "off_bp": 1}), "/code"),
        (json!({"code": "NEW"}), "/off_bp"),
        (json!({"code": "NEW", "off_bp": 1, "off": euro}), "/off_bp"),
        (json!({"code": "NEW", "off_bp": 10_001}), "/off_bp"),
        (json!({"code": "NEW", "off": euro}), "/off/amount"),
        (json!({"code": "NEW", "off_bp": 1, "max_uses": 0}), "/max_uses"),
        (json!({"code": "NEW", "off_bp": 1, "property_ids": [home.id]}), "/property_ids"),
        (
            json!({"code": "NEW", "off_bp": 1, "valid_from": world.day(2),
                "valid_until": world.day(1)}),
            "/valid_until",
        ),
        (json!({"code": "NEW", "off_bp": 1, "uses": 1}), "/uses"),
    ] {
        let refused = api.post("promo-codes", &wrong).await.problem(422, "validation");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{wrong}");
    }
    api.get("promo-codes?status=nowhere").await.problem(422, "validation");
}

#[tokio::test]
async fn a_booking_charges_its_quote_with_the_line_of_the_code() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let api = world.api(&landlord);
    let made = code(&api, &json!({"code": "SUN-10", "off_bp": 1_000, "max_uses": 3})).await;
    let stay = home.stay(world.day(30), 3);
    let quoted = quote(&world, &home, &coded(&stay, " sun-10 ")).await.body(200);
    let line = json!({"kind": "promo", "label": "SUN-10", "quantity": 1,
        "amount": {"amount": -3_000, "currency": "EUR"}});
    assert_eq!(quoted["price"]["lines"][1], line);
    assert_eq!(quoted["price"]["total"]["amount"], 27_000);
    assert_eq!(uses_left(&api).await, 3, "a quote uses nothing");

    // What was promised holds, whatever becomes of the code.
    end(&api, &made).await.expect(200);
    let mut by_quote = stay.clone();
    by_quote["quote"] = quoted["quote"].clone();
    let both = world.try_hold(&tenant, &coded(&by_quote, "SUN-10")).await;
    assert_eq!(both.problem(422, "validation").body["errors"][0]["pointer"], "/promo_code");
    let booking = world.book(&tenant, &by_quote).await;
    assert_eq!(booking["price"], quoted["price"]);
    assert_eq!(uses_left(&api).await, 2);
    assert_eq!(why(quote(&world, &home, &coded(&stay, "SUN-10")).await), "ended");
    let path = format!("bookings/{}", text_at(&booking, "/id"));
    let longer = json!({"check_out": world.day(34)});
    let asked = world.api(&tenant).post(&format!("{path}/changes"), &longer).await.body(201);
    assert_eq!(asked["change"]["price"]["total"]["amount"], 36_000, "a change keeps the code");
    let withdraw = format!("{path}/changes/{}/withdraw", text_at(&asked, "/change/id"));
    world.api(&tenant).post(&withdraw, &json!({})).await.expect(200);
    world.api(&tenant).post(&format!("{path}/cancel"), &json!({})).await.expect(200);
    assert_eq!(uses_left(&api).await, 2, "what was paid for once stays used");
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn a_code_that_takes_nothing_off_says_why() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let elsewhere = world.home(&landlord, 1, 10_000).await;
    let api = world.api(&landlord);
    let foreign = world.api(&world.landlord().await);
    code(&foreign, &json!({"code": "FOREIGN", "off_bp": 1_000})).await;
    let ended = code(&api, &json!({"code": "ENDED", "off_bp": 1_000})).await;
    end(&api, &ended).await.expect(200);
    for more in [
        json!({"code": "ELSEWHERE", "off_bp": 1_000, "property_ids": [elsewhere.id]}),
        json!({"code": "SOON", "off_bp": 1_000, "valid_from": world.day(2)}),
        json!({"code": "OVER", "off_bp": 1_000, "valid_until": world.day(-1)}),
        json!({"code": "LONG", "off_bp": 1_000, "min_nights": 4}),
        json!({"code": "YEN", "off": {"amount": 500, "currency": "JPY"}}),
        json!({"code": "ONCE", "off_bp": 1_000, "max_uses": 1}),
    ] {
        code(&api, &more).await;
    }
    let first = world.hold(&tenant, &coded(&elsewhere.stay(world.day(10), 3), "ONCE")).await;
    assert_eq!(first["price"]["total"]["amount"], 27_000);
    let other = world.tenant().await;
    let stay = home.stay(world.day(10), 3);
    for (word, reason) in [
        ("NOSUCH", "unknown"),
        ("", "unknown"),
        ("FOREIGN", "unknown"),
        ("ENDED", "ended"),
        ("ELSEWHERE", "other-homes"),
        ("SOON", "not-yet"),
        ("OVER", "expired"),
        ("LONG", "min-nights"),
        ("YEN", "currency"),
        ("ONCE", "used-up"),
    ] {
        assert_eq!(why(quote(&world, &home, &coded(&stay, word)).await), reason, "{word}");
        assert_eq!(why(world.try_hold(&other, &coded(&stay, word)).await), reason, "{word}");
    }
    world.hold(&other, &stay).await;
}

#[tokio::test]
async fn a_hold_that_expires_gives_its_use_back() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, ada, bob) = (world.landlord().await, world.tenant().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let api = world.api(&landlord);
    let made = code(&api, &json!({"code": "ONCE", "off_bp": 1_000, "max_uses": 1})).await;
    let stay = coded(&home.stay(world.day(10), 3), "ONCE");
    let send = async |world: &World, user: &User| {
        world.api(user).call(Method::POST, "bookings").key("once").json(&stay).send().await
    };
    let held = send(&world, &ada).await.expect(201);
    assert_eq!(why(send(&world, &bob).await), "used-up");
    assert_eq!(uses_left(&api).await, 0);
    world.move_clock(700);
    world.wait_for_status(&ada, &held.body, "expired").await;
    wait_until("the use is back", async || uses_left(&api).await == 1).await;
    let second = send(&world, &bob).await.expect(201);
    assert_eq!(second.body["price"], held.body["price"]);
    assert_eq!(uses_left(&api).await, 0);
    // A retry gets its answer, though the code is used up and over.
    end(&api, &made).await.expect(200);
    for (user, first) in [(&ada, &held), (&bob, &second)] {
        assert_eq!(send(&world, user).await.expect(201).text, first.text);
    }
    world.release(&bob, &second.body).await;
    assert_eq!(uses_left(&api).await, 1);
    invariants::check(&world, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_use_is_left_for_fifty_at_different_homes() {
    let world = World::plan().set("BOOKINGS_HOLDS_PER_USER", 3).start().await;
    let landlord = world.landlord().await;
    let api = world.api(&landlord);
    code(&api, &json!({"code": "LAST", "off_bp": 2_000, "max_uses": 2})).await;
    let crowd = world.crowd(CROWD + 1).await;
    let mut homes = Vec::new();
    for _ in 0..CROWD {
        homes.push(world.home(&landlord, 1, 10_000).await);
    }
    let day = world.day(10);
    let before = coded(&homes[0].stay(day.saturating_add(20.days()), 1), "LAST");
    let before = world.hold(&crowd[CROWD], &before).await;
    let start = Barrier::new(CROWD);
    let wishes = crowd.iter().zip(&homes).map(async |(user, home)| {
        let (api, key) = (world.api(user), Uuid::new_v4().to_string());
        let stay = coded(&home.stay(day, 2), "LAST");
        start.wait().await;
        let answer = api.settle("bookings", &key, &stay).await;
        // The same request again gets the same answer.
        let again = api.settle("bookings", &key, &stay).await;
        let said = |answer: &Answer| (answer.status, answer.body.get("id").cloned());
        assert_eq!(said(&again), said(&answer));
        answer
    });
    let answers: Vec<Answer> = join_all(wishes).await;
    let mut acked = vec![uuid_of(&text_at(&before, "/id"))];
    for (answer, (user, home)) in answers.into_iter().zip(crowd.iter().zip(&homes)) {
        if answer.status == 201 {
            assert_eq!(answer.body["price"]["total"]["amount"], 16_000);
            acked.push(uuid_of(&answer.text_at("/id")));
            continue;
        }
        assert_eq!(why(answer), "used-up");
        // They may come without it.
        let held = world.hold(user, &home.stay(day, 2)).await;
        assert_eq!(held["price"]["total"]["amount"], 20_000);
    }
    assert_eq!(acked.len(), 2, "one of fifty");
    assert_eq!(uses_left(&api).await, 0);
    invariants::check(&world, &acked).await;
}

//! Prices: what a landlord sets, what a quote promises, and that a booking charges just that.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Api, text_at};
use crate::harness::invariants;
use crate::harness::server::World;
use crate::harness::shop::Home;
use crate::harness::wait::wait_until;

/// Sends a change with the ETag that is current for its sender.
async fn change(api: &Api, method: Method, id: &str, rest: &str, body: Option<&Value>) -> Answer {
    let path = format!("properties/{id}");
    let etag = api.get(&path).await.expect(200).header("etag").unwrap().to_owned();
    let call = api.call(method, &format!("{path}/{rest}")).header("if-match", &etag);
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

fn euro(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// Prices of every kind.
fn pricing() -> Value {
    json!({
        "weekend": {"nights": ["friday", "saturday"], "change_bp": 2000},
        "extra_guests": {"included": 2, "per_night": euro(1_500)},
        "cleaning_fee": euro(4_000),
        "deposit": euro(20_000),
        "weekly_off_bp": 1000,
        "monthly_off_bp": 2500,
        "taxes": [
            {"name": "VAT", "percent_bp": 1350, "of": "stay"},
            {"name": "City tax", "amount": euro(150), "per": "guest_night"},
        ],
    })
}

/// Asks for the price of a stay as nobody in particular.
async fn quote(world: &World, home: &Home, stay: &Value) -> Answer {
    let mut body = stay.clone();
    body.as_object_mut().unwrap().remove("property_id");
    world.anonymous().post(&format!("properties/{}/quote", home.id), &body).await
}

#[tokio::test]
async fn what_a_landlord_sets_is_what_is_read() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 10_000).await;
    let api = world.api(&landlord);
    let path = format!("properties/{}/pricing", home.id);

    let before = api.get(&path).await.body(200);
    assert_eq!((&before["rules"], &before["weekly_off_bp"]), (&json!([]), &json!(0)));
    let set = change(&api, Method::PUT, &home.id, "pricing", Some(&pricing())).await;
    let etag = set.header("etag").unwrap().to_owned();
    let set = set.body(200);
    for (field, value) in pricing().as_object().unwrap() {
        assert_eq!(&set[field], value, "{field}");
    }
    assert_eq!(set["units"][0]["price_per_night"], euro(10_000));
    assert_eq!(api.get(&path).await.body(200), set);
    // The fee and the deposit are those of the listing.
    let listing = api.get(&format!("properties/{}", home.id)).await.expect(200);
    assert_eq!(listing.body["cleaning_fee"], euro(4_000));
    assert_eq!(listing.header("etag"), Some(etag.as_str()));

    let season = json!({"name": "Summer", "kind": "season", "from": world.day(10),
        "to": world.day(20), "night": euro(14_000), "priority": 3});
    let early = json!({"name": "Early bird", "kind": "early_bird", "days": 60, "off_bp": 500});
    let own = change(&api, Method::POST, &home.id, "price-rules", Some(&season)).await.body(201);
    assert_eq!(own["rules"][0]["name"], "Summer");
    let both = change(&api, Method::POST, &home.id, "price-rules", Some(&early)).await.body(201);
    let rules = api.get(&format!("properties/{}/price-rules", home.id)).await.body(200);
    assert_eq!(rules["data"], both["rules"]);
    assert_eq!(rules["data"][0]["night"], euro(14_000), "the highest priority in front");
    assert_eq!(rules["data"][1]["off_bp"], 500);
    // Rates are set without touching the rules, and the other way round.
    let again = change(&api, Method::PUT, &home.id, "pricing", Some(&json!({}))).await.body(200);
    assert_eq!((&again["rules"], &again["weekend"]), (&both["rules"], &Value::Null));
    let rest = format!("price-rules/{}", text_at(&both, "/rules/0/id"));
    let left = change(&api, Method::DELETE, &home.id, &rest, None).await.body(200);
    assert_eq!(left["rules"].as_array().unwrap().len(), 1);
    change(&api, Method::DELETE, &home.id, &rest, None).await.problem(404, "not-found");

    let nights = json!({"from": world.day(10), "to": world.day(12), "price": euro(9_900)});
    let set = change(&api, Method::PUT, &home.id, "night-prices", Some(&nights)).await.body(200);
    assert_eq!(set["nights"], json!([nights]));
    let none = json!({"from": world.day(10), "to": world.day(12)});
    let set = change(&api, Method::PUT, &home.id, "night-prices", Some(&none)).await.body(200);
    assert_eq!(set["nights"], json!([]));
    // Others see what is the same for everybody.
    let seen = world.anonymous().get(&path).await.body(200);
    assert_eq!((seen.get("rules"), seen.get("nights")), (None, None));
    assert_eq!(seen["currency"], "EUR");
}

#[tokio::test]
async fn only_the_owner_sets_prices_and_within_limits() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let (api, stranger) = (world.api(&landlord), world.api(&world.landlord().await));
    let body = pricing();
    for (method, rest) in
        [(Method::PUT, "pricing"), (Method::PUT, "night-prices"), (Method::POST, "price-rules")]
    {
        let body = match rest {
            "pricing" => body.clone(),
            "night-prices" => json!({"from": world.day(1), "to": world.day(2)}),
            _ => json!({"name": "Soon", "kind": "last_minute", "days": 3, "off_bp": 100}),
        };
        let path = format!("properties/{}/{rest}", home.id);
        let call = |api: &Api| api.call(method.clone(), &path).header("if-match", "*").json(&body);
        call(&stranger).send().await.problem(404, "not-found");
        call(&world.api(&tenant)).send().await.problem(403, "forbidden");
        let blind = api.call(method.clone(), &path).json(&body).send().await;
        blind.problem(428, "precondition-required");
        let stale = api.call(method.clone(), &path).header("if-match", "\"1\"").json(&body);
        stale.send().await.problem(412, "precondition-failed");
        call(&api).send().await;
    }
    stranger.get(&format!("properties/{}/price-rules", home.id)).await.problem(404, "not-found");
    let yen = json!({"amount": 5, "currency": "JPY"});
    for (rest, method, body, pointer) in [
        ("pricing", Method::PUT, json!({"cleaning_fee": yen}), "/cleaning_fee/currency"),
        ("pricing", Method::PUT, json!({"weekly_off_bp": 10_001}), "/weekly_off_bp"),
        ("pricing", Method::PUT, json!({"taxes": [{"name": "VAT"}]}), "/taxes/0"),
        ("pricing", Method::PUT, json!({"weekend": {"nights": ["friday"]}}), "/weekend/change_bp"),
        (
            "pricing",
            Method::PUT,
            json!({"weekend": {"nights": ["someday"], "change_bp": 1}}),
            "/weekend/nights/0",
        ),
        ("price-rules", Method::POST, json!({"name": "S", "kind": "season"}), "/kind"),
        (
            "price-rules",
            Method::POST,
            json!({"name": "S", "kind": "last_minute", "days": 3, "off_bp": 1, "change_bp": 1}),
            "/kind",
        ),
        (
            "price-rules",
            Method::POST,
            json!({"name": "S", "kind": "early_bird", "days": 0, "off_bp": 1}),
            "/days",
        ),
        ("night-prices", Method::PUT, json!({"from": "2027-01-02", "to": "2027-01-02"}), "/to"),
    ] {
        let refused = change(&api, method, &home.id, rest, Some(&body)).await;
        let refused = refused.problem(422, "validation");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{rest} {body}");
    }
}

#[tokio::test]
async fn a_booking_charges_its_quote_to_the_cent() {
    let world = World::start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 1, 10_000).await;
    let api = world.api(&landlord);
    change(&api, Method::PUT, &home.id, "pricing", Some(&pricing())).await.expect(200);
    let mut stay = home.stay(world.day(30), 7);
    stay["guests"] = json!(3);

    let quoted = quote(&world, &home, &stay).await.body(200);
    let lines: Vec<_> = quoted["price"]["lines"].as_array().unwrap().iter().collect();
    let line = |kind: &str, label: &str| {
        let found = lines.iter().find(|line| line["kind"] == kind && line["label"] == label);
        found.unwrap_or_else(|| panic!("no {kind} {label}"))["amount"]["amount"].as_i64().unwrap()
    };
    // Any week has one weekend.
    assert_eq!((line("nights", ""), line("nights", "Weekend")), (50_000, 24_000));
    assert_eq!((line("discount", "Weekly discount"), line("guests", "")), (-7_400, 10_500));
    // 13.5 % of 811.00 are 109.485.
    assert_eq!((line("cleaning", ""), line("tax", "VAT")), (4_000, 10_949));
    assert_eq!(line("tax", "City tax"), 3_150);
    assert_eq!(quoted["price"]["total"], euro(95_199));
    assert_eq!(quoted["price"]["due"], euro(115_199));

    // The listing becomes dearer; what was promised stands, and it alone is charged.
    let dear = json!({"cleaning_fee": euro(90_000)});
    change(&api, Method::PUT, &home.id, "pricing", Some(&dear)).await.expect(200);
    stay["quote"] = quoted["quote"].clone();
    let booking = world.book(&tenant, &stay).await;
    assert_eq!(booking["price"], quoted["price"]);
    let now = quote(&world, &home, &home.stay(world.day(50), 1)).await.body(200);
    assert_eq!(now["price"]["total"], euro(100_000));
    let held = world.hold(&tenant, &home.stay(world.day(50), 1)).await;
    assert_eq!(held["price"], now["price"], "without a quote it is the price of the moment");
    invariants::check(&world, &[]).await;
}

#[tokio::test]
async fn a_quote_is_for_its_stay_and_for_a_quarter_of_an_hour() {
    let mut world = World::plan().manual_clock().start().await;
    let (landlord, tenant) = (world.landlord().await, world.tenant().await);
    let home = world.home(&landlord, 2, 10_000).await;
    let other = world.home(&landlord, 1, 100).await;
    let stay = home.stay(world.day(10), 3);
    let quoted = quote(&world, &home, &stay).await.body(200);
    let with = |stay: &Value, quote: &Value| {
        let mut stay = stay.clone();
        stay["quote"] = quote.clone();
        stay
    };
    let token = &quoted["quote"];
    let cheap = quote(&world, &other, &stay).await.body(200);
    let forged = format!("{}x", token.as_str().unwrap());
    for (wrong, code) in [
        (with(&home.stay(world.day(10), 4), token), "other-stay"),
        (with(&home.stay(world.day(11), 3), token), "other-stay"),
        (with(&stay, &cheap["quote"]), "other-stay"),
        (with(&stay, &json!(forged)), "invalid"),
        (with(&stay, &json!("")), "invalid"),
    ] {
        let refused = world.try_hold(&tenant, &wrong).await.problem(422, "validation");
        assert_eq!(refused.body["errors"][0]["pointer"], "/quote");
        assert_eq!(refused.body["errors"][0]["code"], code, "{wrong}");
    }
    // No price comes from a client.
    for field in ["price", "total", "amount"] {
        let mut stay = stay.clone();
        stay[field] = euro(1);
        world.try_hold(&tenant, &stay).await.problem(422, "validation");
    }
    let api = world.api(&tenant);
    let send = async |api: &Api| {
        let call = api.call(Method::POST, "bookings").key("once").json(&with(&stay, token));
        call.send().await
    };
    let held = send(&api).await.body(201);
    world.move_clock(14 * 60 + 50);
    let again = world.try_hold(&tenant, &with(&stay, token)).await.body(201);
    assert_ne!(held["id"], again["id"]);
    world.move_clock(10);
    wait_until("the quote is over", async || {
        let refused = world.try_hold(&tenant, &with(&stay, token)).await;
        refused.body["code"] == "quote-expired"
    })
    .await;
    // A retry of what was done gets its answer, however late.
    assert_eq!(send(&api).await.body(201)["id"], held["id"]);
}

#[tokio::test]
async fn a_quote_says_why_a_stay_is_not_offered() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 10_000).await;
    let past = quote(&world, &home, &home.stay(world.day(-1), 2)).await;
    assert_eq!(past.problem(409, "not-bookable").body["errors"][0]["code"], "in-the-past");
    let mut many = home.stay(world.day(3), 2);
    many["guests"] = json!(5);
    let many = quote(&world, &home, &many).await;
    assert_eq!(many.problem(409, "not-bookable").body["errors"][0]["code"], "too-many-guests");
    let none = quote(&world, &home, &home.stay(world.day(3), 0)).await;
    none.problem(422, "validation");
    // A draft has a price for its owner only.
    let api = world.api(&landlord);
    let draft = api.post("properties", &crate::harness::shop::new_property(1, 5_000)).await;
    let path = format!("properties/{}/quote", draft.expect(201).text_at("/id"));
    let body = json!({"check_in": world.day(3), "check_out": world.day(5), "guests": 1});
    world.anonymous().post(&path, &body).await.problem(404, "not-found");
    assert_eq!(api.post(&path, &body).await.body(200)["price"]["total"], euro(10_000));
}

#[tokio::test]
async fn a_copy_has_the_prices_too() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 10_000).await;
    let api = world.api(&landlord);
    change(&api, Method::PUT, &home.id, "pricing", Some(&pricing())).await.expect(200);
    let rule = json!({"name": "Soon", "kind": "last_minute", "days": 3, "off_bp": 100,
        "unit_id": home.unit_id});
    change(&api, Method::POST, &home.id, "price-rules", Some(&rule)).await.expect(201);
    let copy = api.post(&format!("properties/{}/duplicate", home.id), &json!({})).await.body(201);
    let own = api.get(&format!("properties/{}/pricing", text_at(&copy, "/id"))).await.body(200);
    assert_eq!(own["taxes"], pricing()["taxes"]);
    assert_eq!(own["rules"][0]["unit_id"], copy["unit"]["id"]);
}

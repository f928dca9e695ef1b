//! The steps of a booking beyond paying for it, on the running server: asking first, calling
//! off, changing, coming and leaving, stays that a landlord enters, and cards that fail.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::sandbox::{charges, fill_in};
use crate::harness::server::World;
use crate::harness::shop::{Home, User};
use crate::harness::wait::{wait_for, wait_until};

struct Scene {
    world: World,
    landlord: User,
    tenant: User,
    other: User,
    home: Home,
}

impl Scene {
    async fn new() -> Self {
        let world = World::plan().manual_clock().start().await;
        let landlord = world.landlord().await;
        let (tenant, other) = (world.tenant().await, world.tenant().await);
        let home = world.home(&landlord, 1, 10_000).await;
        Self { world, landlord, tenant, other, home }
    }

    fn stay(&self, ahead: i32, nights: i32) -> Value {
        self.home.stay(self.world.day(ahead), nights)
    }

    /// Takes a step of a booking.
    async fn step(&self, user: &User, booking: &Value, step: &str, body: Value) -> Answer {
        let path = format!("bookings/{}/{step}", text_at(booking, "/id"));
        self.world.api(user).post(&path, &body).await
    }

    async fn asks_first(&self) {
        let path = format!("properties/{}/policies", self.home.id);
        let call = self.world.api(&self.landlord).call(Method::PUT, &path);
        let rules = json!({"cancellation": "flexible", "instant_book": false,
            "check_in_from": "15:00", "check_out_until": "11:00", "house_rules": "", "min_nights": 1});
        call.header("if-match", "*").json(&rules).send().await.expect(200);
    }

    /// Time passes, and with it the life of access tokens.
    async fn days_pass(&mut self, seconds: i64) {
        self.world.let_pass(seconds).await;
        for user in [&mut self.landlord, &mut self.tenant, &mut self.other] {
            *user = self.world.sign_in(&user.email).await;
        }
    }

    /// So much has gone back of what came, by the provider's own list.
    async fn is_back(&self, amount: i64) {
        let endpoint = self.world.endpoint().await;
        wait_until("the money is back", async || {
            let all = charges(&endpoint).await;
            all.iter().map(|charge| charge["amount_refunded"].as_i64().unwrap()).sum::<i64>()
                == amount
        })
        .await;
        let sql = self.world.sql().await;
        wait_until("the refunds have succeeded", async || {
            let query = "select count(*) from refunds where status <> 'succeeded'";
            sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0
        })
        .await;
    }
}

#[tokio::test]
async fn a_landlord_who_wants_to_be_asked_says_yes_or_no() {
    let scene = Scene::new().await;
    scene.asks_first().await;
    let Scene { world, landlord, tenant, other, .. } = &scene;
    let booking = world.hold(tenant, &scene.stay(10, 3)).await;
    assert_eq!(booking["by_request"], true);
    let early = scene.step(tenant, &booking, "checkout", json!({})).await;
    let early = early.problem(409, "invalid-transition");
    assert_eq!(early.body["allowed"], json!(["release", "request", "extend"]));
    scene.step(landlord, &booking, "approve", json!({})).await.problem(409, "invalid-transition");
    let longer = scene.step(tenant, &booking, "extend", json!({})).await.body(200);
    assert_ne!(longer["expires_at"], booking["expires_at"]);
    scene.step(tenant, &booking, "extend", json!({})).await.problem(409, "invalid-transition");
    let asked = json!({"message": "We are two."});
    scene.step(other, &booking, "request", asked.clone()).await.problem(404, "not-found");
    let asked = scene.step(tenant, &booking, "request", asked).await.body(200);
    assert_eq!(
        (&asked["status"], &asked["message"]),
        (&json!("pending_approval"), &json!("We are two."))
    );
    let seen = world.booking(landlord, &booking).await;
    assert_eq!(seen["allowed"], json!(["approve", "decline"]));
    scene.step(tenant, &booking, "approve", json!({})).await.problem(403, "forbidden");
    let approved = scene.step(landlord, &booking, "approve", json!({})).await.body(200);
    assert_eq!(approved["status"], "pending_payment");
    let page = world.checkout(tenant, &booking).await;
    world.pay(&page).await;
    world.wait_for_status(tenant, &booking, "confirmed").await;

    let second = world.hold(other, &scene.stay(20, 2)).await;
    scene.step(other, &second, "request", json!({})).await.expect(200);
    let no = json!({"reason": "We are away."});
    scene
        .step(landlord, &second, "decline", json!({"reason": ""}))
        .await
        .problem(422, "validation");
    let declined = scene.step(landlord, &second, "decline", no).await.body(200);
    assert_eq!(
        (&declined["status"], &declined["reason"]),
        (&json!("declined"), &json!("We are away."))
    );
    assert_eq!(world.free_on(&scene.home, world.day(20)).await, 1);
    invariants::check(world, &[]).await;
}

#[tokio::test]
async fn calling_off_gives_back_what_the_preview_says() {
    let scene = Scene::new().await;
    let Scene { world, landlord, tenant, other, .. } = &scene;
    let admin = world.admin().await;
    let booking = world.book(tenant, &scene.stay(10, 3)).await;
    let path = format!("bookings/{}/cancellation-preview", text_at(&booking, "/id"));
    world.api(other).get(&path).await.problem(404, "not-found");
    let preview = world.api(tenant).get(&path).await.body(200);
    let all = json!({"amount": 30_000, "currency": "EUR"});
    assert_eq!((&preview["refund"], &preview["possible"]), (&all, &json!(true)));
    let half = world.api(&admin).get(&format!("{path}?override=50")).await.body(200);
    assert_eq!(half["refund"]["amount"], 15_000);
    world.api(tenant).get(&format!("{path}?override=50")).await.problem(422, "validation");

    let payment = text_at(&booking, "/payment/id");
    let refunds = format!("payments/{payment}/refunds");
    let sorry = |amount: i64| json!({"amount": {"amount": amount, "currency": "EUR"}, "reason": "No hot water."});
    world.api(tenant).post(&refunds, &sorry(100)).await.problem(404, "not-found");
    world.api(landlord).post(&refunds, &sorry(30_001)).await.problem(422, "validation");
    let refund = world.api(landlord).post(&refunds, &sorry(5_000)).await.body(201);
    scene.is_back(5_000).await;
    let stale = json!({"expected_refund": all});
    let changed =
        scene.step(tenant, &booking, "cancel", stale).await.problem(409, "refund-changed");
    assert_eq!(changed.body["errors"][0]["detail"], "EUR 250.00");
    scene.step(other, &booking, "cancel", json!({})).await.problem(404, "not-found");
    let rest = json!({"expected_refund": {"amount": 25_000, "currency": "EUR"}, "reason": "ill"});
    let over = scene.step(tenant, &booking, "cancel", rest).await.body(200);
    assert_eq!((&over["status"], &over["ended_by"]), (&json!("cancelled"), &json!("tenant")));
    scene.is_back(30_000).await;
    scene.step(tenant, &booking, "cancel", json!({})).await.problem(409, "invalid-transition");

    let second = world.book(other, &scene.stay(10, 3)).await;
    let half = json!({"override": 50, "reason": "a settlement"});
    scene.step(landlord, &second, "cancel", half.clone()).await.problem(422, "validation");
    let over = scene.step(&admin, &second, "cancel", half).await.body(200);
    assert_eq!((&over["status"], &over["ended_by"]), (&json!("cancelled"), &json!("admin")));
    scene.is_back(45_000).await;

    let mine = world.api(tenant).get("payments").await.body(200);
    assert_eq!(mine["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&mine["data"][0]["status"], &mine["data"][0]["refunded"]),
        (&json!("refunded"), &all)
    );
    let theirs = world.api(landlord).get("payments?role=landlord").await.body(200);
    assert_eq!(theirs["data"].as_array().unwrap().len(), 2);
    let back = world.api(tenant).get("refunds?limit=1").await.body(200);
    assert_eq!(
        (&back["data"][0]["reason"], &back["page"]["has_more"]),
        (&json!("cancelled"), &json!(true))
    );
    let next = format!("refunds?limit=1&cursor={}", text_at(&back, "/page/next"));
    let first = world.api(tenant).get(&next).await.body(200);
    assert_eq!(first["data"][0]["id"], refund["id"]);
    let one = format!("refunds/{}", text_at(&refund, "/id"));
    assert_eq!(world.api(landlord).get(&one).await.body(200)["note"], "No hot water.");
    world.api(other).get(&one).await.problem(404, "not-found");
    world.api(other).get(&format!("payments/{payment}")).await.problem(404, "not-found");

    let timeline = format!("bookings/{}/timeline", text_at(&booking, "/id"));
    let told = world.api(tenant).get(&timeline).await.body(200);
    let told = told["data"].as_array().unwrap().clone();
    let who = |kind: &str| {
        let found = told.iter().find(|one| one["type"] == kind);
        found.map(|one| text_at(one, "/actor"))
    };
    assert_eq!(who("booking.held").as_deref(), Some("tenant"));
    assert_eq!(who("booking.confirmed").as_deref(), Some("provider"));
    assert_eq!(who("booking.cancelled").as_deref(), Some("tenant"));
    world.api(other).get(&timeline).await.problem(404, "not-found");
    invariants::check(world, &[]).await;
}

#[tokio::test]
async fn a_change_is_agreed_on_paid_for_and_then_so() {
    let scene = Scene::new().await;
    let Scene { world, landlord, tenant, other, home } = &scene;
    let booking = world.book(tenant, &scene.stay(10, 3)).await;
    let shorter = json!({"check_out": world.day(12)});
    scene.step(other, &booking, "changes", shorter.clone()).await.problem(404, "not-found");
    let proposed = scene.step(landlord, &booking, "changes", shorter.clone()).await.body(201);
    assert_eq!(proposed["change"]["difference"], json!({"amount": -10_000, "currency": "EUR"}));
    scene.step(tenant, &booking, "changes", shorter).await.problem(409, "invalid-transition");
    let step =
        |change: &Value, step: &str| format!("changes/{}/{step}", text_at(change, "/change/id"));
    let accept = step(&proposed, "accept");
    scene.step(landlord, &booking, &accept, json!({})).await.problem(409, "invalid-transition");
    let so = scene.step(tenant, &booking, &accept, json!({})).await.body(200);
    assert_eq!((&so["nights"], &so["price"]["due"]["amount"]), (&json!(2), &json!(20_000)));
    assert_eq!(world.free_on(home, world.day(12)).await, 1);
    scene.is_back(10_000).await;

    let longer = json!({"check_in": world.day(11), "check_out": world.day(15)});
    let proposed = scene.step(tenant, &booking, "changes", longer).await.body(201);
    let pay = step(&proposed, "checkout");
    scene.step(tenant, &booking, &pay, json!({})).await.problem(409, "invalid-transition");
    let accepted =
        scene.step(landlord, &booking, &step(&proposed, "accept"), json!({})).await.body(200);
    assert_eq!(accepted["change"]["status"], "accepted");
    assert_eq!(world.booking(tenant, &booking).await["allowed"][1], "pay-change");
    let page = wait_for("the page of the difference", async || {
        let answer = scene.step(tenant, &booking, &pay, json!({})).await;
        (answer.status == 200).then(|| answer.text_at("/checkout_url"))
    })
    .await;
    world.pay(&page).await;
    let longer = wait_for("the stay is the longer one", async || {
        let now = world.booking(tenant, &booking).await;
        (now["nights"] == 4).then_some(now)
    })
    .await;
    assert_eq!(longer["change"]["status"], "applied");
    assert_eq!(world.free_on(home, world.day(10)).await, 1);
    assert_eq!(world.free_on(home, world.day(14)).await, 0);

    let third = json!({"guests": 2});
    let proposed = scene.step(tenant, &booking, "changes", third.clone()).await.body(201);
    let no = scene.step(landlord, &booking, &step(&proposed, "decline"), json!({})).await.body(200);
    assert_eq!(no["change"]["status"], "declined");
    let proposed = scene.step(tenant, &booking, "changes", third).await.body(201);
    let gone = step(&proposed, "withdraw");
    scene.step(landlord, &booking, &gone, json!({})).await.problem(409, "invalid-transition");
    let back = scene.step(tenant, &booking, &gone, json!({})).await.body(200);
    assert_eq!(back["change"]["status"], "withdrawn");
    scene.step(landlord, &booking, "cancel", json!({})).await.expect(200);
    scene.is_back(10_000 + 40_000).await;
    invariants::check(world, &[]).await;
}

#[tokio::test]
async fn guests_come_leave_early_or_never_come() {
    let mut scene = Scene::new().await;
    let stay = scene.stay(1, 4);
    let booking = scene.world.book(&scene.tenant, &stay).await;
    let code = text_at(&scene.world.booking(&scene.landlord, &booking).await, "/check_in_code");
    assert_eq!(code.len(), 6);
    let mine = scene.world.booking(&scene.tenant, &booking).await;
    assert!(mine.get("check_in_code").is_none(), "the tenant has to be told it");
    let body = json!({"code": code});
    let early = scene.step(&scene.tenant, &booking, "check-in", body.clone()).await;
    early.problem(409, "invalid-transition");
    scene.days_pass(48 * 3600).await;
    let wrong = json!({"code": if code == "000000" { "000001" } else { "000000" }});
    scene.step(&scene.tenant, &booking, "check-in", wrong).await.problem(422, "validation");
    scene.step(&scene.other, &booking, "check-in", json!({})).await.problem(404, "not-found");
    let there = scene.step(&scene.tenant, &booking, "check-in", body).await.body(200);
    assert_eq!(there["status"], "checked_in");
    let cancel = scene.step(&scene.tenant, &booking, "cancel", json!({})).await;
    assert_eq!(cancel.problem(409, "invalid-transition").body["allowed"], json!(["check-out"]));
    let left = scene.step(&scene.tenant, &booking, "check-out", json!({})).await.body(200);
    assert_eq!(left["status"], "completed");
    assert_eq!(scene.world.free_on(&scene.home, scene.world.day(1)).await, 1);
    scene
        .step(&scene.landlord, &booking, "check-out", json!({}))
        .await
        .problem(409, "invalid-transition");

    let stay = scene.stay(1, 3);
    let second = scene.world.book(&scene.other, &stay).await;
    let early = scene.step(&scene.landlord, &second, "no-show", json!({})).await;
    early.problem(409, "invalid-transition");
    scene.days_pass(72 * 3600).await;
    scene.step(&scene.other, &second, "no-show", json!({})).await.problem(403, "forbidden");
    let nobody = scene.step(&scene.landlord, &second, "no-show", json!({})).await.body(200);
    assert_eq!(nobody["status"], "no_show");

    // Nobody says a word of the third: it took place.
    let stay = scene.stay(1, 2);
    let third = scene.world.book(&scene.tenant, &stay).await;
    scene.days_pass(5 * 24 * 3600).await;
    scene.world.wait_for_status(&scene.tenant, &third, "completed").await;
    invariants::check(&scene.world, &[]).await;
}

#[tokio::test]
async fn a_landlord_enters_stays_that_no_tenant_ever_sees() {
    let scene = Scene::new().await;
    let Scene { world, landlord, tenant, other, home } = &scene;
    let mut body = scene.stay(10, 3);
    body["guest_name"] = json!("Grace");
    body["total"] = json!({"amount": 0, "currency": "EUR"});
    world.api(tenant).post("bookings/manual", &body).await.problem(403, "forbidden");
    let stranger = world.landlord().await;
    world.api(&stranger).post("bookings/manual", &body).await.problem(404, "not-found");
    let booking = world.api(landlord).post("bookings/manual", &body).await.body(201);
    assert_eq!(
        (&booking["status"], &booking["guest"]["name"]),
        (&json!("confirmed"), &json!("Grace"))
    );
    world.api(landlord).post("bookings/manual", &body).await.problem(409, "nights-taken");
    world.try_hold(other, &scene.stay(11, 1)).await.problem(409, "nights-taken");
    let list = async |path: &str| world.api(landlord).get(path).await.body(200)["data"].clone();
    assert_eq!(list("bookings").await, json!([]), "it is no stay of the landlord's");
    assert_eq!(list("bookings?role=landlord").await[0]["id"], booking["id"]);
    assert_eq!(list("bookings?role=landlord&status=confirmed").await.as_array().unwrap().len(), 1);
    assert_eq!(list("bookings?role=landlord&status=hold").await, json!([]));
    let later = format!("bookings?role=landlord&from={}", world.day(13));
    assert_eq!(list(&later).await, json!([]));
    let nowhere = world.api(landlord).get("bookings?status=nowhere").await;
    assert!((400..500).contains(&nowhere.status), "{}", nowhere.text);
    let grid = format!("me/calendar?from={}&to={}", world.day(10), world.day(13));
    let grid = world.api(landlord).get(&grid).await.body(200);
    let run = grid.pointer("/data/0/types/0/units/0/runs/0");
    assert_eq!(run.unwrap()["guest"], "Grace", "who comes, not who entered it");
    let moved = json!({"check_in": world.day(12), "check_out": world.day(14)});
    let moved = scene.step(landlord, &booking, "changes", moved).await.body(201);
    assert_eq!((&moved["nights"], &moved["change"]["status"]), (&json!(2), &json!("applied")));
    assert_eq!(world.free_on(home, world.day(10)).await, 1);
    scene.step(landlord, &booking, "cancel", json!({})).await.expect(200);
    assert_eq!(world.free_on(home, world.day(12)).await, 1);
    invariants::check(world, &[]).await;
}

#[tokio::test]
async fn a_stolen_card_ends_a_booking_and_bad_cards_do_at_the_third_try() {
    let scene = Scene::new().await;
    let Scene { world, tenant, other, .. } = &scene;
    let booking = world.hold(tenant, &scene.stay(10, 3)).await;
    let page = world.checkout(tenant, &booking).await;
    assert_eq!(fill_in(&page, "4000 0000 0000 9979").await.status, 402);
    world.wait_for_status(tenant, &booking, "failed").await;

    let second = world.hold(other, &scene.stay(10, 3)).await;
    let page = world.checkout(other, &second).await;
    let sql = world.sql().await;
    for attempt in 1..=3 {
        assert_eq!(fill_in(&page, "4000 0000 0000 9995").await.status, 402);
        wait_until("the attempt is counted", async || {
            let query =
                "select max(attempts) from payments where status <> 'canceled' or attempts = 3";
            let found: Option<i32> = sql.query_one(query, &[]).await.unwrap().get(0);
            found == Some(attempt)
        })
        .await;
    }
    world.wait_for_status(other, &second, "failed").await;
    assert_eq!(world.free_on(&scene.home, world.day(10)).await, 1);
    invariants::check(world, &[]).await;
}

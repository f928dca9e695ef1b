//! The price of a request, reserved on the tenant's card while the landlord is asked: taken by
//! the landlord's yes and let go at every other end, whatever the provider does meanwhile.

use rentezy::sandbox::Endpoint;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::sandbox::{
    BAD_CARD, GOOD_CARD, charges, fill_in, intents, let_go, order_faults, own_page,
};
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

struct Scene {
    world: World,
    endpoint: Endpoint,
    landlord: User,
    tenant: User,
    home: Home,
}

impl Scene {
    /// A home of ten units, whose landlord wants to be asked.
    async fn new() -> Self {
        let world = World::plan().manual_clock().set("PAYMENTS_TIMEOUT_S", 1).start().await;
        let endpoint = world.endpoint().await;
        let (landlord, tenant) = (world.landlord().await, world.tenant().await);
        let home = world.home(&landlord, 10, 10_000).await;
        let path = format!("properties/{}/policies", home.id);
        let rules = json!({"cancellation": "flexible", "instant_book": false,
            "check_in_from": "15:00", "check_out_until": "11:00", "house_rules": "",
            "min_nights": 1});
        let call = world.api(&landlord).call(Method::PUT, &path).header("if-match", "*");
        call.json(&rules).send().await.expect(200);
        Self { world, endpoint, landlord, tenant, home }
    }

    async fn step(&self, user: &User, booking: &Value, step: &str, body: Value) -> Answer {
        let path = format!("bookings/{}/{step}", text_at(booking, "/id"));
        self.world.api(user).post(&path, &body).await
    }

    /// A request for three nights: 300.00.
    async fn asked(&self) -> Value {
        let stay = self.home.stay(self.world.day(20), 3);
        let booking = self.world.hold(&self.tenant, &stay).await;
        self.step(&self.tenant, &booking, "request", json!({})).await.body(200)
    }

    /// A request whose price is reserved.
    async fn reserved(&self) -> Value {
        let booking = self.asked().await;
        let page = self.world.checkout(&self.tenant, &booking).await;
        self.world.pay(&page).await;
        self.wait_for_payment(&booking, "authorized").await
    }

    async fn wait_for_payment(&self, booking: &Value, status: &str) -> Value {
        wait_for(&format!("the payment is {status}"), async || {
            let now = self.world.booking(&self.tenant, booking).await;
            (now["payment"]["status"] == status).then_some(now)
        })
        .await
    }

    async fn approve(&self, booking: &Value) -> Value {
        self.step(&self.landlord, booking, "approve", json!({})).await.body(200)
    }

    async fn is_confirmed(&self, booking: &Value) -> Value {
        let stands = self.world.wait_for_status(&self.tenant, booking, "confirmed").await;
        assert_eq!(stands["payment"]["status"], "succeeded");
        stands
    }

    /// Nothing is reserved any more, so much was taken in all, and the rows are in order.
    async fn is_settled(&self, taken: &[i64]) {
        wait_until("nothing is reserved", async || {
            intents(&self.endpoint).await.iter().all(|i| i["status"] != "requires_capture")
        })
        .await;
        let sql = self.world.sql().await;
        wait_until("no payment is under way", async || {
            let query = "select count(*) from payments where status in ('created', 'authorized')";
            sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0
        })
        .await;
        let all = charges(&self.endpoint).await;
        let amounts: Vec<i64> = all.iter().map(|c| c["amount"].as_i64().unwrap()).collect();
        assert_eq!(amounts, taken);
        invariants::check(&self.world, &[]).await;
    }

    async fn faults(&self, calls: Value) {
        order_faults(&self.endpoint, &json!({ "calls": calls })).await;
    }
}

#[tokio::test]
async fn a_yes_takes_what_is_reserved() {
    let scene = Scene::new().await;
    let Scene { world, landlord, tenant, .. } = &scene;
    let (booking, other) = (scene.asked().await, world.tenant().await);
    assert_eq!(booking["allowed"], json!(["release", "checkout"]));
    let none = json!({});
    scene.step(&other, &booking, "checkout", none.clone()).await.problem(404, "not-found");
    scene.step(landlord, &booking, "checkout", none.clone()).await.problem(404, "not-found");
    let page = world.checkout(tenant, &booking).await;
    let open = world.booking(tenant, &booking).await;
    assert_eq!(
        (&open["status"], &open["payment"]["status"]),
        (&json!("pending_approval"), &json!("created"),)
    );
    assert_eq!(open["allowed"], json!(["release", "pay"]));
    assert!(open["payment"]["checkout_url"].is_string());
    world.pay(&page).await;
    let reserved = scene.wait_for_payment(&booking, "authorized").await;
    assert_eq!(reserved["allowed"], json!(["release"]));
    assert!(charges(&scene.endpoint).await.is_empty(), "nothing is taken before the yes");
    let seen = world.booking(landlord, &booking).await;
    assert_eq!(seen["payment"]["status"], "authorized", "the landlord sees it");
    assert_eq!(seen["allowed"], json!(["approve", "decline"]));
    let sql = world.sql().await;
    let posted = "select count(*) from ledger";
    assert_eq!(sql.query_one(posted, &[]).await.unwrap().get::<_, i64>(0), 0);
    let payment = format!("payments/{}/refunds", text_at(&seen, "/payment/id"));
    let back = json!({"amount": {"amount": 100, "currency": "EUR"}, "reason": "sorry"});
    world.api(landlord).post(&payment, &back).await.problem(409, "invalid-transition");

    scene.approve(&booking).await;
    scene.is_confirmed(&booking).await;
    let notes = "select count(*) from notifications where kind = 'payment.authorized'";
    wait_until("both are told", async || {
        sql.query_one(notes, &[]).await.unwrap().get::<_, i64>(0) == 2
    })
    .await;
    let over = scene.step(tenant, &booking, "checkout", none).await;
    over.problem(409, "invalid-transition");
    scene.is_settled(&[30_000]).await;
}

#[tokio::test]
async fn every_other_end_lets_it_go() {
    let mut scene = Scene::new().await;
    let Scene { world, landlord, tenant, .. } = &scene;
    let declined = scene.reserved().await;
    let no = json!({"reason": "We are away."});
    scene.step(landlord, &declined, "decline", no.clone()).await.expect(200);
    let taken_back = scene.reserved().await;
    assert_eq!(world.release(tenant, &taken_back).await["status"], "cancelled");
    // Somebody is still at the page.
    let at_the_page = scene.asked().await;
    let page = world.checkout(tenant, &at_the_page).await;
    scene.step(landlord, &at_the_page, "decline", no).await.expect(200);
    for booking in [&declined, &taken_back, &at_the_page] {
        scene.wait_for_payment(booking, "canceled").await;
    }
    assert_eq!(fill_in(&page, GOOD_CARD).await.status, 410);
    let unanswered = scene.reserved().await;
    scene.world.let_pass(24 * 3_600 + 1).await;
    let tenant = scene.world.sign_in(&scene.tenant.email).await;
    scene.world.wait_for_status(&tenant, &unanswered, "expired").await;
    scene.is_settled(&[]).await;
}

#[tokio::test]
async fn a_yes_while_the_tenant_is_at_the_page_takes_it_when_it_is_reserved() {
    let scene = Scene::new().await;
    let Scene { world, tenant, .. } = &scene;
    let booking = scene.asked().await;
    let page = world.checkout(tenant, &booking).await;
    let approved = scene.approve(&booking).await;
    assert_eq!(approved["status"], "pending_payment");
    let now = world.booking(tenant, &booking).await;
    assert_eq!(now["allowed"], json!(["release", "pay"]));
    assert_eq!(world.checkout(tenant, &booking).await, page, "the same page goes on");
    world.pay(&page).await;
    scene.is_confirmed(&booking).await;

    // A yes before anybody went to the page: it is an ordinary payment.
    let plain = scene.asked().await;
    scene.approve(&plain).await;
    let page = world.checkout(tenant, &plain).await;
    world.pay(&page).await;
    scene.is_confirmed(&plain).await;
    scene.is_settled(&[30_000, 30_000]).await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_paid_otherwise() {
    let scene = Scene::new().await;
    let Scene { world, tenant, endpoint, .. } = &scene;
    let booking = scene.reserved().await;
    let intent = text_at(&intents(endpoint).await[0], "/id");
    // Nobody hears that the bank has let it go.
    order_faults(endpoint, &json!({"webhooks": {"hold": true}})).await;
    let_go(endpoint, &intent).await;
    scene.approve(&booking).await;
    let lost = wait_for("the tenant may pay", async || {
        let now = world.booking(tenant, &booking).await;
        now["payment"].is_null().then_some(now)
    })
    .await;
    order_faults(endpoint, &json!({"webhooks": {}})).await;
    assert_eq!(lost["status"], "pending_payment");
    assert_eq!(lost["allowed"], json!(["release", "checkout"]));
    let sql = world.sql().await;
    let told = "select count(*) from notifications where kind = 'payment.capture_failed'";
    wait_until("the tenant is told", async || {
        sql.query_one(told, &[]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    let page = world.checkout(tenant, &booking).await;
    world.pay(&page).await;
    scene.is_confirmed(&booking).await;

    // The bank lets go while the landlord thinks: the request goes on without it.
    let booking = scene.reserved().await;
    let reserved = |i: &Value| i["status"] == "requires_capture";
    let intent = intents(endpoint).await.into_iter().find(reserved).unwrap();
    let_go(endpoint, &text_at(&intent, "/id")).await;
    wait_until("it is known", async || world.booking(tenant, &booking).await["payment"].is_null())
        .await;
    let again = scene.step(tenant, &booking, "checkout", json!({})).await;
    again.problem(409, "invalid-transition");
    scene.approve(&booking).await;
    let page = world.checkout(tenant, &booking).await;
    world.pay(&page).await;
    scene.is_confirmed(&booking).await;
    scene.is_settled(&[30_000, 30_000]).await;
}

#[tokio::test]
async fn a_bad_card_ends_the_reserve_and_not_the_request() {
    let scene = Scene::new().await;
    let Scene { world, tenant, .. } = &scene;
    let booking = scene.asked().await;
    let page = world.checkout(tenant, &booking).await;
    for _ in 0..3 {
        fill_in(&page, BAD_CARD).await;
    }
    let lost = wait_for("the page is closed", async || {
        let now = world.booking(tenant, &booking).await;
        now["payment"].is_null().then_some(now)
    })
    .await;
    assert_eq!(
        (&lost["status"], &lost["allowed"]),
        (&json!("pending_approval"), &json!(["release"]),)
    );
    scene.approve(&booking).await;
    let page = world.checkout(tenant, &booking).await;
    world.pay(&page).await;
    scene.is_confirmed(&booking).await;
    scene.is_settled(&[30_000]).await;
}

#[tokio::test]
async fn a_card_that_is_authorised_after_the_end_is_let_go() {
    let scene = Scene::new().await;
    let Scene { world, tenant, endpoint, .. } = &scene;
    // The word of it comes after the end.
    let late = scene.asked().await;
    let page = world.checkout(tenant, &late).await;
    order_faults(endpoint, &json!({"webhooks": {"hold": true}})).await;
    world.pay(&page).await;
    assert_eq!(world.release(tenant, &late).await["status"], "cancelled");
    order_faults(endpoint, &json!({"webhooks": {"reverse": true}})).await;
    scene.wait_for_payment(&late, "canceled").await;
    // The page could not be closed in time, and is used after the end.
    let open = scene.asked().await;
    let page = world.checkout(tenant, &open).await;
    scene
        .faults(json!([{"operation": "session.expire", "fault": "hang", "times": 1,
        "seconds": 3}]))
        .await;
    world.release(tenant, &open).await;
    assert_eq!(fill_in(&page, GOOD_CARD).await.status, 303);
    scene.wait_for_payment(&open, "canceled").await;
    scene.is_settled(&[]).await;
}

#[tokio::test]
async fn whatever_the_provider_does_it_is_taken_once_or_let_go() {
    let scene = Scene::new().await;
    for fault in ["fail_before", "fail_after", "drop_after", "hang"] {
        let seconds = 1.5;
        let order = |operation: &str| json!({"operation": operation, "fault": fault, "times": 1, "seconds": seconds});
        let (taken, let_go) = (scene.reserved().await, scene.reserved().await);
        scene.faults(json!([order("intent.capture"), order("intent.cancel")])).await;
        scene.approve(&taken).await;
        scene.world.release(&scene.tenant, &let_go).await;
        scene.is_confirmed(&taken).await;
        scene.wait_for_payment(&let_go, "canceled").await;
    }
    scene.is_settled(&[30_000; 4]).await;
}

#[tokio::test]
async fn given_up_after_the_yes_it_is_let_go_or_given_back() {
    let scene = Scene::new().await;
    let booking = scene.reserved().await;
    scene
        .faults(json!([{"operation": "intent.capture", "fault": "fail_before", "times": 3}]))
        .await;
    scene.approve(&booking).await;
    scene.world.release(&scene.tenant, &booking).await;
    scene.world.wait_for_status(&scene.tenant, &booking, "cancelled").await;
    let ended = wait_for("its payment has ended", async || {
        let now = scene.world.booking(&scene.tenant, &booking).await;
        let status = text_at(&now, "/payment/status");
        ["canceled", "refunded"].contains(&&*status).then_some(status)
    })
    .await;
    scene.is_settled(if ended == "canceled" { &[] } else { &[30_000] }).await;
}

#[tokio::test]
async fn killed_while_it_is_taken_and_while_it_is_let_go() {
    let mut scene = Scene::new().await;
    let (taken, let_go) = (scene.reserved().await, scene.reserved().await);
    scene
        .faults(json!([
            {"operation": "intent.capture", "fault": "hang", "times": 1, "seconds": 1.0},
            {"operation": "intent.cancel", "fault": "hang", "times": 1, "seconds": 1.0},
        ]))
        .await;
    scene.approve(&taken).await;
    scene.world.release(&scene.tenant, &let_go).await;
    scene.world.kill();
    scene.world.start_again();
    scene.is_confirmed(&taken).await;
    scene.wait_for_payment(&let_go, "canceled").await;

    // Authorised while the server is dead.
    let booking = scene.asked().await;
    let page = scene.world.checkout(&scene.tenant, &booking).await;
    scene.world.kill();
    let paid = fill_in(&own_page(&scene.endpoint, &page), GOOD_CARD).await;
    assert_eq!(paid.status, 303, "{}", paid.page);
    scene.world.start_again();
    scene.wait_for_payment(&booking, "authorized").await;
    scene.approve(&booking).await;
    scene.is_confirmed(&booking).await;
    let id = uuid_of(&text_at(&booking, "/id"));
    invariants::check(&scene.world, &[id]).await;
    scene.is_settled(&[30_000, 30_000]).await;
}

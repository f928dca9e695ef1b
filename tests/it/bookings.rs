//! A booking's life on the running server: held, paid, released, expired, and paid too late.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::text_at;
use crate::harness::invariants;
use crate::harness::sandbox::{BAD_CARD, GOOD_CARD, charges, fill_in, order_faults, own_page};
use crate::harness::server::World;
use crate::harness::shop::{Home, User};
use crate::harness::wait::{wait_for, wait_until};

/// A world whose clock the test moves, a home of one unit, and two tenants.
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

    /// The sandbox refuses to close sessions from now on, or does so again.
    async fn close_fails(&self, fails: bool) {
        let times = if fails { 1000 } else { 0 };
        let call = json!({"operation": "session.expire", "fault": "fail_before", "times": times});
        order_faults(&self.world.endpoint().await, &json!({"calls": [call]})).await;
    }

    /// Lets a hold with a payment run out while the provider cannot be heard; the page that
    /// can still be paid on.
    async fn expired_with_an_open_page(&mut self, stay: &Value) -> (Value, String) {
        let booking = self.world.hold(&self.tenant, stay).await;
        let page = self.world.checkout(&self.tenant, &booking).await;
        self.close_fails(true).await;
        self.world.move_clock(601);
        self.world.wait_for_status(&self.tenant, &booking, "expiring").await;
        self.give_up_on_the_provider(&booking).await;
        let booking = self.world.wait_for_status(&self.tenant, &booking, "expired").await;
        (booking, page)
    }

    /// Moves the clock past the end of the wait, once the provider was asked often enough.
    async fn give_up_on_the_provider(&mut self, booking: &Value) {
        let sql = self.world.sql().await;
        let id = text_at(booking, "/id").replace("bkg_", "");
        let query = "select close_attempts from payments
            where replace(booking_id::text, '-', '') = $1";
        wait_until("the provider was asked three times in vain", async || {
            sql.query_one(query, &[&id]).await.unwrap().get::<_, i32>(0) >= 3
        })
        .await;
        self.world.move_clock(61);
    }

    async fn refunded_in_full(&self, amount: i64) {
        let endpoint = self.world.endpoint().await;
        wait_until("the money is back", async || {
            let charges = charges(&endpoint).await;
            charges.iter().any(|charge| charge["amount_refunded"] == amount)
        })
        .await;
    }
}

#[tokio::test]
async fn held_paid_and_confirmed_as_both_sides_see_it() {
    let Scene { world, landlord, tenant, other, home } = &mut Scene::new().await;
    let night = world.day(30);
    let booking = world.hold(tenant, &home.stay(night, 3)).await;
    assert_eq!(booking["status"], "hold");
    assert_eq!(booking["nights"], 3);
    assert_eq!(booking["tenant_id"], json!(tenant.id));
    assert_eq!(booking["landlord_id"], json!(landlord.id));
    assert_eq!(booking["price"]["total"], json!({"amount": 30_000, "currency": "EUR"}));
    let ends: jiff::Timestamp = text_at(&booking, "/expires_at").parse().unwrap();
    let made: jiff::Timestamp = text_at(&booking, "/created_at").parse().unwrap();
    assert_eq!(ends.duration_since(made).as_secs(), 600);
    assert_eq!(world.free_on(home, night).await, 0);
    world.try_hold(other, &home.stay(night, 1)).await.problem(409, "nights-taken");

    let page = world.checkout(tenant, &booking).await;
    assert!(page.starts_with(world.url()), "the page is shown by the server itself: {page}");
    let declined = fill_in(&page, BAD_CARD).await;
    assert_eq!(declined.status, 402);
    assert!(declined.page.contains("declined"), "{}", declined.page);
    let back = world.pay(&page).await;
    assert!(back.contains(&text_at(&booking, "/id")), "{back}");
    let confirmed = world.wait_for_status(tenant, &booking, "confirmed").await;
    assert_eq!(confirmed["payment"]["status"], "succeeded");
    assert!(confirmed.get("expires_at").is_none());

    let api = world.api(landlord);
    let list = api.get("bookings?role=landlord").await.body(200);
    assert_eq!(list["data"][0]["id"], booking["id"]);
    assert_eq!(list["data"][0]["status"], "confirmed");
    let mine = world.api(tenant).get("bookings").await.body(200);
    assert_eq!(mine["data"].as_array().unwrap().len(), 1);
    let nobodys = world.api(other).get("bookings").await.body(200);
    assert_eq!(nobodys["data"], json!([]));
    let path = format!("bookings/{}", text_at(&booking, "/id"));
    world.api(other).get(&path).await.problem(404, "not-found");
    world.anonymous().get(&path).await.problem(401, "unauthenticated");

    // What is confirmed is not released, nor paid for again.
    let release = world.api(tenant).call(Method::DELETE, &format!("{path}/hold")).send().await;
    let release = release.problem(409, "invalid-transition");
    assert_eq!(release.body["allowed"], json!(["cancel", "change"]));
    let again = world.api(tenant).post(&format!("{path}/checkout"), &json!({})).await;
    again.problem(409, "invalid-transition");
    invariants::check(world, &[]).await;
}

#[tokio::test]
async fn what_cannot_be_booked_is_refused_with_its_reason() {
    let Scene { world, landlord, tenant, other, home } = &mut Scene::new().await;
    let stay = |ahead: i32, nights: i32| home.stay(world.day(ahead), nights);
    for (stay, code) in [
        (stay(-2, 3), "not-bookable"),
        (stay(720, 20), "not-bookable"),
        (json!({"guests": 5}), "not-bookable"),
    ] {
        let mut body = stay_of(home, world);
        body.as_object_mut().unwrap().extend(stay.as_object().unwrap().clone());
        world.try_hold(tenant, &body).await.problem(409, code);
    }
    world.try_hold(landlord, &stay(5, 2)).await.problem(409, "not-bookable");
    for (field, value, pointer) in [
        ("check_out", json!(world.day(5)), "/check_out"),
        ("guests", json!(0), "/guests"),
        ("guests", json!("two"), "/guests"),
        ("check_in", json!("2026-02-30"), "/check_in"),
        ("price", json!(1), "/price"),
    ] {
        let mut body = stay(5, 2);
        body[field] = value;
        let answer = world.try_hold(tenant, &body).await.problem(422, "validation");
        assert_eq!(answer.body["errors"][0]["pointer"], json!(pointer), "{}", answer.text);
    }
    let mut gone = stay(5, 2);
    gone["property_id"] = json!("prp_01970000000070008000000000000002");
    world.try_hold(tenant, &gone).await.problem(404, "not-found");

    // Somebody else's hold is nobody's business.
    let booking = world.hold(tenant, &stay(5, 2)).await;
    let path = format!("bookings/{}", text_at(&booking, "/id"));
    let release = |user| world.api(user).call(Method::DELETE, &format!("{path}/hold")).send();
    release(other).await.problem(404, "not-found");
    release(landlord).await.problem(404, "not-found");
    let checkout = format!("{path}/checkout");
    world.api(other).post(&checkout, &json!({})).await.problem(404, "not-found");
    for away in ["https://evil.example/", "//evil.example", "/\\evil.example", "bookings"] {
        let answer = world.api(tenant).post(&checkout, &json!({"return_url": away})).await;
        answer.problem(422, "validation");
    }
    invariants::check(world, &[]).await;
}

fn stay_of(home: &Home, world: &World) -> Value {
    home.stay(world.day(5), 2)
}

#[tokio::test]
async fn a_hold_ends_by_release_and_by_time_and_the_nights_are_free_again() {
    let mut scene = Scene::new().await;
    let stay = scene.stay(10, 2);
    let world = &scene.world;
    let first = world.hold(&scene.tenant, &stay).await;
    let released = world.release(&scene.tenant, &first).await;
    assert_eq!(released["status"], "cancelled");
    assert!(released["released_at"].is_string());

    let second = world.hold(&scene.other, &stay).await;
    scene.world.move_clock(500);
    let still = scene.world.booking(&scene.other, &second).await;
    assert_eq!(still["status"], "hold");
    scene.world.move_clock(101);
    let expired = scene.world.wait_for_status(&scene.other, &second, "expired").await;
    assert!(expired["released_at"].is_string());
    let world = &scene.world;
    let path = format!("bookings/{}/checkout", text_at(&second, "/id"));
    let late = world.api(&scene.other).post(&path, &json!({})).await;
    late.problem(409, "invalid-transition");
    assert_eq!(world.free_on(&scene.home, world.day(10)).await, 1);
    world.hold(&scene.tenant, &stay).await;
    invariants::check(world, &[]).await;
}

#[tokio::test]
async fn a_hold_with_a_page_open_expires_only_when_the_page_is_closed() {
    let mut scene = Scene::new().await;
    let stay = scene.stay(10, 2);
    let booking = scene.world.hold(&scene.tenant, &stay).await;
    let page = scene.world.checkout(&scene.tenant, &booking).await;
    scene.close_fails(true).await;
    scene.world.move_clock(601);
    let expiring = scene.world.wait_for_status(&scene.tenant, &booking, "expiring").await;
    assert!(expiring["payment"]["checkout_url"].is_null(), "it is not shown any more");
    let taken = scene.world.try_hold(&scene.other, &stay).await;
    taken.problem(409, "nights-taken");
    scene.close_fails(false).await;
    scene.world.wait_for_status(&scene.tenant, &booking, "expired").await;
    let closed = fill_in(&page, GOOD_CARD).await;
    assert_eq!(closed.status, 410, "the page is closed: {}", closed.page);
    scene.world.book(&scene.other, &stay).await;
    invariants::check(&scene.world, &[]).await;
}

#[tokio::test]
async fn a_payment_that_came_as_the_time_ran_out_is_welcome() {
    let mut scene = Scene::new().await;
    let stay = scene.stay(10, 2);
    let booking = scene.world.hold(&scene.tenant, &stay).await;
    let page = scene.world.checkout(&scene.tenant, &booking).await;
    scene.close_fails(true).await;
    scene.world.move_clock(601);
    scene.world.wait_for_status(&scene.tenant, &booking, "expiring").await;
    scene.world.pay(&page).await;
    scene.world.wait_for_status(&scene.tenant, &booking, "confirmed").await;
    invariants::check(&scene.world, &[]).await;
}

#[tokio::test]
async fn a_late_payment_retakes_the_nights_if_they_are_free() {
    let mut scene = Scene::new().await;
    let stay = scene.stay(10, 2);
    let (booking, page) = scene.expired_with_an_open_page(&stay).await;
    assert_eq!(scene.world.free_on(&scene.home, scene.world.day(10)).await, 1);
    scene.world.pay(&page).await;
    let confirmed = scene.world.wait_for_status(&scene.tenant, &booking, "confirmed").await;
    assert!(confirmed.get("released_at").is_none());
    assert_eq!(scene.world.free_on(&scene.home, scene.world.day(10)).await, 0);
    invariants::check(&scene.world, &[]).await;
}

#[tokio::test]
async fn a_late_payment_goes_back_if_the_nights_are_taken() {
    let mut scene = Scene::new().await;
    let stay = scene.stay(10, 2);
    let (booking, page) = scene.expired_with_an_open_page(&stay).await;
    let theirs = scene.world.hold(&scene.other, &stay).await;
    scene.world.pay(&page).await;
    scene.refunded_in_full(20_000).await;
    let now = scene.world.booking(&scene.tenant, &booking).await;
    assert_eq!(
        (&now["status"], &now["payment"]["status"]),
        (&json!("expired"), &json!("refunded"))
    );
    assert_eq!(scene.world.booking(&scene.other, &theirs).await["status"], "hold");
    invariants::check(&scene.world, &[]).await;
}

#[tokio::test]
async fn whoever_gives_up_gets_a_payment_back_in_full_however_late_it_comes() {
    let mut scene = Scene::new().await;
    // Paid while the page is being closed.
    let stay = scene.stay(10, 2);
    let booking = scene.world.hold(&scene.tenant, &stay).await;
    let page = scene.world.checkout(&scene.tenant, &booking).await;
    scene.close_fails(true).await;
    let released = scene.world.release(&scene.tenant, &booking).await;
    assert_eq!(released["status"], "expiring");
    scene.world.pay(&page).await;
    scene.world.wait_for_status(&scene.tenant, &booking, "cancelled").await;
    scene.refunded_in_full(20_000).await;

    // Paid after the provider was given up on.
    let stay = scene.stay(20, 3);
    let booking = scene.world.hold(&scene.tenant, &stay).await;
    let page = scene.world.checkout(&scene.tenant, &booking).await;
    scene.world.release(&scene.tenant, &booking).await;
    scene.give_up_on_the_provider(&booking).await;
    scene.world.wait_for_status(&scene.tenant, &booking, "cancelled").await;
    scene.world.pay(&page).await;
    scene.refunded_in_full(30_000).await;
    let now = scene.world.booking(&scene.tenant, &booking).await;
    assert_eq!(now["status"], "cancelled");
    assert_eq!(scene.world.free_on(&scene.home, scene.world.day(20)).await, 1);
    invariants::check(&scene.world, &[]).await;
}

#[tokio::test]
async fn hooks_that_come_twice_reversed_or_not_at_all_end_the_same() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let endpoint = world.endpoint().await;
    for (round, webhooks) in
        [json!({"duplicate": 3}), json!({"reverse": true, "duplicate": 1}), json!({"hold": true})]
            .iter()
            .enumerate()
    {
        let ahead = 10 + 5 * i32::try_from(round).unwrap();
        let booking = world.hold(&scene.tenant, &scene.stay(ahead, 2)).await;
        let page = world.checkout(&scene.tenant, &booking).await;
        order_faults(&endpoint, &json!({"webhooks": webhooks})).await;
        let paid = fill_in(&own_page(&endpoint, &page), GOOD_CARD).await;
        assert_eq!(paid.status, 303, "{}", paid.page);
        if webhooks["hold"] == true {
            let still = world.booking(&scene.tenant, &booking).await;
            assert_eq!(still["status"], "pending_payment");
            order_faults(&endpoint, &json!({"webhooks": {}})).await;
        }
        world.wait_for_status(&scene.tenant, &booking, "confirmed").await;
    }
    invariants::check(world, &[]).await;
}

/// A provider that failed after it had sent a refund says for ever that it failed: its own
/// list says what it did.
#[tokio::test]
async fn a_lost_answer_about_a_refund_leaves_it_neither_open_nor_doubled() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let endpoint = world.endpoint().await;
    for fault in ["fail_after", "drop_after", "fail_before"] {
        let booking = world.book(&scene.tenant, &scene.stay(10, 1)).await;
        // Nor does anybody else tell us.
        let calls = json!([{"operation": "refund.create", "fault": fault, "times": 1}]);
        let silent = json!({"calls": calls, "webhooks": {"hold": true}});
        order_faults(&endpoint, &silent).await;
        let path = format!("bookings/{}/cancel", text_at(&booking, "/id"));
        world.api(&scene.tenant).post(&path, &json!({})).await.expect(200);
        let sql = world.sql().await;
        wait_until("the refund has succeeded", async || {
            let query = "select count(*) from refunds where status <> 'succeeded'";
            sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) == 0
        })
        .await;
        order_faults(&endpoint, &json!({"webhooks": {}})).await;
    }
    let back = charges(&endpoint).await;
    assert!(back.iter().all(|charge| charge["amount_refunded"] == 10_000), "{back:?}");
    invariants::check(world, &[]).await;
}

#[tokio::test]
async fn a_hook_is_believed_by_its_signature_alone() {
    let world = World::start().await;
    let event = json!({"id": "evt_x", "object": "event", "type": "x", "data": {"object": {}}});
    let api = world.anonymous();
    let send = |signature: &str| {
        let call = api.call(Method::POST, "hooks/stripe").no_key();
        call.header("stripe-signature", signature).json(&event).send()
    };
    for wrong in ["", "t=1,v1=00", "t=99999999999,v1=zz", "v1="] {
        send(wrong).await.problem(400, "malformed");
    }
    let count = "select count(*) from stripe_inbox";
    let row = world.sql().await.query_one(count, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_lost_answer_of_the_provider_makes_no_second_charge() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let endpoint = world.endpoint().await;
    for (round, fault) in ["fail_after", "drop_after", "fail_before"].iter().enumerate() {
        let calls = json!([{"operation": "session.create", "fault": fault, "times": 1}]);
        order_faults(&endpoint, &json!({"calls": calls})).await;
        let ahead = 10 + 5 * i32::try_from(round).unwrap();
        world.book(&scene.tenant, &scene.stay(ahead, 1)).await;
    }
    assert_eq!(charges(&endpoint).await.len(), 3);
    // The landlord is told of each, once.
    let sql = world.sql().await;
    wait_for("the landlord is told", async || {
        let query = "select count(*) from notifications
            where kind = 'booking.confirmed' and user_id::text = $1";
        let id = crate::harness::shop::uuid_of(&scene.landlord.id).to_string();
        let told: i64 = sql.query_one(query, &[&id]).await.unwrap().get(0);
        (told == 3).then_some(())
    })
    .await;
    invariants::check(world, &[]).await;
}

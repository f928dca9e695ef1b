//! Two who want what only one of them can have, on the running server: whoever wins, the
//! rows, the books and the provider's list tell one story. How the races went is printed.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use rentezy::sandbox::Endpoint;
use serde_json::{Value, json};

use super::till::Till;
use crate::harness::client::{Answer, text_at};
use crate::harness::invariants;
use crate::harness::sandbox::{GOOD_CARD, fill_in, order_faults, own_page};
use crate::harness::server::World;
use crate::harness::shop::{Home, User, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

/// Payments at the last instant.
const LAST_INSTANTS: usize = 100;

/// How many of them at the end of the same time.
const AT_ONCE: usize = 20;

/// Times of bookings that are over, and payment pages that are closed.
const OVER: &str = "select count(*) from events where type = 'booking.expiring'";
const CLOSED: &str = "select count(*) from payments where status = 'canceled'";

/// Rounds of the other races.
const ROUNDS: usize = 20;

/// How races of a kind went.
#[derive(Default)]
struct Ends(BTreeMap<String, usize>);

impl Ends {
    fn add(&mut self, end: impl Into<String>) {
        *self.0.entry(end.into()).or_default() += 1;
    }

    fn say(&self, race: &str) {
        eprintln!("{race}: {:?}", self.0);
    }
}

struct Scene {
    world: World,
    endpoint: Endpoint,
    landlord: User,
    tenant: User,
    home: Home,
}

impl Scene {
    /// A home of so many units.
    async fn new(units: u16) -> Self {
        let world = World::plan().manual_clock().start().await;
        let endpoint = world.endpoint().await;
        let (landlord, tenant) = (world.landlord().await, world.tenant().await);
        let home = world.home(&landlord, units, 10_000).await;
        Self { world, endpoint, landlord, tenant, home }
    }

    fn stay(&self, ahead: i32, nights: i32) -> Value {
        self.home.stay(self.world.day(ahead), nights)
    }

    async fn step(&self, user: &User, booking: &Value, step: &str, body: Value) -> Answer {
        let path = format!("bookings/{}/{step}", text_at(booking, "/id"));
        self.world.api(user).post(&path, &body).await
    }

    /// So many paid stays on the same nights.
    async fn booked(&self, ahead: i32, count: usize) -> Vec<Value> {
        let stay = self.stay(ahead, 2);
        let stays = (0..count).map(async |_| self.world.book(&self.tenant, &stay).await);
        join_all(stays).await
    }

    /// Rows, books and the provider's list agree, and nothing is under way.
    async fn is_consistent(&self) {
        invariants::check(&self.world, &[]).await;
        let sql = self.world.sql().await;
        let differences = async || Till::of(&self.endpoint).await.differences(&sql, &[]).await;
        let agreed = wait_until("the books agree", async || differences().await.is_empty());
        let agreed = rentezy::clock::within(std::time::Duration::from_secs(60), agreed).await;
        assert!(agreed.is_ok(), "{:#?}", differences().await);
    }

    /// What came of a booking and has not gone back, by the rows.
    async fn kept(&self, booking: &Value) -> i64 {
        let query = "select coalesce(sum(captured - refunded), 0)::bigint from payments
            where booking_id = $1";
        let id = uuid_of(&text_at(booking, "/id"));
        self.world.sql().await.query_one(query, &[&id]).await.unwrap().get(0)
    }

    /// How many nights are taken by a booking.
    async fn has_nights(&self, booking: &Value) -> bool {
        let query = "select count(*) from occupancies where ref = $1";
        let id = uuid_of(&text_at(booking, "/id"));
        self.world.sql().await.query_one(query, &[&id]).await.unwrap().get::<_, i64>(0) == 1
    }
}

/// Exactly one of two; whether it is the first.
fn only_one(one: &Answer, other: &Answer) -> bool {
    let statuses = (one.status, other.status);
    assert!(matches!(statuses, (200 | 201, 409) | (409, 200 | 201)), "{one:?} {other:?}");
    one.status < 300
}

/// Tenants pay while their time runs out: before, just after, and while the provider closes
/// their pages one after the other. In half of the rounds it takes its time for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paid_at_the_last_instant() {
    let mut scene = Scene::new(u16::try_from(LAST_INSTANTS).unwrap()).await;
    let mut ends = Ends::default();
    for round in 0..LAST_INSTANTS / AT_ONCE {
        let stay = scene.stay(10, 2);
        let scene_ref = &scene;
        let stay = &stay;
        let pages = (0..AT_ONCE).map(async |_| {
            let booking = scene_ref.world.hold(&scene_ref.tenant, stay).await;
            let page = scene_ref.world.checkout(&scene_ref.tenant, &booking).await;
            (booking, own_page(&scene_ref.endpoint, &page))
        });
        let pages = join_all(pages).await;
        let slow = json!({"operation": "session.expire", "fault": "hang",
            "times": AT_ONCE * (round % 2), "seconds": 0.2});
        order_faults(&scene.endpoint, &json!({ "calls": [slow] })).await;
        let sql = scene.world.sql().await;
        let count = async |query: &str| -> i64 { sql.query_one(query, &[]).await.unwrap().get(0) };
        let (over, closed) = (count(OVER).await, count(CLOSED).await);
        scene.world.pass(595);
        let is_closed = async |booking: &Value| {
            let query =
                "select count(*) from payments where booking_id = $1 and status = 'canceled'";
            let id = uuid_of(&text_at(booking, "/id"));
            sql.query_one(query, &[&id]).await.unwrap().get::<_, i64>(0) == 1
        };
        let pay = async |(at, (booking, page)): (usize, &(Value, String))| {
            // A third before the end, a third when the first time is over, and of the others
            // each when one more page has been closed, whosever it was, or its own has.
            let (query, least) = match at % 3 {
                0 => (OVER, 0),
                1 => (OVER, over + 1),
                _ => (CLOSED, closed + 1 + i64::try_from(at / 3).unwrap()),
            };
            wait_until("it is time to pay", async || {
                count(query).await >= least || is_closed(booking).await
            })
            .await;
            fill_in(page, GOOD_CARD).await.status.as_u16()
        };
        let payers = join_all(pages.iter().enumerate().map(pay));
        let end = async {
            scene.world.pass(10);
        };
        let (paid, ()) = tokio::join!(payers, end);
        for ((booking, _), paid) in pages.iter().zip(paid) {
            ends.add(last_instant(&scene, booking, paid).await);
        }
        // The nights are the next round's as well.
        for (booking, _) in &pages {
            if scene.world.booking(&scene.tenant, booking).await["status"] == "confirmed" {
                scene.step(&scene.landlord, booking, "cancel", json!({})).await.expect(200);
            }
        }
        scene.is_consistent().await;
        scene.world.move_clock(1);
    }
    ends.say("paid at the last instant");
    assert_eq!(ends.0.values().sum::<usize>(), LAST_INSTANTS);
    assert!(ends.0.len() > 1, "it is no race: {:?}", ends.0);
}

/// Waits for the end of one, which must be one of two: paid and a stay, or over without
/// anybody's money. `paid` is what the payment page said.
async fn last_instant(scene: &Scene, booking: &Value, paid: u16) -> String {
    let ended = wait_for("confirmed or expired", async || {
        let now = scene.world.booking(&scene.tenant, booking).await;
        matches!(now["status"].as_str().unwrap(), "confirmed" | "expired").then_some(now)
    })
    .await;
    let stands = ended["status"] == "confirmed";
    assert!(matches!(paid, 303 | 410), "the page said {paid}");
    assert_eq!(stands, scene.has_nights(booking).await);
    let total = ended["price"]["due"]["amount"].as_i64().unwrap();
    assert_eq!(scene.kept(booking).await, if stands { total } else { 0 }, "{ended}");
    // Whoever was told that it is paid has the stay: nobody else wants the nights.
    assert_eq!(stands, paid == 303, "the page said {paid}: {ended}");
    format!("{} after {paid}", text_at(&ended, "/status"))
}

/// A stay is changed to nights that somebody else takes at the same moment: at once where it
/// costs nothing on top, when its payment arrives where it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_against_a_hold_of_the_same_nights() {
    let scene = Scene::new(1).await;
    let Scene { world, landlord, tenant, home, .. } = &scene;
    let (other, sql) = (world.tenant().await, world.sql().await);
    let (mut moved, mut longer) = (Ends::default(), Ends::default());
    for round in 0..ROUNDS {
        let ahead = 5 + 8 * i32::try_from(round).unwrap();
        let booking = world.book(tenant, &scene.stay(ahead, 2)).await;
        let costs = round % 2 == 1;
        let wish = if costs {
            json!({"check_out": world.day(ahead + 4)})
        } else {
            json!({"check_in": world.day(ahead + 1), "check_out": world.day(ahead + 3)})
        };
        let change = scene.step(tenant, &booking, "changes", wish).await.expect(201);
        let step = format!("changes/{}/", change.text_at("/change/id"));
        // The night that both want.
        let wanted = home.stay(world.day(ahead + 2), 1);
        let yes = format!("{step}accept");
        let accept = scene.step(landlord, &booking, &yes, json!({}));
        let hold = world.try_hold(&other, &wanted);
        let (changed, held) = if costs {
            accept.await.expect(200);
            let page = wait_for("the page of the difference", async || {
                let path = format!("{step}checkout");
                let answer = scene.step(tenant, &booking, &path, json!({})).await;
                (answer.status == 200).then(|| answer.text_at("/checkout_url"))
            })
            .await;
            // Every other time when the word of the payment is there.
            let word = "select count(*) from stripe_inbox";
            let before: i64 = sql.query_one(word, &[]).await.unwrap().get(0);
            let hold = async {
                if round % 4 == 1 {
                    wait_until("the payment is told", async || {
                        sql.query_one(word, &[]).await.unwrap().get::<_, i64>(0) > before
                    })
                    .await;
                }
                hold.await
            };
            let (back, held) = tokio::join!(world.pay(&page), hold);
            assert!(back.contains("paid=1"));
            let now = wait_for("the change is made or not", async || {
                let now = world.booking(tenant, &booking).await;
                (now["change"]["status"] != "accepted").then_some(now)
            })
            .await;
            (now["change"]["status"] == "applied", held)
        } else {
            let (accepted, held) = tokio::join!(accept, hold);
            (only_one(&accepted, &held), held)
        };
        assert_ne!(changed, held.status == 201, "one of them has the night: {}", held.text);
        let due = world.booking(tenant, &booking).await["price"]["due"]["amount"].clone();
        assert_eq!(json!(scene.kept(&booking).await), due, "paid is what it costs");
        let end = if changed { "changed" } else { "held by another" };
        if costs {
            longer.add(end)
        } else {
            moved.add(end)
        }
        if held.status == 201 {
            world.release(&other, &held.body).await;
        }
    }
    moved.say("a change that costs nothing against a hold");
    longer.say("a change that is paid for against a hold");
    scene.is_consistent().await;
}

/// A stay is called off while its guests are let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn called_off_against_checked_in() {
    let mut scene = Scene::new(u16::try_from(ROUNDS).unwrap()).await;
    let bookings = scene.booked(1, ROUNDS).await;
    scene.world.let_pass(40 * 3_600).await;
    for user in [&mut scene.landlord, &mut scene.tenant] {
        *user = scene.world.sign_in(&user.email).await;
    }
    let mut ends = Ends::default();
    for (round, booking) in bookings.iter().enumerate() {
        let by = if round % 4 < 2 { &scene.tenant } else { &scene.landlord };
        let cancel = scene.step(by, booking, "cancel", json!({}));
        let arrive = scene.step(&scene.landlord, booking, "check-in", json!({}));
        // Either goes out first as often.
        let (off, there) = if round % 2 == 0 {
            tokio::join!(cancel, arrive)
        } else {
            let (there, off) = tokio::join!(arrive, cancel);
            (off, there)
        };
        let over = only_one(&off, &there);
        let status = if over { "cancelled" } else { "checked_in" };
        assert_eq!(scene.world.booking(&scene.tenant, booking).await["status"], status);
        assert_eq!(scene.has_nights(booking).await, !over);
        ends.add(status);
    }
    ends.say("called off against checked in");
    scene.is_consistent().await;
}

/// Money is sent back twice at once, a stay is called off by both sides at once, and both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_goes_back_twice_at_once() {
    let scene = Scene::new(u16::try_from(3 * ROUNDS).unwrap()).await;
    let Scene { world, landlord, tenant, .. } = &scene;
    let bookings = scene.booked(10, 3 * ROUNDS).await;
    let total = 20_000;
    let give = async |booking: &Value, amount: i64| {
        let path = format!("payments/{}/refunds", text_at(booking, "/payment/id"));
        let body = json!({"amount": {"amount": amount, "currency": "EUR"}, "reason": "sorry"});
        world.api(landlord).post(&path, &body).await
    };
    let cancel =
        async |user: &User, booking: &Value| scene.step(user, booking, "cancel", json!({})).await;
    let (mut refunds, mut cancels, mut both) = (Ends::default(), Ends::default(), Ends::default());
    for three in bookings.chunks(3) {
        // Two refunds of which there is only one.
        let (one, other) = tokio::join!(give(&three[0], 15_000), give(&three[0], 12_000));
        let (given, refused) = if one.status == 201 { (one, other) } else { (other, one) };
        refused.problem(422, "validation");
        let amount = given.expect(201).body["amount"]["amount"].as_i64().unwrap();
        assert_eq!(scene.kept(&three[0]).await, total - amount);
        refunds.add(format!("{amount} went back"));

        let (one, other) = tokio::join!(cancel(tenant, &three[1]), cancel(landlord, &three[1]));
        cancels.add(if only_one(&one, &other) { "by the tenant" } else { "by the landlord" });
        assert_eq!(scene.kept(&three[1]).await, 0);

        let (given, off) = tokio::join!(give(&three[2], 5_000), cancel(landlord, &three[2]));
        off.expect(200);
        assert_eq!(scene.kept(&three[2]).await, 0, "never more than came, never less");
        if given.status == 201 {
            both.add("given before it was called off");
        } else {
            given.problem(409, "invalid-transition");
            both.add("called off before");
        }
    }
    refunds.say("two refunds at once");
    cancels.say("called off by both sides");
    both.say("a refund against calling off");
    scene.is_consistent().await;
}

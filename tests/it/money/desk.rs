//! The people of the mix, their homes, and how they ask: like a client that now and then
//! hears nothing, does not wait, or sends the same twice. Every wish has one key.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use rentezy::clock;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::client::{Answer, http};
use crate::harness::server::World;
use crate::harness::shop::{Home, User, new_property};

/// How long a client goes on asking.
const PATIENCE: Duration = Duration::from_secs(100);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// A home with its landlord.
pub(super) struct Place {
    pub(super) home: Home,
    pub(super) landlord: usize,
    pub(super) currency: &'static str,
}

/// How often what was done.
#[derive(Default)]
pub(super) struct Tally(RefCell<BTreeMap<String, u64>>);

impl Tally {
    pub(super) fn add(&self, what: &str) {
        self.add_many(what, 1);
    }

    pub(super) fn add_many(&self, what: &str, times: u64) {
        *self.0.borrow_mut().entry(what.to_owned()).or_default() += times;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.borrow().iter().try_for_each(|(what, times)| write!(f, "\n  {times:>6} {what}"))
    }
}

/// Everybody, and what was promised to them.
pub(super) struct Desk {
    pub(super) world: World,
    pub(super) landlords: Vec<User>,
    pub(super) tenants: Vec<User>,
    pub(super) admin: User,
    pub(super) places: Vec<Place>,
    pub(super) tally: Tally,
    pub(super) seed: u64,
    /// The journeys so far.
    pub(super) journeys: Cell<u64>,
    held: RefCell<Vec<String>>,
    promised: RefCell<Vec<(String, i64)>>,
    pages: reqwest::Client,
}

impl Desk {
    /// A server with homes of many kinds for so many bookings, and people who want them.
    pub(super) async fn open(seed: u64, bookings: usize) -> Self {
        let plan = World::plan().manual_clock().set("PAYMENTS_TIMEOUT_S", 1);
        let world = plan.set("PAYMENTS_PLATFORM_FEE", 300).start().await;
        let places = (bookings / 40).clamp(12, 120);
        let admin = world.admin().await;
        let mut landlords = world.crowd(places / 4).await;
        let promote = "update users set roles = '{tenant,landlord}' where email = any($1)";
        let emails: Vec<&str> = landlords.iter().map(|user| user.email.as_str()).collect();
        world.sql().await.execute(promote, &[&emails]).await.unwrap();
        world.sign_again(&mut landlords, &["tenant", "landlord"]).await;
        let tenants = world.crowd((bookings / 8).max(40)).await;
        let mut desk = Self {
            world,
            landlords,
            tenants,
            admin,
            places: Vec::new(),
            tally: Tally::default(),
            seed,
            journeys: Cell::new(0),
            held: RefCell::default(),
            promised: RefCell::default(),
            pages: http(),
        };
        let mut dice = Rng::with_seed(seed);
        for number in 0..places {
            let place = desk.new_place(&mut dice, number).await;
            desk.places.push(place);
        }
        desk
    }

    async fn new_place(&self, dice: &mut Rng, number: usize) -> Place {
        let landlord = number % self.landlords.len();
        let currency = ["EUR", "USD", "JPY", "GBP", "EUR", "KWD"][number % 6];
        let mut property = new_property(dice.u16(1..4), dice.i64(3_000..20_000));
        property["price_per_night"]["currency"] = json!(currency);
        let home = self.world.home_of(&self.landlords[landlord], &property).await;
        let place = Place { home, landlord, currency };
        let policies = ["flexible", "moderate", "limited", "firm", "strict", "non_refundable"];
        let rules = json!({"cancellation": dice.choice(policies), "instant_book": number % 6 != 5,
            "check_in_from": "15:00", "check_out_until": "11:00", "house_rules": "",
            "min_nights": 1});
        self.set(&place, "policies", &rules).await;
        self.set_prices(dice, &place).await;
        place
    }

    /// The landlord sets other prices, and with them another deposit and other taxes.
    pub(super) async fn set_prices(&self, dice: &mut Rng, place: &Place) {
        let money = |amount: i64| json!({"amount": amount, "currency": place.currency});
        let pricing = json!({
            "weekend": {"nights": ["friday", "saturday"], "change_bp": dice.i32(0..3_000)},
            "extra_guests": {"included": 2, "per_night": money(dice.i64(0..1_500))},
            "cleaning_fee": money(dice.i64(0..2) * dice.i64(1..5_000)),
            "deposit": money(dice.i64(0..3) * dice.i64(1..7_000)),
            "weekly_off_bp": dice.u16(0..1_500),
            "taxes": [{"name": "VAT", "percent_bp": dice.u16(1..2_000), "of": "stay"}],
        });
        self.set(place, "pricing", &pricing).await;
    }

    async fn set(&self, place: &Place, what: &str, body: &Value) {
        let path = format!("properties/{}/{what}", place.home.id);
        let api = self.world.api(&self.landlords[place.landlord]);
        loop {
            let call = api.call(Method::PUT, &path).header("if-match", "*");
            let answer = call.json(body).send().await;
            // Another change of it was quicker, or the server has too much to do.
            if ![412, 503].contains(&answer.status) {
                answer.expect(200);
                return;
            }
        }
    }

    /// Gives everybody new tokens: days have passed.
    pub(super) async fn sign_again(&mut self) {
        self.world.sign_again(&mut self.tenants, &["tenant"]).await;
        self.world.sign_again(&mut self.landlords, &["tenant", "landlord"]).await;
        self.admin = self.world.sign_in(&self.admin.email).await;
    }

    /// The bookings that were acknowledged.
    pub(super) fn held(&self) -> Vec<String> {
        self.held.borrow().clone()
    }

    /// The refunds that were acknowledged, with their amounts.
    pub(super) fn promised(&self) -> Vec<(String, i64)> {
        self.promised.borrow().clone()
    }

    pub(super) fn note_hold(&self, booking: &str) -> usize {
        let mut held = self.held.borrow_mut();
        held.push(booking.to_owned());
        held.len()
    }

    pub(super) fn note_refund(&self, refund: &Answer) {
        let amount = refund.body["amount"]["amount"].as_i64().unwrap();
        self.promised.borrow_mut().push((refund.text_at("/id"), amount));
    }

    /// Sends a wish until there is an answer to it; what it was is counted by its name.
    pub(super) async fn post(
        &self,
        dice: &mut Rng,
        user: &User,
        (path, name): (&str, &str),
        body: &Value,
    ) -> Answer {
        self.wish(dice, user, (Method::POST, path, name), Some(body)).await
    }

    /// As [`Self::post`], with any method.
    pub(super) async fn wish(
        &self,
        dice: &mut Rng,
        user: &User,
        (method, path, name): (Method, &str, &str),
        body: Option<&Value>,
    ) -> Answer {
        let api = self.world.api(user);
        let key = Uuid::from_u128(dice.u128(..)).to_string();
        let send = || {
            let call = api.call(method.clone(), path).key(&key);
            body.map_or_else(|| api.call(method.clone(), path).key(&key), |body| call.json(body))
                .try_send()
        };
        let mut before = None;
        match dice.u8(0..100) {
            0..4 => {
                let hasty = Duration::from_micros(dice.u64(0..30_000));
                before = clock::within(hasty, send()).await.ok().and_then(Result::ok);
                self.tally.add("client: did not wait for the answer");
            }
            4..8 => {
                let (one, other) = tokio::join!(send(), send());
                before = one.ok();
                if let (Some(one), Ok(other)) = (&before, &other) {
                    same(name, one, other);
                }
                self.tally.add("client: sent twice at once");
            }
            _ => {}
        }
        let answer = self.settle(path, send).await;
        if let Some(before) = &before {
            same(name, before, &answer);
        }
        if dice.u8(0..100) < 8 {
            same(name, &answer, &self.settle(path, send).await);
            self.tally.add("client: asked again after the answer");
        }
        self.tally.add(&format!("{name}: {}", answer.status));
        answer
    }

    async fn settle<F>(&self, path: &str, send: impl Fn() -> F) -> Answer
    where
        F: Future<Output = Result<Answer, reqwest::Error>>,
    {
        let began = clock::monotonic();
        loop {
            match send().await {
                Ok(answer) if !matches!(answer.status, 202 | 503 | 504) => return answer,
                answer => {
                    let busy = answer.map_or(0, |answer| answer.status);
                    self.tally.add(&format!("client: asked again after {busy}"));
                }
            }
            assert!(began.elapsed() < PATIENCE, "no answer to {path}");
            clock::pause(PAUSE).await;
        }
    }

    /// Looks again and again until what is seen will do, or for some seconds.
    pub(super) async fn watch(
        &self,
        user: &User,
        booking: &str,
        will_do: impl Fn(&Value) -> bool,
    ) -> Value {
        let (began, path) = (clock::monotonic(), format!("bookings/{booking}"));
        loop {
            let answer = self.world.api(user).get(&path).await;
            if answer.status == 200 && (will_do(&answer.body) || began.elapsed() > PATIENCE / 10) {
                return answer.body;
            }
            assert!(began.elapsed() < PATIENCE, "{booking} cannot be seen: {}", answer.text);
            clock::pause(PAUSE).await;
        }
    }

    /// Pays on a page as people do: when it answers with an error, they look at it again.
    /// Whether it says that it was paid.
    pub(super) async fn pay(&self, page: &str, card: &str) -> bool {
        for _ in 0..20 {
            let sent = self.pages.post(page).form(&[("card_number", card)]).send().await;
            let Ok(answer) = sent else { continue };
            let back = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            match (answer.status().as_u16(), back) {
                (303, Some(to)) if to.ends_with("/authenticate") => {
                    // The page's id says what the bank will say.
                    let even = page.bytes().last().is_some_and(|last| last & 1 == 0);
                    let outcome = [("outcome", if even { "complete" } else { "fail" })];
                    let check = format!("{page}/authenticate");
                    self.pages.post(check).form(&outcome).send().await.ok();
                    return false;
                }
                (303, _) => return true,
                (402 | 410 | 404, _) => return false,
                _ => self.tally.add("client: looked at the payment page again"),
            }
        }
        false
    }
}

/// Two answers to one wish: what was done once is told the same. A payment page is told of as it
/// stands, though: asking for one that is there does nothing, and it may have closed meanwhile.
fn same(name: &str, one: &Answer, other: &Answer) {
    let done = |answer: &Answer| matches!(answer.status, 200 | 201);
    let is_page = name.ends_with("checkout");
    if done(one) && done(other) && is_page {
        assert_eq!(one.text_at("/payment/id"), other.text_at("/payment/id"), "{name}: one key");
    } else if done(one) && done(other) {
        assert_eq!(one.text, other.text, "{name}: one key, two answers");
    }
    // A refusal leaves nothing, so that the next try may do; what was done stays done.
    let closed = is_page && other.body["code"] == "invalid-transition";
    let taken_back = done(one) && matches!(other.status, 400..500) && !closed;
    assert!(!taken_back, "{name}: {} and then {}", one.text, other.text);
}

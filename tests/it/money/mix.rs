//! Journeys: from a wish to a stay that is paid for, or not.

use std::sync::atomic::{AtomicBool, Ordering};

use fastrand::Rng;
use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::Desk;
use crate::harness::client::text_at;
use crate::harness::sandbox::{BAD_CARD, GOOD_CARD};
use crate::harness::shop::User;

/// Journeys at the same time, at least and at most; more for longer runs.
const AT_ONCE: (usize, usize) = (24, 96);

/// Nights are wanted so many days ahead at most; every other time within days that pass.
const AHEAD: i32 = 60;
const SOON: i32 = 9;

/// The clock moves on by so many seconds for each hold, and a little without any: some holds
/// run out while they are being paid for.
const SECONDS_A_HOLD: i64 = 4;
const SECONDS_A_LOOK: i64 = 5;

/// A card that is stolen, one without money, and one whose bank asks back.
const STOLEN: &str = "4000 0000 0000 9979";
const EMPTY: &str = "4000 0000 0000 9995";
const ASKS: &str = "4000 0025 0000 3155";

/// Somebody's stay at some place.
pub(super) struct Trip {
    pub(super) tenant: usize,
    pub(super) place: usize,
    pub(super) booking: String,
}

impl Trip {
    pub(super) fn path(&self, step: &str) -> String {
        format!("bookings/{}/{step}", self.booking)
    }
}

impl Desk {
    /// Makes journeys until so many bookings were held in all.
    pub(super) async fn mix(&self, bookings: usize) {
        while self.held().len() < bookings {
            let missing = bookings - self.held().len();
            let first = self.journeys.get();
            self.journeys.set(first + missing as u64);
            let all_held = AtomicBool::new(false);
            let numbers = stream::iter(first..first + missing as u64);
            let at_once = (missing / 40).clamp(AT_ONCE.0, AT_ONCE.1);
            let journeys = numbers.for_each_concurrent(at_once, async |number| {
                self.journey(number).await;
            });
            // One mover of the clock, at the pace of the holds.
            let mover = async {
                let mut moved = self.held().len();
                while !all_held.load(Ordering::Relaxed) {
                    let held = self.held().len();
                    let holds = i64::try_from(held - moved).unwrap();
                    self.world.pass(SECONDS_A_LOOK + SECONDS_A_HOLD * holds);
                    moved = held;
                    rentezy::clock::pause(std::time::Duration::from_millis(200)).await;
                }
            };
            let journeys = async {
                journeys.await;
                all_held.store(true, Ordering::Relaxed);
            };
            tokio::join!(journeys, mover);
        }
    }

    async fn journey(&self, number: u64) {
        let mut dice = Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(number));
        let dice = &mut dice;
        if dice.u8(0..100) < 2 {
            let place = dice.usize(0..self.places.len());
            self.set_prices(dice, &self.places[place]).await;
        }
        let Some(trip) = self.hold(dice).await else { return };
        if !self.is_let_in(dice, &trip).await {
            return;
        }
        let is_there = match dice.u8(0..100) {
            0..6 => false,
            6..12 => {
                self.release(dice, &trip).await;
                false
            }
            _ => self.check_out_and_pay(dice, &trip).await,
        };
        if is_there {
            self.goes_on(dice, &trip).await;
        }
    }

    async fn hold(&self, dice: &mut Rng) -> Option<Trip> {
        let (tenant, place) = (dice.usize(0..self.tenants.len()), dice.usize(0..self.places.len()));
        let home = &self.places[place].home;
        let nights = dice.i32(1..7);
        let ahead = if dice.bool() { dice.i32(1..SOON) } else { dice.i32(1..AHEAD) };
        let mut stay = home.stay(self.world.day(ahead), nights);
        stay["guests"] = json!(dice.u16(1..5));
        let user = &self.tenants[tenant];
        if dice.bool() {
            let mut wanted = stay.clone();
            wanted.as_object_mut().unwrap().remove("property_id");
            let path = format!("properties/{}/quote", home.id);
            let quote = self.world.api(user).post(&path, &wanted).await;
            if quote.status == 200 {
                stay["quote"] = quote.body["quote"].clone();
            }
        }
        let answer = self.post(dice, user, ("bookings", "hold"), &stay).await;
        if answer.status != 201 {
            assert!(matches!(answer.status, 409 | 422), "{}", answer.text);
            return None;
        }
        let booking = answer.text_at("/id");
        self.note_hold(&booking);
        Some(Trip { tenant, place, booking })
    }

    pub(super) async fn release(&self, dice: &mut Rng, trip: &Trip) {
        let path = trip.path("hold");
        let wish = (Method::DELETE, path.as_str(), "release");
        self.wish(dice, &self.tenants[trip.tenant], wish, None).await;
    }

    /// Asks the landlord, where that is needed; whether the tenant may pay now.
    async fn is_let_in(&self, dice: &mut Rng, trip: &Trip) -> bool {
        let user = &self.tenants[trip.tenant];
        let landlord = &self.landlords[self.places[trip.place].landlord];
        let seen = self.watch(user, &trip.booking, |_| true).await;
        if seen["by_request"] != json!(true) {
            return true;
        }
        let words = json!({"message": "We are quiet."});
        self.post(dice, user, (&trip.path("request"), "request"), &words).await;
        let mut others = dice.fork();
        match dice.u8(0..3) {
            0 => self.answer(dice, trip, landlord).await,
            1 => {
                self.reserve(&mut others, trip).await;
                self.answer(dice, trip, landlord).await
            }
            // The landlord answers while the tenant is at the page.
            _ => {
                let reserve = self.reserve(&mut others, trip);
                tokio::join!(self.answer(dice, trip, landlord), reserve).0
            }
        }
    }

    /// What comes of a request; whether the tenant may pay now.
    async fn answer(&self, dice: &mut Rng, trip: &Trip, landlord: &User) -> bool {
        match dice.u8(0..10) {
            0 => self.release(dice, trip).await,
            1 => {
                let no = json!({"reason": "We are away."});
                self.post(dice, landlord, (&trip.path("decline"), "decline"), &no).await;
            }
            2 => {}
            _ => {
                let path = trip.path("approve");
                let yes = self.post(dice, landlord, (&path, "approve"), &json!({})).await;
                return yes.status == 200;
            }
        }
        false
    }

    /// Reserves the price on a card, or tries to.
    async fn reserve(&self, dice: &mut Rng, trip: &Trip) {
        let user = &self.tenants[trip.tenant];
        let path = trip.path("checkout");
        let answer = self.post(dice, user, (&path, "reserve"), &json!({})).await;
        if answer.status == 200 {
            let kind = dice.u8(0..100);
            let paid = self.pays(dice, &answer.text_at("/checkout_url"), kind).await;
            self.tally.add(if paid { "reserve: made" } else { "reserve: not made" });
        }
    }

    /// Goes to the payment page and does there what people do; whether the booking stands.
    async fn check_out_and_pay(&self, dice: &mut Rng, trip: &Trip) -> bool {
        let user = &self.tenants[trip.tenant];
        let path = trip.path("checkout");
        let answer = self.post(dice, user, (&path, "checkout"), &json!({})).await;
        if answer.status != 200 {
            return false;
        }
        let page = answer.text_at("/checkout_url");
        let paid = match dice.u8(0..100) {
            0..6 => false,
            6..12 => {
                self.release(dice, trip).await;
                false
            }
            12..18 => {
                let (paid, ()) = tokio::join!(self.pay(&page, GOOD_CARD), self.release(dice, trip));
                self.tally.add(if paid { "page: paid and released" } else { "page: released" });
                paid
            }
            kind => self.pays(dice, &page, kind).await,
        };
        if !paid {
            return false;
        }
        let over = ["hold", "pending_payment", "expiring"];
        let seen = self
            .watch(user, &trip.booking, |now| !over.contains(&now["status"].as_str().unwrap()))
            .await;
        self.tally.add(&format!("came to stand: {}", text_at(&seen, "/status")));
        seen["status"] == "confirmed"
    }

    /// Pays with one card or another; whether the page says that it was paid.
    pub(super) async fn pays(&self, dice: &mut Rng, page: &str, kind: u8) -> bool {
        let cards: &[&str] = match kind {
            18..24 => &[BAD_CARD, GOOD_CARD],
            24..28 => &[STOLEN],
            28..32 => &[EMPTY, EMPTY, EMPTY],
            32..36 => &[ASKS, GOOD_CARD],
            _ => &[GOOD_CARD],
        };
        let mut paid = false;
        for card in cards {
            paid = self.pay(page, card).await;
        }
        if dice.u8(0..100) < 5 {
            // The same once more, as after a click too many.
            paid = self.pay(page, GOOD_CARD).await || paid;
        }
        self.tally.add(if paid { "page: paid" } else { "page: not paid" });
        paid
    }

    /// What somebody sees of a trip.
    pub(super) async fn look(&self, trip: &Trip) -> Value {
        self.watch(&self.tenants[trip.tenant], &trip.booking, |_| true).await
    }
}

//! What becomes of a stay that is paid for: called off, given something back for, changed.

use fastrand::Rng;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::desk::Desk;
use super::mix::Trip;
use crate::harness::client::text_at;
use crate::harness::shop::User;

fn date(booking: &Value, name: &str) -> Date {
    booking[name].as_str().unwrap().parse().unwrap()
}

impl Desk {
    fn tenant(&self, trip: &Trip) -> &User {
        &self.tenants[trip.tenant]
    }

    fn landlord(&self, trip: &Trip) -> &User {
        &self.landlords[self.places[trip.place].landlord]
    }

    /// Up to four things happen to it.
    pub(super) async fn goes_on(&self, dice: &mut Rng, trip: &Trip) {
        for _ in 0..4 {
            match dice.u8(0..100) {
                0..28 => return,
                28..40 => self.call_off(dice, trip, self.tenant(trip), "cancel by tenant").await,
                40..45 => {
                    self.call_off(dice, trip, self.landlord(trip), "cancel by landlord").await
                }
                45..48 => {
                    let body = json!({"override": dice.u8(0..=100), "reason": "a settlement"});
                    let wish = &trip.path("cancel");
                    self.post(dice, &self.admin, (wish, "cancel by admin"), &body).await;
                }
                48..62 => self.give_back(dice, trip).await,
                62..66 => {
                    let (mut one, mut other) = (dice.fork(), dice.fork());
                    tokio::join!(
                        self.call_off(&mut one, trip, self.tenant(trip), "cancel at once"),
                        self.give_back(&mut other, trip),
                    );
                }
                _ => self.change(dice, trip).await,
            }
        }
    }

    /// Calls it off, half the time with what the preview says.
    async fn call_off(&self, dice: &mut Rng, trip: &Trip, by: &User, name: &str) {
        let mut body = json!({"reason": "plans"});
        if dice.bool() {
            let preview = self.world.api(by).get(&trip.path("cancellation-preview")).await;
            body["expected_refund"] = preview.body(200)["refund"].clone();
        }
        self.post(dice, by, (&trip.path("cancel"), name), &body).await;
    }

    /// The landlord is sorry for something, or wants to give more than there is.
    async fn give_back(&self, dice: &mut Rng, trip: &Trip) {
        let seen = self.look(trip).await;
        let Some(payment) = seen["payment"]["id"].as_str() else { return };
        let due = seen["price"]["due"].clone();
        let most = (due["amount"].as_i64().unwrap() * 6 / 5).max(1);
        let amount = if dice.u8(0..4) == 0 { most } else { dice.i64(1..=most) };
        let body = json!({"amount": {"amount": amount, "currency": due["currency"]},
            "reason": "No hot water."});
        let path = format!("payments/{payment}/refunds");
        let given = self.post(dice, self.landlord(trip), (&path, "goodwill"), &body).await;
        if given.status == 201 {
            self.note_refund(&given);
        }
    }

    /// One side wants it otherwise, the other says what it thinks of that.
    async fn change(&self, dice: &mut Rng, trip: &Trip) {
        let seen = self.look(trip).await;
        if seen["status"] != "confirmed" {
            return;
        }
        let (one, other) = match dice.u8(0..5) {
            0 | 1 => (self.landlord(trip), self.tenant(trip)),
            _ => (self.tenant(trip), self.landlord(trip)),
        };
        let (from, to) = (date(&seen, "check_in"), date(&seen, "check_out"));
        let days = dice.i32(1..4);
        let wish = match dice.u8(0..5) {
            0 => json!({"check_out": to.saturating_add(days.days())}),
            1 => json!({"check_out": to.saturating_sub(days.days())}),
            2 => json!({"check_in": from.saturating_add(days.days()),
                "check_out": to.saturating_add(days.days())}),
            3 => json!({"check_in": from.saturating_sub(days.days())}),
            _ => json!({"guests": dice.u16(1..5)}),
        };
        let proposed = self.post(dice, one, (&trip.path("changes"), "change"), &wish).await;
        if proposed.status != 201 {
            return;
        }
        let id = proposed.text_at("/change/id");
        let step = |step: &str| trip.path(&format!("changes/{id}/{step}"));
        let none = json!({});
        match dice.u8(0..12) {
            0 => {
                self.post(dice, other, (&step("decline"), "change declined"), &none).await;
            }
            1 => {
                self.post(dice, one, (&step("withdraw"), "change withdrawn"), &none).await;
            }
            2 => {}
            _ => {
                let name = (&*step("accept"), "change accepted");
                let accepted = self.post(dice, other, name, &none).await;
                if accepted.status == 200 && accepted.body["change"]["status"] == "accepted" {
                    self.pay_change(dice, trip, &id).await;
                }
            }
        }
    }

    /// Pays what a change costs on top, or lets it be; now and then while it is called off.
    async fn pay_change(&self, dice: &mut Rng, trip: &Trip, change: &str) {
        let tenant = self.tenant(trip);
        let step = |step: &str| trip.path(&format!("changes/{change}/{step}"));
        if dice.u8(0..10) == 0 {
            let name = (&*step("withdraw"), "change withdrawn");
            self.post(dice, tenant, name, &json!({})).await;
            return;
        }
        let name = (&*step("checkout"), "change checkout");
        let answer = self.post(dice, tenant, name, &json!({})).await;
        if answer.status != 200 {
            return;
        }
        let page = answer.text_at("/checkout_url");
        let kind = dice.u8(18..100);
        let mut others = dice.fork();
        let paid = match dice.u8(0..10) {
            0 => false,
            1 => {
                let name = "cancel while a change is paid";
                let off = self.call_off(&mut others, trip, tenant, name);
                tokio::join!(self.pays(dice, &page, kind), off).0
            }
            2 => {
                let (path, none) = (step("withdraw"), json!({}));
                let name = (&*path, "change withdrawn while it is paid");
                let back = self.post(&mut others, tenant, name, &none);
                tokio::join!(self.pays(dice, &page, kind), back).0
            }
            _ => self.pays(dice, &page, kind).await,
        };
        if !paid {
            return;
        }
        let seen =
            self.watch(tenant, &trip.booking, |now| now["change"]["status"] != "accepted").await;
        self.tally.add(&format!("change came to be: {}", text_at(&seen, "/change/status")));
    }
}

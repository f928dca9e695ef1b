//! What happens while days pass: guests come, leave early or never come, and deposits are
//! kept in part, contested and decided on.

use std::collections::HashMap;

use fastrand::Rng;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::desk::Desk;
use crate::harness::shop::{User, uuid_of};

/// Things that happen at the same time.
const AT_ONCE: usize = 12;

/// A booking whose day has come.
struct Due {
    booking: String,
    tenant: Uuid,
    landlord: Uuid,
    status: String,
    deposit: Option<i64>,
    currency: String,
}

const DUE: &str = "select b.id, b.tenant_id, p.owner_id, b.status, b.currency::text,
        case when d.status = 'due' and d.amount > 0 then d.amount end
    from bookings b join properties p on p.id = b.property_id
    left join deposits d on d.id = b.id
    where b.details is null or not b.details ? 'guest'
    order by b.id";

impl Desk {
    /// Lets days pass, and people do in each of them what they do.
    pub(super) async fn days_pass(&mut self, days: u64) {
        for day in 0..days {
            // Not at once: what is held, asked for or being paid comes to its end in between.
            for seconds in [700, 3_600, 86_400 - 4_300] {
                self.world.let_pass(seconds).await;
            }
            self.sign_again().await;
            let due = self.due().await;
            let seed = self.seed ^ (day << 32) ^ self.journeys.get();
            let people = self.people();
            stream::iter(due.iter().zip(seed..))
                .for_each_concurrent(AT_ONCE, async |(due, seed)| {
                    let mut dice = Rng::with_seed(seed);
                    let find = |id: &Uuid| people.get(id).copied();
                    let (Some(tenant), Some(landlord)) = (find(&due.tenant), find(&due.landlord))
                    else {
                        return;
                    };
                    self.day(&mut dice, due, tenant, landlord).await;
                })
                .await;
        }
    }

    fn people(&self) -> HashMap<Uuid, &User> {
        let all = self.tenants.iter().chain(&self.landlords);
        all.map(|user| (uuid_of(&user.id), user)).collect()
    }

    /// Those who are expected, those who are there, and deposits that wait.
    async fn due(&self) -> Vec<Due> {
        let today = self.world.day(0).to_string();
        let query = format!(
            "select * from ({DUE}) due(id, tenant, landlord, status, currency, deposit)
             where deposit is not null or id in (select id from bookings
                 where status in ('confirmed', 'checked_in') and check_in <= $1::text::date)"
        );
        let rows = self.world.sql().await.query(&query, &[&today]).await.unwrap();
        let due = |row: &tokio_postgres::Row| Due {
            booking: format!("bkg_{}", row.get::<_, Uuid>(0).simple()),
            tenant: row.get(1),
            landlord: row.get(2),
            status: row.get(3),
            currency: row.get(4),
            deposit: row.get(5),
        };
        rows.iter().map(due).collect()
    }

    async fn day(&self, dice: &mut Rng, due: &Due, tenant: &User, landlord: &User) {
        let path = |step: &str| format!("bookings/{}/{step}", due.booking);
        let none = json!({});
        if let Some(deposit) = due.deposit {
            return self.deposit(dice, due, (tenant, landlord), deposit).await;
        }
        match (due.status.as_str(), dice.u8(0..10)) {
            ("confirmed", 0..3) => {
                let seen = self.watch(landlord, &due.booking, |_| true).await;
                let code = json!({"code": seen["check_in_code"]});
                self.post(dice, tenant, (&path("check-in"), "check-in by tenant"), &code).await;
            }
            ("confirmed", 3..6) => {
                let name = (&*path("check-in"), "check-in by landlord");
                self.post(dice, landlord, name, &none).await;
            }
            ("confirmed", 6) => {
                self.post(dice, landlord, (&path("no-show"), "no-show"), &none).await;
            }
            ("confirmed", 7) => {
                self.post(dice, tenant, (&path("cancel"), "cancel after arrival"), &none).await;
            }
            ("checked_in", 0..4) => {
                let who = if dice.bool() { tenant } else { landlord };
                self.post(dice, who, (&path("check-out"), "check-out"), &none).await;
            }
            ("checked_in", 4) => {
                let half = json!({"override": 50, "reason": "a flood"});
                self.post(dice, &self.admin, (&path("cancel"), "cancel of a stay"), &half).await;
            }
            _ => {}
        }
    }

    /// The landlord keeps some of it or gives it back, the tenant objects, an admin decides.
    async fn deposit(
        &self,
        dice: &mut Rng,
        due: &Due,
        (tenant, landlord): (&User, &User),
        deposit: i64,
    ) {
        let path = |step: &str| format!("deposits/{}/{step}", due.booking);
        let money = |amount: i64| json!({"amount": amount, "currency": due.currency});
        match dice.u8(0..6) {
            0 => {
                let none: Value = json!({});
                self.post(dice, landlord, (&path("release"), "deposit released"), &none).await;
            }
            1..4 => {
                let kept = dice.i64(1..=deposit);
                let lamp = json!({"items": [{"label": "lamp", "amount": money(kept)}]});
                let name = (&*path("deductions"), "deposit kept in part");
                let deducted = self.post(dice, landlord, name, &lamp).await;
                if deducted.status != 200 || dice.bool() {
                    return;
                }
                let why = json!({"reason": "It was broken."});
                self.post(dice, tenant, (&path("contest"), "deposit contested"), &why).await;
                let decision = json!({"kept": money(dice.i64(0..=kept)), "reason": "An old lamp."});
                let name = (&*path("resolve"), "deposit decided on");
                self.post(dice, &self.admin, name, &decision).await;
            }
            _ => {}
        }
    }
}

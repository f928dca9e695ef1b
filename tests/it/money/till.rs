//! The comparison of our books with the provider's own lists.

use std::collections::{BTreeMap, BTreeSet};

use rentezy::sandbox::Endpoint;
use rentezy::storage::ledger;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::sandbox::{charges, intents, refunds};
use crate::harness::shop::uuid_of;

/// A movement of money: its currency, its amount, and what of it went back.
type Movement = (String, i64, i64);

/// What the provider says that came and went back, by our ids.
pub(super) struct Till {
    came: BTreeMap<Uuid, Movement>,
    went: BTreeMap<Uuid, Movement>,
    wrong: Vec<String>,
}

impl Till {
    /// Asks the provider.
    pub(super) async fn of(endpoint: &Endpoint) -> Self {
        let mut till = Self { came: BTreeMap::new(), went: BTreeMap::new(), wrong: Vec::new() };
        for charge in charges(endpoint).await {
            let back = charge["amount_refunded"].as_i64().unwrap();
            let movement = movement(&charge, back);
            let id = till.ours(&charge, "payment_id");
            if id.is_some_and(|id| till.came.insert(id, movement).is_some()) {
                till.wrong.push(format!("charged twice: {charge}"));
            }
        }
        for intent in intents(endpoint).await {
            if intent["status"] == "requires_capture" {
                till.wrong.push(format!("still reserved: {intent}"));
            }
        }
        for refund in refunds(endpoint).await {
            let id = till.ours(&refund, "refund_id");
            if id.is_some_and(|id| till.went.insert(id, movement(&refund, 0)).is_some()) {
                till.wrong.push(format!("refunded twice: {refund}"));
            }
        }
        till
    }

    fn ours(&mut self, object: &Value, name: &str) -> Option<Uuid> {
        let id = object["metadata"][name].as_str().map(uuid_of);
        if id.is_none() {
            self.wrong.push(format!("without {name}: {object}"));
        }
        id
    }

    /// What of our books is not as the provider says, or not at rest. Refunds that were
    /// acknowledged must be among them.
    pub(super) async fn differences(
        &self,
        sql: &Client,
        promised: &[(String, i64)],
    ) -> Vec<String> {
        let mut wrong = self.wrong.clone();
        self.compare_payments(sql, &mut wrong).await;
        self.compare_refunds(sql, promised, &mut wrong).await;
        self.compare_ledger(sql, &mut wrong).await;
        unsettled(sql, &mut wrong).await;
        wrong
    }

    async fn compare_payments(&self, sql: &Client, wrong: &mut Vec<String>) {
        let query = "select p.id, p.currency::text, p.captured, p.refunded from payments p
            where p.captured > 0 or p.status not in ('created', 'authorized', 'canceled')";
        let rows = sql.query(query, &[]).await.unwrap();
        let ours = rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3))));
        differ("payment", &ours.collect(), &self.came, wrong);
    }

    async fn compare_refunds(
        &self,
        sql: &Client,
        promised: &[(String, i64)],
        wrong: &mut Vec<String>,
    ) {
        let query = "select id, currency::text, amount from refunds where status = 'succeeded'";
        let rows = sql.query(query, &[]).await.unwrap();
        let ours: BTreeMap<Uuid, Movement> =
            rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2), 0))).collect();
        differ("refund", &ours, &self.went, wrong);
        for (id, amount) in promised {
            if ours.get(&uuid_of(id)).is_none_or(|(_, sent, _)| sent != amount) {
                wrong.push(format!("acknowledged refund {id} of {amount} was not sent"));
            }
        }
    }

    /// What the provider holds for us in each currency is what the ledger says; nothing is
    /// on its way or to be looked at.
    async fn compare_ledger(&self, sql: &Client, wrong: &mut Vec<String>) {
        let mut held: BTreeMap<String, i64> = BTreeMap::new();
        for (currency, amount, back) in self.came.values() {
            *held.entry(currency.clone()).or_default() += amount - back;
        }
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        let mut cash: BTreeMap<String, i64> = BTreeMap::new();
        for row in ledger::trial_balance(sql).await.unwrap() {
            *sums.entry(row.currency.clone()).or_default() += row.amount;
            match row.account.as_str() {
                "cash_clearing" => {
                    cash.insert(row.currency, row.amount);
                }
                "suspense" | "tenant_credit" if row.amount != 0 => {
                    wrong.push(format!("{} {} in {}", row.amount, row.currency, row.account));
                }
                _ => {}
            }
        }
        let off = sums.iter().filter(|(_, sum)| **sum != 0);
        wrong.extend(off.map(|(currency, sum)| format!("{currency} adds up to {sum}")));
        let currencies: BTreeSet<&String> = held.keys().chain(cash.keys()).collect();
        for currency in currencies {
            let of = |sums: &BTreeMap<String, i64>| sums.get(currency).copied().unwrap_or(0);
            if of(&held) != of(&cash) {
                let (held, cash) = (of(&held), of(&cash));
                wrong.push(format!("provider holds {held} {currency}, the ledger says {cash}"));
            }
        }
    }
}

/// What has not come to an end.
async fn unsettled(sql: &Client, wrong: &mut Vec<String>) {
    for (what, query) in [
        (
            "payment unknown",
            "select id::text from payments where status in ('created', 'authorized')",
        ),
        ("refund not sent", "select id::text from refunds where status <> 'succeeded'"),
        (
            "booking that waits for money",
            "select id::text from bookings where status in ('pending_payment', 'expiring')",
        ),
        (
            "released deposit of which something is left",
            "select id::text from deposits where status = 'released' and returned + kept <> amount",
        ),
        (
            "event given up",
            "select concat_ws(' ', id, consumer, type, error) from dead_letters where state = 'open'",
        ),
    ] {
        for row in sql.query(query, &[]).await.unwrap() {
            wrong.push(format!("{what}: {}", row.get::<_, String>(0)));
        }
    }
}

fn movement(object: &Value, back: i64) -> Movement {
    let currency = object["currency"].as_str().unwrap().to_uppercase();
    (currency, object["amount"].as_i64().unwrap(), back)
}

/// Both ways: what only one side has, and what both have differently.
fn differ(
    what: &str,
    ours: &BTreeMap<Uuid, Movement>,
    theirs: &BTreeMap<Uuid, Movement>,
    wrong: &mut Vec<String>,
) {
    let ids: BTreeSet<&Uuid> = ours.keys().chain(theirs.keys()).collect();
    for id in ids {
        let (ours, theirs) = (ours.get(id), theirs.get(id));
        if ours != theirs {
            wrong.push(format!("{what} {id}: ours {ours:?}, the provider's {theirs:?}"));
        }
    }
}

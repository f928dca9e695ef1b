//! The history beside the rows, once everything is healed.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use jiff::civil::Date;
use rentezy::clock;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::client::Answer;
use crate::harness::invariants::{self, Outside};
use crate::harness::shop::uuid_of;
use crate::harness::wait::wait_until;
use crate::history::{History, Record, Seen, Wish};
use crate::load::{Clients, Load};
use crate::nodes::Cluster;

/// How many bookings are asked for again under their keys, besides those that were unknown.
const REPEATED: usize = 100;
/// Requests at the same time.
const AT_ONCE: usize = 8;
/// How long it may take until everything has come to rest.
const GUARD: Duration = Duration::from_secs(100);

/// Ends a load and finds nothing wrong with what it has left. All servers must be running.
pub(crate) async fn check(cluster: &Cluster, load: Load) -> History {
    let clients = std::sync::Arc::clone(&load.clients);
    let history = load.end().await;
    let wrong = violations(cluster, &history).await;
    assert!(wrong.is_empty(), "{} violations:\n{}", wrong.len(), wrong.join("\n"));
    answers_again(&clients, cluster.nodes.len(), &history).await;
    every_home_is_seen(cluster).await;
    invariants_hold(cluster, &history).await;
    history
}

/// A booking as its row has it.
#[derive(Debug, PartialEq)]
struct Booking {
    home: Uuid,
    tenant: Uuid,
    check_in: Date,
    check_out: Date,
    total: i64,
    status: String,
}

impl Booking {
    /// Whether a request wanted this home from the same day on.
    fn may_be_of(&self, record: &Record) -> bool {
        let Wish::Hold(stay) = &record.wish else { return false };
        uuid_of(stay["property_id"].as_str().unwrap()) == self.home
            && stay["check_in"] == self.check_in.to_string()
    }

    /// As it was acknowledged.
    fn of(answer: &Answer, status: &str) -> Self {
        let date = |pointer: &str| answer.text_at(pointer).parse().unwrap();
        Self {
            home: uuid_of(&answer.text_at("/property_id")),
            tenant: uuid_of(&answer.text_at("/tenant_id")),
            check_in: date("/check_in"),
            check_out: date("/check_out"),
            total: answer.body.pointer("/price/total/amount").and_then(Value::as_i64).unwrap(),
            status: status.to_owned(),
        }
    }
}

/// What the rows have otherwise than the clients were told: bookings lost, changed, doubled, or
/// made although nobody was told so.
pub(crate) async fn violations(cluster: &Cluster, history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut released = HashSet::new();
    for record in &history.records {
        match (&record.wish, record.done()) {
            (Wish::Release(id), Some(answer)) => {
                released.insert(uuid_of(id));
                if answer.body["status"] != "cancelled" {
                    wrong.push(format!("given up and not cancelled: {record}"));
                }
            }
            (Wish::Release(_), None) => wrong.push(format!("could not be given up: {record}")),
            (Wish::Read(_), None) => wrong.push(format!("acknowledged and not seen: {record}")),
            (Wish::Hold(_), None) if refusal(record) != "nights-taken" => {
                wrong.push(format!("refused for a strange reason: {record}"));
            }
            (Wish::Hold(_), _) | (Wish::Read(_), Some(_)) => {}
        }
    }
    let mut rows = bookings(cluster).await;
    let mut seen = HashSet::new();
    for record in &history.records {
        let Some((id, answer)) = record.held() else { continue };
        if !seen.insert(id) {
            wrong.push(format!("two keys and one booking {id}: {record}"));
            continue;
        }
        let acked = Booking::of(answer, if released.contains(&id) { "cancelled" } else { "hold" });
        match rows.remove(&id) {
            None => wrong.push(format!("acknowledged and lost, {id}: {record}")),
            Some(row) if row != acked => wrong.push(format!("{row:?} is not {acked:?}: {record}")),
            Some(_) => {}
        }
    }
    for (id, row) in &rows {
        let wished = history.records.iter().filter(|record| row.may_be_of(record));
        let wished: Vec<String> = wished.map(ToString::to_string).collect();
        wrong.push(format!("nobody was told of {id}: {row:?}; {}", wished.join("; ")));
    }
    wrong
}

/// The code of the refusal that a request ended with.
fn refusal(record: &Record) -> &str {
    match &record.attempts.last().unwrap().seen {
        Seen::Fail(answer) => answer.body["code"].as_str().unwrap_or_default(),
        Seen::Ok(_) | Seen::Unknown(_) => "",
    }
}

async fn bookings(cluster: &Cluster) -> HashMap<Uuid, Booking> {
    let query = "select id, property_id, tenant_id, check_in, check_out, total, status
        from bookings";
    let rows = cluster.sql().await.query(query, &[]).await.unwrap();
    rows.iter()
        .map(|row| {
            let booking = Booking {
                home: row.get(1),
                tenant: row.get(2),
                check_in: row.get(3),
                check_out: row.get(4),
                total: row.get(5),
                status: row.get(6),
            };
            (row.get(0), booking)
        })
        .collect()
}

/// Under its key, a booking is answered for ever as it was acknowledged, by whichever server.
async fn answers_again(clients: &Clients, nodes: usize, history: &History) {
    let held = history.records.iter().filter(|record| record.held().is_some());
    let (unknown, known): (Vec<_>, Vec<_>) = held.partition(|record| record.was_unknown());
    let repeated = unknown.iter().chain(known.iter().take(REPEATED)).enumerate();
    stream::iter(repeated)
        .for_each_concurrent(AT_ONCE, async |(number, record)| {
            let again = clients.attempt(record, number % nodes).await;
            let Seen::Ok(again) = &again else { panic!("{again:?} for {record}") };
            assert_eq!(record.done().unwrap().text, again.text, "one key, two answers: {record}");
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "done again: {record}");
        })
        .await;
    eprintln!("{} bookings that were unknown have one answer each", unknown.len());
}

/// Every server shows every home, with the nights that are taken.
async fn every_home_is_seen(cluster: &Cluster) {
    let sql = cluster.sql().await;
    let night = cluster.nodes[0].day(1);
    for home in &cluster.homes {
        let taken =
            "select count(*) from occupancies where property_id = $1 and nights @> $2::date";
        let taken: i64 = sql.query_one(taken, &[&home.uuid(), &night]).await.unwrap().get(0);
        for node in &cluster.nodes {
            let path = format!("properties/{}", home.id);
            assert_eq!(node.anonymous().get(&path).await.body(200)["id"], home.id.as_str());
            assert_eq!(node.free_on(home, night).await, 1 - taken, "at {}", node.url());
        }
    }
}

async fn invariants_hold(cluster: &Cluster, history: &History) {
    let sql = cluster.sql().await;
    let outside = Outside { acked: history.acked(), charges: Vec::new() };
    let look = async || invariants::violations(&sql, cluster.nodes[0].now(), &outside).await;
    let settled = wait_until("every invariant holds", async || look().await.is_empty());
    // Past this the violations themselves are said.
    let settled = clock::within(GUARD, settled).await;
    assert!(settled.is_ok(), "invariants that do not hold: {:?}", look().await);
}

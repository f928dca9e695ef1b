//! The search index is replaced by a new generation while it is searched, and nobody notices.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::search_index::find;
use super::search_node::{GUARD, Node, Place, within_a_place};
use crate::actors::consumers::search_index::{Ordered, SearchError};
use crate::clock;
use crate::domain::calendar::Nights;
use crate::domain::criteria::Criteria;
use crate::domain::event::Position;
use crate::domain::ids::PropertyId;
use crate::domain::property::Listing;
use crate::search::{SearchQuery, VERSION};
use crate::storage::events;

/// Homes that stay live all the while.
const HOMES: usize = 40;

/// Generations that are built under load.
const ROUNDS: u64 = 8;

/// Waits until a condition holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = clock::monotonic();
    while !holds().await {
        assert!(began.elapsed() < GUARD, "waited in vain: {what}");
        clock::pause(Duration::from_millis(5)).await;
    }
}

/// Orders a new generation and waits until it is searched.
async fn renewed(node: &Node) -> u64 {
    let before = node.generation().await;
    until("the order is taken", async || match node.search.reindex().await {
        Ok(ordered) => ordered == Ordered::Begun,
        Err(error) => panic!("{error}"),
    })
    .await;
    until("it is searched", async || node.generation().await > before).await;
    node.generation().await
}

async fn ids(node: &Node, nights: Option<Nights>) -> BTreeSet<PropertyId> {
    let query: SearchQuery = Criteria { nights, ..Criteria::default() }.into();
    let page = node.search.search(SearchQuery { limit: 100, ..query }).await.unwrap();
    page.hits.iter().map(|hit| hit.id).collect()
}

async fn caught_up(node: &Node) {
    let client = node.pool.get().await.unwrap();
    let heads: Vec<Position> = events::heads(&client).await.unwrap();
    drop(client);
    // Also before there is anything to search yet.
    clock::within(GUARD, node.search.catch_up_with(&heads)).await.unwrap();
}

#[test]
fn searches_miss_nothing_while_generations_are_built() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let tenant = node.somebody("tenant@example.com").await;
        let mut homes: Vec<Listing> = Vec::new();
        for number in 0..HOMES {
            homes.push(node.list(owner, &format!("Home {number}"), 9_000, 1).await);
        }
        let live: BTreeSet<PropertyId> = homes.iter().map(|home| home.id).collect();
        let booked = &homes[0];
        let wanted = node.nights(30, 33);
        node.hold(tenant, booked.id, wanted).await;
        caught_up(&node).await;

        let (done, searches) = (AtomicBool::new(false), AtomicU64::new(0));
        let search = async {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(ids(&node, None).await, live);
                let free = ids(&node, Some(wanted)).await;
                assert!(!free.contains(&booked.id), "its nights are taken in every generation");
                assert_eq!(free.len(), HOMES - 1);
                searches.fetch_add(1, Ordering::Relaxed);
            }
        };
        let edit = async {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                let home = find(&node, homes[1 + number % (HOMES - 1)].id).await;
                node.edit(&home, &format!("Edited {number}"), 9_000).await;
                number += 1;
            }
            number
        };
        let renew = async {
            for _ in 0..ROUNDS {
                let (generation, before) = (renewed(&node).await, searches.load(Ordering::Relaxed));
                until("it is searched a while", async || {
                    searches.load(Ordering::Relaxed) > before + 2
                })
                .await;
                eprintln!("generation {generation} is searched");
            }
            done.store(true, Ordering::Relaxed);
        };
        let ((), edits, ()) = tokio::join!(search, edit, renew);
        eprintln!("{} searches, {edits} edits", searches.load(Ordering::Relaxed));
        assert!(edits > 0);
        caught_up(&node).await;
        assert_eq!(node.indexed().await, node.in_rows().await);
        until("what was replaced is taken away", async || directories(place).len() == 1).await;
        node.stop().await;
    });
}

/// The directories of generations.
fn directories(place: &Place) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(place.index()).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

#[test]
fn nights_and_units_are_those_of_the_rows_in_every_generation() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let hostel = node.list(owner, "Hostel", 4_000, 3).await;
        let wanted = node.nights(30, 33);
        let mut bookings = Vec::new();
        for guest in 0..3 {
            caught_up(&node).await;
            assert!(ids(&node, Some(wanted)).await.contains(&hostel.id), "{guest} of 3 are taken");
            renewed(&node).await;
            assert!(ids(&node, Some(wanted)).await.contains(&hostel.id), "{guest} of 3 are taken");
            let tenant = node.somebody(&format!("{guest}@example.com")).await;
            // One night of the stay is enough.
            let night = node.nights(31, 32);
            bookings.push((tenant, node.hold(tenant, hostel.id, night).await));
        }
        caught_up(&node).await;
        assert!(ids(&node, Some(wanted)).await.is_empty(), "no unit is free on every night");
        renewed(&node).await;
        assert!(ids(&node, Some(wanted)).await.is_empty());
        assert!(ids(&node, Some(node.nights(32, 40))).await.contains(&hostel.id));
        let (tenant, booking) = bookings[1];
        node.release(tenant, hostel.id, booking).await;
        caught_up(&node).await;
        assert!(ids(&node, Some(wanted)).await.contains(&hostel.id), "a night freed is back");
        node.stop().await;
    });
}

#[test]
fn an_order_while_one_is_built_changes_nothing() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        node.list(owner, "Loft", 12_000, 1).await;
        caught_up(&node).await;
        let before = node.generation().await;
        // The actor takes one after the other; the second is there before the first is filled.
        let (one, other) = tokio::join!(node.search.reindex(), node.search.reindex());
        assert_eq!((one.unwrap(), other.unwrap()), (Ordered::Begun, Ordered::Running));
        until("it is searched", async || node.generation().await > before).await;
        assert_eq!(node.generation().await, before + 1);
        assert!(node.search.standing().await.building.is_none());
        node.stop().await;
    });
}

#[test]
fn an_index_of_the_version_before_is_searched_until_the_new_one_is_there() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        node.list(owner, "Loft", 12_000, 1).await;
        assert_eq!(node.finds("", None).await, ["Loft"]);
        let before = node.generation().await;
        node.stop().await;
        let meta = place.index().join(before.to_string()).join("meta.json");
        let text = std::fs::read_to_string(&meta).unwrap();
        let (version, older) =
            (format!(r#"\"version\":{VERSION}"#), format!(r#"\"version\":{}"#, VERSION - 1));
        assert!(text.contains(&version));
        std::fs::write(&meta, text.replace(&version, &older)).unwrap();

        let node = place.start().await;
        until("there is something to search", async || node.search.ready()).await;
        let first = node.generation().await;
        while node.generation().await == before {
            assert_eq!(ids(&node, None).await.len(), 1, "never empty");
        }
        eprintln!("first searched: {first}, then {}", node.generation().await);
        assert!(node.generation().await > before);
        assert_eq!(node.finds("loft", None).await, ["Loft"]);
        node.stop().await;
    });
}

#[test]
fn a_search_that_is_told_to_know_of_what_is_not_there_says_so() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let loft = node.list(owner, "Loft", 12_000, 1).await;
        caught_up(&node).await;
        let client = node.pool.get().await.unwrap();
        let heads = events::heads(&client).await.unwrap();
        drop(client);
        let ahead: Vec<Position> =
            heads.iter().map(|head| Position { seq: head.seq + 1, ..*head }).collect();
        let waited = node.search.includes(&ahead, Duration::from_millis(20)).await;
        assert!(matches!(waited, Err(SearchError::Behind)), "{waited:?}");
        node.edit(&loft, "Attic", 12_000).await;
        caught_up(&node).await;
        assert_eq!(ids(&node, None).await.len(), 1);
        node.stop().await;
    });
}

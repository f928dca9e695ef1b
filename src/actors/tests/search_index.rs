//! The search consumer over a real database: what is committed is found, a full home is
//! not, and an index goes on where it stopped, or is filled anew.

use std::time::Duration;

use jiff::civil::Date;

use super::search_node::{GUARD, Node, Place, title, within_a_place};
use crate::actors::consumers::search_build::Building;
use crate::actors::consumers::search_feed::{Feed, Opened, Why};
use crate::clock;
use crate::domain::calendar::Nights;
use crate::domain::criteria::Criteria;
use crate::domain::entity::Stream;
use crate::domain::ids::PropertyId;
use crate::domain::property::Listing;
use crate::search::{self, Cursor, IndexOptions};
use crate::storage::{events, facts, properties};

#[test]
fn what_is_committed_is_found_until_its_nights_are_taken() {
    within_a_place(async |place| {
        let node = place.start().await;
        assert_eq!(node.finds("", None).await, [""; 0]);
        let owner = node.somebody("owner@example.com").await;
        let tenant = node.somebody("tenant@example.com").await;

        let loft = node.list(owner, "Loft by the canal", 12_000, 1).await;
        let hostel = node.list(owner, "Hostel by the canal", 4_000, 2).await;
        assert_eq!(node.finds("canal", None).await, ["Hostel by the canal", "Loft by the canal"]);

        let (wanted, after) = (node.nights(30, 33), node.nights(33, 35));
        let first = node.hold(tenant, loft.id, wanted).await;
        let second = node.hold(tenant, hostel.id, wanted).await;
        unreadable(&node).await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Hostel by the canal"]);
        assert_eq!(node.finds("loft", Some(after)).await, ["Loft by the canal"]);
        assert_eq!(node.finds("loft", None).await, ["Loft by the canal"]);
        let other = node.somebody("other@example.com").await;
        node.hold(other, hostel.id, wanted).await;
        assert_eq!(node.finds("", Some(wanted)).await, [""; 0]);

        node.release(tenant, loft.id, first).await;
        node.release(tenant, hostel.id, second).await;
        assert_eq!(
            node.finds("", Some(wanted)).await,
            ["Hostel by the canal", "Loft by the canal"]
        );

        node.edit(&loft, "Attic over the roofs", 13_000).await;
        assert_eq!(node.finds("loft", None).await, [""; 0]);
        assert_eq!(node.finds("roofs", Some(wanted)).await, ["Attic over the roofs"]);
        node.stop().await;
    });
}

#[test]
fn an_index_goes_on_where_it_stopped_or_is_filled_anew() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let tenant = node.somebody("tenant@example.com").await;
        let loft = node.list(owner, "Loft by the canal", 12_000, 1).await;
        let attic = node.list(owner, "Attic", 9_000, 1).await;
        let wanted = node.nights(30, 33);
        node.hold(tenant, loft.id, wanted).await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Attic"]);
        node.stop().await;

        // Much happens while nobody follows the log here.
        let elsewhere = Node::start(&place.database, &place.folder.join("other")).await;
        assert_eq!(elsewhere.finds("", Some(wanted)).await, ["Attic"], "filled from rows alone");
        elsewhere.edit(&attic, "Garret", 9_500).await;
        elsewhere.list(owner, "Houseboat", 20_000, 1).await;
        elsewhere.hold(tenant, attic.id, node_nights(&elsewhere)).await;
        elsewhere.stop().await;

        let node = place.start().await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Garret", "Houseboat"]);
        assert_eq!(
            node.finds("", Some(node_nights(&node))).await,
            ["Houseboat", "Loft by the canal"]
        );
        node.stop().await;

        lead(place).await;
        let node = place.start().await;
        assert_eq!(node.finds("", Some(wanted)).await, ["Garret", "Houseboat"], "filled anew");
        node.stop().await;
    });
}

#[test]
fn an_index_that_is_deleted_under_the_server_comes_back_as_the_database_says() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let tenant = node.somebody("tenant@example.com").await;
        let loft = node.list(owner, "Loft", 12_000, 1).await;
        for number in 0..30 {
            node.list(owner, &format!("Room {number}"), 5_000 + number, 1).await;
        }
        let wanted = node.nights(30, 33);
        node.hold(tenant, loft.id, wanted).await;
        let before = node.finds("", None).await;
        for whole in [true, false, false] {
            let lost = node.generation().await;
            let files = place.index().join(lost.to_string());
            std::fs::remove_dir_all(if whole { place.index() } else { files }).unwrap();
            let back = async {
                while node.generation().await == lost {
                    assert_eq!(node.finds("", None).await.len(), before.len(), "never empty");
                    clock::pause(Duration::from_millis(20)).await;
                }
            };
            clock::within(GUARD, back).await.unwrap();
            // Written after the loss, so it is found in the new index only.
            node.edit(&find(&node, loft.id).await, "Attic", 12_000).await;
            let started = clock::monotonic();
            while node.indexed().await != node.in_rows().await {
                assert!(started.elapsed() < GUARD, "the index differs from the database");
                clock::pause(Duration::from_millis(20)).await;
            }
            assert_eq!(node.finds("attic", None).await, ["Attic"]);
            assert_eq!(node.finds("attic", Some(wanted)).await, [""; 0], "nights are back too");
        }
        node.stop().await;
    });
}

/// Writes an event that nobody can read, and one after it.
async fn unreadable(node: &Node) {
    let insert = "with head as (update streams set head = head + 2 where stream = 271
             returning head)
         insert into events select 271, head - 2 + n, 'no.such', 1, gen_random_uuid(), now(),
             'system', gen_random_uuid(), '{}' from head, generate_series(1, 2) n";
    node.pool.get().await.unwrap().execute(insert, &[]).await.unwrap();
}

pub(super) async fn find(node: &Node, id: PropertyId) -> Listing {
    let client = node.pool.get().await.unwrap();
    properties::find_many(&client, &[id]).await.unwrap().remove(0)
}

#[test]
fn what_could_not_be_written_is_written_later() {
    within_a_place(async |place| {
        let node = place.start().await;
        let owner = node.somebody("owner@example.com").await;
        let loft = node.list(owner, "Loft", 12_000, 1).await;
        let folder = place.folder.join("fed");
        let (pool, today) = (node.pool.clone(), node.day(-1));
        let opened = Feed::open(pool, folder.clone(), 15_000_000, None, today).await;
        let Opened { index, mut feed, why } = opened.unwrap();
        assert_eq!(why, Some(Why::Empty));
        let building = Building::new(1, Why::Empty, node.clock.now(), 0);
        feed.build(&building, false).await.unwrap();
        feed.finish().await.unwrap();
        assert_eq!(building.listings(), 1);
        let titles = |nights| {
            let query = Criteria { nights, ..Criteria::default() }.into();
            let hits = index.search(&query).unwrap().hits;
            hits.iter().map(|hit| title(&hit.card)).collect::<Vec<_>>()
        };
        assert_eq!(titles(None), ["Loft"]);

        node.edit(&loft, "Attic", 12_000).await;
        let tenant = node.somebody("tenant@example.com").await;
        node.hold(tenant, loft.id, node_nights(&node)).await;
        let heads = events::heads(&node.pool.get().await.unwrap()).await.unwrap();
        feed.heard(&heads);
        while feed.take_in().await.unwrap() {}
        assert_eq!(titles(Some(node_nights(&node))), [""; 0], "nights are seen at once");
        assert!(feed.seen().is_none(), "a document waits for its commit");

        // As a full or a lost disk would have it.
        std::fs::rename(folder.join("1"), folder.join("away")).unwrap();
        assert!(feed.commit().await.is_err());
        assert!(feed.commit().await.is_err());
        assert!(feed.seen().is_none());
        std::fs::rename(folder.join("away"), folder.join("1")).unwrap();
        while feed.take_in().await.unwrap() {}
        feed.commit().await.unwrap();
        assert_eq!(titles(None), ["Attic"]);
        assert_eq!(titles(Some(node_nights(&node))), [""; 0]);
        assert!(feed.seen().is_some() && !feed.is_behind());
        node.stop().await;
    });
}

fn node_nights(node: &Node) -> Nights {
    node.nights(50, 52)
}

/// Lets the index name events that the log does not have, as after a database was put back
/// to an earlier state.
async fn lead(place: &Place) {
    let client = place.database.connect("").await.unwrap();
    let source = facts::identity(&client).await.unwrap();
    let ahead: Cursor = events::heads(&client)
        .await
        .unwrap()
        .iter()
        .map(|head| (head.stream, u64::try_from(head.seq).unwrap() + 1))
        .chain([(Stream(1), 1_000)])
        .collect();
    let open = || {
        let options = IndexOptions::new(place.index(), source.clone());
        search::open(options, Date::constant(2026, 1, 1))
    };
    let wait = async {
        loop {
            // The stopped server's writer may still be on its way out.
            match open() {
                Ok(opened) => return opened,
                Err(_) => clock::pause(Duration::from_millis(20)).await,
            }
        }
    };
    let (_, mut writer) = clock::within(GUARD, wait).await.unwrap();
    let all: Vec<_> = writer.listings().collect();
    assert_eq!(all.len(), 3);
    for id in all {
        writer.remove(id).unwrap();
    }
    writer.commit(&ahead).unwrap();
}

//! What a node takes itself for: newer knowledge wins, and without a lease it owns nothing.

use std::time::Duration;

use crate::actors::cluster::ownership::{Ownership, Route};
use crate::clock;
use crate::domain::entity::{EDGE_STREAMS, SHARDS, Shard, Stream};
use crate::domain::membership::Incarnation;
use crate::storage::shards::Owned;

const ME: Incarnation = Incarnation(2);
const OTHER: Incarnation = Incarnation(1);
const SHARD: Shard = Shard(16);

fn leased() -> Ownership {
    let ownership = Ownership::new(ME);
    ownership.leased(clock::monotonic(), Duration::from_secs(60));
    ownership
}

fn row(owner: Option<Incarnation>, epoch: i64) -> [Owned; 1] {
    [Owned { shard: SHARD, owner, epoch }]
}

#[test]
fn what_is_known_under_a_higher_epoch_is_newer() {
    let ownership = leased();
    assert_eq!(ownership.route(SHARD), Route::Nowhere);
    ownership.learn(&row(Some(ME), 3));
    assert_eq!(ownership.route(SHARD), Route::Here(3));
    ownership.learn(&row(Some(OTHER), 2));
    assert_eq!(ownership.route(SHARD), Route::Here(3), "old news");
    ownership.learn(&row(Some(OTHER), 4));
    assert_eq!(ownership.route(SHARD), Route::There(OTHER));
    ownership.learn(&row(Some(ME), 5));
    assert_eq!(ownership.route(SHARD), Route::Here(5), "it was handed back");
    ownership.learn(&row(None, 6));
    assert_eq!(ownership.route(SHARD), Route::Nowhere, "a tool has taken it");
}

#[test]
fn moves_are_remembered_the_newest_first() {
    let ownership = leased();
    ownership.learn(&row(Some(ME), 3));
    assert_eq!(ownership.moves(), [], "it has been here all along");
    ownership.learn(&row(Some(OTHER), 4));
    ownership.learn(&row(Some(ME), 3));
    ownership.learn(&row(None, 5));
    let moves: Vec<_> = ownership.moves().iter().map(|it| (it.from, it.to, it.epoch)).collect();
    assert_eq!(moves, [(Some(OTHER), None, 5), (Some(ME), Some(OTHER), 4)]);
    for epoch in 6..1_000 {
        ownership.learn(&row(Some(if epoch % 2 == 0 { ME } else { OTHER }), epoch));
    }
    let moves = ownership.moves();
    assert_eq!((moves.len(), moves[0].epoch), (200, 999), "only the latest");
}

#[test]
fn without_a_lease_nothing_is_owned() {
    let ownership = Ownership::new(ME);
    ownership.learn(&row(Some(ME), 1));
    assert_eq!(ownership.route(SHARD), Route::Nowhere);
    ownership.leased(clock::monotonic(), Duration::from_secs(60));
    assert_eq!(ownership.route(SHARD), Route::Here(1));
    let long_ago = clock::monotonic() - Duration::from_secs(61);
    ownership.leased(long_ago, Duration::from_secs(60));
    assert_eq!(ownership.epoch(SHARD), None, "counted from when the renewal was sent");
    ownership.leased(clock::monotonic(), Duration::from_secs(60));
    ownership.end();
    assert_eq!(ownership.owned(), []);
}

#[test]
fn a_shard_that_moves_is_nobodys_until_it_has_moved_or_not() {
    let ownership = leased();
    ownership.learn(&row(Some(ME), 1));
    assert_eq!(ownership.close(SHARD), Some(1));
    assert_eq!(ownership.close(SHARD), None);
    assert_eq!(ownership.route(SHARD), Route::Nowhere);
    ownership.learn(&row(Some(ME), 1));
    assert_eq!(ownership.route(SHARD), Route::Nowhere, "no news");
    ownership.reopen(SHARD, 1);
    assert_eq!(ownership.route(SHARD), Route::Here(1));
    ownership.close(SHARD);
    ownership.learn(&row(Some(OTHER), 2));
    ownership.reopen(SHARD, 1);
    assert_eq!(ownership.route(SHARD), Route::There(OTHER), "it had moved after all");
}

#[test]
fn what_was_refused_is_lost_unless_it_is_news_already() {
    let ownership = leased();
    ownership.learn(&row(Some(ME), 1));
    ownership.lost(SHARD, 1);
    assert_eq!(ownership.route(SHARD), Route::Nowhere);
    ownership.learn(&row(Some(ME), 2));
    ownership.lost(SHARD, 1);
    assert_eq!(ownership.route(SHARD), Route::Here(2));
}

#[test]
fn streams_are_kept_where_their_shard_lives_and_the_edge_is_spread() {
    let ownership = leased();
    ownership.learn(&row(Some(ME), 1));
    assert!(ownership.keeps(SHARD.stream()));
    assert!(ownership.keeps(Stream(SHARDS + 1)), "the second of the edge is with shard 16");
    assert!(!ownership.keeps(Stream(SHARDS)));
    assert!(!ownership.leads());
    ownership.learn(&[Owned { shard: Shard(0), owner: Some(ME), epoch: 1 }]);
    assert!(ownership.leads());
    let keepers: std::collections::HashSet<_> =
        (SHARDS..SHARDS + EDGE_STREAMS).map(|stream| Stream(stream).keeper()).collect();
    assert_eq!(keepers.len(), usize::from(EDGE_STREAMS));
}

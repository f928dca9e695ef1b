use std::collections::HashMap;

use uuid::Uuid;

use crate::domain::entity::{EDGE_STREAMS, EntityRef, SHARDS, Shard, Stream};
use crate::domain::ids::PropertyId;

fn entity(number: u128) -> EntityRef {
    PropertyId::from(Uuid::from_u128(number)).into()
}

/// The hash decides where rows are looked for: these values may never change.
#[test]
fn shards_are_where_they_always_were() {
    let ids = [0, 1, 2, 0x0197_c5e8_0000_7000_8000_0000_0000_0001, u128::MAX];
    assert_eq!(ids.map(|id| entity(id).shard().0), [11, 60, 70, 189, 195]);
}

#[test]
fn edge_streams_are_where_they_always_were() {
    let ids = [0, 1, 2, 0x0197_c5e8_0000_7000_8000_0000_0000_0001, u128::MAX];
    assert_eq!(ids.map(|id| Stream::edge(Uuid::from_u128(id)).0), [261, 267, 264, 265, 265]);
}

#[test]
fn shards_and_streams_are_in_range_and_their_own() {
    assert_eq!(Shard::all().count(), usize::from(SHARDS));
    assert_eq!(Stream::all().count(), usize::from(SHARDS + EDGE_STREAMS));
    let streams: Vec<Stream> = Stream::all().collect();
    assert!(Shard::all().map(Shard::stream).eq(streams.into_iter().take(usize::from(SHARDS))));
}

/// 64 ids a shard on average: a fair hash stays within 64 ± 40 (five standard deviations).
#[test]
fn ids_are_spread_evenly() {
    let mut shards = HashMap::new();
    let mut edges = HashMap::new();
    for number in 0..64 * u32::from(SHARDS) {
        // Neighbours in time, like ids of version 7.
        let id = (0x0197_c5e8 << 96) + (u128::from(number) << 64) + 1;
        *shards.entry(entity(id).shard()).or_insert(0) += 1;
        *edges.entry(Stream::edge(Uuid::from_u128(id))).or_insert(0) += 1;
    }
    assert_eq!(shards.len(), usize::from(SHARDS));
    assert!(shards.values().all(|count| (24..=104).contains(count)), "{shards:?}");
    assert_eq!(edges.len(), usize::from(EDGE_STREAMS));
    assert!(edges.keys().all(|stream| (SHARDS..SHARDS + EDGE_STREAMS).contains(&stream.0)));
    assert!(edges.values().all(|count| (860..=1190).contains(count)), "{edges:?}");
}

#[test]
fn an_address_is_shown_by_kind_and_id() {
    assert_eq!(entity(1).to_string(), "property/00000000000000000000000000000001");
}

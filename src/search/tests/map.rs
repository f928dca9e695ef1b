//! Clusters: every home is in one, wherever the map is and however close.

use proptest::prelude::*;

use super::fixture::{Fixture, euros, listing, number};
use crate::domain::area::{Area, BBox, distance_m};
use crate::domain::criteria::Criteria;
use crate::domain::listing::Location;
use crate::domain::money::Money;
use crate::search::{CLUSTERS_MAX, ListingDoc, MapPage, SearchQuery, StoredCard, ZOOM_MAX};

fn at(number: u64, lat: f64, lon: f64) -> ListingDoc {
    ListingDoc { lat, lon, ..listing(number) }
}

fn map(fixture: &Fixture, query: &SearchQuery, zoom: u8) -> MapPage {
    fixture.search.map(query, zoom).unwrap()
}

#[test]
fn homes_far_apart_come_together_as_the_map_moves_away() {
    let fixture = Fixture::with(&[
        at(1, 53.35, -6.26),
        at(2, 53.36, -6.27),
        at(3, 53.60, -6.30),
        at(4, -33.87, 151.21),
    ]);
    let counts = |zoom| {
        let page = map(&fixture, &SearchQuery::default(), zoom);
        assert_eq!((page.total, page.timed_out), (4, false));
        page.clusters.iter().map(|cluster| cluster.count).collect::<Vec<_>>()
    };
    assert_eq!(counts(0), [3, 1]);
    assert_eq!(counts(ZOOM_MAX), [1, 1, 1, 1]);
    assert_eq!(counts(u8::MAX), [1, 1, 1, 1], "no closer than the closest");
}

#[test]
fn a_cluster_says_where_it_is_and_what_the_cheapest_costs() {
    let cheap = ListingDoc { price: euros(4_200), ..at(1, 10.01, 179.99) };
    let yen = Money::new(150, "JPY".parse().unwrap());
    let dear = ListingDoc { price: yen, ..at(2, 10.03, -179.99) };
    let fixture = Fixture::with(&[cheap, dear]);
    let page = map(&fixture, &SearchQuery::default(), 1);
    assert_eq!(page.clusters.len(), 1);
    let cluster = &page.clusters[0];
    assert_eq!((cluster.count, cluster.cheapest), (2, Some(euros(4_200))), "42 before 150");
    assert!(cluster.only.is_none());
    assert!(distance_m(cluster.centre, Location { lat: 10.02, lon: 180.0 }) < 200.0);
}

#[test]
fn a_cluster_of_one_is_the_home() {
    let fixture = Fixture::with(&[listing(7)]);
    let query = Criteria { guests: Some(2), ..Criteria::default() }.into();
    let page = map(&fixture, &query, 12);
    let only = page.clusters[0].only.as_ref().unwrap();
    assert_eq!(
        (number(only.id), &only.card),
        (7, &StoredCard::of(&serde_json::json!({ "number": 7 })))
    );
    assert_eq!(page.clusters[0].cheapest, Some(euros(700)));
    let none = Criteria { guests: Some(9), ..Criteria::default() }.into();
    assert_eq!(map(&fixture, &none, 12).clusters, Vec::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_home_is_in_one_of_few_clusters(
        points in prop::collection::vec((-9_000..=9_000_i32, -18_000..=18_000_i32), 1..900),
        zooms in prop::collection::vec(0..=ZOOM_MAX, 4),
        west in -180..180_i32,
    ) {
        let degrees = |hundredths: i32| f64::from(hundredths) / 100.0;
        let homes = (1..).zip(&points).map(|(n, (lat, lon))| at(n, degrees(*lat), degrees(*lon)));
        let fixture = Fixture::with(&homes.collect::<Vec<_>>());
        let bbox = BBox::new(f64::from(west), -60.0, f64::from(west) + 90.0, 75.0).unwrap();
        let area = Some(Area::Box(bbox));
        let query = Criteria { area, ..Criteria::default() }.into();
        let wanted = points.iter().filter(|(lat, lon)| {
            bbox.contains(Location { lat: degrees(*lat), lon: degrees(*lon) })
        });
        let wanted = wanted.count() as u64;
        for zoom in zooms {
            let page = map(&fixture, &query, zoom);
            prop_assert_eq!(page.total, wanted);
            prop_assert_eq!(page.clusters.iter().map(|c| c.count).sum::<u64>(), wanted);
            prop_assert!(page.clusters.len() <= CLUSTERS_MAX);
            prop_assert!(page.clusters.iter().all(|c| c.only.is_some() == (c.count == 1)));
            prop_assert!(page.clusters.is_sorted_by_key(|c| u64::MAX - c.count));
        }
    }
}

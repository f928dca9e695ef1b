//! What searches remember of the index, and that it stays true while the index changes.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{Fixture, euros, id, listing, number};
use crate::domain::area::{Area, Circle};
use crate::domain::criteria::Criteria;
use crate::domain::listing::Location;
use crate::search::{ListingDoc, SearchIndex, SearchQuery, Sort};

/// The same index as it looks to a node that has not been asked yet.
fn elsewhere(fixture: &Fixture) -> SearchIndex {
    SearchIndex { state: Arc::default(), ..fixture.search.clone() }
}

fn numbers(page: &crate::search::SearchPage) -> Vec<u64> {
    page.hits.iter().map(|hit| number(hit.id)).collect()
}

#[test]
fn a_list_stays_what_it_was_when_it_was_begun() {
    let mut fixture = Fixture::with(&(1..=9).map(listing).collect::<Vec<_>>());
    let query = SearchQuery { limit: 3, sort: Sort::Price, ..SearchQuery::default() };
    let first = fixture.search(&query);
    assert_eq!(numbers(&first), [1, 2, 3]);
    // One that comes, one that goes, and one that moves from the last page to the first.
    fixture.add(&[ListingDoc { price: euros(450), ..listing(10) }]);
    fixture.writer.remove(id(5)).unwrap();
    fixture.add(&[ListingDoc { price: euros(1), ..listing(9) }]);
    let next = SearchQuery { cursor: first.next, ..query.clone() };
    let second = fixture.search(&next);
    assert_eq!((numbers(&second), second.total), (vec![4, 5, 6], 9), "as it was");
    let third = fixture.search(&SearchQuery { cursor: second.next, ..query.clone() });
    assert_eq!((numbers(&third), third.next), (vec![7, 8, 9], None));
    let elsewhere = elsewhere(&fixture).search(&next).unwrap();
    assert_eq!((numbers(&elsewhere), elsewhere.total), (vec![4, 10, 6], 9), "as it is");
    assert_eq!(numbers(&fixture.search(&query)), [9, 1, 2], "a new list");
}

#[test]
fn states_are_kept_up_to_a_number() {
    let mut fixture = Fixture::with(&[listing(1), listing(2)]);
    let query = SearchQuery { limit: 1, ..SearchQuery::default() };
    let oldest = fixture.search(&query).next;
    let mut latest = None;
    for round in 3..30 {
        fixture.add(&[listing(round)]);
        latest = fixture.search(&query).next;
    }
    fixture.add(&[listing(30)]);
    let total = |cursor| fixture.search(&SearchQuery { cursor, ..query.clone() }).total;
    assert_eq!(total(latest), 29, "the state of then");
    assert_eq!(total(oldest), 30, "forgotten: the present one");
}

#[test]
fn a_search_without_time_says_so_and_is_no_error() {
    let fixture = Fixture::with(&(1..=50).map(listing).collect::<Vec<_>>());
    let criteria = Criteria { guests: Some(1), ..Criteria::default() };
    let query = SearchQuery { budget: Some(Duration::ZERO), facets: true, ..criteria.into() };
    let page = fixture.search(&query);
    assert!(page.timed_out && page.facets.is_some());
    assert_eq!((page.total, page.hits.len(), page.next), (0, 0, None));
    assert!(fixture.search.map(&query, 5).unwrap().timed_out);
    let patient = SearchQuery { budget: Some(Duration::from_secs(60)), ..query };
    let page = fixture.search(&patient);
    assert_eq!((page.timed_out, page.total), (false, 50));
}

/// Changes an index: most of what is added is replaced or removed again later.
fn churn(fixture: &mut Fixture, round: u64, numbers: &[u64]) {
    for number in numbers {
        if number % 3 == 0 {
            fixture.writer.remove(id(*number)).unwrap();
        } else {
            let price = euros(i64::try_from(number * 7 + round).unwrap() * 100);
            let beds = u32::try_from((number + round) % 5).unwrap();
            let created = listing(number % 11).created;
            fixture
                .writer
                .upsert(&ListingDoc { price, beds, created, ..listing(*number) })
                .unwrap();
        }
    }
    fixture.publish();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_remembered_agrees_with_what_is_found_out_anew(
        rounds in prop::collection::vec(prop::collection::vec(1..120_u64, 1..60), 1..9),
        limit in 1..9_usize,
    ) {
        let mut fixture = Fixture::new();
        for (round, numbers) in (0..).zip(&rounds) {
            churn(&mut fixture, round, numbers);
            let query = SearchQuery { facets: true, limit, ..SearchQuery::default() };
            let page = fixture.search(&query);
            let fresh = elsewhere(&fixture).search(&query).unwrap();
            prop_assert_eq!(&page.facets, &fresh.facets);
            prop_assert_eq!(page.total, fixture.search.listings());
            // The same by a walk: every home takes a guest.
            let criteria = Criteria { guests: Some(0), ..Criteria::default() };
            let walked = SearchQuery { facets: true, limit, ..criteria.into() };
            let all = fixture.pages(&walked);
            prop_assert_eq!(fixture.pages(&query), all);
            prop_assert_eq!(page.facets, fixture.search(&walked).facets);
        }
    }

    #[test]
    fn the_nearest_come_first_however_far_they_are(
        points in prop::collection::vec((-9_000..=9_000_i32, -18_000..=18_000_i32), 1..80),
        (lat, lon) in (-90.0..=90.0_f64, -180.0..=180.0_f64),
        beds in prop::option::of(0..4_u32),
        limit in 1..9_usize,
    ) {
        let homes: Vec<ListingDoc> = (1..).zip(&points).map(|(n, (lat, lon))| ListingDoc {
            lat: f64::from(*lat) / 100.0,
            lon: f64::from(*lon) / 100.0,
            beds: u32::try_from(n % 5).unwrap(),
            ..listing(n)
        }).collect();
        let fixture = Fixture::with(&homes);
        let centre = Location { lat, lon };
        let criteria = Criteria { beds, ..Criteria::default() };
        let query = SearchQuery {
            sort: Sort::Distance, centre: Some(centre), limit, ..criteria.clone().into()
        };
        let page = fixture.search(&query);
        let distances: Vec<f64> = page.hits.iter().filter_map(|hit| hit.distance_m).collect();
        prop_assert_eq!(distances.len(), page.hits.len());
        prop_assert!(distances.is_sorted());
        // The order by distance in a circle that holds everything within reach is the same.
        let area = Circle::new(centre, 10_000_000.0).unwrap();
        let near = Criteria { area: Some(Area::Circle(area)), ..criteria.clone() };
        let near = fixture.pages(&SearchQuery { criteria: near, ..query.clone() });
        let all = fixture.pages(&query);
        prop_assert_eq!(&all[..near.len()], &near[..]);
        let wanted = homes.iter().filter(|home| beds.is_none_or(|beds| home.beds >= beds));
        let wanted = wanted.count();
        prop_assert_eq!((all.len(), page.total), (wanted, wanted as u64));
    }
}

/// Of many that were made at the same time, as an import makes them.
#[test]
fn the_newest_are_known_among_many_of_one_age() {
    let created = listing(1).created;
    let homes: Vec<_> = (1..=4_200).map(|n| ListingDoc { created, ..listing(n) }).collect();
    let fixture = Fixture::with(&homes);
    let (searcher, state) = (fixture.search.reader.searcher(), &fixture.search.state);
    let page = state.newest.page((&searcher, &state.segments), None, 3).unwrap();
    let page = page.expect("without a walk over all of them");
    assert_eq!(page.iter().map(|(key, _)| key.low).collect::<Vec<_>>(), [1, 2, 3]);
    let after = page.last().map(|(key, _)| *key);
    let rest = state.newest.page((&searcher, &state.segments), after, 4_097).unwrap();
    assert_eq!(rest, None, "beyond what is known");
}

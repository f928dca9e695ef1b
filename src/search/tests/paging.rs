use proptest::prelude::*;

use super::fixture::{Fixture, euros, id, listing, number, stay, words};
use crate::domain::criteria::Criteria;
use crate::domain::entity::Stream;
use crate::search::{ListingDoc, QueryError, SearchQuery, Sort};

/// Listings with few different prices and instants, so that ties are common.
fn tied(number: u64) -> ListingDoc {
    ListingDoc {
        title: format!("harbour {}", "quay ".repeat(usize::try_from(number % 4).unwrap())),
        price: euros(i64::try_from(number % 3).unwrap()),
        created: listing(number % 5).created,
        ..listing(number)
    }
}

#[test]
fn pages_are_the_list_in_pieces() {
    let mut fixture = Fixture::new();
    // Many commits, so that the listings lie in several segments.
    for chunk in (1..=60).collect::<Vec<_>>().chunks(13) {
        fixture.add(&chunk.iter().map(|n| tied(*n)).collect::<Vec<_>>());
    }
    for sort in [Sort::Relevance, Sort::Price, Sort::Newest] {
        for text in ["", "harbour", "quay harbour"] {
            let query = SearchQuery { sort, ..words(text) };
            let whole = fixture.found(&query);
            assert_eq!(whole.len(), if text.contains("quay") { 45 } else { 60 });
            for limit in [1, 7, 59, 60, 100] {
                let query = SearchQuery { limit, ..query.clone() };
                assert_eq!(fixture.pages(&query), whole, "{sort:?} {text:?} by {limit}");
            }
        }
    }
}

#[test]
fn the_last_page_has_no_next_even_when_it_is_full() {
    let fixture = Fixture::with(&[listing(1), listing(2), listing(3), listing(4)]);
    let first = fixture.search(&SearchQuery { limit: 2, ..SearchQuery::default() });
    let second = fixture.search(&SearchQuery {
        limit: 2,
        cursor: first.next.clone(),
        ..SearchQuery::default()
    });
    assert_eq!((second.hits.len(), second.next, second.total), (2, None, 4));
}

#[test]
fn limits_are_brought_into_range() {
    let listings: Vec<_> = (1..=120).map(listing).collect();
    let fixture = Fixture::with(&listings);
    let hits = |limit| fixture.search(&SearchQuery { limit, ..SearchQuery::default() }).hits.len();
    assert_eq!([hits(0), hits(1), hits(100), hits(usize::MAX)], [1, 1, 100, 100]);
}

#[test]
fn a_cursor_is_refused_where_it_does_not_belong() {
    let fixture = Fixture::with(&[tied(1), tied(2), tied(3), tied(5)]);
    let query = SearchQuery { limit: 1, ..words("harbour quay") };
    let next = fixture.search(&query).next;
    let cursor = next.clone().unwrap();
    let refused =
        |query: SearchQuery| matches!(fixture.search.search(&query), Err(QueryError::Cursor(_)));
    let with = |cursor: &str| SearchQuery { cursor: Some(cursor.to_owned()), ..query.clone() };
    let garbage =
        ["", "x", "####", "e30", "bnVsbA", "WzEsMiwzXQ", "\u{0}", "é", &"A".repeat(100_000)];
    for text in garbage {
        assert!(refused(with(text)), "{text:?}");
    }
    assert!(refused(with(&cursor[1..])));
    assert!(refused(with(&cursor[..cursor.len() - 2])));
    let next = Some(cursor);
    assert!(refused(SearchQuery { cursor: next.clone(), limit: 1, ..words("harbour") }));
    assert!(refused(SearchQuery { cursor: next.clone(), sort: Sort::Price, ..query.clone() }));
    let narrowed = |narrow: fn(&mut Criteria)| {
        let mut query = SearchQuery { cursor: next.clone(), ..query.clone() };
        narrow(&mut query.criteria);
        query
    };
    assert!(refused(narrowed(|asked| asked.guests = Some(1))));
    assert!(refused(narrowed(|asked| asked.nights = Some(stay(1, 1)))));
    assert!(!refused(SearchQuery { cursor: next.clone(), limit: 9, ..query.clone() }));
    assert!(!refused(SearchQuery { cursor: next, ..words("Quay, HARBOUR!") }), "the same words");
}

#[test]
fn a_forged_cursor_is_refused_or_harmless() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let fixture = Fixture::with(&[tied(1), tied(2), tied(3)]);
    let query = SearchQuery { limit: 1, ..words("harbour") };
    let cursor = fixture.search(&query).next.unwrap();
    let form: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
    let search = |form: &serde_json::Value| {
        let cursor = Some(URL_SAFE_NO_PAD.encode(form.to_string()));
        fixture.search.search(&SearchQuery { cursor, ..query.clone() })
    };
    assert!(search(&form).is_ok());
    let of = |documents: u64, tokens: u64, today: u32, wording: serde_json::Value| {
        let mut forged = form.clone();
        forged[4] = serde_json::json!(
            { "documents": documents, "tokens": tokens, "today": today, "wording": wording }
        );
        forged
    };
    let part = |words: u8, frequency: u64, forms: serde_json::Value| serde_json::json!([{ "w": words, "n": frequency, "f": forms }]);
    let exact = serde_json::json!([["e", ["harbour"]]]);
    let many: Vec<_> = (0..65).map(|n| serde_json::json!(["1", [format!("w{n}")]])).collect();
    let refused = [
        of(0, 1, 1, part(1, 0, exact.clone())),
        of(3, 1, 1, part(1, 4, exact.clone())),
        of(3, 1, 1, part(0, 1, exact.clone())),
        of(3, 1, 1, part(99, 1, exact.clone())),
        of(3, 1, 1, part(1, 1, serde_json::json!([]))),
        of(3, 1, 1, part(1, 1, serde_json::json!([["e", []]]))),
        of(3, 1, 1, part(1, 1, serde_json::json!([["x", ["harbour"]]]))),
        of(3, 1, 1, part(1, 1, serde_json::json!(many))),
        of(3, 1, 1, serde_json::json!([])),
        of(3, 1, 1, serde_json::json!(null)),
    ];
    for forged in refused {
        assert!(matches!(search(&forged), Err(QueryError::Cursor(_))), "{forged}");
    }
    let mut forged = form.clone();
    forged[4] = serde_json::json!(null);
    assert!(matches!(search(&forged), Err(QueryError::Cursor(_))));
    for frequency in [0, u64::MAX] {
        for tokens in [0, u64::MAX] {
            assert!(
                search(&of(u64::MAX, tokens, u32::MAX, part(16, frequency, exact.clone()))).is_ok()
            );
        }
    }
}

/// What happens to an index between two pages.
fn churn(fixture: &mut Fixture, round: u64) {
    // Words' frequencies and lengths change, documents come, go and are merged.
    let long = |n| ListingDoc { description: "quay harbour ".repeat(90), ..tied(n) };
    fixture.add(&(0..9).map(|n| long(10_000 + round * 10 + n)).collect::<Vec<_>>());
    fixture.writer.remove(id(10_000 + round * 7)).unwrap();
    fixture.add(&[listing(20_000 + round)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Commits between the pages: each listing that stays as it is comes exactly once.
    #[test]
    fn commits_between_pages_duplicate_and_skip_nothing(
        limit in 2..9_usize,
        sort in prop::sample::select(vec![Sort::Relevance, Sort::Price, Sort::Newest]),
        text in prop::sample::select(vec!["", "harbour", "quay harbour", "a garden harbour quay"]),
        seed in 0..50_u64,
    ) {
        let mut fixture = Fixture::new();
        let description = |n: u64| "with a garden ".repeat(usize::try_from(n % 7 + 1).unwrap());
        let steady: Vec<_> = (1..=40)
            .map(|n| ListingDoc { description: description(n * seed), ..tied(n * (seed + 1)) })
            .collect();
        for chunk in steady.chunks(15) {
            fixture.add(chunk);
        }
        let mut query = SearchQuery { limit, sort, ..words(text) };
        let mut wanted = fixture.found(&query);
        let mut seen = Vec::new();
        for round in 0.. {
            let page = fixture.search(&query);
            seen.extend(page.hits.iter().map(|hit| number(hit.id)));
            let Some(next) = page.next else { break };
            query.cursor = Some(next);
            // More come than a page takes, so there has to be an end to it.
            if round < 8 {
                churn(&mut fixture, round);
            }
        }
        seen.retain(|n| wanted.contains(n));
        seen.sort_unstable();
        wanted.sort_unstable();
        prop_assert_eq!(seen, wanted);
        prop_assert_eq!(fixture.writer.cursor().get(Stream(0)), 0);
    }
}

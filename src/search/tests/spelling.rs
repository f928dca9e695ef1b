use std::sync::Arc;

use proptest::prelude::*;

use super::fixture::{Fixture, id, listing, words};
use crate::search::vocabulary::typos_allowed;
use crate::search::{ListingDoc, SearchIndex, SearchQuery, Sort};

const NONE: [u64; 0] = [];

fn titled(number: u64, title: &str) -> ListingDoc {
    ListingDoc {
        title: title.to_owned(),
        description: String::new(),
        city: String::new(),
        ..listing(number)
    }
}

/// The optimal string alignment distance: insertions, deletions, substitutions, and two
/// neighbours that changed places, each once.
fn distance(one: &str, other: &str) -> usize {
    let [one, other]: [Vec<char>; 2] = [one, other].map(|word| word.chars().collect());
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let same = usize::from(one[i - 1] != other[j - 1]);
                let mut least =
                    (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + same);
                if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            }
        }
    }
    rows[one.len()][other.len()]
}

#[test]
fn typos_are_allowed_by_length() {
    let of = |word| typos_allowed(word);
    assert_eq!(["flat", "house", "balconys", "apartment"].map(of), [0, 1, 1, 2]);
    assert_eq!(["", "a", "2024", "house2", "östra", &"x".repeat(31)].map(of), [0, 0, 0, 0, 1, 0]);
}

#[test]
fn a_typo_is_forgiven_by_the_length_of_the_word() {
    let fixture = Fixture::with(&[titled(1, "Flat"), titled(2, "House"), titled(3, "Apartment")]);
    let found = |text| fixture.found(&words(text));
    assert_eq!(found("flta"), NONE, "four letters");
    assert_eq!(found("huose"), [2], "two letters changed places");
    assert_eq!(found("hous3"), NONE, "a digit");
    assert_eq!(found("hoouse"), [2]);
    assert_eq!(found("hosue x"), NONE, "all words have to occur");
    assert_eq!(found("huoes"), NONE, "two typos in five letters");
    assert_eq!(found("apratmnet"), [3], "two typos in nine");
    assert_eq!(found("apratmnte"), NONE);
}

#[test]
fn fewer_typos_come_first_whatever_else_there_is() {
    let far = titled(1, "restaurent restaurent restaurent");
    let near = ListingDoc { description: "with a restaurant ".repeat(20), ..titled(2, "Home") };
    let mut fixture = Fixture::with(&[far, near]);
    assert_eq!(fixture.found(&words("restuarant")), [2, 1], "one typo, then two");
    // A word that occurs itself is not taken for another one.
    fixture.add(&[titled(3, "restuarant")]);
    assert_eq!(fixture.found(&words("restuarant")), [3]);
}

#[test]
fn a_rare_word_may_be_a_misspelling_that_a_listing_has_too() {
    let right = |n| titled(n, "Holiday accommodation");
    let mut listings: Vec<_> = (1..=10_000).map(|n| titled(n + 1_000, "x")).collect();
    listings.extend((1..=40).map(right));
    listings.push(titled(50, "Holiday accomodation"));
    listings.push(titled(51, "Holiday accomodations"));
    let fixture = Fixture::with(&listings);
    let found = fixture.found(&SearchQuery { limit: 100, ..words("accomodation") });
    assert_eq!(found[..1], [50]);
    assert_eq!(found.len(), 42, "{found:?}");
    let page = fixture.search(&words("accomodation"));
    assert_eq!(page.did_you_mean, None, "enough is found");
    assert_eq!(fixture.found(&words("accommodation")).len(), 40, "a frequent word is right");
}

#[test]
fn did_you_mean_keeps_the_text_and_puts_other_words_in() {
    let fixture = Fixture::with(&[titled(1, "Dublin apartment"), titled(2, "Zürich, harbour")]);
    let meant = |text| fixture.search(&words(text)).did_you_mean;
    assert_eq!(meant("Dubiln, apartment!").as_deref(), Some("dublin, apartment!"));
    assert_eq!(meant("dubiln apratment").as_deref(), Some("dublin apartment"));
    assert_eq!(meant("zurihc").as_deref(), Some("zurich"));
    let short = fixture.search(&words("flta in dublin"));
    assert_eq!((short.total, short.did_you_mean.as_deref()), (0, Some("flat in dublin")));
    for right in
        ["", "dublin", "dublin apartment", "apartments", "harb", "nothing", "dublin harbour"]
    {
        assert_eq!(meant(right), None, "{right:?}");
    }
}

#[test]
fn pages_go_on_with_the_spellings_of_the_first() {
    let mut fixture = Fixture::new();
    fixture.add(&(1..=9).map(|n| titled(n, "Harbour home")).collect::<Vec<_>>());
    for sort in [Sort::Relevance, Sort::Newest] {
        let mut query = SearchQuery { sort, limit: 4, ..words("harbuor") };
        let first = fixture.search(&query);
        assert_eq!((first.total, first.did_you_mean.is_some()), (9, true));
        query.cursor = first.next;
        // Now the misspelling is a word; the search that has begun does not become another.
        fixture.add(&[titled(100, "Harbuor")]);
        let second = fixture.search(&query);
        assert_eq!((second.hits.len(), second.total), (4, 9), "over the state of the first page");
        assert_eq!(second.did_you_mean, None);
        let elsewhere = SearchIndex { state: Arc::default(), ..fixture.search.clone() };
        let second = elsewhere.search(&query).unwrap();
        assert_eq!((second.hits.len(), second.total), (4, 10), "and finds the new word");
        fixture.writer.remove(id(100)).unwrap();
        fixture.publish();
    }
}

#[test]
fn a_cursor_holds_the_longest_wording() {
    // Sixteen words with eight spellings each, of which each is a few letters longer.
    let word =
        |n: u8, tail: char| format!("{}ündchen{tail}", char::from(b'a' + n).to_string().repeat(4));
    let spelt = |tail| (0..16).map(|n| word(n, tail)).collect::<Vec<_>>().join(" ");
    let all: Vec<_> = "bcdefghij".chars().map(spelt).collect();
    let homes: Vec<_> =
        (1..=30).map(|n| ListingDoc { description: all.join(" "), ..titled(n, "x") }).collect();
    let fixture = Fixture::with(&homes);
    let query = SearchQuery { limit: 7, ..words(&spelt('z')) };
    assert_eq!(fixture.pages(&query).len(), 30);
}

#[test]
fn words_are_found_before_the_vocabulary_knows_them() {
    let mut fixture = Fixture::with(&[titled(1, "Harbour")]);
    fixture.writer.upsert(&titled(2, "Lighthouse harbours")).unwrap();
    let cursor = fixture.writer.cursor().clone();
    fixture.writer.commit(&cursor).unwrap();
    fixture.writer.reload().unwrap();
    assert_eq!(fixture.found(&words("lighthouse")), [2]);
    assert_eq!(fixture.found(&words("harbours")), [2, 1], "as it is written, then its stem");
}

#[test]
fn a_search_renews_the_vocabulary_by_itself() {
    let mut fixture = Fixture::with(&[titled(1, "Harbour")]);
    fixture.writer.upsert(&titled(2, "Lighthouse")).unwrap();
    let cursor = fixture.writer.cursor().clone();
    fixture.writer.commit(&cursor).unwrap();
    fixture.writer.reload().unwrap();
    while fixture.search(&words("lighthuose ")).total == 0 {
        std::thread::yield_now();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is found by a misspelling is as near as the rule says, and the nearest are
    /// found: compared with the distances of all words.
    #[test]
    fn spellings_are_those_that_are_near(
        vocabulary in prop::collection::hash_set("[abcé]{3,11}", 1..40),
        word in "[abcé]{3,11}",
    ) {
        let listings: Vec<_> = vocabulary
            .iter()
            .enumerate()
            .map(|(n, word)| titled(n as u64 + 1, word))
            .collect();
        let fixture = Fixture::with(&listings);
        let folded = word.replace('é', "e");
        let typos = usize::from(typos_allowed(&folded));
        let mut wanted: Vec<(usize, String)> = vocabulary
            .iter()
            .map(|word| word.replace('é', "e"))
            .map(|other| (distance(&folded, &other), other))
            .filter(|(distance, _)| (1..=typos).contains(distance))
            .collect();
        wanted.sort();
        wanted.dedup();
        let found = fixture.search.lexicon.vocabulary().near(&folded, typos_allowed(&folded));
        prop_assert_eq!(found.len(), wanted.len().min(8));
        for (found, wanted) in found.iter().zip(&wanted) {
            prop_assert_eq!(usize::from(found.typos), wanted.0);
            prop_assert_eq!(distance(&folded, &found.word), wanted.0);
        }
    }
}

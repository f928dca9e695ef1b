use proptest::prelude::*;

use super::fixture::{Fixture, id, listing};
use crate::search::{ListingDoc, SUGGESTIONS_MAX};

fn fixture() -> Fixture {
    let home = |n, title: &str, city: &str, country: &str| ListingDoc {
        title: title.to_owned(),
        city: city.to_owned(),
        country: country.to_owned(),
        ..listing(n)
    };
    Fixture::with(&[
        home(1, "Harbour view", "Dublin", "IE"),
        home(2, "Harbour view", "Dublin", "IE"),
        home(3, "Harbourside loft", "Dublin", "US"),
        home(4, "Canal, cosy", "Dubrovnik", "HR"),
        home(5, "The nest", "Zürich", "CH"),
    ])
}

#[test]
fn places_titles_and_amenities_begin_as_was_typed() {
    let fixture = fixture();
    let places = |text| {
        let found = fixture.search.suggest(text, 5).places.into_iter();
        found.map(|place| (place.city, place.country, place.count)).collect::<Vec<_>>()
    };
    let of = |city: &str, country: &str, count| (city.to_owned(), country.to_owned(), count);
    let dublin = [of("Dublin", "IE", 2), of("Dublin", "US", 1)];
    assert_eq!(places("dub"), [&dublin[..], &[of("Dubrovnik", "HR", 1)]].concat());
    assert_eq!(places("Dubl"), dublin);
    assert_eq!(places("zuri"), [of("Zürich", "CH", 1)]);
    assert_eq!(places("dubiln"), dublin, "a typo");
    assert_eq!(places("x"), []);
    assert_eq!(places(""), []);
    let titles = |text| {
        let found = fixture.search.suggest(text, 5).titles.into_iter();
        found.map(|found| (found.title, found.count)).collect::<Vec<_>>()
    };
    let title = |title: &str, count| (title.to_owned(), count);
    assert_eq!(titles("harb"), [title("Harbour view", 2), title("Harbourside loft", 1)]);
    assert_eq!(titles("HARBOUR V"), [title("Harbour view", 2)]);
    assert_eq!(titles("canal co"), [title("Canal, cosy", 1)]);
    assert_eq!(titles("harbuor v")[0], title("Harbour view", 2));
    let amenities = |text| {
        let found = fixture.search.suggest(text, 5).amenities.into_iter();
        found.map(|found| (found.amenity.key, found.count)).collect::<Vec<_>>()
    };
    for text in ["wi", "wifi", "internet", "wireles", "intrenet"] {
        assert_eq!(amenities(text), [("wifi", 5)], "{text}");
    }
    assert_eq!(amenities("pool"), [], "no listing has one");
}

#[test]
fn suggestions_are_limited_and_follow_the_index() {
    let mut fixture = fixture();
    assert_eq!(fixture.search.suggest("dub", 1).places.len(), 1);
    assert_eq!(fixture.search.suggest("dub", 0).places.len(), 1);
    let many = (0..50).map(|n| ListingDoc { city: format!("Dub{n}"), ..listing(100 + n) });
    fixture.add(&many.collect::<Vec<_>>());
    assert_eq!(fixture.search.suggest("dub", usize::MAX).places.len(), SUGGESTIONS_MAX);
    fixture.writer.remove(id(4)).unwrap();
    fixture.publish();
    assert_eq!(fixture.search.suggest("dubr", 5).places, [], "as soon as it is gone");
    assert_eq!(fixture.search.suggest("canal", 5).titles, []);
    assert_eq!(fixture.search.suggest("wifi", 5).amenities[0].count, 54);
    for n in 1..=200 {
        fixture.writer.remove(id(n)).unwrap();
    }
    fixture.publish();
    assert_eq!(fixture.search.suggest("dub", 5).places, []);
}

#[test]
fn what_is_nameless_or_over_long_is_not_suggested() {
    let odd =
        |n, text: &str| ListingDoc { title: text.to_owned(), city: text.to_owned(), ..listing(n) };
    let fixture =
        Fixture::with(&[odd(1, "🏠"), odd(2, &"long ".repeat(100)), odd(3, "nul\0nul, x")]);
    assert_eq!(fixture.search.suggest("long", 5).places, []);
    assert_eq!(fixture.search.suggest("long", 5).titles, []);
    assert_eq!(fixture.search.suggest("nul", 5).places[0].city, "nulnul, x");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_completed(text in any::<String>(), times in 1..40_usize) {
        thread_local! {
            static FIXTURE: Fixture = fixture();
        }
        FIXTURE.with(|fixture| fixture.search.suggest(&text.repeat(times), 20));
    }
}

//! How words and their stems are read from listings.

use proptest::prelude::*;
use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer};

use super::fixture::{Fixture, listing, words as asked};
use crate::search::matching::terms;
use crate::search::quality::{factor, merit, quality};
use crate::search::stems;
use crate::search::text::words;
use crate::search::{ListingDoc, QUERY_WORDS_MAX, count_words};

fn described(number: u64, description: &str) -> ListingDoc {
    ListingDoc {
        title: String::new(),
        description: description.to_owned(),
        city: String::new(),
        ..listing(number)
    }
}

#[test]
fn the_language_is_that_of_the_text_else_of_the_country() {
    let of = |text: &str, country: &str| stems::of(text, country).term("x")[..3].to_owned();
    let dutch = "Prachtig gelegen appartement met een groot terras en een mooie keuken, dicht bij \
                 het station en de winkels van de stad.";
    let french = "Un bel appartement avec une grande terrasse et une cuisine, proche de la gare et \
                  des magasins de la ville.";
    assert_eq!([of(dutch, "IE"), of(french, "BE")], ["~nl", "~fr"]);
    assert_eq!([of("Loft", "BE"), of("Loft", "IE"), of("", "")], ["~nl", "~en", "~en"]);
}

#[test]
fn a_stem_is_found_after_the_word_itself() {
    let fixture = Fixture::with(&[
        described(1, "Quiet house by the sea with a lovely garden and a large kitchen."),
        described(2, "Quiet houses by the sea with lovely gardens and large kitchens."),
        described(3, "Mooie huizen bij de zee met grote tuinen en een heel mooie keuken."),
    ]);
    assert_eq!(fixture.found(&asked("house garden")), [1, 2]);
    assert_eq!(fixture.found(&asked("houses gardens")), [2, 1]);
    assert_eq!(fixture.found(&asked("keukens")), [3], "of another language");
}

#[test]
fn small_words_do_not_count_beside_others() {
    let fixture = Fixture::with(&[described(1, "harbour"), described(2, "the nest")]);
    assert_eq!(fixture.found(&asked("near the harbour")), [1]);
    assert_eq!(fixture.found(&asked("the")), [2]);
}

#[test]
fn amenities_are_found_by_any_of_their_names() {
    let with = |n, key: &str| ListingDoc { amenities: vec![key.to_owned()], ..described(n, "") };
    let fixture = Fixture::with(&[
        with(1, "hot_tub"),
        with(2, "elevator"),
        with(3, "Rain shower"),
        with(4, "pool"),
    ]);
    let found = |text| fixture.found(&asked(text));
    assert_eq!(found("jacuzzi"), [1]);
    assert_eq!(found("hot tub"), [1]);
    assert_eq!(found("lift"), [2]);
    assert_eq!(found("rain"), [3], "what the catalogue does not know");
    assert_eq!(found("swimming pool"), [4]);
    assert_eq!(found("flat jacuzzi"), [1], "with the kind");
}

#[test]
fn terms_are_as_many_as_their_places_weigh() {
    let home = ListingDoc {
        title: "Nest".to_owned(),
        description: "Nests".to_owned(),
        city: "Cork".to_owned(),
        amenities: vec!["wifi".to_owned()],
        ..listing(1)
    };
    let terms = terms(&home);
    let count = |term: &str| terms.split(' ').filter(|found| *found == term).count();
    assert_eq!(
        ["nest", "cork", "flat", "#wifi", "wifi", "~en:nest"].map(count),
        [3, 2, 1, 1, 1, 1]
    );
}

#[test]
fn a_listing_that_says_more_and_is_newer_is_ahead_of_its_equals_only() {
    let long = "Light and quiet. ".repeat(30);
    let rich = ListingDoc {
        amenities: (0..12).map(|n| format!("thing{n}")).collect(),
        ..described(1, &long)
    };
    let poor = ListingDoc { amenities: Vec::new(), ..described(2, "") };
    assert!(quality(&rich) > 80 && quality(&poor) == 0, "{}", quality(&rich));
    let today = u32::try_from(merit(&rich) >> 8).unwrap();
    assert!(factor(merit(&rich), today) > factor(merit(&rich), today + 90));
    assert!(factor(merit(&rich), today) > factor(merit(&poor), today));
    for merit in [0, u64::MAX, merit(&rich), merit(&poor)] {
        assert!((1.0..=1.125).contains(&factor(merit, today)), "{merit}");
    }
}

#[test]
fn words_are_counted() {
    assert_eq!(count_words("Sea, sea; VIEW!"), 2);
    let many: Vec<String> = (0..=QUERY_WORDS_MAX).map(|n| format!("w{n}")).collect();
    assert!(count_words(&many.join(" ")) > QUERY_WORDS_MAX);
}

proptest! {
    #[test]
    fn words_are_those_of_the_analyser(text in any::<String>()) {
        let composed: String =
            text.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
        let mut analyser = TextAnalyzer::builder(SimpleTokenizer::default())
            .filter(AsciiFoldingFilter)
            .filter(LowerCaser)
            .build();
        let mut wanted = Vec::new();
        analyser.token_stream(&composed).process(&mut |token| wanted.push(token.text.clone()));
        let found = words(&text);
        for word in &found {
            prop_assert!(text.is_char_boundary(word.at.start) && text.is_char_boundary(word.at.end));
        }
        let found: Vec<_> = found.into_iter().map(|word| word.text).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn any_listing_has_terms(title in any::<String>(), city in any::<String>(), amenity in any::<String>()) {
        let home = ListingDoc { title, city, amenities: vec![amenity], ..listing(1) };
        prop_assert!(terms(&home).split_whitespace().count() > 0);
    }
}
#[test]
fn a_word_that_is_all_ending_is_its_own_stem() {
    // Else it would be looked for as the term that all listings of a language have.
    for language in stems::LANGUAGES {
        for word in ["leri", "a", "en", "ing", "heden"] {
            assert!(!language.stem(word).is_empty(), "{word} {}", language.term(""));
        }
    }
}

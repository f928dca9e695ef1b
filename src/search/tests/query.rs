use proptest::prelude::*;

use super::fixture::{Fixture, euros, id, listing, stay, unit, words};
use crate::domain::area::{Area, BBox, InvalidArea};
use crate::domain::criteria::Criteria;
use crate::domain::money::Money;
use crate::search::{ListingDoc, SearchQuery, Sort, StoredCard};

const NONE: [u64; 0] = [];

fn titled(number: u64, title: &str) -> ListingDoc {
    ListingDoc {
        title: title.to_owned(),
        description: String::new(),
        city: String::new(),
        ..listing(number)
    }
}

#[test]
fn words_are_found_in_any_spelling_and_all_have_to_occur() {
    let cork = ListingDoc {
        title: "Attic".to_owned(),
        description: "Near the café of Sandycove.".to_owned(),
        city: "Cork".to_owned(),
        ..listing(1)
    };
    let fixture = Fixture::with(&[cork, titled(2, "Sandycove cafe\u{301}"), titled(3, "Attic")]);
    let found = |text: &str| {
        let mut found = fixture.found(&words(text));
        found.sort_unstable();
        found
    };
    assert_eq!(found("sandycove"), [1, 2]);
    assert_eq!(found("SANDYCOVE Cafe"), [1, 2]);
    assert_eq!(found("CAFÉ"), [1, 2]);
    assert_eq!(found("cork attic sandycove"), [1], "one word in each field");
    assert_eq!(found("attic dublin"), NONE);
    assert_eq!(found("sandy"), [1, 2], "as long as it is being typed");
    assert_eq!(found("sandy "), NONE);
}

#[test]
fn a_title_weighs_more_than_a_city_and_a_city_more_than_a_description() {
    let base = titled(0, "Nice");
    let listings = [
        ListingDoc { id: id(1), description: "Malahide".to_owned(), ..base.clone() },
        ListingDoc { id: id(2), city: "Malahide".to_owned(), ..base.clone() },
        ListingDoc { id: id(3), title: "Malahide".to_owned(), ..base },
    ];
    let fixture = Fixture::with(&listings);
    assert_eq!(fixture.found(&words("malahide")), [3, 2, 1]);
}

#[test]
fn without_words_relevance_is_newest() {
    let fixture = Fixture::with(&[listing(2), listing(1), listing(3)]);
    for text in ["", "  ", "\"?!\""] {
        assert_eq!(fixture.found(&words(text)), [3, 2, 1]);
    }
}

#[test]
fn no_text_is_a_syntax_error() {
    let fixture = Fixture::with(&[titled(1, "And or not colon"), titled(2, "Plain")]);
    assert_eq!(fixture.found(&words("AND OR NOT : ( [")), [1]);
    let hostile = [
        "title:plain",
        "\"plain",
        "plain\"",
        "pla*n",
        "plain~2",
        "plain^9",
        "[a TO z]",
        "{",
        "\\",
        "+plain -plain",
        "!plain",
        "a:b:c:(((",
        "\u{0}",
        "\u{202e}nialp",
        "🏠",
        "ﷺ",
        "%00' OR 1=1--",
        "<script>",
        "\u{feff}plain",
    ];
    for text in hostile {
        fixture.search(&words(text));
        let long = text.repeat(10_000 / text.len() + 1);
        fixture.search(&words(&long));
    }
    assert_eq!(fixture.found(&words("\"plain")), [2]);
    assert_eq!(fixture.found(&words(&"x".repeat(10_000))), NONE, "an endless word is nowhere");
    assert_eq!(fixture.found(&words(&"plain ".repeat(2_000))), [2]);
}

#[test]
fn an_over_long_word_in_a_listing_does_not_hinder_its_others() {
    let fixture = Fixture::with(&[titled(1, &format!("tower {} bridge", "y".repeat(70_000)))]);
    assert_eq!(fixture.found(&words("bridge tower")), [1]);
}

#[test]
fn box_edges_are_included() {
    let point = |n, lat, lon| ListingDoc { lat, lon, ..listing(n) };
    let fixture =
        Fixture::with(&[point(1, 10.0, 20.0), point(2, -0.0, -0.0), point(3, 9.99, 20.0)]);
    let found = |west, south, east, north| {
        let area = Some(Area::Box(BBox::new(west, south, east, north).unwrap()));
        fixture.found(&Criteria { area, ..Criteria::default() }.into())
    };
    assert_eq!(found(20.0, 10.0, 21.0, 11.0), [1]);
    assert_eq!(found(19.0, 9.0, 20.0, 10.0), [3, 1]);
    assert_eq!(found(0.0, 0.0, 1.0, 1.0), [2], "a negative zero is a zero");
    assert_eq!(found(-1.0, -1.0, -0.0, -0.0), [2]);
    assert_eq!(found(-180.0, -90.0, 180.0, 90.0), [3, 2, 1]);
}

#[test]
fn a_box_may_cross_the_antimeridian() {
    let point = |n, lon| ListingDoc { lat: -17.0, lon, ..listing(n) };
    let fixture =
        Fixture::with(&[point(1, 178.0), point(2, -179.0), point(3, 170.0), point(4, 0.0)]);
    let found = |west, east| {
        let area = Some(Area::Box(BBox::new(west, -20.0, east, -10.0).unwrap()));
        fixture.found(&Criteria { area, ..Criteria::default() }.into())
    };
    assert_eq!(found(175.0, -175.0), [2, 1]);
    assert_eq!(found(175.0, 185.0), [2, 1], "as a map says it that was moved east");
    assert_eq!(found(-185.0, -175.0), [2, 1], "or west");
    assert_eq!(found(-360.0, 0.0), [4, 3, 2, 1], "a whole turn");
    assert_eq!(found(-10.0, 10.0), [4]);
}

#[test]
fn a_box_that_is_none_is_refused() {
    let nan = f64::NAN;
    for (south, north) in [(1.0, 0.0), (-91.0, 0.0), (0.0, 90.5), (nan, 0.0), (0.0, nan)] {
        assert_eq!(BBox::new(0.0, south, 1.0, north), Err(InvalidArea::Latitude));
    }
    for (west, east) in [(nan, 0.0), (0.0, nan), (0.0, f64::INFINITY), (-541.0, 0.0)] {
        assert_eq!(BBox::new(west, 0.0, east, 1.0), Err(InvalidArea::Longitude));
    }
}

#[test]
fn a_price_is_compared_within_its_currency_or_by_its_major_units() {
    let priced = |n, amount, code: &str| ListingDoc {
        price: Money::new(amount, code.parse().unwrap()),
        ..listing(n)
    };
    // 150.00, 150, 150.000 and 99.99 of their units.
    let fixture = Fixture::with(&[
        priced(1, 15_000, "EUR"),
        priced(2, 150, "JPY"),
        priced(3, 150_000, "KWD"),
        priced(4, 9_999, "USD"),
    ]);
    let found = |min, max, currency: Option<&str>| {
        let currency = currency.map(|code| code.parse().unwrap());
        let criteria = Criteria { price_min: min, price_max: max, currency, ..Criteria::default() };
        fixture.found(&SearchQuery { criteria, sort: Sort::Price, ..SearchQuery::default() })
    };
    assert_eq!(found(None, None, None), [4, 1, 2, 3]);
    assert_eq!(found(Some(15_000), Some(15_000), None), [1, 2, 3], "hundredths for all");
    assert_eq!(found(None, Some(14_999), None), [4]);
    assert_eq!(found(Some(10_000), None, Some("EUR")), [1]);
    assert_eq!(found(Some(150), Some(150), Some("JPY")), [2]);
    assert_eq!(found(Some(150_000), Some(u64::MAX), Some("KWD")), [3]);
    assert_eq!(found(None, None, Some("USD")), [4]);
    assert_eq!(found(Some(u64::MAX), None, None), NONE);
    assert_eq!(found(None, Some(0), Some("EUR")), NONE);
}

#[test]
fn prices_at_the_ends_of_their_range_do_not_overflow() {
    let priced = |n, cents| ListingDoc { price: euros(cents), ..listing(n) };
    let fixture = Fixture::with(&[priced(1, i64::MAX), priced(2, -5), priced(3, 0)]);
    assert_eq!(
        fixture.found(&SearchQuery { sort: Sort::Price, ..SearchQuery::default() }),
        [2, 3, 1]
    );
}

#[test]
fn guests_and_nights_narrow_and_the_total_follows() {
    let sized = |n, guests| ListingDoc { guests, ..listing(n) };
    let fixture = Fixture::with(&[sized(1, 2), sized(2, 4), sized(3, 6)]);
    fixture.writer.set_taken(id(2), &[(unit(2), vec![stay(10, 5)])]);
    let found =
        |guests, nights| fixture.found(&Criteria { guests, nights, ..Criteria::default() }.into());
    assert_eq!(found(Some(4), None), [3, 2]);
    assert_eq!(found(Some(4), Some(stay(12, 1))), [3]);
    assert_eq!(found(None, Some(stay(15, 3))), [3, 2, 1]);
    assert_eq!(found(None, Some(stay(720, 20))), NONE, "beyond the window");
    assert_eq!(found(Some(u32::MAX), None), NONE);
}

#[test]
fn hits_carry_their_cards() {
    let fixture = Fixture::with(&[listing(8)]);
    let page = fixture.search(&SearchQuery::default());
    assert_eq!(page.hits[0].id, id(8));
    assert_eq!(page.hits[0].card, StoredCard::of(&serde_json::json!({ "number": 8 })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_answered(text in any::<String>(), times in 1..40_usize) {
        thread_local! {
            static FIXTURE: Fixture = Fixture::with(&[listing(1), titled(2, "Sea view")]);
        }
        FIXTURE.with(|fixture| fixture.search(&words(&text.repeat(times))));
    }
}

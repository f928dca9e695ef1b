use proptest::prelude::*;

use super::fixture::{Fixture, listing, words};
use crate::search::{Highlight, ListingDoc, Piece, SearchQuery};

fn home(title: &str, description: &str) -> ListingDoc {
    ListingDoc { title: title.to_owned(), description: description.to_owned(), ..listing(1) }
}

fn marked(home: ListingDoc, text: &str) -> Highlight {
    let fixture = Fixture::with(&[home]);
    let page = fixture.search(&SearchQuery { highlight: true, ..words(text) });
    page.hits[0].highlight.clone().unwrap()
}

/// The pieces with brackets around hits.
fn shown(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| {
        if piece.hit { format!("[{}]", piece.text) } else { piece.text.clone() }
    };
    pieces.iter().map(piece).collect()
}

#[test]
fn words_are_marked_in_whatever_form_they_were_found() {
    let home = home("Cafe\u{301} houses", "An apartment, a WIFI café and <b>houses</b>.");
    let found = marked(home.clone(), "cafe house");
    assert_eq!(shown(&found.title), "[Cafe\u{301}] [houses]");
    assert_eq!(shown(&found.description), "An apartment, a WIFI [café] and <b>[houses]</b>.");
    let found = marked(home, "flat internet");
    assert_eq!(shown(&found.description), "An [apartment], a [WIFI] café and <b>houses</b>.");
}

#[test]
fn a_long_description_is_shown_where_most_words_are() {
    let filler = "Lorem ipsum dolor sit amet. ".repeat(20);
    let text = format!("{filler}A harbour. {filler}The harbour with a lighthouse. {filler}");
    let found = shown(&marked(home("x", &text), "lighthouse harbour").description);
    assert!(found.contains("The [harbour] with a [lighthouse]."), "{found}");
    assert!(found.starts_with('…') && found.ends_with('…') && found.chars().count() < 220);
    let none = marked(home("harbour", &text.replace("harbour", "quay")), "harbour");
    assert!(shown(&none.description).starts_with("Lorem ipsum"));
}

#[test]
fn only_when_it_is_asked_for_and_there_are_words() {
    let fixture = Fixture::with(&[listing(1)]);
    let highlight = |query: &SearchQuery| fixture.search(query).hits[0].highlight.clone();
    assert_eq!(highlight(&words("home")), None);
    assert_eq!(highlight(&SearchQuery { highlight: true, ..words("") }), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Pieces are the text, and nothing but it.
    #[test]
    fn pieces_make_up_the_text(noise in any::<String>(), tail in "[a-z é<>&]{0,300}") {
        let (title, text) = (format!("harbour {noise}"), format!("{noise} harbour {tail}"));
        let found = marked(home(&title, &text), "harbour");
        let plain = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
        prop_assert_eq!(plain(&found.title), title);
        let shown = plain(&found.description);
        prop_assert!(text.contains(shown.trim_matches('…')) || noise.contains('…'));
        prop_assert!(found.description.iter().any(|piece| piece.hit), "{:?}", found.description);
        prop_assert!(shown.chars().count() <= 202);
    }
}

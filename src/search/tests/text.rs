use crate::search::text::{QUERY_CHARS_MAX, QUERY_WORDS_MAX, query_words};

#[test]
fn words_are_folded_sorted_and_different() {
    assert_eq!(query_words("Sea-view, SEA"), ["sea", "view"]);
    assert_eq!(query_words("Café Zürich Straße"), ["cafe", "strasse", "zurich"]);
    assert_eq!(query_words("İstanbul ŁÓDŹ"), ["istanbul", "lodz"]);
    assert_eq!(query_words("Αθήνα Москва 東京"), query_words("ΑΘΉΝΑ МОСКВА 東京"));
}

#[test]
fn decomposed_accents_are_the_same_letters() {
    assert_eq!(query_words("Mu\u{308}nchen cafe\u{301}"), ["cafe", "munchen"]);
}

#[test]
fn a_text_without_letters_and_digits_has_no_words() {
    for text in ["", " ", "\"'()[]{}:;!?*~^&&||\\/+-", "\u{0}\u{7f}", "🏠 🏖️", "\u{301}\u{301}"]
    {
        assert_eq!(query_words(text), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn a_long_text_is_cut_between_words() {
    let text = "abcdefghi ".repeat(QUERY_CHARS_MAX / 10 - 1) + "inside cutthrough";
    assert!(text.chars().count() > QUERY_CHARS_MAX);
    assert_eq!(query_words(&text), ["abcdefghi", "inside"]);
    let exact = "a".repeat(QUERY_CHARS_MAX - 4) + " end";
    assert!(query_words(&exact).contains(&"end".to_owned()));
    let beyond = exact + " more";
    assert!(query_words(&beyond).contains(&"end".to_owned()));
    assert_eq!(query_words(&beyond).len(), 2);
}

#[test]
fn a_single_endless_word_is_kept_as_it_was_cut() {
    assert_eq!(query_words(&"ü".repeat(10_000)), ["u".repeat(QUERY_CHARS_MAX)]);
}

#[test]
fn words_are_limited() {
    let text: Vec<String> = (10..40).map(|n| n.to_string()).collect();
    assert_eq!(query_words(&text.join(" ")).len(), QUERY_WORDS_MAX);
}

use crate::tools::listing::{property_id, shortened};

#[test]
fn an_identity_gives_one_property_for_ever() {
    let id = property_id("inside-airbnb", "900719925474099312");
    // Written in databases: this value must never change.
    assert_eq!(id.to_string(), "prp_dbafa0cb9a0e8016bbfc50e4527970d7");
    assert_ne!(id, property_id("inside-airbnb", "900719925474099313"));
    assert_ne!(id, property_id("demo", "900719925474099312"));
    assert_ne!(property_id("a", "bc"), property_id("ab", "c"));
}

#[test]
fn texts_are_cut_between_words_and_letters() {
    assert_eq!(shortened("short", 5), "short");
    assert_eq!(shortened("a sentence of words", 17), "a sentence of…");
    assert_eq!(shortened("Donaudampfschifffahrt", 8), "Donauda…");
    assert_eq!(shortened("ééééé", 3), "éé…");
    assert_eq!(shortened("", 3), "");
    for max in 1..30 {
        assert!(shortened("Ein Haus am Ufer – ganz für sich 🏡🏡", max).chars().count() <= max);
    }
}

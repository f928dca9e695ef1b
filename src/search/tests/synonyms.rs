use tempfile::TempDir;

use super::fixture::{Fixture, TODAY, listing, options, words};
use crate::search::synonyms::{InvalidList, Synonyms};
use crate::search::{IndexOptions, ListingDoc, open};

fn titled(number: u64, title: &str) -> ListingDoc {
    ListingDoc {
        title: title.to_owned(),
        description: String::new(),
        city: String::new(),
        kind: String::new(),
        amenities: Vec::new(),
        ..listing(number)
    }
}

#[test]
fn the_built_in_list_is_a_list() {
    let list = include_str!("../synonyms.txt");
    assert_eq!(Synonyms::parse(list), Ok(Synonyms::built_in()));
    assert!(Synonyms::built_in().has("swimming pool"));
}

#[test]
fn a_list_says_where_it_is_wrong() {
    let wrong = |list: &str| Synonyms::parse(list).unwrap_err();
    assert_eq!(wrong("a, b\n\n# remark\nc # d"), InvalidList::Line(4));
    assert_eq!(wrong("a, !"), InvalidList::Name(1));
    assert_eq!(wrong("a, b c d e f"), InvalidList::Name(1));
    assert_eq!(wrong("a, A"), InvalidList::Line(1), "the same word");
    assert_eq!(wrong(&"a,".repeat(600_000)), InvalidList::Long);
    assert!(Synonyms::parse("").is_ok());
}

#[test]
fn what_means_the_same_is_found_after_the_word_itself() {
    let fixture = Fixture::with(&[
        titled(1, "Apartment"),
        titled(2, "Flat"),
        titled(3, "Wi-Fi"),
        titled(4, "WiFi"),
        titled(5, "Pool"),
        titled(6, "Swimming pool"),
        titled(7, "Swimming"),
        titled(8, "Apartments"),
    ]);
    let found = |text| fixture.found(&words(text));
    assert_eq!(found("flat")[0], 2);
    assert_eq!(
        {
            let mut all = found("flat");
            all.sort_unstable();
            all
        },
        [1, 2, 8]
    );
    assert_eq!(found("wifi"), [4, 3]);
    assert_eq!(found("wi-fi"), [3, 4]);
    assert_eq!(found("swimming pool"), [6, 5]);
    assert_eq!(
        {
            let mut all = found("pool");
            all.sort_unstable();
            all
        },
        [5, 6]
    );
    assert_eq!(found("swimming"), [7, 6], "half a name is not the name");
}

#[test]
fn a_changed_list_is_read_without_a_restart() {
    let dir = TempDir::new().unwrap();
    let list = dir.path().join("synonyms.txt");
    std::fs::write(&list, "nook, corner\n").unwrap();
    let options = IndexOptions { synonyms: Some(list.clone()), ..options(&dir, "test") };
    let (search, writer) = open(options, TODAY).unwrap();
    let mut fixture = Fixture { search, writer, dir };
    fixture.add(&[titled(1, "Nook"), titled(2, "Corner"), titled(3, "Cranny")]);
    assert_eq!(fixture.found(&words("nook")), [1, 2]);
    assert_eq!(fixture.found(&words("flat")), [0_u64; 0], "instead of the built-in list");
    std::fs::write(&list, "nook, cranny, other\n").unwrap();
    fixture.publish();
    assert_eq!(fixture.found(&words("nook")), [1, 3]);
    std::fs::write(&list, "one name only\n").unwrap();
    fixture.publish();
    assert_eq!(fixture.found(&words("nook")), [1, 3], "a wrong list changes nothing");
    std::fs::remove_file(&list).unwrap();
    fixture.publish();
    assert_eq!(fixture.found(&words("nook")), [1, 3]);
}

use std::collections::HashMap;

use uuid::Uuid;

use super::fixture::{nights, owner, property_id, tenant};
use crate::domain::area::{Area, BBox};
use crate::domain::criteria::Criteria;
use crate::domain::ids::{PropertyId, SavedSearchId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::saved_search::{
    Alert, Fresh, INSTANT_PER_PERSON, INSTANT_PER_SEARCH, ToldToday, Wish, told_at_once,
};

fn wish(name: &str, criteria: Criteria) -> Wish {
    Wish { name: name.into(), criteria, alert: Alert::Instant }
}

fn faults(wish: &Wish) -> Vec<String> {
    match wish.check() {
        Ok(()) => vec![],
        Err(Refusal::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_one_line_of_1_to_80_characters() {
    let some = || Criteria { price_max: Some(1), ..Criteria::default() };
    for good in ["x", &"\u{e9}".repeat(80), "By the sea, 2 beds"] {
        assert!(faults(&wish(good, some())).is_empty(), "{good}");
    }
    for wrong in ["", " ", "x ", &"x".repeat(81), "a\nb", "a\u{7}b"] {
        assert_eq!(faults(&wish(wrong, some())), ["/name"], "{wrong:?}");
    }
}

#[test]
fn a_search_for_just_any_home_is_not_kept() {
    let whole = || Some(Area::Box(BBox::new(-180.0, -90.0, 180.0, 90.0).unwrap()));
    let none = Criteria::default;
    for everything in [
        none(),
        Criteria { text: "  -- ".into(), ..none() },
        Criteria { area: whole(), ..none() },
        Criteria { price_min: Some(0), beds: Some(0), ..none() },
    ] {
        assert_eq!(faults(&wish("all", everything.clone())), ["/criteria"], "{everything:?}");
    }
    for narrow in [
        Criteria { text: "sea".into(), area: whole(), ..none() },
        Criteria { nights: Some(nights(5, 8)), ..none() },
        Criteria { guests: Some(2), ..none() },
    ] {
        assert!(faults(&wish("some", narrow)).is_empty());
    }
    let turned = Criteria { price_min: Some(2), price_max: Some(1), ..none() };
    assert_eq!(faults(&wish("turned", turned)), ["/criteria/price_max"]);
    for wrong in ["x".repeat(201), "a\0b".into(), "a\nb".into()] {
        let wordy = Criteria { text: wrong, ..none() };
        assert_eq!(faults(&wish("wordy", wordy)), ["/criteria/q"]);
    }
}

#[derive(Default)]
struct Today(HashMap<SavedSearchId, i64>, HashMap<UserId, i64>);

impl ToldToday for Today {
    fn of_search(&self, search: SavedSearchId) -> i64 {
        self.0.get(&search).copied().unwrap_or_default()
    }

    fn of_person(&self, user: UserId) -> i64 {
        self.1.get(&user).copied().unwrap_or_default()
    }
}

fn search(number: u128) -> SavedSearchId {
    Uuid::from_u128(number).into()
}

fn home(number: u128) -> PropertyId {
    Uuid::from_u128(1_000 + number).into()
}

#[test]
fn a_home_is_told_to_a_person_once_whatever_number_of_their_searches_it_matches() {
    let fresh = |n, user| Fresh { search: search(n), user, property: property_id() };
    let all = [fresh(1, tenant()), fresh(2, tenant()), fresh(3, owner())];
    assert_eq!(told_at_once(&all, &Today::default()), [all[0], all[2]]);
}

#[test]
fn no_more_is_told_at_once_than_the_limits_of_a_day() {
    let of = |n, home_no| Fresh { search: search(n), user: tenant(), property: home(home_no) };
    let many: Vec<Fresh> = (0..40).map(|n| of(1, n)).collect();
    let limit = usize::try_from(INSTANT_PER_SEARCH).unwrap();
    assert_eq!(told_at_once(&many, &Today::default()), many[..limit]);
    let earlier = Today(HashMap::from([(search(1), INSTANT_PER_SEARCH - 1)]), HashMap::new());
    assert_eq!(told_at_once(&many, &earlier), many[..1]);
    // Ten searches of one person.
    let spread: Vec<Fresh> = (0..40).map(|n| of(n % 10, n)).collect();
    let limit = usize::try_from(INSTANT_PER_PERSON).unwrap();
    assert_eq!(told_at_once(&spread, &Today::default()), spread[..limit]);
    let earlier = Today(HashMap::new(), HashMap::from([(tenant(), INSTANT_PER_PERSON)]));
    assert!(told_at_once(&spread, &earlier).is_empty());
}

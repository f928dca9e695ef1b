use jiff::{SignedDuration, Timestamp};

use super::fixture::{NOON, euro, nights};
use crate::domain::favourite::{FREED_PAUSE, News, Watched, is_drop, look};
use crate::domain::money::Money;

fn watched(price: Option<Money>) -> Watched {
    Watched { price, nights: None, free: None, freed_at: None }
}

fn noon() -> Timestamp {
    NOON.parse().unwrap()
}

#[test]
fn a_drop_is_five_percent_of_the_price_before_and_no_less() {
    assert!(is_drop(euro(10_000), euro(9_500)));
    assert!(!is_drop(euro(10_000), euro(9_501)));
    assert!(is_drop(euro(i64::MAX), euro(0)));
    assert!(!is_drop(euro(0), euro(0)) && !is_drop(euro(100), euro(100)));
    assert!(!is_drop(euro(100), euro(200)));
    assert!(!is_drop(euro(10_000), Money::new(1, "USD".parse().unwrap())));
}

#[test]
fn each_drop_is_told_once_against_the_lowest_price_that_is_known() {
    let mut kept = watched(Some(euro(10_000)));
    let mut told = Vec::new();
    // Down a little, up, down to the same again, and down for good.
    for price in [9_600, 20_000, 9_600, 9_400, 9_400, 9_300, 12_000, 9_000, 8_900] {
        let (news, next) = look(kept, Some(euro(price)), None, noon());
        told.extend(news.drop.map(|(old, new)| (old.amount, new.amount)));
        kept = next;
    }
    assert_eq!(told, [(10_000, 9_400), (9_400, 8_900)]);
    assert_eq!(look(kept, None, None, noon()), (News::default(), kept), "it cannot be had");
}

#[test]
fn of_another_currency_only_the_next_change_is_told() {
    let dollars = |amount| Money::new(amount, "USD".parse().unwrap());
    let (news, kept) = look(watched(Some(euro(10_000))), Some(dollars(5_000)), None, noon());
    assert_eq!((news, kept.price), (News::default(), Some(dollars(5_000))));
    let (news, _) = look(kept, Some(dollars(4_000)), None, noon());
    assert_eq!(news.drop, Some((dollars(5_000), dollars(4_000))));
    let (news, kept) = look(watched(None), Some(euro(100)), None, noon());
    assert_eq!((news, kept.price), (News::default(), Some(euro(100))));
}

#[test]
fn nights_are_told_when_they_become_free_and_not_each_time_that_a_hold_ends() {
    let kept = Watched { nights: Some(nights(5, 8)), free: Some(true), ..watched(None) };
    let at = |hours| noon() + SignedDuration::from_hours(hours);
    let (news, kept) = look(kept, None, Some(true), at(0));
    assert_eq!(news, News::default(), "they were free before");
    let (news, kept) = look(kept, None, Some(false), at(1));
    assert_eq!((news, kept.free), (News::default(), Some(false)));
    let (news, kept) = look(kept, None, Some(true), at(2));
    assert_eq!(news.freed, Some(nights(5, 8)));
    let (again, same) = look(kept, None, Some(true), at(2));
    assert_eq!((again, same), (News::default(), kept), "a replay tells nothing");
    let (_, kept) = look(kept, None, Some(false), at(3));
    let (news, kept) = look(kept, None, Some(true), at(4));
    assert_eq!((news.freed, kept.free), (None, Some(true)), "too soon after the last time");
    let (_, kept) = look(kept, None, Some(false), at(5));
    let (news, _) = look(kept, None, Some(true), at(2) + FREED_PAUSE);
    assert_eq!(news.freed, Some(nights(5, 8)));
    let (news, _) = look(watched(None), None, Some(true), at(0));
    assert_eq!(news, News::default(), "kept for no nights");
}

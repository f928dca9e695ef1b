//! The rules of a stay in the index, against those that bookings are checked by.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::fixture::{Fixture, TODAY, listing, stay};
use crate::domain::calendar::{Nights, days_between};
use crate::domain::criteria::Criteria;
use crate::domain::stay_rules::{DateRule, StayRules, Weekday};
use crate::search::rules::{Asked, one_shortest, packed};
use crate::search::{ListingDoc, SearchQuery};

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn days() -> impl Strategy<Value = Vec<Weekday>> {
    prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::sample::subsequence(WEEK.to_vec(), 1..=7),
    ]
}

fn date_rule() -> impl Strategy<Value = DateRule> {
    let closed = (any::<bool>(), any::<bool>());
    (-5..30_i32, 1..20_i32, prop::option::of(1..6_u16), closed).prop_map(
        |(from, days, min_nights, (closed_to_arrival, closed_to_departure))| {
            let from = TODAY.saturating_add(from.days());
            let to = from.saturating_add(days.days());
            DateRule { from, to, min_nights, closed_to_arrival, closed_to_departure }
        },
    )
}

fn rules() -> impl Strategy<Value = StayRules> {
    let on = prop::collection::btree_map(prop::sample::select(WEEK.to_vec()), 1..6_u16, 0..4);
    let ahead = (
        prop_oneof![Just(0), 0..6_u16],
        prop::option::of((0..24_i8, 0..60_i8)),
        prop::option::of(1..40_u16),
    );
    let dates = prop::collection::vec(date_rule(), 0..3);
    let some = (on, days(), days(), ahead, dates).prop_map(
        |(min_nights_on, arrival_days, departure_days, ahead, dates)| {
            let (notice_days, cut_off, window_days) = ahead;
            let cut_off = cut_off.map(|(hour, minute)| Time::new(hour, minute, 0, 0).unwrap());
            StayRules {
                min_nights_on: BTreeMap::clone(&min_nights_on),
                arrival_days,
                departure_days,
                notice_days,
                cut_off,
                window_days,
                dates,
                ..StayRules::default()
            }
        },
    );
    prop_oneof![1 => Just(StayRules::default()), 9 => some]
}

/// What a booking would be told, of the rules that do not depend on the hour.
fn allows_dates(home: &ListingDoc, nights: Nights) -> bool {
    let rules = &home.stay_rules;
    let (arrival, departure) = (nights.check_in(), nights.check_out());
    let of_date = rules.dates.iter().rev().filter(|r| r.from <= arrival && arrival < r.to);
    let least = of_date.filter_map(|rule| rule.min_nights).next();
    let least = least.or_else(|| rules.min_nights_on.get(&Weekday::of(arrival)).copied());
    rules.no_arrival(arrival).is_none()
        && rules.no_departure(departure).is_none()
        && nights.count() >= least.map_or(home.min_nights, u32::from)
}

/// The same of those that do, at an instant by the clock of the home.
fn allows_now(rules: &StayRules, nights: Nights, (today, time): (Date, Time)) -> bool {
    let ahead = days_between(today, nights.check_in());
    let notice = i32::from(rules.notice_days);
    let cut_off = rules.cut_off.is_some_and(|cut_off| ahead == notice && time >= cut_off);
    let horizon =
        rules.window_days.map_or(Date::MAX, |days| today.saturating_add(i64::from(days).days()));
    ahead >= notice && !cut_off && nights.check_out() <= horizon
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_index_knows_the_rules_that_bookings_are_checked_by(
        stay_rules in rules(),
        min_nights in 1..6_u32,
        (from, nights) in (0..40_i32, 1..9_i32),
        offset_quarters in -48..=56_i16,
        minute in 0..2880_i64,
    ) {
        let utc_offset_minutes = offset_quarters * 15;
        let home = ListingDoc { stay_rules, min_nights, utc_offset_minutes, ..listing(1) };
        let nights = stay(from, nights);
        let midnight = TODAY.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        let now: Timestamp = midnight + (minute * 60).seconds();
        let packed = packed(&home);
        let asked = Asked::new(nights, Some(now));
        let dates = asked.fits_dates(packed.min_nights, packed.dates.iter().copied());
        if let (true, [], Some(least)) =
            (asked.is_ahead(), packed.dates.as_slice(), one_shortest(packed.days, packed.min_nights))
        {
            let all = dates && asked.fits_days(packed.days);
            prop_assert_eq!(all, nights.count() >= u32::from(least));
        }
        let rules = &home.stay_rules;
        let days = rules.no_arrival(nights.check_in()).is_none();
        let named = |days: &[Weekday], date| days.is_empty() || days.contains(&Weekday::of(date));
        let in_week = named(&rules.arrival_days, nights.check_in())
            && named(&rules.departure_days, nights.check_out());
        prop_assert_eq!(dates && in_week, allows_dates(&home, nights), "{:?}", days);

        // Nothing is hidden that could be booked within an hour, and nothing else shown.
        let local = |minutes: i64| {
            let at = now + ((i64::from(utc_offset_minutes) + minutes) * 60).seconds();
            let local = at.to_zoned(jiff::tz::TimeZone::UTC);
            (local.date(), local.time())
        };
        let fits = asked.fits_days(packed.days);
        let (earlier, later) = (local(-60), local(60));
        let horizon = StayRules { notice_days: 0, cut_off: None, ..rules.clone() };
        let notice = StayRules { window_days: None, ..rules.clone() };
        let in_time = allows_now(&notice, nights, earlier);
        let in_window = horizon.window_days.is_none_or(|days| {
            nights.check_out() <= later.0.saturating_add(i64::from(days).days())
        });
        prop_assert_eq!(fits, in_week && in_time && in_window);
        if in_week && allows_now(rules, nights, local(0)) {
            prop_assert!(fits, "hidden from who could book it");
        }
    }
}

#[test]
fn a_search_for_nights_finds_only_homes_that_take_them() {
    let weekend = StayRules {
        arrival_days: vec![Weekday::Friday],
        departure_days: vec![Weekday::Sunday],
        notice_days: 3,
        ..StayRules::default()
    };
    let christmas = DateRule {
        from: TODAY.saturating_add(30.days()),
        to: TODAY.saturating_add(40.days()),
        min_nights: Some(7),
        closed_to_arrival: false,
        closed_to_departure: false,
    };
    let long = StayRules { dates: vec![christmas], ..StayRules::default() };
    let fixture = Fixture::with(&[
        ListingDoc { stay_rules: weekend, ..listing(1) },
        ListingDoc { stay_rules: long, min_nights: 2, max_nights: 9, ..listing(2) },
    ]);
    let now = TODAY.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    let found = |from, nights| {
        let criteria = Criteria { nights: Some(stay(from, nights)), ..Criteria::default() };
        fixture.found(&SearchQuery { now: Some(now), ..criteria.into() })
    };
    assert_eq!(Weekday::of(TODAY), Weekday::Friday);
    assert_eq!(found(7, 2), [2, 1], "the next weekend");
    assert_eq!(found(0, 2), [2], "this one is too near");
    assert_eq!(found(8, 2), [2], "not from Saturday");
    assert_eq!(found(7, 1), Vec::<u64>::new());
    assert_eq!(found(35, 2), [1], "too short for Christmas");
    assert_eq!(found(36, 9), [2]);
    assert_eq!(found(41, 10), Vec::<u64>::new(), "too long");
}

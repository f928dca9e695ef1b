//! Which stays are taken: a vector for each rule, and all of them against a naive check of
//! each date.

use jiff::civil::{Date, Time, date, time};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::fixture::{World, june, nights, owner, rule, told, unit_id};
use crate::domain::calendar::Nights;
use crate::domain::listing::Listing;
use crate::domain::policies::Policies;
use crate::domain::property::Command;
use crate::domain::refusal::Refusal;
use crate::domain::stay_rules::{self, DateRule, Moment, StayRules, Weekday};

fn set(world: &mut World, rules: StayRules) -> Result<Vec<&'static str>, Refusal> {
    let version = world.state.listing.as_ref().unwrap().version;
    let command = Command::SetStayRules { by: owner(), version, rules: Box::new(rules) };
    world.listing(command).map(|decision| told(&decision))
}

/// A home with the rules, at noon on the first of June.
fn with(rules: StayRules) -> World {
    let mut world = World::live(1);
    assert_eq!(set(&mut world, rules).unwrap(), ["property.updated", "property.rules_changed"]);
    world
}

/// What a hold of these nights in June is told: nothing, or the rule that fails.
fn told_of(world: &World, from: i8, to: i8) -> String {
    world.clone().hold(1, nights(from, to)).map_or_else(rule, |_| String::new())
}

fn on(from: Date, to: Date) -> DateRule {
    DateRule { from, to, min_nights: None, closed_to_arrival: false, closed_to_departure: false }
}

/// 1 June 2026 is a Monday.
#[test]
fn each_rule_keeps_out_what_it_says() {
    let no = StayRules::default();
    /// The rules, the stay that they are against, by which word, and one that they allow.
    type Case = (StayRules, (i8, i8), &'static str, (i8, i8));
    let cases: Vec<Case> = vec![
        (
            StayRules { arrival_days: vec![Weekday::Friday, Weekday::Saturday], ..no.clone() },
            (7, 9),
            "arrival-day",
            (6, 9),
        ),
        (
            StayRules { departure_days: vec![Weekday::Sunday], ..no.clone() },
            (5, 8),
            "departure-day",
            (5, 7),
        ),
        (StayRules { notice_days: 3, ..no.clone() }, (3, 5), "notice", (4, 6)),
        (StayRules { window_days: Some(10), ..no.clone() }, (9, 12), "window", (9, 11)),
        (StayRules { cut_off: Some(time(12, 0, 0, 0)), ..no.clone() }, (1, 3), "cut-off", (2, 3)),
        (
            StayRules { notice_days: 2, cut_off: Some(time(9, 0, 0, 0)), ..no.clone() },
            (3, 5),
            "cut-off",
            (4, 5),
        ),
        (
            StayRules { min_nights_on: [(Weekday::Friday, 2)].into(), ..no.clone() },
            (5, 6),
            "min-nights",
            (6, 7),
        ),
        (
            StayRules {
                dates: vec![DateRule { min_nights: Some(5), ..on(june(10), june(12)) }],
                ..no.clone()
            },
            (11, 15),
            "min-nights",
            (12, 13),
        ),
        (
            StayRules {
                dates: vec![DateRule { closed_to_arrival: true, ..on(june(10), june(11)) }],
                ..no.clone()
            },
            (10, 13),
            "closed-to-arrival",
            (9, 13),
        ),
        (
            StayRules {
                dates: vec![DateRule { closed_to_departure: true, ..on(june(10), june(11)) }],
                ..no.clone()
            },
            (8, 10),
            "closed-to-departure",
            (8, 11),
        ),
    ];
    for (rules, bad, name, good) in cases {
        let world = with(rules.clone());
        assert_eq!(told_of(&world, bad.0, bad.1), name, "{rules:?}");
        assert_eq!(told_of(&world, good.0, good.1), "", "{rules:?}");
    }
}

#[test]
fn a_rule_of_dates_goes_before_one_of_days_and_that_before_the_house() {
    let rules = StayRules {
        min_nights_on: [(Weekday::Wednesday, 3)].into(),
        dates: vec![
            DateRule { min_nights: Some(5), ..on(june(10), june(20)) },
            DateRule { min_nights: Some(4), ..on(june(17), june(18)) },
        ],
        ..StayRules::default()
    };
    let world = with(rules);
    let listing = world.state.listing.as_deref().unwrap();
    let least = |day| stay_rules::min_nights(listing, june(day));
    assert_eq!([2, 3, 9, 10, 17, 18, 20].map(least), [1, 3, 1, 5, 4, 5, 1]);
}

#[test]
fn rules_are_within_their_limits() {
    let no = StayRules::default();
    let many = vec![on(june(1), june(2)); 201];
    let cases = [
        (
            StayRules { min_nights_on: [(Weekday::Friday, 0)].into(), ..no.clone() },
            "/min_nights_on",
        ),
        (
            StayRules { arrival_days: vec![Weekday::Friday, Weekday::Friday], ..no.clone() },
            "/arrival_days",
        ),
        (StayRules { notice_days: 366, ..no.clone() }, "/notice_days"),
        (StayRules { window_days: Some(0), ..no.clone() }, "/window_days"),
        (StayRules { buffer_before: 15, ..no.clone() }, "/buffer_before"),
        (StayRules { buffer_after: 15, ..no.clone() }, "/buffer_after"),
        (StayRules { dates: many, ..no.clone() }, "/dates"),
        (StayRules { dates: vec![on(june(2), june(2))], ..no.clone() }, "/dates/0/to"),
        (
            StayRules {
                dates: vec![DateRule { min_nights: Some(0), ..on(june(1), june(2)) }],
                ..no.clone()
            },
            "/dates/0/min_nights",
        ),
    ];
    for (rules, pointer) in cases {
        let refused = set(&mut World::live(1), rules);
        assert!(
            matches!(&refused, Err(Refusal::Invalid(errors)) if errors[0].pointer == pointer),
            "{pointer}: {refused:?}"
        );
    }
}

/// In the small hours of the day on which clocks go forward, one of the hours is not there;
/// the cut-off is by the clock on the wall, wherever the server is.
#[test]
fn the_cut_off_is_by_the_clocks_at_the_home() {
    let told = |zone: &str, now: &str, arrival: Date| {
        let mut listing = World::live(1).state.listing.map(|listing| *listing).unwrap();
        listing.fields.zone = zone.into();
        listing.stay_rules.cut_off = Some(time(18, 0, 0, 0));
        let moment = Moment::at(&listing, now.parse::<Timestamp>().unwrap(), 365);
        let stay = Nights::new(arrival, arrival.tomorrow().unwrap()).unwrap();
        stay_rules::check_dates(&listing, stay, moment).map_or_else(rule, |()| String::new())
    };
    let spring = date(2026, 3, 29);
    assert_eq!(told("Europe/Dublin", "2026-03-29T16:59:59Z", spring), "");
    assert_eq!(told("Europe/Dublin", "2026-03-29T17:00:00Z", spring), "cut-off");
    let autumn = date(2026, 10, 25);
    assert_eq!(told("Europe/Dublin", "2026-10-25T17:59:59Z", autumn), "");
    assert_eq!(told("Europe/Dublin", "2026-10-25T18:00:00Z", autumn), "cut-off");
    // Half hours, and the other side of the date line.
    assert_eq!(told("Asia/Kolkata", "2026-06-01T12:29:59Z", june(1)), "");
    assert_eq!(told("Asia/Kolkata", "2026-06-01T12:30:00Z", june(1)), "cut-off");
    assert_eq!(told("Pacific/Kiritimati", "2026-06-01T11:00:00Z", june(1)), "in-the-past");
    assert_eq!(told("Pacific/Kiritimati", "2026-06-01T11:00:00Z", june(2)), "");
    assert_eq!(told("Pacific/Kiritimati", "2026-06-01T10:00:00Z", june(2)), "");
}

#[test]
fn a_stay_leaves_no_gap_that_nobody_can_book() {
    let mut world = with(StayRules { no_orphan_gaps: true, ..StayRules::default() });
    let version = world.state.listing.as_ref().unwrap().version;
    let policies = Box::new(Policies { min_nights: 3, ..Policies::default() });
    let command = Command::SetPolicies { by: owner(), version, policies };
    world.listing(command).unwrap();
    world.hold(1, nights(10, 13)).unwrap();
    assert_eq!(told_of(&world, 14, 18), "orphan-gap");
    assert_eq!(told_of(&world, 15, 18), "orphan-gap");
    assert_eq!(told_of(&world, 5, 8), "orphan-gap");
    assert_eq!(told_of(&world, 13, 18), "", "right behind it");
    assert_eq!(told_of(&world, 16, 19), "", "three nights between");
    world.hold(2, nights(16, 19)).unwrap();
    assert_eq!(told_of(&world, 13, 16), "", "fills it");
    assert_eq!(told_of(&world, 2, 5), "", "what is before today's first stay is no gap");
    assert_eq!(told_of(&World::live(1), 2, 3), "", "off by itself");
}

#[test]
fn a_buffer_lies_between_two_stays_and_counts_in_gaps() {
    let rules = StayRules { buffer_before: 1, buffer_after: 2, ..StayRules::default() };
    let mut world = with(rules.clone());
    world.hold(1, nights(10, 12)).unwrap();
    let taken = world.clone().hold(2, nights(13, 15));
    assert!(matches!(taken, Err(Refusal::NightsTaken { .. })), "{taken:?}");
    assert_eq!(told_of(&world, 14, 15), "");
    let mut tidy = with(StayRules { no_orphan_gaps: true, ..rules });
    let version = tidy.state.listing.as_ref().unwrap().version;
    let policies = Box::new(Policies { min_nights: 2, ..Policies::default() });
    tidy.listing(Command::SetPolicies { by: owner(), version, policies }).unwrap();
    tidy.hold(1, nights(10, 12)).unwrap();
    assert_eq!(told_of(&tidy, 14, 16), "", "the buffer is no gap");
    assert_eq!(told_of(&tidy, 17, 19), "orphan-gap", "one night between two buffers");
    assert_eq!(told_of(&tidy, 16, 18), "", "no night is left between the buffers");
    assert_eq!(told_of(&tidy, 18, 20), "", "two nights between the buffers");
}

#[test]
fn the_nearest_ranges_keep_the_rules() {
    let rules = StayRules { arrival_days: vec![Weekday::Monday], ..StayRules::default() };
    let mut world = with(rules);
    world.hold(1, nights(8, 10)).unwrap();
    let listing = world.state.listing.clone().unwrap();
    let moment = Moment::at(&listing, world.now, 365);
    let unit = listing.unit(unit_id()).unwrap();
    let near = stay_rules::nearest(&world.state, &listing, unit, nights(8, 10), moment);
    assert_eq!(near, [nights(1, 3), nights(15, 17), nights(22, 24)]);
    let judged = stay_rules::judge(&world.state, &listing, unit, (nights(15, 17), 3), moment);
    assert_eq!(rule(judged.unwrap_err()), "too-many-guests");
}

/// Every date by itself, in words as plain as can be.
fn naive(listing: &Listing, stay: Nights, today: Date, now: Time, window: i32) -> bool {
    let rules = &listing.stay_rules;
    let days: Vec<Date> = stay.iter().collect();
    let (first, last) = (days[0], *days.last().unwrap());
    let departure = last.tomorrow().unwrap();
    let has = |rule: &&DateRule, date: Date| date >= rule.from && date < rule.to;
    let day_is = |days: &[Weekday], date| days.is_empty() || days.contains(&Weekday::of(date));
    let mut least = i64::from(listing.policies.min_nights);
    if let Some(nights) = rules.min_nights_on.get(&Weekday::of(first)) {
        least = i64::from(*nights);
    }
    for rule in rules.dates.iter().filter(|rule| has(rule, first)) {
        least = rule.min_nights.map_or(least, i64::from);
    }
    let window = rules.window_days.map_or(window, |days| window.min(i32::from(days)));
    let earliest = today + i32::from(rules.notice_days).days();
    let late = rules.cut_off.is_some_and(|cut_off| now >= cut_off);
    let earliest = if late { earliest.tomorrow().unwrap() } else { earliest };
    first >= earliest
        && departure <= today + window.days()
        && day_is(&rules.arrival_days, first)
        && day_is(&rules.departure_days, departure)
        && !rules.dates.iter().any(|rule| rule.closed_to_arrival && has(&rule, first))
        && !rules.dates.iter().any(|rule| rule.closed_to_departure && has(&rule, departure))
        && i64::try_from(days.len()).unwrap() >= least
        && listing.policies.max_nights.is_none_or(|most| days.len() <= usize::from(most))
}

fn some_days() -> impl Strategy<Value = Vec<Weekday>> {
    use Weekday::{Friday, Monday, Sunday, Thursday};
    prop::sample::subsequence(vec![Monday, Thursday, Friday, Sunday], 0..4)
}

fn some_rules() -> impl Strategy<Value = StayRules> {
    let date_rule =
        (0..20_i64, 1..10_i64, prop::option::of(1..5_u16), any::<bool>(), any::<bool>());
    let dates = date_rule.prop_map(|(from, length, min_nights, arrival, departure)| DateRule {
        from: june(1) + from.days(),
        to: june(1) + (from + length).days(),
        min_nights,
        closed_to_arrival: arrival,
        closed_to_departure: departure,
    });
    (
        prop::option::of(1..5_u16),
        (some_days(), some_days()),
        0..4_u16,
        prop::option::of(10..14_i8),
        prop::option::of(5..30_u16),
        prop::collection::vec(dates, 0..3),
    )
        .prop_map(
            |(friday, (arrival_days, departure_days), notice, cut_off, window, dates)| StayRules {
                min_nights_on: friday.map(|nights| (Weekday::Friday, nights)).into_iter().collect(),
                arrival_days,
                departure_days,
                notice_days: notice,
                cut_off: cut_off.map(|hour| time(hour, 0, 0, 0)),
                window_days: window,
                dates,
                ..StayRules::default()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_stay_may_be_booked_exactly_when_no_date_is_against_it(
        rules in some_rules(),
        (least, most) in (1..4_u16, prop::option::of(4..8_u16)),
        stays in prop::collection::vec((-2..25_i64, 1..9_i64), 20),
    ) {
        let world = World::live(1);
        let mut listing = world.state.listing.map(|listing| *listing).unwrap();
        listing.stay_rules = rules;
        listing.policies.min_nights = least;
        listing.policies.max_nights = most;
        let moment = Moment::at(&listing, world.now, 21);
        for (from, length) in stays {
            let from = june(1) + from.days();
            let stay = Nights::new(from, from + length.days()).unwrap();
            let may = stay_rules::check_dates(&listing, stay, moment);
            let naive = naive(&listing, stay, june(1), time(12, 0, 0, 0), 21);
            prop_assert_eq!(may.is_ok(), naive, "{:?} by {:?}: {:?}", stay, listing.stay_rules, may);
        }
    }
}

use std::collections::{BTreeSet, HashMap};

use jiff::ToSpan;
use proptest::prelude::*;

use super::fixture::{TODAY, stay};
use crate::search::{Availability, WINDOW_NIGHTS};

#[test]
fn nights_are_half_open() {
    let table = Availability::new(TODAY);
    table.set(3, &[stay(10, 2)]);
    assert!(table.is_free(3, stay(8, 2)), "ends where the other begins");
    assert!(table.is_free(3, stay(12, 5)), "begins where the other ends");
    assert!(!table.is_free(3, stay(9, 2)));
    assert!(!table.is_free(3, stay(11, 1)));
    assert!(table.is_free(2, stay(10, 2)), "other slots are untouched");
}

#[test]
fn setting_replaces() {
    let table = Availability::new(TODAY);
    table.set(0, &[stay(1, 3), stay(60, 70)]);
    table.set(0, &[stay(5, 1)]);
    assert!(table.is_free(0, stay(0, 5)));
    assert!(!table.is_free(0, stay(0, 6)));
    assert!(table.is_free(0, stay(6, 700)));
}

#[test]
fn nights_outside_the_window_are_not_bookable() {
    let table = Availability::new(TODAY);
    let window = i32::try_from(WINDOW_NIGHTS).unwrap();
    assert!(table.is_free(0, stay(0, window)));
    assert!(!table.is_free(0, stay(-1, 2)), "begins yesterday");
    assert!(table.is_free(0, stay(window - 1, 1)), "the last night");
    assert!(!table.is_free(0, stay(window - 1, 2)));
    assert!(!table.is_free(0, stay(window * 3, 1)));
}

#[test]
fn slots_far_apart_grow_the_table() {
    let table = Availability::new(TODAY);
    table.set(5_000, &[stay(0, 1)]);
    table.set(1, &[stay(1, 1)]);
    assert!(!table.is_free(5_000, stay(0, 1)));
    assert!(table.is_free(5_000, stay(1, 1)));
    assert!(!table.is_free(1, stay(1, 1)));
    assert!(table.is_free(999_999, stay(0, 1)), "a slot nobody set");
}

#[test]
fn rolling_never_goes_back() {
    let table = Availability::new(TODAY);
    table.roll(TODAY.saturating_add(5.days()));
    table.roll(TODAY);
    assert_eq!(table.base(), TODAY.saturating_add(5.days()));
    assert!(!table.is_free(0, stay(4, 1)));
    assert!(table.is_free(0, stay(734, 1)));
}

#[test]
fn nights_beyond_the_window_are_remembered_until_it_comes_to_them() {
    let table = Availability::new(TODAY);
    table.set(7, &[stay(1_000, 3), stay(3_000, 2)]);
    table.roll(TODAY.saturating_add(500.days()));
    assert!(!table.is_free(7, stay(1_002, 1)));
    assert!(table.is_free(7, stay(1_003, 1)));
    table.roll(TODAY.saturating_add(2_990.days()));
    assert!(!table.is_free(7, stay(2_999, 2)));
    assert!(table.is_free(7, stay(3_002, 40)));
}

#[derive(Debug, Clone)]
enum Step {
    Set(u32, Vec<(i32, i32)>),
    Roll(i32),
}

fn step() -> impl Strategy<Value = Step> {
    let ranges = prop::collection::vec((-40..1_700_i32, 1..300_i32), 0..5);
    prop_oneof![
        3 => (0..3_u32, ranges).prop_map(|(slot, ranges)| Step::Set(slot, ranges)),
        1 => (0..400_i32).prop_map(Step::Roll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Against sets of nights, over any sequence of bookings and passing days.
    #[test]
    fn agrees_with_a_set_of_nights(
        steps in prop::collection::vec(step(), 1..12),
        asked in prop::collection::vec((0..3_u32, 0..760_i32, 1..40_i32), 30),
    ) {
        let table = Availability::new(TODAY);
        let mut taken: HashMap<u32, BTreeSet<i32>> = HashMap::new();
        let mut today = 0;
        for step in steps {
            match step {
                Step::Set(slot, ranges) => {
                    let ranges: Vec<_> = ranges.iter().map(|(at, n)| (today + at, *n)).collect();
                    let nights: Vec<_> = ranges.iter().map(|(at, n)| stay(*at, *n)).collect();
                    table.set(slot, &nights);
                    let nights = ranges.iter().flat_map(|(at, n)| *at..at + n).collect();
                    taken.insert(slot, nights);
                }
                Step::Roll(days) => {
                    today += days;
                    table.roll(TODAY.saturating_add(today.days()));
                }
            }
        }
        for (slot, at, nights) in asked {
            let free = taken.get(&slot).is_none_or(|taken| {
                taken.range(today + at..today + at + nights).next().is_none()
            });
            let in_window = at + nights <= i32::try_from(WINDOW_NIGHTS).unwrap();
            prop_assert_eq!(
                table.is_free(slot, stay(today + at, nights)),
                free && in_window,
                "slot {} night {} of {}", slot, at, nights
            );
        }
    }
}

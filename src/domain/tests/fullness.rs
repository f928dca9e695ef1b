//! Full nights are those that counting night by night finds.

use std::collections::BTreeSet;

use jiff::ToSpan;
use proptest::prelude::*;

use crate::domain::calendar::{EPOCH, Nights};
use crate::domain::fullness::{Taken, full_nights};

fn taken() -> impl Strategy<Value = Vec<Taken>> {
    let one = (0..4_i64, 0..30_i32, 0..9_i32).prop_map(|(slot_id, first, nights)| Taken {
        slot_id,
        first,
        over: first + nights,
    });
    prop::collection::vec(one, 0..25)
}

fn days(nights: &[Nights]) -> Vec<i32> {
    let day = |night: jiff::civil::Date| EPOCH.until(night).unwrap().get_days();
    nights.iter().flat_map(|nights| nights.iter().map(day)).collect()
}

proptest! {
    #[test]
    fn as_counted_night_by_night(count in 1..5_u32, taken in taken()) {
        let counted = (0..40).filter(|day| {
            let here = taken.iter().filter(|it| (it.first..it.over).contains(day));
            let units: BTreeSet<i64> = here.map(|it| it.slot_id).collect();
            units.len() >= count as usize
        });
        let full = full_nights(count, taken.clone());
        prop_assert_eq!(days(&full), counted.collect::<Vec<i32>>());
        let apart = full.windows(2).all(|pair| pair[0].check_out() < pair[1].check_in());
        prop_assert!(apart, "{:?}", full);
    }
}

#[test]
fn ranges_are_no_longer_than_any_may_be() {
    let all = [Taken { slot_id: 1, first: 20_000, over: 21_000 }];
    let full = full_nights(1, all.to_vec());
    let from = |day: i32| EPOCH + day.days();
    let expected = [(20_000, 20_730), (20_730, 21_000)]
        .map(|(first, over)| Nights::new(from(first), from(over)).unwrap());
    assert_eq!(full, expected);
}

#[test]
fn a_type_without_units_is_full_where_anything_is_taken() {
    let some = vec![Taken { slot_id: 1, first: 5, over: 6 }];
    assert_eq!(days(&full_nights(0, some)), [5]);
}

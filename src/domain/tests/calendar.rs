use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::domain::calendar::{InvalidNights, NIGHTS_MAX, Nights, days_between, local_date, zone};

fn day() -> impl Strategy<Value = Date> {
    (0..3000_i64).prop_map(|day| date(2023, 1, 1) + day.days())
}

fn range() -> impl Strategy<Value = Nights> {
    (day(), 1..40_i64).prop_map(|(from, count)| Nights::new(from, from + count.days()).unwrap())
}

proptest! {
    #[test]
    fn nights_are_half_open(nights in range()) {
        let all: Vec<Date> = nights.iter().collect();
        prop_assert_eq!(all.len(), nights.count() as usize);
        prop_assert_eq!(all[0], nights.check_in());
        prop_assert_eq!(all[all.len() - 1].tomorrow().unwrap(), nights.check_out());
        prop_assert!(all.windows(2).all(|pair| pair[0].tomorrow().unwrap() == pair[1]));
    }

    #[test]
    fn ranges_overlap_when_they_share_a_night(a in range(), b in range()) {
        let shared = a.iter().any(|night| b.iter().any(|other| night == other));
        prop_assert_eq!(a.overlaps(&b), shared);
        prop_assert_eq!(b.overlaps(&a), shared);
    }

    #[test]
    fn days_are_counted_both_ways(a in day(), b in day()) {
        prop_assert_eq!(a + i64::from(days_between(a, b)).days(), b);
        prop_assert_eq!(days_between(a, b), -days_between(b, a));
    }

    #[test]
    fn what_is_written_is_read(nights in range()) {
        let json = serde_json::to_value(nights).unwrap();
        prop_assert_eq!(serde_json::from_value::<Nights>(json).unwrap(), nights);
    }
}

#[test]
fn ranges_that_touch_do_not_overlap() {
    let first = Nights::new(date(2026, 1, 1), date(2026, 1, 3)).unwrap();
    let second = Nights::new(date(2026, 1, 3), date(2026, 1, 4)).unwrap();
    assert!(!first.overlaps(&second));
    assert!(first.overlaps(&first));
}

#[test]
fn year_ends_and_leap_days_count() {
    for (from, to, count) in [
        (date(2026, 12, 31), date(2027, 1, 1), 1),
        (date(2026, 12, 30), date(2027, 1, 2), 3),
        (date(2028, 2, 28), date(2028, 3, 1), 2),
        (date(2027, 2, 28), date(2027, 3, 1), 1),
        (date(2028, 1, 1), date(2029, 1, 1), 366),
        (date(2100, 2, 28), date(2100, 3, 1), 1),
    ] {
        assert_eq!(Nights::new(from, to).unwrap().count(), count, "{from} {to}");
    }
}

#[test]
fn a_range_is_neither_empty_nor_endless() {
    let from = date(2026, 5, 5);
    assert_eq!(Nights::new(from, from), Err(InvalidNights::Empty));
    assert_eq!(Nights::new(from, from.yesterday().unwrap()), Err(InvalidNights::Empty));
    let most = from + i64::from(NIGHTS_MAX).days();
    assert_eq!(Nights::new(from, most).unwrap().count(), NIGHTS_MAX);
    assert_eq!(Nights::new(from, most.tomorrow().unwrap()), Err(InvalidNights::TooLong));
    assert_eq!(Nights::new(Date::MIN, Date::MAX), Err(InvalidNights::TooLong));
    let last = Nights::new(Date::MAX.yesterday().unwrap(), Date::MAX).unwrap();
    assert_eq!(last.iter().count(), 1);
}

#[test]
fn what_is_read_is_checked() {
    let read = |from: &str, to: &str| {
        serde_json::from_value::<Nights>(serde_json::json!({"check_in": from, "check_out": to}))
    };
    assert!(read("2026-01-01", "2026-01-02").is_ok());
    for (from, to) in [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-02", "2026-01-01"),
        ("2026-02-29", "2026-03-01"),
        ("2026-01-01", "2029-01-01"),
        ("x", "2026-01-01"),
    ] {
        assert!(read(from, to).is_err(), "{from} {to}");
    }
}

#[test]
fn the_date_is_that_of_the_zone() {
    let now = "2026-12-31T23:30:00Z".parse().unwrap();
    let at = |name: &str| local_date(now, &zone(name).unwrap());
    assert_eq!(at("Europe/Dublin"), date(2026, 12, 31));
    assert_eq!(at("Europe/Berlin"), date(2027, 1, 1));
    assert_eq!(at("Pacific/Kiritimati"), date(2027, 1, 1));
    assert_eq!(at("America/New_York"), date(2026, 12, 31));
}

#[test]
fn only_iana_zones_are_zones() {
    for name in ["", "Europe/Atlantis", "+01:00", "CEST", "../../etc/passwd", "Etc/Unknown"] {
        assert!(zone(name).is_err(), "{name}");
    }
}

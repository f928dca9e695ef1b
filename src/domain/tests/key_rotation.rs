//! When signing keys come and go.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use crate::domain::key_rotation::{next_from, over_before};

const DAY: Duration = Duration::from_hours(24);

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + hour.hours()
}

#[test]
fn a_key_is_made_two_hours_before_it_signs_and_never_signs_at_once() {
    assert_eq!(next_from(at(0), DAY, at(21)), None);
    assert_eq!(next_from(at(0), DAY, at(22)), Some(at(24)));
    // A server that was down for days publishes first all the same.
    assert_eq!(next_from(at(0), DAY, at(100)), Some(at(102)));
    // One that has been made already is not made again.
    assert_eq!(next_from(at(24), DAY, at(23)), None);
}

#[test]
fn a_key_stays_for_the_life_of_its_last_token_and_an_hour() {
    assert_eq!(over_before(Duration::from_hours(2), at(10)), at(7));
}

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::event::samples;
use super::fixture::{NOON, property_id, tenant};
use super::telling::{people, recorded};
use crate::domain::event::{Event, Recorded};
use crate::domain::letter::{self, Letter, Matter, TRIES};
use crate::domain::user::{RESET_LIFE, VERIFY_LIFE};

fn follows(event: &Recorded) -> Vec<Letter> {
    letter::follows(event, &people())
}

fn sample(name: &str) -> Recorded {
    recorded(samples().into_iter().find(|event| event.name() == name).unwrap(), 1)
}

#[test]
fn a_replay_makes_the_same_ones_and_no_two_are_one() {
    let all = |seq: i64| -> Vec<Letter> {
        (seq..).zip(samples()).flat_map(|(seq, event)| follows(&recorded(event, seq))).collect()
    };
    assert_eq!(all(1), all(1));
    let ids: HashSet<_> = all(1).into_iter().chain(all(100)).map(|letter| letter.id).collect();
    assert_eq!(ids.len(), 2 * all(1).len());
}

#[test]
fn rows_keep_what_a_letter_is_about() {
    for event in samples() {
        for letter in follows(&recorded(event, 1)) {
            let kept = serde_json::to_value(&letter.matter).unwrap();
            assert!(kept["data"].is_object(), "{kept}");
            assert_eq!(serde_json::from_value::<Matter>(kept).unwrap(), letter.matter);
        }
    }
    let held = follows(&sample("booking.held")).remove(0);
    assert_eq!(held.matter.property(), Some(property_id()));
    assert_eq!(
        serde_json::to_value(follows(&sample("user.suspended")).remove(0).matter).unwrap(),
        json!({"template": "suspended", "data": {"reason": "spam"}})
    );
}

#[test]
fn a_letter_that_comes_too_late_is_of_no_use() {
    let noon: Timestamp = NOON.parse().unwrap();
    let after = |life: Duration| noon + SignedDuration::try_from(life).unwrap();
    let until = |name: &str| follows(&sample(name))[0].useful_until;
    assert_eq!(until("user.verification_requested"), Some(after(VERIFY_LIFE)));
    assert_eq!(until("user.password_reset_requested"), Some(after(RESET_LIFE)));
    assert_eq!(until("booking.held"), Some(noon), "the end of the sample's hold");
    assert_eq!(until("booking.requested"), Some(noon));
    assert_eq!(until("booking.approved"), Some(noon));
    assert_eq!(until("booking.change_proposed"), Some(noon));
    assert_eq!(until("booking.confirmed"), None);
}

#[test]
fn a_new_landlord_is_written_to_once_whatever_roles_come_later() {
    let changed = |roles: &[&str], seq| {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        follows(&recorded(Event::UserRoleChanged { user_id: tenant(), roles }, seq))
    };
    let first = changed(&["tenant", "landlord"], 1);
    assert_eq!(first[0].matter, Matter::LandlordApproved {});
    assert_eq!(first[0].id, changed(&["tenant", "landlord", "admin"], 2)[0].id);
    assert_eq!(changed(&["tenant"], 3), []);
}

#[test]
fn letters_that_wait_in_rows_of_an_older_version_are_still_read() {
    let stay = serde_json::to_value(samples().into_iter().find_map(|event| match event {
        Event::BookingReleased { stay } => Some(stay),
        _ => None,
    }));
    let stay = stay.unwrap();
    for template in ["booking_expired", "booking_failed", "booking_cancelled", "host_cancelled"] {
        let row = json!({"template": template, "data": {"stay": stay}});
        serde_json::from_value::<Matter>(row).unwrap();
    }
}

#[test]
fn the_pause_doubles_and_ends_after_eight_tries() {
    let pauses: Vec<_> = (1..TRIES).map(|tries| letter::pause(tries).unwrap().as_secs()).collect();
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128]);
    assert_eq!(letter::pause(TRIES), None);
    assert_eq!(letter::pause(u32::MAX), None);
}

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::event::samples;
use super::fixture::{NOON, owner, property_id, tenant};
use super::notification::{owners, recorded};
use crate::domain::event::{Event, Recorded};
use crate::domain::ids::UserId;
use crate::domain::letter::{self, Letter, Matter, TRIES};
use crate::domain::preference::Category;
use crate::domain::user::{RESET_LIFE, VERIFY_LIFE};

fn follows(event: &Recorded) -> Vec<Letter> {
    letter::follows(event, &owners())
}

fn sample(name: &str) -> Recorded {
    recorded(samples().into_iter().find(|event| event.name() == name).unwrap(), 1)
}

fn template(matter: &Matter) -> String {
    match serde_json::to_value(matter).unwrap() {
        Value::Object(fields) => fields["template"].as_str().unwrap().to_owned(),
        other => panic!("no object: {other}"),
    }
}

/// Who gets which letter about an event, of which category.
fn expected(event: &str) -> Vec<(UserId, &'static str, Category)> {
    use Category::{Bookings, Hosting, Security};
    let (tenant, owner) = (tenant(), owner());
    match event {
        "user.registration_repeated" => vec![(tenant, "registration_repeated", Security)],
        "user.verification_requested" => vec![(tenant, "verify_address", Security)],
        "user.password_reset_requested" => vec![(tenant, "reset_password", Security)],
        "user.password_changed" => vec![(tenant, "password_changed", Security)],
        "user.locked_out" => vec![(tenant, "locked_out", Security)],
        "user.suspended" => vec![(tenant, "suspended", Security)],
        "user.landlord_declined" => vec![(tenant, "landlord_declined", Hosting)],
        "property.approved" => vec![(owner, "listing_approved", Hosting)],
        "property.rejected" => vec![(owner, "listing_rejected", Hosting)],
        "booking.held" => vec![(tenant, "booking_held", Bookings)],
        "booking.confirmed" => {
            vec![(tenant, "booking_confirmed", Bookings), (owner, "host_confirmed", Hosting)]
        }
        "booking.cancelled" => {
            vec![(tenant, "booking_cancelled", Bookings), (owner, "host_cancelled", Hosting)]
        }
        "booking.expired" => vec![(tenant, "booking_expired", Bookings)],
        "booking.failed" => vec![(tenant, "booking_failed", Bookings)],
        "booking.late_payment_resolved" => vec![(tenant, "late_payment", Bookings)],
        _ => vec![],
    }
}

#[test]
fn each_event_is_written_about_to_those_whom_it_concerns() {
    for event in samples() {
        let name = event.name();
        let told: Vec<_> = follows(&recorded(event, 1))
            .iter()
            .map(|letter| {
                let matter = &letter.matter;
                (letter.user_id, template(matter), matter.category())
            })
            .collect();
        let expected: Vec<_> = expected(name)
            .into_iter()
            .map(|(user, template, category)| (user, template.to_owned(), category))
            .collect();
        assert_eq!(told, expected, "{name}");
    }
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
fn an_import_writes_to_nobody() {
    let imported = Recorded { actor: "system".into(), ..sample("property.approved") };
    assert_eq!(follows(&imported), []);
}

#[test]
fn the_pause_doubles_and_ends_after_eight_tries() {
    let pauses: Vec<_> = (1..TRIES).map(|tries| letter::pause(tries).unwrap().as_secs()).collect();
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128]);
    assert_eq!(letter::pause(TRIES), None);
    assert_eq!(letter::pause(u32::MAX), None);
}

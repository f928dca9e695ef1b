use std::collections::HashSet;

use super::event::samples;
use super::fixture::tenant;
use super::telling::{people, recorded};
use crate::domain::event::{Event, Recorded};
use crate::domain::notification::Notification;

fn follows(event: &Recorded) -> Vec<Notification> {
    crate::domain::notification::follows(event, &people())
}

#[test]
fn a_replay_makes_the_same_ones_and_no_two_are_one() {
    let all = |seq: i64| -> Vec<Notification> {
        (seq..).zip(samples()).flat_map(|(seq, event)| follows(&recorded(event, seq))).collect()
    };
    assert_eq!(all(1), all(1));
    let ids: HashSet<_> = all(1).into_iter().chain(all(100)).map(|told| told.id).collect();
    assert_eq!(ids.len(), 2 * all(1).len());
}

#[test]
fn it_says_what_it_is_about() {
    let event = samples().into_iter().find(|event| event.name() == "booking.held").unwrap();
    let told = follows(&recorded(event, 1));
    assert_eq!(told.len(), 1, "the tenant gets a letter only");
    assert_eq!(told[0].kind, "booking.held");
    assert_eq!(
        told[0].data,
        serde_json::json!({
            "side": "landlord",
            "booking_id": super::fixture::booking_id(1),
            "property_id": super::fixture::property_id(),
            "check_in": "2026-06-05",
            "check_out": "2026-06-08",
        })
    );
}

#[test]
fn a_new_landlord_is_told_once_whatever_roles_come_later() {
    let changed = |roles: &[&str], seq| {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        follows(&recorded(Event::UserRoleChanged { user_id: tenant(), roles }, seq))
    };
    let first = changed(&["tenant", "landlord"], 1);
    assert_eq!(first[0].id, changed(&["tenant", "landlord", "admin"], 2)[0].id);
    assert_eq!(changed(&["tenant"], 3), []);
}

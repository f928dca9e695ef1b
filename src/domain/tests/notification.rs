use std::collections::HashSet;

use super::event::samples;
use super::fixture::{owner, property_id, tenant};
use crate::domain::entity::Stream;
use crate::domain::event::{Event, Position, Recorded};
use crate::domain::ids::UserId;
use crate::domain::notification::{Notification, Owners};
use crate::domain::preference::Category;

pub(super) fn recorded(event: Event, seq: i64) -> Recorded {
    Recorded {
        position: Position { stream: Stream(7), seq },
        key: uuid::Uuid::nil(),
        occurred_at: super::fixture::NOON.parse().unwrap(),
        actor: owner().to_string(),
        causation: uuid::Uuid::nil(),
        event,
    }
}

/// Whose the listing of the samples is.
pub(super) fn owners() -> Owners {
    Owners::from([(property_id(), owner())])
}

fn follows(event: &Recorded) -> Vec<Notification> {
    crate::domain::notification::follows(event, &owners())
}

#[test]
fn each_event_tells_those_whom_it_concerns() {
    for event in samples() {
        let expected = match event.name() {
            "booking.held" => vec![owner()],
            "booking.expired" => vec![tenant()],
            "booking.confirmed"
            | "booking.cancelled"
            | "booking.failed"
            | "booking.late_payment_resolved" => vec![tenant(), owner()],
            "property.approved" | "property.rejected" => vec![owner()],
            "user.landlord_declined" => vec![tenant()],
            _ => vec![],
        };
        let name = event.name();
        let told = follows(&recorded(event, 1));
        let people: Vec<_> = told.iter().map(|notification| notification.user_id).collect();
        assert_eq!(people, expected, "{name}");
        assert!(told.iter().all(|notification| notification.kind == name));
    }
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
    assert_eq!(
        told[0].data,
        serde_json::json!({
            "booking_id": super::fixture::booking_id(1),
            "property_id": super::fixture::property_id(),
            "check_in": "2026-06-05",
            "check_out": "2026-06-08",
        })
    );
}

#[test]
fn one_learns_why_and_what_came_of_it() {
    let told = |name: &str| {
        let event = samples().into_iter().find(|event| event.name() == name).unwrap();
        follows(&recorded(event, 1))[0].data.clone()
    };
    assert_eq!(told("property.rejected")["reason"], "no photos");
    assert_eq!(told("user.landlord_declined")["reason"], "no papers");
    assert_eq!(told("booking.failed")["reason"], "amount-differs");
    assert!(told("booking.late_payment_resolved")["reacquired"].is_boolean());
}

#[test]
fn the_two_sides_of_a_stay_can_switch_it_off_apart() {
    let confirmed = samples().into_iter().find(|event| event.name() == "booking.confirmed");
    let told = follows(&recorded(confirmed.unwrap(), 1));
    let of = |user: UserId| told.iter().find(|told| told.user_id == user).unwrap().category;
    assert_eq!((of(tenant()), of(owner())), (Category::Bookings, Category::Hosting));
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

#[test]
fn an_import_tells_nobody() {
    let event = Event::PropertyApproved { property_id: property_id(), version: 2 };
    let imported = Recorded { actor: "system".into(), ..recorded(event, 1) };
    assert_eq!(follows(&imported), []);
}

use std::collections::HashSet;

use super::event::samples;
use super::fixture::{owner, tenant};
use crate::domain::entity::Stream;
use crate::domain::event::{Event, Position, Recorded};
use crate::domain::notification::{Notification, follows};

fn recorded(event: Event, seq: i64) -> Recorded {
    Recorded {
        position: Position { stream: Stream(7), seq },
        key: uuid::Uuid::nil(),
        occurred_at: super::fixture::NOON.parse().unwrap(),
        actor: "system".into(),
        causation: uuid::Uuid::nil(),
        event,
    }
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

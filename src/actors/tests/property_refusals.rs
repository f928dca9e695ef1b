//! Refusals are given again as long as a copy of their request may come.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::actors::property_refusals::Refusals;
use crate::domain::envelope::Request;
use crate::domain::event::Actor;
use crate::domain::ids::{BookingId, RequestId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::{booking, stay};

fn request(number: u128, actor: Actor) -> Request {
    let booking_id = BookingId::from(Uuid::from_u128(1));
    Request {
        id: RequestId::from(Uuid::from_u128(number)),
        fingerprint: [7; 16],
        actor,
        command: stay::Command::Booking(booking::Command::Extend { by: user(), booking_id }),
    }
}

fn user() -> UserId {
    UserId::from(Uuid::from_u128(2))
}

fn refusal() -> Refusal {
    Refusal::invalid_transition("expired", &[])
}

#[test]
fn a_refusal_is_given_again_for_ten_seconds_and_to_the_same_request_only() {
    let (mut refusals, began) = (Refusals::default(), Timestamp::UNIX_EPOCH);
    let asked = request(1, Actor::User(user()));
    refusals.add(&asked, &refusal(), began);
    let at = |seconds| began + SignedDuration::from_secs(seconds);
    assert_eq!(refusals.of(&asked, at(9)), Some(&refusal()));
    assert_eq!(refusals.of(&asked, at(10)), None);
    let other = Request { fingerprint: [8; 16], ..asked.clone() };
    assert_eq!(refusals.of(&other, at(1)), None);
    refusals.add(&other, &Refusal::NotFound, at(1));
    assert_eq!(refusals.of(&asked, at(9)), Some(&refusal()), "whatever else came by its key");
    assert_eq!(refusals.of(&other, at(9)), Some(&Refusal::NotFound));
    assert_eq!(refusals.of(&request(2, asked.actor), at(1)), None);
}

#[test]
fn what_the_server_asks_itself_is_decided_anew() {
    let (mut refusals, now) = (Refusals::default(), Timestamp::UNIX_EPOCH);
    let asked = request(1, Actor::System);
    refusals.add(&asked, &refusal(), now);
    assert_eq!(refusals.of(&asked, now), None);
}

#[test]
fn the_first_go_first_when_there_are_many() {
    let (mut refusals, now) = (Refusals::default(), Timestamp::UNIX_EPOCH);
    let many = |number| request(number, Actor::User(user()));
    for number in 0..=1_024 {
        refusals.add(&many(number), &refusal(), now);
    }
    assert_eq!(refusals.of(&many(0), now), None);
    assert!((1..=1_024).all(|number| refusals.of(&many(number), now).is_some()));
}

#[test]
fn what_nobody_was_told_can_be_taken_back() {
    let (mut refusals, began) = (Refusals::default(), Timestamp::UNIX_EPOCH);
    let asked = |number| request(number, Actor::User(user()));
    let at = |millis| began + SignedDuration::from_millis(millis);
    for number in 1..=3 {
        refusals.add(&asked(number), &refusal(), at(i64::try_from(number).unwrap()));
    }
    refusals.take_back(at(2));
    let known = [1, 2, 3].map(|number| refusals.of(&asked(number), at(4)).is_some());
    assert_eq!(known, [true, false, false]);
    // Given again, it is known as long as any.
    refusals.add(&asked(2), &refusal(), at(5));
    assert!(refusals.of(&asked(2), at(10_004)).is_some());
}

//! Who is told what of which event: the table of all.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::event::samples;
use super::fixture::{booking_id, euro, nights, owner, property_id, stranger, tenant, unit_id};
use crate::domain::booking_details::Party;
use crate::domain::event::{Event, Position, Recorded, StayFacts};
use crate::domain::ids::UserId;
use crate::domain::letter::Matter;
use crate::domain::payment::Decline;
use crate::domain::preference::Category;
use crate::domain::telling::{self, People, Told};

pub(super) fn recorded(event: Event, seq: i64) -> Recorded {
    Recorded {
        position: Position { stream: crate::domain::entity::Stream(7), seq },
        key: uuid::Uuid::nil(),
        occurred_at: super::fixture::NOON.parse().unwrap(),
        actor: owner().to_string(),
        causation: uuid::Uuid::nil(),
        event,
    }
}

fn stay() -> StayFacts {
    StayFacts {
        booking_id: booking_id(1),
        property_id: property_id(),
        unit_id: unit_id(),
        tenant_id: tenant(),
        landlord_id: owner(),
        nights: nights(5, 8),
    }
}

/// The people of the samples; somebody else looks after them.
pub(super) fn people() -> People {
    People {
        owners: [(property_id(), owner())].into(),
        stays: [(booking_id(1), stay())].into(),
        admins: vec![stranger()],
    }
}

fn told(event: Event) -> Vec<Told> {
    telling::of(&recorded(event, 1), &people())
}

fn sample(name: &str) -> Event {
    samples().into_iter().find(|event| event.name() == name).unwrap()
}

fn template(matter: &Matter) -> String {
    match serde_json::to_value(matter).unwrap() {
        Value::Object(fields) => fields["template"].as_str().unwrap().to_owned(),
        other => panic!("no object: {other}"),
    }
}

/// Of whom something is said: `tenant`, or `landlord`; `in app`, by a letter of a template, or
/// both.
fn said(told: &[Told]) -> Vec<String> {
    let person = |user: UserId| match user {
        user if user == tenant() => "tenant",
        user if user == owner() => "landlord",
        _ => "admin",
    };
    let line = |told: &Told| {
        let app = if told.in_app.is_some() { " in app" } else { "" };
        let letter = told.letter.as_ref().map(|letter| format!(" {}", template(letter)));
        format!("{}{app}{}", person(told.user_id), letter.unwrap_or_default())
    };
    told.iter().map(line).collect()
}

#[expect(clippy::too_many_lines, reason = "a line for each kind of event")]
fn expected(event: &str) -> &'static [&'static str] {
    match event {
        "user.registration_repeated" => &["tenant registration_repeated"],
        "user.verification_requested" => &["tenant verify_address"],
        "user.password_reset_requested" => &["tenant reset_password"],
        "user.password_changed" => &["tenant password_changed"],
        "user.locked_out" => &["tenant locked_out"],
        "user.suspended" => &["tenant suspended"],
        "user.landlord_declined" => &["tenant in app landlord_declined"],
        "property.approved" => &["landlord in app listing_approved"],
        "property.rejected" => &["landlord in app listing_rejected"],
        "booking.held" => &["tenant booking_held", "landlord in app"],
        "booking.requested" => {
            &["tenant in app booking_requested", "landlord in app booking_requested"]
        }
        "booking.approved" => &["tenant in app booking_approved", "landlord in app"],
        "booking.declined" => &["tenant in app booking_declined", "landlord in app"],
        "booking.confirmed" => {
            &["tenant in app booking_confirmed", "landlord in app host_confirmed"]
        }
        "booking.recorded" => &["landlord in app stay_recorded"],
        "booking.expired" => &["tenant in app booking_expired"],
        "booking.failed" => &["tenant in app booking_failed", "landlord in app"],
        "booking.late_payment_resolved" => &["tenant in app late_payment", "landlord in app"],
        "booking.cancelled" => &["tenant in app booking_cancelled", "landlord in app"],
        "booking.checked_in" => &["tenant in app checked_in", "landlord in app checked_in"],
        "booking.completed" => &["tenant in app stay_completed", "landlord in app stay_completed"],
        "booking.no_show" => &["tenant in app no_show", "landlord in app no_show"],
        "booking.change_proposed" => {
            &["tenant in app change_proposed", "landlord in app change_proposed"]
        }
        "booking.change_accepted" => {
            &["tenant in app change_accepted", "landlord in app change_accepted"]
        }
        "booking.change_declined" => {
            &["tenant in app change_declined", "landlord in app change_declined"]
        }
        "booking.modified" => {
            &["tenant in app booking_modified", "landlord in app booking_modified"]
        }
        "booking.moved" => &["tenant in app stay_moved"],
        "deposit.deducted" => &["tenant in app deposit_deducted", "landlord in app"],
        "deposit.contested" => &[
            "tenant in app",
            "landlord in app deposit_contested",
            "admin in app deposit_contested",
        ],
        "deposit.released" => &["tenant in app deposit_released", "landlord in app"],
        "payment.authorized" => &["tenant in app", "landlord in app"],
        "payment.capture_failed" => &["tenant in app capture_failed"],
        "refund.created" => &["tenant in app refund_created"],
        "refund.succeeded" => &["tenant in app refund_succeeded"],
        "refund.failed" => &["tenant in app refund_failed", "admin in app refund_failed"],
        "search.matched" => &["tenant in app search_matched"],
        "search.digested" => &["tenant in app search_digest"],
        "favourite.price_dropped" => &["tenant in app price_dropped"],
        "favourite.nights_freed" => &["tenant in app nights_freed"],
        // The sample is of a tenant; the sample of a failed payment of the last attempt.
        "user.role_changed"
        | "payment.failed"
        | "user.registered"
        | "user.verified"
        | "user.landlord_requested"
        | "user.reinstated"
        | "property.created"
        | "property.submitted"
        | "property.updated"
        | "property.published"
        | "property.unpublished"
        | "property.archived"
        | "property.rules_changed"
        | "property.price_changed"
        | "property.photo_added"
        | "property.photo_removed"
        | "promo_code.created"
        | "promo_code.ended"
        | "search.saved"
        | "search.changed"
        | "search.deleted"
        | "booking.payment_pending"
        | "booking.expiring"
        | "booking.released"
        | "booking.extended"
        | "calendar.blocked"
        | "calendar.unblocked"
        | "deposit.held"
        | "payment.created"
        | "payment.capturing"
        | "payment.succeeded"
        | "payment.canceled"
        | "payment.closing"
        | "hook.received"
        | "operator.acted"
        | "audit.violated" => &[],
        other => panic!("nobody has said who is told of {other}"),
    }
}

#[test]
fn each_event_is_told_to_those_whom_it_concerns() {
    for event in samples() {
        let name = event.name();
        assert_eq!(said(&told(event)), expected(name), "{name}");
    }
}

#[test]
fn nobody_is_told_twice_of_one_thing() {
    for event in samples() {
        let name = event.name();
        let all = told(event);
        let people: HashSet<_> = all.iter().map(|told| told.user_id).collect();
        assert_eq!(people.len(), all.len(), "{name}");
    }
    let mut people = people();
    people.admins.push(tenant());
    let all = telling::of(&recorded(sample("refund.failed"), 1), &people);
    assert_eq!(said(&all), expected("refund.failed"), "an administrator who is the tenant");
}

#[test]
fn the_two_sides_of_a_stay_can_switch_it_off_apart() {
    for event in samples() {
        let is_watch = ["search.", "favourite."].iter().any(|of| event.name().starts_with(of));
        for told in told(event).iter().filter(|told| told.in_app.is_some()) {
            let data = told.in_app.as_ref().unwrap();
            let category = match data["side"].as_str() {
                Some("tenant") => Category::Bookings,
                Some("admin") => Category::Duty,
                _ if is_watch => Category::Alerts,
                _ => Category::Hosting,
            };
            assert_eq!(told.category, category, "{told:?}");
            let letter = told.letter.as_ref().map(Matter::category);
            assert!(letter.is_none_or(|letter| letter == category), "{told:?}");
        }
    }
    assert!(Category::Duty.is_locked() && !Category::ALL.contains(&Category::Duty));
}

#[test]
fn of_a_stay_that_the_landlord_entered_nobody_else_is_told() {
    let own = StayFacts { tenant_id: owner(), ..stay() };
    let told = |event| said(&told(event));
    let confirmed = Event::BookingConfirmed { stay: own.clone(), amount: euro(1) };
    assert_eq!(told(confirmed), ["landlord in app host_confirmed"]);
    let completed = Event::BookingCompleted { stay: own.clone(), early: false };
    assert_eq!(told(completed), ["landlord in app stay_completed"]);
    let cancelled = Event::BookingCancelled {
        stay: own,
        by: Some(Party::Landlord),
        asked: false,
        refund: None,
        lines: None,
    };
    assert_eq!(told(cancelled), ["landlord in app host_cancelled"]);
}

#[test]
fn a_landlord_is_written_to_when_a_booking_or_a_request_ends_and_not_for_a_hold() {
    let cancelled = |by: Option<Party>, asked| {
        let refund = by.map(|_| euro(10_000));
        said(&told(Event::BookingCancelled { stay: stay(), by, asked, refund, lines: None }))
    };
    let letters = ["tenant in app booking_cancelled", "landlord in app host_cancelled"];
    for by in [Party::Tenant, Party::Landlord, Party::Admin] {
        assert_eq!(cancelled(Some(by), false), letters);
    }
    assert_eq!(cancelled(None, true), letters, "a request was taken back");
    assert_eq!(cancelled(None, false), ["tenant in app booking_cancelled", "landlord in app"]);
    let expired = |asked| said(&told(Event::BookingExpired { stay: stay(), asked }));
    assert_eq!(expired(true), ["tenant in app booking_expired", "landlord in app host_expired"]);
    assert_eq!(expired(false), ["tenant in app booking_expired"]);
}

#[test]
fn one_may_try_to_pay_again_until_one_may_not() {
    let failed = |decline_class, attempts| {
        let (payment_id, booking_id) = (super::fixture::payment_id(1), booking_id(1));
        let property_id = property_id();
        let event =
            Event::PaymentFailed { payment_id, property_id, booking_id, decline_class, attempts };
        said(&told(event))
    };
    assert_eq!(failed(Decline::Soft, 1), ["tenant in app payment_failed"]);
    assert_eq!(failed(Decline::Authentication, 2), ["tenant in app payment_failed"]);
    assert!(failed(Decline::Soft, 3).is_empty(), "of the failed booking they are told");
    assert!(failed(Decline::Hard, 1).is_empty());
}

#[test]
fn one_learns_why_by_whom_and_what_came_of_it() {
    let data = |event: Event| told(event)[0].in_app.clone().unwrap();
    assert_eq!(data(sample("property.rejected"))["reason"], "no photos");
    assert_eq!(data(sample("user.landlord_declined"))["reason"], "no papers");
    assert_eq!(data(sample("booking.failed"))["reason"], "amount-differs");
    assert_eq!(data(sample("booking.declined"))["reason"], "no pets");
    assert_eq!(data(sample("booking.change_declined"))["why"], "declined");
    assert!(data(sample("booking.late_payment_resolved"))["reacquired"].is_boolean());
    let cancelled = Event::BookingCancelled {
        stay: stay(),
        by: Some(Party::Admin),
        asked: false,
        refund: Some(euro(500)),
        lines: None,
    };
    let data = data(cancelled);
    assert_eq!(data["by"], "admin");
    assert_eq!(data["refund"], json!({"amount": 500, "currency": "EUR"}));
}

#[test]
fn what_is_looked_up_is_all_that_is_needed_and_without_it_nobody_is_told() {
    for event in samples() {
        let (name, sought) = (event.name(), telling::unnamed(&event));
        let mut some = People::default();
        let all = people();
        if sought.owner.is_some() {
            some.owners = all.owners.clone();
        }
        if sought.stay.is_some() {
            some.stays = all.stays.clone();
        }
        if sought.admins {
            some.admins = all.admins.clone();
        }
        let event = recorded(event, 1);
        assert_eq!(telling::of(&event, &some), telling::of(&event, &all), "{name}");
        if sought.owner.is_some() || sought.stay.is_some() {
            assert_eq!(telling::of(&event, &People::default()), [], "{name}");
        }
    }
}

#[test]
fn an_import_tells_nobody() {
    let event = Event::PropertyApproved { property_id: property_id(), version: 2 };
    let imported = Recorded { actor: "system".into(), ..recorded(event, 1) };
    assert_eq!(telling::of(&imported, &people()), []);
}

#[test]
fn a_match_that_waits_for_the_digest_is_not_told_by_itself() {
    let Event::SearchMatched(matched) = sample("search.matched") else { panic!("another event") };
    let waits = Event::SearchMatched(crate::domain::event::SearchMatch { told: false, ..matched });
    assert!(told(waits).is_empty());
}

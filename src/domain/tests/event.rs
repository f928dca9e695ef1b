//! Events and timers' commands lie in rows for ever: their written form is pinned here.

use uuid::Uuid;

use super::fixture::{
    NOON, booking_id, euro, nights, owner, payment_id, property_id, tenant, unit_id,
};
use crate::domain::booking::{self, ExpiringReason};
use crate::domain::booking_details::Party;
use crate::domain::deposit;
use crate::domain::event::{
    Authorization, BlockFacts, CaptureFailure, Event, NightsFreed, PaymentSum, PriceDrop,
    SearchDigest, SearchFacts, SearchMatch, StayFacts,
};
use crate::domain::ids::{PromoId, ProposalId, RefundId};
use crate::domain::payment::Decline;
use crate::domain::stay::Command;
use crate::domain::topic::Topic;

/// One of each, in the order of their declaration.
#[expect(clippy::too_many_lines, reason = "a line for each kind of event")]
pub(super) fn samples() -> Vec<Event> {
    let block = BlockFacts {
        block_id: Uuid::from_u128(12).into(),
        property_id: property_id(),
        unit_id: unit_id(),
        nights: nights(5, 8),
    };
    let stay = StayFacts {
        booking_id: booking_id(1),
        property_id: property_id(),
        unit_id: unit_id(),
        tenant_id: tenant(),
        landlord_id: owner(),
        nights: nights(5, 8),
    };
    let (property_id, booking_id, payment_id) = (property_id(), booking_id(1), payment_id(1));
    let (refund_id, amount) = (RefundId::from(Uuid::from_u128(3001)), euro(30_000));
    let promo_id = PromoId::from(Uuid::from_u128(40));
    let (change_id, unit_id) = (ProposalId::from(Uuid::from_u128(4001)), unit_id());
    vec![
        Event::UserRegistered { user_id: tenant() },
        Event::UserRoleChanged { user_id: tenant(), roles: vec!["tenant".into()] },
        Event::UserRegistrationRepeated { user_id: tenant() },
        Event::UserVerificationRequested { user_id: tenant(), token_id: Uuid::from_u128(10) },
        Event::UserVerified { user_id: tenant() },
        Event::UserPasswordResetRequested { user_id: tenant(), token_id: Uuid::from_u128(10) },
        Event::UserPasswordChanged { user_id: tenant() },
        Event::UserLockedOut { user_id: tenant(), until: NOON.parse().unwrap() },
        Event::UserLandlordRequested { user_id: tenant() },
        Event::UserLandlordDeclined { user_id: tenant(), reason: "no papers".into() },
        Event::UserSuspended { user_id: tenant(), reason: "spam".into() },
        Event::UserReinstated { user_id: tenant() },
        Event::PropertyCreated { property_id, owner_id: owner() },
        Event::PropertySubmitted { property_id },
        Event::PropertyApproved { property_id, version: 2 },
        Event::PropertyUpdated { property_id, version: 3 },
        Event::PropertyRejected {
            property_id,
            owner_id: owner(),
            reason: "no photos".into(),
            version: 4,
        },
        Event::PropertyPublished { property_id, version: 5 },
        Event::PropertyUnpublished { property_id, version: 6 },
        Event::PropertyArchived { property_id, version: 7 },
        Event::PropertyPriceChanged { property_id, old: amount, new: amount },
        Event::PropertyPhotoAdded {
            property_id,
            photo_id: Uuid::from_u128(11).into(),
            sha256: "00ff".into(),
        },
        Event::PropertyPhotoRemoved { property_id, photo_id: Uuid::from_u128(11).into() },
        Event::PromoCodeCreated { promo_id, owner_id: owner(), code: "SUN-10".into() },
        Event::PromoCodeEnded { promo_id, owner_id: owner(), code: "SUN-10".into() },
        Event::BookingHeld { stay: stay.clone(), expires_at: NOON.parse().unwrap() },
        Event::BookingPaymentPending { stay: stay.clone(), payment_id, amount },
        Event::BookingExpiring { stay: stay.clone(), payment_id, reason: ExpiringReason::Time },
        Event::BookingConfirmed { stay: stay.clone(), amount },
        Event::BookingExpired { stay: stay.clone(), asked: false },
        Event::BookingFailed { stay: stay.clone(), reason: "amount-differs".into() },
        Event::BookingCancelled {
            stay: stay.clone(),
            by: None,
            asked: false,
            refund: None,
            lines: None,
        },
        Event::BookingReleased { stay: stay.clone() },
        Event::BookingLatePaymentResolved { stay: stay.clone(), reacquired: true },
        Event::BookingExtended { stay: stay.clone(), expires_at: NOON.parse().unwrap() },
        Event::BookingRequested { stay: stay.clone(), expires_at: NOON.parse().unwrap() },
        Event::BookingApproved {
            stay: stay.clone(),
            expires_at: NOON.parse().unwrap(),
            reserved: false,
        },
        Event::BookingDeclined { stay: stay.clone(), reason: "no pets".into() },
        Event::BookingRecorded { stay: stay.clone(), total: amount },
        Event::BookingCheckedIn { stay: stay.clone() },
        Event::BookingCompleted { stay: stay.clone(), early: true },
        Event::BookingNoShow { stay: stay.clone() },
        Event::BookingChangeProposed {
            stay: stay.clone(),
            change_id,
            by: Party::Tenant,
            new_unit_id: unit_id,
            new_nights: nights(5, 8),
            new_guests: 3,
            difference: amount,
            expires_at: NOON.parse().unwrap(),
        },
        Event::BookingChangeAccepted {
            stay: stay.clone(),
            change_id,
            difference: amount,
            expires_at: NOON.parse().unwrap(),
        },
        Event::BookingChangeDeclined {
            stay: stay.clone(),
            change_id,
            by: Party::Landlord,
            why: "declined".into(),
        },
        Event::BookingModified {
            stay: stay.clone(),
            old_unit_id: unit_id,
            old_nights: nights(5, 8),
            old_total: amount,
            new_total: amount,
        },
        Event::PaymentCreated(PaymentSum { payment_id, property_id, booking_id, amount }),
        Event::PaymentAuthorized(Authorization {
            payment_id,
            property_id,
            booking_id,
            amount,
            wanted: true,
        }),
        Event::PaymentCapturing { payment_id, property_id, booking_id },
        Event::PaymentCaptureFailed(CaptureFailure {
            payment_id,
            property_id,
            booking_id,
            expires_at: NOON.parse().unwrap(),
        }),
        Event::PaymentSucceeded(PaymentSum { payment_id, property_id, booking_id, amount }),
        Event::PaymentCanceled { payment_id, property_id, booking_id },
        Event::PaymentFailed {
            payment_id,
            property_id,
            booking_id,
            decline_class: Decline::Hard,
            attempts: 2,
        },
        Event::PaymentClosing { payment_id, property_id, booking_id },
        Event::RefundCreated { refund_id, payment_id, property_id, booking_id, amount },
        Event::RefundSucceeded { refund_id, payment_id, property_id, booking_id, amount },
        Event::RefundFailed { refund_id, payment_id, property_id, booking_id },
        Event::DepositHeld { stay: stay.clone(), amount },
        Event::DepositDeducted { stay: stay.clone(), amount, items: vec!["lamp".into()] },
        Event::DepositContested { stay: stay.clone(), reason: "it was broken".into() },
        Event::DepositReleased { stay: stay.clone(), returned: euro(20_000), kept: euro(10_000) },
        Event::HookReceived { provider_event: "evt_1".into(), kind: "refund.updated".into() },
        Event::OperatorActed {
            action: "dead-letter.retried".into(),
            subject: "notifications".into(),
        },
        Event::PropertyRulesChanged { property_id, version: 8 },
        Event::CalendarBlocked { block: block.clone() },
        Event::CalendarUnblocked { block },
        Event::BookingMoved { stay, unit_no: 2 },
        Event::AuditViolated {
            invariant: "I01".into(),
            what: "overlap of nights in one slot".into(),
            keys: vec!["slot 7".into()],
        },
    ]
    .into_iter()
    .chain(watched())
    .collect()
}

/// Those of saved searches and favourites.
fn watched() -> Vec<Event> {
    let (search_id, user_id) = (Uuid::from_u128(50).into(), tenant());
    let (property_id, name) = (property_id(), "Canal side".to_owned());
    let search = SearchFacts { search_id, user_id };
    let matched = SearchMatch { search_id, user_id, property_id, name: name.clone(), told: true };
    let (old, new) = (euro(30_000), euro(20_000));
    vec![
        Event::SearchSaved(search),
        Event::SearchChanged(search),
        Event::SearchDeleted(search),
        Event::SearchMatched(matched),
        Event::SearchDigested(SearchDigest { search_id, user_id, name, count: 3, property_id }),
        Event::FavouritePriceDropped(PriceDrop { user_id, property_id, old, new }),
        Event::FavouriteNightsFreed(NightsFreed { user_id, property_id, nights: nights(5, 8) }),
    ]
}

#[test]
fn every_event_is_written_as_it_always_was() {
    let golden = include_str!("events.jsonl");
    let written: String =
        samples().iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
    println!("{written}");
    for (event, line) in samples().iter().zip(golden.lines()) {
        assert_eq!(serde_json::from_str::<Event>(line).unwrap(), *event);
    }
    assert_eq!(written, golden);
}

#[test]
fn the_name_of_an_event_is_its_type() {
    for event in samples() {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["type"], event.name());
    }
}

#[test]
fn every_event_has_a_topic() {
    for event in samples() {
        assert!(Topic::of_event(event.name()).is_some(), "{} has no topic", event.name());
    }
    for topic in Topic::ALL {
        assert_eq!(Topic::of_name(topic.name()), Some(topic));
    }
    assert_eq!(Topic::of_event("booking"), None);
}

#[test]
fn timers_commands_are_written_as_they_always_were() {
    let booking_id = booking_id(1);
    for (command, json) in [
        (
            booking::Command::HoldOver { booking_id },
            r#"{"booking":{"hold_over":{"booking_id":"bkg_000000000000000000000000000003e9"}}}"#,
        ),
        (
            booking::Command::CloseOverdue { booking_id },
            r#"{"booking":{"close_overdue":{"booking_id":"bkg_000000000000000000000000000003e9"}}}"#,
        ),
        (
            booking::Command::StayOver { booking_id },
            r#"{"booking":{"stay_over":{"booking_id":"bkg_000000000000000000000000000003e9"}}}"#,
        ),
        (
            booking::Command::ProposalOver { booking_id, change_id: Uuid::from_u128(4001).into() },
            r#"{"booking":{"proposal_over":{"booking_id":"bkg_000000000000000000000000000003e9","change_id":"chg_00000000000000000000000000000fa1"}}}"#,
        ),
    ]
    .map(|(command, json)| (Command::Booking(command), json))
    .into_iter()
    .chain([(
        Command::Deposit(deposit::Command::ReleaseDue { booking_id }),
        r#"{"deposit":{"release_due":{"booking_id":"bkg_000000000000000000000000000003e9"}}}"#,
    )]) {
        assert!(command.is_timer());
        assert_eq!(serde_json::to_string(&command).unwrap(), json);
        assert_eq!(serde_json::from_str::<Command>(json).unwrap(), command);
    }
}

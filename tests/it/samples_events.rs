//! One value of every event.

use rentezy::domain::booking::ExpiringReason;
use rentezy::domain::booking_details::Party;
use rentezy::domain::cancellation::{RefundLine, RefundLines};
use rentezy::domain::event::{
    Authorization, BlockFacts, CaptureFailure, Event, NightsFreed, PaymentSum, PriceDrop,
    SearchDigest, SearchFacts, SearchMatch,
};
use rentezy::domain::payment::Decline;
use rentezy::domain::price::LineKind;

use crate::samples::{id, instant, money, nights, stay};

/// What goes back of a stay.
fn lines() -> RefundLines {
    let currency = money().currency;
    let line = RefundLine { kind: LineKind::Nights, label: "Summer".into(), amount: 9000 };
    RefundLines { currency, lines: vec![line], deposit: 500 }
}

fn kept_back() -> BlockFacts {
    BlockFacts { block_id: id(12), property_id: id(2), unit_id: id(3), nights: nights() }
}

/// Every event.
#[expect(clippy::too_many_lines, reason = "a line or two for each kind")]
pub(crate) fn events() -> Vec<Event> {
    let (user_id, property_id, booking_id) = (id(4), id(2), id(1));
    let (payment_id, refund_id, amount) = (id(7), id(8), money());
    let (change_id, unit_id) = (id(12), id(3));
    vec![
        Event::UserRegistered { user_id },
        Event::UserRoleChanged { user_id, roles: vec!["tenant".into(), "landlord".into()] },
        Event::UserRegistrationRepeated { user_id },
        Event::UserVerificationRequested { user_id, token_id: id(10) },
        Event::UserVerified { user_id },
        Event::UserPasswordResetRequested { user_id, token_id: id(10) },
        Event::UserPasswordChanged { user_id },
        Event::UserLockedOut { user_id, until: instant() },
        Event::UserLandlordRequested { user_id },
        Event::UserLandlordDeclined { user_id, reason: "no papers".into() },
        Event::UserSuspended { user_id, reason: "spam".into() },
        Event::UserReinstated { user_id },
        Event::PropertyCreated { property_id, owner_id: id(5) },
        Event::PropertySubmitted { property_id },
        Event::PropertyApproved { property_id, version: 2 },
        Event::PropertyUpdated { property_id, version: 3 },
        Event::PropertyRejected {
            property_id,
            owner_id: id(5),
            reason: "no photos".into(),
            version: 4,
        },
        Event::PropertyPublished { property_id, version: 5 },
        Event::PropertyUnpublished { property_id, version: 6 },
        Event::PropertyArchived { property_id, version: 7 },
        Event::PropertyPriceChanged { property_id, old: amount, new: amount },
        Event::PropertyPhotoAdded { property_id, photo_id: id(11), sha256: "00ff".into() },
        Event::PropertyPhotoRemoved { property_id, photo_id: id(11) },
        Event::PromoCodeCreated { promo_id: id(40), owner_id: id(5), code: "SUN-10".into() },
        Event::PromoCodeEnded { promo_id: id(40), owner_id: id(5), code: "SUN-10".into() },
        Event::BookingHeld { stay: stay(), expires_at: instant() },
        Event::BookingPaymentPending { stay: stay(), payment_id, amount },
        Event::BookingExpiring { stay: stay(), payment_id, reason: ExpiringReason::Time },
        Event::BookingConfirmed { stay: stay(), amount },
        Event::BookingExpired { stay: stay(), asked: true },
        Event::BookingFailed { stay: stay(), reason: "amount-differs".into() },
        Event::BookingCancelled {
            stay: stay(),
            by: Some(Party::Landlord),
            asked: true,
            refund: Some(amount),
            lines: Some(lines()),
        },
        Event::BookingReleased { stay: stay() },
        Event::BookingLatePaymentResolved { stay: stay(), reacquired: true },
        Event::BookingExtended { stay: stay(), expires_at: instant() },
        Event::BookingRequested { stay: stay(), expires_at: instant() },
        Event::BookingApproved { stay: stay(), expires_at: instant(), reserved: true },
        Event::BookingDeclined { stay: stay(), reason: "no pets".into() },
        Event::BookingRecorded { stay: stay(), total: amount },
        Event::BookingCheckedIn { stay: stay() },
        Event::BookingCompleted { stay: stay(), early: true },
        Event::BookingNoShow { stay: stay() },
        Event::BookingChangeProposed {
            stay: stay(),
            change_id,
            by: Party::Tenant,
            new_unit_id: unit_id,
            new_nights: nights(),
            new_guests: 3,
            difference: amount,
            expires_at: instant(),
        },
        Event::BookingChangeAccepted {
            stay: stay(),
            change_id,
            difference: amount,
            expires_at: instant(),
        },
        Event::BookingChangeDeclined {
            stay: stay(),
            change_id,
            by: Party::Landlord,
            why: "declined".into(),
        },
        Event::BookingModified {
            stay: stay(),
            old_unit_id: unit_id,
            old_nights: nights(),
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
            expires_at: instant(),
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
        Event::DepositHeld { stay: stay(), amount },
        Event::DepositDeducted { stay: stay(), amount, items: vec!["lamp".into()] },
        Event::DepositContested { stay: stay(), reason: "it was broken".into() },
        Event::DepositReleased { stay: stay(), returned: amount, kept: amount },
        Event::HookReceived { provider_event: "evt_1".into(), kind: "charge.refunded".into() },
        Event::OperatorActed {
            action: "dead-letter.retried".into(),
            subject: "notifications".into(),
        },
        Event::PropertyRulesChanged { property_id, version: 8 },
        Event::BookingMoved { stay: stay(), unit_no: 2 },
        Event::CalendarBlocked { block: kept_back() },
        Event::CalendarUnblocked { block: kept_back() },
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
    let (search_id, user_id, property_id) = (id(41), id(4), id(2));
    let (name, amount) = ("Canal side".to_owned(), money());
    let search = SearchFacts { search_id, user_id };
    let matched = SearchMatch { search_id, user_id, property_id, name: name.clone(), told: true };
    vec![
        Event::SearchSaved(search),
        Event::SearchChanged(search),
        Event::SearchDeleted(search),
        Event::SearchMatched(matched),
        Event::SearchDigested(SearchDigest { search_id, user_id, name, count: 3, property_id }),
        Event::FavouritePriceDropped(PriceDrop { user_id, property_id, old: amount, new: amount }),
        Event::FavouriteNightsFreed(NightsFreed { user_id, property_id, nights: nights() }),
    ]
}

/// The place of an event in the list of all.
#[expect(clippy::too_many_lines, reason = "a line for each kind")]
pub(crate) fn place_of_event(event: &Event) -> usize {
    place!(
        event;
        Event::UserRegistered { .. },
        Event::UserRoleChanged { .. },
        Event::UserRegistrationRepeated { .. },
        Event::UserVerificationRequested { .. },
        Event::UserVerified { .. },
        Event::UserPasswordResetRequested { .. },
        Event::UserPasswordChanged { .. },
        Event::UserLockedOut { .. },
        Event::UserLandlordRequested { .. },
        Event::UserLandlordDeclined { .. },
        Event::UserSuspended { .. },
        Event::UserReinstated { .. },
        Event::PropertyCreated { .. },
        Event::PropertySubmitted { .. },
        Event::PropertyApproved { .. },
        Event::PropertyUpdated { .. },
        Event::PropertyRejected { .. },
        Event::PropertyPublished { .. },
        Event::PropertyUnpublished { .. },
        Event::PropertyArchived { .. },
        Event::PropertyPriceChanged { .. },
        Event::PropertyPhotoAdded { .. },
        Event::PropertyPhotoRemoved { .. },
        Event::PromoCodeCreated { .. },
        Event::PromoCodeEnded { .. },
        Event::BookingHeld { .. },
        Event::BookingPaymentPending { .. },
        Event::BookingExpiring { .. },
        Event::BookingConfirmed { .. },
        Event::BookingExpired { .. },
        Event::BookingFailed { .. },
        Event::BookingCancelled { .. },
        Event::BookingReleased { .. },
        Event::BookingLatePaymentResolved { .. },
        Event::BookingExtended { .. },
        Event::BookingRequested { .. },
        Event::BookingApproved { .. },
        Event::BookingDeclined { .. },
        Event::BookingRecorded { .. },
        Event::BookingCheckedIn { .. },
        Event::BookingCompleted { .. },
        Event::BookingNoShow { .. },
        Event::BookingChangeProposed { .. },
        Event::BookingChangeAccepted { .. },
        Event::BookingChangeDeclined { .. },
        Event::BookingModified { .. },
        Event::PaymentCreated { .. },
        Event::PaymentAuthorized { .. },
        Event::PaymentCapturing { .. },
        Event::PaymentCaptureFailed { .. },
        Event::PaymentSucceeded { .. },
        Event::PaymentCanceled { .. },
        Event::PaymentFailed { .. },
        Event::PaymentClosing { .. },
        Event::RefundCreated { .. },
        Event::RefundSucceeded { .. },
        Event::RefundFailed { .. },
        Event::DepositHeld { .. },
        Event::DepositDeducted { .. },
        Event::DepositContested { .. },
        Event::DepositReleased { .. },
        Event::HookReceived { .. },
        Event::OperatorActed { .. },
        Event::PropertyRulesChanged { .. },
        Event::BookingMoved { .. },
        Event::CalendarBlocked { .. },
        Event::CalendarUnblocked { .. },
        Event::AuditViolated { .. },
        Event::SearchSaved(_),
        Event::SearchChanged(_),
        Event::SearchDeleted(_),
        Event::SearchMatched(_),
        Event::SearchDigested(_),
        Event::FavouritePriceDropped(_),
        Event::FavouriteNightsFreed(_),
    )
}

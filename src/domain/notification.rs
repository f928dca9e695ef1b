//! Which events become notifications, and for whom.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::event::{Event, Recorded, StayFacts};
use super::ids::{self, NotificationId, UserId};

/// Something that a person is told in the app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification {
    /// Derived from event and person, so that a replay makes the same one.
    pub id: NotificationId,
    /// Who is told.
    pub user_id: UserId,
    /// The event's type.
    pub kind: &'static str,
    /// What it is about, for the text and the link.
    pub data: Value,
}

/// What follows from an event, in the order of the people.
#[must_use]
pub fn follows(event: &Recorded) -> Vec<Notification> {
    let both = |stay: &StayFacts| vec![stay.tenant_id, stay.landlord_id];
    let (people, stay) = match &event.event {
        Event::BookingConfirmed { stay, .. }
        | Event::BookingCancelled { stay }
        | Event::BookingFailed { stay, .. }
        | Event::BookingLatePaymentResolved { stay, .. } => (both(stay), stay),
        Event::BookingExpired { stay } => (vec![stay.tenant_id], stay),
        Event::BookingHeld { stay, .. } => (vec![stay.landlord_id], stay),
        Event::BookingPaymentPending { .. }
        | Event::BookingExpiring { .. }
        | Event::BookingReleased { .. }
        | Event::UserRegistered { .. }
        | Event::UserRoleChanged { .. }
        | Event::UserRegistrationRepeated { .. }
        | Event::UserVerificationRequested { .. }
        | Event::UserVerified { .. }
        | Event::UserPasswordResetRequested { .. }
        | Event::UserPasswordChanged { .. }
        | Event::UserLockedOut { .. }
        | Event::UserLandlordRequested { .. }
        | Event::UserLandlordDeclined { .. }
        | Event::UserSuspended { .. }
        | Event::UserReinstated { .. }
        | Event::PropertyCreated { .. }
        | Event::PropertySubmitted { .. }
        | Event::PropertyApproved { .. }
        | Event::PropertyUpdated { .. }
        | Event::PropertyRejected { .. }
        | Event::PropertyPublished { .. }
        | Event::PropertyUnpublished { .. }
        | Event::PropertyArchived { .. }
        | Event::PropertyPriceChanged { .. }
        | Event::PropertyPhotoAdded { .. }
        | Event::PropertyPhotoRemoved { .. }
        | Event::OperatorActed { .. }
        | Event::PaymentCreated { .. }
        | Event::PaymentSucceeded { .. }
        | Event::PaymentCanceled { .. }
        | Event::RefundCreated { .. }
        | Event::RefundSucceeded { .. }
        | Event::RefundFailed { .. }
        | Event::HookReceived { .. } => return Vec::new(),
    };
    let data = json!({
        "booking_id": stay.booking_id,
        "property_id": stay.property_id,
        "check_in": stay.nights.check_in(),
        "check_out": stay.nights.check_out(),
    });
    people
        .into_iter()
        .map(|user_id| Notification {
            id: NotificationId::from(id(event, user_id.uuid())),
            user_id,
            kind: event.event.name(),
            data: data.clone(),
        })
        .collect()
}

fn id(event: &Recorded, user: Uuid) -> Uuid {
    let position = event.position;
    let made_of = ids::derived(user, &format!("{}/{}", position.stream.0, position.seq));
    ids::stamped(event.occurred_at, made_of)
}

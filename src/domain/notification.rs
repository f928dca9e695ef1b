//! Which events become notifications, and for whom.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::event::{Actor, Event, Recorded, StayFacts};
use super::ids::{self, NotificationId, PropertyId, UserId};
use super::preference::Category;
use super::user::Role;

/// Whose listings are, as far as events do not say it themselves.
pub type Owners = HashMap<PropertyId, UserId>;

/// Something that a person is told in the app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification {
    /// Derived from event and person, so that a replay makes the same one.
    pub id: NotificationId,
    /// Who is told.
    pub user_id: UserId,
    /// The event's type.
    pub kind: &'static str,
    /// What somebody switches off who does not want to be told.
    pub category: Category,
    /// What it is about, for the text and the link.
    pub data: Value,
}

/// The listing whose owner hears of an event that does not name them.
#[must_use]
pub const fn of_owner(event: &Event) -> Option<PropertyId> {
    match event {
        Event::PropertyApproved { property_id, .. } => Some(*property_id),
        _ => None,
    }
}

/// Whether an import or the like made it happen: nobody is told of each of a thousand
/// listings that they had put in at once.
#[must_use]
pub fn is_bulk(event: &Recorded) -> bool {
    event.actor == Actor::System.to_string()
}

/// Whether somebody with these roles may offer homes.
#[must_use]
pub fn may_host(roles: &[String]) -> bool {
    roles.iter().any(|role| role == Role::Landlord.name())
}

/// What follows from an event, in the order of the people. `owners` has whose the listings
/// are that [`of_owner`] names.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a line for each kind of event")]
pub fn follows(event: &Recorded, owners: &Owners) -> Vec<Notification> {
    use Category::{Bookings, Hosting};
    let told = match &event.event {
        Event::BookingConfirmed { stay, .. } | Event::BookingCancelled { stay, .. } => {
            both(stay, json!({}))
        }
        Event::BookingFailed { stay, reason } => both(stay, json!({ "reason": reason })),
        Event::BookingLatePaymentResolved { stay, reacquired } => {
            both(stay, json!({ "reacquired": reacquired }))
        }
        Event::BookingExpired { stay } => vec![(stay.tenant_id, Bookings, about(stay, json!({})))],
        Event::BookingHeld { stay, .. } => {
            vec![(stay.landlord_id, Hosting, about(stay, json!({})))]
        }
        Event::PropertyApproved { property_id, .. } if !is_bulk(event) => {
            let told = |owner: &UserId| (*owner, Hosting, json!({ "property_id": property_id }));
            owners.get(property_id).map(told).into_iter().collect()
        }
        Event::PropertyRejected { property_id, owner_id, reason, .. } => {
            let data = json!({ "property_id": property_id, "reason": reason });
            vec![(*owner_id, Hosting, data)]
        }
        Event::UserRoleChanged { user_id, roles } if may_host(roles) => {
            let data = json!({ "roles": roles });
            let id = ids::derived(user_id.uuid(), "notification/landlord");
            // The event says which roles there are, not which are new: so once in a lifetime.
            return vec![notification(event, id.into(), *user_id, Hosting, data)];
        }
        Event::UserLandlordDeclined { user_id, reason } => {
            vec![(*user_id, Hosting, json!({ "reason": reason }))]
        }
        Event::BookingPaymentPending { .. }
        | Event::BookingExpiring { .. }
        | Event::BookingReleased { .. }
        | Event::BookingExtended { .. }
        | Event::BookingRequested { .. }
        | Event::BookingApproved { .. }
        | Event::BookingDeclined { .. }
        | Event::BookingRecorded { .. }
        | Event::BookingCheckedIn { .. }
        | Event::BookingCompleted { .. }
        | Event::BookingNoShow { .. }
        | Event::BookingChangeProposed { .. }
        | Event::BookingChangeAccepted { .. }
        | Event::BookingChangeDeclined { .. }
        | Event::BookingModified { .. }
        | Event::UserRegistered { .. }
        | Event::UserRoleChanged { .. }
        | Event::UserRegistrationRepeated { .. }
        | Event::UserVerificationRequested { .. }
        | Event::UserVerified { .. }
        | Event::UserPasswordResetRequested { .. }
        | Event::UserPasswordChanged { .. }
        | Event::UserLockedOut { .. }
        | Event::UserLandlordRequested { .. }
        | Event::UserSuspended { .. }
        | Event::UserReinstated { .. }
        | Event::PropertyCreated { .. }
        | Event::PropertySubmitted { .. }
        | Event::PropertyApproved { .. }
        | Event::PropertyUpdated { .. }
        | Event::PropertyPublished { .. }
        | Event::PropertyUnpublished { .. }
        | Event::PropertyArchived { .. }
        | Event::PropertyRulesChanged { .. }
        | Event::BookingMoved { .. }
        | Event::CalendarBlocked { .. }
        | Event::CalendarUnblocked { .. }
        | Event::PropertyPriceChanged { .. }
        | Event::PropertyPhotoAdded { .. }
        | Event::PropertyPhotoRemoved { .. }
        | Event::OperatorActed { .. }
        | Event::PaymentCreated { .. }
        | Event::PaymentSucceeded { .. }
        | Event::PaymentCanceled { .. }
        | Event::PaymentFailed { .. }
        | Event::PaymentClosing { .. }
        | Event::RefundCreated { .. }
        | Event::RefundSucceeded { .. }
        | Event::RefundFailed { .. }
        | Event::DepositHeld { .. }
        | Event::DepositDeducted { .. }
        | Event::DepositContested { .. }
        | Event::DepositReleased { .. }
        | Event::AuditViolated { .. }
        | Event::HookReceived { .. } => Vec::new(),
    };
    told.into_iter()
        .map(|(user, category, data)| notification(event, id(event, user), user, category, data))
        .collect()
}

/// What the tenant and the landlord of a stay are told.
fn both(stay: &StayFacts, more: Value) -> Vec<(UserId, Category, Value)> {
    let data = about(stay, more);
    if stay.tenant_id == stay.landlord_id {
        // A stay that the landlord entered: nobody else has an account here.
        return vec![(stay.landlord_id, Category::Hosting, data)];
    }
    vec![
        (stay.tenant_id, Category::Bookings, data.clone()),
        (stay.landlord_id, Category::Hosting, data),
    ]
}

fn about(stay: &StayFacts, more: Value) -> Value {
    let mut data = json!({
        "booking_id": stay.booking_id,
        "property_id": stay.property_id,
        "check_in": stay.nights.check_in(),
        "check_out": stay.nights.check_out(),
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    data
}

fn notification(
    event: &Recorded,
    id: NotificationId,
    user_id: UserId,
    category: Category,
    data: Value,
) -> Notification {
    Notification { id, user_id, kind: event.event.name(), category, data }
}

fn id(event: &Recorded, user: UserId) -> NotificationId {
    let position = event.position;
    let made_of = ids::derived(user.uuid(), &format!("{}/{}", position.stream.0, position.seq));
    ids::stamped(event.occurred_at, made_of).into()
}

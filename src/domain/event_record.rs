//! What lies around events: the stay that they are about, who made them happen, and their
//! place in the log; and their names.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calendar::Nights;
use super::entity::Stream;
use super::event::Event;
use super::ids::{BlockId, BookingId, PropertyId, UnitId, UserId};

/// What every booking event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StayFacts {
    /// The booking.
    pub booking_id: BookingId,
    /// Its property.
    pub property_id: PropertyId,
    /// Its unit type.
    pub unit_id: UnitId,
    /// Whose stay it is.
    pub tenant_id: UserId,
    /// Whose home it is.
    pub landlord_id: UserId,
    /// The nights.
    pub nights: Nights,
}

/// What every event of nights kept back says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockFacts {
    /// The block.
    pub block_id: BlockId,
    /// Its property.
    pub property_id: PropertyId,
    /// Its unit type.
    pub unit_id: UnitId,
    /// The nights.
    pub nights: Nights,
}

impl Event {
    /// The type's name, such as `booking.held`.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a line for each kind of event")]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UserRegistered { .. } => "user.registered",
            Self::UserRoleChanged { .. } => "user.role_changed",
            Self::UserRegistrationRepeated { .. } => "user.registration_repeated",
            Self::UserVerificationRequested { .. } => "user.verification_requested",
            Self::UserVerified { .. } => "user.verified",
            Self::UserPasswordResetRequested { .. } => "user.password_reset_requested",
            Self::UserPasswordChanged { .. } => "user.password_changed",
            Self::UserLockedOut { .. } => "user.locked_out",
            Self::UserLandlordRequested { .. } => "user.landlord_requested",
            Self::UserLandlordDeclined { .. } => "user.landlord_declined",
            Self::UserSuspended { .. } => "user.suspended",
            Self::UserReinstated { .. } => "user.reinstated",
            Self::PropertyCreated { .. } => "property.created",
            Self::PropertySubmitted { .. } => "property.submitted",
            Self::PropertyApproved { .. } => "property.approved",
            Self::PropertyUpdated { .. } => "property.updated",
            Self::PropertyRejected { .. } => "property.rejected",
            Self::PropertyPublished { .. } => "property.published",
            Self::PropertyUnpublished { .. } => "property.unpublished",
            Self::PropertyArchived { .. } => "property.archived",
            Self::PropertyRulesChanged { .. } => "property.rules_changed",
            Self::PropertyPriceChanged { .. } => "property.price_changed",
            Self::PropertyPhotoAdded { .. } => "property.photo_added",
            Self::PropertyPhotoRemoved { .. } => "property.photo_removed",
            Self::PromoCodeCreated { .. } => "promo_code.created",
            Self::PromoCodeEnded { .. } => "promo_code.ended",
            Self::SearchSaved(_) => "search.saved",
            Self::SearchChanged(_) => "search.changed",
            Self::SearchDeleted(_) => "search.deleted",
            Self::SearchMatched(_) => "search.matched",
            Self::SearchDigested(_) => "search.digested",
            Self::FavouritePriceDropped(_) => "favourite.price_dropped",
            Self::FavouriteNightsFreed(_) => "favourite.nights_freed",
            Self::BookingHeld { .. } => "booking.held",
            Self::BookingPaymentPending { .. } => "booking.payment_pending",
            Self::BookingExpiring { .. } => "booking.expiring",
            Self::BookingConfirmed { .. } => "booking.confirmed",
            Self::BookingExpired { .. } => "booking.expired",
            Self::BookingFailed { .. } => "booking.failed",
            Self::BookingCancelled { .. } => "booking.cancelled",
            Self::BookingReleased { .. } => "booking.released",
            Self::BookingLatePaymentResolved { .. } => "booking.late_payment_resolved",
            Self::BookingExtended { .. } => "booking.extended",
            Self::BookingRequested { .. } => "booking.requested",
            Self::BookingApproved { .. } => "booking.approved",
            Self::BookingDeclined { .. } => "booking.declined",
            Self::BookingRecorded { .. } => "booking.recorded",
            Self::BookingCheckedIn { .. } => "booking.checked_in",
            Self::BookingCompleted { .. } => "booking.completed",
            Self::BookingNoShow { .. } => "booking.no_show",
            Self::BookingChangeProposed { .. } => "booking.change_proposed",
            Self::BookingChangeAccepted { .. } => "booking.change_accepted",
            Self::BookingChangeDeclined { .. } => "booking.change_declined",
            Self::BookingModified { .. } => "booking.modified",
            Self::BookingMoved { .. } => "booking.moved",
            Self::CalendarBlocked { .. } => "calendar.blocked",
            Self::CalendarUnblocked { .. } => "calendar.unblocked",
            Self::PaymentCreated { .. } => "payment.created",
            Self::PaymentAuthorized { .. } => "payment.authorized",
            Self::PaymentCapturing { .. } => "payment.capturing",
            Self::PaymentCaptureFailed { .. } => "payment.capture_failed",
            Self::PaymentSucceeded { .. } => "payment.succeeded",
            Self::PaymentCanceled { .. } => "payment.canceled",
            Self::PaymentFailed { .. } => "payment.failed",
            Self::PaymentClosing { .. } => "payment.closing",
            Self::RefundCreated { .. } => "refund.created",
            Self::RefundSucceeded { .. } => "refund.succeeded",
            Self::RefundFailed { .. } => "refund.failed",
            Self::DepositHeld { .. } => "deposit.held",
            Self::DepositDeducted { .. } => "deposit.deducted",
            Self::DepositContested { .. } => "deposit.contested",
            Self::DepositReleased { .. } => "deposit.released",
            Self::HookReceived { .. } => "hook.received",
            Self::OperatorActed { .. } => "operator.acted",
            Self::AuditViolated { .. } => "audit.violated",
        }
    }
}

/// Who made something happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// The server itself: a timer, a consumer.
    System,
    /// The payment provider.
    Provider,
    /// Whoever holds the operator's token.
    Operator,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::System => f.write_str("system"),
            Self::Provider => f.write_str("provider"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// The place of an event in the log: gapless within its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The stream.
    pub stream: Stream,
    /// The number within it, from 1.
    pub seq: i64,
}

/// An event as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Where it lies.
    pub position: Position,
    /// The aggregate whose order it keeps.
    pub key: Uuid,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Who made it happen: an id, `system`, `provider` or `operator`.
    pub actor: String,
    /// The request that caused it.
    pub causation: Uuid,
    /// What happened.
    pub event: Event,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) const fn is_false(value: &bool) -> bool {
    !*value
}

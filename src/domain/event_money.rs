//! What events of payments say that say more than which payment it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{BookingId, PaymentId, PropertyId};
use super::money::Money;

/// A payment and a sum: what is to be paid, or came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentSum {
    /// The payment.
    pub payment_id: PaymentId,
    /// The property.
    pub property_id: PropertyId,
    /// What it is for.
    pub booking_id: BookingId,
    /// The sum.
    pub amount: Money,
}

/// Money that stands reserved on a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// The payment.
    pub payment_id: PaymentId,
    /// The property.
    pub property_id: PropertyId,
    /// What it is for.
    pub booking_id: BookingId,
    /// What is reserved.
    pub amount: Money,
    /// Whether the booking waits for it; else it is let go at once.
    pub wanted: bool,
}

/// Money that stood reserved and could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureFailure {
    /// The payment.
    pub payment_id: PaymentId,
    /// The property.
    pub property_id: PropertyId,
    /// What it was for.
    pub booking_id: BookingId,
    /// Until when the booking can be paid for otherwise.
    pub expires_at: Timestamp,
}

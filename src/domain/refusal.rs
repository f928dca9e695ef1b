//! Why a command was not carried out. A refusal changes nothing and is never stored: the
//! same command may succeed later.

use serde::{Deserialize, Serialize};

use super::calendar::Nights;
use super::ids::{BookingId, UnitId};
use super::money::Money;

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the request's body.
    pub pointer: String,
    /// A stable word for the kind of fault.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
}

impl FieldError {
    /// A fault of the field at `pointer`.
    #[must_use]
    pub fn new(pointer: &str, code: &str, detail: &str) -> Self {
        Self { pointer: pointer.into(), code: code.into(), detail: detail.into() }
    }
}

/// A stay that may be booked instead of one that may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// The unit type.
    pub unit_id: UnitId,
    /// The nights.
    pub nights: Nights,
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such thing, or the asker may not know of it.
    NotFound,
    /// Fields are outside their limits.
    Invalid(Vec<FieldError>),
    /// The command was made from a version that is no longer the current one.
    StaleVersion {
        /// The current version.
        current: i32,
    },
    /// Not possible in the present state.
    InvalidTransition {
        /// The present state.
        current: String,
        /// What is possible in it.
        allowed: Vec<String>,
    },
    /// The listing cannot be booked this way, whatever its nights.
    NotBookable {
        /// A stable word for the rule that fails.
        rule: String,
        /// A sentence for people.
        detail: String,
    },
    /// No unit is free on all the nights asked for.
    NightsTaken {
        /// The nights asked for.
        nights: Nights,
        /// What may be booked instead, as far as somebody has looked.
        #[serde(default)]
        alternatives: Vec<Alternative>,
    },
    /// The asker has an open hold at this home already.
    HoldExists {
        /// The hold.
        booking_id: BookingId,
    },
    /// The asker has as many open holds as one may have.
    TooManyHolds,
    /// The quote that a stay was asked for by does not hold any more.
    QuoteExpired,
    /// The promo code that a stay was asked for with takes nothing off it.
    PromoRefused {
        /// A stable word for the reason.
        reason: String,
        /// A sentence for people.
        detail: String,
    },
    /// Something else goes back than the asker was told.
    RefundDiffers {
        /// What goes back now.
        refund: Money,
    },
    /// Bookings stand in the way: stays to come, or holds that are open.
    HasStays,
    /// The same idempotency key came with another request before.
    KeyReused,
    /// The command broke its entity three times and is not tried again.
    Poisoned,
}

impl Refusal {
    /// A single wrong field.
    #[must_use]
    pub fn invalid_field(pointer: &str, code: &str, detail: &str) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, detail)])
    }

    /// Nights that are not free; what else there is nobody has looked for.
    #[must_use]
    pub const fn nights_taken(nights: Nights) -> Self {
        Self::NightsTaken { nights, alternatives: Vec::new() }
    }

    /// A transition that the state machine does not have.
    #[must_use]
    pub fn invalid_transition(current: &str, allowed: &[&str]) -> Self {
        Self::InvalidTransition {
            current: current.into(),
            allowed: allowed.iter().map(|name| (*name).into()).collect(),
        }
    }

    /// The refusal in words for whoever ran a tool: every wrong field with what it may be.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Invalid(errors) => {
                let error = |error: &FieldError| format!("{}: {}", error.pointer, error.detail);
                errors.iter().map(error).collect::<Vec<_>>().join("; ")
            }
            other => format!("refused: {other:?}"),
        }
    }

    /// A listing that cannot be booked.
    #[must_use]
    pub fn not_bookable(rule: &str, detail: &str) -> Self {
        Self::NotBookable { rule: rule.into(), detail: detail.into() }
    }
}

//! Why a command was not carried out. A refusal changes nothing and is never stored: the
//! same command may succeed later.

use serde::{Deserialize, Serialize};

use super::calendar::Nights;
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

    /// A transition that the state machine does not have.
    #[must_use]
    pub fn invalid_transition(current: &str, allowed: &[&str]) -> Self {
        Self::InvalidTransition {
            current: current.into(),
            allowed: allowed.iter().map(|name| (*name).into()).collect(),
        }
    }

    /// A listing that cannot be booked.
    #[must_use]
    pub fn not_bookable(rule: &str, detail: &str) -> Self {
        Self::NotBookable { rule: rule.into(), detail: detail.into() }
    }
}

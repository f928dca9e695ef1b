//! Gates: limits that reach across properties, such as the open holds of one user.
//!
//! No actor can count what others do, so each limit is a number of places that are rows: who
//! is in one has a [`Gate`], and the row's key says that a place has one holder. All gates of
//! a change set are taken with it or none; whoever wanted one that is not free is refused.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{self, BookingId, PromoId, UserId};
use super::promo;
use super::refusal::Refusal;

/// Which limit a gate belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateKind {
    /// The open holds of one user.
    Hold,
    /// The uses of one promo code.
    Promo,
}

impl GateKind {
    /// The name in rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Promo => "promo",
        }
    }

    /// What somebody is told for whom no place is left.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Hold => Refusal::TooManyHolds,
            Self::Promo => promo::used_up(),
        }
    }
}

/// A place under a limit, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// The limit's kind.
    pub kind: GateKind,
    /// What is limited: one user's holds, the uses of one code.
    pub scope: Uuid,
    /// The place, from 1 to the limit.
    pub slot: i32,
    /// Whose it is: a booking that is written in the same change set. A gate whose booking
    /// does not exist was left behind and is swept up.
    pub holder: BookingId,
    /// The request that takes it.
    pub command: Uuid,
}

/// The scope of a user's open holds.
#[must_use]
pub fn holds_of(user: UserId) -> Uuid {
    ids::derived(user.uuid(), "holds")
}

/// The scope of a promo code's uses: its id, by which rows are counted beside it.
#[must_use]
pub const fn uses_of(promo: PromoId) -> Uuid {
    promo.uuid()
}

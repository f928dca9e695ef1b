//! What tenant and landlord agreed on when the nights were held. It lies in the booking and
//! stays, whatever becomes of the listing's prices and rules.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::ids::PromoId;
use super::policies::{Cancellation, Policies};
use super::price::Price;

/// The terms of a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the stay costs.
    pub price: Price,
    /// What calling off costs.
    pub cancellation: Cancellation,
    /// The version of the listing's rules that was agreed to.
    pub policies_version: i32,
    /// From when guests may arrive, local to the property.
    pub check_in_from: Time,
    /// By when they leave on the last day, local to the property.
    pub check_out_until: Time,
    /// The promo code that is part of the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promo: Option<PromoId>,
    /// What the platform keeps of the stay, in hundredths of a per cent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub platform_fee: u32,
}

impl Terms {
    /// The terms of a stay at a listing's present rules.
    #[must_use]
    pub const fn new(price: Price, policies: &Policies) -> Self {
        Self {
            price,
            cancellation: policies.cancellation,
            policies_version: policies.version,
            check_in_from: policies.check_in_from,
            check_out_until: policies.check_out_until,
            promo: None,
            platform_fee: 0,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

//! What only some bookings have: what was said when they were asked for or called off, who
//! comes to a stay that the landlord entered, and a change that one side proposes.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::Nights;
use super::ids::{PaymentId, ProposalId, TimerId, UnitId};
use super::money::Money;
use super::price::Price;

/// The longest message or reason, in characters.
pub const WORDS_MAX: usize = 1000;
/// The longest name of a guest, in characters.
pub const GUEST_NAME_MAX: usize = 200;

/// As what somebody has to do with a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Whose stay it is.
    Tenant,
    /// Whose home it is.
    Landlord,
    /// Who looks after both.
    Admin,
}

/// Who comes to a stay that the landlord entered: somebody without an account here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualGuest {
    /// 1 to [`GUEST_NAME_MAX`] characters.
    pub name: String,
    /// What the landlord wants to remember, up to [`WORDS_MAX`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    /// The other side has to say.
    Open,
    /// Agreed on; the tenant has to pay the difference first.
    Accepted,
    /// The booking is so now.
    Applied,
    /// The other side said no.
    Declined,
    /// Who made it took it back, or the booking went on without it.
    Withdrawn,
    /// Not answered, or not paid for, in time.
    Expired,
    /// Paid for, but the nights were gone; or the payment went wrong for good.
    Failed,
}

impl ProposalStatus {
    /// Whether somebody has yet to do something about it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Accepted)
    }
}

/// A change of a booking that one side proposes to the other. A booking has one at most
/// that is open; the last one stays to be seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// Who made it.
    pub by: Party,
    /// The unit type that it would be.
    pub unit_id: UnitId,
    /// The nights that it would be.
    pub nights: Nights,
    /// How many people would come.
    pub guests: u16,
    /// What it would cost.
    pub price: Price,
    /// What would have to be paid on top; below zero, what would go back.
    pub difference: Money,
    /// Where it stands.
    pub status: ProposalStatus,
    /// The payment of the difference, if one was made out.
    pub payment_id: Option<PaymentId>,
    /// The timer that is set for it.
    pub timer: Option<TimerId>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How the price of a request stands reserved on the tenant's card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reserve {
    /// The tenant is at the payment page, whose payment takes nothing by itself.
    Asked,
    /// The card is authorised: the money is taken when the landlord says yes.
    Made,
    /// It came to nothing, or could not be taken: the tenant pays once the landlord has said yes.
    Lost,
}

/// What only some bookings have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Whether the landlord has to be asked first: so it was when the nights were held.
    #[serde(skip_serializing_if = "is_false")]
    pub by_request: bool,
    /// Whether the tenant has got more time to pay.
    #[serde(skip_serializing_if = "is_false")]
    pub extended: bool,
    /// What the tenant wrote to the landlord.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How its price stands reserved, when the tenant wanted that while the landlord is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserve: Option<Reserve>,
    /// When the landlord approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Timestamp>,
    /// When it was last confirmed: paid for, or entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// Who comes, when the landlord entered the stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<ManualGuest>,
    /// When the guests came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Timestamp>,
    /// The day on which they left, when they left before the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_on: Option<Date>,
    /// Who called it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<Party>,
    /// Why it was declined or called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its place among the uses of the promo code of its terms: kept while it is open, and for
    /// good once it was paid for. None: uses are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promo_slot: Option<i32>,
    /// The last change that was proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<Proposal>>,
}

impl Details {
    /// Whether the booking's payment is one that only reserves its price.
    #[must_use]
    pub const fn reserves(&self) -> bool {
        matches!(self.reserve, Some(Reserve::Asked | Reserve::Made))
    }

    /// The proposal that somebody has yet to do something about.
    #[must_use]
    pub fn open_change(&self) -> Option<&Proposal> {
        self.change.as_deref().filter(|change| change.status.is_open())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

//! What can be asked of bookings.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::booking_details::ManualGuest;
use super::calendar::Nights;
use super::ids::{BookingId, PaymentId, ProposalId, UnitId, UserId};
use super::money::Money;
use super::promo::PromoTerms;
use super::quote::Offer;

/// What can be asked of bookings. `by` is who asks; whether they may is decided here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Keep nights for a tenant.
    Hold {
        /// The tenant.
        by: UserId,
        /// The new booking's id.
        booking_id: BookingId,
        /// The unit type; without it, the listing's only one.
        unit_id: Option<UnitId>,
        /// The nights.
        nights: Nights,
        /// How many people come.
        guests: u16,
        /// The place among the tenant's open holds that it shall have; none if all seemed to
        /// be taken.
        #[serde(default)]
        slot: Option<i32>,
        /// What it is asked for at; without it, the price of the moment.
        #[serde(default)]
        offer: Option<Box<Offer>>,
    },
    /// Enter a stay that was agreed on elsewhere.
    Manual {
        /// The landlord.
        by: UserId,
        /// The new booking's id.
        booking_id: BookingId,
        /// The unit type; without it, the listing's only one.
        unit_id: Option<UnitId>,
        /// The nights.
        nights: Nights,
        /// How many people come.
        guests: u16,
        /// Who comes.
        guest: ManualGuest,
        /// What the landlord gets for it, outside of here; without it, today's price.
        total: Option<Money>,
    },
    /// Give a hold or a request up.
    Release {
        /// The tenant.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
    },
    /// Keep a hold for some minutes more, once.
    Extend {
        /// The tenant.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
    },
    /// Ask the landlord whether one may come.
    Request {
        /// The tenant.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// What the landlord reads with it.
        message: Option<String>,
    },
    /// Let who asked come, once they have paid.
    Approve {
        /// The landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
    },
    /// Say no to who asked.
    Decline {
        /// The landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// Why, for the tenant.
        reason: String,
    },
    /// Freeze the price and make out a payment; while the landlord is asked, one that only
    /// reserves it.
    Checkout {
        /// The tenant.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// The new payment's id.
        payment_id: PaymentId,
        /// The price that `request` was made with.
        amount: Money,
        /// The request to the provider.
        request: serde_json::Value,
        /// Whether `request` only reserves the money.
        #[serde(default)]
        reserve: bool,
    },
    /// Call a booking off that stands.
    Cancel {
        /// Who asks.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// As an administrator: how much of it goes back, in per cent.
        percent: Option<u8>,
        /// Why.
        reason: Option<String>,
        /// What the asker was told would go back; refused when it is something else.
        expected: Option<Money>,
    },
    /// The guests are there.
    CheckIn {
        /// The tenant or the landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// Whether the tenant has given the code that only the landlord knows.
        proved: bool,
    },
    /// The guests have left.
    CheckOut {
        /// The tenant or the landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
    },
    /// Nobody came.
    NoShow {
        /// The landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
    },
    /// Propose to have it otherwise; what is not named stays as it is.
    Propose {
        /// The tenant or the landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// The new proposal's id.
        change_id: ProposalId,
        /// The unit type.
        unit_id: Option<UnitId>,
        /// The date of arrival.
        check_in: Option<Date>,
        /// The date of departure.
        check_out: Option<Date>,
        /// How many people come.
        guests: Option<u16>,
        /// The promo code of its terms.
        #[serde(default)]
        promo: Option<Box<PromoTerms>>,
    },
    /// Answer a proposal, or take it back.
    Answer {
        /// The other side; who made it, to take it back.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// The proposal.
        change_id: ProposalId,
        /// The answer.
        answer: Answer,
    },
    /// Make out a payment for what a change costs on top.
    PayChange {
        /// The tenant.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// The proposal.
        change_id: ProposalId,
        /// The new payment's id.
        payment_id: PaymentId,
        /// The difference that `request` was made with.
        amount: Money,
        /// The request to the provider.
        request: serde_json::Value,
    },
    /// A timer: the time to pay, or to answer a request, is over.
    HoldOver {
        /// The booking.
        booking_id: BookingId,
    },
    /// A timer: the provider had long enough to say how the payment ended.
    CloseOverdue {
        /// The booking.
        booking_id: BookingId,
    },
    /// A timer: the guests should have left.
    StayOver {
        /// The booking.
        booking_id: BookingId,
    },
    /// A timer: a proposal was not answered, or not paid for.
    ProposalOver {
        /// The booking.
        booking_id: BookingId,
        /// The proposal.
        change_id: ProposalId,
    },
}

/// An answer to a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes, says the other side.
    Accept,
    /// No, says the other side.
    Decline,
    /// Who made it takes it back.
    Withdraw,
}

impl Command {
    /// The booking that has to be in memory before the decision; none for a new one.
    #[must_use]
    pub const fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Hold { .. } | Self::Manual { .. } => None,
            Self::Release { booking_id, .. }
            | Self::Extend { booking_id, .. }
            | Self::Request { booking_id, .. }
            | Self::Approve { booking_id, .. }
            | Self::Decline { booking_id, .. }
            | Self::Checkout { booking_id, .. }
            | Self::Cancel { booking_id, .. }
            | Self::CheckIn { booking_id, .. }
            | Self::CheckOut { booking_id, .. }
            | Self::NoShow { booking_id, .. }
            | Self::Propose { booking_id, .. }
            | Self::Answer { booking_id, .. }
            | Self::PayChange { booking_id, .. }
            | Self::HoldOver { booking_id }
            | Self::CloseOverdue { booking_id }
            | Self::StayOver { booking_id }
            | Self::ProposalOver { booking_id, .. } => Some(*booking_id),
        }
    }

    /// Whether a timer sends it.
    #[must_use]
    pub const fn is_timer(&self) -> bool {
        matches!(
            self,
            Self::HoldOver { .. }
                | Self::CloseOverdue { .. }
                | Self::StayOver { .. }
                | Self::ProposalOver { .. }
        )
    }
}

//! A booking, from hold to its end. Its one writer is the property's actor, so no two
//! decisions about the same nights ever cross.
//!
//! ```text
//! hold -> pending_approval -> pending_payment -> confirmed -> checked_in -> completed
//!   |          |                    |                |
//!   |          +-> declined         |                +-> cancelled | no_show
//!   |                               +-> expiring(why) -> confirmed | expired | failed
//!   |                                                              | cancelled
//!   +-> expired | cancelled        (a late payment: expired, failed -> confirmed,
//!                                   or the money goes back)
//! ```
//! While the landlord is asked the price can be reserved on the tenant's card
//! (`turn_reserve.rs`); it is taken when they say yes, and let go in every other case.
//! A home that is booked at once goes from `hold` to `pending_payment`, a stay that the
//! landlord enters begins as `confirmed`. `expiring` keeps the nights while the provider is
//! asked how the payment ended: only it knows. Who may do what is in
//! [`super::booking_moves`]. `released_at` says that nights and money are settled.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use super::booking_command::{Answer, Command};
use super::booking_details::{Details, Party};
use super::calendar::Nights;
use super::change::Decision;
use super::ids::{BookingId, PaymentId, PropertyId, TimerId, UnitId, UserId};
use super::money::Money;
use super::payment::PaymentStatus;
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{Outcome, PropertyState};
use super::terms::Terms;
use super::turn::Turn;
pub use super::turn_cancel::{Preview, preview};
use super::turn_change::Wish;
use super::turn_stay::Entry;

/// How many times the provider must have been asked in vain, or have let a round of
/// [`Rules::expiring`](super::rules::Rules::expiring) pass, before an ending hold ends
/// without its word. Time alone does not count: the server may have been down.
pub const CLOSE_ATTEMPTS_MIN: i32 = 3;

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// The nights are kept for the tenant for some minutes.
    Hold,
    /// The landlord is asked whether the tenant may come.
    PendingApproval,
    /// The tenant is at the payment page.
    PendingPayment,
    /// The hold is over; the provider is asked how the payment ended.
    Expiring,
    /// Paid for.
    Confirmed,
    /// The guests are there.
    CheckedIn,
    /// The guests have left.
    Completed,
    /// Not paid in time, or not answered.
    Expired,
    /// The payment went wrong for good.
    Failed,
    /// The landlord said no.
    Declined,
    /// Called off.
    Cancelled,
    /// Nobody came.
    NoShow,
}

impl BookingStatus {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::PendingApproval => "pending_approval",
            Self::PendingPayment => "pending_payment",
            Self::Expiring => "expiring",
            Self::Confirmed => "confirmed",
            Self::CheckedIn => "checked_in",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// Whether a timer, the provider or the landlord has yet to say whether it stands.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Hold | Self::PendingApproval | Self::PendingPayment | Self::Expiring)
    }

    /// Whether its nights are taken by it.
    #[must_use]
    pub const fn keeps_nights(self) -> bool {
        self.is_open() || matches!(self, Self::Confirmed | Self::CheckedIn)
    }
}

/// Why a hold with a payment is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiringReason {
    /// Its time is over: a payment that came all the same is welcome.
    Time,
    /// The tenant gave it up: a payment that came all the same goes back.
    Released,
    /// The tenant tried to pay too often in vain: a payment that came all the same is
    /// welcome.
    Declined,
}

/// A booking as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// Its property.
    pub property_id: PropertyId,
    /// Its unit type.
    pub unit_id: UnitId,
    /// Whose stay it is.
    pub tenant_id: UserId,
    /// The nights.
    pub nights: Nights,
    /// How many people come.
    pub guests: u16,
    /// Where it stands.
    pub status: BookingStatus,
    /// Why it is ending, while it is.
    pub expiring: Option<ExpiringReason>,
    /// What was agreed on at the hold.
    pub terms: Terms,
    /// What is to be paid: what the terms say is due.
    pub total: Money,
    /// When the hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When nights and money were settled after an end.
    pub released_at: Option<Timestamp>,
    /// The timer that is set for it; a booking has one at most.
    pub timer: Option<TimerId>,
    /// The payment that was made out for it.
    pub payment_id: Option<PaymentId>,
    /// Its place among its tenant's open holds, while it is one of them. None: it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<i32>,
    /// What only some bookings have.
    #[serde(default)]
    pub details: Details,
    /// Goes up with every change.
    pub version: i32,
    /// When the hold was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A payment as those who look at its booking see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentGlance {
    /// Its id.
    pub id: PaymentId,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Where it can be paid, while it can.
    pub checkout_url: Option<String>,
}

/// A booking with what its reader needs beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookingSnapshot {
    /// The booking.
    pub booking: Booking,
    /// The listing's title.
    pub property_title: String,
    /// Whose home it is.
    pub landlord_id: UserId,
    /// The home's time zone, by its IANA name.
    #[serde(default)]
    pub zone: String,
    /// Its payment, if one was made out.
    pub payment: Option<PaymentGlance>,
    /// The number of its unit within the type, as far as it has one; for the landlord.
    #[serde(default)]
    pub unit_no: Option<u16>,
}

/// Decides a booking's command.
///
/// # Errors
/// A [`Refusal`]; nothing changes then.
#[expect(clippy::too_many_lines, reason = "a line or two for each kind of command")]
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let listing = state.listing.as_deref().ok_or(Refusal::NotFound)?;
    let turn = Turn { state, listing, context };
    let party = |by: &UserId, id: &BookingId| {
        let booking = state.bookings.get(id).ok_or(Refusal::NotFound)?;
        let party = booking.party(listing.owner, *by).ok_or(Refusal::NotFound)?;
        Ok::<_, Refusal>((booking, party))
    };
    let of = |who: Party, by: &UserId, id: &BookingId| match party(by, id)? {
        (booking, party) if party == who => Ok(booking),
        _ => Err(Refusal::NotFound),
    };
    let tenants = |by, id| of(Party::Tenant, by, id);
    let landlords = |by, id| of(Party::Landlord, by, id);
    match command {
        Command::Hold { by, booking_id, unit_id, nights, guests, slot, offer } => {
            let stay = (*unit_id, *nights, *guests);
            turn.hold(*by, *booking_id, stay, *slot, offer.as_deref())
        }
        Command::Manual { by, booking_id, unit_id, nights, guests, guest, total } => {
            let (booking_id, unit_id) = (*booking_id, *unit_id);
            let (nights, guests, total) = (*nights, *guests, *total);
            turn.manual(*by, &Entry { booking_id, unit_id, nights, guests, guest, total })
        }
        Command::Release { by, booking_id } => turn.release(tenants(by, booking_id)?),
        Command::Extend { by, booking_id } => turn.extend(tenants(by, booking_id)?),
        Command::Request { by, booking_id, message } => {
            turn.request(tenants(by, booking_id)?, message.as_ref())
        }
        Command::Approve { by, booking_id } => turn.approve(landlords(by, booking_id)?),
        Command::Decline { by, booking_id, reason } => {
            turn.decline(landlords(by, booking_id)?, reason)
        }
        Command::Checkout { by, booking_id, payment_id, amount, request, reserve } => {
            let booking = tenants(by, booking_id)?;
            turn.checkout(booking, (*payment_id, *amount), request, *reserve)
        }
        Command::Cancel { by, booking_id, percent, reason, expected } => {
            let (booking, party) = match percent {
                Some(_) => {
                    let booking = state.bookings.get(booking_id).ok_or(Refusal::NotFound)?;
                    (booking, Party::Admin)
                }
                None => party(by, booking_id)?,
            };
            turn.cancel(booking, (party, *percent), reason.as_ref(), *expected)
        }
        Command::CheckIn { by, booking_id, proved } => {
            let (booking, party) = party(by, booking_id)?;
            turn.check_in(booking, party, *proved)
        }
        Command::CheckOut { by, booking_id } => {
            let (booking, party) = party(by, booking_id)?;
            turn.check_out(booking, party)
        }
        Command::NoShow { by, booking_id } => turn.no_show(landlords(by, booking_id)?),
        Command::Propose {
            by,
            booking_id,
            change_id,
            unit_id,
            check_in,
            check_out,
            guests,
            promo,
        } => {
            let (booking, party) = party(by, booking_id)?;
            let (change_id, unit_id) = (*change_id, *unit_id);
            let (check_in, check_out, guests) = (*check_in, *check_out, *guests);
            let promo = promo.as_deref();
            let wish = Wish { change_id, unit_id, check_in, check_out, guests, promo };
            turn.propose(booking, party, &wish)
        }
        Command::Answer { by, booking_id, change_id, answer } => {
            let (booking, party) = party(by, booking_id)?;
            turn.answer(booking, party, *change_id, *answer)
        }
        Command::PayChange { by, booking_id, change_id, payment_id, amount, request } => {
            let paid = (*payment_id, *amount);
            turn.pay_change(tenants(by, booking_id)?, *change_id, paid, request)
        }
        Command::HoldOver { .. }
        | Command::CloseOverdue { .. }
        | Command::StayOver { .. }
        | Command::ProposalOver { .. } => Ok(timer(&turn, command)),
    }
}

fn timer(turn: &Turn<'_>, command: &Command) -> Decision {
    match command {
        Command::HoldOver { booking_id } => turn.hold_over(*booking_id),
        Command::CloseOverdue { booking_id } => turn.close_overdue(*booking_id),
        Command::StayOver { booking_id } => turn.stay_over(*booking_id),
        Command::ProposalOver { booking_id, change_id } => {
            turn.proposal_over(*booking_id, *change_id)
        }
        _ => Decision::new(Outcome::Done),
    }
}

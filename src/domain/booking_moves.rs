//! Who may do what with a booking, and when: the one table of its transitions that people
//! make. Those of timers and of the payment provider are not here.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::booking::{Booking, BookingStatus};
use super::booking_details::{Party, ProposalStatus, Reserve};
use super::calendar;

/// How long after guests could arrive the landlord may say that nobody came.
pub const NO_SHOW_AFTER: Duration = Duration::from_hours(24);

/// How long after that a stay without a word of either side counts as spent: as long again,
/// so that there is a day to say it in.
pub const NO_SHOW_UNTIL: Duration = Duration::from_hours(48);

/// What somebody can do with a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// Give a hold, a request or an unpaid booking up.
    Release,
    /// Get some minutes more to pay.
    Extend,
    /// Ask the landlord.
    Request,
    /// Make the payment out; while the landlord is asked, one that only reserves the price.
    Checkout,
    /// Pay what was made out.
    Pay,
    /// Say yes to who asked.
    Approve,
    /// Say no to who asked.
    Decline,
    /// Call it off.
    Cancel,
    /// Propose to have it otherwise.
    Change,
    /// Say yes to a proposal.
    AcceptChange,
    /// Say no to a proposal.
    DeclineChange,
    /// Take a proposal back.
    WithdrawChange,
    /// Pay what a change costs on top.
    PayChange,
    /// Say that the guests are there.
    CheckIn,
    /// Say that the guests have left.
    CheckOut,
    /// Say that nobody came.
    NoShow,
    /// Give it another unit of its type.
    Move,
}

impl Move {
    /// The name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Extend => "extend",
            Self::Request => "request",
            Self::Checkout => "checkout",
            Self::Pay => "pay",
            Self::Approve => "approve",
            Self::Decline => "decline",
            Self::Cancel => "cancel",
            Self::Change => "change",
            Self::AcceptChange => "accept-change",
            Self::DeclineChange => "decline-change",
            Self::WithdrawChange => "withdraw-change",
            Self::PayChange => "pay-change",
            Self::CheckIn => "check-in",
            Self::CheckOut => "check-out",
            Self::NoShow => "no-show",
            Self::Move => "move",
        }
    }
}

/// When and where a booking is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The instant.
    pub now: Timestamp,
    /// The home's time zone.
    pub zone: &'a TimeZone,
    /// How long nights are held at most before they are paid for.
    pub hold_max: Duration,
}

/// The instant of a time of day at the home. A time that a change of clocks leaves out is
/// moved on, one that comes twice is the first.
#[must_use]
pub fn local(day: Date, time: Time, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().unwrap_or(Timestamp::MAX)
}

impl Booking {
    /// From when the guests may arrive.
    #[must_use]
    pub fn arrival(&self, zone: &TimeZone) -> Timestamp {
        local(self.nights.check_in(), self.terms.check_in_from, zone)
    }

    /// By when the guests leave.
    #[must_use]
    pub fn departure(&self, zone: &TimeZone) -> Timestamp {
        local(self.nights.check_out(), self.terms.check_out_until, zone)
    }

    /// Whether the landlord entered it: nothing is paid for it here.
    #[must_use]
    pub const fn is_manual(&self) -> bool {
        self.details.guest.is_some()
    }

    /// As what somebody has to do with it; `None` for strangers.
    #[must_use]
    pub fn party(&self, landlord: super::ids::UserId, person: super::ids::UserId) -> Option<Party> {
        // Of a stay that the landlord entered, the tenant is the landlord as well.
        match () {
            () if person == landlord => Some(Party::Landlord),
            () if person == self.tenant_id => Some(Party::Tenant),
            () => None,
        }
    }
}

/// What a party may do with a booking.
#[must_use]
pub fn allowed(booking: &Booking, party: Party, at: &Moment<'_>) -> Vec<Move> {
    match party {
        Party::Tenant => of_tenant(booking, at),
        Party::Landlord => of_landlord(booking, at),
        Party::Admin => match booking.status {
            BookingStatus::Confirmed | BookingStatus::CheckedIn => vec![Move::Cancel],
            _ => Vec::new(),
        },
    }
}

fn of_tenant(booking: &Booking, at: &Moment<'_>) -> Vec<Move> {
    let in_time = booking.expires_at.is_none_or(|end| at.now < end);
    let mut moves = Vec::new();
    match booking.status {
        BookingStatus::Hold => {
            moves.push(Move::Release);
            if in_time {
                let onward =
                    if booking.details.by_request { Move::Request } else { Move::Checkout };
                moves.push(onward);
            }
            if in_time && can_be_extended(booking, at) {
                moves.push(Move::Extend);
            }
        }
        BookingStatus::Expiring => moves.push(Move::Release),
        BookingStatus::PendingApproval | BookingStatus::PendingPayment => {
            moves.push(Move::Release);
            // A card that failed once for a request is not tried again before the answer.
            let asks = booking.status == BookingStatus::PendingApproval;
            match (booking.payment_id, booking.details.reserve) {
                (Some(_), Some(Reserve::Made)) => {}
                (Some(_), _) => moves.push(Move::Pay),
                (None, Some(_)) if asks => {}
                (None, _) if in_time => moves.push(Move::Checkout),
                (None, _) => {}
            }
        }
        BookingStatus::Confirmed => {
            moves.push(Move::Cancel);
            moves.extend(about_change(booking, Party::Tenant, at));
            moves.extend(may_arrive(booking, at).then_some(Move::CheckIn));
        }
        BookingStatus::CheckedIn => moves.push(Move::CheckOut),
        BookingStatus::Completed
        | BookingStatus::Expired
        | BookingStatus::Failed
        | BookingStatus::Declined
        | BookingStatus::Cancelled
        | BookingStatus::NoShow => {}
    }
    moves
}

fn of_landlord(booking: &Booking, at: &Moment<'_>) -> Vec<Move> {
    let mut moves = Vec::new();
    match booking.status {
        BookingStatus::PendingApproval => {
            let in_time = booking.expires_at.is_none_or(|end| at.now < end);
            let to_come = booking.nights.check_in() >= calendar::local_date(at.now, at.zone);
            moves.extend((in_time && to_come).then_some(Move::Approve));
            moves.push(Move::Decline);
        }
        BookingStatus::Confirmed => {
            moves.push(Move::Cancel);
            moves.extend(about_change(booking, Party::Landlord, at));
            moves.extend(may_arrive(booking, at).then_some(Move::CheckIn));
            let nobody = booking.arrival(at.zone).saturating_add(NO_SHOW_AFTER);
            moves.extend(nobody.is_ok_and(|from| from <= at.now).then_some(Move::NoShow));
            moves.push(Move::Move);
        }
        BookingStatus::CheckedIn => moves.extend([Move::CheckOut, Move::Move]),
        _ => {}
    }
    moves
}

fn can_be_extended(booking: &Booking, at: &Moment<'_>) -> bool {
    let longest = booking.created_at.saturating_add(at.hold_max).unwrap_or(Timestamp::MAX);
    !booking.details.extended && booking.expires_at.is_some_and(|end| end < longest)
}

fn may_arrive(booking: &Booking, at: &Moment<'_>) -> bool {
    booking.arrival(at.zone) <= at.now && at.now < booking.departure(at.zone)
}

/// What can be done about a change of a booking that stands.
fn about_change(booking: &Booking, party: Party, at: &Moment<'_>) -> Vec<Move> {
    let Some(open) = booking.details.open_change() else { return vec![Move::Change] };
    let in_time = at.now < open.expires_at;
    match open.status {
        ProposalStatus::Open if open.by == party => vec![Move::WithdrawChange],
        ProposalStatus::Open if in_time => vec![Move::AcceptChange, Move::DeclineChange],
        ProposalStatus::Open => vec![Move::DeclineChange],
        _ if party == Party::Tenant && in_time => vec![Move::PayChange, Move::WithdrawChange],
        _ if open.by == party => vec![Move::WithdrawChange],
        _ => Vec::new(),
    }
}

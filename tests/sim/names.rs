//! The words of the table for a request and for what it meets.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rentezy::domain::block;
use rentezy::domain::booking::{self, Answer, Booking, BookingStatus, ExpiringReason};
use rentezy::domain::booking_details::{ProposalStatus, Reserve};
use rentezy::domain::booking_moves::NO_SHOW_AFTER;
use rentezy::domain::calendar;
use rentezy::domain::deposit;
use rentezy::domain::ids::{BlockId, BookingId, TimerId, UserId};
use rentezy::domain::inventory::Occupant;
use rentezy::domain::payment::{self, Decline, Purpose, RefundStatus};
use rentezy::domain::property;
use rentezy::domain::stay::{Command, PropertyState};

use crate::actor::Request;

/// A pair, and whether the request is a timer that what it meets waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) state: &'static str,
    pub(crate) command: &'static str,
    pub(crate) awaited: bool,
}

const UNKNOWN: &str = "unknown";

/// What a request asks of what.
pub(crate) fn pair(state: &PropertyState, request: &Request, now: Timestamp) -> Pair {
    let plain = |state, command| Pair { state, command, awaited: false };
    let zone = state.listing.as_ref().and_then(|listing| calendar::zone(&listing.fields.zone).ok());
    let zone = zone.unwrap_or(TimeZone::UTC);
    let about = |id| state.bookings.get(&id).map_or(UNKNOWN, |row| of_booking(row, now, &zone));
    match &request.command {
        Command::Listing(command) => plain(of_listing(state), listing_command(command, state)),
        Command::Booking(booking::Command::Hold { .. }) => plain(of_listing(state), "hold"),
        Command::Booking(booking::Command::Manual { by, .. }) => {
            let command = if is_owner(state, *by) { "enter" } else { "listing by a stranger" };
            plain(of_listing(state), command)
        }
        Command::Booking(command) => {
            let Some(row) = command.booking().and_then(|id| state.bookings.get(&id)) else {
                return plain(UNKNOWN, "unknown");
            };
            let awaited = awaits(row, command, TimerId::from(request.id.uuid()));
            let command = booking_command(state, row, command, awaited);
            Pair { state: of_booking(row, now, &zone), command, awaited }
        }
        Command::Calendar(block::Command::Move { by, booking_id, .. }) => {
            let command = if is_owner(state, *by) { "move" } else { "by a stranger" };
            plain(about(*booking_id), command)
        }
        Command::Calendar(block::Command::Block { by, .. }) => {
            let command = if is_owner(state, *by) { "block" } else { "listing by a stranger" };
            plain(of_listing(state), command)
        }
        Command::Calendar(block::Command::Unblock { by, block_id }) => {
            let command = if is_owner(state, *by) { "unblock" } else { "block by a stranger" };
            plain(of_block(state, *block_id, now), command)
        }
        Command::Deposit(command) => {
            let Some(row) = state.deposits.get(&command.booking()) else {
                return plain(UNKNOWN, "unknown");
            };
            let awaited = row.timer == Some(TimerId::from(request.id.uuid()));
            Pair {
                state: of_deposit(row),
                command: deposit_command(row, command, awaited),
                awaited,
            }
        }
        Command::Payment(payment::Command::RefundObserved { refund_id, status, .. }) => {
            let standing = match state.refunds.get(refund_id).map(|refund| refund.status) {
                Some(RefundStatus::Pending) => "refund pending",
                Some(RefundStatus::Failed) => "refund failed",
                Some(RefundStatus::Succeeded) => "refund succeeded",
                None => UNKNOWN,
            };
            let seen = match status {
                RefundStatus::Pending => "seen pending",
                RefundStatus::Failed => "seen failed",
                RefundStatus::Succeeded => "seen succeeded",
            };
            plain(standing, seen)
        }
        Command::Payment(command) => {
            let Some(row) = command.payment().and_then(|id| state.payments.get(&id)) else {
                return plain(UNKNOWN, "unknown");
            };
            plain(about(row.booking_id), payment_command(state, row, command))
        }
    }
}

fn is_owner(state: &PropertyState, by: UserId) -> bool {
    state.listing.as_ref().is_some_and(|listing| listing.owner == by)
}

fn of_listing(state: &PropertyState) -> &'static str {
    state.listing.as_ref().map_or(UNKNOWN, |listing| listing.status.name())
}

fn of_block(state: &PropertyState, id: BlockId, now: Timestamp) -> &'static str {
    let today = state.listing.as_ref().map(|listing| listing.today(now));
    match state.inventory.of(Occupant::Block(id)) {
        Some(taken) if Some(taken.nights.check_out()) > today => "block to come",
        Some(_) => "block over",
        None => "block gone",
    }
}

/// Where a booking stands.
pub(crate) fn of_booking(row: &Booking, now: Timestamp, zone: &TimeZone) -> &'static str {
    use BookingStatus as S;
    let never_paid = row.payment_id.is_none() && row.details.reserve.is_none();
    match row.status {
        S::Hold if row.details.by_request => "hold to ask for",
        S::Hold => "hold",
        S::PendingApproval => match row.details.reserve {
            None => "asked",
            Some(Reserve::Asked) => "reserving",
            Some(Reserve::Made) => "reserved",
            Some(Reserve::Lost) => "asked, not reserved",
        },
        S::PendingPayment => match (row.payment_id, row.details.reserve) {
            (None, None) => "approved",
            (None, Some(_)) => "approved, not reserved",
            (Some(_), Some(Reserve::Asked)) => "approved, reserving",
            (Some(_), Some(Reserve::Made)) => "capturing",
            (Some(_), _) => "paying",
        },
        S::Expiring => match row.expiring {
            Some(ExpiringReason::Released) => "expiring(released)",
            Some(ExpiringReason::Declined) => "expiring(declined)",
            _ => "expiring(time)",
        },
        S::Confirmed if row.details.guest.is_some() => "entered",
        S::Confirmed => match row.details.open_change() {
            Some(open) if open.status == ProposalStatus::Open => "change open",
            Some(open) if open.payment_id.is_none() => "change accepted",
            Some(_) => "change paying",
            None => {
                let arrival = row.arrival(zone);
                match () {
                    () if now < arrival => "confirmed",
                    () if now < arrival + NO_SHOW_AFTER => "arrival",
                    () => "nobody came",
                }
            }
        },
        S::CheckedIn => "checked in",
        S::Completed => "completed",
        S::NoShow => "no show",
        S::Expired if never_paid => "expired unpaid",
        S::Expired => "expired",
        S::Failed => "failed",
        S::Declined if never_paid => "declined unpaid",
        S::Declined => "declined",
        S::Cancelled if row.details.confirmed_at.is_some() => "called off",
        S::Cancelled if never_paid => "cancelled unpaid",
        S::Cancelled => "cancelled",
    }
}

/// Whether a booking waits for a timer.
fn awaits(row: &Booking, command: &booking::Command, timer: TimerId) -> bool {
    match command {
        booking::Command::ProposalOver { change_id, .. } => {
            let open = row.details.open_change();
            open.is_some_and(|open| open.id == *change_id && open.timer == Some(timer))
        }
        _ => row.timer == Some(timer),
    }
}

fn booking_command(
    state: &PropertyState,
    row: &Booking,
    command: &booking::Command,
    awaited: bool,
) -> &'static str {
    use booking::Command as C;
    const STRANGER: &str = "by a stranger";
    let landlord = |by: &UserId| is_owner(state, *by);
    let tenant = |by: &UserId| *by == row.tenant_id;
    let side = |by: &UserId, theirs, ours| match () {
        () if landlord(by) => ours,
        () if tenant(by) => theirs,
        () => STRANGER,
    };
    let if_tenant = |by, name| if tenant(by) { name } else { STRANGER };
    let if_landlord = |by, name| if landlord(by) { name } else { STRANGER };
    match command {
        C::Hold { .. } | C::Manual { .. } => "unknown",
        C::Release { by, .. } => if_tenant(by, "release"),
        C::Extend { by, .. } => if_tenant(by, "extend"),
        C::Request { by, .. } => if_tenant(by, "request"),
        C::Approve { by, .. } => if_landlord(by, "approve"),
        C::Decline { by, .. } => if_landlord(by, "decline"),
        C::Checkout { by, .. } => if_tenant(by, "checkout"),
        C::Cancel { percent: Some(_), .. } => "cancel by admin",
        C::Cancel { by, .. } => side(by, "cancel", "cancel by landlord"),
        C::CheckIn { by, proved: true, .. } => side(by, "check in", "check in by landlord"),
        C::CheckIn { by, .. } => side(by, "check in without code", "check in by landlord"),
        C::CheckOut { by, .. } => side(by, "check out", "check out by landlord"),
        C::NoShow { by, .. } => if_landlord(by, "no show"),
        C::Propose { by, .. } => side(by, "propose", "propose by landlord"),
        C::Answer { by, answer, .. } => {
            let name = match answer {
                Answer::Accept => "accept",
                Answer::Decline => "decline change",
                Answer::Withdraw => "withdraw",
            };
            side(by, name, name)
        }
        C::PayChange { by, .. } => if_tenant(by, "pay change"),
        C::HoldOver { .. } if awaited => "hold over",
        C::HoldOver { .. } => "stale hold over",
        C::CloseOverdue { .. } if awaited => "close overdue",
        C::CloseOverdue { .. } => "stale close overdue",
        C::StayOver { .. } if awaited => "stay over",
        C::StayOver { .. } => "stale stay over",
        C::ProposalOver { .. } if awaited => "proposal over",
        C::ProposalOver { .. } => "stale proposal over",
    }
}

fn payment_command(
    state: &PropertyState,
    row: &payment::Payment,
    command: &payment::Command,
) -> &'static str {
    use payment::Command as C;
    let of = |stay, change| if row.purpose == Purpose::Stay { stay } else { change };
    match command {
        C::SessionOpened { .. } => of("session opened", "change session opened"),
        C::SessionEnded { .. } => of("session ended", "change session ended"),
        C::Authorized { amount, .. } if *amount == row.amount => {
            of("authorized", "change authorized")
        }
        C::Authorized { .. } => of("authorized otherwise", "change authorized"),
        C::Paid { amount, .. } if *amount == row.amount => of("paid", "change paid"),
        C::Paid { .. } => of("paid otherwise", "change paid otherwise"),
        C::CloseUnanswered { .. } => of("close unanswered", "change close unanswered"),
        C::AttemptFailed { decline: Decline::Hard, .. } => {
            of("attempt failed hard", "change attempt failed hard")
        }
        C::AttemptFailed { .. } => of("attempt failed", "change attempt failed"),
        C::Refund { admin: true, .. } => of("refund by admin", "change refund"),
        C::Refund { by, .. } if is_owner(state, *by) => of("refund", "change refund"),
        C::Refund { .. } => "by a stranger",
        C::RefundObserved { .. } => "unknown",
    }
}

/// Where a deposit stands.
pub(crate) fn of_deposit(row: &deposit::Deposit) -> &'static str {
    match row.status {
        deposit::Status::Held => "deposit held",
        deposit::Status::Due if row.deductions.is_empty() => "deposit due",
        deposit::Status::Due => "deposit to be kept from",
        deposit::Status::Contested => "deposit contested",
        deposit::Status::Released => "deposit released",
    }
}

fn deposit_command(
    row: &deposit::Deposit,
    command: &deposit::Command,
    awaited: bool,
) -> &'static str {
    use deposit::Command as C;
    const STRANGER: &str = "deposit by a stranger";
    match command {
        C::Deduct { by, .. } if *by == row.landlord_id => "deduct",
        C::Release { by, .. } if *by == row.landlord_id => "give back",
        C::Contest { by, .. } if *by == row.tenant_id => "contest",
        C::Deduct { .. } | C::Release { .. } | C::Contest { .. } => STRANGER,
        C::Resolve { .. } => "resolve",
        C::ReleaseDue { .. } if awaited => "release due",
        C::ReleaseDue { .. } => "stale release due",
    }
}

fn listing_command(command: &property::Command, state: &PropertyState) -> &'static str {
    use property::Command as C;
    let (C::EditUnit { by, .. }
    | C::SetPolicies { by, .. }
    | C::SetStayRules { by, .. }
    | C::Price { by, .. }
    | C::Publish { by, .. }
    | C::Unpublish { by, .. }
    | C::Archive { by, .. }) = command
    else {
        return UNKNOWN;
    };
    if !is_owner(state, *by) {
        return "listing by a stranger";
    }
    match command {
        C::EditUnit { .. } => "edit unit",
        C::SetPolicies { .. } => "set policies",
        C::SetStayRules { .. } => "set stay rules",
        C::Price { .. } => "set prices",
        C::Publish { .. } => "publish",
        C::Unpublish { .. } => "unpublish",
        _ => "archive",
    }
}

/// The booking that a command is about; none for a new one, or none at all.
pub(crate) fn booking_of(state: &PropertyState, command: &Command) -> Option<BookingId> {
    match command {
        Command::Listing(_) => None,
        Command::Booking(
            booking::Command::Hold { booking_id, .. } | booking::Command::Manual { booking_id, .. },
        ) => Some(*booking_id),
        Command::Booking(command) => command.booking(),
        Command::Calendar(command) => command.booking(),
        Command::Deposit(command) => Some(command.booking()),
        Command::Payment(payment::Command::RefundObserved { refund_id, .. }) => {
            state.refunds.get(refund_id).map(|refund| refund.booking_id)
        }
        Command::Payment(command) => {
            let row = command.payment().and_then(|id| state.payments.get(&id));
            row.map(|row| row.booking_id)
        }
    }
}

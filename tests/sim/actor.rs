//! The property's actor without its mailbox: memory loaded from rows, several commands a
//! set, records of what was carried out.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rentezy::domain::booking::{self, BookingStatus, ExpiringReason};
use rentezy::domain::calendar;
use rentezy::domain::change::{Decision, Net};
use rentezy::domain::ids::{BookingId, RequestId, TimerId};
use rentezy::domain::inventory::Occupant;
use rentezy::domain::payment;
use rentezy::domain::refusal::Refusal;
use rentezy::domain::rules::{Context, Rules};
use rentezy::domain::stay::{self, Command, Outcome, PropertyState};

use crate::rows::Rows;

/// A command with the key of its record.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) command: Command,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Done(Outcome),
    Repeated(Outcome),
    Refused(Refusal),
}

/// A request that was decided.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) request: Request,
    pub(crate) answer: Answer,
    /// Where the thing that it is about stood.
    pub(crate) state: String,
    /// Whether it is a timer that its booking waited for.
    pub(crate) awaited: bool,
}

/// A change set.
#[derive(Debug, Default)]
pub(crate) struct Set {
    pub(crate) net: Net,
    pub(crate) records: Vec<(RequestId, Outcome)>,
    pub(crate) decided: Vec<Decided>,
}

/// The memory, as storage loads it: nights that are long over stay away, unless their
/// booking is open and will give them back.
pub(crate) fn load(rows: &Rows, now: Timestamp) -> PropertyState {
    let from = calendar::local_date(now - SignedDuration::from_hours(48), &TimeZone::UTC);
    let mut state = PropertyState::of(rows.listing.clone());
    rows.slots.iter().for_each(|slot| state.inventory.add_slot(*slot));
    for stay in rows.nights.values() {
        let is_open =
            matches!(stay.occupant, Occupant::Booking(id) if rows.bookings[&id].status.is_open());
        if is_open || stay.nights.check_out() > from {
            state.inventory.occupy(*stay);
        }
    }
    let open: Vec<_> = rows.bookings.values().filter(|row| row.status.is_open()).collect();
    for booking in open {
        fetch_booking(&mut state, rows, booking.id);
    }
    state
}

fn fetch_booking(state: &mut PropertyState, rows: &Rows, id: BookingId) {
    let Some(booking) = rows.bookings.get(&id) else { return };
    if state.bookings.contains_key(&id) {
        return;
    }
    state.take_in(booking.clone());
    let payments = rows.payments.values().filter(|payment| payment.booking_id == id);
    state.payments.extend(payments.map(|payment| (payment.id, payment.clone())));
}

/// Fetches what a command is about, as the actor's memory does.
fn fetch(state: &mut PropertyState, rows: &Rows, command: &Command) {
    match command {
        // The simulation asks none of the calendar.
        Command::Listing(_) | Command::Calendar(_) => {}
        Command::Booking(command) => {
            if let Some(id) = command.booking() {
                fetch_booking(state, rows, id);
            }
        }
        Command::Deposit(command) => fetch_booking(state, rows, command.booking()),
        Command::Payment(payment::Command::RefundObserved { refund_id, .. }) => {
            if let Some(refund) = rows.refunds.get(refund_id) {
                state.refunds.entry(*refund_id).or_insert_with(|| refund.clone());
                fetch_booking(state, rows, refund.booking_id);
            }
        }
        Command::Payment(command) => {
            let row = command.payment().and_then(|id| rows.payments.get(&id));
            if let Some(payment) = row {
                fetch_booking(state, rows, payment.booking_id);
            }
        }
    }
}

/// Decides requests one after the other, each seeing those before it.
pub(crate) fn turn(
    state: &mut PropertyState,
    rows: &Rows,
    requests: Vec<Request>,
    now: Timestamp,
    rules: &Rules,
) -> Set {
    requests.iter().for_each(|request| fetch(state, rows, &request.command));
    let mut set = Set::default();
    for request in requests {
        let (standing, awaited) = standing(state, &request);
        let answer = decide_one(state, rows, &mut set, &request, now, rules);
        set.decided.push(Decided { request, answer, state: standing, awaited });
    }
    set
}

fn decide_one(
    state: &mut PropertyState,
    rows: &Rows,
    set: &mut Set,
    request: &Request,
    now: Timestamp,
    rules: &Rules,
) -> Answer {
    let pending = set.records.iter().find(|(id, _)| *id == request.id);
    if let Some(outcome) = pending.map(|(_, outcome)| outcome).or(rows.records.get(&request.id)) {
        return Answer::Repeated(outcome.clone());
    }
    let context = Context { now, request: request.id.uuid(), rules };
    let is_timer = request.command.is_timer();
    let decision = match stay::decide(state, &request.command, &context) {
        Ok(decision) => decision,
        Err(_) if is_timer => Decision::new(Outcome::Done),
        Err(refusal) => return Answer::Refused(refusal),
    };
    let answer = Answer::Done(decision.outcome.clone());
    if decision.is_empty() && !is_timer {
        return answer;
    }
    for change in decision.changes {
        let (version, nights) = (state.version_of(&change), state.occupied_by(&change));
        state.apply(&change);
        set.net.take(change, version, nights);
    }
    if is_timer {
        set.net.fire(TimerId::from(request.id.uuid()));
    }
    set.records.push((request.id, decision.outcome));
    answer
}

/// Where the thing that a request is about stands, in a word, and whether the request is
/// the timer that it waits for.
fn standing(state: &PropertyState, request: &Request) -> (String, bool) {
    let id = match &request.command {
        Command::Listing(_) => return ("listing".into(), false),
        Command::Calendar(_) => return ("calendar".into(), false),
        Command::Booking(booking::Command::Hold { .. }) => return ("none".into(), false),
        Command::Booking(command) => command.booking(),
        Command::Deposit(command) => Some(command.booking()),
        Command::Payment(payment::Command::RefundObserved { refund_id, .. }) => {
            let status = state.refunds.get(refund_id).map(|refund| refund.status.name());
            return (status.unwrap_or("unknown").into(), false);
        }
        Command::Payment(command) => {
            let payment = command.payment().and_then(|id| state.payments.get(&id));
            payment.map(|payment| payment.booking_id)
        }
    };
    let Some(booking) = id.and_then(|id| state.bookings.get(&id)) else {
        return ("unknown".into(), false);
    };
    let standing = match booking.expiring {
        Some(ExpiringReason::Time) => "expiring(time)",
        Some(ExpiringReason::Released) => "expiring(released)",
        Some(ExpiringReason::Declined) => "expiring(declined)",
        None => BookingStatus::name(booking.status),
    };
    (standing.into(), booking.timer == Some(TimerId::from(request.id.uuid())))
}

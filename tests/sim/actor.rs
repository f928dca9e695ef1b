//! The property's actor without its mailbox: memory loaded from rows, several commands a
//! set, records of what was carried out.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use rentezy::domain::calendar;
use rentezy::domain::change::{Change, Decision, Net};
use rentezy::domain::event::Event;
use rentezy::domain::ids::{BookingId, RequestId, TimerId};
use rentezy::domain::inventory::{Occupancy, Occupant, Slot};
use rentezy::domain::payment;
use rentezy::domain::refusal::Refusal;
use rentezy::domain::rules::{Context, Rules};
use rentezy::domain::stay::{Command, Outcome, PropertyState};
use rentezy::domain::stay_rules::BUFFER_MAX;

use crate::names::{self, Pair};
use crate::rows::Rows;

/// The rules: the real ones, or some with a fault.
pub(crate) type Judge = fn(&PropertyState, &Command, &Context<'_>) -> Result<Decision, Refusal>;

/// The longest gap.
pub(crate) const GAP_MAX: i64 = BUFFER_MAX as i64;

/// The units and what lies in them.
pub(crate) type Lying = Vec<(Slot, Vec<Occupancy>)>;

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
    /// What it met.
    pub(crate) pair: Pair,
    /// The booking that it is about.
    pub(crate) about: Option<BookingId>,
    /// What lay in which unit before.
    pub(crate) lying: Lying,
    /// Whether room was found, if it was looked for.
    pub(crate) found: bool,
}

/// A change set.
#[derive(Debug, Default)]
pub(crate) struct Set {
    pub(crate) net: Net,
    pub(crate) records: Vec<(RequestId, Outcome)>,
    pub(crate) events: Vec<Event>,
    pub(crate) decided: Vec<Decided>,
}

/// The memory, as storage loads it: nights that no gap reaches beyond stay away, unless their
/// booking is open and will give them back.
pub(crate) fn load(rows: &Rows, now: Timestamp) -> PropertyState {
    let from = calendar::local_date(now - SignedDuration::from_hours(48), &TimeZone::UTC);
    let mut state = PropertyState::of(rows.listing.clone());
    rows.slots.iter().for_each(|slot| state.inventory.add_slot(*slot));
    for stay in rows.nights.values() {
        let keeps = |id| rows.bookings[&id].status.keeps_nights();
        let is_kept = matches!(stay.occupant, Occupant::Booking(id) if keeps(id));
        if is_kept || stay.nights.check_out() + GAP_MAX.days() > from {
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
    state.take_in(Box::new(booking.clone()));
    let payments = rows.payments.values().filter(|payment| payment.booking_id == id);
    state.payments.extend(payments.map(|payment| (payment.id, payment.clone())));
    let deposit = rows.deposits.get(&id);
    state.deposits.extend(deposit.map(|deposit| (id, deposit.clone())));
}

/// Fetches what a command is about, as the actor's memory does.
fn fetch(state: &mut PropertyState, rows: &Rows, command: &Command) {
    match command {
        Command::Listing(_) => {}
        Command::Calendar(command) => {
            if let Some(id) = command.booking() {
                fetch_booking(state, rows, id);
            }
        }
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
    (rules, judge): (&Rules, Judge),
) -> Set {
    requests.iter().for_each(|request| fetch(state, rows, &request.command));
    let mut set = Set::default();
    for request in requests {
        let pair = names::pair(state, &request, now);
        let about = names::booking_of(state, &request.command);
        let lying = lying(state);
        let context = Context { now, request: request.id.uuid(), rules };
        let (answer, found) = decide_one(state, rows, &mut set, &request, (&context, judge));
        set.decided.push(Decided { request, answer, pair, about, lying, found });
    }
    set
}

fn lying(state: &PropertyState) -> Lying {
    let units = state.listing.iter().flat_map(|listing| &listing.units);
    units.flat_map(|unit| state.inventory.of_unit(unit.id)).cloned().collect()
}

/// Decides a request: its answer, and whether room was found if it was looked for.
fn decide_one(
    state: &mut PropertyState,
    rows: &Rows,
    set: &mut Set,
    request: &Request,
    (context, judge): (&Context<'_>, Judge),
) -> (Answer, bool) {
    let pending = set.records.iter().find(|(id, _)| *id == request.id);
    if let Some(outcome) = pending.map(|(_, outcome)| outcome).or(rows.records.get(&request.id)) {
        return (Answer::Repeated(outcome.clone()), false);
    }
    let is_timer = request.command.is_timer();
    let decision = match judge(state, &request.command, context) {
        Ok(decision) => decision,
        Err(_) if is_timer => Decision::new(Outcome::Done),
        Err(refusal) => {
            let full = matches!(refusal, Refusal::NightsTaken { .. } | Refusal::HasStays);
            return (Answer::Refused(refusal), !full);
        }
    };
    let answer = Answer::Done(decision.outcome.clone());
    if decision.is_empty() && !is_timer {
        return (answer, true);
    }
    // Money that comes is always taken; what is said of the nights tells whether they are.
    let is_money = matches!(request.command, Command::Payment(payment::Command::Paid { .. }));
    set.events.extend(decision.events.into_iter().map(|(_, event)| event));
    let occupies = decision.changes.iter().any(|change| matches!(change, Change::Occupy(_)));
    for change in decision.changes {
        let (version, nights) = (state.version_of(&change), state.occupied_by(&change));
        state.apply(&change);
        set.net.take(change, version, nights);
    }
    if is_timer {
        set.net.fire(TimerId::from(request.id.uuid()));
    }
    set.records.push((request.id, decision.outcome));
    (answer, occupies || !is_money)
}

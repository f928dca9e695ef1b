//! The aggregate that a property's actor owns: the listing, its nights, its bookings and
//! their payments. One command at a time goes through [`decide`]; what it decides is taken
//! in by [`PropertyState::apply`].

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::block::{self, Blocked};
use super::booking::{self, Booking, BookingSnapshot};
use super::change::{Change, Decision};
use super::deposit::{self, Deposit};
use super::ids::{BookingId, PaymentId, RefundId, UserId};
use super::inventory::{Inventory, Occupancy};
use super::ledger;
use super::payment::{self, Payment, Refund};
use super::property::{self, Listing};
use super::refusal::Refusal;
use super::rules::Context;

/// What can be asked of a property. Plain data: a command travels between nodes and lies
/// in timers' rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Of its listing.
    Listing(property::Command),
    /// Of its bookings.
    Booking(booking::Command),
    /// Of its payments.
    Payment(payment::Command),
    /// Of its calendar.
    Calendar(block::Command),
    /// Of the deposits of its bookings.
    Deposit(deposit::Command),
}

impl From<booking::Command> for Command {
    fn from(command: booking::Command) -> Self {
        Self::Booking(command)
    }
}

impl Command {
    /// Whether a timer sends it. Such a command always leaves a record: that it was fired.
    #[must_use]
    pub const fn is_timer(&self) -> bool {
        match self {
            Self::Booking(command) => command.is_timer(),
            Self::Deposit(command) => matches!(command, deposit::Command::ReleaseDue { .. }),
            Self::Listing(_) | Self::Payment(_) | Self::Calendar(_) => false,
        }
    }
}

/// The answer to a command that was carried out: what its record keeps, and a retry gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The listing as it is now.
    Listing(Box<Listing>),
    /// The booking as it is now.
    Booking(Box<BookingSnapshot>),
    /// Nights that are kept back from now on.
    Blocks(Vec<Blocked>),
    /// The refund as it is now.
    Refund(Box<Refund>),
    /// The deposit as it is now.
    Deposit(Box<Deposit>),
    /// Nothing that anybody waits for.
    Done,
}

/// What a property's actor knows. Bookings, payments and refunds that have come to an end
/// need not be here; those that a command names are fetched before it is decided.
#[derive(Debug, Clone, Default)]
pub struct PropertyState {
    /// The listing; `None` before it is created.
    pub listing: Option<Box<Listing>>,
    /// The units and their nights.
    pub inventory: Inventory,
    /// Bookings by id. Boxed: a table has room for more than it holds.
    pub bookings: HashMap<BookingId, Box<Booking>>,
    /// Payments by id.
    pub payments: HashMap<PaymentId, Payment>,
    /// Refunds by id.
    pub refunds: HashMap<RefundId, Refund>,
    /// Deposits by their bookings.
    pub deposits: HashMap<BookingId, Deposit>,
    /// Bookings here that had come to an end when they were taken in.
    ended: Vec<BookingId>,
    /// The last open booking of each user, if it is still open.
    open_of: HashMap<UserId, BookingId>,
}

/// Decides a command.
///
/// # Errors
/// A [`Refusal`]; nothing changes then.
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let mut decision = match command {
        Command::Listing(command) => property::decide(state, command, context),
        Command::Booking(command) => booking::decide(state, command, context),
        Command::Payment(command) => payment::decide(state, command, context),
        Command::Calendar(command) => block::decide(state, command, context),
        Command::Deposit(command) => deposit::decide(state, command, context),
    }?;
    deposit::follow(state, &mut decision, context);
    ledger::follow(state, &mut decision, context);
    Ok(decision)
}

impl PropertyState {
    /// A property of which only the listing is known.
    #[must_use]
    pub fn of(listing: Option<Listing>) -> Self {
        let mut state = Self::default();
        state.inventory.set_gap(listing.as_ref().map_or(0, |listing| listing.stay_rules.gap()));
        state.listing = listing.map(Box::new);
        state
    }

    /// Takes a change in.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Listing(listing) => {
                self.inventory.set_gap(listing.stay_rules.gap());
                self.listing = Some(listing.clone());
            }
            Change::Slot(slot) => self.inventory.add_slot(*slot),
            Change::RetireSlot(slot_id) => self.inventory.remove_slot(*slot_id),
            Change::Booking(booking) => self.take_in(booking.clone()),
            Change::Payment(payment) => {
                self.payments.insert(payment.id, (**payment).clone());
            }
            Change::Refund(refund) => {
                self.refunds.insert(refund.id, (**refund).clone());
            }
            Change::Deposit(deposit) => {
                self.deposits.insert(deposit.id, (**deposit).clone());
            }
            Change::Occupy(occupancy) => self.inventory.occupy(*occupancy),
            Change::Vacate(occupant) => self.inventory.vacate(*occupant),
            Change::Post(_)
            | Change::Block(_)
            | Change::Unblock(_)
            | Change::SetTimer(_)
            | Change::DropTimer(_)
            | Change::TakeGate(_)
            | Change::FreeGate { .. } => {}
        }
    }

    /// The version that the thing a change is about has now.
    #[must_use]
    pub fn version_of(&self, change: &Change) -> Option<i32> {
        match change {
            Change::Listing(_) => self.listing.as_ref().map(|listing| listing.version),
            Change::Booking(booking) => self.bookings.get(&booking.id).map(|row| row.version),
            Change::Payment(payment) => self.payments.get(&payment.id).map(|row| row.version),
            Change::Refund(refund) => self.refunds.get(&refund.id).map(|row| row.version),
            Change::Deposit(deposit) => self.deposits.get(&deposit.id).map(|row| row.version),
            Change::Slot(_)
            | Change::RetireSlot(_)
            | Change::Post(_)
            | Change::Occupy(_)
            | Change::Vacate(_)
            | Change::Block(_)
            | Change::Unblock(_)
            | Change::SetTimer(_)
            | Change::DropTimer(_)
            | Change::TakeGate(_)
            | Change::FreeGate { .. } => None,
        }
    }

    /// The nights that the occupant a change is about takes now.
    #[must_use]
    pub fn occupied_by(&self, change: &Change) -> Option<Occupancy> {
        match change {
            Change::Occupy(occupancy) => self.inventory.of(occupancy.occupant).copied(),
            Change::Vacate(occupant) => self.inventory.of(*occupant).copied(),
            _ => None,
        }
    }

    /// Takes a booking in, in place of what was known of it.
    pub fn take_in(&mut self, booking: Box<Booking>) {
        let (id, tenant) = (booking.id, booking.tenant_id);
        if booking.status.is_open() {
            self.open_of.insert(tenant, id);
        } else {
            self.ended.push(id);
            if self.open_of.get(&tenant) == Some(&id) {
                self.open_of.remove(&tenant);
            }
        }
        self.bookings.insert(id, booking);
    }

    /// An open booking of a user, if there is one.
    #[must_use]
    pub fn open_of(&self, user: UserId) -> Option<BookingId> {
        self.open_of.get(&user).copied()
    }

    /// Forgets bookings that have come to an end, with their payments and refunds: they
    /// are fetched again should anybody ask. Costs nothing while all are open.
    pub fn forget_settled(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        for id in self.ended.drain(..) {
            if self.bookings.get(&id).is_some_and(|booking| !booking.status.is_open()) {
                self.bookings.remove(&id);
            }
        }
        let bookings = &self.bookings;
        self.payments.retain(|_, payment| bookings.contains_key(&payment.booking_id));
        self.refunds.retain(|_, refund| bookings.contains_key(&refund.booking_id));
        self.deposits.retain(|id, _| bookings.contains_key(id));
    }
}

//! What a decision changes, as data, and the net effect of several decisions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::block::Block;
use super::booking::Booking;
use super::deposit::Deposit;
use super::event::Event;
use super::gate::Gate;
use super::ids::{BlockId, BookingId, PaymentId, RefundId, TimerId};
use super::inventory::{Occupancy, Occupant, Slot};
use super::ledger::Posting;
use super::payment::{Payment, Refund};
use super::property::Listing;
use super::stay::{Command, Outcome};

/// A durable timer: at its time the entity gets the command, under the timer's id.
#[derive(Debug, Clone, PartialEq)]
pub struct Timer {
    /// Its id, which is the request id of the command it fires.
    pub id: TimerId,
    /// When it is due.
    pub fire_at: Timestamp,
    /// What the entity is told then.
    pub command: Command,
}

/// One thing in its final state.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The listing.
    Listing(Box<Listing>),
    /// A unit that was added.
    Slot(Slot),
    /// A unit that was taken away, by its slot; what was in it is over.
    RetireSlot(i64),
    /// A booking.
    Booking(Box<Booking>),
    /// A payment.
    Payment(Box<Payment>),
    /// A refund.
    Refund(Box<Refund>),
    /// A deposit.
    Deposit(Box<Deposit>),
    /// A movement of money; it is only ever added.
    Post(Box<Posting>),
    /// Nights taken, in place of those that the same occupant took before.
    Occupy(Occupancy),
    /// Somebody's nights given back.
    Vacate(Occupant),
    /// What is said of nights that are kept back from now on.
    Block(Box<Block>),
    /// What was said of nights that are kept back no longer.
    Unblock(BlockId),
    /// A timer set.
    SetTimer(Timer),
    /// A timer that has become pointless.
    DropTimer(TimerId),
    /// A place under a limit. If it has another holder, all that is decided with it is void.
    TakeGate(Gate),
    /// A place given back; it may have been free.
    FreeGate {
        /// What is limited.
        scope: Uuid,
        /// The place.
        slot: i32,
        /// Whose it was.
        holder: BookingId,
    },
}

/// What a rule decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What changes.
    pub changes: Vec<Change>,
    /// What is told about it, each with the key of its order: the aggregate.
    pub events: Vec<(Uuid, Event)>,
    /// The answer, which a retry gets again.
    pub outcome: Outcome,
}

impl Decision {
    /// A decision that changes nothing so far.
    #[must_use]
    pub const fn new(outcome: Outcome) -> Self {
        Self { changes: Vec::new(), events: Vec::new(), outcome }
    }

    /// Adds a change.
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Adds an event under its aggregate's key.
    pub fn event(&mut self, key: Uuid, event: Event) {
        self.events.push((key, event));
    }

    /// The bookings that it changes, as they become.
    pub fn bookings(&self) -> impl Iterator<Item = &Booking> {
        let booking = |change: &'_ Change| match change {
            Change::Booking(booking) => Some(booking.id),
            _ => None,
        };
        self.changes.iter().enumerate().filter_map(move |(at, change)| match change {
            Change::Booking(row) => {
                let later = self.changes.iter().skip(at + 1).filter_map(booking);
                (!later.into_iter().any(|id| id == row.id)).then_some(&**row)
            }
            _ => None,
        })
    }

    /// The booking as it becomes; none if it stays as it is.
    #[must_use]
    pub fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.bookings().find(|booking| booking.id == id)
    }

    /// The refunds that it changes.
    pub fn refunds(&self) -> impl Iterator<Item = &Refund> {
        self.changes.iter().filter_map(|change| match change {
            Change::Refund(refund) => Some(&**refund),
            _ => None,
        })
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.events.is_empty()
    }
}

/// A row that is written: what it was in the database and what it becomes. An update names
/// the version it starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Write<T> {
    /// The version in the database; `None` for a new row.
    pub from_version: Option<i32>,
    /// The row in its final state.
    pub row: T,
}

/// The net effect of a run of decisions: at most one operation for each row.
#[derive(Debug, Clone, Default)]
pub struct Net {
    /// The listing, if it changed.
    pub listing: Option<Write<Listing>>,
    /// Units added.
    pub slots: Vec<Slot>,
    /// Slots of units taken away.
    pub retired: Vec<i64>,
    /// Bookings made or changed.
    pub bookings: BTreeMap<BookingId, Write<Booking>>,
    /// Payments made or changed.
    pub payments: BTreeMap<PaymentId, Write<Payment>>,
    /// Refunds made or changed.
    pub refunds: BTreeMap<RefundId, Write<Refund>>,
    /// Deposits held or changed, by their bookings.
    pub deposits: BTreeMap<BookingId, Write<Deposit>>,
    /// Movements of money.
    pub postings: Vec<Posting>,
    /// Nights by who takes them: what is in the database, and what shall be.
    pub occupancies: BTreeMap<Occupant, (Option<Occupancy>, Option<Occupancy>)>,
    /// Blocks that are new, or gone.
    pub blocks: BTreeMap<BlockId, Option<Block>>,
    /// Timers to set, fire or drop.
    pub timers: BTreeMap<TimerId, TimerWrite>,
    /// Places under limits, by scope and number.
    pub gates: BTreeMap<(Uuid, i32), GateWrite>,
}

/// What happens to a gate's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateWrite {
    /// It is inserted, if the place is free.
    Take(Gate),
    /// It is deleted, if it is this booking's.
    Free(BookingId),
}

/// What happens to a timer's row.
#[derive(Debug, Clone, PartialEq)]
pub enum TimerWrite {
    /// It is inserted.
    Set(Timer),
    /// It is marked as fired.
    Fire,
    /// It is deleted.
    Drop,
    /// It came and went within the set: nothing is written.
    Nothing,
}

impl Net {
    /// Takes a change in. `version_before` is the version that the changed thing has in the
    /// present state, `None` when it is new; `occupied_before` what the occupant takes in it.
    pub fn take(
        &mut self,
        change: Change,
        version_before: Option<i32>,
        occupied_before: Option<Occupancy>,
    ) {
        match change {
            Change::Listing(row) => {
                let from_version = self.listing.take().map_or(version_before, |w| w.from_version);
                self.listing = Some(Write { from_version, row: *row });
            }
            Change::Slot(slot) => self.slots.push(slot),
            Change::RetireSlot(slot_id) => {
                let before = self.slots.len();
                self.slots.retain(|slot| slot.slot_id != slot_id);
                if self.slots.len() == before {
                    self.retired.push(slot_id);
                }
            }
            Change::Booking(row) => put(&mut self.bookings, row.id, *row, version_before),
            Change::Payment(row) => put(&mut self.payments, row.id, *row, version_before),
            Change::Refund(row) => put(&mut self.refunds, row.id, *row, version_before),
            Change::Deposit(row) => put(&mut self.deposits, row.id, *row, version_before),
            Change::Post(posting) => self.postings.push(*posting),
            Change::Occupy(occupancy) => {
                self.occupancies.entry(occupancy.occupant).or_insert((occupied_before, None)).1 =
                    Some(occupancy);
            }
            Change::Vacate(occupant) => {
                self.occupancies.entry(occupant).or_insert((occupied_before, None)).1 = None;
            }
            Change::Block(block) => {
                self.blocks.insert(block.id, Some(*block));
            }
            // Of one that came in this set there is no row.
            Change::Unblock(id) => match self.blocks.remove(&id) {
                Some(Some(_)) => {}
                Some(None) | None => {
                    self.blocks.insert(id, None);
                }
            },
            Change::SetTimer(timer) => {
                self.timers.insert(timer.id, TimerWrite::Set(timer));
            }
            Change::DropTimer(id) => {
                let write = match self.timers.remove(&id) {
                    Some(TimerWrite::Set(_) | TimerWrite::Nothing) => TimerWrite::Nothing,
                    Some(TimerWrite::Fire) => TimerWrite::Fire,
                    Some(TimerWrite::Drop) | None => TimerWrite::Drop,
                };
                self.timers.insert(id, write);
            }
            Change::TakeGate(gate) => {
                self.gates.insert((gate.scope, gate.slot), GateWrite::Take(gate));
            }
            Change::FreeGate { scope, slot, holder } => {
                let place = (scope, slot);
                let taken = self.gates.get(&place);
                if matches!(taken, Some(GateWrite::Take(gate)) if gate.holder == holder) {
                    // It came and went within the set.
                    self.gates.remove(&place);
                } else {
                    self.gates.entry(place).or_insert(GateWrite::Free(holder));
                }
            }
        }
    }

    /// The first place among those that changes take which an earlier decision of the set has
    /// to do with: it cannot be taken in the same set.
    #[must_use]
    pub fn lacks(&self, changes: &[Change]) -> Option<Gate> {
        changes.iter().find_map(|change| match change {
            Change::TakeGate(gate) if self.gates.contains_key(&(gate.scope, gate.slot)) => {
                Some(*gate)
            }
            _ => None,
        })
    }

    /// Marks a timer as fired; stronger than any drop of the same timer.
    pub fn fire(&mut self, timer: TimerId) {
        self.timers.insert(timer, TimerWrite::Fire);
    }
}

fn put<K: Ord, T>(rows: &mut BTreeMap<K, Write<T>>, id: K, row: T, version_before: Option<i32>) {
    let from_version = rows.get(&id).map_or(version_before, |write| write.from_version);
    rows.insert(id, Write { from_version, row });
}

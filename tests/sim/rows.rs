//! The tables, and change sets written into them as storage does: versions, keys and
//! constraints included. A write that the database would refuse is a failure, for the
//! property is the only writer of its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use jiff::civil::Date;
use rentezy::domain::block::Block;
use rentezy::domain::booking::{Booking, BookingStatus};
use rentezy::domain::change::{Net, Timer, TimerWrite, Write};
use rentezy::domain::deposit::Deposit;
use rentezy::domain::ids::{BlockId, BookingId, PaymentId, RefundId, RequestId, TimerId};
use rentezy::domain::inventory::{Occupancy, Occupant, Slot};
use rentezy::domain::ledger::{Account, Kind, Posting};
use rentezy::domain::payment::{Payment, Refund, RefundStatus};
use rentezy::domain::property::Listing;
use rentezy::domain::stay::Outcome;
use uuid::Uuid;

/// What is kept of a property.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) listing: Option<Listing>,
    pub(crate) slots: Vec<Slot>,
    /// Slots of units that were taken away; their rows stay.
    retired: Vec<i64>,
    pub(crate) bookings: BTreeMap<BookingId, Booking>,
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
    pub(crate) refunds: BTreeMap<RefundId, Refund>,
    pub(crate) deposits: BTreeMap<BookingId, Deposit>,
    pub(crate) blocks: BTreeMap<BlockId, Block>,
    /// Movements of money by their keys.
    pub(crate) ledger: BTreeMap<Uuid, Posting>,
    pub(crate) nights: BTreeMap<Occupant, Occupancy>,
    /// Timers that are set and have not fired.
    pub(crate) timers: BTreeMap<TimerId, Timer>,
    timer_ids: BTreeSet<TimerId>,
    pub(crate) records: BTreeMap<RequestId, Outcome>,
}

/// Writes rows of one table; a row's version must be the one that the write starts from.
fn write<K: Ord + Copy + Debug, T: Clone>(
    table: &mut BTreeMap<K, T>,
    writes: BTreeMap<K, Write<T>>,
    version: impl Fn(&T) -> i32,
    mut check: impl FnMut(Option<&T>, &T),
) {
    for (id, write) in writes {
        let old = table.get(&id);
        assert_eq!(old.map(&version), write.from_version, "version of {id:?}");
        assert!(version(&write.row) > write.from_version.unwrap_or(0), "{id:?} did not advance");
        check(old, &write.row);
        table.insert(id, write.row);
    }
}

impl Rows {
    /// Writes a change set.
    pub(crate) fn write(&mut self, net: Net, records: Vec<(RequestId, Outcome)>) {
        for (id, outcome) in records {
            assert!(self.records.insert(id, outcome).is_none(), "{id} was carried out twice");
        }
        if let Some(write) = net.listing {
            let version = self.listing.as_ref().map(|row| row.version);
            assert_eq!(version, write.from_version, "version of the listing");
            self.listing = Some(write.row);
        }
        for slot in net.slots {
            assert!(!self.retired.contains(&slot.slot_id), "slot number given out again");
            assert!(self.slots.iter().all(|other| other.slot_id != slot.slot_id
                && (other.unit_id, other.unit_no) != (slot.unit_id, slot.unit_no)));
            self.slots.push(slot);
        }
        for id in net.retired {
            let before = self.slots.len();
            self.slots.retain(|slot| slot.slot_id != id);
            assert_eq!(self.slots.len() + 1, before, "slot {id} was there");
            self.retired.push(id);
        }
        write(&mut self.bookings, net.bookings, |row| row.version, |_, row| check_booking(row));
        write(
            &mut self.payments,
            net.payments,
            |row| row.version,
            |old, row| {
                assert!(old.is_none_or(|old| old.status <= row.status), "went back: {row:?}");
                assert!(row.amount.amount > 0);
            },
        );
        write(
            &mut self.refunds,
            net.refunds,
            |row| row.version,
            |old, row| {
                assert!(old.is_none_or(|old| old.status <= row.status), "went back: {row:?}");
                assert!(row.amount.amount > 0);
            },
        );
        write(&mut self.deposits, net.deposits, |row| row.version, |_, row| check_deposit(row));
        for (id, block) in net.blocks {
            let old = match block {
                Some(block) => self.blocks.insert(id, block).is_none(),
                None => self.blocks.remove(&id).is_some(),
            };
            assert!(old, "{id} was kept back twice, or not at all");
        }
        let moved = !net.postings.is_empty();
        for posting in net.postings {
            let sum: i64 = posting.lines.iter().map(|(_, amount)| amount).sum();
            assert!(sum == 0 && posting.lines.len() > 1, "does not add up: {posting:?}");
            let twice = self.ledger.insert(posting.id, posting);
            assert_eq!(twice, None, "posted twice");
        }
        if moved {
            self.check_ledger();
        }
        self.write_nights(net.occupancies);
        self.write_timers(net.timers);
    }

    /// Accounts are what payments and refunds say they are.
    fn check_ledger(&self) {
        let of = |account| -> i64 {
            let lines = self.ledger.values().flat_map(|posting| &posting.lines);
            lines.filter(|(other, _)| *other == account).map(|(_, amount)| amount).sum()
        };
        let back = |status| -> i64 {
            let refunds = self.refunds.values().filter(|refund| refund.status == status);
            refunds.map(|refund| refund.amount.amount).sum()
        };
        let came = self.ledger.values().filter(|posting| posting.kind == Kind::PaymentReceived);
        let came: i64 = came.filter_map(|posting| posting.lines.first()).map(|line| line.1).sum();
        let sent = back(RefundStatus::Succeeded);
        assert_eq!(of(Account::CashClearing), came - sent, "cash");
        assert_eq!(of(Account::TenantCredit), -back(RefundStatus::Pending), "on its way back");
        assert_eq!(of(Account::Suspense), -back(RefundStatus::Failed), "to be looked at");
    }

    /// Deletes the nights of guests who left before a day, as storage does.
    pub(crate) fn trim(&mut self, before: Date) {
        self.nights.retain(|_, lies| !lies.left || lies.nights.check_out() >= before);
    }

    fn write_nights(&mut self, writes: BTreeMap<Occupant, (Option<Occupancy>, Option<Occupancy>)>) {
        let mut written = Vec::new();
        for (id, (before, after)) in writes {
            let had_left = before.is_some_and(|before| before.left);
            assert!(!had_left, "the row of {id:?}, who has left, may be gone");
            match (before, after) {
                (None, None) => {}
                (Some(_), None) => {
                    self.nights.remove(&id).expect("nights were there");
                }
                (before, Some(after)) => {
                    let old = self.nights.insert(id, after);
                    assert_eq!(old.is_some(), before.is_some(), "nights of {id:?}");
                    written.push(after);
                }
            }
        }
        for stay in written {
            assert!(self.slots.iter().any(|slot| slot.slot_id == stay.slot_id), "no such slot");
            let other = self.nights.values().find(|other| {
                other.slot_id == stay.slot_id
                    && other.occupant != stay.occupant
                    && other.nights.overlaps(&stay.nights)
            });
            assert_eq!(other, None, "overlaps {stay:?}");
        }
    }

    fn write_timers(&mut self, writes: BTreeMap<TimerId, TimerWrite>) {
        for (id, write) in writes {
            match write {
                TimerWrite::Set(timer) => {
                    assert!(self.timer_ids.insert(id), "timer {id} was there before");
                    self.timers.insert(id, timer);
                }
                TimerWrite::Fire | TimerWrite::Drop => {
                    self.timers.remove(&id);
                }
                TimerWrite::Nothing => {}
            }
        }
    }
}

fn check_booking(row: &Booking) {
    assert_eq!(row.status == BookingStatus::Expiring, row.expiring.is_some(), "{row:?}");
    // What was agreed on elsewhere may be for nothing.
    let least = i64::from(row.details.guest.is_none());
    assert!(row.total.amount >= least && row.guests > 0, "{row:?}");
}

fn check_deposit(row: &Deposit) {
    let kept = [row.amount, row.returned, row.kept, row.left()];
    assert!(kept.iter().all(|amount| *amount >= 0), "{row:?}");
}

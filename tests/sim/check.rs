//! Whether the rows are what the model says.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};
use rentezy::domain::booking::Booking;
use rentezy::domain::booking_details::{ProposalStatus, Reserve};
use rentezy::domain::ids::{BookingId, TimerId};
use rentezy::domain::inventory::{Occupancy, Occupant};
use rentezy::domain::ledger::Account;
use rentezy::domain::payment::PaymentStatus;

use crate::actor::GAP_MAX;
use crate::model::{Pay, Stay, keeps_nights};
use crate::world::World;

const BEFORE_IT_STANDS: [&str; 3] = ["hold", "pending_approval", "pending_payment"];

impl World {
    pub(crate) fn check_all(&self) {
        let ids: Vec<BookingId> = self.model.stays.keys().copied().collect();
        assert_eq!(self.rows.bookings.len(), ids.len());
        assert_eq!(self.rows.payments.len(), self.model.pays.len());
        assert_eq!(self.rows.blocks.len(), self.model.blocks.len());
        ids.into_iter().for_each(|id| self.check(id));
        self.check_timers();
        for ((_, night), there) in &self.model.taken {
            let has = |id: &Occupant| self.rows.nights.contains_key(id);
            assert!(there.iter().all(has), "not taken on {night}");
        }
        for (id, (unit, nights)) in &self.model.blocks {
            let lies = &self.rows.nights[&Occupant::Block(*id)];
            assert_eq!((lies.nights, self.rows.blocks[id].unit_id), (*nights, *unit));
        }
        let refunds = self.rows.refunds.values();
        assert!(refunds.into_iter().all(|row| self.model.refunds[&row.id] == row.status));
        self.check_orders();
        self.check_memory();
    }

    /// What is reserved is taken for a booking that was approved, and let go where it is over.
    fn check_orders(&self) {
        for (id, pay) in self.model.pays.iter().filter(|(_, pay)| pay.came.is_none() && !pay.closed)
        {
            let stay = &self.model.stays[&pay.stay];
            let ours = stay.payment == Some(*id) && stay.reserve.is_some();
            let wanted = match stay.phase {
                "pending_payment" if ours && stay.reserve == Some("made") => "take",
                "pending_approval" | "pending_payment" => continue,
                _ if ours || pay.reserved => "let go",
                _ => continue,
            };
            assert!(self.orders.contains(&(*id, wanted)), "{wanted} {id} of {stay:?}");
        }
    }

    fn check_memory(&self) {
        let Some(memory) = &self.memory else { return };
        assert_eq!(memory.listing.as_deref(), self.rows.listing.as_ref());
        for booking in memory.bookings.values() {
            assert_eq!(Some(&**booking), self.rows.bookings.get(&booking.id));
        }
        let there = |lies: &&Occupancy| {
            let is_kept = self.rows.slots.iter().any(|slot| slot.slot_id == lies.slot_id);
            is_kept && lies.nights.check_out() + GAP_MAX.days() > self.today()
        };
        for lies in self.rows.nights.values().filter(there) {
            assert_eq!(memory.inventory.of(lies.occupant), Some(lies));
        }
    }

    /// A booking's row, nights and money are what the model says.
    pub(crate) fn check(&self, id: BookingId) {
        let Some(stay) = self.model.stays.get(&id) else {
            assert!(!self.rows.bookings.contains_key(&id), "a refused hold left a row");
            return;
        };
        let row = &self.rows.bookings[&id];
        let phase = stay.phase.split_once('(').map_or(stay.phase, |(phase, _)| phase);
        assert_eq!(row.status.name(), phase, "{row:?}");
        if let Some(reason) = row.expiring {
            assert_eq!(format!("expiring({reason:?})").to_lowercase(), stay.phase);
        }
        let is_over = !keeps_nights(stay.phase);
        assert_eq!(row.released_at.is_some(), is_over && phase != "completed", "{row:?}");
        assert_eq!(
            (row.tenant_id, row.unit_id, row.nights, row.guests, row.total.amount),
            (stay.tenant, stay.unit, stay.nights, stay.guests, stay.price.due())
        );
        assert_eq!(row.payment_id, stay.payment, "{row:?}");
        let reserve = row.details.reserve.map(|reserve| match reserve {
            Reserve::Asked => "asked",
            Reserve::Made => "made",
            Reserve::Lost => "lost",
        });
        assert_eq!(reserve, stay.reserve, "{row:?}");
        self.check_nights(row, stay);
        check_wish(row, stay);
        self.check_money(row, stay);
    }

    fn check_nights(&self, row: &Booking, stay: &Stay) {
        let lies = self.rows.nights.get(&row.id.into());
        assert_eq!(lies.map(|lies| lies.nights), stay.lies, "nights of {row:?}");
        let stands = keeps_nights(stay.phase);
        if let Some(lies) = lies {
            assert_eq!((lies.pinned, lies.left), (stay.pinned, !stands), "{row:?}");
        }
        if stands {
            let lies = lies.unwrap_or_else(|| panic!("no nights of {row:?}"));
            let slot = self.rows.slots.iter().find(|slot| slot.slot_id == lies.slot_id);
            assert_eq!(slot.map(|slot| slot.unit_id), Some(stay.unit), "{row:?}");
        }
    }

    fn check_money(&self, row: &Booking, stay: &Stay) {
        for (id, pay) in self.model.pays.iter().filter(|(_, pay)| pay.stay == row.id) {
            let kept = &self.rows.payments[id];
            assert_eq!(kept.status, status_of(pay), "{kept:?}");
            let refunds = self.rows.refunds.values().filter(|refund| refund.payment_id == *id);
            let back: i64 = refunds.map(|refund| refund.amount.amount).sum();
            assert_eq!((back, kept.refunded), (pay.back, pay.back), "back of {kept:?} of {row:?}");
        }
        if stay.stood_at.is_none() {
            assert_eq!(self.model.money(row.id), 0, "money is kept for {row:?}");
        }
        let deposit = self.rows.deposits.get(&row.id);
        let is = deposit.map(|d| (d.amount, d.deducted(), d.returned, d.kept, d.status.name()));
        let held = stay.deposit.as_ref();
        let should = held.map(|d| (d.amount, d.wanted(), d.returned, d.kept, d.phase));
        assert_eq!(is, should, "deposit of {row:?}");
        let lines = self.rows.ledger.values().filter(|posting| posting.booking == row.id);
        let lines = lines.flat_map(|posting| &posting.lines);
        let of = lines.filter(|(account, _)| *account == Account::DepositsHeld);
        let booked: i64 = of.map(|(_, amount)| amount).sum();
        assert_eq!(-booked, stay.kept_for_damages(), "books of the deposit of {row:?}");
    }

    /// Each thing that waits has exactly one timer, at its time, and nothing else has any.
    pub(crate) fn check_timers(&self) {
        let mut expected: BTreeSet<TimerId> = BTreeSet::new();
        for row in self.rows.bookings.values() {
            let stay = &self.model.stays[&row.id];
            if keeps_nights(stay.phase) {
                let id = row.timer.expect("an open booking has a timer");
                let at = self.fires_at(id);
                match stay.phase {
                    phase if BEFORE_IT_STANDS.contains(&phase) => assert_eq!(at, stay.ends_at),
                    "confirmed" | "checked_in" => assert!(at >= stay.departure(&self.zone)),
                    _ => {}
                }
                assert!(expected.insert(id));
            }
            if let Some(open) = row.details.open_change() {
                let id = open.timer.expect("an open proposal has a timer");
                let wish = stay.wish.as_ref().expect("somebody wants it otherwise");
                assert_eq!(self.fires_at(id), wish.ends_at);
                assert!(expected.insert(id));
            }
        }
        let due = self.rows.deposits.values().filter(|deposit| deposit.status.name() == "due");
        expected.extend(due.map(|deposit| deposit.timer.expect("what is due has a timer")));
        let set: BTreeSet<TimerId> = self.rows.timers.keys().copied().collect();
        assert_eq!(expected, set, "{:?}", self.rows.timers);
    }

    fn fires_at(&self, id: TimerId) -> Timestamp {
        self.rows.timers.get(&id).unwrap_or_else(|| panic!("timer {id} is not set")).fire_at
    }
}

fn status_of(pay: &Pay) -> PaymentStatus {
    match pay.came {
        None if pay.closed => PaymentStatus::Canceled,
        None if pay.reserved => PaymentStatus::Authorized,
        None => PaymentStatus::Created,
        Some(came) if pay.back >= came.amount => PaymentStatus::Refunded,
        Some(_) if pay.back > 0 => PaymentStatus::PartiallyRefunded,
        Some(_) => PaymentStatus::Succeeded,
    }
}

fn check_wish(row: &Booking, stay: &Stay) {
    let is = row.details.change.as_ref().map(|change| {
        let status = match change.status {
            ProposalStatus::Open => "open",
            ProposalStatus::Accepted => "accepted",
            ProposalStatus::Applied => "applied",
            ProposalStatus::Declined => "declined",
            ProposalStatus::Withdrawn => "withdrawn",
            ProposalStatus::Expired => "expired",
            ProposalStatus::Failed => "failed",
        };
        (change.id, status, change.nights, change.difference.amount, change.payment_id)
    });
    let wish = stay.wish.as_ref();
    let should = wish.map(|wish| (wish.id, wish.phase, wish.nights, wish.more, wish.payment));
    assert_eq!(is, should, "what is wanted of {row:?}");
}

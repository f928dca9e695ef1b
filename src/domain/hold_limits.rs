//! How many open holds a user may have: one a home, which the home's own memory says, and so
//! many anywhere, which [gates](super::gate) say.

use super::booking::Booking;
use super::change::{Change, Decision};
use super::gate::{self, Gate, GateKind};
use super::ids::{BookingId, UserId};
use super::refusal::Refusal;
use super::turn::Turn;

impl Turn<'_> {
    /// Refuses a hold at a home where the same user has one that is open.
    pub(super) fn check_holds(&self, by: UserId) -> Result<(), Refusal> {
        match self.state.open_of(by) {
            Some(booking_id) if self.context.rules.holds_per_user > 0 => {
                Err(Refusal::HoldExists { booking_id })
            }
            _ => Ok(()),
        }
    }

    /// The gate that a new hold takes; none where holds are not counted.
    pub(super) fn gate_for(
        &self,
        by: UserId,
        holder: BookingId,
        slot: Option<i32>,
    ) -> Result<Option<Gate>, Refusal> {
        let limit = i32::try_from(self.context.rules.holds_per_user).unwrap_or(i32::MAX);
        if limit == 0 {
            return Ok(None);
        }
        let slot = slot.filter(|slot| (1..=limit).contains(slot)).ok_or(Refusal::TooManyHolds)?;
        let (scope, command) = (gate::holds_of(by), self.context.request);
        Ok(Some(Gate { kind: GateKind::Hold, scope, slot, holder, command }))
    }

    /// Gives the gate of a booking back that is open no longer.
    pub(super) fn free_gate(&self, decision: &mut Decision, booking: &Booking) {
        if let Some(slot) = booking.gate.filter(|_| booking.status.is_open()) {
            let scope = gate::holds_of(booking.tenant_id);
            decision.change(Change::FreeGate { scope, slot, holder: booking.id });
        }
    }
}

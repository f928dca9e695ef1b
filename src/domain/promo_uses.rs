//! How often a promo code may be used. Each use is a place ([gates](super::gate)) that a hold
//! takes; a stay that was paid for keeps it, a hold that ends before gives it back.

use super::booking::Booking;
use super::change::{Change, Decision};
use super::gate::{self, Gate, GateKind};
use super::ids::BookingId;
use super::promo;
use super::quote::Offer;
use super::refusal::Refusal;
use super::turn::Turn;

impl Turn<'_> {
    /// The use of a promo code that a new hold takes; none of one that is good for any number.
    pub(super) fn use_for(
        &self,
        holder: BookingId,
        offer: Option<&Offer>,
    ) -> Result<Option<Gate>, Refusal> {
        let counted = offer.and_then(|offer| {
            let promo = offer.promo()?;
            Some((gate::uses_of(promo.id), promo.max_uses?, offer.slot))
        });
        let Some((scope, uses, slot)) = counted else { return Ok(None) };
        let slot = slot.filter(|slot| (1..=uses).contains(slot)).ok_or_else(promo::used_up)?;
        let command = self.context.request;
        Ok(Some(Gate { kind: GateKind::Promo, scope, slot, holder, command }))
    }

    /// Gives the use of a booking back that ends before it was paid for.
    pub(super) fn free_use(&self, decision: &mut Decision, booking: &Booking) {
        let used = booking.terms.promo.zip(booking.details.promo_slot);
        if let Some((promo, slot)) = used.filter(|_| booking.status.is_open()) {
            let scope = gate::uses_of(promo);
            decision.change(Change::FreeGate { scope, slot, holder: booking.id });
        }
    }
}

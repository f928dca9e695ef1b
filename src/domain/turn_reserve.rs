//! Of a turn: the price of a request, reserved on the tenant's card while the landlord is asked.
//!
//! ```text
//! (none) -> asked -> made -> taken when the landlord says yes, let go at any other end
//!             |       |
//!             +-------+--> lost: the tenant pays after the yes, as without a reserve
//! ```
//! The landlord may say yes while the tenant is at the payment page; the money is taken then as
//! soon as the card is authorised. Nothing of this is in the ledger before the money is taken.

use super::booking::{Booking, BookingStatus};
use super::booking_details::Reserve;
use super::change::{Change, Decision};
use super::event::{Authorization, CaptureFailure, Event};
use super::money::Money;
use super::payment::{Payment, PaymentStatus};
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{Outcome, PropertyState};
use super::turn::Turn;

/// What an authorised card changes. `reserved` is the payment one version on, `amount` what
/// stands reserved. What nobody waits for any more is let go.
///
/// # Errors
/// [`Refusal::NotFound`] when the booking is not this property's.
pub(super) fn authorized(
    state: &PropertyState,
    mut reserved: Payment,
    amount: Money,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let (turn, booking) = Turn::about(state, &reserved, context)?;
    let mut decision = Decision::new(Outcome::Done);
    reserved.status = PaymentStatus::Authorized;
    let waits =
        matches!(booking.status, BookingStatus::PendingApproval | BookingStatus::PendingPayment);
    let wanted = waits && turn.is_reserve(booking, &reserved) && amount == booking.total;
    decision.event(
        booking.id.uuid(),
        Event::PaymentAuthorized(Authorization {
            payment_id: reserved.id,
            property_id: reserved.property_id,
            booking_id: booking.id,
            amount,
            wanted,
        }),
    );
    if wanted {
        let mut next = turn.advanced(booking);
        next.details.reserve = Some(Reserve::Made);
        decision.change(Change::Booking(Box::new(next)));
        if booking.status == BookingStatus::PendingPayment {
            turn.capture(&mut decision, &reserved);
        }
    } else {
        turn.close_payment(&mut decision, &reserved);
    }
    decision.change(Change::Payment(Box::new(reserved)));
    Ok(decision)
}

impl Turn<'_> {
    /// Whether a payment is the one that reserves a booking's price.
    pub(super) fn is_reserve(&self, booking: &Booking, payment: &Payment) -> bool {
        booking.details.reserves() && booking.payment_id == Some(payment.id)
    }

    /// Has reserved money taken; whoever hears of the event tells the provider.
    pub(super) fn capture(&self, decision: &mut Decision, payment: &Payment) {
        decision.event(
            payment.booking_id.uuid(),
            Event::PaymentCapturing {
                payment_id: payment.id,
                property_id: payment.property_id,
                booking_id: payment.booking_id,
            },
        );
    }

    /// Goes on with a booking whose reserve has come to nothing. A tenant whose landlord has said
    /// yes, and who had nothing left to do, gets the whole time to pay.
    pub(super) fn lose_reserve(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        payment: &Payment,
    ) {
        let mut next = self.advanced(booking);
        next.payment_id = None;
        let before = next.details.reserve.replace(Reserve::Lost);
        if booking.status == BookingStatus::PendingPayment && before == Some(Reserve::Made) {
            let expires_at = self.after(self.context.rules.approved);
            self.set_end(decision, &mut next, expires_at);
            decision.event(
                booking.id.uuid(),
                Event::PaymentCaptureFailed(CaptureFailure {
                    payment_id: payment.id,
                    property_id: payment.property_id,
                    booking_id: booking.id,
                    expires_at,
                }),
            );
        }
        decision.change(Change::Booking(Box::new(next)));
    }

    /// Ends a booking that was not paid for, and has what is reserved for it let go.
    pub(super) fn give_up(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        status: BookingStatus,
    ) -> Booking {
        let ended = self.end(decision, booking, status);
        let reserve = self.payment_of(booking).filter(|_| booking.details.reserves());
        if let Some(payment) = reserve {
            self.close_payment(decision, payment);
        }
        ended
    }
}

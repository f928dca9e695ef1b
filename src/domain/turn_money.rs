//! Of a turn: what the provider says of payments, and money that goes back.

use super::booking::{Booking, BookingStatus, ExpiringReason};
use super::booking_details::ProposalStatus;
use super::change::{Change, Decision};
use super::deposit::Deposit;
use super::event::{Event, PaymentSum};
use super::ids::{self, RefundId};
use super::ledger::Parts;
use super::money::Money;
use super::payment::{
    ATTEMPTS_MAX, Decline, Payment, PaymentStatus, Purpose, Refund, RefundStatus,
};
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{Outcome, PropertyState};
use super::turn::{Turn, end_of};

/// What the end of a payment's session changes for its booking.
///
/// # Errors
/// [`Refusal::NotFound`] when the booking is not this property's.
pub(super) fn payment_ended(
    state: &PropertyState,
    payment: &Payment,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let (turn, booking) = Turn::about(state, payment, context)?;
    let mut ended = payment.advanced(context.now);
    ended.status = PaymentStatus::Canceled;
    let mut decision = Decision::new(Outcome::Done);
    decision.event(
        booking.id.uuid(),
        Event::PaymentCanceled {
            payment_id: payment.id,
            property_id: payment.property_id,
            booking_id: booking.id,
        },
    );
    decision.change(Change::Payment(Box::new(ended)));
    match (payment.purpose, booking.status) {
        (Purpose::Change, _) => {
            turn.fail_proposal(&mut decision, booking, payment.id);
        }
        (Purpose::Stay, BookingStatus::PendingApproval | BookingStatus::PendingPayment)
            if turn.is_reserve(booking, payment) =>
        {
            turn.lose_reserve(&mut decision, booking, payment);
        }
        (Purpose::Stay, BookingStatus::PendingPayment) => {
            turn.end(&mut decision, booking, BookingStatus::Expired);
        }
        (Purpose::Stay, BookingStatus::Expiring) => {
            turn.end(&mut decision, booking, end_of(booking));
        }
        _ => {}
    }
    Ok(decision)
}

/// What the arrival of a payment changes for its booking. `paid` is the payment one version
/// on, `amount` what really came.
///
/// # Errors
/// [`Refusal::NotFound`] when the booking is not this property's.
pub(super) fn payment_arrived(
    state: &PropertyState,
    mut paid: Payment,
    amount: Money,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    use BookingStatus as S;
    let (turn, booking) = Turn::about(state, &paid, context)?;
    let mut decision = Decision::new(Outcome::Done);
    paid.status = PaymentStatus::Succeeded;
    paid.captured = amount.amount.max(0);
    decision.event(
        booking.id.uuid(),
        Event::PaymentSucceeded(PaymentSum {
            payment_id: paid.id,
            property_id: paid.property_id,
            booking_id: booking.id,
            amount,
        }),
    );
    if paid.purpose == Purpose::Change {
        turn.change_paid(&mut decision, booking, paid, amount);
        return Ok(decision);
    }
    let as_agreed = amount == booking.total;
    match (booking.status, booking.expiring) {
        // Money that was only to be reserved, taken before anybody said yes.
        (S::PendingApproval, _) if turn.is_reserve(booking, &paid) => {
            turn.lose_reserve(&mut decision, booking, &paid);
            turn.refund_all(&mut decision, paid, amount, "not-approved");
        }
        _ if booking.payment_id != Some(paid.id) => {
            turn.refund_all(&mut decision, paid, amount, "booking-over");
        }
        (S::PendingPayment, _)
        | (S::Expiring, Some(ExpiringReason::Time | ExpiringReason::Declined))
            if as_agreed =>
        {
            turn.confirm(&mut decision, booking);
            decision.change(Change::Payment(Box::new(paid)));
        }
        // The use of its promo code went back with the end, and may be somebody else's now.
        (S::Expired | S::Failed, _) if as_agreed && booking.details.promo_slot.is_some() => {
            turn.resolved_late(&mut decision, booking, false);
            turn.refund_all(&mut decision, paid, amount, "promo-used");
        }
        (S::Expired | S::Failed, _) if as_agreed => match turn.room_for(booking) {
            Some(allotment) => {
                turn.occupy(&mut decision, booking, allotment);
                turn.resolved_late(&mut decision, booking, true);
                turn.confirm(&mut decision, booking);
                decision.change(Change::Payment(Box::new(paid)));
            }
            None => {
                turn.resolved_late(&mut decision, booking, false);
                turn.refund_all(&mut decision, paid, amount, "nights-taken");
            }
        },
        (S::PendingPayment | S::Expiring, reason) => {
            let released = reason == Some(ExpiringReason::Released);
            let end = if released { S::Cancelled } else { S::Failed };
            turn.end(&mut decision, booking, end);
            let why = if released { "released" } else { "amount-differs" };
            turn.refund_all(&mut decision, paid, amount, why);
        }
        _ => {
            turn.resolved_late(&mut decision, booking, false);
            turn.refund_all(&mut decision, paid, amount, "booking-over");
        }
    }
    Ok(decision)
}

/// What a failed attempt to pay changes: past a few, or when the bank says that the card must
/// not be used, nobody may try again.
///
/// # Errors
/// [`Refusal::NotFound`] when the booking is not this property's.
pub(super) fn attempt_failed(
    state: &PropertyState,
    payment: &Payment,
    decline: Decline,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let (turn, booking) = Turn::about(state, payment, context)?;
    let mut decision = Decision::new(Outcome::Done);
    let mut tried = payment.advanced(context.now);
    tried.attempts = payment.attempts.saturating_add(1);
    decision.event(
        booking.id.uuid(),
        Event::PaymentFailed {
            payment_id: payment.id,
            property_id: payment.property_id,
            booking_id: booking.id,
            decline_class: decline,
            attempts: tried.attempts,
        },
    );
    let over = decline == Decline::Hard || tried.attempts >= ATTEMPTS_MAX;
    decision.change(Change::Payment(Box::new(tried)));
    match (payment.purpose, booking.status) {
        (Purpose::Change, _) if over => {
            turn.fail_proposal(&mut decision, booking, payment.id);
            turn.close_payment(&mut decision, payment);
        }
        (Purpose::Stay, BookingStatus::PendingPayment) if over => {
            turn.expire(&mut decision, booking, ExpiringReason::Declined);
        }
        (Purpose::Stay, BookingStatus::PendingApproval) if over => {
            turn.close_payment(&mut decision, payment);
        }
        _ => {}
    }
    Ok(decision)
}

impl Turn<'_> {
    pub(super) fn resolved_late(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        reacquired: bool,
    ) {
        let stay = self.facts(booking);
        decision.event(booking.id.uuid(), Event::BookingLatePaymentResolved { stay, reacquired });
    }

    /// Sends all that came back; when nothing came there is nothing to send.
    pub(super) fn refund_all(
        &self,
        decision: &mut Decision,
        mut paid: Payment,
        amount: Money,
        reason: &str,
    ) {
        if amount.amount <= 0 {
            paid.status = PaymentStatus::Refunded;
            decision.change(Change::Payment(Box::new(paid)));
            return;
        }
        // Never of the time: a payment goes back once like this, however often it is decided.
        let id = RefundId::from(ids::derived(paid.id.uuid(), "refund"));
        self.refund(decision, paid, amount, &Why { id, reason, note: None, parts: None });
    }

    /// Sends back what can be of a booking's payments, the newest first, up to all of `parts`,
    /// for a cause that happens once to a booking. What is held for damages stays here, but for
    /// what `parts` has of it. The answer is what went.
    pub(super) fn give_back(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        parts: Parts,
        (reason, cause): (&str, &str),
    ) -> i64 {
        let currency = booking.total.currency;
        let mut payments = refundable(self.payments_of(booking));
        payments.retain(|payment| payment.amount.currency == currency);
        let room = |payment: &Payment| payment.captured - payment.refunded;
        let here: i64 = payments.iter().map(|payment| room(payment)).sum();
        let held = self.state.deposits.get(&booking.id).map_or(0, Deposit::left);
        let amount = parts.total().min(here - held + parts.deposit).max(0);
        let (mut parts, mut left) = (parts.reduced_to(amount), amount);
        for payment in payments {
            let part = left.min(room(payment));
            if part <= 0 {
                continue;
            }
            left -= part;
            let id = ids::derived(payment.id.uuid(), &format!("refund-{cause}"));
            let parts = Some(parts.take(part));
            let why = Why { id: RefundId::from(id), reason, note: None, parts };
            let part = Money::new(part, currency);
            self.refund(decision, payment.advanced(self.context.now), part, &why);
        }
        amount - left
    }

    /// What is here of a booking's payments, its deposit included.
    pub(super) fn left_of(&self, booking: &Booking) -> i64 {
        let room = |payment: &Payment| payment.captured.saturating_sub(payment.refunded);
        refundable(self.payments_of(booking)).into_iter().map(room).sum()
    }

    pub(super) fn payments_of<'s>(
        &'s self,
        booking: &Booking,
    ) -> impl Iterator<Item = &'s Payment> + use<'s> {
        let id = booking.id;
        self.state.payments.values().filter(move |payment| payment.booking_id == id)
    }

    /// Sends money of a payment back. `payment` is already one version on.
    pub(super) fn refund(
        &self,
        decision: &mut Decision,
        mut payment: Payment,
        amount: Money,
        why: &Why<'_>,
    ) -> Refund {
        payment.refunded += amount.amount;
        payment.status = if payment.refunded >= payment.captured {
            PaymentStatus::Refunded
        } else {
            PaymentStatus::PartiallyRefunded
        };
        let refund = Refund {
            id: why.id,
            property_id: payment.property_id,
            payment_id: payment.id,
            booking_id: payment.booking_id,
            amount,
            reason: why.reason.into(),
            note: why.note.map(str::to_owned),
            parts: why.parts,
            status: RefundStatus::Pending,
            provider_ref: None,
            version: 1,
            created_at: self.context.now,
            updated_at: self.context.now,
        };
        decision.change(Change::Payment(Box::new(payment)));
        decision.event(
            refund.booking_id.uuid(),
            Event::RefundCreated {
                refund_id: refund.id,
                payment_id: refund.payment_id,
                property_id: refund.property_id,
                booking_id: refund.booking_id,
                amount,
            },
        );
        decision.change(Change::Refund(Box::new(refund.clone())));
        refund
    }

    /// Has a payment closed that nobody wants any more, if money may still come of it.
    pub(super) fn close_payment(&self, decision: &mut Decision, payment: &Payment) {
        if payment.status < PaymentStatus::Canceled {
            decision.event(
                payment.booking_id.uuid(),
                Event::PaymentClosing {
                    payment_id: payment.id,
                    property_id: payment.property_id,
                    booking_id: payment.booking_id,
                },
            );
        }
    }

    /// Ends the proposal that a payment is for, because it will not be paid any more.
    fn fail_proposal(&self, decision: &mut Decision, booking: &Booking, payment: ids::PaymentId) {
        let ours = |change: &&super::booking_details::Proposal| change.payment_id == Some(payment);
        if booking.details.open_change().filter(ours).is_some() {
            let mut next = self.advanced(booking);
            self.close_proposal(decision, &mut next, ProposalStatus::Failed);
            decision.change(Change::Booking(Box::new(next)));
        }
    }
}

/// What a refund is made out for.
pub(super) struct Why<'a> {
    /// Its id, which derives from what causes it.
    pub(super) id: RefundId,
    /// A stable word.
    pub(super) reason: &'a str,
    /// What somebody wrote with it.
    pub(super) note: Option<&'a str>,
    /// What the money had been for; `None` if nobody had waited for it.
    pub(super) parts: Option<Parts>,
}

/// Payments of which something can go back, the newest first.
pub(super) fn refundable<'p>(payments: impl Iterator<Item = &'p Payment>) -> Vec<&'p Payment> {
    let has_come = |payment: &&Payment| {
        matches!(payment.status, PaymentStatus::Succeeded | PaymentStatus::PartiallyRefunded)
    };
    let mut found: Vec<_> = payments.filter(has_come).collect();
    found.sort_by_key(|payment| std::cmp::Reverse((payment.created_at, payment.id)));
    found
}

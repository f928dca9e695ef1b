//! Of a turn: from the hold to the payment page, and the ends on that way.

use jiff::Timestamp;

use super::booking::{Booking, BookingStatus, CLOSE_ATTEMPTS_MIN, Command, ExpiringReason};
use super::booking_details::{Party, Reserve, WORDS_MAX};
use super::booking_moves::Move;
use super::change::{Change, Decision, Timer};
use super::event::{Event, PaymentSum};
use super::ids::{BookingId, PaymentId};
use super::listing::is_text;
use super::money::Money;
use super::payment::{Payment, PaymentStatus, Purpose};
use super::refusal::Refusal;
use super::stay::{self, Outcome};
use super::turn::{Turn, end_of, timer_id};

impl Turn<'_> {
    pub(super) fn extend(&self, booking: &Booking) -> Result<Decision, Refusal> {
        self.may(booking, Party::Tenant, Move::Extend)?;
        let rules = self.context.rules;
        let more = |from: Timestamp, time| from.saturating_add(time).unwrap_or(Timestamp::MAX);
        let ends = booking.expires_at.unwrap_or(self.context.now);
        let expires_at = more(ends, rules.extension).min(more(booking.created_at, rules.hold_max));
        let mut next = self.advanced(booking);
        next.details.extended = true;
        let mut decision = Decision::new(Outcome::Done);
        self.set_end(&mut decision, &mut next, expires_at);
        let stay = self.facts(&next);
        decision.event(next.id.uuid(), Event::BookingExtended { stay, expires_at });
        decision.outcome = self.snapshot(&next, None);
        decision.change(Change::Booking(Box::new(next)));
        Ok(decision)
    }

    pub(super) fn request(
        &self,
        booking: &Booking,
        message: Option<&String>,
    ) -> Result<Decision, Refusal> {
        self.may(booking, Party::Tenant, Move::Request)?;
        check_words(message.map_or("", String::as_str), 0, "/message")?;
        let expires_at = self.after(self.context.rules.approval);
        let mut next = self.advanced(booking);
        next.status = BookingStatus::PendingApproval;
        next.details.message = message.cloned();
        let mut decision = Decision::new(Outcome::Done);
        self.set_end(&mut decision, &mut next, expires_at);
        let stay = self.facts(&next);
        decision.event(next.id.uuid(), Event::BookingRequested { stay, expires_at });
        decision.outcome = self.snapshot(&next, None);
        decision.change(Change::Booking(Box::new(next)));
        Ok(decision)
    }

    pub(super) fn approve(&self, booking: &Booking) -> Result<Decision, Refusal> {
        self.may(booking, Party::Landlord, Move::Approve)?;
        let expires_at = self.after(self.context.rules.approved);
        let mut next = self.advanced(booking);
        next.status = BookingStatus::PendingPayment;
        next.details.approved_at = Some(self.context.now);
        let mut decision = Decision::new(Outcome::Done);
        self.set_end(&mut decision, &mut next, expires_at);
        let stay = self.facts(&next);
        let payment = self.payment_of(booking);
        let reserved = payment.filter(|_| next.details.reserve == Some(Reserve::Made));
        let event = Event::BookingApproved { stay, expires_at, reserved: reserved.is_some() };
        decision.event(next.id.uuid(), event);
        if let Some(payment) = reserved {
            self.capture(&mut decision, payment);
        }
        decision.outcome = self.snapshot(&next, payment);
        decision.change(Change::Booking(Box::new(next)));
        Ok(decision)
    }

    pub(super) fn decline(&self, booking: &Booking, reason: &str) -> Result<Decision, Refusal> {
        self.may(booking, Party::Landlord, Move::Decline)?;
        check_words(reason, 1, "/reason")?;
        let mut said = booking.clone();
        said.details.ended_by = Some(Party::Landlord);
        said.details.reason = Some(reason.to_owned());
        let mut decision = Decision::new(Outcome::Done);
        let ended = self.give_up(&mut decision, &said, BookingStatus::Declined);
        decision.outcome = self.snapshot(&ended, self.payment_of(booking));
        Ok(decision)
    }

    pub(super) fn release(&self, booking: &Booking) -> Result<Decision, Refusal> {
        self.may(booking, Party::Tenant, Move::Release)?;
        let mut decision = Decision::new(Outcome::Done);
        match (booking.status, booking.expiring) {
            (BookingStatus::PendingPayment, _) if booking.payment_id.is_some() => {
                let next = self.expire(&mut decision, booking, ExpiringReason::Released);
                decision.outcome = self.snapshot(&next, self.payment_of(booking));
            }
            (BookingStatus::Expiring, Some(ExpiringReason::Released)) => {
                decision.outcome = self.snapshot(booking, self.payment_of(booking));
            }
            (BookingStatus::Expiring, _) => {
                // The provider is being asked already; only what its answer means changes.
                let mut next = self.advanced(booking);
                next.expiring = Some(ExpiringReason::Released);
                decision.outcome = self.snapshot(&next, self.payment_of(booking));
                decision.change(Change::Booking(Box::new(next)));
            }
            _ => {
                let ended = self.give_up(&mut decision, booking, BookingStatus::Cancelled);
                decision.outcome = self.snapshot(&ended, self.payment_of(booking));
            }
        }
        Ok(decision)
    }

    pub(super) fn checkout(
        &self,
        booking: &Booking,
        (payment_id, amount): (PaymentId, Money),
        request: &serde_json::Value,
        reserve: bool,
    ) -> Result<Decision, Refusal> {
        let asks = booking.status == BookingStatus::PendingApproval;
        let waits = asks || booking.status == BookingStatus::PendingPayment;
        if waits && booking.payment_id.is_some() {
            return Ok(Decision::new(self.snapshot(booking, self.payment_of(booking))));
        }
        self.may(booking, Party::Tenant, Move::Checkout)?;
        // The landlord may have answered since the request was made.
        if amount != booking.total || reserve != asks {
            return Err(Refusal::invalid_transition(booking.status.name(), &["checkout"]));
        }
        let payment = self.new_payment(booking, payment_id, Purpose::Stay, amount, request);
        let mut next = self.advanced(booking);
        next.payment_id = Some(payment_id);
        if reserve {
            next.details.reserve = Some(Reserve::Asked);
        } else {
            next.status = BookingStatus::PendingPayment;
        }
        let mut decision = Decision::new(self.snapshot(&next, Some(&payment)));
        let stay = self.facts(&next);
        self.make_out(&mut decision, payment);
        if !reserve {
            let event = Event::BookingPaymentPending { stay, payment_id, amount };
            decision.event(booking.id.uuid(), event);
        }
        decision.change(Change::Booking(Box::new(next)));
        Ok(decision)
    }

    pub(super) fn new_payment(
        &self,
        booking: &Booking,
        id: PaymentId,
        purpose: Purpose,
        amount: Money,
        request: &serde_json::Value,
    ) -> Payment {
        Payment {
            id,
            property_id: self.listing.id,
            booking_id: booking.id,
            purpose,
            amount,
            captured: 0,
            refunded: 0,
            attempts: 0,
            status: PaymentStatus::Created,
            request: request.clone(),
            session_id: None,
            session_url: None,
            intent_id: None,
            close_attempts: 0,
            version: 1,
            created_at: self.context.now,
            updated_at: self.context.now,
        }
    }

    /// Makes a payment out; the provider is asked for its session by who hears of the event.
    pub(super) fn make_out(&self, decision: &mut Decision, payment: Payment) {
        decision.event(
            payment.booking_id.uuid(),
            Event::PaymentCreated(PaymentSum {
                payment_id: payment.id,
                property_id: payment.property_id,
                booking_id: payment.booking_id,
                amount: payment.amount,
            }),
        );
        decision.change(Change::Payment(Box::new(payment)));
    }

    pub(super) fn hold_over(&self, booking_id: BookingId) -> Decision {
        let mut decision = Decision::new(Outcome::Done);
        let Some(booking) = self.timed(booking_id) else { return decision };
        match booking.status {
            BookingStatus::PendingPayment if booking.payment_id.is_some() => {
                self.expire(&mut decision, booking, ExpiringReason::Time);
            }
            BookingStatus::Hold
            | BookingStatus::PendingApproval
            | BookingStatus::PendingPayment => {
                self.give_up(&mut decision, booking, BookingStatus::Expired);
            }
            _ => {}
        }
        decision
    }

    pub(super) fn close_overdue(&self, booking_id: BookingId) -> Decision {
        let mut decision = Decision::new(Outcome::Done);
        let Some(booking) = self.timed(booking_id) else { return decision };
        if booking.status != BookingStatus::Expiring {
            return decision;
        }
        let waited = self.payment_of(booking).filter(|p| p.close_attempts < CLOSE_ATTEMPTS_MIN);
        if let Some(payment) = waited {
            // A round of our own counts too, or nights would be kept for ever where nobody
            // can ask: rounds only pass while the server is up.
            let mut waited = payment.advanced(self.context.now);
            waited.close_attempts = payment.close_attempts.saturating_add(1);
            decision.change(Change::Payment(Box::new(waited)));
            let mut next = self.advanced(booking);
            self.set_close_timer(&mut decision, &mut next);
            decision.change(Change::Booking(Box::new(next)));
        } else {
            self.give_up(&mut decision, booking, end_of(booking));
        }
        decision
    }

    /// Begins the end of a booking with a payment: the provider has to say how it stands.
    pub(super) fn expire(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        reason: ExpiringReason,
    ) -> Booking {
        let mut next = self.advanced(booking);
        next.status = BookingStatus::Expiring;
        next.expiring = Some(reason);
        decision.changes.extend(booking.timer.map(Change::DropTimer));
        self.set_close_timer(decision, &mut next);
        if let Some(payment_id) = booking.payment_id {
            let stay = self.facts(booking);
            decision.event(booking.id.uuid(), Event::BookingExpiring { stay, payment_id, reason });
        }
        decision.change(Change::Booking(Box::new(next.clone())));
        next
    }

    fn set_close_timer(&self, decision: &mut Decision, booking: &mut Booking) {
        let fire_at = self.after(self.context.rules.expiring);
        let timer = Timer {
            // The version makes each round's timer its own.
            id: timer_id(fire_at, booking.id, &format!("close-{}", booking.version)),
            fire_at,
            command: stay::Command::Booking(Command::CloseOverdue { booking_id: booking.id }),
        };
        booking.timer = Some(timer.id);
        decision.change(Change::SetTimer(timer));
    }

    /// Sets when a booking ends by itself, in place of when it did.
    pub(super) fn set_end(
        &self,
        decision: &mut Decision,
        booking: &mut Booking,
        expires_at: Timestamp,
    ) {
        decision.changes.extend(booking.timer.take().map(Change::DropTimer));
        let timer = Timer {
            // A hold may be asked for with no time at all in between.
            id: timer_id(expires_at, booking.id, &format!("over-{}", booking.version)),
            fire_at: expires_at,
            command: stay::Command::Booking(Command::HoldOver { booking_id: booking.id }),
        };
        booking.timer = Some(timer.id);
        booking.expires_at = Some(expires_at);
        decision.change(Change::SetTimer(timer));
    }
}

/// Checks what one person writes to another.
pub(super) fn check_words(text: &str, least: usize, pointer: &str) -> Result<(), Refusal> {
    if is_text(text, WORDS_MAX) && text.trim().chars().count() >= least {
        return Ok(());
    }
    Err(Refusal::invalid_field(pointer, "invalid", "up to 1000 characters"))
}

//! One turn at a property: a decision in the making, with the steps that several
//! transitions of a [`Booking`] share.

use jiff::Timestamp;

use super::booking::{
    Booking, BookingSnapshot, BookingStatus, CLOSE_ATTEMPTS_MIN, Command, ExpiringReason,
    PaymentGlance,
};
use super::booking_details::Details;
use super::calendar::{self, Nights};
use super::change::{Change, Decision, Timer};
use super::event::{Event, StayFacts};
use super::ids::{self, BookingId, PaymentId, RefundId, TimerId, UnitId, UserId};
use super::inventory::{Allotment, Occupancy};
use super::money::Money;
use super::payment::{Payment, PaymentStatus, Purpose, Refund, RefundStatus};
use super::price::Price;
use super::property::{Listing, Status as ListingStatus};
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{self, Outcome, PropertyState};
use super::terms::Terms;
use super::unit::Unit;

/// How an ending hold ends when no money has come.
pub(super) fn end_of(booking: &Booking) -> BookingStatus {
    match booking.expiring {
        Some(ExpiringReason::Released) => BookingStatus::Cancelled,
        Some(ExpiringReason::Declined) => BookingStatus::Failed,
        Some(ExpiringReason::Time) | None => BookingStatus::Expired,
    }
}

/// What a decision is made from.
pub(super) struct Turn<'a> {
    /// What the property's actor knows.
    pub(super) state: &'a PropertyState,
    /// The listing in it.
    pub(super) listing: &'a Listing,
    /// The instant, the request and the settings.
    pub(super) context: &'a Context<'a>,
}

impl<'a> Turn<'a> {
    pub(super) fn about(
        state: &'a PropertyState,
        payment: &Payment,
        context: &'a Context<'a>,
    ) -> Result<(Self, &'a Booking), Refusal> {
        let listing = state.listing.as_deref().ok_or(Refusal::NotFound)?;
        let booking = state.bookings.get(&payment.booking_id).ok_or(Refusal::NotFound)?;
        Ok((Self { state, listing, context }, booking))
    }

    pub(super) fn hold(
        &self,
        by: UserId,
        booking_id: BookingId,
        unit_id: Option<UnitId>,
        nights: Nights,
        guests: u16,
    ) -> Result<Decision, Refusal> {
        let unit = self.unit_for(unit_id)?;
        let terms = self.check_stay(by, unit, nights, guests)?;
        let unit_id = unit.id;
        let allotment = self
            .state
            .inventory
            .allot(unit_id, nights, self.today())
            .ok_or(Refusal::NightsTaken { nights })?;
        let now = self.context.now;
        let expires_at = now.saturating_add(self.context.rules.hold).unwrap_or(Timestamp::MAX);
        let timer = Timer {
            id: timer_id(expires_at, booking_id, "hold-over"),
            fire_at: expires_at,
            command: stay::Command::Booking(Command::HoldOver { booking_id }),
        };
        let booking = Booking {
            id: booking_id,
            property_id: self.listing.id,
            unit_id,
            tenant_id: by,
            nights,
            guests,
            status: BookingStatus::Hold,
            expiring: None,
            total: terms.price.due(),
            terms,
            expires_at: Some(expires_at),
            released_at: None,
            timer: Some(timer.id),
            payment_id: None,
            details: Details {
                by_request: !self.listing.policies.instant_book,
                ..Details::default()
            },
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut decision = Decision::new(self.snapshot(&booking, None));
        self.occupy(&mut decision, &booking, allotment);
        let event = Event::BookingHeld { stay: self.facts(&booking), expires_at };
        decision.event(booking_id.uuid(), event);
        decision.change(Change::SetTimer(timer));
        decision.change(Change::Booking(Box::new(booking)));
        Ok(decision)
    }

    /// The unit type of a new stay, at a home that is offered.
    fn unit_for(&self, asked: Option<UnitId>) -> Result<&Unit, Refusal> {
        match self.listing.status {
            ListingStatus::Live => {}
            ListingStatus::Draft | ListingStatus::PendingReview => return Err(Refusal::NotFound),
            ListingStatus::Paused | ListingStatus::Rejected | ListingStatus::Archived => {
                return Err(Refusal::not_bookable("not-live", "the home is not offered now"));
            }
        }
        match (asked, self.listing.units.as_slice()) {
            (Some(id), _) => self.listing.unit(id).ok_or(Refusal::NotFound),
            (None, [only]) => Ok(only),
            (None, _) => {
                let detail = "the home has several unit types: say which";
                Err(Refusal::invalid_field("/unit_id", "required", detail))
            }
        }
    }

    /// Checks a stay against the listing's rules; its terms if it may be.
    fn check_stay(
        &self,
        by: UserId,
        unit: &Unit,
        nights: Nights,
        guests: u16,
    ) -> Result<Terms, Refusal> {
        let today = self.today();
        let ahead = calendar::days_between(today, nights.check_out());
        if by == self.listing.owner {
            return Err(Refusal::not_bookable(
                "own-listing",
                "landlords cannot book their own home",
            ));
        }
        if nights.check_in() < today {
            return Err(Refusal::not_bookable("in-the-past", "check_in is before today"));
        }
        if u32::try_from(ahead).is_ok_and(|ahead| ahead > self.context.rules.window_days) {
            return Err(Refusal::not_bookable("too-far-ahead", "check_out is too far ahead"));
        }
        if guests == 0 || guests > unit.fields.guests {
            return Err(Refusal::not_bookable("too-many-guests", "the home does not take so many"));
        }
        if !self.listing.fields.stay_mode.by_night() {
            return Err(Refusal::not_bookable("monthly-only", "the home is let by the month"));
        }
        self.listing.policies.check_length(nights)?;
        let price = unit.night(self.listing.fields.currency);
        let price =
            price.ok_or_else(|| Refusal::not_bookable("no-price", "the home has no price"))?;
        let price = Price::of_nights(price, nights.count())
            .map_err(|_| Refusal::not_bookable("price-too-large", "the price does not fit"))?;
        Ok(Terms::new(price, &self.listing.policies))
    }

    pub(super) fn release(&self, booking: &Booking) -> Result<Decision, Refusal> {
        match (booking.status, booking.expiring) {
            (BookingStatus::Hold, _) => {
                let mut decision = Decision::new(Outcome::Done);
                let ended = self.end(&mut decision, booking, BookingStatus::Cancelled);
                decision.outcome = self.snapshot(&ended, None);
                Ok(decision)
            }
            (BookingStatus::PendingPayment, _) => {
                Ok(self.expire(booking, ExpiringReason::Released))
            }
            (BookingStatus::Expiring, Some(ExpiringReason::Released)) => {
                Ok(Decision::new(self.snapshot(booking, self.payment_of(booking))))
            }
            (BookingStatus::Expiring, _) => {
                // The provider is being asked already; only what its answer means changes.
                let mut next = self.advanced(booking);
                next.expiring = Some(ExpiringReason::Released);
                let mut decision = Decision::new(self.snapshot(&next, self.payment_of(booking)));
                decision.change(Change::Booking(Box::new(next)));
                Ok(decision)
            }
            (status, _) => Err(Refusal::invalid_transition(status.name(), status.allowed())),
        }
    }

    pub(super) fn checkout(
        &self,
        booking: &Booking,
        payment_id: PaymentId,
        amount: Money,
        request: &serde_json::Value,
    ) -> Result<Decision, Refusal> {
        let status = booking.status;
        if status == BookingStatus::PendingPayment {
            return Ok(Decision::new(self.snapshot(booking, self.payment_of(booking))));
        }
        if booking.expires_at.is_some_and(|end| end <= self.context.now) && status.is_open() {
            // The timer is late; time is up all the same.
            return Err(Refusal::invalid_transition(status.name(), &["release"]));
        }
        if status != BookingStatus::Hold || amount != booking.total {
            return Err(Refusal::invalid_transition(status.name(), status.allowed()));
        }
        let now = self.context.now;
        let payment = Payment {
            id: payment_id,
            property_id: self.listing.id,
            booking_id: booking.id,
            purpose: Purpose::Stay,
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
            created_at: now,
            updated_at: now,
        };
        let mut next = self.advanced(booking);
        next.status = BookingStatus::PendingPayment;
        next.payment_id = Some(payment_id);
        let mut decision = Decision::new(self.snapshot(&next, Some(&payment)));
        let stay = self.facts(&next);
        decision.event(
            booking.id.uuid(),
            Event::PaymentCreated {
                payment_id,
                property_id: payment.property_id,
                booking_id: booking.id,
                amount,
            },
        );
        decision
            .event(booking.id.uuid(), Event::BookingPaymentPending { stay, payment_id, amount });
        decision.change(Change::Payment(Box::new(payment)));
        decision.change(Change::Booking(Box::new(next)));
        Ok(decision)
    }

    pub(super) fn hold_over(&self, booking_id: BookingId) -> Decision {
        let mut decision = Decision::new(Outcome::Done);
        let Some(booking) = self.timed(booking_id) else { return decision };
        match booking.status {
            BookingStatus::Hold => {
                self.end(&mut decision, booking, BookingStatus::Expired);
            }
            BookingStatus::PendingPayment => decision = self.expire(booking, ExpiringReason::Time),
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
            self.end(&mut decision, booking, end_of(booking));
        }
        decision
    }

    /// The booking that a timer is about, if the timer is the one it waits for: a timer
    /// that was dropped while its command was under way is told nothing.
    fn timed(&self, booking_id: BookingId) -> Option<&Booking> {
        let booking = self.state.bookings.get(&booking_id)?;
        (booking.timer == Some(TimerId::from(self.context.request))).then_some(booking)
    }

    fn expire(&self, booking: &Booking, reason: ExpiringReason) -> Decision {
        let mut next = self.advanced(booking);
        next.status = BookingStatus::Expiring;
        next.expiring = Some(reason);
        let mut decision = Decision::new(Outcome::Done);
        decision.changes.extend(booking.timer.map(Change::DropTimer));
        self.set_close_timer(&mut decision, &mut next);
        if let Some(payment_id) = booking.payment_id {
            let stay = self.facts(booking);
            decision.event(booking.id.uuid(), Event::BookingExpiring { stay, payment_id, reason });
        }
        decision.outcome = self.snapshot(&next, self.payment_of(booking));
        decision.change(Change::Booking(Box::new(next)));
        decision
    }

    fn set_close_timer(&self, decision: &mut Decision, booking: &mut Booking) {
        let fire_at = self.context.now.saturating_add(self.context.rules.expiring);
        let fire_at = fire_at.unwrap_or(Timestamp::MAX);
        let timer = Timer {
            // The version makes each round's timer its own.
            id: timer_id(fire_at, booking.id, &format!("close-{}", booking.version)),
            fire_at,
            command: stay::Command::Booking(Command::CloseOverdue { booking_id: booking.id }),
        };
        booking.timer = Some(timer.id);
        decision.change(Change::SetTimer(timer));
    }

    pub(super) fn confirm(&self, decision: &mut Decision, booking: &Booking) {
        let mut next = self.advanced(booking);
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        next.status = BookingStatus::Confirmed;
        next.expiring = None;
        next.expires_at = None;
        next.released_at = None;
        let stay = self.facts(&next);
        decision.event(next.id.uuid(), Event::BookingConfirmed { stay, amount: next.total });
        decision.change(Change::Booking(Box::new(next)));
    }

    /// Ends a booking and gives its nights back; the booking as it ended.
    pub(super) fn end(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        status: BookingStatus,
    ) -> Booking {
        let mut next = self.advanced(booking);
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        next.status = status;
        next.expiring = None;
        next.released_at = Some(self.context.now);
        let stay = self.facts(&next);
        let asked = booking.status == BookingStatus::PendingApproval;
        let ended = match status {
            BookingStatus::Cancelled => {
                let stay = stay.clone();
                Event::BookingCancelled { stay, by: None, asked, refund: None, lines: None }
            }
            BookingStatus::Failed => {
                Event::BookingFailed { stay: stay.clone(), reason: "amount-differs".into() }
            }
            _ => Event::BookingExpired { stay: stay.clone(), asked },
        };
        decision.event(next.id.uuid(), ended);
        decision.event(next.id.uuid(), Event::BookingReleased { stay });
        decision.change(Change::Vacate(next.id.into()));
        decision.change(Change::Booking(Box::new(next.clone())));
        next
    }

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
    pub(super) fn refund(
        &self,
        decision: &mut Decision,
        mut paid: Payment,
        amount: Money,
        reason: &str,
    ) {
        paid.status = PaymentStatus::Refunded;
        decision.change(Change::Payment(Box::new(paid.clone())));
        if amount.amount <= 0 {
            return;
        }
        let refund = Refund {
            // Never of the time: a payment has one refund, however often it is decided.
            id: RefundId::from(ids::derived(paid.id.uuid(), "refund")),
            property_id: paid.property_id,
            payment_id: paid.id,
            booking_id: paid.booking_id,
            amount,
            reason: reason.into(),
            note: None,
            status: RefundStatus::Pending,
            provider_ref: None,
            version: 1,
            created_at: self.context.now,
            updated_at: self.context.now,
        };
        decision.event(
            paid.booking_id.uuid(),
            Event::RefundCreated {
                refund_id: refund.id,
                payment_id: paid.id,
                property_id: paid.property_id,
                booking_id: paid.booking_id,
                amount,
            },
        );
        decision.change(Change::Refund(Box::new(refund)));
    }

    pub(super) fn room_for(&self, booking: &Booking) -> Option<Allotment> {
        let to_come = booking.nights.check_in() >= self.today();
        // A listing that was given up takes nobody in any more: the money goes back.
        let offered = self.listing.status != ListingStatus::Archived;
        (to_come && offered)
            .then(|| self.state.inventory.allot(booking.unit_id, booking.nights, self.today()))
            .flatten()
    }

    pub(super) fn occupy(&self, decision: &mut Decision, booking: &Booking, allotment: Allotment) {
        let Allotment { slot_id, moves } = allotment;
        let occupant = booking.id.into();
        // Whoever was given a unit by hand keeps it as long as it is the same.
        let now = self.state.inventory.of(occupant);
        let pinned = now.is_some_and(|now| now.pinned && now.slot_id == slot_id);
        decision.changes.extend(moves.into_iter().map(Change::Occupy));
        let nights = booking.nights;
        decision.change(Change::Occupy(Occupancy { occupant, slot_id, nights, pinned }));
    }

    fn payment_of(&self, booking: &Booking) -> Option<&Payment> {
        booking.payment_id.and_then(|id| self.state.payments.get(&id))
    }

    fn advanced(&self, booking: &Booking) -> Booking {
        Booking { version: booking.version + 1, updated_at: self.context.now, ..booking.clone() }
    }

    fn today(&self) -> jiff::civil::Date {
        self.listing.today(self.context.now)
    }

    fn facts(&self, booking: &Booking) -> StayFacts {
        StayFacts {
            booking_id: booking.id,
            property_id: booking.property_id,
            unit_id: booking.unit_id,
            tenant_id: booking.tenant_id,
            landlord_id: self.listing.owner,
            nights: booking.nights,
        }
    }

    fn snapshot(&self, booking: &Booking, payment: Option<&Payment>) -> Outcome {
        Outcome::Booking(Box::new(BookingSnapshot {
            booking: booking.clone(),
            property_title: self.listing.fields.title.clone(),
            landlord_id: self.listing.owner,
            zone: self.listing.fields.zone.clone(),
            payment: payment.map(|payment| PaymentGlance {
                id: payment.id,
                status: payment.status,
                checkout_url: payment.session_url.clone(),
            }),
        }))
    }
}

/// The id of a booking's timer.
fn timer_id(fire_at: Timestamp, booking: BookingId, label: &str) -> TimerId {
    TimerId::from(ids::stamped(fire_at, ids::derived(booking.uuid(), label)))
}

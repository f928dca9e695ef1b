//! One turn at a property: a decision in the making, with the steps that several
//! transitions of a [`Booking`] share.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::booking::{
    Booking, BookingSnapshot, BookingStatus, Command, ExpiringReason, PaymentGlance,
};
use super::booking_details::{Details, Party, ProposalStatus};
use super::booking_moves::{self, Moment, Move};
use super::calendar::{self, Nights};
use super::change::{Change, Decision, Timer};
use super::event::{Event, StayFacts};
use super::ids::{self, BookingId, TimerId, UnitId, UserId};
use super::inventory::{Allotment, Occupancy};
use super::payment::Payment;
use super::property::{Listing, Status as ListingStatus};
use super::quote::Offer;
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{self, Outcome, PropertyState};
use super::stay_rules;
use super::terms::Terms;
use super::turn_cancel::Preview;
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
        (unit_id, nights, guests): (Option<UnitId>, Nights, u16),
        slot: Option<i32>,
        offer: Option<&Offer>,
    ) -> Result<Decision, Refusal> {
        let unit = self.unit_for(unit_id)?;
        let terms = self.check_stay(by, unit, nights, guests, offer)?;
        let terms = Terms { platform_fee: self.context.rules.platform_fee, ..terms };
        let unit_id = unit.id;
        self.check_holds(by)?;
        let allotment = stay_rules::room(self.state, self.listing, unit, nights, self.today())?;
        let gate = self.gate_for(by, booking_id, slot)?;
        let promo = self.use_for(booking_id, offer)?;
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
            gate: gate.map(|gate| gate.slot),
            details: Details {
                by_request: !self.listing.policies.instant_book,
                promo_slot: promo.map(|gate| gate.slot),
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
        decision.changes.extend(gate.into_iter().chain(promo).map(Change::TakeGate));
        decision.change(Change::SetTimer(timer));
        decision.change(Change::Booking(Box::new(booking)));
        Ok(decision)
    }

    /// The unit type of a new stay, at a home that is offered.
    pub(super) fn unit_for(&self, asked: Option<UnitId>) -> Result<&Unit, Refusal> {
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
    pub(super) fn check_stay(
        &self,
        by: UserId,
        unit: &Unit,
        nights: Nights,
        guests: u16,
        offer: Option<&Offer>,
    ) -> Result<Terms, Refusal> {
        if by == self.listing.owner {
            return Err(Refusal::not_bookable(
                "own-listing",
                "landlords cannot book their own home",
            ));
        }
        self.check_rules(unit, nights, guests)?;
        self.terms(unit, nights, guests, offer)
    }

    /// Checks a stay against the listing's rules, whoever asks.
    pub(super) fn check_rules(
        &self,
        unit: &Unit,
        nights: Nights,
        guests: u16,
    ) -> Result<(), Refusal> {
        let window = self.context.rules.window_days;
        let moment = stay_rules::Moment::at(self.listing, self.context.now, window);
        stay_rules::check(self.listing, unit, nights, guests, moment)
    }

    pub(super) fn confirm(&self, decision: &mut Decision, booking: &Booking) {
        let mut next = self.advanced(booking);
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        next.status = BookingStatus::Confirmed;
        next.expiring = None;
        next.expires_at = None;
        next.released_at = None;
        self.free_gate(decision, booking);
        next.details.confirmed_at = Some(self.context.now);
        self.set_stay_timer(decision, &mut next);
        let stay = self.facts(&next);
        decision.event(next.id.uuid(), Event::BookingConfirmed { stay, amount: next.total });
        decision.change(Change::Booking(Box::new(next)));
    }

    /// Ends a booking and gives its nights back; the booking as it ended. What it says of the
    /// end in its details is said in the event, too.
    pub(super) fn end(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        status: BookingStatus,
    ) -> Booking {
        self.end_with(decision, booking, status, None)
    }

    /// As [`Self::end`], with what goes back.
    pub(super) fn end_with(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        status: BookingStatus,
        back: Option<&Preview>,
    ) -> Booking {
        let mut next = self.advanced(booking);
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        self.close_proposal(decision, &mut next, ProposalStatus::Withdrawn);
        next.status = status;
        next.expiring = None;
        next.released_at = Some(self.context.now);
        self.free_gate(decision, booking);
        self.free_use(decision, booking);
        let stay = self.facts(&next);
        let asked = booking.status == BookingStatus::PendingApproval;
        let ended = match status {
            BookingStatus::Cancelled => {
                let (stay, by) = (stay.clone(), next.details.ended_by);
                let refund = back.map(|back| back.refund);
                let lines = back.map(|back| back.lines.clone());
                Event::BookingCancelled { stay, by, asked, refund, lines }
            }
            BookingStatus::Failed => {
                let declined = booking.expiring == Some(ExpiringReason::Declined);
                let reason = if declined { "declined" } else { "amount-differs" };
                Event::BookingFailed { stay: stay.clone(), reason: reason.into() }
            }
            BookingStatus::Declined => {
                let reason = next.details.reason.clone().unwrap_or_default();
                Event::BookingDeclined { stay: stay.clone(), reason }
            }
            BookingStatus::NoShow => Event::BookingNoShow { stay: stay.clone() },
            _ => Event::BookingExpired { stay: stay.clone(), asked },
        };
        decision.event(next.id.uuid(), ended);
        decision.event(next.id.uuid(), Event::BookingReleased { stay });
        decision.change(Change::Vacate(next.id.into()));
        decision.change(Change::Booking(Box::new(next.clone())));
        next
    }

    /// Refuses what the party may not do with the booking now.
    pub(super) fn may(&self, booking: &Booking, party: Party, wanted: Move) -> Result<(), Refusal> {
        let zone = self.zone();
        let at =
            Moment { now: self.context.now, zone: &zone, hold_max: self.context.rules.hold_max };
        let moves = booking_moves::allowed(booking, party, &at);
        if moves.contains(&wanted) {
            return Ok(());
        }
        let names: Vec<_> = moves.into_iter().map(Move::name).collect();
        Err(Refusal::invalid_transition(booking.status.name(), &names))
    }

    /// A time from now.
    pub(super) fn after(&self, time: std::time::Duration) -> Timestamp {
        self.context.now.saturating_add(time).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn zone(&self) -> TimeZone {
        calendar::zone(&self.listing.fields.zone).unwrap_or(TimeZone::UTC)
    }

    /// The booking that a timer is about, if the timer is the one it waits for: a timer
    /// that was dropped while its command was under way is told nothing.
    pub(super) fn timed(&self, booking_id: BookingId) -> Option<&Booking> {
        let booking = self.state.bookings.get(&booking_id)?;
        (booking.timer == Some(TimerId::from(self.context.request))).then_some(booking)
    }

    pub(super) fn room_for(&self, booking: &Booking) -> Option<Allotment> {
        let to_come = booking.nights.check_in() >= self.today();
        // A listing that was given up takes nobody in any more: the money goes back.
        let offered = self.listing.status != ListingStatus::Archived;
        (to_come && offered)
            .then(|| self.state.inventory.allot(booking.unit_id, booking.nights, self.today()))
            .flatten()
    }

    /// Takes all nights of a booking. None of them is over: neither new stays nor changes begin
    /// before today.
    pub(super) fn occupy(&self, decision: &mut Decision, booking: &Booking, allotment: Allotment) {
        let Allotment { slot_id, moves } = allotment;
        let (occupant, nights) = (booking.id.into(), booking.nights);
        // Whoever was given a unit by hand keeps it as long as it is the same.
        let now = self.state.inventory.of(occupant).filter(|now| now.slot_id == slot_id);
        let pinned = now.is_some_and(|now| now.pinned);
        decision.changes.extend(moves.into_iter().map(Change::Occupy));
        decision.change(Change::Occupy(Occupancy {
            occupant,
            slot_id,
            nights,
            pinned,
            left: false,
        }));
    }

    pub(super) fn payment_of(&self, booking: &Booking) -> Option<&Payment> {
        booking.payment_id.and_then(|id| self.state.payments.get(&id))
    }

    pub(super) fn advanced(&self, booking: &Booking) -> Booking {
        Booking { version: booking.version + 1, updated_at: self.context.now, ..booking.clone() }
    }

    pub(super) fn today(&self) -> jiff::civil::Date {
        self.listing.today(self.context.now)
    }

    pub(super) fn facts(&self, booking: &Booking) -> StayFacts {
        StayFacts {
            booking_id: booking.id,
            property_id: booking.property_id,
            unit_id: booking.unit_id,
            tenant_id: booking.tenant_id,
            landlord_id: self.listing.owner,
            nights: booking.nights,
        }
    }

    pub(super) fn snapshot(&self, booking: &Booking, payment: Option<&Payment>) -> Outcome {
        let slot = self.state.inventory.slot_of(booking.id.into());
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
            unit_no: slot.map(|slot| slot.unit_no),
        }))
    }

    /// A booking as it will be in another unit.
    pub(super) fn snapshot_in(&self, booking: &Booking, unit_no: u16) -> Outcome {
        match self.snapshot(booking, self.payment_of(booking)) {
            Outcome::Booking(mut snapshot) => {
                snapshot.unit_no = Some(unit_no);
                Outcome::Booking(snapshot)
            }
            other => other,
        }
    }
}

/// The id of a booking's timer.
pub(super) fn timer_id(fire_at: Timestamp, booking: BookingId, label: &str) -> TimerId {
    TimerId::from(ids::stamped(fire_at, ids::derived(booking.uuid(), label)))
}

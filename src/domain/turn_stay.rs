//! Of a turn: guests come, stay and leave, or never come; and stays that a landlord enters.
//!
//! A stay of which nobody says anything took place: it is completed by itself, when its last
//! day is over and the landlord has had a day to say that nobody came.

use jiff::Timestamp;
use jiff::civil::Date;

use super::booking::{Booking, BookingStatus, Command};
use super::booking_details::{Details, GUEST_NAME_MAX, ManualGuest, Party, ProposalStatus};
use super::booking_moves::{Move, NO_SHOW_UNTIL};
use super::calendar::Nights;
use super::cancellation;
use super::change::{Change, Decision, Timer};
use super::event::Event;
use super::ids::{BookingId, UnitId, UserId};
use super::ledger::Parts;
use super::listing::is_line;
use super::money::Money;
use super::price::{Line, LineKind, Price};
use super::property::Status as ListingStatus;
use super::reckoning;
use super::refusal::Refusal;
use super::stay::{self, Outcome};
use super::terms::Terms;
use super::turn::{Turn, timer_id};
use super::turn_hold::check_words;
use super::unit::Unit;

/// What a landlord says of a stay that was agreed on elsewhere.
pub(super) struct Entry<'a> {
    pub(super) booking_id: BookingId,
    pub(super) unit_id: Option<UnitId>,
    pub(super) nights: Nights,
    pub(super) guests: u16,
    pub(super) guest: &'a ManualGuest,
    pub(super) total: Option<Money>,
}

impl Turn<'_> {
    /// The landlord's own rules do not bind the landlord: only the calendar does.
    pub(super) fn manual(&self, by: UserId, entry: &Entry<'_>) -> Result<Decision, Refusal> {
        let Entry { booking_id, nights, guests, .. } = *entry;
        let unit = self.unit_to_enter(by, entry)?;
        let price = self.price_of_entry(unit, entry)?;
        let unit_id = unit.id;
        let allotment = self
            .state
            .inventory
            .allot(unit_id, nights, self.today())
            .ok_or_else(|| Refusal::nights_taken(nights))?;
        let mut booking = Booking {
            id: booking_id,
            property_id: self.listing.id,
            unit_id,
            tenant_id: by,
            nights,
            guests,
            status: BookingStatus::Confirmed,
            expiring: None,
            total: price.due(),
            terms: Terms::new(price, &self.listing.policies),
            expires_at: None,
            released_at: None,
            timer: None,
            payment_id: None,
            gate: None,
            details: Details {
                confirmed_at: Some(self.context.now),
                guest: Some(entry.guest.clone()),
                ..Details::default()
            },
            version: 1,
            created_at: self.context.now,
            updated_at: self.context.now,
        };
        let mut decision = Decision::new(Outcome::Done);
        self.set_stay_timer(&mut decision, &mut booking);
        self.occupy(&mut decision, &booking, allotment);
        let stay = self.facts(&booking);
        let total = booking.total;
        decision.event(booking_id.uuid(), Event::BookingRecorded { stay, total });
        decision.outcome = self.snapshot(&booking, None);
        decision.change(Change::Booking(Box::new(booking)));
        Ok(decision)
    }

    fn unit_to_enter(&self, by: UserId, entry: &Entry<'_>) -> Result<&Unit, Refusal> {
        if by != self.listing.owner {
            return Err(Refusal::NotFound);
        }
        if !matches!(self.listing.status, ListingStatus::Live | ListingStatus::Paused) {
            return Err(Refusal::not_bookable("not-live", "the home is not offered now"));
        }
        if entry.nights.check_in() < self.today() {
            return Err(Refusal::not_bookable("in-the-past", "check_in is before today"));
        }
        if !is_line(&entry.guest.name, 1, GUEST_NAME_MAX) {
            let detail = "1 to 200 characters on one line";
            return Err(Refusal::invalid_field("/guest_name", "invalid", detail));
        }
        check_words(entry.guest.note.as_deref().unwrap_or(""), 0, "/note")?;
        let unit = match (entry.unit_id, self.listing.units.as_slice()) {
            (Some(id), _) => self.listing.unit(id).ok_or(Refusal::NotFound)?,
            (None, [only]) => only,
            (None, _) => {
                let detail = "the home has several unit types: say which";
                return Err(Refusal::invalid_field("/unit_id", "required", detail));
            }
        };
        if entry.guests == 0 || entry.guests > unit.fields.guests {
            return Err(Refusal::not_bookable("too-many-guests", "the home does not take so many"));
        }
        Ok(unit)
    }

    fn price_of_entry(&self, unit: &Unit, entry: &Entry<'_>) -> Result<Price, Refusal> {
        let currency = self.listing.fields.currency;
        let count = entry.nights.count();
        if let Some(total) = entry.total {
            if total.currency != currency || total.amount < 0 {
                let detail = "not below zero, in the currency of the home";
                return Err(Refusal::invalid_field("/total", "invalid", detail));
            }
            let line = Line {
                kind: LineKind::Nights,
                label: String::new(),
                quantity: count,
                amount: total.amount,
            };
            return Ok(Price { currency, lines: vec![line], deposit: 0 });
        }
        let (nights, guests) = (entry.nights, entry.guests);
        let price = reckoning::price(self.listing, unit, nights, guests, self.today(), None)?;
        // A deposit is the landlord's own affair, as the money is.
        Ok(Price { deposit: 0, ..price })
    }

    pub(super) fn check_in(
        &self,
        booking: &Booking,
        party: Party,
        proved: bool,
    ) -> Result<Decision, Refusal> {
        self.may(booking, party, Move::CheckIn)?;
        if party == Party::Tenant && !proved {
            let detail = "the six digits that the landlord has";
            return Err(Refusal::invalid_field("/code", "wrong", detail));
        }
        let mut decision = Decision::new(Outcome::Done);
        let mut next = self.advanced(booking);
        next.status = BookingStatus::CheckedIn;
        next.details.arrived_at = Some(self.context.now);
        self.close_proposal(&mut decision, &mut next, ProposalStatus::Withdrawn);
        let stay = self.facts(&next);
        decision.event(next.id.uuid(), Event::BookingCheckedIn { stay });
        decision.outcome = self.snapshot(&next, self.payment_of(booking));
        decision.change(Change::Booking(Box::new(next)));
        Ok(decision)
    }

    pub(super) fn check_out(&self, booking: &Booking, party: Party) -> Result<Decision, Refusal> {
        self.may(booking, party, Move::CheckOut)?;
        let mut decision = Decision::new(Outcome::Done);
        let today = self.today();
        let early = today < booking.nights.check_out();
        if early && !booking.is_manual() {
            let (nights, now) = (booking.nights, self.context.now);
            let lines = cancellation::early_check_out(&booking.terms, nights, now, &self.zone());
            self.give_back(
                &mut decision,
                booking,
                Parts::of_refund(&lines),
                ("left-early", "left-early"),
            );
        }
        let next = self.complete(&mut decision, booking, early.then_some(today));
        decision.outcome = self.snapshot(&next, self.payment_of(booking));
        Ok(decision)
    }

    pub(super) fn no_show(&self, booking: &Booking) -> Result<Decision, Refusal> {
        self.may(booking, Party::Landlord, Move::NoShow)?;
        let mut decision = Decision::new(Outcome::Done);
        if !booking.is_manual() {
            let lines = cancellation::no_show(&booking.terms);
            self.give_back(
                &mut decision,
                booking,
                Parts::of_refund(&lines),
                ("no-show", "no-show"),
            );
        }
        // The first night is over by now, so that giving all back gives the others back.
        let ended = self.end(&mut decision, booking, BookingStatus::NoShow);
        decision.outcome = self.snapshot(&ended, self.payment_of(booking));
        Ok(decision)
    }

    pub(super) fn stay_over(&self, booking_id: BookingId) -> Decision {
        let mut decision = Decision::new(Outcome::Done);
        let Some(booking) = self.timed(booking_id) else { return decision };
        match booking.status {
            BookingStatus::Confirmed if self.may_be_no_show(booking).is_some() => {
                let mut next = self.advanced(booking);
                let until = self.may_be_no_show(booking).unwrap_or(self.context.now);
                self.set_stay_timer_at(&mut decision, &mut next, until);
                decision.change(Change::Booking(Box::new(next)));
            }
            BookingStatus::Confirmed | BookingStatus::CheckedIn => {
                self.complete(&mut decision, booking, None);
            }
            _ => {}
        }
        decision
    }

    /// Until when the landlord may still say that nobody came, if that is to come.
    fn may_be_no_show(&self, booking: &Booking) -> Option<Timestamp> {
        let until = booking.arrival(&self.zone()).saturating_add(NO_SHOW_UNTIL).ok()?;
        (until > self.context.now && !booking.is_manual()).then_some(until)
    }

    /// The stay is over, on the given day if that is before its last; the booking then.
    fn complete(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        left_on: Option<Date>,
    ) -> Booking {
        let mut next = self.advanced(booking);
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        self.close_proposal(decision, &mut next, ProposalStatus::Withdrawn);
        next.status = BookingStatus::Completed;
        next.details.left_on = left_on;
        // The other nights are free at once; those that were spent keep the gap behind them free.
        let occupant = next.id.into();
        let spent = self.state.inventory.spent(occupant, self.today());
        let stay = self.facts(&next);
        let early = left_on.is_some();
        decision.event(next.id.uuid(), Event::BookingCompleted { stay, early });
        decision.change(spent.map_or(Change::Vacate(occupant), Change::Occupy));
        decision.change(Change::Booking(Box::new(next.clone())));
        next
    }

    /// Sets the timer of the end of a stay that stands.
    pub(super) fn set_stay_timer(&self, decision: &mut Decision, booking: &mut Booking) {
        let fire_at = booking.departure(&self.zone());
        self.set_stay_timer_at(decision, booking, fire_at);
    }

    fn set_stay_timer_at(
        &self,
        decision: &mut Decision,
        booking: &mut Booking,
        fire_at: Timestamp,
    ) {
        let timer = Timer {
            // The version tells it from those of the same stay that were dropped.
            id: timer_id(fire_at, booking.id, &format!("stay-over-{}", booking.version)),
            fire_at,
            command: stay::Command::Booking(Command::StayOver { booking_id: booking.id }),
        };
        booking.timer = Some(timer.id);
        decision.change(Change::SetTimer(timer));
    }
}

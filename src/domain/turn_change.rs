//! Of a turn: having a booking otherwise. One side proposes other nights, another unit type
//! or other guests, at the price of the moment; the other says yes or no. What is dearer is
//! paid for first, and nights are taken when the money comes: nothing is kept for a proposal.

use jiff::Timestamp;
use jiff::civil::Date;

use super::booking::{Answer, Booking, BookingStatus, Command};
use super::booking_details::{Party, Proposal, ProposalStatus};
use super::booking_moves::Move;
use super::calendar::Nights;
use super::change::{Change, Decision, Timer};
use super::event::Event;
use super::ids::{BookingId, PaymentId, ProposalId, TimerId, UnitId};
use super::inventory::Allotment;
use super::ledger::Parts;
use super::money::Money;
use super::payment::{Payment, Purpose};
use super::price::Price;
use super::promo::PromoTerms;
use super::property::Status as ListingStatus;
use super::quote::{At, Offer};
use super::refusal::Refusal;
use super::stay::{self, Outcome};
use super::turn::{Turn, timer_id};

/// What somebody wants otherwise.
pub(super) struct Wish<'a> {
    pub(super) change_id: ProposalId,
    pub(super) unit_id: Option<UnitId>,
    pub(super) check_in: Option<Date>,
    pub(super) check_out: Option<Date>,
    pub(super) guests: Option<u16>,
    pub(super) promo: Option<&'a PromoTerms>,
}

impl Turn<'_> {
    pub(super) fn propose(
        &self,
        booking: &Booking,
        by: Party,
        wish: &Wish<'_>,
    ) -> Result<Decision, Refusal> {
        self.may(booking, by, Move::Change)?;
        let now = booking.nights;
        let nights = Nights::new(
            wish.check_in.unwrap_or(now.check_in()),
            wish.check_out.unwrap_or(now.check_out()),
        );
        let nights = nights
            .map_err(|error| Refusal::invalid_field("/check_out", "invalid", &error.to_string()))?;
        let unit_id = wish.unit_id.unwrap_or(booking.unit_id);
        let guests = wish.guests.unwrap_or(booking.guests);
        if (unit_id, nights, guests) == (booking.unit_id, booking.nights, booking.guests) {
            let detail = "name what shall be otherwise";
            return Err(Refusal::invalid_field("/check_in", "unchanged", detail));
        }
        let price = self.price_of(booking, unit_id, nights, guests, wish.promo)?;
        let allotment = self.other_room(booking, unit_id, nights)?;
        let difference =
            Money::new(price.due().amount - booking.total.amount, booking.total.currency);
        self.check_deposit(booking, &price, difference)?;
        let expires_at = self.after(self.context.rules.proposal);
        let mut proposal = Proposal {
            id: wish.change_id,
            by,
            unit_id,
            nights,
            guests,
            price,
            difference,
            status: ProposalStatus::Open,
            payment_id: None,
            timer: None,
            expires_at,
            created_at: self.context.now,
        };
        let mut decision = Decision::new(Outcome::Done);
        if booking.is_manual() {
            // Nobody else is to be asked, and the money goes its own way.
            let applied = self.apply(&mut decision, booking, proposal, allotment);
            decision.outcome = self.snapshot(&applied, None);
            return Ok(decision);
        }
        self.set_proposal_timer(&mut decision, booking, &mut proposal, expires_at);
        decision.event(
            booking.id.uuid(),
            Event::BookingChangeProposed {
                stay: self.facts(booking),
                change_id: proposal.id,
                by,
                new_unit_id: unit_id,
                new_nights: nights,
                new_guests: guests,
                difference,
                expires_at,
            },
        );
        let mut next = self.advanced(booking);
        next.details.change = Some(Box::new(proposal));
        self.changed(&mut decision, next);
        Ok(decision)
    }

    /// What the stay would cost today; the rules for new stays bind it, but for the landlord's
    /// own entries. The promo code that it has used counts, as long as it fits the new stay.
    fn price_of(
        &self,
        booking: &Booking,
        unit_id: UnitId,
        nights: Nights,
        guests: u16,
        promo: Option<&PromoTerms>,
    ) -> Result<Price, Refusal> {
        let unknown = || Refusal::invalid_field("/unit_id", "unknown", "no such unit type");
        let unit = self.listing.unit(unit_id).ok_or_else(unknown)?;
        if !booking.is_manual() {
            let used = promo.filter(|promo| Some(promo.id) == booking.terms.promo);
            let fits =
                |promo: &PromoTerms| promo.check_for(self.listing, nights, self.today()).is_ok();
            let used = used.cloned().map(PromoTerms::once_used).filter(fits);
            let offer = used.map(|promo| Offer::new(At::Promo(promo)));
            let terms = self.check_stay(booking.tenant_id, unit, nights, guests, offer.as_ref())?;
            return Ok(terms.price);
        }
        if nights.check_in() < self.today() {
            return Err(Refusal::not_bookable("in-the-past", "check_in is before today"));
        }
        if guests == 0 || guests > unit.fields.guests {
            return Err(Refusal::not_bookable("too-many-guests", "the home does not take so many"));
        }
        // What was agreed on elsewhere stays so.
        Ok(booking.terms.price.clone())
    }

    /// A landlord who gave money back may have left less than another price needs for its
    /// deposit; what is dearer is paid first.
    fn check_deposit(
        &self,
        booking: &Booking,
        price: &Price,
        difference: Money,
    ) -> Result<(), Refusal> {
        let there = self.left_of(booking).saturating_add(difference.amount.max(0));
        if booking.is_manual() || there >= price.deposit {
            return Ok(());
        }
        let detail = "what was given back leaves too little for the deposit";
        Err(Refusal::not_bookable("deposit-not-covered", detail))
    }

    /// Where the stay would be; it may take its own nights.
    fn other_room(
        &self,
        booking: &Booking,
        unit_id: UnitId,
        nights: Nights,
    ) -> Result<Allotment, Refusal> {
        if self.listing.status == ListingStatus::Archived {
            return Err(Refusal::not_bookable("not-live", "the home is not offered any more"));
        }
        let room = self.room_at(booking, unit_id, nights);
        room.ok_or_else(|| Refusal::nights_taken(nights))
    }

    fn room_at(&self, booking: &Booking, unit_id: UnitId, nights: Nights) -> Option<Allotment> {
        self.state.inventory.allot_for(booking.id.into(), unit_id, nights, self.today())
    }

    pub(super) fn answer(
        &self,
        booking: &Booking,
        party: Party,
        change_id: ProposalId,
        answer: Answer,
    ) -> Result<Decision, Refusal> {
        let proposal = self.proposal(booking, change_id)?;
        let mut decision = Decision::new(Outcome::Done);
        match answer {
            Answer::Accept => {
                self.may(booking, party, Move::AcceptChange)?;
                return self.accept(booking, proposal.clone());
            }
            Answer::Decline => {
                self.may(booking, party, Move::DeclineChange)?;
                let mut next = self.advanced(booking);
                self.close_proposal(&mut decision, &mut next, ProposalStatus::Declined);
                self.changed(&mut decision, next);
            }
            Answer::Withdraw => {
                self.may(booking, party, Move::WithdrawChange)?;
                let mut next = self.advanced(booking);
                self.close_proposal(&mut decision, &mut next, ProposalStatus::Withdrawn);
                self.changed(&mut decision, next);
            }
        }
        Ok(decision)
    }

    fn accept(&self, booking: &Booking, mut proposal: Proposal) -> Result<Decision, Refusal> {
        if proposal.nights.check_in() < self.today() {
            return Err(Refusal::not_bookable("in-the-past", "check_in is before today"));
        }
        let allotment = self.other_room(booking, proposal.unit_id, proposal.nights)?;
        self.check_deposit(booking, &proposal.price, proposal.difference)?;
        let mut decision = Decision::new(Outcome::Done);
        if proposal.difference.amount <= 0 {
            let applied = self.apply(&mut decision, booking, proposal, allotment);
            decision.outcome = self.snapshot(&applied, self.payment_of(booking));
            return Ok(decision);
        }
        let expires_at = self.after(self.context.rules.approved);
        proposal.status = ProposalStatus::Accepted;
        self.set_proposal_timer(&mut decision, booking, &mut proposal, expires_at);
        decision.event(
            booking.id.uuid(),
            Event::BookingChangeAccepted {
                stay: self.facts(booking),
                change_id: proposal.id,
                difference: proposal.difference,
                expires_at,
            },
        );
        let mut next = self.advanced(booking);
        next.details.change = Some(Box::new(proposal));
        self.changed(&mut decision, next);
        Ok(decision)
    }

    pub(super) fn pay_change(
        &self,
        booking: &Booking,
        change_id: ProposalId,
        (payment_id, amount): (PaymentId, Money),
        request: &serde_json::Value,
    ) -> Result<Decision, Refusal> {
        let proposal = self.proposal(booking, change_id)?;
        self.may(booking, Party::Tenant, Move::PayChange)?;
        if proposal.payment_id.is_some() {
            return Ok(Decision::new(self.snapshot(booking, self.payment_of(booking))));
        }
        if amount != proposal.difference {
            return Err(Refusal::invalid_transition(booking.status.name(), &["pay-change"]));
        }
        let payment = self.new_payment(booking, payment_id, Purpose::Change, amount, request);
        let mut next = self.advanced(booking);
        next.details.change =
            Some(Box::new(Proposal { payment_id: Some(payment_id), ..proposal.clone() }));
        let mut decision = Decision::new(Outcome::Done);
        self.make_out(&mut decision, payment);
        self.changed(&mut decision, next);
        Ok(decision)
    }

    /// The difference has come, or what is taken for it: the stay is swapped if its nights are
    /// still free; else all of it goes back and the booking stays as it was.
    pub(super) fn change_paid(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        paid: Payment,
        amount: Money,
    ) {
        let ours = |change: &&Proposal| {
            change.payment_id == Some(paid.id) && change.status == ProposalStatus::Accepted
        };
        let proposal = booking.details.change.as_deref().filter(ours);
        let Some(proposal) = proposal else {
            return self.refund_all(decision, paid, amount, "change-over");
        };
        let fits = booking.status == BookingStatus::Confirmed
            && amount == proposal.difference
            && self.check_deposit(booking, &proposal.price, amount).is_ok()
            && proposal.nights.check_in() >= self.today()
            && self.listing.status != ListingStatus::Archived;
        let room = fits.then(|| self.room_at(booking, proposal.unit_id, proposal.nights));
        if let Some(allotment) = room.flatten() {
            self.apply(decision, booking, proposal.clone(), allotment);
            decision.change(Change::Payment(Box::new(paid)));
        } else {
            let mut next = self.advanced(booking);
            self.close_proposal(decision, &mut next, ProposalStatus::Failed);
            decision.change(Change::Booking(Box::new(next)));
            self.refund_all(decision, paid, amount, "change-not-possible");
        }
    }

    pub(super) fn proposal_over(&self, booking_id: BookingId, change_id: ProposalId) -> Decision {
        let mut decision = Decision::new(Outcome::Done);
        let request = TimerId::from(self.context.request);
        let booking = self.state.bookings.get(&booking_id).filter(|booking| {
            let open = booking.details.open_change();
            open.is_some_and(|open| open.id == change_id && open.timer == Some(request))
        });
        if let Some(booking) = booking {
            let mut next = self.advanced(booking);
            self.close_proposal(&mut decision, &mut next, ProposalStatus::Expired);
            decision.change(Change::Booking(Box::new(next)));
        }
        decision
    }

    /// Ends the proposal of a booking that is being changed, if one is open. A payment that was
    /// made out for it is closed, unless it is what failed.
    pub(super) fn close_proposal(
        &self,
        decision: &mut Decision,
        next: &mut Booking,
        status: ProposalStatus,
    ) {
        let stay = self.facts(next);
        let open = next.details.change.as_mut().filter(|change| change.status.is_open());
        let Some(open) = open else { return };
        open.status = status;
        decision.changes.extend(open.timer.take().map(Change::DropTimer));
        let why = match status {
            ProposalStatus::Declined => "declined",
            ProposalStatus::Expired => "expired",
            ProposalStatus::Failed => "failed",
            _ => "withdrawn",
        };
        decision.event(
            next.id.uuid(),
            Event::BookingChangeDeclined { stay, change_id: open.id, by: open.by, why: why.into() },
        );
        // One that failed has come to its own end.
        let payment = open.payment_id.filter(|_| status != ProposalStatus::Failed);
        if let Some(payment) = payment.and_then(|id| self.state.payments.get(&id)) {
            self.close_payment(decision, payment);
        }
    }

    /// Has the stay as proposed: nights, price and what is due in one step.
    fn apply(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        mut proposal: Proposal,
        allotment: Allotment,
    ) -> Booking {
        let mut next = self.advanced(booking);
        decision.changes.extend(proposal.timer.take().map(Change::DropTimer));
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        (next.unit_id, next.nights, next.guests) =
            (proposal.unit_id, proposal.nights, proposal.guests);
        next.terms.price = proposal.price.clone();
        next.total = next.terms.price.due();
        self.set_stay_timer(decision, &mut next);
        self.occupy(decision, &next, allotment);
        let less = Money { amount: -proposal.difference.amount, ..proposal.difference };
        if less.amount > 0 && !booking.is_manual() {
            let cause = format!("change-{}", proposal.id);
            let parts = Parts::between(&next.terms.price, &booking.terms.price);
            self.give_back(decision, booking, parts, ("changed", &cause));
        }
        proposal.status = ProposalStatus::Applied;
        next.details.change = Some(Box::new(proposal));
        decision.event(
            next.id.uuid(),
            Event::BookingModified {
                stay: self.facts(&next),
                old_unit_id: booking.unit_id,
                old_nights: booking.nights,
                old_total: booking.total,
                new_total: next.total,
            },
        );
        decision.change(Change::Booking(Box::new(next.clone())));
        next
    }

    fn proposal<'b>(
        &self,
        booking: &'b Booking,
        change_id: ProposalId,
    ) -> Result<&'b Proposal, Refusal> {
        let named = |change: &&Proposal| change.id == change_id;
        booking.details.change.as_deref().filter(named).ok_or(Refusal::NotFound)
    }

    fn changed(&self, decision: &mut Decision, next: Booking) {
        decision.outcome = self.snapshot(&next, self.payment_of(&next));
        decision.change(Change::Booking(Box::new(next)));
    }

    fn set_proposal_timer(
        &self,
        decision: &mut Decision,
        booking: &Booking,
        proposal: &mut Proposal,
        expires_at: Timestamp,
    ) {
        decision.changes.extend(proposal.timer.take().map(Change::DropTimer));
        let label = format!("proposal-{}-{}", proposal.id, booking.version);
        let timer = Timer {
            id: timer_id(expires_at, booking.id, &label),
            fire_at: expires_at,
            command: stay::Command::Booking(Command::ProposalOver {
                booking_id: booking.id,
                change_id: proposal.id,
            }),
        };
        proposal.timer = Some(timer.id);
        proposal.expires_at = expires_at;
        decision.change(Change::SetTimer(timer));
    }
}

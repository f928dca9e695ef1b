//! Deposits: what is kept for damages. A deposit is paid with the stay and is nobody's income.
//! When the guests have left, the landlord has fourteen days to say what it is kept for; then
//! the rest goes back by itself.
//!
//! ```text
//! held -> due -> released
//!   |      |
//!   |      +-> contested -> released        (the tenant objects: an administrator decides)
//!   +-> released                            (the stay was called off)
//! ```
//! Its key is that of its booking.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::booking::{Booking, BookingStatus};
use super::change::{Change, Decision, Timer};
use super::event::{Event, StayFacts};
use super::ids::{self, BookingId, PropertyId, TimerId, UserId};
use super::ledger::Parts;
use super::money::{Currency, Money};
use super::property::Listing;
use super::refusal::{FieldError, Refusal};
use super::rules::Context;
use super::stay::{self, Outcome, PropertyState};
use super::turn::Turn;

/// How long after a stay its deposit goes back by itself.
pub const RELEASED_AFTER: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The most things that a deposit can be kept for.
pub const DEDUCTIONS_MAX: usize = 20;
/// The longest name of one of them, in characters.
pub const LABEL_MAX: usize = 200;
/// The longest objection or decision, in characters.
pub const REASON_MAX: usize = 1000;

/// Where a deposit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The stay is still to be, or going on.
    Held,
    /// The stay is over; what is not kept goes back at a known time.
    Due,
    /// The tenant objects to what is kept; an administrator decides.
    Contested,
    /// All of it was given back or kept.
    Released,
}

impl Status {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Due => "due",
            Self::Contested => "contested",
            Self::Released => "released",
        }
    }

    /// What can be done with it by anybody.
    const fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Held | Self::Released => &[],
            Self::Due => &["deduct", "release", "contest"],
            Self::Contested => &["resolve"],
        }
    }
}

/// Something that part of a deposit is kept for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deduction {
    /// What it is, 1 to [`LABEL_MAX`] characters.
    pub label: String,
    /// What it costs, in minor units; above zero.
    pub amount: i64,
}

/// The deposit of a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// The booking.
    pub id: BookingId,
    /// The booking's property, whose actor owns it.
    pub property_id: PropertyId,
    /// Whose money it is.
    pub tenant_id: UserId,
    /// Whose home it is for.
    pub landlord_id: UserId,
    /// The currency of all amounts.
    pub currency: Currency,
    /// All of it, in minor units.
    pub amount: i64,
    /// What the landlord wants to keep it for.
    pub deductions: Vec<Deduction>,
    /// What went back, or is on its way.
    pub returned: i64,
    /// What the landlord has kept.
    pub kept: i64,
    /// Where it stands.
    pub status: Status,
    /// When the rest goes back by itself.
    pub release_at: Option<Timestamp>,
    /// The timer that is set for that.
    pub timer: Option<TimerId>,
    /// What the tenant objects.
    pub objection: Option<String>,
    /// Why the administrator decided so.
    pub decision: Option<String>,
    /// Goes up with every change.
    pub version: i32,
    /// Since when it is held.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What can be asked of a deposit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Say what part of it is kept for.
    Deduct {
        /// The landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// What it is kept for, on top of what was said before.
        items: Vec<Deduction>,
    },
    /// Give back at once what is not kept.
    Release {
        /// The landlord.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
    },
    /// Object to what is kept.
    Contest {
        /// The tenant.
        by: UserId,
        /// The booking.
        booking_id: BookingId,
        /// Why.
        reason: String,
    },
    /// Decide how much is kept. Only administrators come this far.
    Resolve {
        /// The booking.
        booking_id: BookingId,
        /// What the landlord keeps, in minor units.
        kept: i64,
        /// Why.
        reason: String,
    },
    /// A timer: what is not kept goes back.
    ReleaseDue {
        /// The booking.
        booking_id: BookingId,
    },
}

impl Command {
    /// The booking whose deposit it is about.
    #[must_use]
    pub const fn booking(&self) -> BookingId {
        match self {
            Self::Deduct { booking_id, .. }
            | Self::Release { booking_id, .. }
            | Self::Contest { booking_id, .. }
            | Self::Resolve { booking_id, .. }
            | Self::ReleaseDue { booking_id } => *booking_id,
        }
    }
}

impl Deposit {
    /// What the landlord wants to keep.
    #[must_use]
    pub fn deducted(&self) -> i64 {
        self.deductions.iter().map(|item| item.amount).sum()
    }

    /// What is neither given back nor kept.
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.amount - self.returned - self.kept
    }

    /// An amount in its currency.
    #[must_use]
    pub const fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency)
    }

    fn advanced(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self.clone() }
    }

    fn refused(&self) -> Refusal {
        Refusal::invalid_transition(self.status.name(), self.status.allowed())
    }
}

/// Decides a deposit's command.
///
/// # Errors
/// A [`Refusal`]; nothing changes then.
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let listing = state.listing.as_deref().ok_or(Refusal::NotFound)?;
    let deposit = state.deposits.get(&command.booking()).ok_or(Refusal::NotFound)?;
    let booking = state.bookings.get(&deposit.id).ok_or(Refusal::NotFound)?;
    let stay = facts(booking, listing);
    let turn = Turn { state, listing, context };
    let desk = Desk { turn, booking, stay, now: context.now };
    match command {
        Command::Deduct { by, items, .. } if *by == deposit.landlord_id => {
            desk.deduct(deposit, items)
        }
        Command::Release { by, .. } if *by == deposit.landlord_id => desk.release(deposit),
        Command::Contest { by, reason, .. } if *by == deposit.tenant_id => {
            desk.contest(deposit, reason)
        }
        Command::Resolve { kept, reason, .. } => desk.resolve(deposit, *kept, reason),
        Command::ReleaseDue { .. } => {
            let is_its_own = deposit.timer == Some(TimerId::from(context.request));
            if deposit.status != Status::Due || !is_its_own {
                return Ok(Decision::new(Outcome::Done));
            }
            Ok(desk.end(deposit.advanced(context.now), deposit.deducted()))
        }
        _ => Err(Refusal::NotFound),
    }
}

/// Adds what becomes of a deposit when its booking changes: it is held when the booking
/// stands, due when the stay is over, and given back when the stay is called off, as far as
/// the refunds of the same decision say.
pub fn follow(state: &PropertyState, decision: &mut Decision, context: &Context<'_>) {
    let Some(listing) = state.listing.as_deref() else { return };
    let changed: Vec<Booking> = decision.bookings().cloned().collect();
    for booking in changed {
        let before = state.deposits.get(&booking.id);
        let Some(next) = followed(before, &booking, decision, listing, context.now) else {
            continue;
        };
        let stay = facts(&booking, listing);
        let amount = next.money(next.amount);
        match next.status {
            Status::Held if before.is_none_or(|before| before.amount != next.amount) => {
                decision.event(stay.booking_id.uuid(), Event::DepositHeld { stay, amount });
            }
            Status::Due => decision.change(Change::SetTimer(timer(&next))),
            Status::Released if next.amount > 0 => told_of_release(decision, stay, &next),
            Status::Held | Status::Contested | Status::Released => {}
        }
        decision.change(Change::Deposit(Box::new(next)));
    }
}

/// The deposit after a change of its booking; none if it stays as it is.
fn followed(
    before: Option<&Deposit>,
    booking: &Booking,
    decision: &Decision,
    listing: &Listing,
    now: Timestamp,
) -> Option<Deposit> {
    let agreed = booking.terms.price.deposit;
    match (before, booking.status) {
        (None, BookingStatus::Confirmed) if agreed > 0 && booking.payment_id.is_some() => {
            Some(held(booking, listing, now))
        }
        (Some(before), BookingStatus::Confirmed | BookingStatus::CheckedIn)
            if before.status == Status::Held && before.amount != agreed =>
        {
            Some(Deposit { amount: agreed, ..before.advanced(now) })
        }
        (Some(before), BookingStatus::Completed)
            if before.status == Status::Held && before.amount > 0 =>
        {
            let release_at = now.saturating_add(RELEASED_AFTER).unwrap_or(Timestamp::MAX);
            let mut due = before.advanced(now);
            (due.status, due.release_at) = (Status::Due, Some(release_at));
            due.timer = Some(timer(&due).id);
            Some(due)
        }
        // A change may have left nothing of it: then there is nothing to wait for.
        (
            Some(before),
            BookingStatus::Completed | BookingStatus::Cancelled | BookingStatus::NoShow,
        ) if before.status == Status::Held => {
            let back: i64 = decision.refunds().filter_map(|r| r.parts).map(|p| p.deposit).sum();
            let mut next = before.advanced(now);
            next.returned += back;
            if next.returned == next.amount {
                next.status = Status::Released;
            }
            (back != 0 || next.status == Status::Released).then_some(next)
        }
        _ => None,
    }
}

fn facts(booking: &Booking, listing: &Listing) -> StayFacts {
    StayFacts {
        booking_id: booking.id,
        property_id: booking.property_id,
        unit_id: booking.unit_id,
        tenant_id: booking.tenant_id,
        landlord_id: listing.owner,
        nights: booking.nights,
    }
}

fn held(booking: &Booking, listing: &Listing, now: Timestamp) -> Deposit {
    Deposit {
        id: booking.id,
        property_id: booking.property_id,
        tenant_id: booking.tenant_id,
        landlord_id: listing.owner,
        currency: booking.terms.price.currency,
        amount: booking.terms.price.deposit,
        deductions: Vec::new(),
        returned: 0,
        kept: 0,
        status: Status::Held,
        release_at: None,
        timer: None,
        objection: None,
        decision: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The timer of a deposit that is due.
fn timer(deposit: &Deposit) -> Timer {
    let fire_at = deposit.release_at.unwrap_or(Timestamp::MAX);
    let id = ids::stamped(fire_at, ids::derived(deposit.id.uuid(), "deposit-release"));
    let command = Command::ReleaseDue { booking_id: deposit.id };
    Timer { id: id.into(), fire_at, command: stay::Command::Deposit(command) }
}

fn told_of_release(decision: &mut Decision, stay: StayFacts, deposit: &Deposit) {
    let (returned, kept) = (deposit.money(deposit.returned), deposit.money(deposit.kept));
    decision.event(stay.booking_id.uuid(), Event::DepositReleased { stay, returned, kept });
}

/// What a decision about a deposit is made from.
struct Desk<'a> {
    turn: Turn<'a>,
    booking: &'a Booking,
    stay: StayFacts,
    now: Timestamp,
}

impl Desk<'_> {
    fn deduct(&self, deposit: &Deposit, items: &[Deduction]) -> Result<Decision, Refusal> {
        if deposit.status != Status::Due {
            return Err(deposit.refused());
        }
        let mut next = deposit.advanced(self.now);
        next.deductions.extend_from_slice(items);
        check(&next, items)?;
        let added = next.money(items.iter().map(|item| item.amount).sum());
        let mut decision = Decision::new(outcome(&next));
        let event = Event::DepositDeducted {
            stay: self.stay.clone(),
            amount: added,
            items: items.iter().map(|item| item.label.clone()).collect(),
        };
        decision.event(deposit.id.uuid(), event);
        decision.change(Change::Deposit(Box::new(next)));
        Ok(decision)
    }

    /// Gives back what is not kept. What is kept stays until its time, so that the tenant
    /// can object.
    fn release(&self, deposit: &Deposit) -> Result<Decision, Refusal> {
        if deposit.status != Status::Due {
            return Err(deposit.refused());
        }
        let next = deposit.advanced(self.now);
        if deposit.deductions.is_empty() {
            return Ok(self.end(next, 0));
        }
        let rest = deposit.amount - deposit.returned - deposit.deducted();
        if rest == 0 {
            return Ok(Decision::new(outcome(deposit)));
        }
        let mut decision = Decision::new(Outcome::Done);
        let next = self.give_back(&mut decision, next, rest);
        decision.outcome = outcome(&next);
        decision.change(Change::Deposit(Box::new(next)));
        Ok(decision)
    }

    fn contest(&self, deposit: &Deposit, reason: &str) -> Result<Decision, Refusal> {
        if deposit.status != Status::Due || deposit.deductions.is_empty() {
            return Err(deposit.refused());
        }
        worded(reason)?;
        let mut next = deposit.advanced(self.now);
        let mut decision = Decision::new(Outcome::Done);
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        next.status = Status::Contested;
        next.release_at = None;
        next.objection = Some(reason.to_owned());
        let event = Event::DepositContested { stay: self.stay.clone(), reason: reason.to_owned() };
        decision.event(deposit.id.uuid(), event);
        decision.outcome = outcome(&next);
        decision.change(Change::Deposit(Box::new(next)));
        Ok(decision)
    }

    fn resolve(&self, deposit: &Deposit, kept: i64, reason: &str) -> Result<Decision, Refusal> {
        if deposit.status != Status::Contested {
            return Err(deposit.refused());
        }
        worded(reason)?;
        if !(0..=deposit.deducted()).contains(&kept) {
            let detail = "from 0 to what the landlord wants to keep";
            return Err(Refusal::invalid_field("/kept", "invalid", detail));
        }
        let mut next = deposit.advanced(self.now);
        next.decision = Some(reason.to_owned());
        Ok(self.end(next, kept))
    }

    /// Ends it: the landlord keeps so much, the rest goes back.
    fn end(&self, mut next: Deposit, kept: i64) -> Decision {
        let mut decision = Decision::new(Outcome::Done);
        decision.changes.extend(next.timer.take().map(Change::DropTimer));
        next.status = Status::Released;
        next.release_at = None;
        next.kept = kept;
        let rest = next.amount - next.returned - kept;
        let next = self.give_back(&mut decision, next, rest);
        told_of_release(&mut decision, self.stay.clone(), &next);
        decision.outcome = outcome(&next);
        decision.change(Change::Deposit(Box::new(next)));
        decision
    }

    /// Sends part of it back.
    fn give_back(&self, decision: &mut Decision, mut next: Deposit, amount: i64) -> Deposit {
        let (parts, cause) = (Parts::of_deposit(amount), format!("deposit-{}", next.version));
        next.returned += self.turn.give_back(decision, self.booking, parts, ("deposit", &cause));
        next
    }
}

fn outcome(deposit: &Deposit) -> Outcome {
    Outcome::Deposit(Box::new(deposit.clone()))
}

/// Checks new deductions against what there is to deduct from.
fn check(next: &Deposit, items: &[Deduction]) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    let mut field = |good: bool, pointer: String, detail: &str| {
        if !good {
            errors.push(FieldError::new(&pointer, "invalid", detail));
        }
    };
    field(!items.is_empty(), "/items".into(), "at least one");
    field(next.deductions.len() <= DEDUCTIONS_MAX, "/items".into(), "at most 20 in all");
    let mut left = next.amount - next.returned - next.deducted_before(items);
    for (at, item) in items.iter().enumerate() {
        let label = item.label.trim();
        let fits = !label.is_empty() && label.chars().count() <= LABEL_MAX;
        field(fits, format!("/items/{at}/label"), "1 to 200 characters");
        field(
            (1..=left).contains(&item.amount),
            format!("/items/{at}/amount"),
            "above zero, and no more than is left of the deposit",
        );
        left = left.saturating_sub(item.amount.max(0));
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

impl Deposit {
    fn deducted_before(&self, items: &[Deduction]) -> i64 {
        let before = self.deductions.len().saturating_sub(items.len());
        self.deductions.iter().take(before).map(|item| item.amount).sum()
    }
}

fn worded(reason: &str) -> Result<(), Refusal> {
    let length = reason.trim().chars().count();
    if (1..=REASON_MAX).contains(&length) {
        return Ok(());
    }
    Err(Refusal::invalid_field("/reason", "invalid", "1 to 1000 characters"))
}

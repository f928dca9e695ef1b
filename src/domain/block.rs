//! Nights that a landlord keeps back, and stays that a landlord gives another unit.
//!
//! A block takes one unit. Nights of several units are several blocks, each of which can be
//! given up alone.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::booking_details::Party;
use super::booking_moves::Move;
use super::calendar::{NIGHTS_MAX, Nights};
use super::change::{Change, Decision};
use super::event::{BlockFacts, Event};
use super::ids::{self, BlockId, BookingId, PropertyId, UnitId, UserId};
use super::inventory::{Allotment, Inventory, Occupancy, Occupant, Slot};
use super::listing::{Listing, Status, is_text};
use super::refusal::Refusal;
use super::rules::Context;
use super::stay::{Outcome, PropertyState};
use super::turn::Turn;
use super::unit::Unit;

/// The longest reason, in characters.
pub const REASON_MAX: usize = 500;
/// The most blocks that are not over, in all units of a property.
pub const BLOCKS_MAX: usize = 1000;

/// Nights of a unit that are kept back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its id.
    pub id: BlockId,
    /// Its property.
    pub property_id: PropertyId,
    /// Its unit type.
    pub unit_id: UnitId,
    /// The nights.
    pub nights: Nights,
    /// Why, for the landlord alone; up to [`REASON_MAX`] characters.
    pub reason: String,
    /// Who keeps them back.
    pub created_by: UserId,
    /// Since when.
    pub created_at: Timestamp,
}

/// A block and the unit that it takes at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The block.
    pub block: Block,
    /// The unit's number within its type.
    pub unit_no: u16,
}

/// Which units are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The unit type; all of the home without it.
    pub unit_id: Option<UnitId>,
    /// That very unit of the type; with a unit type only, unless there is but one.
    pub unit_no: Option<u16>,
    /// So many units of the type, whichever are free; all of them without it.
    pub units: Option<u16>,
}

/// What a landlord can ask of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Keep nights back.
    Block {
        /// Who asks.
        by: UserId,
        /// Of which units.
        extent: Extent,
        /// The nights.
        nights: Nights,
        /// Why.
        reason: String,
    },
    /// Offer nights again.
    Unblock {
        /// Who asks.
        by: UserId,
        /// The block.
        block_id: BlockId,
    },
    /// Give a stay a certain unit of its type, which it keeps from then on.
    Move {
        /// Who asks.
        by: UserId,
        /// The stay.
        booking_id: BookingId,
        /// The unit's number within the type.
        unit_no: u16,
    },
}

impl Command {
    /// The booking that has to be in memory before the decision.
    #[must_use]
    pub const fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Move { booking_id, .. } => Some(*booking_id),
            Self::Block { .. } | Self::Unblock { .. } => None,
        }
    }
}

/// Decides a landlord's command about the calendar.
///
/// # Errors
/// A [`Refusal`]; nothing changes then.
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let (Command::Block { by, .. } | Command::Unblock { by, .. } | Command::Move { by, .. }) =
        command;
    let listing = state.listing.as_deref().filter(|listing| listing.owner == *by);
    let listing = listing.ok_or(Refusal::NotFound)?;
    match command {
        Command::Block { extent, nights, reason, .. } => {
            block(state, listing, *extent, (*nights, reason), context)
        }
        Command::Unblock { block_id, .. } => unblock(state, listing, *block_id, context),
        Command::Move { booking_id, unit_no, .. } => {
            move_to(&Turn { state, listing, context }, *booking_id, *unit_no)
        }
    }
}

fn block(
    state: &PropertyState,
    listing: &Listing,
    extent: Extent,
    (nights, reason): (Nights, &str),
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    if listing.status == Status::Archived {
        return Err(Refusal::invalid_transition("archived", &[]));
    }
    let today = listing.today(context.now);
    check(nights, reason, today)?;
    let wanted = wanted(&state.inventory, listing, extent)?;
    let blocks = state.inventory.all().filter(|taken| !taken.is_stay());
    let to_come = blocks.filter(|taken| taken.nights.check_out() > today).count();
    if to_come + wanted.len() > BLOCKS_MAX {
        return Err(Refusal::invalid_field("/units", "too-many", "at most 1000 blocks to come"));
    }
    // Each takes its place beside those before it.
    let mut inventory = state.inventory.clone();
    let mut decision = Decision::new(Outcome::Done);
    let mut blocked = Vec::new();
    for (number, (unit_id, slot)) in wanted.into_iter().enumerate() {
        let derived = ids::derived(context.request, &format!("block-{number}"));
        let id = BlockId::from(ids::stamped(context.now, derived));
        let occupant = Occupant::Block(id);
        let found = match slot {
            Some(slot) => inventory.allot_in(occupant, slot, nights, today),
            None => inventory.allot_for(occupant, unit_id, nights, today),
        };
        let Allotment { slot_id, moves } = found.ok_or_else(|| Refusal::nights_taken(nights))?;
        let own = Occupancy { occupant, slot_id, nights, pinned: slot.is_some(), left: false };
        for taken in moves.into_iter().chain([own]) {
            inventory.occupy(taken);
            decision.change(Change::Occupy(taken));
        }
        let block = Block {
            id,
            property_id: listing.id,
            unit_id,
            nights,
            reason: reason.to_owned(),
            created_by: listing.owner,
            created_at: context.now,
        };
        let facts = BlockFacts { block_id: id, property_id: listing.id, unit_id, nights };
        decision.event(listing.id.uuid(), Event::CalendarBlocked { block: facts });
        decision.change(Change::Block(Box::new(block.clone())));
        blocked.push(block);
    }
    let seen = |block: Block| {
        let slot = inventory.slot_of(Occupant::Block(block.id));
        slot.map(|slot| Blocked { block, unit_no: slot.unit_no })
    };
    decision.outcome = Outcome::Blocks(blocked.into_iter().filter_map(seen).collect());
    Ok(decision)
}

fn check(nights: Nights, reason: &str, today: jiff::civil::Date) -> Result<(), Refusal> {
    if !is_text(reason, REASON_MAX) {
        return Err(Refusal::invalid_field("/reason", "invalid", "up to 500 characters"));
    }
    if nights.check_in() < today {
        return Err(Refusal::invalid_field("/check_in", "in-the-past", "today or later"));
    }
    if nights.check_out() > today.saturating_add(i64::from(NIGHTS_MAX).days()) {
        return Err(Refusal::invalid_field("/check_out", "window", "at most 730 days ahead"));
    }
    Ok(())
}

/// Which units are to be blocked: for each its type, and its slot if that is said.
fn wanted(
    inventory: &Inventory,
    listing: &Listing,
    extent: Extent,
) -> Result<Vec<(UnitId, Option<Slot>)>, Refusal> {
    let only = || listing.units.first().filter(|_| listing.units.len() == 1);
    let unit: Option<&Unit> = match extent.unit_id {
        Some(id) => Some(listing.unit(id).ok_or(Refusal::NotFound)?),
        None => only(),
    };
    let needs_type = || {
        let detail = "the home has several unit types: say which";
        Refusal::invalid_field("/unit_id", "required", detail)
    };
    match (extent.unit_no, extent.units) {
        (Some(_), Some(_)) => {
            Err(Refusal::invalid_field("/units", "invalid", "not together with unit_no"))
        }
        (Some(unit_no), None) => {
            let unit = unit.ok_or_else(needs_type)?;
            Ok(vec![(unit.id, Some(slot(inventory, unit.id, unit_no)?))])
        }
        (None, Some(units)) => {
            let unit = unit.ok_or_else(needs_type)?;
            if !(1..=unit.fields.count).contains(&units) {
                let detail = "from 1 to the number of units of the type";
                return Err(Refusal::invalid_field("/units", "invalid", detail));
            }
            Ok((0..units).map(|_| (unit.id, None)).collect())
        }
        (None, None) => {
            let chosen = listing.units.iter().filter(|one| unit.is_none_or(|u| u.id == one.id));
            let all = chosen.flat_map(|one| (0..one.fields.count).map(|_| (one.id, None)));
            Ok(all.collect())
        }
    }
}

fn slot(inventory: &Inventory, unit: UnitId, unit_no: u16) -> Result<Slot, Refusal> {
    let detail = "the unit type has no unit of this number";
    let unknown = || Refusal::invalid_field("/unit_no", "unknown", detail);
    inventory.slot(unit, unit_no).ok_or_else(unknown)
}

fn unblock(
    state: &PropertyState,
    listing: &Listing,
    id: BlockId,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let occupant = Occupant::Block(id);
    let today = listing.today(context.now);
    let taken = state.inventory.of(occupant).filter(|taken| taken.nights.check_out() > today);
    let (taken, slot) = taken.zip(state.inventory.slot_of(occupant)).ok_or_else(|| {
        // Whoever asks has seen it, so its nights are past and no longer in memory.
        Refusal::invalid_transition("over", &[])
    })?;
    let facts = BlockFacts {
        block_id: id,
        property_id: listing.id,
        unit_id: slot.unit_id,
        nights: taken.nights,
    };
    let mut decision = Decision::new(Outcome::Done);
    decision.event(listing.id.uuid(), Event::CalendarUnblocked { block: facts });
    decision.change(Change::Vacate(occupant));
    decision.change(Change::Unblock(id));
    Ok(decision)
}

/// Gives a stay another unit. Guests who are there change tonight: the nights behind them
/// were spent elsewhere, and are no longer in the calendar.
fn move_to(turn: &Turn<'_>, id: BookingId, unit_no: u16) -> Result<Decision, Refusal> {
    let state = turn.state;
    let booking = state.bookings.get(&id).ok_or(Refusal::NotFound)?;
    turn.may(booking, Party::Landlord, Move::Move)?;
    let occupant = Occupant::Booking(id);
    let today = turn.today();
    let now = state.inventory.of(occupant).filter(|now| now.nights.check_out() > today);
    let now = *now.ok_or_else(|| Refusal::invalid_transition("over", &[]))?;
    let slot = slot(&state.inventory, booking.unit_id, unit_no)?;
    let mut decision = Decision::new(turn.snapshot_in(booking, unit_no));
    if slot.slot_id == now.slot_id {
        if !now.pinned {
            decision.change(Change::Occupy(Occupancy { pinned: true, ..now }));
        }
        return Ok(decision);
    }
    let from = now.nights.check_in().max(today);
    let nights = Nights::new(from, now.nights.check_out()).unwrap_or(now.nights);
    let found = state.inventory.allot_in(occupant, slot, nights, today);
    let Allotment { slot_id, moves } = found.ok_or_else(|| Refusal::nights_taken(nights))?;
    decision.changes.extend(moves.into_iter().map(Change::Occupy));
    decision.change(Change::Occupy(Occupancy { slot_id, nights, pinned: true, ..now }));
    let stay = turn.facts(booking);
    decision.event(id.uuid(), Event::BookingMoved { stay, unit_no });
    Ok(decision)
}

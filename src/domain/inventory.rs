//! Who is in which unit on which night: the calendar of one property, in memory.
//!
//! A unit type of count *n* has *n* slots. Stays are intervals, and intervals can be
//! packed into *n* slots whenever no night is in more than *n* of them (interval
//! partitioning; Kleinberg and Tardos, *Algorithm Design*, 4.1). So a stay is refused only
//! when some night is really full: when no slot is free on all its nights, the stays that
//! have not begun are dealt out anew.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::Nights;
use super::ids::{BookingId, UnitId};

/// One unit by its number: the row that nights are taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its number in the whole database.
    pub slot_id: i64,
    /// Its unit type.
    pub unit_id: UnitId,
    /// Its number within the type, from 1.
    pub unit_no: u16,
}

/// Nights of a slot that are taken by a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupancy {
    /// Who takes them.
    pub booking: BookingId,
    /// The slot.
    pub slot_id: i64,
    /// The nights.
    pub nights: Nights,
}

/// Where a stay fits, and which others have to change their unit for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allotment {
    /// The slot for the new stay.
    pub slot_id: i64,
    /// Stays that move, with their new slots.
    pub moves: Vec<Occupancy>,
}

/// The slots of a property and what is in them.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    slots: Vec<(Slot, Vec<Occupancy>)>,
    slot_of: HashMap<BookingId, usize>,
}

impl Inventory {
    /// Adds an empty slot.
    pub fn add_slot(&mut self, slot: Slot) {
        self.slots.push((slot, Vec::new()));
    }

    /// The number of slots of a unit type.
    #[must_use]
    pub fn count(&self, unit: UnitId) -> usize {
        self.slots.iter().filter(|(slot, _)| slot.unit_id == unit).count()
    }

    /// What a booking takes.
    #[must_use]
    pub fn of(&self, booking: BookingId) -> Option<&Occupancy> {
        let (_, taken) = self.slots.get(*self.slot_of.get(&booking)?)?;
        taken.iter().find(|occupancy| occupancy.booking == booking)
    }

    /// Takes nights, in place of what the booking took before.
    pub fn occupy(&mut self, occupancy: Occupancy) {
        self.vacate(occupancy.booking);
        let place = self.slots.iter().position(|(slot, _)| slot.slot_id == occupancy.slot_id);
        let Some(place) = place else { return };
        if let Some((_, taken)) = self.slots.get_mut(place) {
            let at = taken.partition_point(|other| other.nights < occupancy.nights);
            taken.insert(at, occupancy);
            self.slot_of.insert(occupancy.booking, place);
        }
    }

    /// Gives back what a booking takes.
    pub fn vacate(&mut self, booking: BookingId) {
        let Some(place) = self.slot_of.remove(&booking) else { return };
        if let Some((_, taken)) = self.slots.get_mut(place) {
            taken.retain(|occupancy| occupancy.booking != booking);
        }
    }

    /// Finds room for a stay in a unit type: a slot that is free on all its nights, else
    /// one that becomes free when stays that begin after `today` change their unit.
    /// `None` when some night is full.
    #[must_use]
    pub fn allot(&self, unit: UnitId, nights: Nights, today: Date) -> Option<Allotment> {
        let slots = || self.slots.iter().filter(move |(slot, _)| slot.unit_id == unit);
        if let Some((slot, _)) = slots().find(|(_, taken)| is_free(taken, nights)) {
            return Some(Allotment { slot_id: slot.slot_id, moves: Vec::new() });
        }
        if slots().count() < 2 {
            return None;
        }
        repack(slots(), nights, today)
    }
}

/// Whether a slot is free on all the nights. `taken` is sorted and without overlaps, so
/// only the last stay that begins before the range's end can be in the way.
fn is_free(taken: &[Occupancy], nights: Nights) -> bool {
    let before = taken.partition_point(|other| other.nights.check_in() < nights.check_out());
    before
        .checked_sub(1)
        .and_then(|last| taken.get(last))
        .is_none_or(|last| !last.nights.overlaps(&nights))
}

/// Deals all stays out again in the order of their arrival, each to its own slot if that
/// is free, else to any. Those that have begun arrive first and so keep their slots.
fn repack<'a>(
    slots: impl Iterator<Item = &'a (Slot, Vec<Occupancy>)>,
    nights: Nights,
    today: Date,
) -> Option<Allotment> {
    let from = nights.check_in().min(today);
    let mut free_from: Vec<(i64, Date)> = Vec::new();
    let mut stays: Vec<(Nights, Option<Occupancy>)> = vec![(nights, None)];
    for (slot, taken) in slots {
        free_from.push((slot.slot_id, Date::MIN));
        let coming = taken.iter().filter(|stay| stay.nights.check_out() > from);
        stays.extend(coming.map(|stay| (stay.nights, Some(*stay))));
    }
    let begun = |stay: &Option<Occupancy>| stay.is_some_and(|stay| stay.nights.check_in() <= today);
    stays.sort_by_key(|(nights, stay)| (!begun(stay), *nights, stay.is_none()));
    let (mut slot_id, mut moves) = (None, Vec::new());
    for (nights, stay) in stays {
        let own = stay.map(|stay| stay.slot_id);
        let free = |(_, from): &&mut (i64, Date)| *from <= nights.check_in();
        let place = match free_from.iter_mut().filter(free).find(|(id, _)| Some(*id) == own) {
            Some(place) => place,
            None => free_from.iter_mut().filter(free).max_by_key(|(_, from)| *from)?,
        };
        place.1 = nights.check_out();
        match stay {
            None => slot_id = Some(place.0),
            Some(stay) if stay.slot_id != place.0 => {
                moves.push(Occupancy { slot_id: place.0, ..stay });
            }
            Some(_) => {}
        }
    }
    slot_id.map(|slot_id| Allotment { slot_id, moves })
}

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
use uuid::Uuid;

use super::calendar::Nights;
use super::ids::{BlockId, BookingId, UnitId};

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

/// Who takes nights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occupant {
    /// A stay.
    Booking(BookingId),
    /// The landlord, who keeps them back.
    Block(BlockId),
}

impl Occupant {
    /// The id in the row of its nights.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Booking(id) => id.uuid(),
            Self::Block(id) => id.uuid(),
        }
    }

    /// The name of its kind in rows.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Booking(_) => "booking",
            Self::Block(_) => "block",
        }
    }

    /// The occupant of a row.
    #[must_use]
    pub fn of(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "booking" => Some(Self::Booking(id.into())),
            "block" => Some(Self::Block(id.into())),
            _ => None,
        }
    }
}

impl From<BookingId> for Occupant {
    fn from(id: BookingId) -> Self {
        Self::Booking(id)
    }
}

/// Nights of a slot that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupancy {
    /// Who takes them.
    pub occupant: Occupant,
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
    slot_of: HashMap<Occupant, usize>,
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

    /// The slots of a unit type.
    pub fn slots_of(&self, unit: UnitId) -> impl Iterator<Item = i64> + '_ {
        let of = move |(slot, _): &&(Slot, Vec<Occupancy>)| slot.unit_id == unit;
        self.slots.iter().filter(of).map(|(slot, _)| slot.slot_id)
    }

    /// Numbers that no unit of the type has, the lowest first.
    pub fn free_numbers(&self, unit: UnitId) -> impl Iterator<Item = u16> + '_ {
        let taken = move |number: &u16| {
            self.slots.iter().any(|(slot, _)| slot.unit_id == unit && slot.unit_no == *number)
        };
        (1..=u16::MAX).filter(move |number| !taken(number))
    }

    /// Whether there is a stay, in units of the type or in any, that is not over.
    #[must_use]
    pub fn has_stays(&self, unit: Option<UnitId>, today: Date) -> bool {
        let of = |slot: &Slot| unit.is_none_or(|unit| slot.unit_id == unit);
        let mut taken = self.slots.iter().filter(|(slot, _)| of(slot)).flat_map(|(_, taken)| taken);
        taken.any(|stay| stay.nights.check_out() > today)
    }

    /// Takes a slot away, with what is in it.
    pub fn remove_slot(&mut self, slot_id: i64) {
        self.slots.retain(|(slot, _)| slot.slot_id != slot_id);
        let taken = self.slots.iter().enumerate();
        let places = taken
            .flat_map(|(place, (_, taken))| taken.iter().map(move |stay| (stay.occupant, place)));
        self.slot_of = places.collect();
    }

    /// What somebody takes.
    #[must_use]
    pub fn of(&self, occupant: Occupant) -> Option<&Occupancy> {
        let (_, taken) = self.slots.get(*self.slot_of.get(&occupant)?)?;
        taken.iter().find(|occupancy| occupancy.occupant == occupant)
    }

    /// Takes nights, in place of what the same occupant took before.
    pub fn occupy(&mut self, occupancy: Occupancy) {
        self.vacate(occupancy.occupant);
        let place = self.slots.iter().position(|(slot, _)| slot.slot_id == occupancy.slot_id);
        let Some(place) = place else { return };
        if let Some((_, taken)) = self.slots.get_mut(place) {
            let at = taken.partition_point(|other| other.nights < occupancy.nights);
            taken.insert(at, occupancy);
            self.slot_of.insert(occupancy.occupant, place);
        }
    }

    /// Gives back what somebody takes.
    pub fn vacate(&mut self, occupant: Occupant) {
        let Some(place) = self.slot_of.remove(&occupant) else { return };
        if let Some((_, taken)) = self.slots.get_mut(place) {
            taken.retain(|occupancy| occupancy.occupant != occupant);
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

    /// Finds which slots of a unit type to give up so that `count` are left, and where the
    /// stays in them go. Stays that have begun keep their slots. `None` when some night has
    /// more stays than that.
    #[must_use]
    pub fn shrink(&self, unit: UnitId, count: u16, today: Date) -> Option<Shrinking> {
        let mut slots: Vec<_> =
            self.slots.iter().filter(|(slot, _)| slot.unit_id == unit).collect();
        let coming = |taken: &[Occupancy]| taken.iter().any(|s| s.nights.check_out() > today);
        let begun = |taken: &[Occupancy]| {
            taken.iter().any(|s| s.nights.check_in() <= today && s.nights.check_out() > today)
        };
        // More guests who are there than units would overlap tonight, so with these in front
        // none of them is ever dealt out anew.
        slots.sort_by_key(|(slot, taken)| (!begun(taken), !coming(taken), slot.unit_no));
        let given_up = slots.split_off(usize::from(count).min(slots.len()));
        let moves = if given_up.iter().any(|(_, taken)| coming(taken)) {
            let stays = slots.iter().chain(&given_up).flat_map(|(_, taken)| taken);
            let stays = stays.filter(|stay| stay.nights.check_out() > today);
            let stays = stays.map(|stay| (stay.nights, Some(*stay))).collect();
            deal(slots.iter().map(|(slot, _)| slot.slot_id), stays, today)?.1
        } else {
            Vec::new()
        };
        let retired = given_up.iter().map(|(slot, _)| slot.slot_id).collect();
        Some(Shrinking { retired, moves })
    }
}

/// How a unit type gets smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrinking {
    /// The slots that go.
    pub retired: Vec<i64>,
    /// Stays that move, with their new slots.
    pub moves: Vec<Occupancy>,
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

/// Makes room for a new stay by dealing all stays out again.
fn repack<'a>(
    slots: impl Iterator<Item = &'a (Slot, Vec<Occupancy>)>,
    nights: Nights,
    today: Date,
) -> Option<Allotment> {
    let from = nights.check_in().min(today);
    let mut ids = Vec::new();
    let mut stays: Vec<(Nights, Option<Occupancy>)> = vec![(nights, None)];
    for (slot, taken) in slots {
        ids.push(slot.slot_id);
        let coming = taken.iter().filter(|stay| stay.nights.check_out() > from);
        stays.extend(coming.map(|stay| (stay.nights, Some(*stay))));
    }
    let (slot_id, moves) = deal(ids.into_iter(), stays, today)?;
    slot_id.map(|slot_id| Allotment { slot_id, moves })
}

/// Deals stays out to slots in the order of their arrival, each to its own slot if that
/// is free, else to any. Those that have begun arrive first and so keep their slots. Gives
/// back the slot of the new stay, the one that has none yet, and those that moved.
fn deal(
    slots: impl Iterator<Item = i64>,
    mut stays: Vec<(Nights, Option<Occupancy>)>,
    today: Date,
) -> Option<(Option<i64>, Vec<Occupancy>)> {
    let mut free_from: Vec<(i64, Date)> = slots.map(|slot_id| (slot_id, Date::MIN)).collect();
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
    Some((slot_id, moves))
}

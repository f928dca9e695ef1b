//! Who is in which unit on which night: the calendar of one property, in memory.
//!
//! A unit type of count *n* has *n* slots. Stays are intervals, and intervals can be
//! packed into *n* slots whenever no night is in more than *n* of them (interval
//! partitioning; Kleinberg and Tardos, *Algorithm Design*, 4.1). So a stay is refused only
//! when some night is really full: when no slot is free on all its nights, the stays that
//! have not begun are dealt out anew, by `packing.rs`.
//!
//! Between two stays in one slot there may have to be a gap, which is not sold. A stay with
//! its gap behind it is an interval again, so that the same holds for padded nights. Nights
//! that the landlord keeps back need no gap. Guests who have left keep the nights that they
//! spent until the gap behind these is over.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calendar::Nights;
use super::ids::{BlockId, BookingId, UnitId};
use super::packing::{self, Newcomer};

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
    /// Whether it stays in this slot, whoever else needs room: somebody has chosen it.
    #[serde(default)]
    pub pinned: bool,
    /// Whether it is a stay whose guests have left. It is there for the gap behind it alone,
    /// and nobody will say anything of it again.
    #[serde(default)]
    pub left: bool,
}

impl Occupancy {
    /// Whether it is a stay, which keeps its distance from others.
    #[must_use]
    pub const fn is_stay(&self) -> bool {
        matches!(self.occupant, Occupant::Booking(_))
    }

    /// Whether its slot is settled: it has begun, or is pinned.
    pub(super) fn is_fixed(&self, today: Date) -> bool {
        self.pinned || self.nights.check_in() <= today
    }
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
    /// In which slot whom to look for. A home of one slot needs none, and most are such.
    places: HashMap<Occupant, usize>,
    gap: u16,
}

impl Inventory {
    /// Sets how many nights at least lie between two stays in one slot. Stays that are
    /// closer already may stay so.
    pub const fn set_gap(&mut self, nights: u16) {
        self.gap = nights;
    }

    /// How many nights at least lie between two stays in one slot.
    #[must_use]
    pub const fn gap(&self) -> u16 {
        self.gap
    }

    /// Adds an empty slot.
    pub fn add_slot(&mut self, slot: Slot) {
        self.slots.push((slot, Vec::new()));
        if self.slots.len() == 2 {
            self.place_all();
        }
    }

    fn place_all(&mut self) {
        self.places = HashMap::new();
        if self.slots.len() > 1 {
            let all = self.slots.iter().enumerate();
            let places = all.flat_map(|(place, (_, taken))| {
                taken.iter().map(move |stay| (stay.occupant, place))
            });
            self.places.extend(places);
        }
    }

    fn place(&self, occupant: Occupant) -> Option<usize> {
        match self.slots.as_slice() {
            [(_, taken)] => taken.iter().any(|stay| stay.occupant == occupant).then_some(0),
            _ => self.places.get(&occupant).copied(),
        }
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

    /// Whether there is a stay, in any unit, that is not over.
    #[must_use]
    pub fn has_stays(&self, today: Date) -> bool {
        let mut all = self.slots.iter().flat_map(|(_, taken)| taken);
        all.any(|taken| taken.is_stay() && taken.nights.check_out() > today)
    }

    /// Whether nights of a unit type that are not over are taken, by stays or otherwise.
    #[must_use]
    pub fn is_taken(&self, unit: UnitId, today: Date) -> bool {
        self.of_unit(unit).flat_map(|(_, taken)| taken).any(|t| t.nights.check_out() > today)
    }

    /// Whether a stay in the unit type is over and has not given its nights back yet.
    #[must_use]
    pub fn owes(&self, unit: UnitId, today: Date) -> bool {
        let mut all = self.of_unit(unit).flat_map(|(_, taken)| taken);
        all.any(|taken| taken.is_stay() && !taken.left && taken.nights.check_out() <= today)
    }

    /// A slot of a unit type by its number in the type.
    #[must_use]
    pub fn slot(&self, unit: UnitId, unit_no: u16) -> Option<Slot> {
        self.of_unit(unit).map(|(slot, _)| *slot).find(|slot| slot.unit_no == unit_no)
    }

    /// The slots of a unit type, each with what is in it in the order of arrival.
    pub fn of_unit(&self, unit: UnitId) -> impl Iterator<Item = &(Slot, Vec<Occupancy>)> {
        self.slots.iter().filter(move |(slot, _)| slot.unit_id == unit)
    }

    /// All that is taken, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Occupancy> {
        self.slots.iter().flat_map(|(_, taken)| taken)
    }

    /// Takes a slot away, with what is in it.
    pub fn remove_slot(&mut self, slot_id: i64) {
        self.slots.retain(|(slot, _)| slot.slot_id != slot_id);
        self.place_all();
    }

    /// What somebody takes.
    #[must_use]
    pub fn of(&self, occupant: Occupant) -> Option<&Occupancy> {
        let (_, taken) = self.slots.get(self.place(occupant)?)?;
        taken.iter().find(|occupancy| occupancy.occupant == occupant)
    }

    /// What remains of a stay whose guests have left by today: the nights that they spent, while
    /// the gap behind these is not over. `None` when all its nights can be given back.
    #[must_use]
    pub fn spent(&self, occupant: Occupant, today: Date) -> Option<Occupancy> {
        let lies = self.of(occupant)?;
        let until = lies.nights.check_out().min(today);
        // Who leaves on the day of arrival has spent no night.
        let nights = Nights::new(lies.nights.check_in(), until).ok()?;
        let binds = packing::later(until, self.gap) > today;
        binds.then_some(Occupancy { nights, left: true, ..*lies })
    }

    /// The slot that somebody is in.
    #[must_use]
    pub fn slot_of(&self, occupant: Occupant) -> Option<Slot> {
        self.slots.get(self.place(occupant)?).map(|(slot, _)| *slot)
    }

    /// Takes nights, in place of what the same occupant took before.
    pub fn occupy(&mut self, occupancy: Occupancy) {
        self.vacate(occupancy.occupant);
        let place = self.slots.iter().position(|(slot, _)| slot.slot_id == occupancy.slot_id);
        let Some(place) = place else { return };
        if let Some((_, taken)) = self.slots.get_mut(place) {
            let at = taken.partition_point(|other| other.nights < occupancy.nights);
            taken.insert(at, occupancy);
            if self.slots.len() > 1 {
                self.places.insert(occupancy.occupant, place);
            }
        }
    }

    /// Gives back the room that was made for more stays than there are.
    pub fn trim(&mut self) {
        self.slots.iter_mut().for_each(|(_, taken)| taken.shrink_to_fit());
    }

    /// Gives back what somebody takes.
    pub fn vacate(&mut self, occupant: Occupant) {
        let Some(place) = self.place(occupant) else { return };
        self.places.remove(&occupant);
        if let Some((_, taken)) = self.slots.get_mut(place) {
            taken.retain(|occupancy| occupancy.occupant != occupant);
        }
    }

    /// Finds room for a new stay in a unit type: a slot that is free on all its nights, else
    /// one that becomes free when stays that begin after `today` change their unit.
    /// `None` when some night is full. Where stays are pinned to come, a way to deal them all
    /// out may be missed; nothing is ever sold twice.
    #[must_use]
    pub fn allot(&self, unit: UnitId, nights: Nights, today: Date) -> Option<Allotment> {
        self.allot_to(unit, Newcomer::stay(nights), today)
    }

    /// Finds room at other nights, or in another unit type, for somebody who may take nights
    /// already: those do not count. Guests who are there, and whoever is pinned, stay in
    /// their slot unless the unit type is another one.
    #[must_use]
    pub fn allot_for(
        &self,
        occupant: Occupant,
        unit: UnitId,
        nights: Nights,
        today: Date,
    ) -> Option<Allotment> {
        let mut wanted = Newcomer { occupant: Some(occupant), ..Newcomer::stay(nights) };
        wanted.is_stay = matches!(occupant, Occupant::Booking(_));
        if let Some(now) = self.of(occupant)
            && self.slot_of(occupant).is_some_and(|slot| slot.unit_id == unit)
        {
            wanted.own = Some(now.slot_id);
            wanted.fixed = now.is_fixed(today);
        }
        self.allot_to(unit, wanted, today)
    }

    /// Finds out whether somebody can have nights in a certain slot, and who moves for it.
    /// What they take now does not count.
    #[must_use]
    pub fn allot_in(
        &self,
        occupant: Occupant,
        slot: Slot,
        nights: Nights,
        today: Date,
    ) -> Option<Allotment> {
        let wanted = Newcomer {
            occupant: Some(occupant),
            is_stay: matches!(occupant, Occupant::Booking(_)),
            own: Some(slot.slot_id),
            fixed: true,
            nights,
        };
        self.allot_to(slot.unit_id, wanted, today)
    }

    fn allot_to(&self, unit: UnitId, wanted: Newcomer, today: Date) -> Option<Allotment> {
        let own = wanted.own;
        let mut free = self.free_slots(unit, wanted);
        let fits = match own {
            Some(own) if wanted.fixed => free.find(|(slot, _)| slot.slot_id == own),
            Some(own) => {
                let free: Vec<_> = free.collect();
                let own = free.iter().find(|(slot, _)| slot.slot_id == own);
                own.or(free.first()).copied()
            }
            None => free.next(),
        };
        if let Some((slot, _)) = fits {
            return Some(Allotment { slot_id: slot.slot_id, moves: Vec::new() });
        }
        if self.count(unit) < 2 {
            return None;
        }
        let (slot_id, moves) =
            packing::deal(self.of_unit(unit), &[], Some(wanted), self.gap, today)?;
        slot_id.map(|slot_id| Allotment { slot_id, moves })
    }

    /// The slots of a unit type that are free for somebody on all their nights, as all others
    /// lie now.
    pub(super) fn free_slots(
        &self,
        unit: UnitId,
        wanted: Newcomer,
    ) -> impl Iterator<Item = &(Slot, Vec<Occupancy>)> {
        self.of_unit(unit).filter(move |(_, taken)| packing::is_free(taken, &wanted, self.gap))
    }

    /// Finds which slots of a unit type to give up so that `count` are left, and where the
    /// stays in them go. Stays that have begun keep their slots. `None` when some night has
    /// more stays than that.
    #[must_use]
    pub fn shrink(&self, unit: UnitId, count: u16, today: Date) -> Option<Shrinking> {
        let mut slots: Vec<_> = self.of_unit(unit).collect();
        let coming = |taken: &[Occupancy]| taken.iter().any(|s| s.nights.check_out() > today);
        let fixed = |taken: &[Occupancy]| {
            taken.iter().any(|s| s.is_fixed(today) && s.nights.check_out() > today)
        };
        // More guests who are there than units would overlap tonight, so with these in front
        // none of them is ever dealt out anew.
        slots.sort_by_key(|(slot, taken)| (!fixed(taken), !coming(taken), slot.unit_no));
        let given_up = slots.split_off(usize::from(count).min(slots.len()));
        let moves = if given_up.iter().any(|(_, taken)| coming(taken)) {
            packing::deal(slots.into_iter(), &given_up, None, self.gap, today)?.1
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

//! Which listing has which place in the table of nights. Places are dense: one that is
//! given back is given out again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::domain::ids::PropertyId;

/// The places given out. A removed listing's place is kept until the removal is committed,
/// because the committed document still names it.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// The listings' places.
    given: HashMap<PropertyId, u32>,
    /// Places of listings whose removal is not committed yet.
    leaving: HashMap<PropertyId, u32>,
    /// Places given back.
    free: Vec<u32>,
    /// The place after the highest ever given out.
    next: u32,
}

impl Slots {
    /// The places that an index names; none when two documents claim the same listing or
    /// the same place.
    pub(super) fn restore(given: impl IntoIterator<Item = (PropertyId, u32)>) -> Option<Self> {
        let mut slots = Self::default();
        let mut taken = Vec::new();
        for (id, slot) in given {
            if slots.given.insert(id, slot).is_some() {
                return None;
            }
            taken.push(slot);
        }
        taken.sort_unstable();
        for slot in taken {
            if slot < slots.next {
                return None;
            }
            slots.free.extend(slots.next..slot);
            slots.next = slot.checked_add(1)?;
        }
        Some(slots)
    }

    /// The place of a listing, and whether it has just been given one.
    pub(super) fn give(&mut self, id: PropertyId) -> (u32, bool) {
        match self.given.entry(id) {
            Entry::Occupied(given) => (*given.get(), false),
            Entry::Vacant(vacant) => {
                if let Some(slot) = self.leaving.remove(&id) {
                    return (*vacant.insert(slot), false);
                }
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.next = self.next.saturating_add(1);
                    self.next - 1
                });
                (*vacant.insert(slot), true)
            }
        }
    }

    /// Takes a listing's place back at the next [`Slots::committed`].
    pub(super) fn take_back(&mut self, id: PropertyId) {
        if let Some(slot) = self.given.remove(&id) {
            self.leaving.insert(id, slot);
        }
    }

    /// Takes all places back at the next [`Slots::committed`].
    pub(super) fn take_back_all(&mut self) {
        self.leaving.extend(self.given.drain());
    }

    /// The removals are committed; returns the places that fell free.
    pub(super) fn committed(&mut self) -> Vec<u32> {
        let freed: Vec<u32> = self.leaving.drain().map(|(_, slot)| slot).collect();
        self.free.extend(&freed);
        freed
    }

    /// The removals are not going to be committed. Listings that were new keep their
    /// places: they come again.
    pub(super) fn rolled_back(&mut self) {
        self.given.extend(self.leaving.drain());
    }

    /// The place of a listing.
    pub(super) fn get(&self, id: PropertyId) -> Option<u32> {
        self.given.get(&id).copied()
    }

    /// The listings that have a place.
    pub(super) fn ids(&self) -> impl Iterator<Item = PropertyId> + '_ {
        self.given.keys().copied()
    }
}

//! Which unit types have which places in the table of nights. Places are dense: one that is
//! given back is given out again.

use std::collections::HashMap;

use crate::domain::ids::{PropertyId, UnitId};

/// A listing's unit types with their places, in the order of its document.
pub(super) type Places = Vec<(UnitId, u32)>;

/// The places given out. A removed unit type's place is kept until the removal is
/// committed, because the committed document still names it.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// The listings' places.
    given: HashMap<PropertyId, Places>,
    /// Places of unit types whose removal is not committed yet.
    leaving: HashMap<(PropertyId, UnitId), u32>,
    /// Listings whose removal is not committed yet, whether or not they had places.
    gone: Vec<PropertyId>,
    /// Places given back.
    free: Vec<u32>,
    /// The place after the highest ever given out.
    next: u32,
}

impl Slots {
    /// The places that an index names; none when two documents claim the same listing or
    /// the same place.
    pub(super) fn restore(given: impl IntoIterator<Item = (PropertyId, Places)>) -> Option<Self> {
        let mut slots = Self::default();
        let mut taken = Vec::new();
        for (id, places) in given {
            taken.extend(places.iter().map(|(_, slot)| *slot));
            if slots.given.insert(id, places).is_some() {
                return None;
            }
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

    /// The places of a listing's unit types, in their order, and whether any has just been
    /// given out. Types that it had and has no more are taken back.
    pub(super) fn give(
        &mut self,
        id: PropertyId,
        units: impl Iterator<Item = UnitId>,
    ) -> (Vec<u32>, bool) {
        let mut old = self.given.remove(&id).unwrap_or_default();
        let (mut places, mut new) = (Places::new(), false);
        for unit in units {
            let kept = old.iter().position(|(other, _)| *other == unit);
            let kept = kept.map(|at| old.swap_remove(at).1);
            let slot = kept.or_else(|| self.leaving.remove(&(id, unit))).unwrap_or_else(|| {
                new = true;
                self.free.pop().unwrap_or_else(|| {
                    self.next = self.next.saturating_add(1);
                    self.next - 1
                })
            });
            places.push((unit, slot));
        }
        self.leaving.extend(old.into_iter().map(|(unit, slot)| ((id, unit), slot)));
        let slots = places.iter().map(|(_, slot)| *slot).collect();
        self.given.insert(id, places);
        (slots, new)
    }

    /// Takes a listing's places back at the next [`Slots::committed`].
    pub(super) fn take_back(&mut self, id: PropertyId) {
        if let Some(places) = self.given.remove(&id) {
            self.leave(id, places);
        }
    }

    /// Takes all places back at the next [`Slots::committed`].
    pub(super) fn take_back_all(&mut self) {
        for (id, places) in std::mem::take(&mut self.given) {
            self.leave(id, places);
        }
    }

    fn leave(&mut self, id: PropertyId, places: Places) {
        self.gone.push(id);
        self.leaving.extend(places.into_iter().map(|(unit, slot)| ((id, unit), slot)));
    }

    /// The removals are committed; returns the places that fell free.
    pub(super) fn committed(&mut self) -> Vec<u32> {
        self.gone.clear();
        let freed: Vec<u32> = self.leaving.drain().map(|(_, slot)| slot).collect();
        self.free.extend(&freed);
        freed
    }

    /// The removals are not going to be committed. Unit types that were new keep their
    /// places: they come again.
    pub(super) fn rolled_back(&mut self) {
        for id in self.gone.drain(..) {
            self.given.entry(id).or_default();
        }
        for ((id, unit), slot) in self.leaving.drain() {
            self.given.entry(id).or_default().push((unit, slot));
        }
    }

    /// The places of a listing's unit types.
    pub(super) fn get(&self, id: PropertyId) -> Option<&[(UnitId, u32)]> {
        self.given.get(&id).map(Vec::as_slice)
    }

    /// The listings that have places.
    pub(super) fn ids(&self) -> impl Iterator<Item = PropertyId> + '_ {
        self.given.keys().copied()
    }
}

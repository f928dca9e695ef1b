//! The nights on which a unit type has no unit left, by what is taken of its units.

use jiff::ToSpan;

use super::calendar::{EPOCH, NIGHTS_MAX, Nights};
use super::ids::UnitId;

/// Full nights by unit type.
pub type UnitNights = Vec<(UnitId, Vec<Nights>)>;

/// What is taken of a unit: the nights `first..over`, in days since [`EPOCH`], with those that
/// are too close to a stay. Of one unit these may overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The unit.
    pub slot_id: i64,
    /// The first night.
    pub first: i32,
    /// The first night after.
    pub over: i32,
}

/// The nights on which at least `count` units are taken, in order, as few ranges as
/// [`NIGHTS_MAX`] allows: a sweep over the days on which something begins or ends, so it costs
/// what there are stays, however many nights they have.
#[must_use]
pub fn full_nights(count: u32, mut taken: Vec<Taken>) -> Vec<Nights> {
    taken.retain(|nights| nights.first < nights.over);
    taken.sort_unstable();
    // One unit counts once a night.
    let mut steps: Vec<(i32, i32)> = Vec::with_capacity(2 * taken.len());
    for joined in taken.chunk_by_mut(|one, next| one.slot_id == next.slot_id) {
        let mut end = i32::MIN;
        for Taken { first, over, .. } in joined {
            if *over > end {
                steps.extend([((*first).max(end), 1), (*over, -1)]);
                end = *over;
            }
        }
    }
    steps.sort_unstable();
    let (mut units, mut full_from, mut full) = (0, None, Vec::new());
    for day in steps.chunk_by(|one, next| one.0 == next.0) {
        units += day.iter().map(|(_, step)| step).sum::<i32>();
        let is_full = u32::try_from(units).is_ok_and(|units| units >= count.max(1));
        let Some((day, _)) = day.first() else { continue };
        match full_from {
            None if is_full => full_from = Some(*day),
            Some(from) if !is_full => {
                add(&mut full, from, *day);
                full_from = None;
            }
            _ => {}
        }
    }
    full
}

/// Adds the nights `from..to`, in ranges that are no longer than any may be.
fn add(full: &mut Vec<Nights>, from: i32, to: i32) {
    let most = i32::try_from(NIGHTS_MAX).unwrap_or(i32::MAX);
    let mut from = from;
    while from < to {
        let end = to.min(from.saturating_add(most));
        let at = |day: i32| EPOCH.saturating_add(day.days());
        full.extend(Nights::new(at(from), at(end)));
        from = end;
    }
}

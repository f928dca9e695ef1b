//! Where else a stay would fit: the free ranges next to the one that was wanted.

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::{NIGHTS_MAX, Nights, days_between};
use super::ids::UnitId;
use super::inventory::{Allotment, Inventory, Occupancy};
use super::packing::Newcomer;

/// How many ranges are named at most.
pub const NEAREST_MAX: usize = 3;

/// How many ranges are tried at most, of those on which no night is full.
const TRIES_MAX: usize = 64;

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// Some night is full.
    Full,
    /// Wherever the stay would fit, a gap is left that is too short for anybody.
    OrphanGap,
}

impl Inventory {
    /// Finds room as [`Self::allot`] does, so that between the stay and its neighbours in the
    /// unit no gap is left that is shorter than the shortest stay, which `least` knows for a
    /// date of arrival; none counts as no gap. Where others have to move for it, they fill
    /// what they can.
    ///
    /// # Errors
    /// [`NoRoom`], which says why.
    pub fn allot_tidily(
        &self,
        unit: UnitId,
        nights: Nights,
        today: Date,
        least: impl Fn(Date) -> u16,
    ) -> Result<Allotment, NoRoom> {
        let mut free = self.free_slots(unit, Newcomer::stay(nights)).peekable();
        if free.peek().is_none() {
            return self.allot(unit, nights, today).ok_or(NoRoom::Full);
        }
        let buffer = |other: &Occupancy| i32::from(if other.is_stay() { self.gap() } else { 0 });
        let good = |from: Date, until: Date| {
            let days = days_between(from, until);
            days <= 0 || days >= i32::from(least(from))
        };
        let tidy = free.find(|(_, taken)| {
            let at = taken.partition_point(|other| other.nights.check_in() < nights.check_in());
            let before = at.checked_sub(1).and_then(|at| taken.get(at));
            let before = before.filter(|other| other.nights.check_out() > today);
            before.is_none_or(|other| {
                let from = other.nights.check_out().saturating_add(buffer(other).days());
                good(from, nights.check_in().saturating_sub(i32::from(self.gap()).days()))
            }) && taken.get(at).is_none_or(|other| {
                let from = nights.check_out().saturating_add(i32::from(self.gap()).days());
                good(from, other.nights.check_in().saturating_sub(buffer(other).days()))
            })
        });
        let slot = tidy.map(|(slot, _)| slot.slot_id).ok_or(NoRoom::OrphanGap)?;
        Ok(Allotment { slot_id: slot, moves: Vec::new() })
    }

    /// The free ranges in a unit type that are as long as `wanted` and next to it, the
    /// nearest first, at most [`NEAREST_MAX`]; those on one side do not overlap. From `today`
    /// to `horizon`, the last day of departure.
    #[must_use]
    pub fn nearest_free(
        &self,
        unit: UnitId,
        wanted: Nights,
        today: Date,
        horizon: Date,
    ) -> Vec<Nights> {
        self.nearest(unit, wanted, (today, horizon), |_| true)
    }

    /// As [`Self::nearest_free`], of the ranges that `may` be booked by other rules.
    #[must_use]
    pub fn nearest(
        &self,
        unit: UnitId,
        wanted: Nights,
        (today, horizon): (Date, Date),
        may: impl Fn(Nights) -> bool,
    ) -> Vec<Nights> {
        let length = i32::try_from(wanted.count()).unwrap_or(i32::MAX);
        let free = self.free_runs(unit, today, horizon);
        let origin = days_between(today, wanted.check_in());
        let latest = i32::try_from(free.len()).unwrap_or(i32::MAX) - length;
        let farthest = origin.abs().max(latest - origin);
        let mut found: Vec<Nights> = Vec::new();
        let mut tries = 0;
        let steps = (1..=farthest).flat_map(|distance| [origin - distance, origin + distance]);
        for start in steps.filter(|start| (0..=latest).contains(start)) {
            let run = usize::try_from(start).ok().and_then(|start| free.get(start));
            if run.is_none_or(|run| *run < length) {
                continue;
            }
            let check_in = today.saturating_add(start.days());
            let Ok(range) = Nights::new(check_in, check_in.saturating_add(length.days())) else {
                continue;
            };
            let earlier = |range: &Nights| range.check_in() < wanted.check_in();
            let again =
                |other: &Nights| earlier(other) == earlier(&range) && other.overlaps(&range);
            if found.iter().any(again) || !may(range) {
                continue;
            }
            tries += 1;
            if self.allot(unit, range, today).is_some() {
                found.push(range);
            }
            if found.len() == NEAREST_MAX || tries == TRIES_MAX {
                break;
            }
        }
        found
    }

    /// For each night from `today` to `horizon`, on how many nights from it on no night is
    /// full: more than what a single look at the numbers of stays tells is not known yet.
    fn free_runs(&self, unit: UnitId, today: Date, horizon: Date) -> Vec<i32> {
        let most = i32::try_from(NIGHTS_MAX).unwrap_or(i32::MAX);
        let place = |date| usize::try_from(days_between(today, date).clamp(0, most)).unwrap_or(0);
        let mut taken = vec![0_i32; place(horizon) + 1];
        let mut slots = 0;
        for (_, stays) in self.of_unit(unit) {
            slots += 1;
            for stay in stays.iter().filter(|stay| stay.nights.check_out() > today) {
                for (date, change) in [(stay.nights.check_in(), 1), (stay.nights.check_out(), -1)] {
                    if let Some(count) = taken.get_mut(place(date)) {
                        *count += change;
                    }
                }
            }
        }
        taken.pop();
        let mut sum = 0;
        for count in &mut taken {
            sum += *count;
            *count = sum;
        }
        let mut run = 0;
        for count in taken.iter_mut().rev() {
            run = if *count < slots { run + 1 } else { 0 };
            *count = run;
        }
        taken
    }
}

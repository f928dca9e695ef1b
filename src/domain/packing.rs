//! Dealing stays out to slots: in the order of their arrival, each to its own slot if that is
//! free, else to any (interval partitioning). Guests who are there, and whoever is pinned,
//! are never moved.
//!
//! Stays in one slot that are closer than the gap, because they were made before it was set,
//! move together: so the way things lie is always a way to deal them out.

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::Nights;
use super::inventory::{Occupancy, Occupant, Slot};

/// Somebody who needs a slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer {
    /// Who, if they may take nights already; those do not count.
    pub(super) occupant: Option<Occupant>,
    /// Whether it is a stay, which keeps its distance from others.
    pub(super) is_stay: bool,
    /// The slot they would like best.
    pub(super) own: Option<i64>,
    /// Whether no other slot will do.
    pub(super) fixed: bool,
    /// The nights.
    pub(super) nights: Nights,
}

impl Newcomer {
    /// A new stay.
    pub(super) const fn stay(nights: Nights) -> Self {
        Self { occupant: None, is_stay: true, own: None, fixed: false, nights }
    }
}

/// Somebody's new slot, and who moves.
pub(super) type Dealt = (Option<i64>, Vec<Occupancy>);

pub(super) fn later(date: Date, nights: u16) -> Date {
    date.saturating_add(i32::from(nights).days())
}

/// Whether a slot is free on all the nights and, for a stay, so many nights around them free
/// of other stays. `taken` is in the order of arrival and without overlaps.
pub(super) fn is_free(taken: &[Occupancy], wanted: &Newcomer, gap: u16) -> bool {
    let (from, until) = (wanted.nights.check_in(), wanted.nights.check_out());
    let gap_to = |other: &Occupancy| if wanted.is_stay && other.is_stay() { gap } else { 0 };
    let is_other = |other: &&Occupancy| Some(other.occupant) != wanted.occupant;
    let middle = taken.partition_point(|other| other.nights.check_in() < until);
    let (before, after) = taken.split_at(middle);
    // Only those within the gap can be in the way, and they lie next to the nights.
    let near = |other: &&Occupancy| later(other.nights.check_out(), gap) > from;
    let mut before = before.iter().rev().take_while(near).filter(is_other);
    let near = |other: &&Occupancy| other.nights.check_in() < later(until, gap);
    let mut after = after.iter().take_while(near).filter(is_other);
    before.all(|other| later(other.nights.check_out(), gap_to(other)) <= from)
        && after.all(|other| other.nights.check_in() >= later(until, gap_to(other)))
}

/// Stays that move together, or somebody new; stays alone where there is no gap.
struct Run {
    from: Date,
    until: Date,
    is_stay: bool,
    own: Option<i64>,
    fixed: bool,
    members: Vec<Occupancy>,
}

impl Run {
    fn of(wanted: Newcomer) -> Self {
        Self {
            from: wanted.nights.check_in(),
            until: wanted.nights.check_out(),
            is_stay: wanted.is_stay,
            own: wanted.own,
            fixed: wanted.fixed,
            members: Vec::new(),
        }
    }

    const fn is_new(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether this can come before another in one slot.
    fn lets_follow(&self, next: &Self, gap: u16) -> bool {
        let gap = if self.is_stay && next.is_stay { gap } else { 0 };
        later(self.until, gap) <= next.from
    }
}

/// A slot that is dealt to.
struct Place {
    slot_id: i64,
    /// When the last of those dealt so far leave.
    until: Date,
    /// When the last stay among them leaves.
    stay_until: Date,
    /// Who is there whatever happens.
    fixed: Vec<Run>,
}

impl Place {
    fn takes(&self, run: &Run, gap: u16) -> bool {
        let apart = |other: &Run| other.lets_follow(run, gap) || run.lets_follow(other, gap);
        let after_stay = !run.is_stay || later(self.stay_until, gap) <= run.from;
        self.until <= run.from && after_stay && self.fixed.iter().all(apart)
    }

    /// When the next of those who are there anyhow comes, from `date` on.
    fn until_next(&self, date: Date) -> Date {
        let next = self.fixed.iter().map(|run| run.from).filter(|from| *from >= date);
        next.min().unwrap_or(Date::MAX)
    }

    /// Since when it has been empty, when somebody comes at `date`.
    fn free_since(&self, date: Date) -> Date {
        let fixed = self.fixed.iter().map(|run| run.until).filter(|until| *until <= date);
        fixed.fold(self.until, Date::max)
    }
}

/// Deals out all that is not over, and somebody new if there is anybody, to the slots of
/// `kept`; what is in those of `given_up` has to find a place there, too. `None` when there
/// is no way, or none was found.
pub(super) fn deal<'a>(
    kept: impl Iterator<Item = &'a (Slot, Vec<Occupancy>)>,
    given_up: &[&(Slot, Vec<Occupancy>)],
    wanted: Option<Newcomer>,
    gap: u16,
    today: Date,
) -> Option<Dealt> {
    let from = wanted.map_or(today, |wanted| wanted.nights.check_in().min(today));
    let leaver = wanted.and_then(|wanted| wanted.occupant);
    let (mut places, mut runs) = (Vec::new(), Vec::new());
    for (slot, taken) in kept {
        let (until, fixed) = (Date::MIN, Vec::new());
        places.push(Place { slot_id: slot.slot_id, until, stay_until: until, fixed });
        let matters = |t: &&Occupancy| later(t.nights.check_out(), gap) > from;
        collect(&mut runs, taken.iter().filter(matters), leaver, gap, today);
    }
    for (_, taken) in given_up {
        let matters = |t: &&Occupancy| t.nights.check_out() > from;
        collect(&mut runs, taken.iter().filter(matters), leaver, gap, today);
    }
    runs.extend(wanted.map(Run::of));
    let (fixed, mut free): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.fixed);
    let mut slot_id = None;
    for run in fixed {
        let place = places.iter_mut().find(|place| Some(place.slot_id) == run.own)?;
        if !place.takes(&run, gap) {
            return None;
        }
        slot_id = slot_id.or(run.is_new().then_some(place.slot_id));
        place.fixed.push(run);
    }
    free.sort_by_key(|run| (run.from, run.until, run.is_new()));
    let pinned = places.iter().flat_map(|place| &place.fixed).any(|run| run.from > today);
    let dealt = spread(&mut places, &free, gap, false);
    // Next to pinned stays it may help to move more than has to be moved.
    let dealt = dealt.or_else(|| pinned.then(|| spread(&mut places, &free, gap, true))?);
    dealt.map(|(new, moves)| (slot_id.or(new), moves))
}

/// Gives each run in the order of arrival a slot: its own if that takes it, else the one
/// that has been empty for the shortest time; `tight` the one that is free for the shortest
/// time from then on.
fn spread(places: &mut [Place], runs: &[Run], gap: u16, tight: bool) -> Option<Dealt> {
    for place in places.iter_mut() {
        (place.until, place.stay_until) = (Date::MIN, Date::MIN);
    }
    let (mut slot_id, mut moves) = (None, Vec::new());
    for run in runs {
        let takes = |place: &&mut Place| place.takes(run, gap);
        let own = places.iter_mut().filter(takes).find(|place| Some(place.slot_id) == run.own);
        let place = match own.filter(|_| !tight) {
            Some(place) => place,
            None => {
                let free = places.iter_mut().filter(takes);
                if tight {
                    free.min_by_key(|place| place.until_next(run.until))?
                } else {
                    free.max_by_key(|place| place.free_since(run.from))?
                }
            }
        };
        place.until = run.until;
        if run.is_stay {
            place.stay_until = run.until;
        }
        if run.is_new() {
            slot_id = Some(place.slot_id);
        } else if run.own != Some(place.slot_id) {
            let moved = |stay: &Occupancy| Occupancy { slot_id: place.slot_id, ..*stay };
            moves.extend(run.members.iter().map(moved));
        }
    }
    Some((slot_id, moves))
}

/// Adds what is in a slot to the runs.
fn collect<'a>(
    runs: &mut Vec<Run>,
    taken: impl Iterator<Item = &'a Occupancy>,
    leaver: Option<Occupant>,
    gap: u16,
    today: Date,
) {
    let first = runs.len();
    for stay in taken.filter(|stay| Some(stay.occupant) != leaver) {
        let run = Run {
            from: stay.nights.check_in(),
            until: stay.nights.check_out(),
            is_stay: stay.is_stay(),
            own: Some(stay.slot_id),
            fixed: stay.is_fixed(today),
            members: vec![*stay],
        };
        let close = |before: &Run| !before.lets_follow(&run, gap);
        match runs.iter().skip(first).position(close) {
            Some(at) => {
                let mut train = run;
                let members = runs.drain(first + at..).fold(Vec::new(), |mut members, run| {
                    train.fixed |= run.fixed;
                    train.from = train.from.min(run.from);
                    members.extend(run.members);
                    members
                });
                train.members.splice(0..0, members);
                runs.push(train);
            }
            None => runs.push(run),
        }
    }
}

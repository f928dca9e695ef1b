//! Of the model: where there is room, told by counting nights and by looking at each unit.

use jiff::ToSpan;
use jiff::civil::Date;
use rentezy::domain::calendar::Nights;
use rentezy::domain::ids::{BookingId, UnitId};
use rentezy::domain::inventory::{Occupancy, Occupant, Slot};

use crate::model::{Model, Moment, Stay, Verdict, keeps_nights};

/// Whether somebody can have nights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Yes,
    No,
    /// Some way of dealing all out may have been missed.
    Unsure,
}

/// Who needs room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seeker {
    /// Who, if they may have nights already.
    pub(crate) who: Option<Occupant>,
    pub(crate) unit: UnitId,
    pub(crate) nights: Nights,
    /// Whether it is a stay, which keeps its distance.
    pub(crate) is_stay: bool,
    /// The only unit that will do, by its number in the type.
    pub(crate) unit_no: Option<u16>,
    /// How many units they need.
    pub(crate) units: usize,
}

/// The nights from one date to another, as far as that is later.
fn each(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |night| *night < to)
}

fn is_settled(lies: &Occupancy, today: Date) -> bool {
    lies.pinned || lies.nights.check_in() <= today
}

impl Model {
    fn gap(&self) -> i64 {
        self.stay_rules.buffer_before.max(self.stay_rules.buffer_after).into()
    }

    /// Says whether there is room; what cannot be known is heard.
    pub(crate) fn seek(&self, seeker: &Seeker, at: &Moment<'_>) -> Verdict {
        let fits = match self.room(seeker, at) {
            Room::Yes => true,
            Room::No => false,
            Room::Unsure => at.found,
        };
        if fits { Ok(()) } else { Err("taken") }
    }

    /// A seeker who may have nights: who is there, or keeps a unit, needs that very one.
    pub(crate) fn own_room(
        &self,
        who: Occupant,
        unit: UnitId,
        nights: Nights,
        at: &Moment<'_>,
    ) -> Seeker {
        let mut units = at.lying.iter().filter(|(slot, _)| slot.unit_id == unit);
        let own = units.find_map(|(slot, all)| {
            let own = all.iter().find(|lies| lies.occupant == who);
            own.map(|own| (slot.unit_no, is_settled(own, at.today)))
        });
        let unit_no = own.and_then(|(unit_no, settled)| settled.then_some(unit_no));
        let is_stay = matches!(who, Occupant::Booking(_));
        Seeker { who: Some(who), unit, nights, is_stay, unit_no, units: 1 }
    }

    pub(crate) fn room(&self, seeker: &Seeker, at: &Moment<'_>) -> Room {
        let Seeker { who, unit, nights, is_stay, unit_no, units } = *seeker;
        let gap = self.gap();
        let of_type = || at.lying.iter().filter(|(slot, _)| slot.unit_id == unit);
        let others = |all: &'_ [Occupancy]| -> Vec<Occupancy> {
            all.iter().filter(|lies| Some(lies.occupant) != who).copied().collect()
        };
        let distance = |other: &Occupancy| if is_stay && other.is_stay() { gap } else { 0 };
        let is_clear = |all: &[Occupancy]| {
            others(all).iter().all(|other| {
                let apart = distance(other).days();
                other.nights.check_out() + apart <= nights.check_in()
                    || nights.check_out() + apart <= other.nights.check_in()
            })
        };
        let will_do = |slot: &Slot| unit_no.is_none_or(|number| slot.unit_no == number);
        let clear = of_type().filter(|(slot, all)| will_do(slot) && is_clear(all)).count();
        if clear >= units {
            return Room::Yes;
        }
        let count = of_type().count();
        let all: Vec<Occupancy> = of_type().flat_map(|(_, all)| others(all)).collect();
        let on = |night: Date, after: i64| {
            let there = all.iter().filter(|lies| {
                let until = lies.nights.check_out() + after.days();
                lies.nights.check_in() <= night && night < until
            });
            there.count()
        };
        let full = nights.iter().any(|night| on(night, 0) + units > count);
        if full || count < 2 {
            return Room::No;
        }
        let settled = all.iter().any(|lies| lies.pinned && lies.nights.check_in() > at.today);
        if unit_no.is_some() || settled {
            return Room::Unsure;
        }
        if gap == 0 {
            return Room::Yes;
        }
        let close = of_type().any(|(_, all)| self.are_close(&others(all)));
        if !is_stay || close || all.iter().any(|lies| !lies.is_stay()) {
            return Room::Unsure;
        }
        let mut padded = each(nights.check_in(), nights.check_out() + gap.days());
        if padded.all(|night| on(night, gap) < count) { Room::Yes } else { Room::No }
    }

    /// Whether stays in one unit are nearer to each other than they should be.
    fn are_close(&self, all: &[Occupancy]) -> bool {
        let gap = self.gap().days();
        all.iter().any(|one| {
            all.iter().any(|other| {
                one.nights.check_out() <= other.nights.check_in()
                    && other.nights.check_in() < one.nights.check_out() + gap
            })
        })
    }

    /// Whether a new stay has room, and leaves no gap that nobody can book if the landlord
    /// wants none.
    pub(crate) fn seek_tidily(&self, unit: UnitId, nights: Nights, at: &Moment<'_>) -> Verdict {
        let seeker = Seeker { who: None, unit, nights, is_stay: true, unit_no: None, units: 1 };
        if !self.stay_rules.no_orphan_gaps {
            return self.seek(&seeker, at);
        }
        let numbers = at.lying.iter().filter(|(slot, _)| slot.unit_id == unit);
        let mut free = numbers.filter(|(slot, all)| {
            let (unit_no, lying) = (Some(slot.unit_no), vec![(*slot, all.clone())]);
            let alone = Moment { lying: &lying, blocks: Vec::new(), ..*at };
            self.room(&Seeker { unit_no, ..seeker }, &alone) == Room::Yes
        });
        let Some(first) = free.next() else { return self.seek(&seeker, at) };
        let mut free = std::iter::once(first).chain(free);
        let is_tidy = free.any(|(_, all)| self.is_tidy(all, nights, at.today));
        if is_tidy { Ok(()) } else { Err("orphan-gap") }
    }

    /// Whether the free nights next to a stay in a unit are none, or enough for somebody.
    fn is_tidy(&self, all: &[Occupancy], nights: Nights, today: Date) -> bool {
        let gap = self.gap();
        let pad = |lies: &Occupancy| if lies.is_stay() { gap } else { 0 };
        let least = i64::from(self.policies.min_nights);
        let enough = |from: Date, to: Date| {
            let free = i64::try_from(each(from, to).count()).unwrap();
            free == 0 || free >= least
        };
        let earlier = all.iter().filter(|lies| lies.nights.check_in() < nights.check_in());
        let before = earlier.max_by_key(|lies| lies.nights.check_in());
        let before = before.filter(|lies| lies.nights.check_out() > today);
        let later = all.iter().filter(|lies| lies.nights.check_in() >= nights.check_in());
        let after = later.min_by_key(|lies| lies.nights.check_in());
        before.is_none_or(|lies| {
            let from = lies.nights.check_out() + pad(lies).days();
            enough(from, nights.check_in() - gap.days())
        }) && after.is_none_or(|lies| {
            let to = lies.nights.check_in() - pad(lies).days();
            enough(nights.check_out() + gap.days(), to)
        })
    }

    /// The nights that guests who leave have spent, as long as the gap behind them is not over.
    pub(crate) fn spent(&self, id: BookingId, today: Date) -> Option<Nights> {
        let lies = self.stays[&id].lies.unwrap();
        let until = lies.check_out().min(today);
        let is_over = until + self.gap().days() <= today;
        Nights::new(lies.check_in(), until).ok().filter(|_| !is_over)
    }

    /// Nights of guests who have left are theirs once more. There may be fewer units by now.
    pub(crate) fn keep(&mut self, id: BookingId, nights: Nights) {
        let stay = self.stay(id);
        stay.lies = Some(nights);
        let unit = stay.unit;
        for night in nights.iter() {
            self.taken.entry((unit, night)).or_default().insert(id.into());
        }
    }

    /// Those who left before a day take nothing any more.
    pub(crate) fn trim(&mut self, before: Date) {
        let long_gone = |stay: &Stay| {
            !keeps_nights(stay.phase) && stay.lies.is_some_and(|lies| lies.check_out() < before)
        };
        let gone = self.stays.iter().filter(|(_, stay)| long_gone(stay)).map(|(id, _)| *id);
        for id in gone.collect::<Vec<_>>() {
            self.leave(id);
            self.stay(id).pinned = false;
        }
    }

    /// Fewer units are enough while no night to come has more guests, and nobody still has
    /// nights to give back that are over.
    pub(crate) fn resize(&mut self, unit: UnitId, count: usize, at: &Moment<'_>) -> Verdict {
        if count == 0 {
            return Err("invalid");
        }
        let before = self.unit(unit).unwrap().count;
        let stands = |stay: &&Stay| stay.unit == unit && keeps_nights(stay.phase);
        let of_unit = self.stays.values().filter(stands);
        let over = of_unit.filter_map(|stay| stay.lies).any(|lies| lies.check_out() <= at.today);
        let mut nights =
            self.taken.range((unit, at.today)..).take_while(|((id, _), _)| *id == unit);
        let full = nights.any(|(_, there)| there.len() > count);
        if count < before {
            let mut all = at.lying.iter().flat_map(|(_, all)| all);
            let free_to_move = self.gap() == 0
                && !all.any(|lies| lies.pinned && lies.nights.check_out() > at.today);
            if full || over || !(free_to_move || at.found) {
                return Err("has-stays");
            }
        }
        self.units.iter_mut().filter(|one| one.id == unit).for_each(|one| one.count = count);
        Ok(())
    }
}

//! What each night of a unit is, for those who look at a calendar.

use jiff::ToSpan;
use jiff::civil::Date;

use super::booking::BookingStatus;
use super::calendar::{Nights, days_between};
use super::listing::Listing;
use super::stay_rules::Moment;

/// What a night is. The greater of two is what many units together are on a night on which
/// none is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NightState {
    /// It can be booked, as far as others go.
    Free,
    /// It is too close to a stay.
    Buffer,
    /// The landlord keeps it back.
    Blocked,
    /// A tenant is about to book it.
    Held,
    /// A stay takes it.
    Booked,
}

impl NightState {
    /// The name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Buffer => "buffer",
            Self::Blocked => "blocked",
            Self::Held => "held",
            Self::Booked => "booked",
        }
    }

    /// What the nights of a booking are.
    #[must_use]
    pub const fn of(status: BookingStatus) -> Self {
        if status.is_open() { Self::Held } else { Self::Booked }
    }
}

/// The state of each night of `[from, to)` in one unit, of which `taken` is taken; `gap` as
/// in [`super::stay_rules::StayRules::gap`].
#[must_use]
pub fn nights(
    taken: impl Iterator<Item = (Nights, NightState)>,
    (from, to): (Date, Date),
    gap: u16,
) -> Vec<NightState> {
    let length = usize::try_from(days_between(from, to)).unwrap_or(0);
    let mut states = vec![NightState::Free; length];
    let mut fill = |first: Date, end: Date, state: NightState| {
        let place = |date: Date| usize::try_from(days_between(from, date).max(0)).unwrap_or(0);
        let (first, end) = (place(first).min(length), place(end).min(length));
        if let Some(part) = states.get_mut(first..end) {
            part.iter_mut().for_each(|night| *night = state.max(*night));
        }
    };
    let gap = i32::from(gap).days();
    for (nights, state) in taken {
        if state != NightState::Blocked {
            fill(nights.check_in().saturating_sub(gap), nights.check_in(), NightState::Buffer);
            fill(nights.check_out(), nights.check_out().saturating_add(gap), NightState::Buffer);
        }
        fill(nights.check_in(), nights.check_out(), state);
    }
    states
}

/// Whether the rules keep everybody from booking a night at the moment, whoever is there:
/// it is over, too far ahead, or too near.
#[must_use]
pub fn is_closed(listing: &Listing, night: Date, moment: Moment) -> bool {
    let rules = &listing.stay_rules;
    let notice = i32::from(rules.notice_days);
    let late = rules.cut_off.is_some_and(|cut_off| moment.time >= cut_off);
    let ahead = days_between(moment.today, night);
    ahead < notice || (ahead == notice && late) || night >= moment.horizon
}

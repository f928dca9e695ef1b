//! The stays of the demo, planned so that no night is sold twice.
//!
//! Those that ended without money can be written ahead of time. Those that stand now are
//! made by their tenants on the running server: a payment that no provider knows of would
//! be a lie that every later check finds.

use std::collections::HashMap;

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;

use super::people::{TENANTS, owner_of};
use crate::domain::calendar::Nights;
use crate::tools::listing::{ListingDraft, Wanted};

/// How many of a hundred listings have ended stays of tenants other than the first.
const ENDED_OF_HUNDRED: u32 = 10;

/// How far ahead stays begin at most, in days.
const AHEAD_MAX: i32 = 120;

/// How a stay ended that nobody paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The tenant gave it up.
    Cancelled,
    /// The tenant did not pay in time.
    Expired,
}

/// What the tenant of a stay does today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Holds it.
    Hold,
    /// Goes to the payment page.
    PendingPayment,
    /// Pays.
    Confirmed,
    /// Holds it and gives it up.
    Cancelled,
}

/// Where a stay shall stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlannedState {
    /// It was made so many days ago, and ended.
    Ended(End, i32),
    /// Its tenant makes it today.
    Today(Goal),
}

/// A stay that the demo shall have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedBooking {
    /// The place of the listing among those planned for.
    pub listing: usize,
    /// The place of the tenant among the tenants.
    pub tenant: usize,
    /// The nights, in the listing's zone.
    pub nights: Nights,
    /// How many people come.
    pub guests: u16,
    /// Where it shall stand.
    pub state: PlannedState,
}

/// The stays that must be there: tenant, whether at a home of the first landlord, first
/// night counted from today, number of nights, and state. Each of the two who can be logged
/// in as sees something of everything.
const SHOWN: &[(usize, bool, i32, i32, PlannedState)] = {
    use PlannedState::{Ended, Today};
    &[
        (0, false, 26, 3, Today(Goal::Confirmed)),
        (0, true, 61, 5, Today(Goal::Confirmed)),
        (0, true, 40, 4, Today(Goal::PendingPayment)),
        (0, false, 12, 2, Today(Goal::Hold)),
        (0, true, 33, 6, Ended(End::Cancelled, 9)),
        (0, false, 9, 2, Ended(End::Expired, 3)),
        (1, true, 5, 3, Today(Goal::Confirmed)),
        (1, false, 15, 2, Today(Goal::Hold)),
        (2, true, 19, 7, Today(Goal::Confirmed)),
        (2, false, 21, 4, Today(Goal::PendingPayment)),
        (3, false, 7, 2, Today(Goal::Confirmed)),
        (3, true, 30, 3, Today(Goal::Cancelled)),
        (4, false, 35, 10, Today(Goal::Confirmed)),
        (5, true, 44, 3, Today(Goal::Confirmed)),
        (6, false, 90, 6, Today(Goal::Confirmed)),
    ]
};

/// The stays of a seed at these listings. They never take more units than there are.
#[must_use]
pub fn bookings(seed: u64, listings: &[ListingDraft], today: Date) -> Vec<PlannedBooking> {
    let live = |(_, listing): &(usize, &ListingDraft)| listing.wanted == Wanted::Live;
    let open: Vec<usize> =
        listings.iter().enumerate().filter(live).map(|(number, _)| number).collect();
    let mut plan = Plan {
        rng: Rng::with_seed(seed ^ 0x7374_6179),
        listings,
        today,
        stays: Vec::new(),
        taken: HashMap::new(),
    };
    let firsts: Vec<usize> = open.iter().copied().filter(|number| owner_of(*number) == 0).collect();
    let others: Vec<usize> = open.iter().copied().filter(|number| owner_of(*number) != 0).collect();
    for (tenant, at_first, start, nights, state) in SHOWN {
        let mut order = if *at_first { firsts.clone() } else { others.clone() };
        plan.rng.shuffle(&mut order);
        for listing in order {
            if plan.add(listing, *tenant, (*start, *nights), *state) {
                break;
            }
        }
    }
    for listing in open {
        if plan.rng.u32(..100) < ENDED_OF_HUNDRED {
            plan.add_ended(listing);
        }
    }
    plan.stays
}

struct Plan<'a> {
    rng: Rng,
    listings: &'a [ListingDraft],
    today: Date,
    stays: Vec<PlannedBooking>,
    /// The stays at each listing.
    taken: HashMap<usize, Vec<PlannedBooking>>,
}

impl Plan<'_> {
    /// Adds a few stays that ended.
    fn add_ended(&mut self, listing: usize) {
        for _ in 0..self.rng.usize(1..=2) {
            let end = if self.rng.bool() { End::Cancelled } else { End::Expired };
            let when = (self.rng.i32(1..=AHEAD_MAX), self.rng.i32(2..=9));
            let days_ago = self.rng.i32(1..=40);
            let tenant = self.rng.usize(1..TENANTS);
            self.add(listing, tenant, when, PlannedState::Ended(end, days_ago));
        }
    }

    /// Adds a stay if there is room for it; whether it did.
    fn add(
        &mut self,
        listing: usize,
        tenant: usize,
        (start, nights): (i32, i32),
        state: PlannedState,
    ) -> bool {
        let Some(unit) = self.listings.get(listing).map(|listing| &listing.unit) else {
            return false;
        };
        let Some(nights) = self.nights(start, nights) else { return false };
        let taken = self.taken.entry(listing).or_default();
        // Stays that were given up count as well: they took their nights for a while.
        let full = nights.iter().any(|night| {
            let here = |other: &&PlannedBooking| {
                (other.nights.check_in()..other.nights.check_out()).contains(&night)
            };
            taken.iter().filter(here).count() >= usize::from(unit.count)
        });
        // What happened at a listing has to be told in order, so each day has one stay.
        let told = |other: &PlannedBooking| match (other.state, state) {
            (PlannedState::Ended(_, day), PlannedState::Ended(_, other)) => day == other,
            _ => false,
        };
        if full || taken.iter().any(told) {
            return false;
        }
        let guests = self.rng.u16(1..=unit.guests.max(1));
        let stay = PlannedBooking { listing, tenant, nights, guests, state };
        taken.push(stay);
        self.stays.push(stay);
        true
    }

    fn nights(&self, start: i32, nights: i32) -> Option<Nights> {
        let check_in = self.today.checked_add(start.days()).ok()?;
        let check_out = check_in.checked_add(nights.days()).ok()?;
        Nights::new(check_in, check_out).ok()
    }
}

//! The stays of the demo, planned so that no night is sold twice.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::Date;

use super::people::{TENANTS, owner_of};
use crate::domain::calendar::Nights;
use crate::tools::listing::{ListingDraft, Wanted};

/// How many of a hundred listings have stays of tenants other than the first.
const BOOKED_OF_HUNDRED: u32 = 45;

/// How far ahead those stays begin at most, in days.
const AHEAD_MAX: i32 = 120;

/// Where a stay shall stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlannedState {
    /// Held a moment ago, not paid.
    Hold,
    /// The tenant is at the payment page.
    PendingPayment,
    /// Paid.
    Confirmed,
    /// Held and given up by the tenant.
    Cancelled,
    /// Held and never paid.
    Expired,
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
    /// How many days before today it was made.
    pub made_days_ago: i32,
}

/// A stay of the first tenant: state, first night counted from today, nights, made so many
/// days ago, and whether at a home of the first landlord.
const SHOWN: &[(PlannedState, i32, i32, i32, bool)] = &[
    (PlannedState::Confirmed, -2, 5, 24, true),
    (PlannedState::Confirmed, 26, 3, 6, false),
    (PlannedState::PendingPayment, 40, 4, 0, true),
    (PlannedState::Hold, 12, 2, 0, false),
    (PlannedState::Cancelled, 33, 6, 9, true),
    (PlannedState::Expired, 9, 2, 3, false),
];

/// Stays that wait for their payment, beside the first tenant's: tenant, state, first
/// night. A tenant may have three at a time.
const WAITING: &[(usize, PlannedState, i32)] = &[
    (1, PlannedState::Hold, 15),
    (2, PlannedState::PendingPayment, 21),
    (3, PlannedState::Hold, 30),
    (4, PlannedState::PendingPayment, 8),
    (5, PlannedState::Hold, 5),
];

/// The stays of a seed at these listings, oldest first: every state occurs, some stays have
/// begun, and those that take nights never take more units than there are.
#[must_use]
pub fn bookings(seed: u64, listings: &[ListingDraft], today: Date) -> Vec<PlannedBooking> {
    let live = |(_, listing): &(usize, &ListingDraft)| listing.wanted == Wanted::Live;
    let open: Vec<usize> =
        listings.iter().enumerate().filter(live).map(|(number, _)| number).collect();
    let mut plan =
        Plan { rng: Rng::with_seed(seed ^ 0x7374_6179), listings, today, stays: Vec::new() };
    let firsts: Vec<usize> = open.iter().copied().filter(|number| owner_of(*number) == 0).collect();
    let others: Vec<usize> = open.iter().copied().filter(|number| owner_of(*number) != 0).collect();
    for (state, start, nights, made, at_first) in SHOWN {
        plan.somewhere(
            if *at_first { &firsts } else { &others },
            0,
            *state,
            (*start, *nights, *made),
        );
    }
    for (tenant, state, start) in WAITING {
        let nights = plan.rng.i32(2..=5);
        plan.somewhere(&others, *tenant, *state, (*start, nights, 0));
    }
    for listing in open {
        if plan.rng.u32(..100) < BOOKED_OF_HUNDRED {
            plan.fill(listing);
        }
    }
    let mut stays = plan.stays;
    stays.sort_by_key(|stay| -stay.made_days_ago);
    stays
}

struct Plan<'a> {
    rng: Rng,
    listings: &'a [ListingDraft],
    today: Date,
    stays: Vec<PlannedBooking>,
}

impl Plan<'_> {
    /// Adds a stay at one of the listings where there is room for it.
    fn somewhere(
        &mut self,
        listings: &[usize],
        tenant: usize,
        state: PlannedState,
        when: (i32, i32, i32),
    ) {
        let mut order = listings.to_vec();
        self.rng.shuffle(&mut order);
        for listing in order {
            if self.add(listing, tenant, state, when) {
                return;
            }
        }
    }

    /// Adds some stays of other tenants at a listing.
    fn fill(&mut self, listing: usize) {
        for _ in 0..self.rng.usize(1..=5) {
            let state = match self.rng.u32(..100) {
                0..12 => PlannedState::Cancelled,
                12..20 => PlannedState::Expired,
                _ => PlannedState::Confirmed,
            };
            let start = self.rng.i32(-4..=AHEAD_MAX);
            let made = self.rng.i32(1..=40).max(1 - start);
            let tenant = self.rng.usize(1..TENANTS);
            // A stay that has begun is still going on tomorrow.
            let nights = self.rng.i32(2..=9).max(1 - start);
            self.add(listing, tenant, state, (start, nights, made));
        }
    }

    /// Adds a stay if there is room for it; whether it did.
    fn add(
        &mut self,
        listing: usize,
        tenant: usize,
        state: PlannedState,
        (start, nights, made_days_ago): (i32, i32, i32),
    ) -> bool {
        let Some(unit) = self.listings.get(listing).map(|listing| &listing.fields.unit) else {
            return false;
        };
        let Some(nights) = self.nights(start, nights) else { return false };
        // Stays that were given up count as well: they took their nights for a while.
        let full = nights.iter().any(|night| {
            let at = |stay: &&PlannedBooking| {
                stay.listing == listing
                    && (stay.nights.check_in()..stay.nights.check_out()).contains(&night)
            };
            self.stays.iter().filter(at).count() >= usize::from(unit.count)
        });
        if full {
            return false;
        }
        let guests = self.rng.u16(1..=unit.guests.max(1));
        let stay = PlannedBooking { listing, tenant, nights, guests, state, made_days_ago };
        self.stays.push(stay);
        true
    }

    fn nights(&self, start: i32, nights: i32) -> Option<Nights> {
        let check_in = self.today.checked_add(start.days()).ok()?;
        let check_out = check_in.checked_add(nights.days()).ok()?;
        Nights::new(check_in, check_out).ok()
    }
}

//! What may be booked instead of nights that are taken.

use super::booking;
use super::calendar::Nights;
use super::listing::Listing;
use super::refusal::Alternative;
use super::rules::Context;
use super::stay::{Command, PropertyState};
use super::stay_rules::{self, Moment};
use super::unit::Unit;

/// How many other unit types are named at most.
const TYPES_MAX: usize = 3;

/// What may be booked instead of a hold that was refused because its nights are taken: the
/// same nights in other unit types, then the free ranges next to them. Dear: some hundred
/// times a refusal.
#[must_use]
pub fn of(state: &PropertyState, command: &Command, context: &Context<'_>) -> Vec<Alternative> {
    let Command::Booking(booking::Command::Hold { unit_id, nights, guests, .. }) = command else {
        return Vec::new();
    };
    let Some(listing) = state.listing.as_deref() else { return Vec::new() };
    let Some(unit) = unit_id.map_or(listing.units.first(), |id| listing.unit(id)) else {
        return Vec::new();
    };
    let moment = Moment::at(listing, context.now, context.rules.window_days);
    of_stay(state, listing, unit, (*nights, *guests), moment)
}

/// What may be booked instead of a stay in a unit type.
#[must_use]
pub fn of_stay(
    state: &PropertyState,
    listing: &Listing,
    unit: &Unit,
    (nights, guests): (Nights, u16),
    moment: Moment,
) -> Vec<Alternative> {
    let others = listing.units.iter().filter(|other| other.id != unit.id);
    let fits = others.filter(|other| {
        other.fields.night_minor.is_some()
            && stay_rules::judge(state, listing, other, (nights, guests), moment).is_ok()
    });
    let same = fits.map(|other| Alternative { unit_id: other.id, nights });
    let mut found: Vec<_> = same.take(TYPES_MAX).collect();
    let next = stay_rules::nearest(state, listing, unit, nights, moment);
    found.extend(next.into_iter().map(|nights| Alternative { unit_id: unit.id, nights }));
    found
}

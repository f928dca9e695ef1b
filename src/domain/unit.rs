//! Unit types: so many interchangeable beds, rooms or flats of a listing, what they cost,
//! and the slots that their nights are taken of.

use serde::{Deserialize, Serialize};

use super::change::{Change, Decision};
use super::ids::UnitId;
use super::inventory::Slot;
use super::listing::{Listing, StayMode, is_line};
use super::money::{Currency, Money};
use super::refusal::{FieldError, Refusal};
use super::rules::Context;
use super::stay::PropertyState;

/// The most units of one type.
pub const UNITS_MAX: u16 = 200;
/// The most unit types of a listing.
pub const UNIT_TYPES_MAX: usize = 20;
/// The highest price, in minor units.
pub const PRICE_MAX: i64 = 1_000_000_000;

/// What a landlord says of a unit type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitFields {
    /// What guests call it, such as "Double room".
    pub name: String,
    /// How many there are, 1 to [`UNITS_MAX`].
    pub count: u16,
    /// Bedrooms; a studio has none.
    pub bedrooms: u16,
    /// Beds.
    pub beds: u16,
    /// Bathrooms, in halves.
    pub bathrooms: f32,
    /// The most guests in one unit.
    pub guests: u16,
    /// The price of a night in minor units of the listing's currency; a listing that is let
    /// by the night cannot go live without it.
    #[serde(default)]
    pub night_minor: Option<i64>,
    /// The price of a month; likewise for one that is let by the month. Nothing is charged
    /// by it before there are leases.
    #[serde(default)]
    pub month_minor: Option<i64>,
}

/// A unit type of a listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// What it is.
    pub fields: UnitFields,
}

impl Unit {
    /// The price of a night.
    #[must_use]
    pub fn night(&self, currency: Currency) -> Option<Money> {
        self.fields.night_minor.map(|amount| Money::new(amount, currency))
    }
}

impl UnitFields {
    /// Adds what is wrong with it. `prefix` stands before the pointers of what is not a price.
    pub(super) fn faults(&self, prefix: &str, errors: &mut Vec<FieldError>) {
        let mut field = |good: bool, pointer: String, detail: &str| {
            if !good {
                errors.push(FieldError::new(&pointer, "invalid", detail));
            }
        };
        let at = |name: &str| format!("{prefix}/{name}");
        field(is_line(&self.name, 1, 60), at("name"), "1 to 60 characters on one line");
        field((1..=UNITS_MAX).contains(&self.count), at("count"), "1 to 200");
        field(self.bedrooms <= 50, at("bedrooms"), "0 to 50");
        field(self.beds <= 100, at("beds"), "0 to 100");
        field(
            (0.0..=50.0).contains(&self.bathrooms) && (self.bathrooms * 2.0).fract() == 0.0,
            at("bathrooms"),
            "0 to 50 in halves",
        );
        field((1..=100).contains(&self.guests), at("guests"), "1 to 100");
        for (price, pointer) in
            [(self.night_minor, "/price_per_night"), (self.month_minor, "/price_per_month")]
        {
            field(
                price.is_none_or(|amount| (1..=PRICE_MAX).contains(&amount)),
                format!("{pointer}/amount"),
                "1 to 1000000000 minor units",
            );
        }
    }

    /// Checks it against the limits of each field.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every field that is wrong.
    pub fn check(&self, prefix: &str) -> Result<(), Refusal> {
        let mut errors = Vec::new();
        self.faults(prefix, &mut errors);
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
    }
}

/// Checks that every unit type has the prices that the listing is let by.
///
/// # Errors
/// [`Refusal::Invalid`] with the prices that are missing.
pub(super) fn check_priced(mode: StayMode, units: &[Unit]) -> Result<(), Refusal> {
    let lacks = |price: fn(&UnitFields) -> Option<i64>| {
        units.iter().any(|unit| price(&unit.fields).is_none())
    };
    let mut errors = Vec::new();
    if mode.by_night() && lacks(|unit| unit.night_minor) {
        let detail = "every unit type needs a price of a night";
        errors.push(FieldError::new("/price_per_night", "required", detail));
    }
    if mode.by_month() && lacks(|unit| unit.month_minor) {
        let detail = "every unit type needs a price of a month";
        errors.push(FieldError::new("/price_per_month", "required", detail));
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// Adds the slots of new units, one number for each, `prefix` as in [`UnitFields::check`].
pub(super) fn add_slots(
    decision: &mut Decision,
    state: &PropertyState,
    unit_id: UnitId,
    added: u16,
    slot_ids: &[i64],
    prefix: &str,
) -> Result<(), Refusal> {
    if usize::from(added) != slot_ids.len() {
        return Err(Refusal::invalid_field(
            &format!("{prefix}/count"),
            "slots",
            "slot numbers do not match the count",
        ));
    }
    let numbers = state.inventory.free_numbers(unit_id);
    for (unit_no, slot_id) in numbers.zip(slot_ids) {
        decision.change(Change::Slot(Slot { slot_id: *slot_id, unit_id, unit_no }));
    }
    Ok(())
}

/// Makes a unit type larger or smaller. Stays to come may change their unit for it.
///
/// # Errors
/// [`Refusal::HasStays`] when there are more stays than units would be left.
pub(super) fn resize(
    decision: &mut Decision,
    state: &PropertyState,
    (listing, old): (&Listing, &Unit),
    count: u16,
    (slot_ids, prefix): (&[i64], &str),
    context: &Context<'_>,
) -> Result<(), Refusal> {
    if count >= old.fields.count {
        let added = count - old.fields.count;
        return add_slots(decision, state, old.id, added, slot_ids, prefix);
    }
    let today = listing.today(context.now);
    // Nights that are over are still to be given back, from the slot that they were taken of.
    let settled = !state.inventory.owes(old.id, today);
    let smaller = state.inventory.shrink(old.id, count, today).filter(|_| settled);
    let smaller = smaller.ok_or(Refusal::HasStays)?;
    smaller.moves.into_iter().for_each(|stay| decision.change(Change::Occupy(stay)));
    smaller.retired.into_iter().for_each(|slot| decision.change(Change::RetireSlot(slot)));
    Ok(())
}

/// Takes all units of a type away.
///
/// # Errors
/// [`Refusal::HasStays`] when there is a stay to come, or a booking that is not settled.
pub(super) fn remove_slots(
    decision: &mut Decision,
    state: &PropertyState,
    unit_id: UnitId,
    listing: &Listing,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    let open = state.bookings.values().any(|b| b.unit_id == unit_id && b.status.is_open());
    let today = listing.today(context.now);
    let taken = state.inventory.is_taken(unit_id, today) || state.inventory.owes(unit_id, today);
    if open || taken {
        return Err(Refusal::HasStays);
    }
    for slot in state.inventory.slots_of(unit_id) {
        decision.change(Change::RetireSlot(slot));
    }
    Ok(())
}

//! The life of a listing: from draft to live and on, and what its owner and administrators
//! may do on the way.
//!
//! ```text
//! draft -> pending_review -> live <-> paused
//!   ^            |             (any but pending_review) -> archived, for good
//!   +-- edit -- rejected
//! ```
//! Where administrators review, what strangers read (title, description, address) is looked
//! at again after a change: a live listing waits for review then, out of sight, and a paused
//! one is a draft again.

use serde::{Deserialize, Serialize};

use super::change::{Change, Decision};
use super::event::Event;
use super::ids::{PropertyId, UnitId, UserId};
pub use super::listing::{
    Address, Kind, Listing, ListingFields, Location, Source, Status, StayMode, check,
};
use super::policies::Policies;
use super::pricing::{Pricing, PricingEdit};
use super::refusal::Refusal;
use super::revision::{Revision, said};
use super::rules::Context;
use super::stay::{Outcome, PropertyState};
use super::stay_rules::StayRules;
use super::unit;
pub use super::unit::{PRICE_MAX, UNIT_TYPES_MAX, UNITS_MAX, Unit, UnitFields};

/// The longest reason of a rejection, in characters.
pub const REASON_MAX: usize = 1000;

/// What can be asked of a listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a draft. The ids come from the caller, so that the decision is a function of
    /// its arguments.
    Create {
        /// The new listing's id: the entity's own.
        id: PropertyId,
        /// Who will own it.
        owner: UserId,
        /// What it says.
        fields: Box<ListingFields>,
        /// Its unit types.
        units: Vec<Unit>,
        /// One unused slot number for each unit, in the order of the types.
        slot_ids: Vec<i64>,
        /// What is asked of guests.
        policies: Box<Policies>,
        /// What is set about prices.
        #[serde(default)]
        pricing: Box<Pricing>,
        /// Where it was imported from.
        source: Option<Source>,
    },
    /// Change what a listing says.
    Edit {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// What it says from now on.
        fields: Box<ListingFields>,
        /// What its only unit type is from now on; none leaves all as they are.
        unit: Option<Box<UnitFields>>,
        /// One unused slot number for each unit added.
        slot_ids: Vec<i64>,
    },
    /// Add a unit type.
    AddUnit {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// The new type.
        unit: Box<Unit>,
        /// One unused slot number for each unit.
        slot_ids: Vec<i64>,
    },
    /// Change a unit type.
    EditUnit {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// The type as it is from now on.
        unit: Box<Unit>,
        /// One unused slot number for each unit added.
        slot_ids: Vec<i64>,
    },
    /// Take a unit type away.
    RemoveUnit {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// The type.
        unit_id: UnitId,
    },
    /// Change what is asked of guests; the rules' own version is counted here.
    SetPolicies {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// The rules from now on.
        policies: Box<Policies>,
    },
    /// Change what is set about prices.
    Price {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// What changes.
        edit: PricingEdit,
    },
    /// Change which stays are taken. Those that are agreed on go on.
    SetStayRules {
        /// Who asks.
        by: UserId,
        /// The version the change was made from.
        version: i32,
        /// The rules from now on.
        rules: Box<StayRules>,
    },
    /// Hand a draft in for review.
    Submit {
        /// Who asks.
        by: UserId,
        /// The version that is handed in.
        version: i32,
    },
    /// An administrator lets a listing that was handed in go live.
    Approve {
        /// The version that was looked at.
        version: i32,
    },
    /// An administrator gives a listing that was handed in back.
    Reject {
        /// The version that was looked at.
        version: i32,
        /// Why, for its owner.
        reason: String,
    },
    /// Offer a paused listing again.
    Publish {
        /// Who asks.
        by: UserId,
        /// The version that is meant.
        version: i32,
    },
    /// Let a live listing rest. Bookings and holds that exist go on.
    Unpublish {
        /// Who asks.
        by: UserId,
        /// The version that is meant.
        version: i32,
    },
    /// Give a listing up for good.
    Archive {
        /// Who asks.
        by: UserId,
        /// The version that is meant.
        version: i32,
    },
}

/// Decides a listing's command.
///
/// # Errors
/// A [`Refusal`] that says what is wrong; nothing changes then.
pub fn decide(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let of = |by: &UserId, version: &i32| {
        let old = owned(state, *by, *version)?;
        Ok::<_, Refusal>(Revision { state, old, context })
    };
    match command {
        Command::Create { .. } => create(state, command, context),
        Command::Edit { by, version, fields, unit, slot_ids } => {
            of(by, version)?.edit(fields, unit.as_deref(), slot_ids)
        }
        Command::AddUnit { by, version, unit, slot_ids } => {
            of(by, version)?.add_unit(unit, slot_ids)
        }
        Command::EditUnit { by, version, unit, slot_ids } => {
            of(by, version)?.edit_unit(unit, slot_ids)
        }
        Command::RemoveUnit { by, version, unit_id } => of(by, version)?.remove_unit(*unit_id),
        Command::SetPolicies { by, version, policies } => of(by, version)?.set_policies(policies),
        Command::Price { by, version, edit } => of(by, version)?.price(edit),
        Command::SetStayRules { by, version, rules } => of(by, version)?.set_stay_rules(rules),
        Command::Submit { by, version } => of(by, version)?.submit(),
        Command::Publish { by, version } => of(by, version)?.publish(),
        Command::Unpublish { by, version } => of(by, version)?.unpublish(),
        Command::Archive { by, version } => of(by, version)?.archive(),
        Command::Approve { version } => reviewed(state, *version, context)?.approve(),
        Command::Reject { version, reason } => reviewed(state, *version, context)?.reject(reason),
    }
}

fn create(
    state: &PropertyState,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let Command::Create { id, owner, fields, units, slot_ids, policies, pricing, source } = command
    else {
        return Err(Refusal::NotFound);
    };
    if let Some(listing) = &state.listing {
        return Err(Refusal::invalid_transition("exists", listing.status.allowed()));
    }
    check_all(fields, units.iter().map(|unit| &unit.fields))?;
    policies.check()?;
    pricing.check(units)?;
    if units.is_empty() || units.len() > UNIT_TYPES_MAX {
        return Err(Refusal::invalid_field("/units", "count", "1 to 20 unit types"));
    }
    let listing = Listing {
        id: *id,
        owner: *owner,
        fields: said(fields),
        units: units.clone(),
        policies: Policies { version: 1, ..(**policies).clone() },
        pricing: (**pricing).clone(),
        stay_rules: StayRules::default(),
        status: Status::Draft,
        rejection: None,
        source: source.clone(),
        version: 1,
        created_at: context.now,
        updated_at: context.now,
    };
    let mut decision = Decision::new(Outcome::Listing(Box::new(listing.clone())));
    let mut left = slot_ids.as_slice();
    for unit in units {
        let count = usize::from(unit.fields.count);
        let (own, rest) = left.split_at_checked(count).unwrap_or((left, &[]));
        unit::add_slots(&mut decision, state, unit.id, unit.fields.count, own, "/unit")?;
        left = rest;
    }
    if !left.is_empty() {
        let detail = "slot numbers do not match the count";
        return Err(Refusal::invalid_field("/unit/count", "slots", detail));
    }
    decision.event(id.uuid(), Event::PropertyCreated { property_id: *id, owner_id: *owner });
    decision.change(Change::Listing(Box::new(listing)));
    Ok(decision)
}

/// Checks what is said of a listing and of its only unit type together, so that every fault
/// is named.
///
/// # Errors
/// [`Refusal::Invalid`] with every field that is wrong.
pub fn check_with_unit(fields: &ListingFields, unit: &UnitFields) -> Result<(), Refusal> {
    check_all(fields, std::iter::once(unit))
}

pub(super) fn check_all<'a>(
    fields: &ListingFields,
    units: impl Iterator<Item = &'a UnitFields>,
) -> Result<(), Refusal> {
    let mut errors = match check(fields) {
        Ok(()) => Vec::new(),
        Err(Refusal::Invalid(errors)) => errors,
        Err(other) => return Err(other),
    };
    units.for_each(|unit| unit.faults("/unit", &mut errors));
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

fn owned(state: &PropertyState, by: UserId, version: i32) -> Result<&Listing, Refusal> {
    let listing = state.listing.as_deref().filter(|listing| listing.owner == by);
    at_version(listing, version)
}

fn at_version(listing: Option<&Listing>, version: i32) -> Result<&Listing, Refusal> {
    let listing = listing.ok_or(Refusal::NotFound)?;
    if listing.version != version {
        return Err(Refusal::StaleVersion { current: listing.version });
    }
    Ok(listing)
}

/// A listing that waits for an administrator's word.
fn reviewed<'a>(
    state: &'a PropertyState,
    version: i32,
    context: &'a Context<'a>,
) -> Result<Revision<'a>, Refusal> {
    let old = at_version(state.listing.as_deref(), version)?;
    if old.status != Status::PendingReview {
        return Err(Refusal::invalid_transition(old.status.name(), &[]));
    }
    Ok(Revision { state, old, context })
}

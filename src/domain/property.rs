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

use super::amenity;
use super::change::{Change, Decision};
use super::event::Event;
use super::ids::{PropertyId, UnitId, UserId};
pub use super::listing::{
    Address, Kind, Listing, ListingFields, Location, Source, Status, StayMode, check,
};
use super::policies::Policies;
use super::refusal::{FieldError, Refusal};
use super::rules::{Context, Review};
use super::stay::{Outcome, PropertyState};
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
    let Command::Create { id, owner, fields, units, slot_ids, policies, source } = command else {
        return Err(Refusal::NotFound);
    };
    if let Some(listing) = &state.listing {
        return Err(Refusal::invalid_transition("exists", listing.status.allowed()));
    }
    check_all(fields, units.iter().map(|unit| &unit.fields))?;
    policies.check()?;
    if units.is_empty() || units.len() > UNIT_TYPES_MAX {
        return Err(Refusal::invalid_field("/units", "count", "1 to 20 unit types"));
    }
    let listing = Listing {
        id: *id,
        owner: *owner,
        fields: said(fields),
        units: units.clone(),
        policies: Policies { version: 1, ..(**policies).clone() },
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

/// What a landlord says, with amenities by the catalogue's names.
fn said(fields: &ListingFields) -> ListingFields {
    ListingFields { amenities: amenity::mapped(&fields.amenities), ..fields.clone() }
}

/// Checks what is said of a listing and of its only unit type together, so that every fault
/// is named.
///
/// # Errors
/// [`Refusal::Invalid`] with every field that is wrong.
pub fn check_with_unit(fields: &ListingFields, unit: &UnitFields) -> Result<(), Refusal> {
    check_all(fields, std::iter::once(unit))
}

fn check_all<'a>(
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

/// A change of a listing in the making.
struct Revision<'a> {
    state: &'a PropertyState,
    old: &'a Listing,
    context: &'a Context<'a>,
}

impl Revision<'_> {
    fn edit(
        &self,
        fields: &ListingFields,
        only: Option<&UnitFields>,
        slot_ids: &[i64],
    ) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        let first = next.units.first().map(|unit| unit.id);
        let unit = first.zip(only).map(|(id, fields)| Unit { id, fields: fields.clone() });
        check_all(fields, only.into_iter())?;
        let fixed = [
            (fields.currency != self.old.fields.currency, "/price_per_night/currency"),
            (fields.zone != self.old.fields.zone, "/zone"),
        ];
        let changed = fixed.iter().filter(|(changed, _)| *changed);
        let errors: Vec<_> = changed
            .map(|(_, pointer)| FieldError::new(pointer, "fixed", "cannot be changed later"))
            .collect();
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        let mut decision = Decision::new(Outcome::Done);
        match unit {
            Some(unit) if next.units.len() == 1 => {
                self.resize(&mut decision, &unit, slot_ids, "/unit")?;
                next.units = vec![unit];
            }
            Some(_) => {
                let detail = "the home has several unit types: change each by its id";
                return Err(Refusal::invalid_field("/unit", "several", detail));
            }
            None => {}
        }
        next.fields = said(fields);
        self.revised(decision, next)
    }

    fn add_unit(&self, unit: &Unit, slot_ids: &[i64]) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        unit.fields.check("")?;
        if next.units.len() >= UNIT_TYPES_MAX || next.unit(unit.id).is_some() {
            return Err(Refusal::invalid_field("", "too-many", "at most 20 unit types"));
        }
        let mut decision = Decision::new(Outcome::Done);
        let count = unit.fields.count;
        unit::add_slots(&mut decision, self.state, unit.id, count, slot_ids, "")?;
        next.units.push(unit.clone());
        self.revised(decision, next)
    }

    fn edit_unit(&self, unit: &Unit, slot_ids: &[i64]) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        unit.fields.check("")?;
        let mut decision = Decision::new(Outcome::Done);
        self.resize(&mut decision, unit, slot_ids, "")?;
        next.units.iter_mut().filter(|old| old.id == unit.id).for_each(|old| *old = unit.clone());
        self.revised(decision, next)
    }

    fn resize(
        &self,
        decision: &mut Decision,
        unit: &Unit,
        slot_ids: &[i64],
        prefix: &str,
    ) -> Result<(), Refusal> {
        let old = self.old.unit(unit.id).ok_or(Refusal::NotFound)?;
        let (count, slots) = (unit.fields.count, (slot_ids, prefix));
        unit::resize(decision, self.state, (self.old, old), count, slots, self.context)
    }

    fn remove_unit(&self, unit_id: UnitId) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        next.unit(unit_id).ok_or(Refusal::NotFound)?;
        if next.units.len() == 1 {
            return Err(Refusal::invalid_transition("the last unit type", &["archive"]));
        }
        let mut decision = Decision::new(Outcome::Done);
        unit::remove_slots(&mut decision, self.state, unit_id, self.old, self.context)?;
        next.units.retain(|unit| unit.id != unit_id);
        self.revised(decision, next)
    }

    fn set_policies(&self, policies: &Policies) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        policies.check()?;
        let version = self.old.policies.version;
        next.policies = Policies { version, ..policies.clone() };
        if next.policies != self.old.policies {
            next.policies.version += 1;
        }
        self.revised(Decision::new(Outcome::Done), next)
    }

    fn submit(&self) -> Result<Decision, Refusal> {
        let mut next = self.step_from(Status::Draft)?;
        self.check_ready(&next)?;
        next.rejection = None;
        next.status = match self.context.rules.review {
            Review::Auto => Status::Live,
            Review::Admin => Status::PendingReview,
        };
        let property_id = next.id;
        let mut events = vec![Event::PropertySubmitted { property_id }];
        if next.status == Status::Live {
            events.push(Event::PropertyApproved { property_id, version: next.version });
        }
        Ok(told(Decision::new(Outcome::Done), next, events))
    }

    fn approve(&self) -> Result<Decision, Refusal> {
        let next = Listing { status: Status::Live, ..self.advanced() };
        self.check_ready(&next)?;
        let event = Event::PropertyApproved { property_id: next.id, version: next.version };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    fn reject(&self, reason: &str) -> Result<Decision, Refusal> {
        let reason = reason.trim();
        if !super::listing::is_text(reason, REASON_MAX) || reason.is_empty() {
            return Err(Refusal::invalid_field("/reason", "invalid", "1 to 1000 characters"));
        }
        let rejection = Some(reason.to_owned());
        let next = Listing { status: Status::Rejected, rejection, ..self.advanced() };
        let event = Event::PropertyRejected {
            property_id: next.id,
            owner_id: next.owner,
            reason: reason.to_owned(),
            version: next.version,
        };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    fn publish(&self) -> Result<Decision, Refusal> {
        let next = Listing { status: Status::Live, ..self.step_from(Status::Paused)? };
        self.check_ready(&next)?;
        let event = Event::PropertyPublished { property_id: next.id, version: next.version };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    fn unpublish(&self) -> Result<Decision, Refusal> {
        let next = Listing { status: Status::Paused, ..self.step_from(Status::Live)? };
        let event = Event::PropertyUnpublished { property_id: next.id, version: next.version };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    fn archive(&self) -> Result<Decision, Refusal> {
        let status = self.old.status;
        if matches!(status, Status::PendingReview | Status::Archived) {
            return Err(Refusal::invalid_transition(status.name(), status.allowed()));
        }
        let open = self.state.bookings.values().any(|booking| booking.status.is_open());
        if open || self.state.inventory.has_stays(None, self.old.today(self.context.now)) {
            return Err(Refusal::HasStays);
        }
        let next = Listing { status: Status::Archived, ..self.advanced() };
        let event = Event::PropertyArchived { property_id: next.id, version: next.version };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    fn advanced(&self) -> Listing {
        let now = self.context.now;
        Listing { version: self.old.version + 1, updated_at: now, ..self.old.clone() }
    }

    fn step_from(&self, from: Status) -> Result<Listing, Refusal> {
        let status = self.old.status;
        if status == from {
            return Ok(self.advanced());
        }
        Err(Refusal::invalid_transition(status.name(), status.allowed()))
    }

    fn editable(&self) -> Result<Listing, Refusal> {
        match self.old.status {
            Status::Archived => Err(Refusal::invalid_transition("archived", &[])),
            _ => Ok(self.advanced()),
        }
    }

    fn check_ready(&self, listing: &Listing) -> Result<(), Refusal> {
        unit::check_priced(listing.fields.stay_mode, &listing.units)
    }

    /// Ends an edit: where the listing stands after it, and what is told.
    fn revised(&self, decision: Decision, mut next: Listing) -> Result<Decision, Refusal> {
        let (was, is) = (&self.old.fields, &next.fields);
        let new_text = (&was.title, &was.description, &was.address)
            != (&is.title, &is.description, &is.address);
        let again = new_text && self.context.rules.review == Review::Admin;
        next.status = match self.old.status {
            Status::Live if again => Status::PendingReview,
            Status::Paused if again => Status::Draft,
            Status::Rejected => Status::Draft,
            status => status,
        };
        if next.status != Status::Draft {
            self.check_ready(&next)?;
        }
        let property_id = next.id;
        let mut events = vec![Event::PropertyUpdated { property_id, version: next.version }];
        if next.status == Status::PendingReview && self.old.status == Status::Live {
            events.push(Event::PropertySubmitted { property_id });
        }
        if self.old.status == Status::Live {
            events.extend(self.price_changes(&next));
        }
        Ok(told(decision, next, events))
    }

    fn price_changes(&self, next: &Listing) -> Vec<Event> {
        let currency = next.fields.currency;
        let changed = next.units.iter().filter_map(|unit| {
            let old = self.old.unit(unit.id)?.night(currency)?;
            let new = unit.night(currency).filter(|new| *new != old)?;
            Some(Event::PropertyPriceChanged { property_id: next.id, old, new })
        });
        changed.collect()
    }
}

fn told(mut decision: Decision, next: Listing, events: Vec<Event>) -> Decision {
    decision.outcome = Outcome::Listing(Box::new(next.clone()));
    for event in events {
        decision.event(next.id.uuid(), event);
    }
    decision.change(Change::Listing(Box::new(next)));
    decision
}

//! A change of a listing: what each command does to it, where the listing stands after it,
//! and what is told.

use super::amenity;
use super::change::{Change, Decision};
use super::event::Event;
use super::ids::UnitId;
use super::listing::{Listing, ListingFields, Status, check, is_text};
use super::policies::Policies;
use super::pricing::PricingEdit;
use super::property::{REASON_MAX, check_all};
use super::refusal::{FieldError, Refusal};
use super::rules::{Context, Review};
use super::stay::{Outcome, PropertyState};
use super::stay_rules::StayRules;
use super::unit::{self, UNIT_TYPES_MAX, Unit, UnitFields};

/// What a landlord says, with amenities by the catalogue's names.
pub(super) fn said(fields: &ListingFields) -> ListingFields {
    ListingFields { amenities: amenity::mapped(&fields.amenities), ..fields.clone() }
}

/// A change of a listing in the making.
pub(super) struct Revision<'a> {
    pub(super) state: &'a PropertyState,
    pub(super) old: &'a Listing,
    pub(super) context: &'a Context<'a>,
}

impl Revision<'_> {
    pub(super) fn edit(
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

    pub(super) fn add_unit(&self, unit: &Unit, slot_ids: &[i64]) -> Result<Decision, Refusal> {
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

    pub(super) fn edit_unit(&self, unit: &Unit, slot_ids: &[i64]) -> Result<Decision, Refusal> {
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

    pub(super) fn remove_unit(&self, unit_id: UnitId) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        next.unit(unit_id).ok_or(Refusal::NotFound)?;
        if next.units.len() == 1 {
            return Err(Refusal::invalid_transition("the last unit type", &["archive"]));
        }
        let mut decision = Decision::new(Outcome::Done);
        unit::remove_slots(&mut decision, self.state, unit_id, self.old, self.context)?;
        next.units.retain(|unit| unit.id != unit_id);
        next.pricing.forget_unit(unit_id);
        self.revised(decision, next)
    }

    pub(super) fn set_policies(&self, policies: &Policies) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        policies.check()?;
        let version = self.old.policies.version;
        next.policies = Policies { version, ..policies.clone() };
        if next.policies != self.old.policies {
            next.policies.version += 1;
        }
        self.revised(Decision::new(Outcome::Done), next)
    }

    pub(super) fn price(&self, edit: &PricingEdit) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        match edit {
            PricingEdit::Rates { rates, cleaning_fee_minor, deposit_minor } => {
                next.pricing.rates = (**rates).clone();
                next.fields.cleaning_fee_minor = *cleaning_fee_minor;
                next.fields.deposit_minor = *deposit_minor;
            }
            PricingEdit::AddRule(rule) => next.pricing.add_rule((**rule).clone())?,
            PricingEdit::RemoveRule(id) => next.pricing.remove_rule(*id)?,
            PricingEdit::Nights { unit_id, nights, night_minor } => {
                next.pricing.set_nights(*unit_id, *nights, *night_minor)?;
            }
        }
        check(&next.fields)?;
        next.pricing.check(&next.units)?;
        self.revised(Decision::new(Outcome::Done), next)
    }

    pub(super) fn set_stay_rules(&self, rules: &StayRules) -> Result<Decision, Refusal> {
        let mut next = self.editable()?;
        rules.check()?;
        next.stay_rules = rules.clone();
        let (property_id, version) = (next.id, next.version);
        let mut decision = self.revised(Decision::new(Outcome::Done), next)?;
        decision.event(property_id.uuid(), Event::PropertyRulesChanged { property_id, version });
        Ok(decision)
    }

    pub(super) fn submit(&self) -> Result<Decision, Refusal> {
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

    pub(super) fn approve(&self) -> Result<Decision, Refusal> {
        let next = Listing { status: Status::Live, ..self.advanced() };
        self.check_ready(&next)?;
        let event = Event::PropertyApproved { property_id: next.id, version: next.version };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    pub(super) fn reject(&self, reason: &str) -> Result<Decision, Refusal> {
        let reason = reason.trim();
        if !is_text(reason, REASON_MAX) || reason.is_empty() {
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

    pub(super) fn publish(&self) -> Result<Decision, Refusal> {
        let next = Listing { status: Status::Live, ..self.step_from(Status::Paused)? };
        self.check_ready(&next)?;
        let event = Event::PropertyPublished { property_id: next.id, version: next.version };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    pub(super) fn unpublish(&self) -> Result<Decision, Refusal> {
        let next = Listing { status: Status::Paused, ..self.step_from(Status::Live)? };
        let event = Event::PropertyUnpublished { property_id: next.id, version: next.version };
        Ok(told(Decision::new(Outcome::Done), next, vec![event]))
    }

    pub(super) fn archive(&self) -> Result<Decision, Refusal> {
        let status = self.old.status;
        if matches!(status, Status::PendingReview | Status::Archived) {
            return Err(Refusal::invalid_transition(status.name(), status.allowed()));
        }
        let open = self.state.bookings.values().any(|booking| booking.status.is_open());
        if open || self.state.inventory.has_stays(self.old.today(self.context.now)) {
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

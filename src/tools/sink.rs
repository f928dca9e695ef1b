//! Listings from outside become properties of the database.

use std::collections::HashSet;

use super::import::{ListingSink, Outcome};
use super::listing::{ListingDraft, Wanted};
use super::store::{Store, StoreError};
use super::story::Story;
use crate::domain::event::Actor;
use crate::domain::ids::{self, UnitId, UserId};
use crate::domain::property::{Command, Status, Unit};
use crate::domain::refusal::Refusal;
use crate::domain::stay;
use crate::storage::changes::Settled;
use crate::storage::properties;
use jiff::Timestamp;

/// Puts listings into a database, as properties of one landlord.
#[derive(Debug)]
pub struct PropertySink<'a> {
    store: &'a mut Store,
    owner: UserId,
}

impl<'a> PropertySink<'a> {
    /// A sink for listings of `owner`.
    #[must_use]
    pub const fn new(store: &'a mut Store, owner: UserId) -> Self {
        Self { store, owner }
    }
}

impl ListingSink for PropertySink<'_> {
    type Error = StoreError;

    async fn put(&mut self, batch: Vec<ListingDraft>) -> Result<Vec<Outcome>, StoreError> {
        let ids: Vec<_> = batch.iter().map(ListingDraft::property_id).collect();
        let client = self.store.client();
        let known: HashSet<_> = properties::known(client, &ids).await?.into_iter().collect();
        let new = |draft: &&ListingDraft| !known.contains(&draft.property_id());
        let units = batch.iter().filter(new).map(|draft| u32::from(draft.unit.count)).sum();
        let mut slots = properties::next_slot_ids(client, units).await?.into_iter();
        let now = self.store.clock().now();
        let (mut outcomes, mut told) = (Vec::with_capacity(batch.len()), Vec::new());
        for draft in &batch {
            if known.contains(&draft.property_id()) {
                outcomes.push(Outcome::Unchanged);
                continue;
            }
            let slot_ids = slots.by_ref().take(draft.unit.count.into()).collect();
            let mut story = self.store.story(draft.property_id());
            match create(&mut story, draft, self.owner, slot_ids, now) {
                Ok(()) => {
                    told.push((outcomes.len(), story.into_sets()));
                    outcomes.push(Outcome::Created);
                }
                Err(refusal) => outcomes.push(Outcome::Refused(refusal.in_words())),
            }
        }
        let (places, sets): (Vec<_>, Vec<_>) = told.into_iter().unzip();
        for (place, end) in places.into_iter().zip(self.store.write(sets).await?) {
            let outcome = match end {
                Some(Ok(Settled::Already)) => Outcome::Unchanged,
                Some(Err(error)) => Outcome::Refused(error.to_string()),
                _ => continue,
            };
            if let Some(there) = outcomes.get_mut(place) {
                *there = outcome;
            }
        }
        Ok(outcomes)
    }
}

/// Tells how a listing is made and, if wanted, submitted: at the same instant, so that both
/// are written or neither.
pub(super) fn create(
    story: &mut Story<'_>,
    draft: &ListingDraft,
    owner: UserId,
    slot_ids: Vec<i64>,
    at: Timestamp,
) -> Result<(), Refusal> {
    let id = story.id();
    let create = Command::Create {
        id,
        owner,
        fields: Box::new(draft.fields.clone()),
        units: vec![Unit {
            id: UnitId::from(ids::derived(id.uuid(), "unit")),
            fields: draft.unit.clone(),
        }],
        slot_ids,
        policies: Box::new(draft.policies()),
        pricing: Box::new(draft.pricing.clone()),
        source: Some(draft.origin()),
    };
    story.tell("import-create", at, Actor::System, &stay::Command::Listing(create))?;
    if draft.wanted == Wanted::Live {
        let submit = Command::Submit { by: owner, version: 1 };
        let submitted =
            story.tell("import-submit", at, Actor::System, &stay::Command::Listing(submit))?;
        // Whoever brings listings in has looked at them.
        if let stay::Outcome::Listing(listing) = submitted
            && listing.status == Status::PendingReview
        {
            let approve = Command::Approve { version: listing.version };
            story.tell("import-approve", at, Actor::System, &stay::Command::Listing(approve))?;
        }
    }
    Ok(())
}

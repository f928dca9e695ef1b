//! What a page of events changes in the search index.

use std::collections::BTreeSet;

use crate::domain::event::{Event, Position};
use crate::domain::fullness::UnitNights;
use crate::domain::ids::PropertyId;
use crate::search::{Cursor, IndexError, IndexWriterHandle, ListingDoc};
use crate::storage::sqlstate::StorageError;

/// What events say has changed.
pub(super) struct Page {
    /// Listings that may say something else.
    pub(super) listings: BTreeSet<PropertyId>,
    /// Listings whose nights may have been taken or freed.
    pub(super) nights: BTreeSet<PropertyId>,
    /// How many events.
    pub(super) events: usize,
    /// How far the page goes.
    pub(super) to: Cursor,
    /// Why a stream is not in the page.
    pub(super) failed: Option<StorageError>,
}

impl Page {
    /// A page without events, from where the index stands.
    pub(super) fn new(from: Cursor) -> Self {
        Self {
            listings: BTreeSet::new(),
            nights: BTreeSet::new(),
            events: 0,
            to: from,
            failed: None,
        }
    }

    /// Goes past an event that changes nothing, as far as anyone can tell.
    pub(super) fn pass(&mut self, position: Position) {
        self.events += 1;
        self.to.set(position.stream, seq(position));
    }

    /// Adds an event.
    #[expect(clippy::too_many_lines, reason = "a line for each kind of event")]
    pub(super) fn add(&mut self, position: Position, event: &Event) {
        self.pass(position);
        match event {
            Event::PropertyCreated { property_id, .. }
            | Event::PropertySubmitted { property_id }
            | Event::PropertyApproved { property_id, .. }
            | Event::PropertyRejected { property_id, .. }
            | Event::PropertyPublished { property_id, .. }
            | Event::PropertyUnpublished { property_id, .. }
            | Event::PropertyArchived { property_id, .. }
            | Event::PropertyRulesChanged { property_id, .. }
            | Event::PropertyPriceChanged { property_id, .. }
            | Event::PropertyPhotoAdded { property_id, .. }
            | Event::PropertyPhotoRemoved { property_id, .. }
            | Event::PropertyUpdated { property_id, .. } => {
                self.listings.insert(*property_id);
            }
            Event::BookingHeld { stay, .. }
            | Event::BookingConfirmed { stay, .. }
            | Event::BookingExpired { stay, .. }
            | Event::BookingFailed { stay, .. }
            | Event::BookingCancelled { stay, .. }
            | Event::BookingReleased { stay }
            | Event::BookingDeclined { stay, .. }
            | Event::BookingRecorded { stay, .. }
            | Event::BookingCompleted { stay, .. }
            | Event::BookingNoShow { stay }
            | Event::BookingModified { stay, .. }
            | Event::BookingLatePaymentResolved { stay, .. } => {
                self.nights.insert(stay.property_id);
            }
            Event::CalendarBlocked { block } | Event::CalendarUnblocked { block } => {
                self.nights.insert(block.property_id);
            }
            // None of these touches a listing or takes or frees a night.
            Event::BookingPaymentPending { .. }
            | Event::BookingMoved { .. }
            | Event::BookingExpiring { .. }
            | Event::BookingExtended { .. }
            | Event::BookingRequested { .. }
            | Event::BookingApproved { .. }
            | Event::BookingCheckedIn { .. }
            | Event::BookingChangeProposed { .. }
            | Event::BookingChangeAccepted { .. }
            | Event::BookingChangeDeclined { .. }
            | Event::UserRegistered { .. }
            | Event::UserRoleChanged { .. }
            | Event::UserRegistrationRepeated { .. }
            | Event::UserVerificationRequested { .. }
            | Event::UserVerified { .. }
            | Event::UserPasswordResetRequested { .. }
            | Event::UserPasswordChanged { .. }
            | Event::UserLockedOut { .. }
            | Event::UserLandlordRequested { .. }
            | Event::UserLandlordDeclined { .. }
            | Event::UserSuspended { .. }
            | Event::UserReinstated { .. }
            | Event::OperatorActed { .. }
            | Event::PaymentCreated { .. }
            | Event::PaymentSucceeded { .. }
            | Event::PaymentAuthorized { .. }
            | Event::PaymentCapturing { .. }
            | Event::PaymentCaptureFailed { .. }
            | Event::PaymentCanceled { .. }
            | Event::PaymentFailed { .. }
            | Event::PaymentClosing { .. }
            | Event::RefundCreated { .. }
            | Event::RefundSucceeded { .. }
            | Event::RefundFailed { .. }
            | Event::DepositHeld { .. }
            | Event::DepositDeducted { .. }
            | Event::DepositContested { .. }
            | Event::DepositReleased { .. }
            | Event::AuditViolated { .. }
            | Event::PromoCodeCreated { .. }
            | Event::PromoCodeEnded { .. }
            | Event::SearchSaved(_)
            | Event::SearchChanged(_)
            | Event::SearchDeleted(_)
            | Event::SearchMatched(_)
            | Event::SearchDigested(_)
            | Event::FavouritePriceDropped(_)
            | Event::FavouriteNightsFreed(_)
            | Event::HookReceived { .. } => {}
        }
    }
}

/// What is written into the index.
pub(super) struct Changes {
    /// Listings with their documents; those without one are not to be found.
    pub(super) documents: Vec<(PropertyId, Option<ListingDoc>)>,
    /// Listings with all nights on which their unit types have no unit left.
    pub(super) nights: Vec<(PropertyId, UnitNights)>,
}

impl Changes {
    /// Writes it; whether that takes a commit to be seen.
    pub(super) fn apply(self, writer: &mut IndexWriterHandle) -> Result<bool, IndexError> {
        let mut written = false;
        for (id, document) in self.documents {
            let upserted = document.map(|document| writer.upsert(&document)).transpose();
            let found = match upserted {
                Ok(upserted) => upserted.is_some(),
                Err(IndexError::Listing(error)) => {
                    tracing::error!(property = %id, %error, "listing left out of the index");
                    false
                }
                Err(error) => return Err(error),
            };
            if !found && writer.contains(id) {
                writer.remove(id)?;
                written = true;
            }
            written |= found;
        }
        for (id, nights) in self.nights {
            writer.set_taken(id, &nights);
        }
        Ok(written)
    }
}

/// A position's number as cursors have it.
pub(super) fn seq(position: Position) -> u64 {
    u64::try_from(position.seq).unwrap_or_default()
}

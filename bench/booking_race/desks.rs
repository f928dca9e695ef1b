//! The two ways to make a hold that are compared. Both leave the same rows behind.

use std::sync::Arc;

use rentezy::actors::cluster::region::{AskError, Region};
use rentezy::clock::Clock;
use rentezy::domain::booking;
use rentezy::domain::calendar::Nights;
use rentezy::domain::envelope::{Answer, Request};
use rentezy::domain::event::Actor;
use rentezy::domain::ids::{self, PropertyId, RequestId, UserId};
use rentezy::domain::refusal::Refusal;
use rentezy::domain::stay::Command;

use crate::support::Result;

/// What a caller wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want {
    /// Where.
    pub(crate) property: PropertyId,
    /// Who.
    pub(crate) tenant: UserId,
    /// When.
    pub(crate) nights: Nights,
}

/// The id of a new request: a hash, as requests from outside have it.
pub(crate) fn request_id(clock: &Clock) -> RequestId {
    RequestId::from(ids::derived(clock.id(), "request"))
}

/// A way to make holds.
pub(crate) trait Desk: Clone + Send + Sync + 'static {
    /// Asks for a hold; whether it was made, or the nights were taken.
    ///
    /// # Errors
    /// When it ended in any other way.
    fn hold(&self, want: Want) -> impl Future<Output = Result<bool>> + Send;
}

/// Ours: a message to the property's actor.
#[derive(Debug, Clone)]
pub(crate) struct Actors {
    region: Region,
    clock: Clock,
}

impl Actors {
    /// By way of a region.
    #[must_use]
    pub(crate) fn new(region: Region, clock: Clock) -> Arc<Self> {
        Arc::new(Self { region, clock })
    }
}

impl Desk for Arc<Actors> {
    async fn hold(&self, want: Want) -> Result<bool> {
        let command = booking::Command::Hold {
            by: want.tenant,
            booking_id: self.clock.id(),
            unit_id: None,
            nights: want.nights,
            guests: 1,
        };
        let request = Request {
            id: request_id(&self.clock),
            fingerprint: *want.tenant.uuid().as_bytes(),
            actor: Actor::User(want.tenant),
            command: Command::Booking(command),
        };
        match self.region.ask(want.property.into(), request).await {
            Ok(Answer::Done { .. }) => Ok(true),
            Ok(Answer::Refused(Refusal::NightsTaken { .. })) => Ok(false),
            Ok(Answer::Refused(refusal)) => Err(format!("refused: {refusal:?}").into()),
            Err(error @ (AskError::Busy { .. } | AskError::Unknown)) => Err(error.into()),
        }
    }
}

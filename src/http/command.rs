//! From a request to its entity and back: what was done, and whether it had been done
//! before. An answer is rendered from the outcome alone, which is kept with the effect, so
//! a repeated request gets the same bytes.

use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::state::Shared;
use super::{idempotency, positions};
use crate::actors::cluster::region::Place;
use crate::domain::block::Blocked;
use crate::domain::booking::BookingSnapshot;
use crate::domain::deposit::Deposit;
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::{Actor, Position};
use crate::domain::ids::{PropertyId, RequestId, UserId};
use crate::domain::payment::Refund;
use crate::domain::property::Listing;
use crate::domain::stay::{Command, Outcome};

/// What somebody asks of a property.
#[derive(Debug)]
pub struct Ask {
    /// Who asks.
    pub by: UserId,
    /// The key of the command's record.
    pub id: RequestId,
    /// A digest of the request's body.
    pub fingerprint: [u8; 16],
    /// What is asked.
    pub command: Command,
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    outcome: Outcome,
    /// Whether an earlier request did it.
    pub replayed: bool,
    /// A place in the log that has its events before it; none when nobody knows.
    position: Option<Position>,
}

/// Asks a property and waits for its answer.
///
/// # Errors
/// The problem of a refusal, or of an answer that did not come.
pub async fn ask(state: &Shared, property: PropertyId, ask: Ask) -> Result<Done, Problem> {
    let place = state.region.admit(property.into())?;
    note(ask.id);
    ask_in(state, place, ask).await
}

/// Puts a command's id into the line of the log. Events have it as their cause: with it, a
/// request is followed to what came of it.
pub fn note(id: RequestId) {
    tracing::Span::current().record("command", tracing::field::display(id));
}

/// Asks a property from a place in its queue, and waits for its answer. The command's id is
/// noted by the caller, who may ask more than once.
///
/// # Errors
/// The problem of a refusal, or of an answer that did not come.
pub async fn ask_in(state: &Shared, place: Place, ask: Ask) -> Result<Done, Problem> {
    let Ask { by, id, fingerprint, command } = ask;
    let stream = place.entity().shard().stream();
    let request = Request { id, fingerprint, actor: Actor::User(by), command };
    match state.region.ask_in(place, request).await? {
        Answer::Done { outcome, replayed, position } => {
            let position = match position {
                Some(position) => Some(position),
                // What was done before has its events before the end of the stream.
                None => positions::head(state, stream).await,
            };
            Ok(Done { outcome, replayed, position })
        }
        Answer::Refused(refusal) => Err(refusal.into()),
    }
}

impl Done {
    /// The listing that it was about.
    ///
    /// # Errors
    /// When it was about something else, which is a fault of ours.
    pub fn listing(&self) -> Result<&Listing, Problem> {
        match &self.outcome {
            Outcome::Listing(listing) => Ok(listing),
            _ => Err(unexpected()),
        }
    }

    /// The booking that it was about.
    ///
    /// # Errors
    /// When it was about something else, which is a fault of ours.
    pub fn booking(&self) -> Result<&BookingSnapshot, Problem> {
        match &self.outcome {
            Outcome::Booking(snapshot) => Ok(snapshot),
            _ => Err(unexpected()),
        }
    }

    /// The nights that are kept back from now on.
    ///
    /// # Errors
    /// When it was about something else, which is a fault of ours.
    pub fn blocks(&self) -> Result<&[Blocked], Problem> {
        match &self.outcome {
            Outcome::Blocks(blocks) => Ok(blocks),
            _ => Err(unexpected()),
        }
    }

    /// The refund that it was about.
    ///
    /// # Errors
    /// When it was about something else, which is a fault of ours.
    pub fn refund(&self) -> Result<&Refund, Problem> {
        match &self.outcome {
            Outcome::Refund(refund) => Ok(refund),
            _ => Err(unexpected()),
        }
    }

    /// The deposit that it was about.
    ///
    /// # Errors
    /// When it was about something else, which is a fault of ours.
    pub fn deposit(&self) -> Result<&Deposit, Problem> {
        match &self.outcome {
            Outcome::Deposit(deposit) => Ok(deposit),
            _ => Err(unexpected()),
        }
    }

    /// An answer, with its place in the log, marked if it is a repeated one.
    #[must_use]
    pub fn answer(&self, response: impl IntoResponse) -> Response {
        positions::marked(idempotency::marked(response, self.replayed), self.position)
    }
}

fn unexpected() -> Problem {
    Problem::internal(&"entity answered with another kind of outcome")
}

//! Ways to make a hold.

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

use serde_json::{Value, json};

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
            slot: Some(1),
            offer: None,
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

/// The server's own door: HTTP, as browsers come.
#[derive(Clone)]
pub(crate) struct Door {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Door {
    /// Registers a tenant at the server and signs in.
    ///
    /// # Errors
    /// When the server does not let it.
    pub(crate) async fn open(server: &str) -> Result<Self> {
        let client = reqwest::Client::new();
        let account = json!({
            "email": "tenant@example.org", "password": "long enough to race", "name": "Tenant",
        });
        let post = |path: &str| client.post(format!("{server}/api/v1/{path}")).json(&account);
        post("auth/register").send().await?.error_for_status()?;
        let account = json!({ "email": account["email"], "password": account["password"] });
        let login = client.post(format!("{server}/api/v1/auth/login")).json(&account);
        let session: Value = login.send().await?.error_for_status()?.json().await?;
        let token = session["access_token"].as_str().ok_or("no token")?.to_owned();
        Ok(Self { client, url: format!("{server}/api/v1/bookings"), token })
    }
}

impl Desk for Door {
    async fn hold(&self, want: Want) -> Result<bool> {
        let stay = json!({
            "property_id": want.property,
            "check_in": want.nights.check_in(),
            "check_out": want.nights.check_out(),
            "guests": 1,
        });
        let answer = self
            .client
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("Idempotency-Key", uuid::Uuid::new_v4().to_string())
            .json(&stay)
            .send()
            .await?;
        match answer.status().as_u16() {
            201 => {
                answer.bytes().await?;
                Ok(true)
            }
            409 => Ok(false),
            status => Err(format!("{status}: {}", answer.text().await?).into()),
        }
    }
}

//! Ways to make a hold.

use std::sync::Arc;
use std::time::Duration;

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

/// What somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The nights are held.
    Held,
    /// They are taken.
    Taken,
    /// There is no room for more who wait; when to come again.
    Later(Duration),
}

/// A way to make holds.
pub(crate) trait Desk: Clone + Send + Sync + 'static {
    /// Asks for a hold.
    ///
    /// # Errors
    /// When it ended in a way that is no answer.
    fn ask(&self, want: Want) -> impl Future<Output = Result<Told>> + Send;

    /// Asks for a hold; whether it was made, or the nights were taken.
    ///
    /// # Errors
    /// When it ended in any other way.
    fn hold(&self, want: Want) -> impl Future<Output = Result<bool>> + Send {
        async move {
            match self.ask(want).await? {
                Told::Held => Ok(true),
                Told::Taken => Ok(false),
                Told::Later(_) => Err("too many requests are waiting".into()),
            }
        }
    }
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
    async fn ask(&self, want: Want) -> Result<Told> {
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
            Ok(Answer::Done { .. }) => Ok(Told::Held),
            Ok(Answer::Refused(Refusal::NightsTaken { .. })) => Ok(Told::Taken),
            Ok(Answer::Refused(refusal)) => Err(format!("refused: {refusal:?}").into()),
            Err(AskError::Busy { retry_after }) => Ok(Told::Later(retry_after)),
            Err(AskError::Unknown) => Err(AskError::Unknown.into()),
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
    async fn ask(&self, want: Want) -> Result<Told> {
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
                Ok(Told::Held)
            }
            409 => Ok(Told::Taken),
            503 => {
                let after = answer.headers().get("retry-after").ok_or("503 without Retry-After")?;
                Ok(Told::Later(Duration::from_secs(after.to_str()?.parse()?)))
            }
            status => Err(format!("{status}: {}", answer.text().await?).into()),
        }
    }
}

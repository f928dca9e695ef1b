//! The way into a database that a living server has: what tools write there they send to
//! its operator listener, and the server's own entities carry it out.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::import::{ListingSink, Outcome};
use super::listing::{ListingDraft, Wanted};
use super::ops_client::{Client, OpsError, local_url};
use super::sink;
use super::store::is_in_use;
use super::story::Story;
use crate::clock::{self, Clock};
use crate::config::{Config, PaymentsMode};
use crate::domain::ids::{PropertyId, UserId};
use crate::domain::rules::Rules;
use crate::storage::pool::Database;

/// Listings that are sent together.
const BATCH: usize = 200;

/// How often a batch is sent again that the server had no time for, or left unanswered.
const RESENDS: u32 = 30;

/// The pause before that.
const RESEND_PAUSE: Duration = Duration::from_millis(500);

/// How long a server that has the database is waited for: one may be starting, or the lock
/// be that of a process which has just ended.
const WAIT: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(100);

/// Something has the database, and no server lets us in.
#[derive(Debug, thiserror::Error)]
#[error("a server or another tool is at work on this database, and does not let us in")]
pub struct Closed(#[source] OpsError);

/// A living server.
#[derive(Debug)]
pub struct Server {
    client: Client,
    /// What this machine reaches it by, where payments there are a sandbox's.
    test_payments: Option<String>,
    clock: Clock,
    rules: Rules,
}

/// What the server says became of a listing.
#[derive(Deserialize)]
struct Said {
    property_id: PropertyId,
    outcome: Word,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Created,
    Unchanged,
    Refused,
}

impl Server {
    /// The server that has a database; none when nobody has it.
    ///
    /// # Errors
    /// When somebody has it who does not let us in.
    pub async fn find(
        config: &Config,
        database: &Database,
        clock: &Clock,
        rules: &Rules,
    ) -> Result<Option<Self>, Closed> {
        let began = clock::monotonic();
        loop {
            // One that cannot be asked may be on its way down; whoever starts it again, or
            // connects next, says what is wrong.
            if !is_in_use(database).await.unwrap_or_default() {
                return Ok(None);
            }
            // Anything that takes the token will do to see whether somebody is there.
            let asked = async {
                let client = Client::new(config)?;
                client.ask(Method::GET, "jobs", &[], None).await?;
                Ok(client)
            };
            match asked.await {
                Ok(client) => {
                    let (clock, rules) = (clock.clone(), rules.clone());
                    let is_sandbox = config.payments.mode == PaymentsMode::Sandbox;
                    let test_payments = local_url(config).filter(|_| is_sandbox);
                    return Ok(Some(Self { client, test_payments, clock, rules }));
                }
                Err(error) if began.elapsed() > WAIT => return Err(Closed(error)),
                Err(_) => clock::pause(POLL).await,
            }
        }
    }

    /// What this machine reaches it by; none where payments are real, or there are none.
    #[must_use]
    pub fn test_payments_url(&self) -> Option<&str> {
        self.test_payments.as_deref()
    }

    /// Brings listings in, each for its owner; what became of each, in their order. What the
    /// rules refuse is not sent.
    ///
    /// # Errors
    /// When the server does not answer, or refuses a batch; sending it again is safe.
    pub async fn bring_in(
        &mut self,
        listings: &[(UserId, &ListingDraft)],
    ) -> Result<Vec<Outcome>, OpsError> {
        let mut outcomes = Vec::with_capacity(listings.len());
        for batch in listings.chunks(BATCH) {
            let judged: Vec<_> =
                batch.iter().map(|(owner, draft)| self.refusal(draft, *owner)).collect();
            let sent = batch.iter().zip(&judged).filter(|(_, refusal)| refusal.is_none());
            let sent: Vec<Value> = sent.map(|((owner, draft), _)| form(*owner, draft)).collect();
            let mut said = self.send(sent).await?;
            outcomes.extend(batch.iter().zip(judged).map(|((_, draft), refusal)| match refusal {
                Some(reason) => Outcome::Refused(reason),
                None => outcome(said.remove(&draft.property_id())),
            }));
        }
        Ok(outcomes)
    }

    /// Why the rules refuse a listing, as far as that can be known beforehand: a listing
    /// that cannot go live is not left behind as a draft.
    fn refusal(&self, draft: &ListingDraft, owner: UserId) -> Option<String> {
        let mut story = Story::new(draft.property_id(), 0, &self.rules);
        let slots = (1..=i64::from(draft.unit.count)).collect();
        let told = sink::create(&mut story, draft, owner, slots, self.clock.now());
        told.err().map(|refusal| refusal.in_words())
    }

    async fn send(&self, listings: Vec<Value>) -> Result<HashMap<PropertyId, Said>, OpsError> {
        if listings.is_empty() {
            return Ok(HashMap::new());
        }
        let body = json!({ "listings": listings });
        let mut sent = 0;
        let answer = loop {
            match self.client.ask(Method::POST, "listings", &[], Some(&body)).await {
                Err(error) if sent < RESENDS && error.may_pass() => {
                    sent += 1;
                    clock::pause(RESEND_PAUSE).await;
                }
                answer => break answer?,
            }
        };
        let said: Vec<Said> = serde_json::from_value(answer["data"].clone())
            .map_err(|error| OpsError::Refused(format!("answer cannot be read: {error}")))?;
        Ok(said.into_iter().map(|said| (said.property_id, said)).collect())
    }
}

fn outcome(said: Option<Said>) -> Outcome {
    match said {
        Some(Said { outcome: Word::Created, .. }) => Outcome::Created,
        Some(Said { outcome: Word::Unchanged, .. }) => Outcome::Unchanged,
        Some(Said { outcome: Word::Refused, reason, .. }) => {
            Outcome::Refused(reason.unwrap_or_default())
        }
        None => Outcome::Refused("server said nothing of it".to_owned()),
    }
}

fn form(owner: UserId, draft: &ListingDraft) -> Value {
    json!({
        "owner_id": owner,
        "source": draft.source,
        "external_id": draft.external_id,
        "fields": draft.fields,
        "unit": draft.unit,
        "policies": draft.policies(),
        "live": draft.wanted == Wanted::Live,
    })
}

/// Puts listings into a living server, as properties of one landlord.
#[derive(Debug)]
pub struct ServerSink<'a> {
    server: &'a mut Server,
    owner: UserId,
}

impl<'a> ServerSink<'a> {
    /// A sink for listings of `owner`.
    #[must_use]
    pub const fn new(server: &'a mut Server, owner: UserId) -> Self {
        Self { server, owner }
    }
}

impl ListingSink for ServerSink<'_> {
    type Error = OpsError;

    async fn put(&mut self, batch: Vec<ListingDraft>) -> Result<Vec<Outcome>, OpsError> {
        let owned: Vec<_> = batch.iter().map(|draft| (self.owner, draft)).collect();
        self.server.bring_in(&owned).await
    }
}

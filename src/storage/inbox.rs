//! What the payment provider told us, as it came. The row and its event are written in one
//! transaction before the provider gets its answer; a consumer does the rest.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use uuid::Uuid;

use super::events;
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::ids;

/// Something the provider told us.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// The provider's id of it: it may be delivered many times, and counts once.
    pub event_id: &'a str,
    /// The provider's name for its kind.
    pub kind: &'a str,
    /// All of it.
    pub payload: &'a Value,
    /// When it came.
    pub now: Timestamp,
}

/// Keeps what came, with a `hook.received` event; `false` when it had come before.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn receive(client: &mut Client, received: &Received<'_>) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let inserted = transaction
        .execute(
            "insert into stripe_inbox (event_id, kind, payload, received_at)
             values ($1, $2, $3, $4) on conflict do nothing",
            &[&received.event_id, &received.kind, received.payload, &received.now],
        )
        .await?;
    if inserted == 0 {
        return Ok(false);
    }
    let key = key(received.event_id);
    let event = Event::HookReceived {
        provider_event: received.event_id.to_owned(),
        kind: received.kind.to_owned(),
    };
    events::append_edge(&transaction, key, &event, Actor::Provider, key, received.now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// What the provider told us under an id.
///
/// # Errors
/// When the database cannot be read.
pub async fn payload(client: &Client, event_id: &str) -> Result<Option<Value>, StorageError> {
    let row = client
        .query_opt("select payload from stripe_inbox where event_id = $1", &[&event_id])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// The key of the event that tells of a delivery.
fn key(event_id: &str) -> Uuid {
    ids::truncated(&Sha256::digest(format!("stripe/{event_id}")))
}

//! Webhooks: what the payment provider tells us. It is believed by its signature, kept,
//! and answered; a consumer does the rest.

use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::signature;
use crate::http::extract::{Json, Raw};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::inbox::{self, Received};

/// The header that a webhook is signed in.
const SIGNATURE: &str = "stripe-signature";

/// The longest id or kind of an event, in bytes.
const NAME_MAX: usize = 255;

/// What is looked at of an event here; the rest is only kept.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// It was kept.
#[derive(Serialize, ToSchema)]
pub struct Kept {
    /// `true`.
    received: bool,
}

/// Take an event of the payment provider; one that came before counts once.
#[utoipa::path(post, path = "/api/v1/hooks/stripe", tag = "hooks",
    params(("Stripe-Signature" = String, Header)),
    request_body = Object, responses((status = 200, body = Kept)))]
pub async fn stripe(
    State(state): State<Shared>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Json<Kept>, Problem> {
    let secret = state.hook_secret.as_ref().ok_or_else(Problem::not_found)?;
    let header = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = state.clock.now();
    signature::verify(header, &body, secret.expose(), now).map_err(|error| {
        tracing::warn!(%error, "webhook refused");
        Problem::malformed(error.to_string())
    })?;
    let no_event = |_| Problem::malformed("the body is no event");
    let payload: Value = serde_json::from_slice(&body).map_err(no_event)?;
    let Envelope { id, kind } = Envelope::deserialize(&payload).map_err(no_event)?;
    if id.is_empty() || id.len() > NAME_MAX || kind.len() > NAME_MAX {
        return Err(Problem::malformed("the event's id or type is of no use"));
    }
    let received = Received { event_id: &id, kind: &kind, payload: &payload, now };
    let mut client = state.pool.get().await?;
    if inbox::receive(&mut client, &received).await? {
        state.tail.nudge();
    }
    Ok(Json(Kept { received: true }))
}

//! Stripe's HTTP API, as far as we call it; the sandbox speaks it as well.
//!
//! Every POST carries an idempotency key. An error says which of three things is known:
//! the call was not executed ([`StripeError::Unreachable`]), it was answered with a
//! refusal ([`StripeError::Refused`]), or nothing ([`StripeError::Unknown`]: it may have
//! happened, and is repeated with the same key and body).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use super::stripe_objects::{
    CheckoutSession, HookEvent, IntentStatus, Metadata, PaymentIntent, PaymentStatus, Refund,
    RefundRequest, RefundStatus, SessionRequest, SessionStatus,
};
use super::stripe_objects::{Field, Hook, List, field};
use crate::domain::ids::PaymentId;

/// The version whose shapes `stripe_objects` describes.
const API_VERSION: &str = "2024-06-20";

/// The largest answer that is read; Stripe's are some kilobytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// Rows of a list's page; Stripe gives at most as many.
const PAGE: usize = 100;

/// Pages that a look-up reads before it gives up as unknown.
const PAGES_MAX: usize = 100;

/// The events that the hook asks for.
const HOOK_EVENTS: [&str; 8] = [
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.updated",
];

/// Where Stripe is and who we are there.
#[derive(Clone)]
pub struct StripeOptions {
    /// Without a path: `https://api.stripe.com`, or a sandbox.
    pub base_url: String,
    /// The secret key.
    pub api_key: String,
    /// How long a call may take before its outcome counts as unknown.
    pub timeout: Duration,
}

impl fmt::Debug for StripeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base_url, timeout, .. } = self;
        write!(f, "StripeOptions {{ base_url: {base_url:?}, timeout: {timeout:?} }}")
    }
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// No connection: certainly not executed.
    #[error("payment provider cannot be reached: {0}")]
    Unreachable(String),
    /// Time-out, lost connection, 5xx, 429, a parallel call with the same key, or an answer
    /// that is not Stripe's: it may have happened. Repeat with the same key.
    #[error("outcome at the payment provider is unknown: {0}")]
    Unknown(String),
    /// Definitely refused.
    #[error("payment provider refused: {message} ({status} {code})")]
    Refused {
        /// The HTTP status, 4xx.
        status: u16,
        /// Stripe's code, or the error's type where it has none.
        code: String,
        /// For people.
        message: String,
    },
}

/// The client; clones share its connections.
#[derive(Clone)]
pub struct StripeClient {
    http: reqwest::Client,
    base_url: Url,
    api_key: Arc<str>,
}

impl fmt::Debug for StripeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StripeClient {{ base_url: {:?} }}", self.base_url.as_str())
    }
}

impl StripeClient {
    /// Makes a client; connects on the first call.
    ///
    /// # Errors
    /// [`StripeError::Unreachable`] when the base URL is none or TLS cannot be set up.
    pub fn new(options: StripeOptions) -> Result<Self, StripeError> {
        let base_url: Url = options
            .base_url
            .parse()
            .map_err(|error| StripeError::Unreachable(format!("{}: {error}", options.base_url)))?;
        let mut http = reqwest::Client::builder()
            .timeout(options.timeout)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("rentezy/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base_url) {
            // A proxy from the environment cannot lead to our own machine.
            http = http.no_proxy();
        }
        if base_url.scheme() == "http" {
            // Without TLS no root certificates are needed: a bare machine may have none.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(|error| StripeError::Unreachable(chain(&error)))?;
        Ok(Self { http, base_url, api_key: options.api_key.into() })
    }

    /// Opens a hosted page on which the payer can pay.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn create_session(
        &self,
        request: &SessionRequest,
        idempotency_key: &str,
    ) -> Result<CheckoutSession, StripeError> {
        self.post(&["checkout", "sessions"], &request.form(), idempotency_key).await
    }

    /// The session as it is now.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn session(&self, id: &str) -> Result<CheckoutSession, StripeError> {
        self.get(&["checkout", "sessions", id], &[]).await
    }

    /// The newest session that collects this payment, among those created since (seconds
    /// since the epoch): for a payment whose key is too old to be repeated, and for a key
    /// whose stored answer is a 500.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn find_session(
        &self,
        payment: PaymentId,
        since: i64,
    ) -> Result<Option<CheckoutSession>, StripeError> {
        let wanted = payment.to_string();
        let mut query = vec![field("created[gte]", since), field("limit", PAGE)];
        for _ in 0..PAGES_MAX {
            let page: List<CheckoutSession> = self.get(&["checkout", "sessions"], &query).await?;
            let last = page.data.last().map(|session| session.id.clone());
            let found = page
                .data
                .into_iter()
                .find(|session| session.metadata.get("payment_id").is_some_and(|id| *id == wanted));
            if found.is_some() {
                return Ok(found);
            }
            let Some(last) = last.filter(|_| page.has_more) else { return Ok(None) };
            query.truncate(2);
            query.push(field("starting_after", last));
        }
        Err(StripeError::Unknown(format!("no end of sessions after {PAGES_MAX} pages")))
    }

    /// Ends an open session, so that it can no longer be paid.
    ///
    /// # Errors
    /// [`StripeError`]; `Refused` with status 400 when it is complete or expired already.
    pub async fn expire_session(
        &self,
        id: &str,
        idempotency_key: &str,
    ) -> Result<CheckoutSession, StripeError> {
        self.post(&["checkout", "sessions", id, "expire"], &[], idempotency_key).await
    }

    /// The payment intent as it is now.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn payment_intent(&self, id: &str) -> Result<PaymentIntent, StripeError> {
        self.get(&["payment_intents", id], &[]).await
    }

    /// Takes all that a payment intent has reserved.
    ///
    /// # Errors
    /// [`StripeError`]; `Refused` when nothing is reserved, or the bank does not pay it out.
    pub async fn capture_intent(
        &self,
        id: &str,
        idempotency_key: &str,
    ) -> Result<PaymentIntent, StripeError> {
        self.post(&["payment_intents", id, "capture"], &[], idempotency_key).await
    }

    /// Lets go what a payment intent has reserved.
    ///
    /// # Errors
    /// [`StripeError`]; `Refused` with status 400 when it was captured or canceled already.
    pub async fn cancel_intent(
        &self,
        id: &str,
        idempotency_key: &str,
    ) -> Result<PaymentIntent, StripeError> {
        self.post(&["payment_intents", id, "cancel"], &[], idempotency_key).await
    }

    /// Sends money back.
    ///
    /// # Errors
    /// [`StripeError`]; `Refused` with status 400 when more would go back than was paid.
    pub async fn create_refund(
        &self,
        request: &RefundRequest,
        idempotency_key: &str,
    ) -> Result<Refund, StripeError> {
        self.post(&["refunds"], &request.form(), idempotency_key).await
    }

    /// The refund as it is now.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn refund(&self, id: &str) -> Result<Refund, StripeError> {
        self.get(&["refunds", id], &[]).await
    }

    /// The newest refunds of a payment intent, at most a hundred.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn refunds_of(&self, payment_intent: &str) -> Result<Vec<Refund>, StripeError> {
        let query = [field("payment_intent", payment_intent), field("limit", PAGE)];
        let page: List<Refund> = self.get(&["refunds"], &query).await?;
        Ok(page.data)
    }

    /// Has events sent to `url`. The sandbox has one hook, which this replaces; at Stripe
    /// a hook is registered by hand, since each call would add another.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn register_hook(&self, url: &str) -> Result<Hook, StripeError> {
        let mut form = vec![field("url", url), field("api_version", API_VERSION)];
        let events = HOOK_EVENTS.iter().enumerate();
        form.extend(events.map(|(at, event)| field(&format!("enabled_events[{at}]"), event)));
        // A second registration of the same address is a new wish, not a repetition.
        let key = format!("hook-{}", uuid::Uuid::new_v4().simple());
        self.post(&["webhook_endpoints"], &form, &key).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[Field],
    ) -> Result<T, StripeError> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.http.request(Method::GET, url)).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        form: &[Field],
        idempotency_key: &str,
    ) -> Result<T, StripeError> {
        let request = self.http.request(Method::POST, self.url(path)?).form(form);
        self.send(request.header("idempotency-key", idempotency_key)).await
    }

    /// The segments are escaped: an id from outside cannot name another path.
    fn url(&self, path: &[&str]) -> Result<Url, StripeError> {
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| StripeError::Unreachable("base url cannot have a path".to_owned()))?
            .pop_if_empty()
            .push("v1")
            .extend(path);
        Ok(url)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, StripeError> {
        let answer = request
            .bearer_auth(&self.api_key)
            .header("stripe-version", API_VERSION)
            .send()
            .await
            .map_err(|error| not_sent(&error))?;
        let status = answer.status();
        let body = read(answer).await?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| {
                StripeError::Unknown(format!("answer {status} cannot be read: {error}"))
            });
        }
        Err(refusal(status, &body))
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, StripeError> {
    let mut body = Vec::new();
    while let Some(chunk) =
        answer.chunk().await.map_err(|error| StripeError::Unknown(chain(&error)))?
    {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(StripeError::Unknown(format!("answer is over {ANSWER_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn not_sent(error: &reqwest::Error) -> StripeError {
    if error.is_connect() || error.is_builder() {
        StripeError::Unreachable(chain(error))
    } else {
        StripeError::Unknown(chain(error))
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// Only a 4xx in Stripe's own shape is a definite no: anything else may come from a
/// machine in between.
fn refusal(status: StatusCode, body: &[u8]) -> StripeError {
    let detail = serde_json::from_slice::<ErrorBody>(body).map(|body| body.error);
    let Ok(detail) = detail else {
        return StripeError::Unknown(format!("answer {status} is not the provider's"));
    };
    let message = detail.message.unwrap_or_default();
    let definite = status.is_client_error()
        && !matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS
        );
    if !definite {
        return StripeError::Unknown(format!("answer {status}: {message}"));
    }
    let code = detail.code.unwrap_or(detail.kind);
    StripeError::Refused { status: status.as_u16(), code, message }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An error with its causes: reqwest's own text leaves them out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

//! The demo's tenants on the running server: they hold, pay and give up stays as anybody
//! would, over HTTP, so that every payment is one that the provider knows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bookings::Goal;
use super::fill::{LiveStay, Report};
use crate::clock;

/// How long all of it may take: somebody waits for the server to say where it is.
const LIMIT: Duration = Duration::from_secs(30);

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// The pause before something is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// The test card that pays, as Stripe documents it.
const CARD: &str = "4242424242424242";

/// What a tenant could not do.
#[derive(Debug, thiserror::Error)]
enum LiveError {
    /// There was no answer, or one that cannot be read.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The server refused.
    #[error("{0} answered {1}: {2}")]
    Refused(&'static str, StatusCode, String),
    /// The booking went another way.
    #[error("booking is {0}")]
    Elsewhere(String),
    /// Something that should be an address is none.
    #[error("not an address: {0}")]
    NoAddress(String),
}

#[derive(Deserialize)]
struct Session {
    access_token: String,
}

#[derive(Deserialize)]
struct Booking {
    id: String,
    status: String,
}

#[derive(Deserialize)]
struct Checkout {
    #[serde(default)]
    checkout_url: Option<String>,
}

/// Has the demo's tenants do what they do today, on the server at `base_url`, whose payments
/// must be a sandbox's. Failures are told in the log, and what takes too long is left.
/// Returns how many stays are as they shall be.
pub async fn live(base_url: &str, report: &Report) -> usize {
    let mut tenants: BTreeMap<(&str, &str), Vec<&LiveStay>> = BTreeMap::new();
    for stay in &report.today {
        tenants.entry((&stay.email, &stay.password)).or_default().push(stay);
    }
    let server = match Server::new(base_url) {
        Ok(server) => server,
        Err(error) => {
            warn(&error);
            return 0;
        }
    };
    let done = AtomicUsize::new(0);
    let all = join_all(tenants.iter().map(|(who, stays)| visit(&server, *who, stays, &done)));
    if clock::within(LIMIT, all).await.is_err() {
        tracing::warn!("demo bookings took too long and are not all there");
    }
    done.into_inner()
}

fn warn(error: &impl fmt::Display) {
    tracing::warn!(%error, "demo booking was not made");
}

/// Everything that one tenant does, one after the other.
async fn visit(
    server: &Server,
    (email, password): (&str, &str),
    stays: &[&LiveStay],
    done: &AtomicUsize,
) {
    let login = json!({ "email": email, "password": password });
    let session = server.ask::<Session>("login", Method::POST, "auth/login", "", Some(&login));
    let token = match session.await {
        Ok(session) => session.access_token,
        Err(error) => return warn(&error),
    };
    for stay in stays {
        match make(server, &token, stay).await {
            Ok(()) => {
                done.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => warn(&error),
        }
    }
}

/// Brings one stay to where it shall be.
async fn make(server: &Server, token: &str, stay: &LiveStay) -> Result<(), LiveError> {
    let wanted = json!({
        "property_id": stay.property,
        "check_in": stay.nights.check_in(),
        "check_out": stay.nights.check_out(),
        "guests": stay.guests,
    });
    let held =
        server.ask::<Booking>("hold", Method::POST, "bookings", token, Some(&wanted)).await?;
    let id = held.id;
    match stay.goal {
        Goal::Hold => {}
        Goal::Cancelled => {
            let path = format!("bookings/{id}/hold");
            server.ask::<Booking>("release", Method::DELETE, &path, token, None).await?;
        }
        Goal::PendingPayment => {
            server.checkout(&id, token).await?;
        }
        Goal::Confirmed => {
            let page = server.checkout(&id, token).await?;
            server.pay(page).await?;
            server.confirmed(&id, token).await?;
        }
    }
    Ok(())
}

struct Server {
    http: Client,
    base: Url,
}

impl Server {
    fn new(base_url: &str) -> Result<Self, LiveError> {
        let http = Client::builder()
            .timeout(ANSWER)
            .redirect(redirect::Policy::none())
            .no_proxy()
            // Plain http needs no root certificates, and a bare machine may have none.
            .tls_certs_only([])
            .build()?;
        Ok(Self { http, base: address(base_url.parse(), base_url)? })
    }

    /// One request of the API, sent again while the server is too busy for it.
    async fn ask<T: DeserializeOwned>(
        &self,
        what: &'static str,
        method: Method,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<T, LiveError> {
        let url = self.base.join("/api/v1/").and_then(|api| api.join(path));
        let url = address(url, path)?;
        let key = Uuid::new_v4().to_string();
        let mut request = self.http.request(method, url).header("idempotency-key", key);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        repeated(what, &request).await
    }

    /// Goes to the payment page, once it is open.
    async fn checkout(&self, id: &str, token: &str) -> Result<Url, LiveError> {
        let path = format!("bookings/{id}/checkout");
        loop {
            let checkout = self
                .ask::<Checkout>("checkout", Method::POST, &path, token, Some(&json!({})))
                .await?;
            if let Some(url) = checkout.checkout_url {
                let page = address(Url::parse(&url), &url)?;
                // Browsers may reach the server by another address than we do.
                return address(self.base.join(page.path()), page.path());
            }
            clock::pause(PAUSE).await;
        }
    }

    /// Sends the payment page's form.
    async fn pay(&self, page: Url) -> Result<(), LiveError> {
        let answer = self.http.post(page).form(&[("card_number", CARD)]).send().await?;
        let status = answer.status();
        if status == StatusCode::SEE_OTHER {
            return Ok(());
        }
        Err(LiveError::Refused("payment page", status, String::new()))
    }

    /// Waits until the server has heard of the payment.
    async fn confirmed(&self, id: &str, token: &str) -> Result<(), LiveError> {
        let path = format!("bookings/{id}");
        loop {
            let booking = self.ask::<Booking>("booking", Method::GET, &path, token, None).await?;
            match booking.status.as_str() {
                "confirmed" => return Ok(()),
                "pending_payment" => clock::pause(PAUSE).await,
                other => return Err(LiveError::Elsewhere(other.to_owned())),
            }
        }
    }
}

/// The answer to a request that may be sent again, as all of ours may by their keys.
async fn repeated<T: DeserializeOwned>(
    what: &'static str,
    request: &RequestBuilder,
) -> Result<T, LiveError> {
    loop {
        let copy = request.try_clone().ok_or_else(|| LiveError::NoAddress(what.to_owned()))?;
        let answer = copy.send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json().await?);
        }
        let busy = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        if !busy.contains(&status) {
            return Err(LiveError::Refused(what, status, answer.text().await?));
        }
        clock::pause(PAUSE).await;
    }
}

fn address<E>(read: Result<Url, E>, text: &str) -> Result<Url, LiveError> {
    read.map_err(|_| LiveError::NoAddress(text.to_owned()))
}

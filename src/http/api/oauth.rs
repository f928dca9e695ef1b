//! Signing in by another provider. A browser comes here by links and redirects, so whatever
//! goes wrong becomes a redirect to the sign-in page that says what.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum_extra::extract::CookieJar;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::actors::identity::IdentityError;
use crate::domain::ids::RequestId;
use crate::domain::user::{self, Role};
use crate::http::auth::{self, Device};
use crate::http::extract::{Id, Query};
use crate::http::problem::Problem;
use crate::http::state::{AppState, Shared};
use crate::storage::accounts::{NewUser, User};
use crate::storage::identities::{self, Identity};

/// Keeps what has to be kept while somebody is at the provider. Lax, as they come back by a
/// link from there; its prefix makes browsers insist on Secure, Path=/ and no Domain.
const COOKIE: &str = "__Host-rentezy-oauth";

/// How long somebody may stay at the provider.
const LIFE: Duration = Duration::from_mins(10);

/// The longest path that somebody is sent back to, in bytes.
const RETURN_MAX: usize = 512;

/// The longest cookie that is looked at, in bytes.
const COOKIE_MAX: usize = 4096;

/// Where somebody wants to be afterwards.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StartQuery {
    /// A path of this site, such as `/bookings`.
    #[serde(default)]
    #[param(max_length = 512)]
    return_to: Option<String>,
}

/// What the provider sends back. Providers add fields of their own, which say nothing here.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    /// What is traded for who they are.
    #[serde(default)]
    code: Option<String>,
    /// What they were sent with.
    #[serde(default)]
    state: Option<String>,
    /// Why they are not known.
    #[serde(default)]
    error: Option<String>,
}

/// What is kept meanwhile, sealed, in the browser.
#[derive(Serialize, Deserialize)]
struct Kept {
    state: String,
    nonce: String,
    verifier: String,
    return_to: String,
    until: Timestamp,
}

/// Why somebody is not signed in: the `error` that the sign-in page is opened with.
enum Failure {
    /// The provider does not answer.
    Unavailable,
    /// They, or the provider, said no.
    Refused,
    /// They were away too long, or another browser began.
    Expired,
    /// The provider has not checked their address.
    Unverified,
    /// Their account here may not be used.
    Suspended,
    /// Something else, which is a problem of ours.
    Problem(Problem),
}

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}

/// Go to the provider.
#[utoipa::path(get, path = "/api/v1/auth/oauth/{provider}/start", tag = "accounts",
    params(("provider" = String, Path), StartQuery),
    responses((status = 302, description = "to the provider, or to the sign-in page")))]
pub async fn start(
    State(state): State<Shared>,
    Id(provider): Id<String>,
    Query(query): Query<StartQuery>,
) -> Result<Response, Problem> {
    check_provider(&state, &provider)?;
    let return_to = query.return_to.unwrap_or_else(|| "/".to_owned());
    if !is_own_path(&return_to) {
        let detail = "a path of this site, such as /bookings";
        return Err(Problem::invalid("/return_to", "invalid", detail));
    }
    let begun = match state.identities.begin().await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(%error, "sign-in by the provider cannot begin");
            return Ok(failed(Failure::Unavailable));
        }
    };
    let until = state.clock.now().saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    let (nonce, verifier) = (begun.nonce, begun.verifier);
    let kept = Kept { state: begun.state, nonce, verifier, return_to, until };
    let plain = serde_json::to_vec(&kept).map_err(|error| Problem::internal(&error))?;
    let sealed = state.oauth_seal.seal(COOKIE.as_bytes(), &plain);
    let sealed = sealed.map_err(|error| Problem::internal(&error))?;
    let kept = cookie(&URL_SAFE_NO_PAD.encode(sealed), LIFE.as_secs());
    Ok(redirect(&begun.url, [(header::SET_COOKIE, kept)]))
}

/// Come back from the provider: signed in, or not.
#[utoipa::path(get, path = "/api/v1/auth/oauth/{provider}/callback", tag = "accounts",
    params(("provider" = String, Path), CallbackQuery),
    responses((status = 302, description = "back to where they were, or to the sign-in page")))]
pub async fn callback(
    State(state): State<Shared>,
    Id(provider): Id<String>,
    device: Device,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, Problem> {
    check_provider(&state, &provider)?;
    match finish(&state, &headers, query, &device).await {
        Ok((return_to, refresh_token)) => {
            let session = auth::set_cookie(&refresh_token, state.sessions.refresh_seconds());
            let cookies = [(header::SET_COOKIE, cookie("", 0)), (header::SET_COOKIE, session)];
            Ok(redirect(&return_to, cookies))
        }
        Err(failure) => Ok(failed(failure)),
    }
}

/// Where to go, and the refresh token.
async fn finish(
    state: &AppState,
    headers: &HeaderMap,
    query: CallbackQuery,
    device: &Device,
) -> Result<(String, String), Failure> {
    let kept = kept(state, headers).ok_or(Failure::Expired)?;
    // Whoever follows a link that another person's browser began would be signed in as them.
    if query.state.as_deref() != Some(&kept.state) || kept.until <= state.clock.now() {
        return Err(Failure::Expired);
    }
    let Some(code) = query.code.filter(|_| query.error.is_none()) else {
        return Err(Failure::Refused);
    };
    let user = identified(state, code, kept.verifier, kept.nonce).await?;
    if user.suspended.is_some() {
        return Err(Failure::Suspended);
    }
    let client = state.pool.get().await?;
    let opened = state.sessions.sign_in(&client, user, None, device).await?;
    Ok((kept.return_to, opened.refresh_token))
}

async fn identified(
    state: &AppState,
    code: String,
    verifier: String,
    nonce: String,
) -> Result<User, Failure> {
    let who = state.identities.finish(code, verifier, nonce).await.map_err(|error| {
        tracing::warn!(%error, "sign-in by the provider failed");
        match error {
            IdentityError::Off | IdentityError::Busy => Failure::Unavailable,
            IdentityError::Provider(_) => Failure::Refused,
        }
    })?;
    let mut client = state.pool.get().await?;
    let identity = Identity { issuer: &who.issuer, subject: &who.subject };
    if let Some(user) = identities::find(&client, &identity).await? {
        return Ok(user);
    }
    let email = who.email.filter(|email| user::is_email(email)).ok_or(Failure::Unverified)?;
    let name = name(who.name.as_deref(), &email);
    let cause: RequestId = state.clock.id();
    let new = NewUser {
        id: state.clock.id(),
        email: &email,
        name: &name,
        password_hash: "",
        roles: &[Role::Tenant],
        now: state.clock.now(),
    };
    let user = identities::link(&mut client, &identity, &new, cause.uuid()).await?;
    state.tail.nudge();
    Ok(user)
}

/// A name that an account can have: what the provider calls them, else the first part of
/// their address.
fn name(given: Option<&str>, email: &str) -> String {
    let clean = |text: &str| -> String {
        text.chars().filter(|character| !character.is_control()).take(100).collect()
    };
    let given = given.map(|name| clean(name.trim())).filter(|name| !name.trim().is_empty());
    given.unwrap_or_else(|| clean(email.split('@').next().unwrap_or(email)))
}

fn check_provider(state: &AppState, provider: &str) -> Result<(), Problem> {
    let oidc = &state.config.oidc;
    if oidc.is_on() && provider == oidc.name { Ok(()) } else { Err(Problem::not_found()) }
}

fn is_own_path(path: &str) -> bool {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain && path.len() <= RETURN_MAX && path.starts_with('/') && !path.starts_with("//")
}

fn kept(state: &AppState, headers: &HeaderMap) -> Option<Kept> {
    let jar = CookieJar::from_headers(headers);
    let text = jar.get(COOKIE).map(|kept| kept.value()).filter(|text| text.len() <= COOKIE_MAX)?;
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&state.oauth_seal.open(COOKIE.as_bytes(), &sealed).ok()?).ok()
}

fn cookie(value: &str, seconds: u64) -> HeaderValue {
    let text =
        format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn failed(failure: Failure) -> Response {
    let error = match failure {
        Failure::Unavailable => "provider-unavailable",
        Failure::Refused => "provider-refused",
        Failure::Expired => "expired",
        Failure::Unverified => "email-unverified",
        Failure::Suspended => "suspended",
        Failure::Problem(problem) => problem.slug().name(),
    };
    redirect(&format!("/signin?error={error}"), [(header::SET_COOKIE, cookie("", 0))])
}

fn redirect<const N: usize>(to: &str, headers: [(HeaderName, HeaderValue); N]) -> Response {
    let Ok(to) = HeaderValue::try_from(to) else {
        return Problem::internal(&"location is no header").into_response();
    };
    (StatusCode::FOUND, [(header::LOCATION, to)], AppendHeaders(headers)).into_response()
}

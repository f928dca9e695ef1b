//! Who asks: the bearer token of a request, what a route expects of it, and the refresh
//! cookie with the check that it is our own page that sends it.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use super::peer::Peer;
use super::problem::{Problem, Slug};
use super::state::Shared;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::user::Role;

/// The refresh cookie. Its prefix makes browsers insist on Secure, Path=/ and no Domain.
pub const COOKIE: &str = "__Host-rentezy-refresh";

/// Who may use a route, a column of the route table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody; a token is not looked at.
    Public,
    /// Anybody; somebody who shows a token is known by it, and a bad one is refused.
    Visitor,
    /// Whoever is signed in.
    Member,
    /// Whoever is signed in and may offer homes.
    Landlord,
    /// Whoever is signed in and looks after the others.
    Admin,
    /// The holder of the refresh cookie, from our own page.
    Cookie,
    /// A machine that signs what it sends; the handler checks the signature.
    Machine,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who it is.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// What they may do.
    pub roles: Vec<Role>,
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::unauthenticated)
    }
}

/// Somebody who may be signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer(pub Option<UserId>);

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Principal>().map(|principal| principal.user)))
    }
}

/// The longest name of a browser that is kept, in characters.
const USER_AGENT_MAX: usize = 200;

/// What is kept of the device that signs in, for its owner to know it by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// Where the request comes from.
    pub address: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Device {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let Peer(address) = Peer::among(&parts.extensions);
        Ok(Self {
            user_agent: agent.map(|agent| agent.chars().take(USER_AGENT_MAX).collect()),
            address: (!address.is_unspecified()).then(|| address.to_string()),
        })
    }
}

/// Lets a request through to a route that is for `who`.
pub async fn admit(who: Who, state: Shared, mut request: Request, next: Next) -> Response {
    match identify(who, &state, request.headers()).await {
        Ok(Some(principal)) => {
            request.extensions_mut().insert(principal);
        }
        Ok(None) => {}
        Err(problem) => return problem.into_response(),
    }
    next.run(request).await
}

async fn identify(
    who: Who,
    state: &Shared,
    headers: &HeaderMap,
) -> Result<Option<Principal>, Problem> {
    match who {
        Who::Public | Who::Machine => Ok(None),
        Who::Cookie => same_origin(headers, state).map(|()| None),
        Who::Visitor if !headers.contains_key(header::AUTHORIZATION) => Ok(None),
        Who::Visitor | Who::Member | Who::Landlord | Who::Admin => {
            let token = bearer(headers).ok_or_else(Problem::unauthenticated)?;
            let principal = state.sessions.admit(&state.pool, token).await?;
            if who == Who::Landlord && !principal.roles.contains(&Role::Landlord) {
                return Err(Problem::new(Slug::Forbidden, "only landlords may do this"));
            }
            if who == Who::Admin && !principal.roles.contains(&Role::Admin) {
                return Err(Problem::new(Slug::Forbidden, "only administrators may do this"));
            }
            Ok(Some(principal))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    let only = values.next().is_none();
    (only && scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Refuses a request that a page of another origin made. Browsers say where a POST comes
/// from; whoever says nothing is no browser, and has no cookie but its own.
fn same_origin(headers: &HeaderMap, state: &Shared) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let foreign = || Err(Problem::new(Slug::Forbidden, "the request comes from another site"));
    let origin = text("origin");
    if origin.is_some_and(|origin| state.config.http.cors_origins.contains(origin)) {
        return Ok(());
    }
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return foreign();
    }
    let Some(origin) = origin else { return Ok(()) };
    let host = origin.split_once("://").map(|(_, host)| host);
    let ours = origin == state.public_url || (host.is_some() && host == text("host"));
    if ours { Ok(()) } else { foreign() }
}

/// The refresh token of a request.
#[must_use]
pub fn refresh_token(headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(COOKIE).map(|cookie| cookie.value().to_owned()).filter(|token| token.len() <= 128)
}

/// The header that gives a browser its refresh token for `seconds`; an empty token for no
/// time takes it away.
#[must_use]
pub fn set_cookie(token: &str, seconds: u64) -> HeaderValue {
    let text =
        format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

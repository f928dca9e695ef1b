//! Signing in and out: a password for a session, a refresh cookie for the next access token.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::profile::User;
use crate::config::EmailVerification;
use crate::domain::user;
use crate::http::auth::{self, Device};
use crate::http::extract::Json;
use crate::http::keys::Jwk;
use crate::http::lockout;
use crate::http::problem::{Problem, Slug};
use crate::http::sessions::Opened;
use crate::http::state::{AppState, Shared};
use crate::storage::accounts;

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The address of the account.
    email: String,
    /// Its password.
    #[schema(format = Password)]
    password: String,
}

/// A signed-in device. The refresh token comes as a cookie.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Send it as `Authorization: Bearer ...`; keep it in memory only.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// The life of the access token, in seconds.
    expires_in: i64,
    /// Who is signed in.
    user: User,
}

/// The public keys of access tokens (RFC 7517, 5).
#[derive(Serialize, ToSchema)]
pub struct Jwks {
    /// All that a token may be signed with, now or soon.
    keys: Vec<Jwk>,
}

/// Sign in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "accounts",
    request_body = Login, responses((status = 200, body = Session)))]
pub async fn login(
    State(state): State<Shared>,
    device: Device,
    Json(body): Json<Login>,
) -> Result<Response, Problem> {
    let found = if user::is_email(&body.email) {
        accounts::credentials(&*state.pool.get().await?, &body.email).await?
    } else {
        None
    };
    let (user, hash) = found.unzip();
    let right = lockout::check(&state, &body.email, body.password, hash.clone()).await?;
    let user = user.filter(|_| right).ok_or_else(Problem::invalid_credentials)?;
    check_usable(&state, &user)?;
    let client = state.pool.get().await?;
    let opened = state.sessions.sign_in(&client, user, hash.as_deref(), &device).await?;
    Ok(with_cookie(&state, opened))
}

/// Refuses an account that may not be used, to whoever has shown that it is theirs.
fn check_usable(state: &AppState, user: &accounts::User) -> Result<(), Problem> {
    if user.suspended.is_some() {
        let detail = "this account may not be used for the time being: write to support";
        return Err(Problem::new(Slug::Suspended, detail));
    }
    let required = state.config.accounts.email_verification == EmailVerification::Required;
    if required && !user.verified {
        let detail = "open the link that was mailed to you, or ask for another one";
        return Err(Problem::new(Slug::EmailUnverified, detail));
    }
    Ok(())
}

/// Trade the refresh cookie for a new access token and the next refresh cookie.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "accounts",
    responses((status = 200, body = Session)))]
pub async fn refresh(State(state): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let token = auth::refresh_token(&headers).ok_or_else(Problem::unauthenticated)?;
    let mut client = state.pool.get().await?;
    let opened = state.sessions.refresh(&mut client, &token).await;
    if let Err(problem) = &opened
        && matches!(problem.slug(), Slug::Unauthenticated | Slug::TokenReuse)
    {
        return Ok((without_cookie(), problem.clone()).into_response());
    }
    Ok(with_cookie(&state, opened?))
}

/// Sign out.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "accounts",
    responses((status = 204, description = "signed out, if anybody was signed in")))]
pub async fn logout(
    State(state): State<Shared>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    if let Some(token) = auth::refresh_token(&headers) {
        state.sessions.sign_out(&*state.pool.get().await?, &token).await?;
    }
    Ok((StatusCode::NO_CONTENT, without_cookie()))
}

/// The keys that access tokens are checked with. A new one stands here before it signs.
#[utoipa::path(get, path = "/api/v1/auth/jwks.json", tag = "accounts",
    responses((status = 200, body = Jwks)))]
pub async fn jwks(State(state): State<Shared>) -> impl IntoResponse {
    let cache = HeaderValue::from_static("public, max-age=300");
    ([(header::CACHE_CONTROL, cache)], Json(Jwks { keys: state.sessions.jwks() }))
}

/// A session with this access token.
pub(super) fn session(state: &AppState, user: accounts::User, access_token: String) -> Session {
    let expires_in = state.sessions.access_seconds();
    Session { access_token, token_type: "Bearer", expires_in, user: user.into() }
}

fn with_cookie(state: &Shared, opened: Opened) -> Response {
    let cookie = auth::set_cookie(&opened.refresh_token, state.sessions.refresh_seconds());
    let session = session(state, opened.user, opened.access_token);
    ([(header::SET_COOKIE, cookie)], Json(session)).into_response()
}

/// The header that takes the refresh cookie away.
pub(super) fn without_cookie() -> AppendHeaders<[(HeaderName, HeaderValue); 1]> {
    AppendHeaders([(header::SET_COOKIE, auth::set_cookie("", 0))])
}

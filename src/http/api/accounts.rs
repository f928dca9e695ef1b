//! Accounts: registering, signing in and out, and becoming a landlord.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

use crate::clock;
use crate::config::LandlordApproval;
use crate::domain::ids::{RequestId, UserId};
use crate::domain::user::{self, Role};
use crate::http::auth::{self, Principal};
use crate::http::extract::Json;
use crate::http::problem::{Problem, Slug};
use crate::http::sessions::Opened;
use crate::http::state::Shared;
use crate::storage::accounts::{self, NewUser};

/// How long the writing part of a registration takes at least, so that its time does not
/// tell whether there was anything to write.
const REGISTER_TIME: Duration = Duration::from_millis(50);

/// Who wants an account. It takes no role: everybody begins as a tenant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The address to sign in with.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// 10 to 128 characters.
    #[schema(format = Password, min_length = 10, max_length = 128)]
    password: String,
    /// What others see.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// The same answer whether or not the address had an account.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    /// `accepted`.
    status: &'static str,
}

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

/// Somebody's account, as they see it themselves.
#[derive(Serialize, ToSchema)]
pub struct User {
    /// Its id.
    #[schema(value_type = String)]
    id: UserId,
    /// The address it signs in with.
    email: String,
    /// What others see.
    name: String,
    /// What the person may do.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// When it was made.
    created_at: Timestamp,
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

/// Somebody asks to offer homes; there is nothing to say yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LandlordApplication {}

/// How an application stands.
#[derive(Serialize, ToSchema)]
pub struct ApplicationAnswer {
    /// `approved`.
    status: &'static str,
    /// The session, with an access token that says so.
    session: Session,
}

/// Make an account.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "accounts",
    request_body = Registration, responses((status = 202, body = Accepted)))]
pub async fn register(
    State(state): State<Shared>,
    Json(body): Json<Registration>,
) -> Result<impl IntoResponse, Problem> {
    user::check_registration(&body.email, &body.password, &body.name)?;
    let password_hash = state.passwords.hash(body.password).await?;
    let id: RequestId = state.clock.id();
    let new = NewUser {
        id: state.clock.id(),
        email: &body.email,
        name: body.name.trim(),
        password_hash: &password_hash,
        roles: &[Role::Tenant],
        now: state.clock.now(),
    };
    let write = async {
        let mut client = state.pool.get().await?;
        Ok::<_, Problem>(accounts::register(&mut client, &new, id.uuid()).await?)
    };
    let (written, ()) = tokio::join!(write, clock::pause(REGISTER_TIME));
    if written? {
        state.tail.nudge();
    }
    Ok((StatusCode::ACCEPTED, Json(Accepted { status: "accepted" })))
}

/// Sign in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "accounts",
    request_body = Login, responses((status = 200, body = Session)))]
pub async fn login(
    State(state): State<Shared>,
    Json(body): Json<Login>,
) -> Result<Response, Problem> {
    let found = if user::is_email(&body.email) {
        accounts::credentials(&*state.pool.get().await?, &body.email).await?
    } else {
        None
    };
    let (user, hash) = found.unzip();
    let right = state.passwords.verify(body.password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        let detail = "there is no account with this address and password";
        return Err(Problem::new(Slug::InvalidCredentials, detail));
    };
    let opened = state.sessions.sign_in(&*state.pool.get().await?, user).await?;
    Ok(with_cookie(&state, opened))
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

/// Who am I?
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts",
    responses((status = 200, body = User)))]
pub async fn me(State(state): State<Shared>, principal: Principal) -> Result<Json<User>, Problem> {
    let found = accounts::find(&*state.pool.get().await?, principal.user).await?;
    Ok(Json(found.ok_or_else(Problem::unauthenticated)?.into()))
}

/// Ask to offer homes.
#[utoipa::path(post, path = "/api/v1/me/landlord-application", tag = "accounts",
    request_body = LandlordApplication, responses((status = 201, body = ApplicationAnswer)))]
pub async fn apply_as_landlord(
    State(state): State<Shared>,
    principal: Principal,
    Json(LandlordApplication {}): Json<LandlordApplication>,
) -> Result<impl IntoResponse, Problem> {
    let LandlordApproval::Auto = state.config.accounts.landlord_approval;
    let cause: RequestId = state.clock.id();
    let mut client = state.pool.get().await?;
    let now = state.clock.now();
    let granted =
        accounts::grant(&mut client, principal.user, Role::Landlord, cause.uuid(), now).await?;
    let user = granted.ok_or_else(Problem::unauthenticated)?;
    state.tail.nudge();
    let access_token = state.sessions.access_token(&user, principal.session)?;
    let session = session(&state, user, access_token);
    Ok((StatusCode::CREATED, Json(ApplicationAnswer { status: "approved", session })))
}

fn session(state: &Shared, user: accounts::User, access_token: String) -> Session {
    let expires_in = state.sessions.access_seconds();
    Session { access_token, token_type: "Bearer", expires_in, user: user.into() }
}

fn with_cookie(state: &Shared, opened: Opened) -> Response {
    let cookie = auth::set_cookie(&opened.refresh_token, state.sessions.refresh_seconds());
    let session = session(state, opened.user, opened.access_token);
    ([(header::SET_COOKIE, cookie)], Json(session)).into_response()
}

fn without_cookie() -> AppendHeaders<[(header::HeaderName, header::HeaderValue); 1]> {
    AppendHeaders([(header::SET_COOKIE, auth::set_cookie("", 0))])
}

impl From<accounts::User> for User {
    fn from(user: accounts::User) -> Self {
        let accounts::User { id, email, name, roles, created_at } = user;
        Self { id, email, name, roles, created_at }
    }
}

//! Who somebody is, to themselves and to others, and how they become a landlord.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sign_in::{self, Session};
use crate::config::LandlordApproval;
use crate::domain::event::Actor;
use crate::domain::ids::{RequestId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::user::{ProfileChange, Role};
use crate::http::auth::Principal;
use crate::http::extract::{Id, Json};
use crate::http::precondition;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::accounts;
use crate::storage::admin_users::{self, Act};

/// Somebody's account, as they see it themselves.
#[derive(Serialize, ToSchema)]
pub struct User {
    /// Its id.
    #[schema(value_type = String)]
    id: UserId,
    /// The address it signs in with.
    email: String,
    /// Whether the address is confirmed.
    email_verified: bool,
    /// What others see.
    name: String,
    /// The language they want to read.
    locale: String,
    /// The IANA zone that they want to see times in.
    zone: String,
    /// What the person may do.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// How their application to become a landlord stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    landlord_application: Option<LandlordStanding>,
    /// When it was made.
    created_at: Timestamp,
}

/// How an application to become a landlord stands.
#[derive(Serialize, ToSchema)]
pub struct LandlordStanding {
    /// `pending` or `declined`.
    status: &'static str,
    /// When it was made, while it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    requested_at: Option<Timestamp>,
    /// Why it was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What somebody wants to change about themselves; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileForm {
    /// What others see.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// A language tag, such as `en` or `pt-BR`.
    #[serde(default)]
    #[schema(max_length = 35)]
    locale: Option<String>,
    /// An IANA zone, such as `Europe/Dublin`.
    #[serde(default)]
    zone: Option<String>,
}

/// Somebody, as others see them.
#[derive(Serialize, ToSchema)]
pub struct UserCard {
    /// Their id.
    #[schema(value_type = String)]
    id: UserId,
    /// Their name.
    name: String,
    /// Since when they are here.
    member_since: Timestamp,
    /// Whether they may offer homes.
    landlord: bool,
}

/// Somebody asks to offer homes; there is nothing to say yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LandlordApplication {}

/// How an application stands.
#[derive(Serialize, ToSchema)]
pub struct ApplicationAnswer {
    /// `approved` or `pending`.
    status: &'static str,
    /// The session, with an access token that says so, once it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    session: Option<Session>,
}

/// Who am I?
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts",
    responses((status = 200, body = User), (status = 304, description = "as it was")))]
pub async fn me(
    State(state): State<Shared>,
    principal: Principal,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let user = own(&state, &principal).await?;
    let etag = precondition::etag(user.version);
    if precondition::is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    Ok(shown(user))
}

/// Change one's profile.
#[utoipa::path(patch, path = "/api/v1/me", tag = "accounts",
    params(("If-Match" = String, Header)),
    request_body = ProfileForm, responses((status = 200, body = User)))]
pub async fn edit(
    State(state): State<Shared>,
    principal: Principal,
    headers: HeaderMap,
    Json(body): Json<ProfileForm>,
) -> Result<Response, Problem> {
    let change = ProfileChange { name: body.name, locale: body.locale, zone: body.zone };
    change.check()?;
    let old = own(&state, &principal).await?;
    let version = precondition::made_from(&headers, old.version)?;
    let (client, now) = (state.pool.get().await?, state.clock.now());
    match accounts::edit(&client, principal.user, version, &change, now).await? {
        Some(user) => Ok(shown(user)),
        None => {
            Err(Refusal::StaleVersion { current: own(&state, &principal).await?.version }.into())
        }
    }
}

/// Look at somebody.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "accounts",
    params(("id" = String, Path)), responses((status = 200, body = UserCard)))]
pub async fn card(
    State(state): State<Shared>,
    _: Principal,
    Id(id): Id<UserId>,
) -> Result<Json<UserCard>, Problem> {
    let found = accounts::find(&*state.pool.get().await?, id).await?;
    let user = found.filter(|user| user.suspended.is_none()).ok_or_else(Problem::not_found)?;
    Ok(Json(UserCard {
        id: user.id,
        landlord: user.roles.contains(&Role::Landlord),
        name: user.name,
        member_since: user.created_at,
    }))
}

/// Ask to offer homes: at once, or when an admin agrees.
#[utoipa::path(post, path = "/api/v1/me/landlord-application", tag = "accounts",
    request_body = LandlordApplication, responses((status = 201, body = ApplicationAnswer),
        (status = 202, body = ApplicationAnswer, description = "an admin has to agree")))]
pub async fn apply_as_landlord(
    State(state): State<Shared>,
    principal: Principal,
    Json(LandlordApplication {}): Json<LandlordApplication>,
) -> Result<impl IntoResponse, Problem> {
    let (cause, now): (RequestId, _) = (state.clock.id(), state.clock.now());
    let mut client = state.pool.get().await?;
    let user = match state.config.accounts.landlord_approval {
        LandlordApproval::Auto => {
            let cause = cause.uuid();
            accounts::grant(&mut client, principal.user, Role::Landlord, cause, now).await?
        }
        LandlordApproval::Admin => {
            let (by, causation) = (Actor::User(principal.user), cause.uuid());
            let act = Act { by, causation, keyed: None, now };
            let asked = admin_users::apply_as_landlord(&mut client, principal.user, &act).await?;
            asked.ok().map(|done| done.user)
        }
    };
    let user = user.ok_or_else(Problem::unauthenticated)?;
    state.tail.nudge();
    if !user.roles.contains(&Role::Landlord) {
        let answer = ApplicationAnswer { status: "pending", session: None };
        return Ok((StatusCode::ACCEPTED, Json(answer)));
    }
    let access_token = state.sessions.access_token(&user, principal.session)?;
    let session = Some(sign_in::session(&state, user, access_token));
    Ok((StatusCode::CREATED, Json(ApplicationAnswer { status: "approved", session })))
}

async fn own(state: &Shared, principal: &Principal) -> Result<accounts::User, Problem> {
    let found = accounts::find(&*state.pool.get().await?, principal.user).await?;
    found.ok_or_else(Problem::unauthenticated)
}

fn shown(user: accounts::User) -> Response {
    ([(header::ETAG, precondition::etag(user.version))], Json(User::from(user))).into_response()
}

impl From<accounts::User> for User {
    fn from(user: accounts::User) -> Self {
        let landlord_application = LandlordStanding::of(&user);
        let accounts::User { id, email, name, locale, zone, roles, created_at, .. } = user;
        let email_verified = user.verified;
        Self {
            id,
            email,
            email_verified,
            name,
            locale,
            zone,
            roles,
            landlord_application,
            created_at,
        }
    }
}

impl LandlordStanding {
    /// That of somebody, if it is pending or was declined.
    pub(super) fn of(user: &accounts::User) -> Option<Self> {
        let (requested_at, reason) =
            (user.landlord_requested_at, user.landlord_decline_reason.clone());
        let status = match (requested_at, &reason) {
            (Some(_), _) => "pending",
            (None, Some(_)) => "declined",
            (None, None) => return None,
        };
        Some(Self { status, requested_at, reason })
    }
}

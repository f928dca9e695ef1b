//! What admins do with people: find them, suspend them, change their roles, decide who may
//! offer homes.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::profile::LandlordStanding;
use super::schema::List;
use crate::domain::event::Actor;
use crate::domain::ids::{RequestId, UserId};
use crate::domain::user::{self, Role};
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::page;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::accounts;
use crate::storage::admin_users::{self, Act, Filter, Standing};

/// The longest text that is searched for, in bytes.
const TEXT_MAX: usize = 254;

/// A page of accounts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// A part of address or name.
    #[serde(default)]
    q: Option<String>,
    /// `tenant`, `landlord` or `admin`.
    #[serde(default)]
    role: Option<String>,
    /// `active`, `unverified` or `suspended`.
    #[serde(default)]
    status: Option<String>,
    /// Rows in the page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// A page of applications.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApplicationsQuery {
    /// Rows in the page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// Somebody's account, as admins see it.
#[derive(Serialize, ToSchema)]
pub struct AdminUser {
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
    /// `active`, `unverified` or `suspended`.
    status: &'static str,
    /// Why it is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspension_reason: Option<String>,
    /// How its application to become a landlord stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    landlord_application: Option<LandlordStanding>,
    /// When it was made.
    created_at: Timestamp,
}

/// Why something is done; the person concerned may read it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountReason {
    /// 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// There is nothing to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// What somebody may do from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRoles {
    /// `tenant`, and perhaps `landlord` and `admin`.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 3)]
    roles: Vec<Role>,
}

/// Look for people.
#[utoipa::path(get, path = "/api/v1/admin/users", tag = "admin",
    params(UsersQuery), responses((status = 200, body = List<AdminUser>)))]
pub async fn list(
    State(state): State<Shared>,
    Query(query): Query<UsersQuery>,
) -> Result<Json<List<AdminUser>>, Problem> {
    let wrong = |pointer, detail| Problem::invalid(pointer, "invalid", detail);
    let text = query.q.filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.len() > TEXT_MAX || text.contains('\0')) {
        return Err(wrong("/q", "254 bytes at most"));
    }
    let role = query.role.map(|name| {
        Role::of_name(&name).ok_or_else(|| wrong("/role", "tenant, landlord or admin"))
    });
    let standing = query.status.map(|name| match name.as_str() {
        "active" => Ok(Standing::Active),
        "unverified" => Ok(Standing::Unverified),
        "suspended" => Ok(Standing::Suspended),
        _ => Err(wrong("/status", "active, unverified or suspended")),
    });
    let (role, standing) = (role.transpose()?, standing.transpose()?);
    let filter = Filter { text, role, standing, applying: false };
    page_of(&state, "users", &filter, query.limit, query.cursor).await
}

/// List those who wait to become landlords.
#[utoipa::path(get, path = "/api/v1/admin/landlord-applications", tag = "admin",
    params(ApplicationsQuery), responses((status = 200, body = List<AdminUser>)))]
pub async fn applications(
    State(state): State<Shared>,
    Query(query): Query<ApplicationsQuery>,
) -> Result<Json<List<AdminUser>>, Problem> {
    let filter = Filter { applying: true, ..Filter::default() };
    page_of(&state, "landlord applications", &filter, query.limit, query.cursor).await
}

async fn page_of(
    state: &Shared,
    list: &str,
    filter: &Filter,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Json<List<AdminUser>>, Problem> {
    let limit = page::limit(limit, state.config.limits.page_max)?;
    let before = cursor.map(|cursor| page::read_cursor(list, &cursor)).transpose()?;
    let client = state.pool.get().await?;
    let rows = i64::from(limit) + 1;
    let mut rows = admin_users::list(&client, filter, before.map(UserId::from), rows).await?;
    let page = page::cut(list, &mut rows, limit, |user| user.id.uuid());
    Ok(Json(List { data: rows.into_iter().map(AdminUser::from).collect(), page }))
}

/// Look at somebody.
#[utoipa::path(get, path = "/api/v1/admin/users/{id}", tag = "admin",
    params(("id" = String, Path)), responses((status = 200, body = AdminUser)))]
pub async fn read(
    State(state): State<Shared>,
    Id(id): Id<UserId>,
) -> Result<Json<AdminUser>, Problem> {
    let found = accounts::find(&*state.pool.get().await?, id).await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}

/// Let an applicant offer homes.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/landlord-application/approve", tag = "admin",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = AdminUser)))]
pub async fn approve(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<UserId>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Json<AdminUser>, Problem> {
    let mut client = state.pool.get().await?;
    let user = admin_users::approve(&mut client, id, &act(&state, &principal)).await??;
    Ok(done(&state, user))
}

/// Do not let an applicant offer homes.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/landlord-application/decline", tag = "admin",
    params(("id" = String, Path)), request_body = AccountReason,
    responses((status = 200, body = AdminUser)))]
pub async fn decline(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<UserId>,
    Json(body): Json<AccountReason>,
) -> Result<Json<AdminUser>, Problem> {
    user::check_reason(&body.reason)?;
    let (mut client, reason) = (state.pool.get().await?, body.reason.trim());
    let user = admin_users::decline(&mut client, id, reason, &act(&state, &principal)).await??;
    Ok(done(&state, user))
}

/// Close an account for the time being. Its sessions end.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/suspend", tag = "admin",
    params(("id" = String, Path)), request_body = AccountReason,
    responses((status = 200, body = AdminUser)))]
pub async fn suspend(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<UserId>,
    Json(body): Json<AccountReason>,
) -> Result<Json<AdminUser>, Problem> {
    user::check_reason(&body.reason)?;
    if id == principal.user {
        return Err(Problem::new(Slug::Forbidden, "admins cannot suspend themselves"));
    }
    let (mut client, reason) = (state.pool.get().await?, body.reason.trim());
    let ruled = admin_users::suspend(&mut client, id, reason, &act(&state, &principal)).await?;
    let (user, ended) = ruled?;
    state.sessions.forget_all(&ended);
    state.sessions.lower(&user);
    Ok(done(&state, user))
}

/// Open a suspended account again.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/reinstate", tag = "admin",
    params(("id" = String, Path)), request_body = Nothing,
    responses((status = 200, body = AdminUser)))]
pub async fn reinstate(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<UserId>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Json<AdminUser>, Problem> {
    let mut client = state.pool.get().await?;
    let user = admin_users::reinstate(&mut client, id, &act(&state, &principal)).await??;
    Ok(done(&state, user))
}

/// Say what somebody may do. What is left out they may do no more, within seconds.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/role", tag = "admin",
    params(("id" = String, Path)), request_body = AccountRoles,
    responses((status = 200, body = AdminUser)))]
pub async fn set_roles(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<UserId>,
    Json(AccountRoles { roles }): Json<AccountRoles>,
) -> Result<Json<AdminUser>, Problem> {
    user::check_roles(principal.user, id, &roles)?;
    let mut client = state.pool.get().await?;
    let user = admin_users::set_roles(&mut client, id, &roles, &act(&state, &principal)).await??;
    if user.access_version > 0 {
        state.sessions.lower(&user);
    }
    Ok(done(&state, user))
}

fn act(state: &Shared, principal: &Principal) -> Act {
    let cause: RequestId = state.clock.id();
    Act { by: Actor::User(principal.user), causation: cause.uuid(), now: state.clock.now() }
}

fn done(state: &Shared, user: accounts::User) -> Json<AdminUser> {
    state.tail.nudge();
    Json(user.into())
}

impl From<accounts::User> for AdminUser {
    fn from(user: accounts::User) -> Self {
        let landlord_application = LandlordStanding::of(&user);
        let status = match (&user.suspended, user.verified) {
            (Some(_), _) => "suspended",
            (None, false) => "unverified",
            (None, true) => "active",
        };
        let accounts::User { id, email, name, roles, created_at, suspended, .. } = user;
        let suspension_reason = suspended;
        Self { id, email, name, roles, status, suspension_reason, landlord_application, created_at }
    }
}

//! What admins do with people: find them, suspend them, change their roles, decide who may
//! offer homes.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::profile::LandlordStanding;
use super::schema::List;
use crate::domain::event::Actor;
use crate::domain::ids::UserId;
use crate::domain::user::{self, Role};
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page::Asked;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::accounts;
use crate::storage::admin_users::{self, Act, Filter, Ruling, Standing};

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
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountReason {
    /// 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// There is nothing to say.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// What somebody may do from now on.
#[derive(Serialize, Deserialize, ToSchema)]
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
    list: &'static str,
    filter: &Filter,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Json<List<AdminUser>>, Problem> {
    let asked = Asked::read(list, limit, cursor, state.config.limits.page_max)?;
    let (client, before) = (state.pool.get().await?, asked.after.map(UserId::from));
    let mut rows = admin_users::list(&client, filter, before, asked.rows()).await?;
    let page = asked.cut(&mut rows, |user| user.id.uuid());
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

/// An account that is decided on, whose id is `{id}` in the path. Decisions can be taken back, so
/// that a request which is sent again late, as its answer was lost, could undo what was
/// decided since: with an Idempotency-Key it is answered with the account as it is then.
/// Without one a repeat is refused, unless the account has changed again.
#[derive(Debug)]
pub struct Case {
    user: UserId,
    by: UserId,
    key: Option<Key>,
}

impl FromRequestParts<Shared> for Case {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let by = Principal::from_request_parts(parts, state).await?.user;
        let Id(user) = Id::from_request_parts(parts, state).await?;
        Ok(Self { user, by, key: Option::<Key>::from_request_parts(parts, state).await? })
    }
}

impl Case {
    fn act(&self, state: &Shared, body: &impl Serialize) -> Act {
        let of_key = |key: &Key| key.request_id(self.by, &[self.user.uuid()]);
        let request = self.key.as_ref().map_or_else(|| state.clock.id(), of_key);
        Act {
            by: Actor::User(self.by),
            causation: request.uuid(),
            keyed: self.key.as_ref().map(|_| idempotency::fingerprint(body)),
            now: state.clock.now(),
        }
    }
}

/// Let an applicant offer homes.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/landlord-application/approve", tag = "admin",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Nothing, responses((status = 200, body = AdminUser)))]
pub async fn approve(
    State(state): State<Shared>,
    case: Case,
    Json(body): Json<Nothing>,
) -> Result<Response, Problem> {
    let (mut client, act) = (state.pool.get().await?, case.act(&state, &body));
    let ruling = admin_users::approve(&mut client, case.user, &act).await??;
    Ok(done(&state, ruling))
}

/// Do not let an applicant offer homes.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/landlord-application/decline", tag = "admin",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = AccountReason, responses((status = 200, body = AdminUser)))]
pub async fn decline(
    State(state): State<Shared>,
    case: Case,
    Json(body): Json<AccountReason>,
) -> Result<Response, Problem> {
    user::check_reason(&body.reason)?;
    let (mut client, act) = (state.pool.get().await?, case.act(&state, &body));
    let ruling = admin_users::decline(&mut client, case.user, body.reason.trim(), &act).await??;
    Ok(done(&state, ruling))
}

/// Close an account for the time being. Its sessions end.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/suspend", tag = "admin",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = AccountReason, responses((status = 200, body = AdminUser)))]
pub async fn suspend(
    State(state): State<Shared>,
    case: Case,
    Json(body): Json<AccountReason>,
) -> Result<Response, Problem> {
    user::check_reason(&body.reason)?;
    if case.user == case.by {
        return Err(Problem::new(Slug::Forbidden, "admins cannot suspend themselves"));
    }
    let (mut client, act) = (state.pool.get().await?, case.act(&state, &body));
    let ruling = admin_users::suspend(&mut client, case.user, body.reason.trim(), &act).await??;
    state.sessions.forget_all(&ruling.ended);
    state.sessions.lower(&ruling.user);
    Ok(done(&state, ruling))
}

/// Open a suspended account again.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/reinstate", tag = "admin",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Nothing, responses((status = 200, body = AdminUser)))]
pub async fn reinstate(
    State(state): State<Shared>,
    case: Case,
    Json(body): Json<Nothing>,
) -> Result<Response, Problem> {
    let (mut client, act) = (state.pool.get().await?, case.act(&state, &body));
    let ruling = admin_users::reinstate(&mut client, case.user, &act).await??;
    Ok(done(&state, ruling))
}

/// Say what somebody may do. What is left out they may do no more, within seconds.
#[utoipa::path(post, path = "/api/v1/admin/users/{id}/role", tag = "admin",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = AccountRoles, responses((status = 200, body = AdminUser)))]
pub async fn set_roles(
    State(state): State<Shared>,
    case: Case,
    Json(body): Json<AccountRoles>,
) -> Result<Response, Problem> {
    user::check_roles(case.by, case.user, &body.roles)?;
    let (mut client, act) = (state.pool.get().await?, case.act(&state, &body));
    let ruling = admin_users::set_roles(&mut client, case.user, &body.roles, &act).await??;
    if ruling.user.access_version > 0 {
        state.sessions.lower(&ruling.user);
    }
    Ok(done(&state, ruling))
}

fn done(state: &Shared, ruling: Ruling) -> Response {
    state.tail.nudge();
    idempotency::marked(Json(AdminUser::from(ruling.user)), ruling.replayed)
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

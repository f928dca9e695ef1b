//! Where somebody is signed in, and how they end it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::schema::List;
use super::sign_in::without_cookie;
use crate::domain::ids::SessionId;
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::sessions;

/// A page of somebody's sessions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DevicesQuery {
    /// Rows in the page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// A device that is signed in.
#[derive(Serialize, ToSchema)]
pub struct Device {
    /// Its session.
    #[schema(value_type = String)]
    id: SessionId,
    /// When it signed in.
    created_at: Timestamp,
    /// When it last got an access token.
    last_used_at: Timestamp,
    /// What its browser calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// The address that it signed in from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

/// List the devices that are signed in.
#[utoipa::path(get, path = "/api/v1/auth/sessions", tag = "accounts",
    params(DevicesQuery), responses((status = 200, body = List<Device>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<DevicesQuery>,
) -> Result<Json<List<Device>>, Problem> {
    const LIST: &str = "own sessions";
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let before = before.map(SessionId::from);
    let (client, now) = (state.pool.get().await?, state.clock.now());
    let rows = i64::from(limit) + 1;
    let mut rows = sessions::list(&client, principal.user, before, rows, now).await?;
    let page = page::cut(LIST, &mut rows, limit, |session| session.id.uuid());
    let device = |session: sessions::Session| Device {
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        user_agent: session.user_agent,
        address: session.address,
        current: session.id == principal.session,
    };
    Ok(Json(List { data: rows.into_iter().map(device).collect(), page }))
}

/// Sign a device out.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{id}", tag = "accounts",
    params(("id" = String, Path)),
    responses((status = 204, description = "it is signed out")))]
pub async fn end(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Problem> {
    let (client, now) = (state.pool.get().await?, state.clock.now());
    if !sessions::revoke_own(&client, principal.user, id, now).await? {
        return Err(Problem::not_found());
    }
    state.sessions.forget_all(&[id]);
    Ok(StatusCode::NO_CONTENT)
}

/// Sign every device out, also this one.
#[utoipa::path(post, path = "/api/v1/auth/logout-all", tag = "accounts",
    responses((status = 204, description = "nobody is signed in to the account any more")))]
pub async fn end_all(
    State(state): State<Shared>,
    principal: Principal,
) -> Result<impl IntoResponse, Problem> {
    let (client, now) = (state.pool.get().await?, state.clock.now());
    let ended = sessions::revoke_all(&*client, principal.user, None, now).await?;
    state.sessions.forget_all(&ended);
    Ok((StatusCode::NO_CONTENT, without_cookie()))
}

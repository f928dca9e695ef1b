//! What administrators decide: which listings go live.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::properties::{answered, identity, tell};
use super::property_forms::{Property, PropertyStatus};
use super::schema::List;
use crate::domain::ids::PropertyId;
use crate::domain::property::Command;
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::http::{page, precondition};
use crate::storage::{photos, properties};

/// Which listings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReviewQuery {
    /// Where they stand; `pending_review` without it.
    #[param(inline)]
    status: Option<PropertyStatus>,
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Why a listing is given back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// For its owner to read.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// List properties of any owner by where they stand, the oldest first.
#[utoipa::path(get, path = "/api/v1/admin/properties", tag = "admin",
    params(ReviewQuery), responses((status = 200, body = List<Property>)))]
pub async fn list(
    State(state): State<Shared>,
    Query(query): Query<ReviewQuery>,
) -> Result<Json<List<Property>>, Problem> {
    const LIST: &str = "properties to review";
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let after = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let after = after.map(PropertyId::from);
    let status = query.status.unwrap_or(PropertyStatus::PendingReview).into();
    let client = state.pool.get().await?;
    let mut rows = properties::of_status(&client, status, after, i64::from(limit) + 1).await?;
    let page = page::cut(LIST, &mut rows, limit, |listing| listing.id.uuid());
    let ids: Vec<_> = rows.iter().map(|listing| listing.id).collect();
    let covers = photos::covers(&client, &ids).await?;
    let data = rows.iter().filter_map(Property::own).map(|one| one.with_cover(&covers)).collect();
    Ok(Json(List { data, page }))
}

/// Let a listing that was handed in go live.
#[utoipa::path(post, path = "/api/v1/admin/properties/{id}/approve", tag = "admin",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Property)))]
pub async fn approve(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
    key: Option<Key>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let version = looked_at(&state, id, &headers).await?;
    decide(&state, &principal, id, key, &(), Command::Approve { version }).await
}

/// Give a listing that was handed in back to its owner.
#[utoipa::path(post, path = "/api/v1/admin/properties/{id}/reject", tag = "admin",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = Rejection, responses((status = 200, body = Property)))]
pub async fn reject(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
    key: Option<Key>,
    headers: HeaderMap,
    Json(body): Json<Rejection>,
) -> Result<Response, Problem> {
    let version = looked_at(&state, id, &headers).await?;
    let command = Command::Reject { version, reason: body.reason.clone() };
    decide(&state, &principal, id, key, &body, command).await
}

/// The version that the administrator has seen: what was edited since is not decided.
async fn looked_at(state: &Shared, id: PropertyId, headers: &HeaderMap) -> Result<i32, Problem> {
    let found = properties::find(&*state.pool.get().await?, id).await?;
    let listing = found.ok_or_else(Problem::not_found)?;
    precondition::made_from(headers, listing.version)
}

async fn decide(
    state: &Shared,
    principal: &Principal,
    id: PropertyId,
    key: Option<Key>,
    body: &impl Serialize,
    command: Command,
) -> Result<Response, Problem> {
    let request = identity(state, key, principal, id);
    let fingerprint = idempotency::fingerprint(body);
    let done = tell(state, principal.user, id, request, fingerprint, command).await?;
    answered(&done, StatusCode::OK)
}

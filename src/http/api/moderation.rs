//! What administrators decide: which listings go live.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::listing_change::Asked;
use super::properties::answered;
use super::property_forms::{Property, PropertyStatus};
use super::schema::List;
use crate::domain::ids::PropertyId;
use crate::domain::property::Command;
use crate::http::extract::{self, Json, Query};
use crate::http::idempotency;
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::state::Shared;
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
    let page_max = state.config.limits.page_max;
    let asked = page::Asked::read(LIST, query.limit, query.cursor, page_max)?;
    let after = asked.after.map(PropertyId::from);
    let status = query.status.unwrap_or(PropertyStatus::PendingReview).into();
    let client = state.pool.get().await?;
    let mut rows = properties::of_status(&client, status, after, asked.rows()).await?;
    let page = asked.cut(&mut rows, |listing| listing.id.uuid());
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
pub async fn approve(State(state): State<Shared>, asked: Asked) -> Result<Response, Problem> {
    let change = asked.review(&state).await?;
    let command = Command::Approve { version: change.version };
    answered(&change.make(idempotency::fingerprint(&()), command).await?, StatusCode::OK)
}

/// Give a listing that was handed in back to its owner.
#[utoipa::path(post, path = "/api/v1/admin/properties/{id}/reject", tag = "admin",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = Rejection, responses((status = 200, body = Property)))]
pub async fn reject(
    State(state): State<Shared>,
    asked: Asked,
    Json(body): Json<Rejection>,
) -> Result<Response, Problem> {
    let change = asked.review(&state).await?;
    let command = Command::Reject { version: change.version, reason: body.reason.clone() };
    answered(&change.make(idempotency::fingerprint(&body), command).await?, StatusCode::OK)
}

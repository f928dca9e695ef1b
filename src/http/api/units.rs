//! Unit types of a property, and the rules of the house.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::listing_change::Asked;
use super::properties::{answered, merged, slots, visible};
use super::property_forms::Property;
use super::unit_forms::{NewPolicies, Unit, UnitForm, Units};
use crate::domain::amenity::{self, CATALOGUE};
use crate::domain::ids::{self, PropertyId, UnitId};
use crate::domain::property::{self, Command};
use crate::http::auth::Principal;
use crate::http::extract::{Id, Json, Two};
use crate::http::idempotency::{self, Key};
use crate::http::precondition;
use crate::http::problem::Problem;
use crate::http::state::Shared;

/// Something that a home can have.
#[derive(Debug, Serialize, ToSchema)]
pub struct Amenity {
    /// Its stable name.
    key: &'static str,
    /// What people read.
    label: &'static str,
    /// What it stands beside in a form.
    group: &'static str,
}

/// The catalogue of amenities.
#[derive(Debug, Serialize, ToSchema)]
pub struct Amenities {
    /// All of them, by group.
    data: Vec<Amenity>,
}

/// See what a home can have.
#[utoipa::path(get, path = "/api/v1/amenities", tag = "properties",
    responses((status = 200, body = Amenities)))]
pub async fn amenities() -> Response {
    let amenity = |&amenity::Amenity { key, label, group, .. }: &amenity::Amenity| Amenity {
        key,
        label,
        group: group.name(),
    };
    let headers = [(header::CACHE_CONTROL, "public, max-age=3600")];
    let data = CATALOGUE.iter().map(amenity).collect();
    (headers, Json(Amenities { data })).into_response()
}

/// See the unit types.
#[utoipa::path(get, path = "/api/v1/properties/{id}/units", tag = "properties",
    params(("id" = String, Path)), responses((status = 200, body = Units)))]
pub async fn list(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
) -> Result<Response, Problem> {
    let (listing, _) = visible(&state, id, viewer.as_deref()).await?;
    let data = listing.units.iter().map(|unit| Unit::of(&listing, unit)).collect();
    let headers = [(header::ETAG, precondition::etag(listing.version))];
    Ok((headers, Json(Units { data })).into_response())
}

/// Add a unit type; at most 20. The answer is the property.
#[utoipa::path(post, path = "/api/v1/properties/{id}/units", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = String, Header)),
    request_body = UnitForm, responses((status = 201, body = Property)))]
pub async fn add(
    State(state): State<Shared>,
    _required: Key,
    asked: Asked,
    Json(body): Json<UnitForm>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let fingerprint = idempotency::fingerprint(&body);
    let fields = body.into_fields(change.old.fields.currency)?;
    fields.check("")?;
    let slot_ids = slots(&state, fields.count).await?;
    // Derived from the request, so that a repeated one means the same type.
    let id = UnitId::from(ids::derived(change.request.uuid(), "unit"));
    let unit = Box::new(property::Unit { id, fields });
    let command = Command::AddUnit { by: change.by, version: change.version, unit, slot_ids };
    answered(&change.make(fingerprint, command).await?, StatusCode::CREATED)
}

/// Change a unit type: a JSON merge patch (RFC 7396) of what was sent to add it. The answer
/// is the property.
#[utoipa::path(patch, path = "/api/v1/properties/{id}/units/{unit_id}", tag = "properties",
    params(("id" = String, Path), ("unit_id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, description = "some fields of UnitForm"),
    responses((status = 200, body = Property)))]
pub async fn edit(
    State(state): State<Shared>,
    Two(_id, unit_id): Two<PropertyId, UnitId>,
    asked: Asked,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let unit = change.old.unit(unit_id).ok_or_else(Problem::not_found)?;
    let fingerprint = idempotency::fingerprint(&(unit_id, &patch));
    let form = merged(&UnitForm::of(&change.old, unit), patch)?;
    let fields = form.into_fields(change.old.fields.currency)?;
    fields.check("")?;
    let slot_ids = slots(&state, fields.count.saturating_sub(unit.fields.count)).await?;
    let unit = Box::new(property::Unit { id: unit_id, fields });
    let command = Command::EditUnit { by: change.by, version: change.version, unit, slot_ids };
    answered(&change.make(fingerprint, command).await?, StatusCode::OK)
}

/// Take a unit type away, if no stay in it is to come and it is not the last. The answer is
/// the property.
#[utoipa::path(delete, path = "/api/v1/properties/{id}/units/{unit_id}", tag = "properties",
    params(("id" = String, Path), ("unit_id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Property)))]
pub async fn remove(
    State(state): State<Shared>,
    Two(_id, unit_id): Two<PropertyId, UnitId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let command = Command::RemoveUnit { by: change.by, version: change.version, unit_id };
    let fingerprint = idempotency::fingerprint(&unit_id);
    answered(&change.make(fingerprint, command).await?, StatusCode::OK)
}

/// Set the rules of the house, all at once.
#[utoipa::path(put, path = "/api/v1/properties/{id}/policies", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewPolicies, responses((status = 200, body = Property)))]
pub async fn set_policies(
    State(state): State<Shared>,
    asked: Asked,
    Json(body): Json<NewPolicies>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let fingerprint = idempotency::fingerprint(&body);
    let policies = Box::new(body.into_rules()?);
    let command = Command::SetPolicies { by: change.by, version: change.version, policies };
    answered(&change.make(fingerprint, command).await?, StatusCode::OK)
}

//! Properties: what landlords offer, from draft to live.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::listing_change::Asked;
use super::property_forms::{NewProperty, Property};
use super::schema::List;
use crate::domain::amenity;
use crate::domain::ids::{self, PropertyId, RequestId, UnitId, UserId};
use crate::domain::property::{self, Listing, ListingFields, Status, Unit, UnitFields};
use crate::domain::stay::Command;
use crate::domain::user::Role;
use crate::http::auth::Principal;
use crate::http::command::{self, Ask, Done};
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::http::{page, precondition};
use crate::storage::{bookings, photos, properties};

/// Which listings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnQuery {
    /// `me`.
    owner: String,
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Make a draft.
#[utoipa::path(post, path = "/api/v1/properties", tag = "properties",
    params(("Idempotency-Key" = String, Header)),
    request_body = NewProperty, responses((status = 201, body = Property)))]
pub async fn create(
    State(state): State<Shared>,
    principal: Principal,
    key: Key,
    Json(body): Json<NewProperty>,
) -> Result<Response, Problem> {
    let fingerprint = idempotency::fingerprint(&body);
    let request = key.request_id(principal.user, &[]);
    let (fields, unit) = body.into_fields(None)?;
    check(&fields, &unit, &[])?;
    // Derived from the request, so that a repeated one comes to the same entity.
    let id = PropertyId::from(ids::derived(request.uuid(), "property"));
    let slot_ids = slots(&state, unit.count).await?;
    let unit = Unit { id: UnitId::from(ids::derived(request.uuid(), "unit")), fields: unit };
    let command = property::Command::Create {
        id,
        owner: principal.user,
        fields: Box::new(fields),
        units: vec![unit],
        slot_ids,
        policies: Box::default(),
        pricing: Box::default(),
        source: None,
    };
    let done = tell(&state, principal.user, id, request, fingerprint, command).await?;
    answered(&done, StatusCode::CREATED)
}

/// List one's own.
#[utoipa::path(get, path = "/api/v1/properties", tag = "properties",
    params(OwnQuery), responses((status = 200, body = List<Property>)))]
pub async fn list_own(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<OwnQuery>,
) -> Result<Json<List<Property>>, Problem> {
    const LIST: &str = "own properties";
    if query.owner != "me" {
        return Err(Problem::invalid("/owner", "invalid", "me"));
    }
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let after = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let after = after.map(PropertyId::from);
    let client = state.pool.get().await?;
    let mut rows =
        properties::of_owner(&client, principal.user, after, i64::from(limit) + 1).await?;
    let page = page::cut(LIST, &mut rows, limit, |listing| listing.id.uuid());
    let ids: Vec<_> = rows.iter().map(|listing| listing.id).collect();
    let covers = photos::covers(&client, &ids).await?;
    let data = rows.iter().filter_map(Property::own).map(|one| one.with_cover(&covers)).collect();
    Ok(Json(List { data, page }))
}

/// Look at one.
#[utoipa::path(get, path = "/api/v1/properties/{id}", tag = "properties",
    params(("id" = String, Path)),
    responses((status = 200, body = Property), (status = 304, description = "as it was")))]
pub async fn read(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (listing, sight) = visible(&state, id, viewer.as_deref()).await?;
    let client = state.pool.get().await?;
    // The version first: photos that come meanwhile are then shown once more, not missed.
    let etag = precondition::etag_with(listing.version, photos::version(&client, id).await?);
    let mut response = if precondition::is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let property = match sight {
            Sight::Whole => Property::own(&listing),
            Sight::Public => Property::public(&listing),
        };
        let photos = photos::of_property(&client, id).await?;
        Json(property.ok_or_else(no_units)?.with_photos(&photos)).into_response()
    };
    drop(client);
    let set = response.headers_mut();
    set.insert(header::ETAG, etag);
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // The owner sees more of the same version.
    set.insert(header::VARY, HeaderValue::from_static("authorization"));
    Ok(response)
}

/// Change it: a JSON merge patch (RFC 7396) of what was sent to make it.
#[utoipa::path(patch, path = "/api/v1/properties/{id}", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, description = "some fields of NewProperty"),
    responses((status = 200, body = Property)))]
pub async fn edit(
    State(state): State<Shared>,
    asked: Asked,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    let change = asked.own(&state).await?;
    let old = &change.old;
    let fingerprint = idempotency::fingerprint(&patch);
    let of_unit = ["unit", "price_per_night", "price_per_month"];
    let touches_unit = of_unit.iter().any(|name| patch.contains_key(*name));
    let (fields, unit) = patched(old, patch)?;
    let has = old.units.first().map_or(0, |unit| unit.fields.count);
    let added = if old.units.len() == 1 { unit.count.saturating_sub(has) } else { 0 };
    let unit = (touches_unit || old.units.len() == 1).then(|| Box::new(unit));
    let command = property::Command::Edit {
        by: change.by,
        version: change.version,
        fields: Box::new(fields),
        unit,
        slot_ids: slots(&state, added).await?,
    };
    answered(&change.make(fingerprint, command).await?, StatusCode::OK)
}

/// How much of a listing somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// All of it.
    Whole,
    /// What strangers see.
    Public,
}

/// A listing that somebody may see: its owner and administrators the whole of it, everybody
/// what is public of a live one, and people with a booking there of any.
pub(super) async fn visible(
    state: &Shared,
    id: PropertyId,
    viewer: Option<&Principal>,
) -> Result<(Listing, Sight), Problem> {
    let client = state.pool.get().await?;
    let listing = properties::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    let sees_all =
        |viewer: &Principal| viewer.user == listing.owner || viewer.roles.contains(&Role::Admin);
    if viewer.is_some_and(sees_all) {
        return Ok((listing, Sight::Whole));
    }
    let guest = match viewer {
        Some(viewer) if listing.status != Status::Live => {
            bookings::has_any(&client, id, viewer.user).await?
        }
        _ => false,
    };
    if listing.status == Status::Live || guest {
        return Ok((listing, Sight::Public));
    }
    Err(Problem::not_found())
}

/// A listing for its owner.
pub(super) async fn own(state: &Shared, id: PropertyId, user: UserId) -> Result<Listing, Problem> {
    let found = properties::find(&*state.pool.get().await?, id).await?;
    found.filter(|listing| listing.owner == user).ok_or_else(Problem::not_found)
}

/// Slot numbers for so many new units.
pub(super) async fn slots(state: &Shared, count: u16) -> Result<Vec<i64>, Problem> {
    if count == 0 {
        return Ok(Vec::new());
    }
    Ok(properties::next_slot_ids(&*state.pool.get().await?, u32::from(count)).await?)
}

fn patched(
    old: &Listing,
    patch: Map<String, Value>,
) -> Result<(ListingFields, UnitFields), Problem> {
    let current = NewProperty::of(old).ok_or_else(no_units)?;
    let existing = current.amenities().to_vec();
    let next: NewProperty = merged(&current, patch)?;
    let (fields, unit) = next.into_fields(Some(old.fields.currency))?;
    check(&fields, &unit, &existing)?;
    Ok((fields, unit))
}

/// Checks what a person enters before slot numbers are drawn for it.
fn check(fields: &ListingFields, unit: &UnitFields, existing: &[String]) -> Result<(), Problem> {
    property::check_with_unit(fields, unit)?;
    Ok(amenity::check(&fields.amenities, existing)?)
}

/// What something becomes by a JSON merge patch (RFC 7396) of its form.
pub(super) fn merged<T: Serialize + DeserializeOwned>(
    current: &T,
    patch: Map<String, Value>,
) -> Result<T, Problem> {
    let mut value = serde_json::to_value(current).map_err(|error| Problem::internal(&error))?;
    merge(&mut value, Value::Object(patch));
    extract::typed(value)
}

/// Applies a JSON merge patch (RFC 7396, 2).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(fields) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(object) = target.as_object_mut() else { return };
    for (name, value) in fields {
        if value.is_null() {
            object.remove(&name);
        } else {
            merge(object.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Tells a property and waits for its word.
pub(super) async fn tell(
    state: &Shared,
    by: UserId,
    property: PropertyId,
    id: RequestId,
    fingerprint: [u8; 16],
    command: property::Command,
) -> Result<Done, Problem> {
    let ask = Ask { by, id, fingerprint, command: Command::Listing(command) };
    command::ask(state, property, ask).await
}

/// The listing that a change left, as its owner sees it.
pub(super) fn answered(done: &Done, status: StatusCode) -> Result<Response, Problem> {
    let listing = done.listing()?;
    let headers = [(header::ETAG, precondition::etag(listing.version))];
    let property = Property::own(listing).ok_or_else(no_units)?;
    Ok(done.answer((status, headers, Json(property))))
}

pub(super) fn no_units() -> Problem {
    Problem::internal(&"listing without a unit type")
}

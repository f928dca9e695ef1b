//! The life of a property: handed in, offered, resting, given up; copied; and what has
//! happened to it.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::listing_change::Asked;
use super::properties::{answered, own, slots, tell};
use super::property_forms::Property;
use super::schema::List;
use crate::domain::ids::{self, PropertyId, RequestId, UnitId, UserId};
use crate::domain::property::{Command, Listing, Unit};
use crate::domain::stay_rules::StayRules;
use crate::domain::user::Role;
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::properties;
use crate::storage::timeline::{self, Entry};

/// Which part of the timeline.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivityQuery {
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Something that has happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activity {
    /// What, such as `property.approved` or `booking.confirmed`.
    #[serde(rename = "type")]
    kind: String,
    /// When.
    at: Timestamp,
    /// Who made it happen: `owner`, `admin`, `guest`, `system`, `provider` or `operator`.
    actor: &'static str,
}

/// Hand it in for review.
#[utoipa::path(post, path = "/api/v1/properties/{id}/submit", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Property)))]
pub async fn submit(State(state): State<Shared>, asked: Asked) -> Result<Response, Problem> {
    step(&state, asked, |by, version| Command::Submit { by, version }).await
}

/// Offer a paused one again.
#[utoipa::path(post, path = "/api/v1/properties/{id}/publish", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Property)))]
pub async fn publish(State(state): State<Shared>, asked: Asked) -> Result<Response, Problem> {
    step(&state, asked, |by, version| Command::Publish { by, version }).await
}

/// Let it rest: nobody finds or books it. Bookings and holds that exist go on.
#[utoipa::path(post, path = "/api/v1/properties/{id}/unpublish", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Property)))]
pub async fn unpublish(State(state): State<Shared>, asked: Asked) -> Result<Response, Problem> {
    step(&state, asked, |by, version| Command::Unpublish { by, version }).await
}

/// Give it up for good. Not while there are stays to come or open holds.
#[utoipa::path(post, path = "/api/v1/properties/{id}/archive", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Property)))]
pub async fn archive(State(state): State<Shared>, asked: Asked) -> Result<Response, Problem> {
    step(&state, asked, |by, version| Command::Archive { by, version }).await
}

/// Give it up for good, as `archive` does.
#[utoipa::path(delete, path = "/api/v1/properties/{id}", tag = "properties",
    params(("id" = String, Path), ("If-Match" = String, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Property)))]
pub async fn remove(State(state): State<Shared>, asked: Asked) -> Result<Response, Problem> {
    step(&state, asked, |by, version| Command::Archive { by, version }).await
}

/// Make a draft that says the same, without photos and bookings.
#[utoipa::path(post, path = "/api/v1/properties/{id}/duplicate", tag = "properties",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Property)))]
pub async fn duplicate(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
    key: Key,
) -> Result<Response, Problem> {
    let original = own(&state, id, principal.user).await?;
    let request = key.request_id(principal.user, &[id.uuid()]);
    let copy = |(number, unit): (usize, &Unit)| Unit {
        id: UnitId::from(ids::derived(request.uuid(), &format!("unit-{number}"))),
        fields: unit.fields.clone(),
    };
    let units: Vec<Unit> = original.units.iter().enumerate().map(copy).collect();
    let ids = original.units.iter().map(|unit| unit.id).zip(units.iter().map(|unit| unit.id));
    let ids: HashMap<UnitId, UnitId> = ids.collect();
    let mut slot_ids = Vec::new();
    for unit in &units {
        slot_ids.extend(slots(&state, unit.fields.count).await?);
    }
    // Derived from the request, so that a repeated one comes to the same entity.
    let id = PropertyId::from(ids::derived(request.uuid(), "property"));
    let command = Command::Create {
        id,
        owner: principal.user,
        fields: Box::new(original.fields),
        units,
        slot_ids,
        policies: Box::new(original.policies),
        pricing: Box::new(original.pricing.copied(|id| ids.get(&id).copied())),
        source: None,
    };
    let fingerprint = idempotency::fingerprint(&());
    let done = tell(&state, principal.user, id, request, fingerprint, command).await?;
    let rules = original.stay_rules;
    if rules == StayRules::default() {
        return answered(&done, StatusCode::CREATED);
    }
    let next = RequestId::from(ids::derived(request.uuid(), "stay-rules"));
    let version = done.listing()?.version;
    let command = Command::SetStayRules { by: principal.user, version, rules: Box::new(rules) };
    let done = tell(&state, principal.user, id, next, fingerprint, command).await?;
    answered(&done, StatusCode::CREATED)
}

/// See what has happened to it, the latest first. A page may be short although there is
/// more: each looks at a limited part of the log.
#[utoipa::path(get, path = "/api/v1/properties/{id}/activity", tag = "properties",
    params(("id" = String, Path), ActivityQuery),
    responses((status = 200, body = List<Activity>)))]
pub async fn activity(
    State(state): State<Shared>,
    Extension(viewer): Extension<Principal>,
    Id(id): Id<PropertyId>,
    Query(query): Query<ActivityQuery>,
) -> Result<Json<List<Activity>>, Problem> {
    const LIST: &str = "activity of a property";
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let before = before.map(|key| i64::try_from(key.as_u128()).unwrap_or(i64::MAX));
    let client = state.pool.get().await?;
    let found = properties::find(&client, id)
        .await?
        .filter(|listing| listing.owner == viewer.user || viewer.roles.contains(&Role::Admin));
    let listing = found.ok_or_else(Problem::not_found)?;
    let part = timeline::before(&client, &listing, before, i64::from(limit)).await?;
    let next = part.next.and_then(|seq| u128::try_from(seq).ok());
    let next = next.map(|seq| page::cursor(LIST, Uuid::from_u128(seq)));
    let data = part.entries.into_iter().map(|entry| Activity::of(&listing, entry)).collect();
    Ok(Json(List { data, page: Page { has_more: next.is_some(), next } }))
}

impl Activity {
    fn of(listing: &Listing, entry: Entry) -> Self {
        let person: Result<UserId, _> = entry.actor.parse();
        let actor = match (person, entry.actor.as_str()) {
            (Ok(person), _) if person == listing.owner => "owner",
            (Ok(_), _) if entry.kind.starts_with("property.") => "admin",
            (Ok(_), _) => "guest",
            (Err(_), "provider") => "provider",
            (Err(_), "operator") => "operator",
            (Err(_), _) => "system",
        };
        Self { kind: entry.kind, at: entry.at, actor }
    }
}

/// Has the owner's listing take a step.
async fn step(
    state: &Shared,
    asked: Asked,
    command: impl FnOnce(UserId, i32) -> Command,
) -> Result<Response, Problem> {
    let change = asked.own(state).await?;
    let command = command(change.by, change.version);
    answered(&change.make(idempotency::fingerprint(&()), command).await?, StatusCode::OK)
}

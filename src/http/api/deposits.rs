//! Deposits: what is kept of them and what goes back. A deposit has the id of its booking.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bookings::Side;
use super::deposit_forms::{Deposit, NewContest, NewDecision, NewDeductions};
use super::schema::List;
use crate::domain::deposit::{self, Command};
use crate::domain::ids::{BookingId, UserId};
use crate::domain::stay;
use crate::http::auth::Principal;
use crate::http::command::{self, Ask};
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::deposits::{self, Whose};

/// Which deposits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DepositsQuery {
    /// As whom one looks.
    #[serde(default)]
    #[param(inline)]
    role: Side,
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Which page of all that wait for a decision.
#[derive(Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContestedQuery {
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// List the deposits of one's own stays, or of those in one's own homes; of the newest
/// bookings first.
#[utoipa::path(get, path = "/api/v1/deposits", tag = "deposits",
    params(DepositsQuery), responses((status = 200, body = List<Deposit>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<DepositsQuery>,
) -> Result<Json<List<Deposit>>, Problem> {
    let (name, whose) = match query.role {
        Side::Tenant => ("deposits of a tenant", Whose::Tenant(principal.user)),
        Side::Landlord => ("deposits of a landlord", Whose::Landlord(principal.user)),
    };
    listed(&state, name, whose, query.limit, query.cursor).await
}

/// List the deposits that somebody has to decide on.
#[utoipa::path(get, path = "/api/v1/admin/deposits", tag = "admin",
    params(ContestedQuery), responses((status = 200, body = List<Deposit>)))]
pub async fn contested(
    State(state): State<Shared>,
    Query(query): Query<ContestedQuery>,
) -> Result<Json<List<Deposit>>, Problem> {
    listed(&state, "contested deposits", Whose::Contested, query.limit, query.cursor).await
}

/// Say what part of a deposit is kept for, once the guests have left. Adds to what was said
/// before.
#[utoipa::path(post, path = "/api/v1/deposits/{id}/deductions", tag = "deposits",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewDeductions, responses((status = 200, body = Deposit)))]
pub async fn deduct(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewDeductions>,
) -> Result<Response, Problem> {
    let found = seen(&state, id, Some(principal.user)).await?;
    let items = body.items(found.currency)?;
    let command = Command::Deduct { by: principal.user, booking_id: id, items };
    tell(&state, &principal, &found, &key, &body, command).await
}

/// Give back at once what is not kept; without deductions, all of it.
#[utoipa::path(post, path = "/api/v1/deposits/{id}/release", tag = "deposits",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Deposit)))]
pub async fn release(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
) -> Result<Response, Problem> {
    let found = seen(&state, id, Some(principal.user)).await?;
    let command = Command::Release { by: principal.user, booking_id: id };
    tell(&state, &principal, &found, &key, &(), command).await
}

/// Object to what is kept. Nothing moves until an administrator has decided.
#[utoipa::path(post, path = "/api/v1/deposits/{id}/contest", tag = "deposits",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewContest, responses((status = 200, body = Deposit)))]
pub async fn contest(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewContest>,
) -> Result<Response, Problem> {
    let found = seen(&state, id, Some(principal.user)).await?;
    let reason = body.reason.clone();
    let command = Command::Contest { by: principal.user, booking_id: id, reason };
    tell(&state, &principal, &found, &key, &body, command).await
}

/// Decide how much of a contested deposit the landlord keeps; the rest goes back.
#[utoipa::path(post, path = "/api/v1/deposits/{id}/resolve", tag = "admin",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewDecision, responses((status = 200, body = Deposit)))]
pub async fn resolve(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewDecision>,
) -> Result<Response, Problem> {
    let found = seen(&state, id, None).await?;
    let kept = body.kept_minor(found.currency)?;
    let command = Command::Resolve { booking_id: id, kept, reason: body.reason.clone() };
    tell(&state, &principal, &found, &key, &body, command).await
}

async fn listed(
    state: &Shared,
    name: &'static str,
    whose: Whose,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Json<List<Deposit>>, Problem> {
    let limit = page::limit(limit, state.config.limits.page_max)?;
    let before = cursor.map(|cursor| page::read_cursor(name, &cursor)).transpose()?;
    let (before, rows) = (before.map(BookingId::from), i64::from(limit) + 1);
    let mut found = deposits::list(&*state.pool.get().await?, whose, before, rows).await?;
    let page = page::cut(name, &mut found, limit, |row| row.id.uuid());
    Ok(Json(List { data: found.iter().map(Deposit::of).collect(), page }))
}

/// A deposit that somebody may see: its tenant and its landlord, or anybody who is none in
/// particular.
async fn seen(
    state: &Shared,
    id: BookingId,
    user: Option<UserId>,
) -> Result<deposit::Deposit, Problem> {
    let found = deposits::find(&*state.pool.get().await?, id).await?;
    let is_theirs = |found: &deposit::Deposit| {
        user.is_none_or(|user| found.tenant_id == user || found.landlord_id == user)
    };
    found.filter(is_theirs).ok_or_else(Problem::not_found)
}

async fn tell(
    state: &Shared,
    principal: &Principal,
    found: &deposit::Deposit,
    key: &Key,
    body: &impl Serialize,
    command: Command,
) -> Result<Response, Problem> {
    let ask = Ask {
        by: principal.user,
        id: key.request_id(principal.user, &[found.id.uuid()]),
        fingerprint: idempotency::fingerprint(body),
        command: stay::Command::Deposit(command),
    };
    let done = command::ask(state, found.property_id, ask).await?;
    let deposit = Deposit::of(done.deposit()?);
    Ok(done.answer(Json(deposit)))
}

//! The steps of a booking: more time, asking the landlord, calling off, coming, leaving; and
//! what has happened so far.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use super::booking_forms::Booking;
use super::booking_sight::{Sight, zone_of};
use super::booking_step_forms::{
    CancellationPreview, Happening, NewCancellation, NewCheckIn, NewDecline, NewManualBooking,
    NewRequest,
};
use super::bookings::{seen, tell};
use super::schema::List;
use crate::domain::booking::{self, BookingSnapshot, Command};
use crate::domain::booking_details::{ManualGuest, Party};
use crate::domain::booking_moves::Move;
use crate::domain::calendar::Nights;
use crate::domain::cancellation::CancelledBy;
use crate::domain::ids::{BookingId, UserId};
use crate::domain::stay;
use crate::domain::user::Role;
use crate::http::auth::Principal;
use crate::http::command::{self, Ask};
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::{payments, timeline};

/// Enter a stay that was agreed on elsewhere. It stands at once; nothing is paid here.
#[utoipa::path(post, path = "/api/v1/bookings/manual", tag = "bookings",
    params(("Idempotency-Key" = String, Header)),
    request_body = NewManualBooking, responses((status = 201, body = Booking)))]
pub async fn manual(
    State(state): State<Shared>,
    principal: Principal,
    key: Key,
    Json(body): Json<NewManualBooking>,
) -> Result<Response, Problem> {
    let nights = Nights::new(body.check_in, body.check_out)
        .map_err(|error| Problem::invalid("/check_out", "invalid", &error.to_string()))?;
    let guest = ManualGuest { name: body.guest_name.clone(), note: body.note.clone() };
    let command = Command::Manual {
        by: principal.user,
        booking_id: state.clock.id(),
        unit_id: body.unit_id,
        nights,
        guests: body.guests,
        guest,
        total: body.total,
    };
    let ask = Ask {
        by: principal.user,
        id: key.request_id(principal.user, &[]),
        fingerprint: idempotency::fingerprint(&body),
        command: stay::Command::Booking(command),
    };
    let done = command::ask(&state, body.property_id, ask).await?;
    let booking = Booking::seen_by(done.booking()?, &Sight::then(&state, &principal));
    Ok(done.answer((StatusCode::CREATED, Json(booking))))
}

/// Get some minutes more to pay, once.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/extend", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn extend(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
) -> Result<Response, Problem> {
    step(&state, &principal, id, &key, &(), Command::Extend { by: principal.user, booking_id: id })
        .await
}

/// Ask the landlord whether one may come: for homes that are not booked at once.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/request", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewRequest, responses((status = 200, body = Booking)))]
pub async fn request(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewRequest>,
) -> Result<Response, Problem> {
    let (by, message) = (principal.user, body.message.clone());
    let command = Command::Request { by, booking_id: id, message };
    step(&state, &principal, id, &key, &body, command).await
}

/// Let who asked come. The tenant then has some hours to pay.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/approve", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn approve(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
) -> Result<Response, Problem> {
    let command = Command::Approve { by: principal.user, booking_id: id };
    step(&state, &principal, id, &key, &(), command).await
}

/// Say no to who asked.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/decline", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewDecline, responses((status = 200, body = Booking)))]
pub async fn decline(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewDecline>,
) -> Result<Response, Problem> {
    let (by, reason) = (principal.user, body.reason.clone());
    let command = Command::Decline { by, booking_id: id, reason };
    step(&state, &principal, id, &key, &body, command).await
}

/// As whom somebody looks at what would go back.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// What would go back, in per cent; administrators only.
    #[serde(default, rename = "override", deserialize_with = "extract::text")]
    #[param(maximum = 100)]
    percent: Option<u8>,
}

/// See what would go back if one called it off now.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/cancellation-preview", tag = "bookings",
    params(("id" = String, Path), PreviewQuery),
    responses((status = 200, body = CancellationPreview)))]
pub async fn cancellation_preview(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<CancellationPreview>, Problem> {
    let snapshot = seen(&state, id, &principal).await?;
    let percent = check_percent(&principal, query.percent)?;
    let sight = Sight::now(&state, &principal);
    let who = match (sight.party(&snapshot), percent) {
        (_, Some(percent)) => CancelledBy::Admin { percent },
        (Some(Party::Tenant), None) => CancelledBy::Tenant,
        (Some(Party::Landlord | Party::Admin) | None, None) => CancelledBy::Landlord,
    };
    let client = state.pool.get().await?;
    let property = snapshot.booking.property_id;
    let paid = payments::of_bookings(&client, property, &[id]).await?;
    let now = state.clock.now();
    let zone = zone_of(&snapshot);
    let preview = booking::preview(&snapshot.booking, paid.iter(), who, &zone, now);
    let possible = sight.allowed(&snapshot).contains(&Move::Cancel) || {
        let standing = snapshot.booking.status;
        percent.is_some() && standing == booking::BookingStatus::CheckedIn
    };
    Ok(Json(CancellationPreview::of(possible, &preview)))
}

/// Call a booking off. A tenant gets back what the terms say, of a landlord's cancellation
/// all.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/cancel", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewCancellation, responses((status = 200, body = Booking)))]
pub async fn cancel(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewCancellation>,
) -> Result<Response, Problem> {
    let snapshot = seen(&state, id, &principal).await?;
    let mut percent = check_percent(&principal, body.percent)?;
    if Sight::then(&state, &principal).party(&snapshot) == Some(Party::Admin) {
        percent = Some(percent.unwrap_or(100));
    }
    let command = Command::Cancel {
        by: principal.user,
        booking_id: id,
        percent,
        reason: body.reason.clone(),
        expected: body.expected_refund,
    };
    step(&state, &principal, id, &key, &body, command).await
}

/// Only administrators say by themselves what goes back.
fn check_percent(principal: &Principal, percent: Option<u8>) -> Result<Option<u8>, Problem> {
    let is_admin = principal.roles.contains(&Role::Admin);
    match percent {
        Some(_) if !is_admin => {
            Err(Problem::invalid("/override", "forbidden", "only administrators may"))
        }
        Some(101..) => Err(Problem::invalid("/override", "invalid", "0 to 100")),
        percent => Ok(percent),
    }
}

/// Say that the guests are there: the landlord, or the tenant with the landlord's code.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/check-in", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewCheckIn, responses((status = 200, body = Booking)))]
pub async fn check_in(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewCheckIn>,
) -> Result<Response, Problem> {
    let code = state.links.digits(id.uuid());
    let proved = body.code.as_ref() == Some(&code);
    let command = Command::CheckIn { by: principal.user, booking_id: id, proved };
    step(&state, &principal, id, &key, &body, command).await
}

/// Say that the guests have left; nights that are left are free again.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/check-out", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn check_out(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
) -> Result<Response, Problem> {
    let command = Command::CheckOut { by: principal.user, booking_id: id };
    step(&state, &principal, id, &key, &(), command).await
}

/// Say that nobody came, a day after they could have; the other nights are free again.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/no-show", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn no_show(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
) -> Result<Response, Problem> {
    let command = Command::NoShow { by: principal.user, booking_id: id };
    step(&state, &principal, id, &key, &(), command).await
}

/// Has a booking take a step.
async fn step(
    state: &Shared,
    principal: &Principal,
    id: BookingId,
    key: &Key,
    body: &impl Serialize,
    command: Command,
) -> Result<Response, Problem> {
    let snapshot = seen(state, id, principal).await?;
    let done = tell(state, principal, &snapshot, (key, &[]), body, command).await?;
    let booking = Booking::seen_by(done.booking()?, &Sight::then(state, principal));
    Ok(done.answer(Json(booking)))
}

/// Which part of the timeline.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// See what has happened to a booking, the latest first. A page may be short although there
/// are more: each looks at a limited part of the log.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/timeline", tag = "bookings",
    params(("id" = String, Path), TimelineQuery),
    responses((status = 200, body = List<Happening>)))]
pub async fn timeline(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    Query(query): Query<TimelineQuery>,
) -> Result<Json<List<Happening>>, Problem> {
    const LIST: &str = "timeline of a booking";
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor(LIST, &cursor)).transpose()?;
    let before = before.map(|key| i64::try_from(key.as_u128()).unwrap_or(i64::MAX));
    let snapshot = seen(&state, id, &principal).await?;
    let client = state.pool.get().await?;
    let part = timeline::of_booking(&client, &snapshot.booking, before, i64::from(limit)).await?;
    let next = part.next.and_then(|seq| u128::try_from(seq).ok());
    let next = next.map(|seq| page::cursor(LIST, Uuid::from_u128(seq)));
    let data = part.entries.into_iter().map(|entry| Happening {
        actor: actor(&snapshot, &entry.actor),
        kind: entry.kind,
        at: entry.at,
    });
    Ok(Json(List { data: data.collect(), page: Page { has_more: next.is_some(), next } }))
}

fn actor(snapshot: &BookingSnapshot, name: &str) -> &'static str {
    let person: Result<UserId, _> = name.parse();
    match (person, name) {
        (Ok(person), _) => match snapshot.booking.party(snapshot.landlord_id, person) {
            Some(Party::Tenant) => "tenant",
            Some(Party::Landlord) => "landlord",
            Some(Party::Admin) | None => "admin",
        },
        (Err(_), "provider") => "provider",
        (Err(_), "operator") => "operator",
        (Err(_), _) => "system",
    }
}

//! Bookings: hold, release, check out, and looking at one's own.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::booking_forms::{Booking, Checkout, NewBooking, NewCheckout};
use super::schema::List;
use crate::actors::payer::Payer;
use crate::domain::booking::{self, BookingSnapshot, BookingStatus};
use crate::domain::calendar::Nights;
use crate::domain::gate;
use crate::domain::ids::{BookingId, PropertyId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::stay::Command;
use crate::http::auth::Principal;
use crate::http::command::{self, Ask, Done};
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page;
use crate::http::problem::{Problem, Slug};
use crate::http::slots;
use crate::http::state::Shared;
use crate::storage::{accounts, bookings};

/// The longest path to return to, in bytes.
const RETURN_MAX: usize = 500;

/// As whom one looks at bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// One's own stays.
    #[default]
    Tenant,
    /// Stays in one's own homes.
    Landlord,
}

/// Which bookings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BookingsQuery {
    /// As whom one looks.
    #[serde(default)]
    #[param(inline)]
    role: Side,
    /// Only those of one property; for landlords.
    #[param(value_type = Option<String>)]
    property_id: Option<PropertyId>,
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Hold nights.
#[utoipa::path(post, path = "/api/v1/bookings", tag = "bookings",
    params(("Idempotency-Key" = String, Header)),
    request_body = NewBooking, responses((status = 201, body = Booking)))]
pub async fn hold(
    State(state): State<Shared>,
    principal: Principal,
    key: Key,
    Json(body): Json<NewBooking>,
) -> Result<Response, Problem> {
    let nights = Nights::new(body.check_in, body.check_out)
        .map_err(|error| Problem::invalid("/check_out", "invalid", &error.to_string()))?;
    if body.guests == 0 {
        return Err(Problem::invalid("/guests", "invalid", "at least 1"));
    }
    let (by, limit) = (principal.user, state.config.bookings.holds_per_user);
    // Before anything else: where a crowd waits, one more is told so at once.
    let mut place = Some(state.region.admit(body.property_id.into())?);
    let id = key.request_id(principal.user, &[]);
    command::note(id);
    let mut free = slots::free(&state.pool, gate::holds_of(by), limit).await?;
    let done = loop {
        let command = booking::Command::Hold {
            by,
            booking_id: state.clock.id(),
            unit_id: body.unit_id,
            nights,
            guests: body.guests,
            slot: free.pop(),
        };
        let ask = Ask {
            by,
            id,
            fingerprint: idempotency::fingerprint(&body),
            command: Command::Booking(command),
        };
        let place = match place.take() {
            Some(place) => place,
            None => state.region.admit(body.property_id.into())?,
        };
        match command::ask_in(&state, place, ask).await {
            Err(problem) if problem.slug() == Slug::TooManyHolds && !free.is_empty() => {}
            done => break done?,
        }
    };
    let booking = Booking::seen_by(done.booking()?, principal.user);
    Ok(done.answer((StatusCode::CREATED, Json(booking))))
}

/// List one's own stays, or those in one's own homes; the newest first.
#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings",
    params(BookingsQuery), responses((status = 200, body = List<Booking>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<BookingsQuery>,
) -> Result<Json<List<Booking>>, Problem> {
    let list = match query.role {
        Side::Tenant => "bookings of a tenant",
        Side::Landlord => "bookings of a landlord",
    };
    if query.role == Side::Tenant && query.property_id.is_some() {
        return Err(Problem::invalid("/property_id", "invalid", "only with role=landlord"));
    }
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor(list, &cursor)).transpose()?;
    let (user, before, rows) = (principal.user, before.map(BookingId::from), i64::from(limit) + 1);
    let client = state.pool.get().await?;
    let mut found = match query.role {
        Side::Tenant => bookings::of_tenant(&client, user, before, rows).await?,
        Side::Landlord => {
            bookings::of_landlord(&client, user, query.property_id, before, rows).await?
        }
    };
    let page = page::cut(list, &mut found, limit, |row| row.booking.id.uuid());
    let data = found.iter().map(|row| Booking::seen_by(row, user)).collect();
    Ok(Json(List { data, page }))
}

/// Look at one.
#[utoipa::path(get, path = "/api/v1/bookings/{id}", tag = "bookings",
    params(("id" = String, Path)), responses((status = 200, body = Booking)))]
pub async fn read(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
) -> Result<Json<Booking>, Problem> {
    let snapshot = seen(&state, id, principal.user).await?;
    Ok(Json(Booking::seen_by(&snapshot, principal.user)))
}

/// Give a hold up. While a payment is being closed the booking is `expiring`.
#[utoipa::path(delete, path = "/api/v1/bookings/{id}/hold", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn release(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
) -> Result<Response, Problem> {
    let snapshot = seen(&state, id, principal.user).await?;
    let command = booking::Command::Release { by: principal.user, booking_id: id };
    let done = tell(&state, &principal, &snapshot, &key, &(), command).await?;
    let booking = Booking::seen_by(done.booking()?, principal.user);
    Ok(done.answer(Json(booking)))
}

/// Pay: freezes the price, makes out a payment, and says where to pay. 202 while the
/// payment page is not open yet: send the same request again.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/checkout", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewCheckout,
    responses((status = 200, body = Checkout), (status = 202, body = Checkout)))]
pub async fn checkout(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewCheckout>,
) -> Result<Response, Problem> {
    let snapshot = seen(&state, id, principal.user).await?;
    if !state.payer.is_on() {
        return Err(Refusal::not_bookable("payments-off", "this server takes no payments").into());
    }
    let back = way_back(&state, id, &body)?;
    let (payment_id, user) = (state.clock.id(), principal.user);
    let account = accounts::find(&*state.pool.get().await?, user).await?;
    let email = account.map(|account| account.email);
    let paid = format!("{back}{}paid=1", if back.contains('?') { '&' } else { '?' });
    let request = Payer::session_request(&snapshot, payment_id, email, paid, back);
    let amount = snapshot.booking.total;
    let command =
        booking::Command::Checkout { by: user, booking_id: id, payment_id, amount, request };
    let done = tell(&state, &principal, &snapshot, &key, &body, command).await?;
    let payment = done.booking()?.payment.as_ref();
    let payment_id = payment.ok_or_else(|| Problem::internal(&"checkout without payment"))?.id;
    let property_id = snapshot.booking.property_id;
    let url = state.payer.ensure_session(property_id, payment_id).await?;
    if url.is_none() {
        check_payable(&seen(&state, id, user).await?)?;
    }
    let is_open = url.is_some();
    let answer = Json(Checkout::of(done.booking()?, user, url)?);
    Ok(if is_open {
        done.answer(answer)
    } else {
        let soon = [(header::RETRY_AFTER, HeaderValue::from_static("1"))];
        done.answer((StatusCode::ACCEPTED, soon, answer))
    })
}

/// A booking that somebody may see: its tenant and its landlord.
async fn seen(state: &Shared, id: BookingId, user: UserId) -> Result<BookingSnapshot, Problem> {
    let found = bookings::snapshot(&*state.pool.get().await?, id).await?;
    found
        .filter(|found| found.booking.tenant_id == user || found.landlord_id == user)
        .ok_or_else(Problem::not_found)
}

async fn tell(
    state: &Shared,
    principal: &Principal,
    snapshot: &BookingSnapshot,
    key: &Key,
    body: &impl Serialize,
    command: booking::Command,
) -> Result<Done, Problem> {
    let booking = &snapshot.booking;
    let ask = Ask {
        by: principal.user,
        id: key.request_id(principal.user, &[booking.id.uuid()]),
        fingerprint: idempotency::fingerprint(body),
        command: Command::Booking(command),
    };
    command::ask(state, booking.property_id, ask).await
}

/// The page of our own that the tenant comes back to: never one of another site.
fn way_back(state: &Shared, id: BookingId, body: &NewCheckout) -> Result<String, Problem> {
    let Some(path) = &body.return_url else {
        return Ok(format!("{}/bookings/{id}", state.public_url));
    };
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('#');
    if plain && ours && path.len() <= RETURN_MAX {
        return Ok(format!("{}{path}", state.public_url));
    }
    Err(Problem::invalid("/return_url", "invalid", "a path of this site, such as /bookings"))
}

/// A session that is not open will not open any more once the hold is over.
fn check_payable(now: &BookingSnapshot) -> Result<(), Problem> {
    match now.booking.status {
        BookingStatus::Hold | BookingStatus::PendingPayment => Ok(()),
        status => Err(Refusal::invalid_transition(status.name(), &[]).into()),
    }
}

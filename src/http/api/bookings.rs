//! Bookings: hold, release, check out, and looking at one's own.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::booking_forms::{Booking, Checkout, NewBooking, NewCheckout};
use super::booking_sight::Sight;
use super::pricing;
use super::promos;
use super::schema::List;
use crate::actors::payer::Payer;
use crate::domain::booking::{self, BookingSnapshot, BookingStatus};
use crate::domain::calendar::Nights;
use crate::domain::gate;
use crate::domain::ids::{BookingId, PaymentId, PropertyId};
use crate::domain::money::Money;
use crate::domain::promo;
use crate::domain::quote::Offer;
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
    /// Only those that stand there, such as `confirmed`.
    #[param(value_type = Option<String>)]
    status: Option<BookingStatus>,
    /// Only those that end after this day.
    from: Option<Date>,
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
    let offer = pricing::offered(&state, &body).await?;
    let mut uses = promos::free_uses(&state, offer.as_ref().and_then(Offer::promo)).await?;
    let mut free = slots::free(&state.pool, gate::holds_of(by), limit).await?;
    let (mut slot, mut used) = (free.pop(), uses.pop());
    let done = loop {
        let command = booking::Command::Hold {
            by,
            booking_id: state.clock.id(),
            unit_id: body.unit_id,
            nights,
            guests: body.guests,
            slot,
            offer: offer.clone().map(|offer| Box::new(Offer { slot: used, ..offer })),
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
            Err(problem) if problem.slug() == Slug::TooManyHolds && !free.is_empty() => {
                slot = free.pop();
            }
            Err(problem) if problem.is_because(promo::USED_UP) && !uses.is_empty() => {
                used = uses.pop();
            }
            done => break done?,
        }
    };
    let booking = Booking::seen_by(done.booking()?, &Sight::then(&state, &principal));
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
    let filter = bookings::Filter { status: query.status, from: query.from };
    let client = state.pool.get().await?;
    let mut found = match query.role {
        Side::Tenant => bookings::of_tenant(&client, user, &filter, before, rows).await?,
        Side::Landlord => {
            bookings::of_landlord(&client, user, query.property_id, &filter, before, rows).await?
        }
    };
    let page = page::cut(list, &mut found, limit, |row| row.booking.id.uuid());
    let sight = Sight::now(&state, &principal);
    let data = found.iter().map(|row| Booking::seen_by(row, &sight)).collect();
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
    let snapshot = seen(&state, id, &principal).await?;
    Ok(Json(Booking::seen_by(&snapshot, &Sight::now(&state, &principal))))
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
    let snapshot = seen(&state, id, &principal).await?;
    let command = booking::Command::Release { by: principal.user, booking_id: id };
    let done = tell(&state, &principal, &snapshot, (&key, &[]), &(), command).await?;
    let booking = Booking::seen_by(done.booking()?, &Sight::then(&state, &principal));
    Ok(done.answer(Json(booking)))
}

/// Pay: freezes the price, makes out a payment, and says where to pay. While the landlord is
/// asked the price is only reserved on the card: it is taken when they say yes, and let go
/// otherwise. 202 while the payment page is not open yet: send the same request again.
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
    let snapshot = seen(&state, id, &principal).await?;
    let (by, amount) = (principal.user, snapshot.booking.total);
    let reserve = snapshot.booking.status == BookingStatus::PendingApproval;
    let page = page_of(&state, &principal, &snapshot, (amount, reserve), &body).await?;
    let (booking_id, Page { payment_id, request }) = (id, page);
    let command =
        booking::Command::Checkout { by, booking_id, payment_id, amount, request, reserve };
    let done = tell(&state, &principal, &snapshot, (&key, &[]), &body, command).await?;
    let payment = done.booking()?.payment.as_ref();
    let payment_id = payment.ok_or_else(|| Problem::internal(&"checkout without payment"))?.id;
    let property_id = snapshot.booking.property_id;
    let url = state.payer.ensure_session(property_id, payment_id).await?;
    if url.is_none() {
        check_payable(&seen(&state, id, &principal).await?)?;
    }
    let is_open = url.is_some();
    let answer = Checkout::of(done.booking()?, &Sight::then(&state, &principal), url)?;
    Ok(opened(&done, is_open, answer))
}

/// A payment to be made out, with what the provider will be asked.
pub(super) struct Page {
    pub(super) payment_id: PaymentId,
    pub(super) request: serde_json::Value,
}

/// What a payment of a booking is made out with; `reserve` if it shall only reserve the money.
pub(super) async fn page_of(
    state: &Shared,
    principal: &Principal,
    snapshot: &BookingSnapshot,
    (amount, reserve): (Money, bool),
    body: &NewCheckout,
) -> Result<Page, Problem> {
    if !state.payer.is_on() {
        return Err(Refusal::not_bookable("payments-off", "this server takes no payments").into());
    }
    let back = way_back(state, snapshot.booking.id, body)?;
    let payment_id = state.clock.id();
    let account = accounts::find(&*state.pool.get().await?, principal.user).await?;
    let email = account.map(|account| account.email);
    let paid = format!("{back}{}paid=1", if back.contains('?') { '&' } else { '?' });
    let what = (payment_id, amount, reserve);
    let request = Payer::session_request(snapshot, what, email, paid, back);
    Ok(Page { payment_id, request })
}

/// The answer with a payment page; 202 while it is not open yet.
pub(super) fn opened(done: &Done, is_open: bool, answer: impl Serialize) -> Response {
    if is_open {
        return done.answer(Json(answer));
    }
    let soon = [(header::RETRY_AFTER, HeaderValue::from_static("1"))];
    done.answer((StatusCode::ACCEPTED, soon, Json(answer)))
}

/// A booking that somebody may see: its tenant, its landlord, and administrators.
pub(super) async fn seen(
    state: &Shared,
    id: BookingId,
    principal: &Principal,
) -> Result<BookingSnapshot, Problem> {
    let found = bookings::snapshot(&*state.pool.get().await?, id).await?;
    let sight = Sight::now(state, principal);
    found.filter(|found| sight.party(found).is_some()).ok_or_else(Problem::not_found)
}

/// Asks a booking's property something, on a path with these ids after the booking's.
pub(super) async fn tell(
    state: &Shared,
    principal: &Principal,
    snapshot: &BookingSnapshot,
    (key, ids): (&Key, &[Uuid]),
    body: &impl Serialize,
    command: impl Into<Command>,
) -> Result<Done, Problem> {
    let booking = &snapshot.booking;
    let path: Vec<Uuid> = std::iter::once(booking.id.uuid()).chain(ids.iter().copied()).collect();
    let ask = Ask {
        by: principal.user,
        id: key.request_id(principal.user, &path),
        fingerprint: idempotency::fingerprint(body),
        command: command.into(),
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
        BookingStatus::Hold | BookingStatus::PendingApproval | BookingStatus::PendingPayment => {
            Ok(())
        }
        status => Err(Refusal::invalid_transition(status.name(), &[]).into()),
    }
}

//! Having a booking otherwise: one side proposes, the other answers, the tenant pays what it
//! costs on top.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::booking_forms::{Booking, NewCheckout, Payment};
use super::booking_sight::Sight;
use super::booking_step_forms::{ChangeCheckout, NewChange};
use super::bookings::{Page, opened, page_of, seen, tell};
use crate::domain::booking::{Answer, Command};
use crate::domain::ids::{BookingId, ProposalId};
use crate::domain::payment::PaymentStatus;
use crate::domain::refusal::Refusal;
use crate::http::auth::Principal;
use crate::http::extract::{Id, Json, Two};
use crate::http::idempotency::Key;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::promos;

/// Propose other dates, another unit type or other guests. What it would cost is in the
/// booking's `change`.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/changes", tag = "bookings",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewChange, responses((status = 201, body = Booking)))]
pub async fn propose(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<BookingId>,
    key: Key,
    Json(body): Json<NewChange>,
) -> Result<Response, Problem> {
    let snapshot = seen(&state, id, &principal).await?;
    let promo = match snapshot.booking.terms.promo {
        Some(promo) => promos::find(&*state.pool.get().await?, promo).await?,
        None => None,
    };
    let command = Command::Propose {
        by: principal.user,
        booking_id: id,
        change_id: state.clock.id(),
        unit_id: body.unit_id,
        check_in: body.check_in,
        check_out: body.check_out,
        guests: body.guests,
        promo: promo.map(|promo| Box::new(promo.terms)),
    };
    let done = tell(&state, &principal, &snapshot, (&key, &[]), &body, command).await?;
    let booking = Booking::seen_by(done.booking()?, &Sight::then(&state, &principal));
    Ok(done.answer((StatusCode::CREATED, Json(booking))))
}

/// Say yes to a proposal of the other side. What costs nothing on top is so at once.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/changes/{change_id}/accept", tag = "bookings",
    params(("id" = String, Path), ("change_id" = String, Path),
        ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn accept(
    State(state): State<Shared>,
    principal: Principal,
    Two(id, change): Two<BookingId, ProposalId>,
    key: Key,
) -> Result<Response, Problem> {
    answer(&state, &principal, (id, change), &key, Answer::Accept).await
}

/// Say no to a proposal of the other side.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/changes/{change_id}/decline", tag = "bookings",
    params(("id" = String, Path), ("change_id" = String, Path),
        ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn decline(
    State(state): State<Shared>,
    principal: Principal,
    Two(id, change): Two<BookingId, ProposalId>,
    key: Key,
) -> Result<Response, Problem> {
    answer(&state, &principal, (id, change), &key, Answer::Decline).await
}

/// Take a proposal back.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/changes/{change_id}/withdraw", tag = "bookings",
    params(("id" = String, Path), ("change_id" = String, Path),
        ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Booking)))]
pub async fn withdraw(
    State(state): State<Shared>,
    principal: Principal,
    Two(id, change): Two<BookingId, ProposalId>,
    key: Key,
) -> Result<Response, Problem> {
    answer(&state, &principal, (id, change), &key, Answer::Withdraw).await
}

async fn answer(
    state: &Shared,
    principal: &Principal,
    (id, change_id): (BookingId, ProposalId),
    key: &Key,
    answer: Answer,
) -> Result<Response, Problem> {
    let snapshot = seen(state, id, principal).await?;
    let command = Command::Answer { by: principal.user, booking_id: id, change_id, answer };
    let key = (key, &[change_id.uuid()][..]);
    let done = tell(state, principal, &snapshot, key, &(), command).await?;
    let booking = Booking::seen_by(done.booking()?, &Sight::then(state, principal));
    Ok(done.answer(Json(booking)))
}

/// Pay what an accepted change costs on top. 202 while the payment page is not open yet: send
/// the same request again. The change takes place when the money is there and its nights still
/// are; else the money goes back.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/changes/{change_id}/checkout", tag = "bookings",
    params(("id" = String, Path), ("change_id" = String, Path),
        ("Idempotency-Key" = String, Header)),
    request_body = NewCheckout,
    responses((status = 200, body = ChangeCheckout), (status = 202, body = ChangeCheckout)))]
pub async fn checkout(
    State(state): State<Shared>,
    principal: Principal,
    Two(id, change_id): Two<BookingId, ProposalId>,
    key: Key,
    Json(body): Json<NewCheckout>,
) -> Result<Response, Problem> {
    let snapshot = seen(&state, id, &principal).await?;
    let change = snapshot.booking.details.change.as_ref().filter(|change| change.id == change_id);
    let amount = change.ok_or_else(Problem::not_found)?.difference;
    let page = page_of(&state, &principal, &snapshot, (amount, false), &body).await?;
    let Page { payment_id, request } = page;
    let by = principal.user;
    let command = Command::PayChange { by, booking_id: id, change_id, payment_id, amount, request };
    let ids = [change_id.uuid()];
    let done = tell(&state, &principal, &snapshot, (&key, &ids[..]), &body, command).await?;
    let outcome = done.booking()?;
    let change = outcome.booking.details.change.as_ref();
    let payment_id = change.and_then(|change| change.payment_id);
    let payment_id = payment_id.ok_or_else(|| Problem::internal(&"change without payment"))?;
    let property_id = snapshot.booking.property_id;
    let url = state.payer.ensure_session(property_id, payment_id).await?;
    if url.is_none() {
        let now = seen(&state, id, &principal).await?;
        let open = now.booking.details.open_change();
        if open.is_none_or(|change| change.payment_id != Some(payment_id)) {
            let status = now.booking.status.name();
            return Err(Refusal::invalid_transition(status, &[]).into());
        }
    }
    let answer = ChangeCheckout {
        booking: Booking::seen_by(outcome, &Sight::then(&state, &principal)),
        payment: Payment::made_out(payment_id, PaymentStatus::Created),
        checkout_url: url.clone(),
    };
    Ok(opened(&done, url.is_some(), answer))
}

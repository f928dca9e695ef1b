//! Payments of bookings and what went back of them, for tenants, landlords and administrators.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bookings::Side;
use super::schema::{List, MoneyForm};
use crate::domain::ids::{BookingId, PaymentId, PropertyId, RefundId};
use crate::domain::money::Money;
use crate::domain::payment::{self, Command, PaymentStatus, Purpose, RefundStatus};
use crate::domain::stay;
use crate::domain::user::Role;
use crate::http::auth::Principal;
use crate::http::command::{self, Ask};
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::payments::{self, Whose};

/// Which payments or refunds.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PaymentsQuery {
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

/// A payment.
#[derive(Serialize, ToSchema)]
#[schema(as = PaymentRecord)]
pub struct Payment {
    /// Its id.
    #[schema(value_type = String)]
    id: PaymentId,
    /// The property.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// The booking that it is for.
    #[schema(value_type = String)]
    booking_id: BookingId,
    /// What of it: `stay`, or `change` for what a change costs on top.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// Where it stands: `created`, `authorized` (reserved on the card, nothing was taken),
    /// `canceled`, `succeeded`, `partially_refunded` or `refunded`.
    #[schema(value_type = String)]
    status: PaymentStatus,
    /// What was to be paid.
    #[schema(value_type = MoneyForm)]
    amount: Money,
    /// What came.
    #[schema(value_type = MoneyForm)]
    captured: Money,
    /// What of it went back, or is on its way.
    #[schema(value_type = MoneyForm)]
    refunded: Money,
    /// Attempts that failed.
    attempts: i32,
    /// When it was made out.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

/// Money that goes back.
#[derive(Serialize, ToSchema)]
pub struct Refund {
    /// Its id.
    #[schema(value_type = String)]
    id: RefundId,
    /// The payment that it is of.
    #[schema(value_type = String)]
    payment_id: PaymentId,
    /// The booking.
    #[schema(value_type = String)]
    booking_id: BookingId,
    /// What goes back.
    #[schema(value_type = MoneyForm)]
    amount: Money,
    /// A stable word for the reason, such as `cancelled` or `goodwill`.
    reason: String,
    /// What whoever sent it wrote with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// How it goes: `pending`, `succeeded` or `failed`.
    #[schema(value_type = String)]
    status: RefundStatus,
    /// When it was made out.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

/// Money to send back.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// How much; at most what came and has not gone back, without the deposit.
    #[schema(value_type = MoneyForm)]
    amount: Money,
    /// Why, for the tenant to read.
    #[schema(min_length = 1, max_length = 1000, examples("The heating was out."))]
    reason: String,
}

/// List the payments of one's own stays, or of those in one's own homes; the newest first.
#[utoipa::path(get, path = "/api/v1/payments", tag = "payments",
    params(PaymentsQuery), responses((status = 200, body = List<Payment>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<PaymentsQuery>,
) -> Result<Json<List<Payment>>, Problem> {
    let list = match query.role {
        Side::Tenant => "payments of a tenant",
        Side::Landlord => "payments to a landlord",
    };
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor(list, &cursor)).transpose()?;
    let client = state.pool.get().await?;
    let whose = whose(query.role, &principal);
    let before = before.map(PaymentId::from);
    let mut found = payments::list(&client, whose, before, i64::from(limit) + 1).await?;
    let page = page::cut(list, &mut found, limit, |row| row.id.uuid());
    Ok(Json(List { data: found.iter().map(Payment::of).collect(), page }))
}

/// Look at one.
#[utoipa::path(get, path = "/api/v1/payments/{id}", tag = "payments",
    params(("id" = String, Path)), responses((status = 200, body = Payment)))]
pub async fn read(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PaymentId>,
) -> Result<Json<Payment>, Problem> {
    Ok(Json(Payment::of(&seen(&state, &principal, id).await?)))
}

/// Send money back: the landlord, or an administrator.
#[utoipa::path(post, path = "/api/v1/payments/{id}/refunds", tag = "payments",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = NewRefund, responses((status = 201, body = Refund)))]
pub async fn refund(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PaymentId>,
    key: Key,
    Json(body): Json<NewRefund>,
) -> Result<Response, Problem> {
    let payment = seen(&state, &principal, id).await?;
    let command = Command::Refund {
        by: principal.user,
        admin: principal.roles.contains(&Role::Admin),
        payment_id: id,
        amount: body.amount,
        reason: body.reason.clone(),
    };
    let ask = Ask {
        by: principal.user,
        id: key.request_id(principal.user, &[id.uuid()]),
        fingerprint: idempotency::fingerprint(&body),
        command: stay::Command::Payment(command),
    };
    let done = command::ask(&state, payment.property_id, ask).await?;
    let refund = Refund::of(done.refund()?);
    Ok(done.answer((StatusCode::CREATED, Json(refund))))
}

/// List what goes back for one's own stays, or for those in one's own homes; the newest first.
#[utoipa::path(get, path = "/api/v1/refunds", tag = "payments",
    params(PaymentsQuery), responses((status = 200, body = List<Refund>)))]
pub async fn list_refunds(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<PaymentsQuery>,
) -> Result<Json<List<Refund>>, Problem> {
    let list = match query.role {
        Side::Tenant => "refunds to a tenant",
        Side::Landlord => "refunds of a landlord",
    };
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor_at(list, &cursor)).transpose()?;
    let client = state.pool.get().await?;
    let whose = whose(query.role, &principal);
    let mut found = payments::list_refunds(&client, whose, before, i64::from(limit) + 1).await?;
    let page = page::cut_at(list, &mut found, limit, |row| (row.created_at, row.id.uuid()));
    Ok(Json(List { data: found.iter().map(Refund::of).collect(), page }))
}

/// Look at one.
#[utoipa::path(get, path = "/api/v1/refunds/{id}", tag = "payments",
    params(("id" = String, Path)), responses((status = 200, body = Refund)))]
pub async fn read_refund(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<RefundId>,
) -> Result<Json<Refund>, Problem> {
    let client = state.pool.get().await?;
    let found = payments::refund_seen(&client, id, viewer(&principal)).await?;
    Ok(Json(Refund::of(&found.ok_or_else(Problem::not_found)?)))
}

async fn seen(
    state: &Shared,
    principal: &Principal,
    id: PaymentId,
) -> Result<payment::Payment, Problem> {
    let client = state.pool.get().await?;
    let found = payments::seen(&client, id, viewer(principal)).await?;
    found.ok_or_else(Problem::not_found)
}

fn whose(role: Side, principal: &Principal) -> Whose {
    match role {
        Side::Tenant => Whose::Tenant(principal.user),
        Side::Landlord => Whose::Landlord(principal.user),
    }
}

/// Who looks at one of them; administrators look at all.
fn viewer(principal: &Principal) -> Whose {
    if principal.roles.contains(&Role::Admin) {
        Whose::Anybody
    } else {
        Whose::Either(principal.user)
    }
}

impl Payment {
    fn of(payment: &payment::Payment) -> Self {
        let money = |amount| Money { amount, ..payment.amount };
        Self {
            id: payment.id,
            property_id: payment.property_id,
            booking_id: payment.booking_id,
            purpose: payment.purpose,
            status: payment.status,
            amount: payment.amount,
            captured: money(payment.captured),
            refunded: money(payment.refunded),
            attempts: payment.attempts,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
        }
    }
}

impl Refund {
    fn of(refund: &payment::Refund) -> Self {
        Self {
            id: refund.id,
            payment_id: refund.payment_id,
            booking_id: refund.booking_id,
            amount: refund.amount,
            reason: refund.reason.clone(),
            note: refund.note.clone(),
            status: refund.status,
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}

//! Payments and refunds, read. They are written by [`super::batch`].

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::ids::{BookingId, PaymentId, PropertyId, RefundId, UserId};
use crate::domain::payment::{Payment, Refund};

/// Payments of a property by their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(
    client: &Client,
    property: PropertyId,
    ids: &[PaymentId],
) -> Result<Vec<Payment>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select * from payments where property_id = $1 and id = any($2)",
            &[&property.uuid(), &ids],
        )
        .await?;
    rows.iter().map(to_payment).collect()
}

/// Payments of the given bookings.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_bookings(
    client: &Client,
    property: PropertyId,
    bookings: &[BookingId],
) -> Result<Vec<Payment>, StorageError> {
    let ids: Vec<Uuid> = bookings.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select * from payments where property_id = $1 and booking_id = any($2)",
            &[&property.uuid(), &ids],
        )
        .await?;
    rows.iter().map(to_payment).collect()
}

/// Refunds of a property by their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_refunds(
    client: &Client,
    property: PropertyId,
    ids: &[RefundId],
) -> Result<Vec<Refund>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select * from refunds where property_id = $1 and id = any($2)",
            &[&property.uuid(), &ids],
        )
        .await?;
    rows.iter().map(to_refund).collect()
}

/// Whose payments and refunds are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those for somebody's stays.
    Tenant(UserId),
    /// Those for stays in somebody's homes.
    Landlord(UserId),
    /// Both.
    Either(UserId),
    /// Everybody's.
    Anybody,
}

impl Whose {
    /// The condition on a booking `b` and its property `p`, with the person as $1.
    const fn condition(self) -> &'static str {
        match self {
            Self::Tenant(_) => "b.tenant_id = $1",
            Self::Landlord(_) => "p.owner_id = $1",
            Self::Either(_) => "(b.tenant_id = $1 or p.owner_id = $1)",
            Self::Anybody => "$1::uuid is not null",
        }
    }

    const fn person(self) -> Uuid {
        match self {
            Self::Tenant(user) | Self::Landlord(user) | Self::Either(user) => user.uuid(),
            Self::Anybody => Uuid::nil(),
        }
    }
}

const OF_STAYS: &str = "join bookings b on b.id = y.booking_id and b.property_id = y.property_id
    join properties p on p.id = y.property_id";

/// A payment that somebody may see.
///
/// # Errors
/// When the database cannot be read.
pub async fn seen(
    client: &Client,
    id: PaymentId,
    whose: Whose,
) -> Result<Option<Payment>, StorageError> {
    let condition = whose.condition();
    let query = format!("select y.* from payments y {OF_STAYS} where {condition} and y.id = $2");
    let row = client.query_opt(&query, &[&whose.person(), &id.uuid()]).await?;
    row.as_ref().map(to_payment).transpose()
}

/// Payments before `before`, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    whose: Whose,
    before: Option<PaymentId>,
    limit: i64,
) -> Result<Vec<Payment>, StorageError> {
    let condition = whose.condition();
    let query = format!(
        "select y.* from payments y {OF_STAYS} where {condition} and y.id < $2
         order by y.id desc limit $3"
    );
    let before = before.map_or(Uuid::max(), PaymentId::uuid);
    let rows = client.query(&query, &[&whose.person(), &before, &limit]).await?;
    rows.iter().map(to_payment).collect()
}

/// A refund that somebody may see.
///
/// # Errors
/// When the database cannot be read.
pub async fn refund_seen(
    client: &Client,
    id: RefundId,
    whose: Whose,
) -> Result<Option<Refund>, StorageError> {
    let condition = whose.condition();
    let query = format!("select y.* from refunds y {OF_STAYS} where {condition} and y.id = $2");
    let row = client.query_opt(&query, &[&whose.person(), &id.uuid()]).await?;
    row.as_ref().map(to_refund).transpose()
}

/// Refunds made out before a time, and of that time those with a lower id, the newest first:
/// their ids derive from what causes them and say nothing of time.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_refunds(
    client: &Client,
    whose: Whose,
    before: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<Refund>, StorageError> {
    let condition = whose.condition();
    let query = format!(
        "select y.* from refunds y {OF_STAYS} where {condition}
         and ($2::timestamptz is null or (y.created_at, y.id) < ($2, $3))
         order by y.created_at desc, y.id desc limit $4"
    );
    let (at, id) = (before.map(|(at, _)| at), before.map_or(Uuid::max(), |(_, id)| id));
    let rows = client.query(&query, &[&whose.person(), &at, &id, &limit]).await?;
    rows.iter().map(to_refund).collect()
}

/// A payment as the JSON form of its row.
pub(super) fn row_of(payment: &Payment) -> Value {
    json!({
        "id": payment.id.uuid(),
        "property_id": payment.property_id.uuid(),
        "booking_id": payment.booking_id.uuid(),
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "purpose": payment.purpose.name(),
        "captured": payment.captured,
        "refunded": payment.refunded,
        "attempts": payment.attempts,
        "status": payment.status.name(),
        "request": payment.request,
        "session_id": payment.session_id,
        "session_url": payment.session_url,
        "intent_id": payment.intent_id,
        "close_attempts": payment.close_attempts,
        "version": payment.version,
        "created_at": payment.created_at,
        "updated_at": payment.updated_at,
    })
}

/// A refund as the JSON form of its row.
pub(super) fn refund_row_of(refund: &Refund) -> Value {
    json!({
        "id": refund.id.uuid(),
        "property_id": refund.property_id.uuid(),
        "payment_id": refund.payment_id.uuid(),
        "booking_id": refund.booking_id.uuid(),
        "amount": refund.amount.amount,
        "currency": refund.amount.currency,
        "reason": refund.reason,
        "note": refund.note,
        "parts": refund.parts,
        "status": refund.status.name(),
        "provider_ref": refund.provider_ref,
        "version": refund.version,
        "created_at": refund.created_at,
        "updated_at": refund.updated_at,
    })
}

fn to_payment(row: &Row) -> Result<Payment, StorageError> {
    Ok(Payment {
        id: PaymentId::from(row.get::<_, Uuid>("id")),
        property_id: PropertyId::from(row.get::<_, Uuid>("property_id")),
        booking_id: BookingId::from(row.get::<_, Uuid>("booking_id")),
        purpose: types::named(row.get("purpose"))?,
        amount: types::money(row, "amount")?,
        captured: row.get("captured"),
        refunded: row.get("refunded"),
        attempts: row.get("attempts"),
        status: types::named(row.get("status"))?,
        request: row.get("request"),
        session_id: row.get("session_id"),
        session_url: row.get("session_url"),
        intent_id: row.get("intent_id"),
        close_attempts: row.get("close_attempts"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

fn to_refund(row: &Row) -> Result<Refund, StorageError> {
    Ok(Refund {
        id: RefundId::from(row.get::<_, Uuid>("id")),
        property_id: PropertyId::from(row.get::<_, Uuid>("property_id")),
        payment_id: PaymentId::from(row.get::<_, Uuid>("payment_id")),
        booking_id: BookingId::from(row.get::<_, Uuid>("booking_id")),
        amount: types::money(row, "amount")?,
        reason: row.get("reason"),
        note: row.get("note"),
        parts: types::maybe_json(row, "parts")?,
        status: types::named(row.get("status"))?,
        provider_ref: row.get("provider_ref"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

//! Payments and refunds, read. They are written by [`super::batch`].

use serde_json::{Value, json};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::ids::{BookingId, PaymentId, PropertyId, RefundId};
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

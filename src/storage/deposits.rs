//! Deposits, read. They are written by [`super::batch`].

use serde_json::{Value, json};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::deposit::Deposit;
use crate::domain::ids::{BookingId, PropertyId, TimerId, UserId};

/// Whose deposits are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those that somebody has paid.
    Tenant(UserId),
    /// Those for somebody's homes.
    Landlord(UserId),
    /// Those that an administrator has to decide on.
    Contested,
}

/// A deposit by its booking.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, id: BookingId) -> Result<Option<Deposit>, StorageError> {
    let row = client.query_opt("select * from deposits where id = $1", &[&id.uuid()]).await?;
    row.as_ref().map(to_deposit).transpose()
}

/// Deposits of the given bookings of a property.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_bookings(
    client: &Client,
    property: PropertyId,
    bookings: &[BookingId],
) -> Result<Vec<Deposit>, StorageError> {
    let ids: Vec<Uuid> = bookings.iter().map(|id| id.uuid()).collect();
    let query = "select * from deposits where property_id = $1 and id = any($2)";
    let rows = client.query(query, &[&property.uuid(), &ids]).await?;
    rows.iter().map(to_deposit).collect()
}

/// Deposits before `before`, those of the newest bookings first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    client: &Client,
    whose: Whose,
    before: Option<BookingId>,
    limit: i64,
) -> Result<Vec<Deposit>, StorageError> {
    let (which, user) = match whose {
        Whose::Tenant(user) => ("tenant_id = $1", user.uuid()),
        Whose::Landlord(user) => ("landlord_id = $1", user.uuid()),
        Whose::Contested => ("status = 'contested' and $1::uuid is not null", Uuid::nil()),
    };
    let before = before.map_or(Uuid::max(), BookingId::uuid);
    let query =
        format!("select * from deposits where {which} and id < $2 order by id desc limit $3");
    let rows = client.query(&query, &[&user, &before, &limit]).await?;
    rows.iter().map(to_deposit).collect()
}

/// A deposit as the JSON form of its row.
pub(super) fn row_of(deposit: &Deposit) -> Value {
    json!({
        "id": deposit.id.uuid(),
        "property_id": deposit.property_id.uuid(),
        "tenant_id": deposit.tenant_id.uuid(),
        "landlord_id": deposit.landlord_id.uuid(),
        "currency": deposit.currency,
        "amount": deposit.amount,
        "deductions": deposit.deductions,
        "returned": deposit.returned,
        "kept": deposit.kept,
        "status": deposit.status.name(),
        "release_at": deposit.release_at,
        "timer_id": deposit.timer.map(TimerId::uuid),
        "objection": deposit.objection,
        "decision": deposit.decision,
        "version": deposit.version,
        "created_at": deposit.created_at,
        "updated_at": deposit.updated_at,
    })
}

fn to_deposit(row: &Row) -> Result<Deposit, StorageError> {
    let id = |column: &str| row.get::<_, Uuid>(column);
    Ok(Deposit {
        id: id("id").into(),
        property_id: id("property_id").into(),
        tenant_id: id("tenant_id").into(),
        landlord_id: id("landlord_id").into(),
        currency: types::currency(row)?,
        amount: row.get("amount"),
        deductions: types::json(row, "deductions")?,
        returned: row.get("returned"),
        kept: row.get("kept"),
        status: types::named(row.get("status"))?,
        release_at: row.get("release_at"),
        timer: row.get::<_, Option<Uuid>>("timer_id").map(TimerId::from),
        objection: row.get("objection"),
        decision: row.get("decision"),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

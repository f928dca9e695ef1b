//! What the nights of homes are taken by, read; and the blocks of landlords. They are
//! written by [`super::batch`]; what no property looks at any more is deleted here.

use jiff::civil::Date;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::block::{Block, Blocked};
use crate::domain::booking::BookingStatus;
use crate::domain::calendar::Nights;
use crate::domain::ids::{BlockId, BookingId, PropertyId, UnitId, UserId};
use crate::domain::inventory::Slot;

/// Who takes nights, as the landlord sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenBy {
    /// A stay.
    Stay {
        /// The booking.
        id: BookingId,
        /// Where it stands.
        status: BookingStatus,
        /// The guest's name.
        guest: String,
        /// How many people come.
        guests: u16,
    },
    /// The landlord.
    Block {
        /// The block.
        id: BlockId,
        /// Why.
        reason: String,
    },
}

/// Nights of a unit that are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The property.
    pub property_id: PropertyId,
    /// The unit.
    pub slot_id: i64,
    /// The nights.
    pub nights: Nights,
    /// Whether it stays in this unit when others are dealt out anew.
    pub pinned: bool,
    /// Who takes them.
    pub by: TakenBy,
}

/// The units of properties, without those that were taken away, in the order of their
/// numbers.
///
/// # Errors
/// When the database cannot be read.
pub async fn slots(
    client: &Client,
    properties: &[PropertyId],
) -> Result<Vec<(PropertyId, Slot)>, StorageError> {
    let ids: Vec<Uuid> = properties.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select property_id, slot_id, unit_id, unit_no from slots
             where property_id = any($1) and retired_at is null order by property_id, unit_no",
            &[&ids],
        )
        .await?;
    let slot = |row: &Row| {
        let slot = Slot {
            slot_id: row.get("slot_id"),
            unit_id: UnitId::from(row.get::<_, Uuid>("unit_id")),
            unit_no: types::small(row, "unit_no")?,
        };
        Ok((PropertyId::from(row.get::<_, Uuid>("property_id")), slot))
    };
    rows.iter().map(slot).collect()
}

/// What is taken of properties on any night of `[from, to)`, by unit in the order of nights.
///
/// # Errors
/// When the database cannot be read.
pub async fn taken(
    client: &Client,
    properties: &[PropertyId],
    from: Date,
    to: Date,
) -> Result<Vec<Taken>, StorageError> {
    let ids: Vec<Uuid> = properties.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select o.property_id, o.slot_id, o.ref, o.kind, o.pinned,
                 lower(o.nights) as check_in, upper(o.nights) as check_out,
                 b.status, b.guests, coalesce(b.details #>> '{guest,name}', u.name) as guest,
                 k.reason
             from occupancies o
             left join bookings b on b.id = o.ref and b.property_id = o.property_id
             left join users u on u.id = b.tenant_id
             left join blocks k on k.id = o.ref and k.property_id = o.property_id
             where o.property_id = any($1) and o.nights && daterange($2, $3)
             order by o.slot_id, o.nights",
            &[&ids, &from, &to],
        )
        .await?;
    rows.iter().map(to_taken).collect()
}

fn to_taken(row: &Row) -> Result<Taken, StorageError> {
    let id: Uuid = row.get("ref");
    let by = match row.get::<_, Option<&str>>("status") {
        Some(status) => TakenBy::Stay {
            id: id.into(),
            status: types::named(status)?,
            guest: row.get::<_, Option<String>>("guest").unwrap_or_default(),
            guests: types::small(row, "guests")?,
        },
        None => TakenBy::Block {
            id: id.into(),
            reason: row.get::<_, Option<String>>("reason").unwrap_or_default(),
        },
    };
    Ok(Taken {
        property_id: PropertyId::from(row.get::<_, Uuid>("property_id")),
        slot_id: row.get("slot_id"),
        nights: nights(row)?,
        pinned: row.get("pinned"),
        by,
    })
}

/// Deletes the nights of stays whose guests left before `before`; how many. They are kept for
/// the gap behind them, so this has to be longer ago than any gap is long.
///
/// # Errors
/// When the database refuses.
pub async fn trim(client: &Client, before: Date) -> Result<u64, StorageError> {
    let delete = "delete from occupancies o using bookings b
         where o.kind = 'booking' and upper(o.nights) < $1
         and b.property_id = o.property_id and b.id = o.ref and b.status = 'completed'";
    Ok(client.execute(delete, &[&before]).await?)
}

const BLOCKS: &str = "select k.*, s.unit_no, p.owner_id from blocks k
    join properties p on p.id = k.property_id
    join occupancies o on o.property_id = k.property_id and o.ref = k.id
    join slots s on s.slot_id = o.slot_id";

/// The blocks of a property that end after `today`, after `after`, in the order of their
/// ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn blocks(
    client: &Client,
    property: PropertyId,
    today: Date,
    after: Option<BlockId>,
    limit: i64,
) -> Result<Vec<Blocked>, StorageError> {
    let after = after.map_or(Uuid::nil(), BlockId::uuid);
    let query = format!(
        "{BLOCKS} where k.property_id = $1 and k.check_out > $2 and k.id > $3
         order by k.id limit $4"
    );
    let rows = client.query(&query, &[&property.uuid(), &today, &after, &limit]).await?;
    rows.iter().map(to_blocked).collect()
}

/// A block by its id, and whose home it is in.
///
/// # Errors
/// When the database cannot be read.
pub async fn block(
    client: &Client,
    id: BlockId,
) -> Result<Option<(Blocked, UserId)>, StorageError> {
    let row = client.query_opt(&format!("{BLOCKS} where k.id = $1"), &[&id.uuid()]).await?;
    let with_owner = |row: &Row| Ok((to_blocked(row)?, row.get::<_, Uuid>("owner_id").into()));
    row.as_ref().map(with_owner).transpose()
}

fn to_blocked(row: &Row) -> Result<Blocked, StorageError> {
    let id = |column: &str| row.get::<_, Uuid>(column);
    Ok(Blocked {
        block: Block {
            id: id("id").into(),
            property_id: id("property_id").into(),
            unit_id: id("unit_id").into(),
            nights: nights(row)?,
            reason: row.get("reason"),
            created_by: id("created_by").into(),
            created_at: row.get("created_at"),
        },
        unit_no: types::small(row, "unit_no")?,
    })
}

fn nights(row: &Row) -> Result<Nights, StorageError> {
    Nights::new(row.get("check_in"), row.get("check_out")).map_err(StorageError::malformed)
}

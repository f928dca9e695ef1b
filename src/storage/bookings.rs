//! Bookings and the nights they take, read. They are written by [`super::batch`].

use std::collections::{BTreeMap, HashMap};

use futures_util::try_join;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::booking::{Booking, BookingSnapshot, BookingStatus, PaymentGlance};
use crate::domain::calendar::{EPOCH, Nights, days_between};
use crate::domain::event::StayFacts;
use crate::domain::fullness::{self, Taken, UnitNights};
use crate::domain::ids::{BookingId, PaymentId, PropertyId, TimerId, UnitId, UserId};
use crate::domain::inventory::{Occupancy, Occupant};
use crate::domain::stay_rules::BUFFER_MAX;

const SNAPSHOT: &str = "select b.*, p.title, p.owner_id, p.zone,
        y.status as payment_status, y.session_url,
        (select s.unit_no from occupancies o join slots s using (slot_id)
         where o.property_id = b.property_id and o.ref = b.id) as unit_no
    from bookings b
    join properties p on p.id = b.property_id
    left join payments y on y.id = b.payment_id and y.property_id = b.property_id";

/// The units of properties, with how many nights before and after a stay are kept free.
const SLOTS: &str = "select s.slot_id, s.property_id, s.unit_id, u.count, greatest(0,
        (p.stay_rules ->> 'buffer_before')::int, (p.stay_rules ->> 'buffer_after')::int) as buffer
    from properties p
    join units u on u.property_id = p.id
    join slots s on s.property_id = p.id and s.unit_id = u.id
    where p.id = any($1) and s.retired_at is null";

/// What is taken of them, in days since [`EPOCH`]: slot, whether by a booking, first night, night after.
const TAKEN: &str = "select slot_id, kind = 'booking', lower(nights) - '1970-01-01'::date,
        upper(nights) - '1970-01-01'::date
    from occupancies where property_id = any($1) and upper(nights) > $2::date - $3::int";

/// A booking with what its reader needs beside it.
///
/// # Errors
/// When the database cannot be read.
pub async fn snapshot(
    client: &Client,
    id: BookingId,
) -> Result<Option<BookingSnapshot>, StorageError> {
    let query = format!("{SNAPSHOT} where b.id = $1");
    let row = client.query_opt(&query, &[&id.uuid()]).await?;
    row.as_ref().map(to_snapshot).transpose()
}

/// Which bookings of a list are wanted; nothing set: all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only those that stand there.
    pub status: Option<BookingStatus>,
    /// Only those that end after this day.
    pub from: Option<Date>,
}

/// A tenant's bookings before `before`, the newest first. Those that somebody entered as a
/// landlord are not among them.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_tenant(
    client: &Client,
    tenant: UserId,
    filter: &Filter,
    before: Option<BookingId>,
    limit: i64,
) -> Result<Vec<BookingSnapshot>, StorageError> {
    let query = format!(
        "{SNAPSHOT} where b.tenant_id = $1 and b.id < $2 and (b.details ? 'guest') is not true
         and ($4::text is null or b.status = $4) and ($5::date is null or b.check_out > $5)
         order by b.id desc limit $3"
    );
    let before = before.map_or(Uuid::max(), BookingId::uuid);
    let status = filter.status.map(BookingStatus::name);
    let rows =
        client.query(&query, &[&tenant.uuid(), &before, &limit, &status, &filter.from]).await?;
    rows.iter().map(to_snapshot).collect()
}

/// Bookings of a landlord's homes, or of one of them, before `before`, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_landlord(
    client: &Client,
    landlord: UserId,
    property: Option<PropertyId>,
    filter: &Filter,
    before: Option<BookingId>,
    limit: i64,
) -> Result<Vec<BookingSnapshot>, StorageError> {
    let query = format!(
        "{SNAPSHOT} where p.owner_id = $1 and ($2::uuid is null or p.id = $2) and b.id < $3
         and ($5::text is null or b.status = $5) and ($6::date is null or b.check_out > $6)
         order by b.id desc limit $4"
    );
    let before = before.map_or(Uuid::max(), BookingId::uuid);
    let (property, status) =
        (property.map(PropertyId::uuid), filter.status.map(BookingStatus::name));
    let values: [&(dyn ToSql + Sync); 6] =
        [&landlord.uuid(), &property, &before, &limit, &status, &filter.from];
    let rows = client.query(&query, &values).await?;
    rows.iter().map(to_snapshot).collect()
}

/// Nights of properties on which a unit type has no unit free any more, from `today` on; what
/// is full nowhere is left out. Nights too close to a stay count, though it may be possible to
/// deal stays out so that they are free. The database only reads what is taken: a hotel has tens
/// of thousands of stays to come.
///
/// # Errors
/// When the database cannot be read.
pub async fn full_nights(
    client: &Client,
    properties: &[PropertyId],
    today: Date,
) -> Result<HashMap<PropertyId, UnitNights>, StorageError> {
    let ids: Vec<Uuid> = properties.iter().map(|id| id.uuid()).collect();
    let slots: [&(dyn ToSql + Sync); 1] = [&ids];
    let taken: [&(dyn ToSql + Sync); 3] = [&ids, &today, &i32::from(BUFFER_MAX)];
    let (slots, taken) = try_join!(client.query(SLOTS, &slots), client.query(TAKEN, &taken))?;
    let of: HashMap<i64, &Row> = slots.iter().map(|row| (row.get("slot_id"), row)).collect();
    let mut types: BTreeMap<(Uuid, Uuid), (i32, Vec<Taken>)> = BTreeMap::new();
    let from = days_between(EPOCH, today);
    for row in &taken {
        let slot_id = row.get(0);
        // One that was taken away, or has come since.
        let Some(slot) = of.get(&slot_id) else { continue };
        let gap: i32 = if row.get(1) { slot.get("buffer") } else { 0 };
        let (first, over) = (row.get::<_, i32>(2) - gap, row.get::<_, i32>(3) + gap);
        let unit = (slot.get("property_id"), slot.get("unit_id"));
        let (_, stays) = types.entry(unit).or_insert_with(|| (slot.get("count"), Vec::new()));
        stays.push(Taken { slot_id, first: first.max(from), over });
    }
    let mut full: HashMap<PropertyId, UnitNights> = HashMap::new();
    for ((property, unit), (count, stays)) in types {
        let nights = fullness::full_nights(u32::try_from(count).unwrap_or_default(), stays);
        if !nights.is_empty() {
            full.entry(property.into()).or_default().push((unit.into(), nights));
        }
    }
    Ok(full)
}

/// Whether somebody has, or had, a booking at a property.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_any(
    client: &Client,
    property: PropertyId,
    tenant: UserId,
) -> Result<bool, StorageError> {
    let query = "select 1 from bookings where property_id = $1 and tenant_id = $2 limit 1";
    Ok(client.query_opt(query, &[&property.uuid(), &tenant.uuid()]).await?.is_some())
}

/// What is taken of a property on nights from `from` on, or may be too close to them, and by
/// bookings that keep their nights, however long ago: their end will give them back.
///
/// # Errors
/// When the database cannot be read.
pub async fn occupancies(
    client: &Client,
    property: PropertyId,
    from: Date,
) -> Result<Vec<Occupancy>, StorageError> {
    let rows = client
        .query(
            "select o.ref, o.kind, o.slot_id, o.pinned, lower(o.nights) as check_in,
                 upper(o.nights) as check_out, (b.status = 'completed') is true as has_left
             from occupancies o
             left join bookings b on b.property_id = o.property_id and b.id = o.ref
             where o.property_id = $1 and (upper(o.nights) > $2::date - $3::int
                 or b.status in ('hold', 'pending_approval', 'pending_payment', 'expiring',
                     'confirmed', 'checked_in'))",
            // Whatever the gap is now: a longer one may be set while this is in memory.
            &[&property.uuid(), &from, &i32::from(BUFFER_MAX)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Occupancy {
                occupant: occupant(row)?,
                slot_id: row.get("slot_id"),
                nights: nights(row)?,
                pinned: row.get("pinned"),
                left: row.get("has_left"),
            })
        })
        .collect()
}

/// Bookings of a property that a timer or the provider will still move.
///
/// # Errors
/// When the database cannot be read.
pub async fn open(client: &Client, property: PropertyId) -> Result<Vec<Booking>, StorageError> {
    let rows = client
        .query(
            "select * from bookings where property_id = $1
             and status in ('hold', 'pending_approval', 'pending_payment', 'expiring')",
            &[&property.uuid()],
        )
        .await?;
    rows.iter().map(to_booking).collect()
}

/// Bookings of a property by their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(
    client: &Client,
    property: PropertyId,
    ids: &[BookingId],
) -> Result<Vec<Booking>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select * from bookings where property_id = $1 and id = any($2)",
            &[&property.uuid(), &ids],
        )
        .await?;
    rows.iter().map(to_booking).collect()
}

/// What bookings are about, as they are now; ids without one are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn stays(
    client: &Client,
    ids: &[BookingId],
) -> Result<HashMap<BookingId, StayFacts>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client
        .query(
            "select b.id, b.property_id, b.unit_id, b.tenant_id, b.check_in, b.check_out, p.owner_id
             from bookings b join properties p on p.id = b.property_id where b.id = any($1)",
            &[&ids],
        )
        .await?;
    let fact = |row: &Row| {
        let id = |column: &str| row.get::<_, Uuid>(column);
        let booking_id = BookingId::from(id("id"));
        let stay = StayFacts {
            booking_id,
            property_id: PropertyId::from(id("property_id")),
            unit_id: UnitId::from(id("unit_id")),
            tenant_id: UserId::from(id("tenant_id")),
            landlord_id: UserId::from(id("owner_id")),
            nights: nights(row)?,
        };
        Ok((booking_id, stay))
    };
    rows.iter().map(fact).collect()
}

fn occupant(row: &Row) -> Result<Occupant, StorageError> {
    let kind = row.get("kind");
    Occupant::of(kind, row.get("ref"))
        .ok_or_else(|| StorageError::malformed(format!("nights of kind {kind}")))
}

fn nights(row: &Row) -> Result<Nights, StorageError> {
    Nights::new(row.get("check_in"), row.get("check_out")).map_err(StorageError::malformed)
}

fn to_booking(row: &Row) -> Result<Booking, StorageError> {
    let id = |column: &str| row.get::<_, Uuid>(column);
    let maybe = |column: &str| row.get::<_, Option<Uuid>>(column);
    Ok(Booking {
        id: BookingId::from(id("id")),
        property_id: PropertyId::from(id("property_id")),
        unit_id: UnitId::from(id("unit_id")),
        tenant_id: UserId::from(id("tenant_id")),
        nights: nights(row)?,
        guests: types::small(row, "guests")?,
        status: types::named(row.get("status"))?,
        expiring: row.get::<_, Option<&str>>("expiring").map(types::named).transpose()?,
        terms: types::json(row, "terms")?,
        total: types::money(row, "total")?,
        expires_at: row.get("expires_at"),
        released_at: row.get("released_at"),
        timer: maybe("timer_id").map(TimerId::from),
        payment_id: maybe("payment_id").map(PaymentId::from),
        gate: row.get("gate"),
        details: types::maybe_json(row, "details")?.unwrap_or_default(),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

fn to_snapshot(row: &Row) -> Result<BookingSnapshot, StorageError> {
    let booking = to_booking(row)?;
    let status: Option<&str> = row.get("payment_status");
    let payment = match booking.payment_id.zip(status) {
        Some((id, status)) => Some(PaymentGlance {
            id,
            status: types::named(status)?,
            checkout_url: row.get("session_url"),
        }),
        None => None,
    };
    Ok(BookingSnapshot {
        booking,
        property_title: row.get("title"),
        landlord_id: UserId::from(row.get::<_, Uuid>("owner_id")),
        zone: row.get("zone"),
        payment,
        unit_no: row
            .get::<_, Option<i32>>("unit_no")
            .map(u16::try_from)
            .transpose()
            .map_err(StorageError::malformed)?,
    })
}

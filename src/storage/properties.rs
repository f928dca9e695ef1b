//! Listings and their slots, read. They are written by [`super::batch`].

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::sqlstate::StorageError;
use super::types;
use crate::domain::ids::{PropertyId, UnitId, UserId};
use crate::domain::inventory::Slot;
use crate::domain::property::{Listing, ListingFields, Location, Source};

/// A listing by its id, whatever its status.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(client: &Client, id: PropertyId) -> Result<Option<Listing>, StorageError> {
    let row = client.query_opt("select * from properties where id = $1", &[&id.uuid()]).await?;
    row.as_ref().map(listing).transpose()
}

/// Listings by their ids, in no order; ids without one are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_many(client: &Client, ids: &[PropertyId]) -> Result<Vec<Listing>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client.query("select * from properties where id = any($1)", &[&ids]).await?;
    rows.iter().map(listing).collect()
}

/// Those of the ids that are listings, in no order.
///
/// # Errors
/// When the database cannot be read.
pub async fn known(client: &Client, ids: &[PropertyId]) -> Result<Vec<PropertyId>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client.query("select id from properties where id = any($1)", &[&ids]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}

/// Whose the listings are; ids without one are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn owners(
    client: &Client,
    ids: &[PropertyId],
) -> Result<HashMap<PropertyId, UserId>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows =
        client.query("select id, owner_id from properties where id = any($1)", &[&ids]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get::<_, Uuid>("id").into(), row.get::<_, Uuid>("owner_id").into()))
        .collect())
}

/// What the listings are called; ids without one are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn titles(
    client: &Client,
    ids: &[PropertyId],
) -> Result<HashMap<PropertyId, String>, StorageError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client.query("select id, title from properties where id = any($1)", &[&ids]).await?;
    Ok(rows.iter().map(|row| (row.get::<_, Uuid>("id").into(), row.get("title"))).collect())
}

/// A landlord's listings after `after`, in the order of their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_owner(
    client: &Client,
    owner: UserId,
    after: Option<PropertyId>,
    limit: i64,
) -> Result<Vec<Listing>, StorageError> {
    let after = after.map_or(Uuid::nil(), PropertyId::uuid);
    let rows = client
        .query(
            "select * from properties where owner_id = $1 and id > $2 order by id limit $3",
            &[&owner.uuid(), &after, &limit],
        )
        .await?;
    rows.iter().map(listing).collect()
}

/// Live listings after `after`, in the order of their ids: how an index is filled anew.
///
/// # Errors
/// When the database cannot be read.
pub async fn live_after(
    client: &Client,
    after: Option<PropertyId>,
    limit: i64,
) -> Result<Vec<Listing>, StorageError> {
    let after = after.map_or(Uuid::nil(), PropertyId::uuid);
    let rows = client
        .query(
            "select * from properties where status = 'live' and id > $1 order by id limit $2",
            &[&after, &limit],
        )
        .await?;
    rows.iter().map(listing).collect()
}

/// The units of a property.
///
/// # Errors
/// When the database cannot be read.
pub async fn slots(client: &Client, id: PropertyId) -> Result<Vec<Slot>, StorageError> {
    let rows = client
        .query(
            "select slot_id, unit_id, unit_no from slots where property_id = $1
             order by unit_id, unit_no",
            &[&id.uuid()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Slot {
                slot_id: row.get("slot_id"),
                unit_id: UnitId::from(row.get::<_, Uuid>("unit_id")),
                unit_no: types::small(row, "unit_no")?,
            })
        })
        .collect()
}

/// Slot numbers that nobody else will get. Those that are not used are lost, which does
/// no harm.
///
/// # Errors
/// When the database refuses.
pub async fn next_slot_ids(client: &Client, count: u32) -> Result<Vec<i64>, StorageError> {
    let rows = client
        .query("select nextval('slot_ids') from generate_series(1, $1::int8)", &[&i64::from(count)])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Whether there is any listing at all.
///
/// # Errors
/// When the database cannot be read.
pub async fn any(client: &Client) -> Result<bool, StorageError> {
    Ok(client.query_opt("select 1 from properties limit 1", &[]).await?.is_some())
}

/// A listing as the JSON form of its row.
pub(super) fn row_of(listing: &Listing) -> Value {
    let ListingFields {
        kind,
        title,
        description,
        address,
        location,
        zone,
        amenities,
        unit,
        currency,
        price_minor,
    } = &listing.fields;
    json!({
        "id": listing.id.uuid(),
        "owner_id": listing.owner.uuid(),
        "unit_id": listing.unit_id.uuid(),
        "status": listing.status.name(),
        "kind": kind.name(),
        "title": title,
        "description": description,
        "address": address,
        "lat": location.lat,
        "lon": location.lon,
        "zone": zone,
        "amenities": amenities,
        "unit": unit,
        "currency": currency,
        "price_minor": price_minor,
        "source": listing.source.as_ref().map(|source| &source.name),
        "external_id": listing.source.as_ref().map(|source| &source.external_id),
        "version": listing.version,
        "created_at": listing.created_at,
        "updated_at": listing.updated_at,
    })
}

fn listing(row: &Row) -> Result<Listing, StorageError> {
    let source = row
        .get::<_, Option<String>>("source")
        .zip(row.get::<_, Option<String>>("external_id"))
        .map(|(name, external_id)| Source { name, external_id });
    Ok(Listing {
        id: PropertyId::from(row.get::<_, Uuid>("id")),
        owner: UserId::from(row.get::<_, Uuid>("owner_id")),
        unit_id: UnitId::from(row.get::<_, Uuid>("unit_id")),
        fields: ListingFields {
            kind: types::named(row.get("kind"))?,
            title: row.get("title"),
            description: row.get("description"),
            address: types::json(row, "address")?,
            location: Location { lat: row.get("lat"), lon: row.get("lon") },
            zone: row.get("zone"),
            amenities: row.get("amenities"),
            unit: types::json(row, "unit")?,
            currency: types::currency(row)?,
            price_minor: row.get("price_minor"),
        },
        status: types::named(row.get("status"))?,
        source,
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

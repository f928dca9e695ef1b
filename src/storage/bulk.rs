//! New listings by COPY: many times the pace of [`super::batch`], for what has no rows yet
//! and nobody waits for. Fenced like every change set; a command record is not kept, since
//! the listing's own id tells whether it was written.

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::types::{Json, ToSql, Type};
use tokio_postgres::{Client, Transaction};

use super::changes::ChangeSet;
use super::copy::Copy;
use super::events;
use super::pool::Database;
use super::sqlstate::StorageError;
use crate::domain::change::Write;
use crate::domain::entity::Shard;
use crate::domain::event;
use crate::domain::property::Listing;

/// The settings of a session that writes in bulk: what is lost with the machine is written
/// again by the next run of the tool, which finds it missing.
const SESSION: &str = "-c synchronous_commit=off";

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkEnd {
    /// All of it was written.
    Written,
    /// A shard has another owner; nothing was written.
    Fenced,
}

/// A connection for bulk writes.
#[derive(Debug)]
pub struct Bulk(Client);

/// A row on its way, as references to its values.
type Values<'a> = Vec<&'a (dyn ToSql + Sync)>;

impl Bulk {
    /// Opens a connection.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(database: &Database) -> Result<Self, StorageError> {
        database.connect(SESSION).await.map(Self)
    }

    /// Whether a set is nothing but a new listing with its slots and events.
    #[must_use]
    pub fn takes(set: &ChangeSet) -> bool {
        let net = &set.net;
        let is_new = |write: &Write<Listing>| write.from_version.is_none();
        let new = net.listing.as_ref().is_some_and(is_new);
        new && net.bookings.is_empty()
            && net.payments.is_empty()
            && net.refunds.is_empty()
            && net.deposits.is_empty()
            && net.postings.is_empty()
            && net.occupancies.is_empty()
            && net.blocks.is_empty()
            && net.timers.is_empty()
    }

    /// Writes sets that [`Bulk::takes`], whole or not at all.
    ///
    /// # Errors
    /// When the database refuses or does not answer; in the latter case it may have been
    /// written.
    pub async fn write(&mut self, sets: &[ChangeSet]) -> Result<BulkEnd, StorageError> {
        let transaction = self.0.transaction().await?;
        if !hold(&transaction, sets).await? {
            return Ok(BulkEnd::Fenced);
        }
        copy_listings(&transaction, sets).await?;
        copy_units(&transaction, sets).await?;
        copy_slots(&transaction, sets).await?;
        copy_events(&transaction, sets).await?;
        transaction.commit().await?;
        Ok(BulkEnd::Written)
    }
}

/// Locks the shards' epochs for share; whether all of them are still ours.
async fn hold(transaction: &Transaction<'_>, sets: &[ChangeSet]) -> Result<bool, StorageError> {
    let epochs: BTreeMap<Shard, i64> = sets.iter().map(|set| (set.shard, set.epoch)).collect();
    let ids: Vec<i32> = epochs.keys().map(|shard| i32::from(shard.0)).collect();
    let wanted: Vec<i64> = epochs.values().copied().collect();
    let held = transaction
        .query(
            "select s.id from shards s join unnest($1::int4[], $2::int8[]) as w(id, epoch)
                 on s.id = w.id and s.epoch = w.epoch
             order by s.id for share of s",
            &[&ids, &wanted],
        )
        .await?;
    Ok(held.len() == epochs.len())
}

async fn copy_listings(
    transaction: &Transaction<'_>,
    sets: &[ChangeSet],
) -> Result<(), StorageError> {
    let types = [
        Type::UUID,
        Type::UUID,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::JSONB,
        Type::FLOAT8,
        Type::FLOAT8,
        Type::TEXT,
        Type::TEXT_ARRAY,
        Type::TEXT,
        Type::BPCHAR,
        Type::INT8,
        Type::INT8,
        Type::JSONB,
        Type::JSONB,
        Type::JSONB,
        Type::TEXT,
        Type::TEXT,
        Type::INT4,
        Type::TIMESTAMPTZ,
        Type::TIMESTAMPTZ,
    ];
    let statement =
        "copy properties (id, owner_id, status, kind, title, description, address, lat, lon,
                 zone, amenities, stay_mode, currency, deposit_minor, cleaning_fee_minor, policies,
                 pricing, stay_rules, source, external_id, version, created_at, updated_at)
             from stdin (format binary)";
    let mut copy = Copy::begin(transaction, statement, &types).await?;
    for listing in sets.iter().filter_map(|set| set.net.listing.as_ref()) {
        write_listing(&mut copy, &listing.row).await?;
    }
    copy.finish().await?;
    Ok(())
}

async fn write_listing(copy: &mut Copy<'_>, row: &Listing) -> Result<(), StorageError> {
    let fields = &row.fields;
    let (id, owner) = (row.id.uuid(), row.owner.uuid());
    let (status, kind) = (row.status.name(), fields.kind.name());
    let (stay_mode, currency) = (fields.stay_mode.name(), fields.currency.code());
    let source = row.source.as_ref().map(|source| source.name.as_str());
    let external_id = row.source.as_ref().map(|source| source.external_id.as_str());
    let (address, policies) = (Json(&fields.address), Json(&row.policies));
    let (pricing, stay_rules) = (Json(&row.pricing), Json(&row.stay_rules));
    let values: Values<'_> = vec![
        &id,
        &owner,
        &status,
        &kind,
        &fields.title,
        &fields.description,
        &address,
        &fields.location.lat,
        &fields.location.lon,
        &fields.zone,
        &fields.amenities,
        &stay_mode,
        &currency,
        &fields.deposit_minor,
        &fields.cleaning_fee_minor,
        &policies,
        &pricing,
        &stay_rules,
        &source,
        &external_id,
        &row.version,
        &row.created_at,
        &row.updated_at,
    ];
    copy.row(&values).await
}

async fn copy_units(transaction: &Transaction<'_>, sets: &[ChangeSet]) -> Result<(), StorageError> {
    let types = [
        Type::UUID,
        Type::UUID,
        Type::INT4,
        Type::TEXT,
        Type::INT4,
        Type::INT4,
        Type::INT4,
        Type::FLOAT4,
        Type::INT4,
        Type::INT8,
        Type::INT8,
    ];
    let statement =
        "copy units (property_id, id, position, name, count, bedrooms, beds, bathrooms, guests,
                 night_minor, month_minor) from stdin (format binary)";
    let mut copy = Copy::begin(transaction, statement, &types).await?;
    for listing in sets.iter().filter_map(|set| set.net.listing.as_ref()) {
        let property = listing.row.id.uuid();
        for (position, unit) in (0_i32..).zip(&listing.row.units) {
            let (id, fields) = (unit.id.uuid(), &unit.fields);
            let number = |field: u16| i32::from(field);
            let (count, bedrooms) = (number(fields.count), number(fields.bedrooms));
            let (beds, guests) = (number(fields.beds), number(fields.guests));
            let values: Values<'_> = vec![
                &property,
                &id,
                &position,
                &fields.name,
                &count,
                &bedrooms,
                &beds,
                &fields.bathrooms,
                &guests,
                &fields.night_minor,
                &fields.month_minor,
            ];
            copy.row(&values).await?;
        }
    }
    copy.finish().await?;
    Ok(())
}

async fn copy_slots(transaction: &Transaction<'_>, sets: &[ChangeSet]) -> Result<(), StorageError> {
    let types = [Type::INT8, Type::UUID, Type::UUID, Type::INT4];
    let statement =
        "copy slots (slot_id, property_id, unit_id, unit_no) from stdin (format binary)";
    let mut copy = Copy::begin(transaction, statement, &types).await?;
    for set in sets {
        for slot in &set.net.slots {
            let (unit_id, unit_no) = (slot.unit_id.uuid(), i32::from(slot.unit_no));
            copy.row(&[&slot.slot_id, &set.entity.id, &unit_id, &unit_no]).await?;
        }
    }
    copy.finish().await?;
    Ok(())
}

/// Numbers the events behind the heads of their streams, which stay locked until the end of
/// the transaction, and writes both.
async fn copy_events(
    transaction: &Transaction<'_>,
    sets: &[ChangeSet],
) -> Result<(), StorageError> {
    let mut heads = heads(transaction, sets).await?;
    let types = [
        Type::INT4,
        Type::INT8,
        Type::TEXT,
        Type::INT2,
        Type::UUID,
        Type::TIMESTAMPTZ,
        Type::TEXT,
        Type::UUID,
        Type::JSONB,
    ];
    let statement =
        "copy events (stream, seq, type, version, key, occurred_at, actor, causation, data)
                 from stdin (format binary)";
    let mut copy = Copy::begin(transaction, statement, &types).await?;
    for set in sets {
        let stream = i32::from(set.shard.stream().0);
        let head = heads.entry(stream).or_default();
        for new in &set.events {
            *head += 1;
            let (name, actor) = (new.event.name(), new.actor.to_string());
            let (causation, data) = (new.causation.uuid(), events::data(&new.event)?);
            let values: Values<'_> = vec![
                &stream,
                head,
                &name,
                &event::VERSION,
                &new.key,
                &set.at,
                &actor,
                &causation,
                &data,
            ];
            copy.row(&values).await?;
        }
    }
    copy.finish().await?;
    let (streams, heads): (Vec<i32>, Vec<i64>) = heads.into_iter().unzip();
    transaction
        .execute(
            "update streams t set head = n.head
             from unnest($1::int4[], $2::int8[]) as n(stream, head) where t.stream = n.stream",
            &[&streams, &heads],
        )
        .await?;
    Ok(())
}

async fn heads(
    transaction: &Transaction<'_>,
    sets: &[ChangeSet],
) -> Result<HashMap<i32, i64>, StorageError> {
    let streams: Vec<i32> = sets.iter().map(|set| i32::from(set.shard.stream().0)).collect();
    let rows = transaction
        .query(
            "select stream, head from streams where stream = any($1) order by stream for update",
            &[&streams],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

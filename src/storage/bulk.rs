//! New listings by COPY: many times the pace of [`super::batch`], for what has no rows yet
//! and nobody waits for. Fenced like every change set; a command record is not kept, since
//! the listing's own id tells whether it was written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio_postgres::types::{Json, ToSql, Type};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::changes::ChangeSet;
use super::copy::Rows;
use super::events;
use super::pool::Database;
use super::sqlstate::StorageError;
use crate::domain::change::Write;
use crate::domain::entity::Shard;
use crate::domain::event;
use crate::domain::property::Listing;

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkEnd {
    /// All of it was written.
    Written,
    /// A shard has another owner; nothing was written.
    Fenced,
}

/// A row on its way, as references to its values.
type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// New listings, written down as rows on the spot: a change set is many times as large, and
/// costs most when it has left the processor's caches.
#[derive(Debug)]
pub struct NewListings {
    /// The epoch that each shard is written under.
    epochs: BTreeMap<Shard, i64>,
    owners: BTreeSet<Uuid>,
    listings: Rows,
    units: Rows,
    slots: Rows,
    events: Rows,
    /// The stream of each event and where its row begins, in the order of the log: it gets
    /// its number when it is written.
    unnumbered: Vec<(i32, usize)>,
}

impl Default for NewListings {
    fn default() -> Self {
        Self {
            epochs: BTreeMap::new(),
            owners: BTreeSet::new(),
            listings: Rows::new(LISTINGS, LISTING),
            units: Rows::new(UNITS, UNIT),
            slots: Rows::new(SLOTS, SLOT),
            events: Rows::new(EVENTS, EVENT),
            unnumbered: Vec::new(),
        }
    }
}

impl NewListings {
    /// Whether a set is nothing but a new listing with its slots and events.
    #[must_use]
    pub fn takes(set: &ChangeSet) -> bool {
        let net = &set.net;
        let is_new = |write: &Write<Listing>| {
            write.from_version.is_none() && write.row.id.uuid() == set.entity.id
        };
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

    /// Adds a set that [`NewListings::takes`]. Those of a shard are of one epoch.
    ///
    /// # Errors
    /// When a value does not fit its column; nothing of the whole can be written then.
    pub fn add(&mut self, set: &ChangeSet) -> Result<(), StorageError> {
        let Some(listing) = set.net.listing.as_ref().map(|write| &write.row) else {
            return Ok(());
        };
        self.epochs.insert(set.shard, set.epoch);
        self.owners.insert(listing.owner.uuid());
        add_listing(&mut self.listings, listing)?;
        add_units(&mut self.units, listing)?;
        for slot in &set.net.slots {
            let (unit_id, unit_no) = (slot.unit_id.uuid(), i32::from(slot.unit_no));
            self.slots.add(&[&slot.slot_id, &set.entity.id, &unit_id, &unit_no])?;
        }
        self.add_events(set)
    }

    fn add_events(&mut self, set: &ChangeSet) -> Result<(), StorageError> {
        let stream = i32::from(set.shard.stream().0);
        for new in &set.events {
            let (name, actor) = (new.event.name(), new.actor.to_string());
            let (causation, data) = (new.causation.uuid(), events::data(&new.event)?);
            let values: Values<'_> = &[
                &0_i64,
                &stream,
                &name,
                &event::VERSION,
                &new.key,
                &set.at,
                &actor,
                &causation,
                &data,
            ];
            let begin = self.events.add(values)?;
            self.unnumbered.push((stream, begin));
        }
        Ok(())
    }
}

/// A connection for bulk writes.
#[derive(Debug)]
pub struct Bulk(Client);

impl Bulk {
    /// Opens a connection.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(database: &Database) -> Result<Self, StorageError> {
        let client = session(database).await?;
        let all = client
            .query_one("select rolsuper from pg_roles where rolname = current_user", &[])
            .await?;
        if all.get(0) {
            // A trigger looks for the parent of each row by itself, which is a quarter of all
            // work. `write` sees to it that every row has one, whether triggers run or not.
            client.batch_execute("set session_replication_role = replica").await?;
        }
        Ok(Self(client))
    }

    /// Writes listings, all or none.
    ///
    /// # Errors
    /// When the database refuses, or an owner has no account, or there is no answer; in the last
    /// case they may have been written.
    pub async fn write(&mut self, new: NewListings) -> Result<BulkEnd, StorageError> {
        let transaction = self.0.transaction().await?;
        if !hold(&transaction, &new.epochs).await? {
            return Ok(BulkEnd::Fenced);
        }
        // The only parents that are not among the rows themselves.
        keep_owners(&transaction, new.owners).await?;
        new.listings.send(&transaction).await?;
        new.units.send(&transaction).await?;
        new.slots.send(&transaction).await?;
        write_events(&transaction, new.events, &new.unnumbered).await?;
        transaction.commit().await?;
        Ok(BulkEnd::Written)
    }
}

/// Opens a session that does not wait at each commit until it is on the disk: what is lost with
/// the machine is written again by the next run of the tool, which finds it missing.
///
/// # Errors
/// When the database cannot be reached.
pub async fn session(database: &Database) -> Result<Client, StorageError> {
    database.connect("-c synchronous_commit=off").await
}

/// Waits until all that any session has committed before is on the disk.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn keep(client: &Client) -> Result<(), StorageError> {
    // The log is one: what is flushed at its end is flushed before it.
    let ended = "begin; set local synchronous_commit = on;
         select pg_logical_emit_message(true, 'rentezy', 'bulk write ended'); commit";
    Ok(client.batch_execute(ended).await?)
}

/// Locks the shards' epochs for share; whether all of them are still ours.
async fn hold(
    transaction: &Transaction<'_>,
    epochs: &BTreeMap<Shard, i64>,
) -> Result<bool, StorageError> {
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

/// Holds the owners' accounts until the end of the transaction, as their foreign key would.
async fn keep_owners(
    transaction: &Transaction<'_>,
    owners: BTreeSet<Uuid>,
) -> Result<(), StorageError> {
    let owners: Vec<Uuid> = owners.into_iter().collect();
    let statement = "select must(count(*) = cardinality($1::uuid[]), 'an owner has no account')
         from (select from users where id = any($1) order by id for key share) kept";
    transaction.execute(statement, &[&owners]).await?;
    Ok(())
}

const LISTINGS: &str =
    "copy properties (id, owner_id, status, kind, title, description, address, lat, lon,
         zone, amenities, stay_mode, currency, deposit_minor, cleaning_fee_minor, policies,
         pricing, stay_rules, source, external_id, version, created_at, updated_at)
     from stdin (format binary)";

const LISTING: &[Type] = &[
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

fn add_listing(rows: &mut Rows, row: &Listing) -> Result<(), StorageError> {
    let fields = &row.fields;
    let (id, owner) = (row.id.uuid(), row.owner.uuid());
    let (status, kind) = (row.status.name(), fields.kind.name());
    let (stay_mode, currency) = (fields.stay_mode.name(), fields.currency.code());
    let source = row.source.as_ref().map(|source| source.name.as_str());
    let external_id = row.source.as_ref().map(|source| source.external_id.as_str());
    let (address, policies) = (Json(&fields.address), Json(&row.policies));
    let (pricing, stay_rules) = (Json(&row.pricing), Json(&row.stay_rules));
    let values: Values<'_> = &[
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
    rows.add(values)?;
    Ok(())
}

const UNITS: &str =
    "copy units (property_id, id, position, name, count, bedrooms, beds, bathrooms, guests,
         night_minor, month_minor) from stdin (format binary)";

const UNIT: &[Type] = &[
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

fn add_units(rows: &mut Rows, listing: &Listing) -> Result<(), StorageError> {
    let property = listing.id.uuid();
    for (position, unit) in (0_i32..).zip(&listing.units) {
        let (id, fields) = (unit.id.uuid(), &unit.fields);
        let number = |field: u16| i32::from(field);
        let (count, bedrooms) = (number(fields.count), number(fields.bedrooms));
        let (beds, guests) = (number(fields.beds), number(fields.guests));
        let values: Values<'_> = &[
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
        rows.add(values)?;
    }
    Ok(())
}

const SLOTS: &str =
    "copy slots (slot_id, property_id, unit_id, unit_no) from stdin (format binary)";

const SLOT: &[Type] = &[Type::INT8, Type::UUID, Type::UUID, Type::INT4];

/// The number comes first: it is filled in late.
const EVENTS: &str =
    "copy events (seq, stream, type, version, key, occurred_at, actor, causation, data)
     from stdin (format binary)";

const EVENT: &[Type] = &[
    Type::INT8,
    Type::INT4,
    Type::TEXT,
    Type::INT2,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::UUID,
    Type::JSONB,
];

/// Numbers the events behind the heads of their streams, which stay locked until the end of
/// the transaction, and writes both.
async fn write_events(
    transaction: &Transaction<'_>,
    mut rows: Rows,
    unnumbered: &[(i32, usize)],
) -> Result<(), StorageError> {
    let mut heads = heads(transaction, unnumbered).await?;
    for (stream, begin) in unnumbered {
        let head = heads.entry(*stream).or_default();
        *head += 1;
        rows.set_first(*begin, *head);
    }
    rows.send(transaction).await?;
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
    unnumbered: &[(i32, usize)],
) -> Result<HashMap<i32, i64>, StorageError> {
    let streams: BTreeSet<i32> = unnumbered.iter().map(|(stream, _)| *stream).collect();
    let streams: Vec<i32> = streams.into_iter().collect();
    let rows = transaction
        .query(
            "select stream, head from streams where stream = any($1) order by stream for update",
            &[&streams],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

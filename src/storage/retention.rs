//! What the event log forgets: topics of months that are old and that nobody needs any more.
//!
//! A stream that has lost events has gaps, so its floor moves up to the last one that it
//! lost. Above the floor numbers follow each other; below it lies what is left. Whoever begins
//! anew begins at the floor: a new consumer, the auditor, a search index that has not come so
//! far, which is filled from rows instead. What is left below is still there for replays,
//! timelines and operators.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_postgres::{Client, Transaction};

use super::partitions::Month;
use super::sqlstate::StorageError;
use crate::domain::entity::SHARDS;
use crate::domain::topic::Topic;

/// Marks the checks of a month's partition that say which topics it has lost. They also keep
/// events of these topics from being written into it, and tell that there is nothing to do.
const WITHOUT: &str = "without_";

/// Copying a month takes its time. Who holds the log for long, as a backup does, is not waited
/// for, or all would wait with us; the next run tries again.
const PATIENCE: &str = "set local statement_timeout = 0; set local lock_timeout = '500ms'";

/// Drops the events of topics out of the months that ended before an instant, which each
/// topic has its own of. It goes from the oldest month up to the first in which one of these
/// events is still needed: by a consumer or the auditor, who have not come so far, by a running
/// replay, or as it is parked or an open dead letter. How many months have lost something; one
/// that has nothing left is gone.
///
/// # Errors
/// When the database refuses; months that were done stay done.
pub async fn drop_old(
    client: &mut Client,
    limits: &[(Topic, Timestamp)],
) -> Result<u64, StorageError> {
    let day = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
    let limits: Vec<(Topic, Date)> = limits.iter().map(|(topic, at)| (*topic, day(*at))).collect();
    let mut changed = 0;
    for month in months(client).await? {
        let old = limits.iter().filter(|(_, before)| month.to <= *before);
        let old: Vec<&str> = old.map(|(topic, _)| topic.name()).collect();
        let lost = lost(client, &month).await?;
        if old.iter().all(|topic| lost.iter().any(|other| other == topic)) {
            continue;
        }
        if !forget(client, &month, &old, &lost).await? {
            break;
        }
        tracing::info!(month = month.name, topics = ?old, "events dropped");
        changed += 1;
    }
    Ok(changed)
}

/// The months that have a partition, the oldest first.
async fn months(client: &Client) -> Result<Vec<Month>, StorageError> {
    let names = "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'events'::regclass order by 1";
    let rows = client.query(names, &[]).await?;
    Ok(rows.iter().filter_map(|row| Month::named(row.get(0))).collect())
}

/// The topics that a month has lost before.
async fn lost(client: &Client, month: &Month) -> Result<Vec<String>, StorageError> {
    let checks = "select substr(conname, length($2) + 1) from pg_constraint
         where conrelid = $1::text::regclass and contype = 'c' and starts_with(conname, $2)";
    let rows = client.query(checks, &[&month.name, &WITHOUT]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Takes topics out of a month, unless one of their events is needed; whether it did. The
/// month is written anew, as rows that are deleted in a table that nothing is written to any
/// more would keep their place on the disk.
async fn forget(
    client: &mut Client,
    Month { name, .. }: &Month,
    topics: &[&str],
    lost: &[String],
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(PATIENCE).await?;
    transaction.batch_execute(&format!("lock table {name} in share mode")).await?;
    if are_needed(&transaction, name, topics).await? {
        return Ok(false);
    }
    let copy = format!(
        "create table {name}_left (like events including defaults including constraints
             including indexes)"
    );
    transaction.batch_execute(&copy).await?;
    let copy = format!(
        "insert into {name}_left select * from {name} where split_part(type, '.', 1) <> all($1)"
    );
    let left = transaction.execute(&copy, &[&topics]).await?;
    // Nobody orders a replay from here on until the end, which is near.
    transaction.batch_execute("lock table replays in share mode").await?;
    if are_needed(&transaction, name, topics).await? {
        return Ok(false);
    }
    let raise = format!(
        "update streams s set floor = greatest(s.floor, last.seq)
         from (select stream, max(seq) as seq from {name}
             where split_part(type, '.', 1) = any($1) group by stream) last
         where s.stream = last.stream"
    );
    transaction.execute(&raise, &[&topics]).await?;
    if left == 0 {
        transaction.batch_execute(&format!("drop table {name}_left, {name}")).await?;
    } else {
        let lost = topics.iter().copied().chain(lost.iter().map(String::as_str)).collect();
        put_in_place(&transaction, name, &lost).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Makes what is left of a month, without the topics that it has lost by now, its partition.
async fn put_in_place(
    transaction: &Transaction<'_>,
    name: &str,
    lost: &BTreeSet<&str>,
) -> Result<(), StorageError> {
    let bounds = "select pg_get_expr(relpartbound, oid), pg_get_partition_constraintdef(oid)
         from pg_class where oid = $1::text::regclass";
    let row = transaction.query_one(bounds, &[&name]).await?;
    let (bounds, inside): (&str, &str) = (row.get(0), row.get(1));
    let without = |topic: &&str| {
        format!("add constraint {WITHOUT}{topic} check (split_part(type, '.', 1) <> '{topic}'), ")
    };
    let without: String = lost.iter().map(without).collect();
    // With a check that says the same as the bounds, nothing is read to attach it.
    transaction
        .batch_execute(&format!(
            "alter table {name}_left {without}add constraint inside check ({inside});
             lock table events in access exclusive mode;
             alter table events detach partition {name};
             drop table {name};
             alter table {name}_left rename to {name};
             alter table events attach partition {name} {bounds};
             alter table {name} drop constraint inside"
        ))
        .await?;
    Ok(())
}

/// Whether somebody still needs an event of these topics in a month's partition. A consumer
/// that the database has never heard of begins at the floors.
async fn are_needed(
    transaction: &Transaction<'_>,
    name: &str,
    topics: &[&str],
) -> Result<bool, StorageError> {
    let needed = format!(
        "with old as not materialized (select stream, seq, occurred_at, key, type from {name}
             where split_part(type, '.', 1) = any($1)),
         last as materialized (select stream, max(seq) as seq from old group by stream),
         consumers as (select distinct consumer from consumer_offsets)
         select exists (select 1 from last cross join consumers c
                 left join consumer_offsets o on o.consumer = c.consumer
                     and o.stream = last.stream
                 where coalesce(o.seq, 0) < last.seq)
             or exists (select 1 from last left join audit_positions a using (stream)
                 where stream < $2 and coalesce(a.seq, 0) < last.seq)
             or exists (select 1 from parked_events p join old using (stream, seq))
             or exists (select 1 from dead_letters d join old using (stream, seq)
                 where d.state = 'open')
             or exists (select 1 from replays r join old e
                     on (e.stream, e.seq) > (r.at_stream, r.at_seq)
                 where r.state = 'running' and (r.stream is null or e.stream = r.stream)
                     and (r.from_at is null or e.occurred_at >= r.from_at)
                     and (r.to_at is null or e.occurred_at < r.to_at)
                     and (r.from_seq is null or e.seq >= r.from_seq)
                     and (r.to_seq is null or e.seq <= r.to_seq)
                     and (r.key is null or e.key = r.key)
                     and (r.type is null or e.type = r.type))"
    );
    Ok(transaction.query_one(&needed, &[&topics, &i32::from(SHARDS)]).await?.get(0))
}

//! The partitions of the event log, one a month: made ahead, and dropped when they are old
//! and nobody needs them any more.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use tokio_postgres::Client;

use super::sqlstate::StorageError;

/// A month's partition.
struct Month {
    name: String,
    from: Date,
    to: Date,
}

impl Month {
    /// The one of a date.
    fn of(date: Date) -> Self {
        let from = date.first_of_month();
        let name = format!("events_{}", from.strftime("%Y_%m"));
        Self { name, from, to: from.saturating_add(Span::new().months(1)) }
    }

    /// The one with a name.
    fn named(name: &str) -> Option<Self> {
        let (year, month) = name.strip_prefix("events_")?.split_once('_')?;
        let date = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
        Some(Self::of(date))
    }
}

/// Makes the log's partitions for this month and the following, `months` in all, and for
/// every month of which events lie in the partition for the rest: those move. How many are
/// new.
///
/// # Errors
/// When the database refuses.
pub async fn make(client: &Client, now: Timestamp, months: i32) -> Result<u64, StorageError> {
    let first = TimeZone::UTC.to_datetime(now).date().first_of_month();
    let ahead = (0..months).map(|month| first.saturating_add(Span::new().months(month)));
    let mut wanted: Vec<Date> = ahead.collect();
    let strays = "select distinct to_char(occurred_at at time zone 'UTC', 'YYYY-MM-01')
         from events_rest";
    for row in client.query(strays, &[]).await? {
        wanted.extend(row.get::<_, &str>(0).parse::<Date>());
    }
    let mut made = 0;
    for Month { name, from, to } in wanted.into_iter().map(Month::of) {
        let known = "select 1 from pg_class where relname = $1 and relnamespace =
             'public'::regnamespace";
        if client.query_opt(known, &[&name]).await?.is_some() {
            continue;
        }
        // One query and so one transaction. Nobody may read meanwhile either: a reader that has
        // looked which partitions there are, and then waits, would miss what moves. Who holds the
        // log for long, as a backup does, is not waited for, or all would wait with us.
        client
            .batch_execute(&format!(
                "set local lock_timeout = '500ms';
                 lock table events in access exclusive mode;
                 create table {name} (like events including defaults including constraints);
                 with moved as (delete from events_rest
                     where occurred_at >= '{from}' and occurred_at < '{to}' returning *)
                 insert into {name} select * from moved;
                 alter table events attach partition {name} for values from ('{from}') to ('{to}')"
            ))
            .await
            .map_err(StorageError::from)?;
        made += 1;
    }
    Ok(made)
}

/// Drops the months that ended before an instant, the oldest first, up to the first that is
/// still needed: by a consumer that has not come so far, a parked event or an open dead
/// letter, or any running replay. How many were dropped.
///
/// # Errors
/// When the database refuses.
pub async fn drop_before(client: &mut Client, before: Timestamp) -> Result<u64, StorageError> {
    let before = TimeZone::UTC.to_datetime(before).date();
    let names = "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'events'::regclass order by 1";
    let rows = client.query(names, &[]).await?;
    let months = rows.iter().filter_map(|row| Month::named(row.get(0)));
    let mut dropped = 0;
    for Month { name, .. } in months.filter(|month| month.to <= before) {
        if !drop_one(client, &name).await? {
            break;
        }
        tracing::info!(name, "month of events dropped");
        dropped += 1;
    }
    Ok(dropped)
}

/// Drops a partition, unless it is needed; whether it was dropped.
async fn drop_one(client: &mut Client, name: &str) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let needed = format!(
        "with last as (select stream, max(seq) as seq from {name} group by stream),
         consumers as (select distinct consumer from consumer_offsets)
         select exists (select 1 from replays where state = 'running')
             or exists (select 1 from parked_events p join {name} e using (stream, seq))
             or exists (select 1 from dead_letters d join {name} e using (stream, seq)
                 where d.state = 'open')
             or exists (select 1 from last cross join consumers c
                 left join consumer_offsets o on o.consumer = c.consumer
                     and o.stream = last.stream
                 where coalesce(o.seq, 0) < last.seq)"
    );
    if transaction.query_one(&needed, &[]).await?.get(0) {
        return Ok(false);
    }
    let raise = format!(
        "update streams s set floor = greatest(s.floor, last.seq)
         from (select stream, max(seq) as seq from {name} group by stream) last
         where s.stream = last.stream"
    );
    transaction.execute(&raise, &[]).await?;
    transaction.batch_execute(&format!("drop table {name}")).await?;
    transaction.commit().await?;
    Ok(true)
}

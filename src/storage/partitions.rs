//! The partitions of the event log, one a month, made ahead. What is dropped of them is in
//! [`super::retention`].

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use tokio_postgres::Client;

use super::sqlstate::StorageError;

/// A month's partition.
pub(super) struct Month {
    pub(super) name: String,
    /// Its first day.
    pub(super) from: Date,
    /// The day after its last.
    pub(super) to: Date,
}

impl Month {
    /// The one of a date.
    fn of(date: Date) -> Self {
        let from = date.first_of_month();
        let name = format!("events_{}", from.strftime("%Y_%m"));
        Self { name, from, to: from.saturating_add(Span::new().months(1)) }
    }

    /// The one with a name.
    pub(super) fn named(name: &str) -> Option<Self> {
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

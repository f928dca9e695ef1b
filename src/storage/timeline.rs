//! What has happened to a property, or to a booking of it, out of its shard's part of the event log.
//!
//! There is no index of events by property, and none is wanted: every hold would pay for
//! it. A page reads back through a limited run of the shard's stream instead, which is one
//! range of the log's primary key, and says from where the next one goes on.

use jiff::Timestamp;
use tokio_postgres::{Client, Row};

use super::sqlstate::StorageError;
use crate::domain::booking::Booking;
use crate::domain::entity::EntityRef;
use crate::domain::ids::PropertyId;
use crate::domain::property::Listing;

/// Events that one page looks at, at most: some tens of milliseconds.
const RUN: i64 = 10_000;

/// The first event of every property.
const BEGINNING: &str = "property.created";

/// The first event of every booking is one of these.
const BEGINNINGS: [&str; 2] = ["booking.held", "booking.recorded"];

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the stream.
    pub seq: i64,
    /// The event's type.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who made it happen: an id, `system`, `provider` or `operator`.
    pub actor: String,
}

/// A part of a timeline, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What has happened; may be little or nothing although there is more.
    pub entries: Vec<Entry>,
    /// What the next part is [`before`]; none at the beginning.
    pub next: Option<i64>,
}

/// The latest events of a property, its bookings and their payments before the stream's
/// number `before`, at most `limit`.
///
/// # Errors
/// When the database cannot be read.
pub async fn before(
    client: &Client,
    listing: &Listing,
    before: Option<i64>,
    limit: i64,
) -> Result<Part, StorageError> {
    let about = "key = $4 or data ->> 'property_id' = $6";
    let query = query(about);
    let (stream, property) = (stream_of(listing.id), listing.id.to_string());
    let rows = client
        .query(
            &query,
            &[
                &stream,
                &before.unwrap_or(i64::MAX),
                &listing.created_at,
                &listing.id.uuid(),
                &RUN,
                &property,
                &limit,
            ],
        )
        .await?;
    Ok(part(&rows, limit, |kind| kind == BEGINNING))
}

/// The latest events of a booking and its payments before the stream's number `before`, at
/// most `limit`.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_booking(
    client: &Client,
    booking: &Booking,
    before: Option<i64>,
    limit: i64,
) -> Result<Part, StorageError> {
    let query = query("key = $4 and $6::text is not null");
    let rows = client
        .query(
            &query,
            &[
                &stream_of(booking.property_id),
                &before.unwrap_or(i64::MAX),
                &booking.created_at,
                &booking.id.uuid(),
                &RUN,
                &"",
                &limit,
            ],
        )
        .await?;
    Ok(part(&rows, limit, |kind| BEGINNINGS.contains(&kind)))
}

fn stream_of(property: PropertyId) -> i32 {
    i32::from(EntityRef::from(property).shard().stream().0)
}

fn query(about: &str) -> String {
    format!(
        "with head as (select least($2::int8, head + 1) as until from streams where stream = $1),
             run as materialized (select e.seq, e.type, e.key, e.occurred_at, e.actor, e.data
                 from events e
                 where e.stream = $1 and e.seq < (select until from head)
                 and e.occurred_at >= date_trunc('month', $3::timestamptz, 'UTC')
                 order by e.seq desc limit $5),
             since as (select * from run where occurred_at >= $3),
             found as (select seq, type, occurred_at, actor from since
                 where {about} order by seq desc limit $7)
         select (select min(seq) from since) as low, f.*
         from (select) one left join found f on true order by f.seq desc"
    )
}

fn part(rows: &[Row], limit: i64, begins: impl Fn(&str) -> bool) -> Part {
    let low = rows.first().and_then(|row| row.get::<_, Option<i64>>("low"));
    let entries: Vec<Entry> = rows
        .iter()
        .filter_map(|row| {
            Some(Entry {
                seq: row.get::<_, Option<i64>>("seq")?,
                kind: row.get("type"),
                at: row.get("occurred_at"),
                actor: row.get("actor"),
            })
        })
        .collect();
    let full = i64::try_from(entries.len()).is_ok_and(|count| count >= limit);
    let last = entries.last();
    let next = match last {
        Some(last) if begins(&last.kind) => None,
        Some(last) if full => Some(last.seq),
        _ => low.filter(|low| *low > 1),
    };
    Part { entries, next }
}

//! How far the auditor has come, and what it found. It goes by the event log: whatever has
//! changed nights or money since it last looked has an event.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::events;
use super::invariants::{self, Args, Looked, Violation};
use super::sqlstate::StorageError;
use crate::domain::entity::SHARDS;
use crate::domain::event::{Actor, Event};
use crate::domain::ids;

/// A part of the log that is to be looked at.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// For each stream that has grown, up to where.
    pub to: Vec<(i32, i64)>,
    /// How many events that is.
    pub events: i64,
    /// What they are about.
    pub looked: Looked,
}

/// What an audit did.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Whether everything was looked at, and not only what had changed.
    pub full_pass: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Up to where: the sum of the positions in all streams.
    pub position: i64,
    /// Events gone through.
    pub events: i64,
    /// Bookings looked at.
    pub bookings: i64,
    /// What does not hold: number, what, how often, and where.
    pub violations: Value,
}

/// The next part of the log, at most `limit` events of each stream. Events that were dropped
/// from the log are not waited for.
///
/// # Errors
/// When the database cannot be read.
pub async fn next(client: &Client, limit: i64) -> Result<Step, StorageError> {
    let row = client
        .query_one(
            "with todo as materialized (
                 select s.stream, greatest(coalesce(a.seq, 0), s.floor) as after,
                     least(s.head, greatest(coalesce(a.seq, 0), s.floor) + $1) as upto
                 from streams s left join audit_positions a using (stream)
                 where s.stream < $2 and s.head > coalesce(a.seq, 0)),
             about as materialized (
                 select distinct data ->> 'booking_id' as booking, data ->> 'property_id' as home
                 from todo t join events e on e.stream = t.stream
                     and e.seq > t.after and e.seq <= t.upto
                 where data ? 'property_id'),
             ids as materialized (
                 select replace(booking, 'bkg_', '')::uuid as booking,
                     replace(home, 'prp_', '')::uuid as home from about)
             select array(select stream from todo order by stream),
                 array(select upto from todo order by stream),
                 (select coalesce(sum(upto - after), 0)::bigint from todo),
                 array(select distinct home from ids),
                 array(select booking from ids where booking is not null order by booking),
                 array(select home from ids where booking is not null order by booking)",
            &[&limit, &i32::from(SHARDS)],
        )
        .await?;
    let (streams, seqs): (Vec<i32>, Vec<i64>) = (row.try_get(0)?, row.try_get(1)?);
    let (bookings, theirs): (Vec<Uuid>, Vec<Uuid>) = (row.try_get(4)?, row.try_get(5)?);
    Ok(Step {
        to: streams.into_iter().zip(seqs).collect(),
        events: row.try_get(2)?,
        looked: Looked {
            homes: row.try_get(3)?,
            bookings: bookings.into_iter().zip(theirs).collect(),
        },
    })
}

/// Judges the audited invariants of what is named, or of everything, which may take its time.
///
/// # Errors
/// When the database cannot be read.
pub async fn judge(
    client: &mut Client,
    now: Timestamp,
    looked: Option<&Looked>,
) -> Result<Vec<Violation>, StorageError> {
    let args = Args {
        now,
        settle: SignedDuration::ZERO,
        acked: Vec::new(),
        charges: json!([]),
        consumers: Vec::new(),
    };
    let transaction = client.build_transaction().read_only(true).start().await?;
    if looked.is_none() {
        transaction.batch_execute("set local statement_timeout = 0").await?;
    }
    invariants::audit(&transaction, &args, looked).await
}

/// Keeps how far the auditor has come, and what it found; the answer is the position it has
/// reached. What was not known yesterday is told as an event.
///
/// # Errors
/// When the database refuses; nothing is kept then.
pub async fn keep(
    client: &mut Client,
    step: &Step,
    full_pass: bool,
    found: &[Violation],
    (started_at, now): (Timestamp, Timestamp),
) -> Result<i64, StorageError> {
    let transaction = client.transaction().await?;
    let (streams, seqs): (Vec<i32>, Vec<i64>) = step.to.iter().copied().unzip();
    transaction
        .execute(
            "insert into audit_positions select * from unnest($1::int4[], $2::int8[])
             on conflict (stream) do update set seq = greatest(audit_positions.seq, excluded.seq)",
            &[&streams, &seqs],
        )
        .await?;
    let told = "select coalesce(sum(seq), 0)::bigint from audit_positions";
    let position: i64 = transaction.query_one(told, &[]).await?.get(0);
    for violation in found {
        tell(&transaction, violation, now).await?;
    }
    let violations: Vec<Value> = found.iter().map(written).collect();
    let bookings = i64::try_from(step.looked.bookings.len()).unwrap_or(i64::MAX);
    transaction
        .execute(
            "insert into audits (full_pass, started_at, ended_at, position, events, bookings,
                 violations) values ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &full_pass,
                &started_at,
                &now,
                &position,
                &step.events,
                &bookings,
                &Value::Array(violations),
            ],
        )
        .await?;
    transaction.commit().await?;
    Ok(position)
}

async fn tell(
    transaction: &Transaction<'_>,
    violation: &Violation,
    now: Timestamp,
) -> Result<(), StorageError> {
    let known = "select 1 from audits where ended_at > $1::timestamptz - interval '24 hours'
        and violations @> jsonb_build_array($2::jsonb) limit 1";
    let is = json!({ "invariant": violation.id, "what": violation.what, "keys": violation.keys });
    if transaction.query_opt(known, &[&now, &is]).await?.is_some() {
        return Ok(());
    }
    let event = Event::AuditViolated {
        invariant: violation.id.clone(),
        what: violation.what.clone(),
        keys: violation.keys.clone(),
    };
    let key = ids::derived(Uuid::nil(), &format!("audit/{}", violation.id));
    let cause = ids::derived(key, &now.to_string());
    events::append_edge(transaction, key, &event, Actor::System, cause, now).await?;
    Ok(())
}

fn written(violation: &Violation) -> Value {
    json!({
        "invariant": violation.id,
        "what": violation.what,
        "count": violation.count,
        "keys": violation.keys,
    })
}

/// The last audits, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(client: &Client, limit: i64) -> Result<Vec<Audit>, StorageError> {
    let rows = client.query("select * from audits order by id desc limit $1", &[&limit]).await?;
    let audit = |row: &tokio_postgres::Row| Audit {
        full_pass: row.get("full_pass"),
        started_at: row.get("started_at"),
        ended_at: row.get("ended_at"),
        position: row.get("position"),
        events: row.get("events"),
        bookings: row.get("bookings"),
        violations: row.get("violations"),
    };
    Ok(rows.iter().map(audit).collect())
}

/// Deletes audits that began before `before`; how many.
///
/// # Errors
/// When the database refuses.
pub async fn trim(client: &Client, before: Timestamp) -> Result<u64, StorageError> {
    Ok(client.execute("delete from audits where started_at < $1", &[&before]).await?)
}

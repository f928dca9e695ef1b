//! Lock-out: attempts to sign in, counted by a digest of the address, whether or not it has
//! an account. An attempt counts as failed before the password is looked at, so that many at
//! once are not better than one after the other; a right one takes everything back.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::{Client, GenericClient};

use super::events;
use super::sqlstate::StorageError;
use crate::domain::event::{Actor, Event};
use crate::domain::user::{FAILURES_MAX, LOCK_OUT};
use uuid::Uuid;

/// Whether somebody may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// They may; it counts as failed until [`forget`] or [`take_back`].
    Admitted,
    /// They may not until this instant.
    Locked(Timestamp),
    /// They may not, and it is this attempt that locked the address.
    LockedNow(Timestamp),
}

/// Counts an attempt.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn attempt(
    client: &Client,
    address: &[u8],
    now: Timestamp,
) -> Result<Attempt, StorageError> {
    let window = SignedDuration::try_from(LOCK_OUT).unwrap_or_default();
    let (since, until) = (now - window, now + window);
    let row = client
        .query_one(
            "insert into sign_in_failures as f (address, failed_at, last_at)
             values ($1, array[$2::timestamptz], $2)
             on conflict (address) do update set
                 last_at = $2,
                 failed_at = case
                     when f.locked_until > $2 then f.failed_at[1:$5]
                     when f.locked_until is not null then array[$2::timestamptz]
                     else array(select t from unnest(f.failed_at) t where t > $3)
                         || $2::timestamptz
                 end,
                 locked_until = case
                     when f.locked_until > $2 then f.locked_until
                     when f.locked_until is not null then null
                     when (select count(*) from unnest(f.failed_at) t where t > $3) >= $5
                         then $4::timestamptz
                 end
             returning locked_until, cardinality(failed_at)",
            &[&address, &now, &since, &until, &FAILURES_MAX],
        )
        .await?;
    // One more than the limit is kept by the attempt that locks, and taken off by the next.
    let locks = row.get::<_, i32>(1) > FAILURES_MAX;
    Ok(match row.get::<_, Option<Timestamp>>(0) {
        None => Attempt::Admitted,
        Some(locked) if locks => Attempt::LockedNow(locked),
        Some(locked) => Attempt::Locked(locked),
    })
}

/// Takes one attempt back, that of the instant `at`: the password was never looked at.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn take_back(client: &Client, address: &[u8], at: Timestamp) -> Result<(), StorageError> {
    client
        .execute(
            "update sign_in_failures set failed_at = array_remove(failed_at, $2::timestamptz)
             where address = $1",
            &[&address, &at],
        )
        .await?;
    Ok(())
}

/// Forgets all failures of an address, and its lock.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn forget(client: &impl GenericClient, address: &[u8]) -> Result<(), StorageError> {
    client.execute("delete from sign_in_failures where address = $1", &[&address]).await?;
    Ok(())
}

/// Writes down that the account of an address, if there is one, is locked; whether there is.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn note(
    client: &mut Client,
    email: &str,
    until: Timestamp,
    causation: Uuid,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let transaction = client.transaction().await?;
    let Some(user) = super::accounts::locked(&transaction, email).await? else {
        return Ok(false);
    };
    let event = Event::UserLockedOut { user_id: user.id, until };
    let key = user.id.uuid();
    events::append_edge(&transaction, key, &event, Actor::System, causation, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Deletes the counts of addresses that nobody has tried since an instant; how many.
///
/// # Errors
/// When the database refuses or does not answer.
pub async fn trim(client: &Client, tried_before: Timestamp) -> Result<u64, StorageError> {
    let sql = "delete from sign_in_failures where last_at < $1";
    Ok(client.execute(sql, &[&tried_before]).await?)
}

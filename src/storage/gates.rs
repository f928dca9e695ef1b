//! Places under limits that reach across properties. They are taken and given back by
//! [`super::batch`], in the transaction of the change that needs them.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Client;
use uuid::Uuid;

use super::sqlstate::StorageError;

/// How long a gate may be there before its booking is looked for.
pub const SWEPT_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// The places of a scope that have a holder.
///
/// # Errors
/// When the database cannot be read.
pub async fn taken(client: &Client, scope: Uuid) -> Result<Vec<i32>, StorageError> {
    let rows = client.query("select slot from gates where scope = $1", &[&scope]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Deletes gates by place and command, unless the command was carried out: then they are its
/// own.
///
/// # Errors
/// When the database cannot be written.
pub async fn give_back(client: &Client, gates: &[(Uuid, i32, Uuid)]) -> Result<u64, StorageError> {
    let scopes: Vec<Uuid> = gates.iter().map(|(scope, ..)| *scope).collect();
    let slots: Vec<i32> = gates.iter().map(|(_, slot, _)| *slot).collect();
    let commands: Vec<Uuid> = gates.iter().map(|(.., command)| *command).collect();
    let statement = "delete from gates g
        using unnest($1::uuid[], $2::int4[], $3::uuid[]) n(scope, slot, command)
        where g.scope = n.scope and g.slot = n.slot and g.command = n.command
        and not exists (select 1 from commands c where c.request_id = n.command)";
    Ok(client.execute(statement, &[&scopes, &slots, &commands]).await?)
}

/// Deletes gates without a booking: a change set had taken some of its gates when it found
/// another one closed, and its writer died before it gave them back. How many there were.
///
/// It is the booking that is looked for and not the record of the command: records are kept
/// for two days, and a gate may be needed for longer.
///
/// # Errors
/// When the database cannot be written.
pub async fn sweep(client: &Client, now: Timestamp) -> Result<u64, StorageError> {
    let statement = "delete from gates g where at < $1
        and not exists (select 1 from bookings b where b.id = g.holder)";
    Ok(client.execute(statement, &[&(now - SWEPT_AFTER)]).await?)
}

//! Who owns a shard, and under which epoch. An owner changes by compare-and-set only, and each
//! change raises the epoch, which fences whoever owned the shard before.

use tokio_postgres::{Client, Row};

use super::sqlstate::StorageError;
use crate::domain::entity::{SHARDS, Shard};
use crate::domain::membership::Incarnation;

/// Whom a shard belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// The shard.
    pub shard: Shard,
    /// Its owner, who may have ended; none when nobody ever had it, or a tool took it.
    pub owner: Option<Incarnation>,
    /// How often it has changed hands.
    pub epoch: i64,
}

/// Whom every shard belongs to.
///
/// # Errors
/// When the database cannot be read.
pub async fn table(client: &Client) -> Result<Vec<Owned>, StorageError> {
    let rows = client.query("select id, owner, epoch from shards order by id", &[]).await?;
    rows.iter()
        .map(|row| {
            let owner = row.get::<_, Option<i64>>(1).map(Incarnation);
            Ok(Owned { shard: shard(row)?, owner, epoch: row.get(2) })
        })
        .collect()
}

/// Claims those of `shards` whose owner has ended; which, and their epochs. One whose row a
/// batch holds at the moment is left out: whoever claims tries again.
///
/// # Errors
/// When the database cannot be reached. The claim may have come about then.
pub async fn claim(
    client: &Client,
    me: Incarnation,
    shards: &[Shard],
) -> Result<Vec<(Shard, i64)>, StorageError> {
    let rows = client
        .query(
            "with free as (
                 select s.id from shards s left join cluster_nodes n on n.incarnation = s.owner
                 where s.id = any($2) and (s.owner is null or n.state in ('left', 'dead'))
                     and exists (select 1 from cluster_nodes
                         where incarnation = $1 and state in ('joining', 'active'))
                 for update of s skip locked)
             update shards s set owner = $1, epoch = epoch + 1 from free where s.id = free.id
             returning s.id, s.epoch",
            &[&me.0, &ids(shards)],
        )
        .await?;
    epochs(&rows)
}

/// Hands shards to another node that is active: those that `from` owns under these epochs;
/// which it were, and their new epochs.
///
/// # Errors
/// When the database cannot be reached. It may have come about then.
pub async fn hand_over(
    client: &Client,
    from: Incarnation,
    to: Incarnation,
    shards: &[(Shard, i64)],
) -> Result<Vec<(Shard, i64)>, StorageError> {
    let ids: Vec<_> = shards.iter().map(|(shard, _)| i32::from(shard.0)).collect();
    let known: Vec<_> = shards.iter().map(|(_, epoch)| *epoch).collect();
    let rows = client
        .query(
            "update shards s set owner = $2, epoch = s.epoch + 1
             from unnest($3::int4[], $4::int8[]) as known(id, epoch)
             where s.id = known.id and s.epoch = known.epoch and s.owner = $1
                 and exists (select 1 from cluster_nodes
                     where incarnation = $2 and state = 'active')
             returning s.id, s.epoch",
            &[&from.0, &to.0, &ids, &known],
        )
        .await?;
    epochs(&rows)
}

/// Takes every shard from whoever has it, for a tool that is alone with the database: each
/// epoch goes up by one, and nobody is the owner. Waits for batches under way through their
/// row locks.
///
/// # Errors
/// When the database cannot be reached.
pub async fn take_all(client: &Client) -> Result<Vec<(Shard, i64)>, StorageError> {
    let sql = "update shards set owner = null, epoch = epoch + 1 returning id, epoch";
    epochs(&client.query(sql, &[]).await?)
}

/// Checks that the database was made for as many shards as this version has.
///
/// # Errors
/// When it was not, or cannot be reached.
pub async fn check_count(client: &Client) -> Result<(), StorageError> {
    let row = client.query_one("select value from facts where name = 'shards'", &[]).await?;
    let value: &str = row.get(0);
    if value == SHARDS.to_string() {
        Ok(())
    } else {
        Err(StorageError::malformed(format!("database has {value} shards, this version {SHARDS}")))
    }
}

fn ids(shards: &[Shard]) -> Vec<i32> {
    shards.iter().map(|shard| i32::from(shard.0)).collect()
}

fn epochs(rows: &[Row]) -> Result<Vec<(Shard, i64)>, StorageError> {
    rows.iter().map(|row| Ok((shard(row)?, row.get(1)))).collect()
}

fn shard(row: &Row) -> Result<Shard, StorageError> {
    u16::try_from(row.get::<_, i32>(0)).map(Shard).map_err(StorageError::malformed)
}

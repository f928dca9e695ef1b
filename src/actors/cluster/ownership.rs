//! Which shards this node owns, and under which epochs.
//!
//! A single node claims all of them when it starts. An epoch is only ever raised by a
//! claim; whoever writes under an older one is fenced by the database.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::entity::{SHARDS, Shard};
use crate::storage::pool::Database;
use crate::storage::shards;
use crate::storage::sqlstate::StorageError;

/// The epochs of this node's shards; 0 stands for a shard that it does not own.
#[derive(Debug)]
pub struct Ownership(Vec<AtomicI64>);

impl Ownership {
    /// Owns nothing: for tests that ask no entity.
    #[cfg(test)]
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Claims all shards for `owner`.
    ///
    /// # Errors
    /// When the database cannot be reached, or was made for another number of shards.
    pub async fn claim_all(database: &Database, owner: &str) -> Result<Self, StorageError> {
        let client = database.connect("").await?;
        shards::check_count(&client).await?;
        let epochs: Vec<_> = (0..SHARDS).map(|_| AtomicI64::new(0)).collect();
        for (shard, epoch) in shards::claim_all(&client, owner).await? {
            if let Some(cell) = epochs.get(usize::from(shard.0)) {
                cell.store(epoch, Ordering::Release);
            }
        }
        Ok(Self(epochs))
    }

    /// The epoch under which this node owns a shard, if it does.
    #[must_use]
    pub fn epoch(&self, shard: Shard) -> Option<i64> {
        let epoch = self.0.get(usize::from(shard.0))?.load(Ordering::Acquire);
        (epoch > 0).then_some(epoch)
    }

    /// The shards this node owns.
    #[must_use]
    pub fn owned(&self) -> Vec<Shard> {
        Shard::all().filter(|shard| self.epoch(*shard).is_some()).collect()
    }
}

//! New listings on their way into a database over several connections at once.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::store::StoreError;
use crate::storage::bulk::{Bulk, BulkEnd, NewListings};
use crate::storage::changes::ChangeSet;
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;

/// Connections that write in bulk.
const LANES: usize = 2;

/// Batches that wait at each, so that it need not wait for the next one.
const AHEAD: usize = 1;

/// New properties to be written together, as rows for each connection.
#[derive(Debug, Default)]
pub struct NewProperties {
    lanes: [NewListings; LANES],
    /// Those that have more than their listing.
    others: Vec<ChangeSet>,
}

impl NewProperties {
    /// Adds a property by the only set that there is of it.
    ///
    /// # Errors
    /// When a value does not fit its column; nothing of the whole can be written then.
    pub fn add(&mut self, set: ChangeSet) -> Result<(), StorageError> {
        if !NewListings::takes(&set) {
            self.others.push(set);
            return Ok(());
        }
        // A stream is locked while it grows, so each belongs to one connection.
        let lane = self.lanes.get_mut(usize::from(set.shard.0) % LANES);
        lane.map_or(Ok(()), |lane| lane.add(&set))
    }

    /// The rows for each connection, and the sets that cannot be written in bulk.
    pub(super) fn split(self) -> ([NewListings; LANES], Vec<ChangeSet>) {
        (self.lanes, self.others)
    }
}

/// A connection at work, which it gives back with how it ended.
#[derive(Debug)]
struct Lane {
    batches: mpsc::Sender<NewListings>,
    end: JoinHandle<(Bulk, Result<(), StoreError>)>,
}

/// Connections that write in bulk, opened when there is something to write.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    at_work: Vec<Lane>,
    at_rest: Vec<Bulk>,
}

impl Lanes {
    /// Has a batch written, each part by its own connection, in order with those before. It
    /// may still be on its way when this returns; see [`Lanes::settle`].
    ///
    /// # Errors
    /// When this batch, or one before, cannot be written.
    pub(super) async fn write(
        &mut self,
        database: &Database,
        batch: [NewListings; LANES],
    ) -> Result<(), StoreError> {
        while self.at_work.len() < LANES {
            let bulk = match self.at_rest.pop() {
                Some(bulk) => bulk,
                None => Bulk::open(database).await?,
            };
            self.at_work.push(Lane::begin(bulk));
        }
        for (lane, part) in self.at_work.iter().zip(batch) {
            if lane.batches.send(part).await.is_err() {
                // It takes no more because it failed, and says why.
                return self.settle().await;
            }
        }
        Ok(())
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// The first reason why something is not.
    pub(super) async fn settle(&mut self) -> Result<(), StoreError> {
        let mut ended = Ok(());
        for Lane { batches, end } in self.at_work.drain(..) {
            drop(batches);
            let (bulk, end) = end.await.map_err(StoreError::Broken)?;
            self.at_rest.push(bulk);
            ended = ended.and(end);
        }
        ended
    }
}

impl Lane {
    fn begin(mut bulk: Bulk) -> Self {
        let (batches, mut waiting) = mpsc::channel(AHEAD);
        let end = tokio::spawn(async move {
            while let Some(batch) = waiting.recv().await {
                match bulk.write(batch).await {
                    Ok(BulkEnd::Written) => {}
                    Ok(BulkEnd::Fenced) => return (bulk, Err(StoreError::TakenOver)),
                    Err(error) => return (bulk, Err(error.into())),
                }
            }
            (bulk, Ok(()))
        });
        Self { batches, end }
    }
}

//! An offline tool's hold on a database: the right to write, every shard's epoch, and a
//! writer. What it writes goes the way of the server's own change sets.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::Client;

use super::lanes::{Lanes, NewProperties};
use super::story::Story;
use crate::clock::{self, Clock};
use crate::domain::entity::Shard;
use crate::domain::ids::PropertyId;
use crate::domain::rules::Rules;
use crate::storage::batch::Writer;
use crate::storage::changes::{ChangeSet, Settled};
use crate::storage::locks::{self, WriterLock};
use crate::storage::pool::Database;
use crate::storage::shards;
use crate::storage::sqlstate::StorageError;

/// Change sets in one batch: a fraction of a second, far below a writer's deadline. On a
/// machine that is slower than that the database ends the statement, and halves are sent.
const BATCH_SETS: usize = 256;

/// How often a batch without an answer is sent again.
const RESENDS: u32 = 20;

/// The pause before that.
const RESEND_PAUSE: Duration = Duration::from_millis(500);

/// How long the right to write is waited for, and how often it is asked for: that of a
/// process which ended a moment ago is there until the database notices.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const LOCK_POLL: Duration = Duration::from_millis(100);

/// Why a tool could not write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A server, or another tool, is at work on this database.
    #[error("a server is running on this database: stop it first")]
    InUse,
    /// Somebody has taken the database over since.
    #[error("another process has taken this database over")]
    TakenOver,
    /// A task that writes broke.
    #[error("bulk write broke")]
    Broken(#[source] tokio::task::JoinError),
}

/// What became of one change set.
pub type Written = Result<Settled, StorageError>;

/// The hold on a database. It ends when this is dropped.
#[derive(Debug)]
pub struct Store {
    database: Database,
    client: Client,
    writer: Writer,
    lanes: Lanes,
    lock: WriterLock,
    epochs: HashMap<Shard, i64>,
    clock: Clock,
    rules: Rules,
}

impl Store {
    /// Takes hold of a migrated database.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when somebody else has it.
    pub async fn open(database: &Database, clock: Clock, rules: Rules) -> Result<Self, StoreError> {
        let lock = take_lock(database).await?;
        let client = database.connect("").await?;
        shards::check_count(&client).await?;
        let epochs = shards::take_all(&client).await?.into_iter().collect();
        let writer = Writer::open(database.clone()).await?;
        let (database, lanes) = (database.clone(), Lanes::default());
        // What a tool tells is over, or was agreed on elsewhere.
        let rules = Rules { holds_per_user: 0, ..rules };
        Ok(Self { database, client, writer, lanes, lock, epochs, clock, rules })
    }

    /// For reading, and for writing what no entity owns.
    pub const fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// The time.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The settings that stories obey.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The beginning of a property's story, under the epoch that this store holds.
    #[must_use]
    pub fn story(&self, id: PropertyId) -> Story<'_> {
        let shard = crate::domain::entity::EntityRef::from(id).shard();
        Story::new(id, self.epochs.get(&shard).copied().unwrap_or_default(), &self.rules)
    }

    /// Writes the change sets of some properties. Those of one property are written in
    /// order; after one that fails, its later ones are left out. Gives back the first
    /// failure of each property, or what became of its last set.
    ///
    /// # Errors
    /// When the database cannot be written any more; what was written stays.
    pub async fn write(
        &mut self,
        properties: Vec<Vec<ChangeSet>>,
    ) -> Result<Vec<Option<Written>>, StoreError> {
        let mut ends: Vec<Option<Written>> = properties.iter().map(|_| None).collect();
        let mut left: Vec<_> = properties.into_iter().map(Vec::into_iter).enumerate().collect();
        while !left.is_empty() {
            let (mut numbers, mut round) = (Vec::new(), Vec::new());
            left.retain_mut(|(number, sets)| {
                let next = sets.next();
                let more = next.is_some();
                if let Some(set) = next {
                    numbers.push(*number);
                    round.push(set);
                }
                more
            });
            let mut written = Vec::with_capacity(round.len());
            for batch in round.chunks(BATCH_SETS) {
                self.batch(batch, &mut written).await?;
            }
            for (number, end) in numbers.into_iter().zip(written) {
                if end.is_err() {
                    left.retain(|(other, _)| *other != number);
                }
                if let Some(place) = ends.get_mut(number) {
                    *place = Some(end);
                }
            }
        }
        Ok(ends)
    }

    /// Writes new properties: in bulk, as far as they have nothing but their listing. Those may
    /// still be on their way when this returns, so that the next can be thought up meanwhile:
    /// [`Self::settle`] waits for them. Where it fails some of them may be there; each is whole.
    ///
    /// # Errors
    /// When the database refuses or cannot be written any more, these or those before.
    pub async fn write_new(&mut self, new: NewProperties) -> Result<(), StoreError> {
        if !self.lock.is_held() {
            return Err(StoreError::TakenOver);
        }
        let (listings, others) = new.split();
        if !others.is_empty() {
            // They grow the same streams.
            self.settle().await?;
            let ends = self.write(others.into_iter().map(|set| vec![set]).collect()).await?;
            if let Some(error) = ends.into_iter().flatten().find_map(Result::err) {
                return Err(error.into());
            }
        }
        self.lanes.write(&self.database, listings).await
    }

    /// Waits until all new properties are written.
    ///
    /// # Errors
    /// As [`Self::write_new`].
    pub async fn settle(&mut self) -> Result<(), StoreError> {
        self.lanes.settle().await
    }

    /// Writes a batch of sets of different properties. When the database refuses it, its
    /// halves are tried, so that only the culprits fail.
    async fn batch(
        &mut self,
        sets: &[ChangeSet],
        written: &mut Vec<Written>,
    ) -> Result<(), StoreError> {
        let mut waiting = vec![sets];
        while let Some(sets) = waiting.pop() {
            match self.send(sets).await {
                Ok(settled) => written.extend(settled.into_iter().map(Ok)),
                Err(StoreError::Storage(error @ StorageError::Refused(..))) => {
                    if sets.len() <= 1 {
                        written.push(Err(error));
                        continue;
                    }
                    let (first, second) = sets.split_at(sets.len() / 2);
                    waiting.extend([second, first]);
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Sends a batch until there is an answer.
    async fn send(&mut self, sets: &[ChangeSet]) -> Result<Vec<Settled>, StoreError> {
        if !self.lock.is_held() {
            return Err(StoreError::TakenOver);
        }
        let mut answer = self.writer.execute(sets).await;
        for _ in 0..RESENDS {
            if !matches!(answer, Err(StorageError::Unknown(_) | StorageError::Unreachable(_))) {
                break;
            }
            clock::pause(RESEND_PAUSE).await;
            answer = match self.writer.recover().await {
                Ok(()) => self.writer.execute(sets).await,
                Err(error) => Err(error),
            };
        }
        let settled = answer?;
        if settled.contains(&Settled::Fenced) {
            return Err(StoreError::TakenOver);
        }
        Ok(settled)
    }
}

/// Whether a server, or another tool, is at work on a database.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_in_use(database: &Database) -> Result<bool, StoreError> {
    Ok(locks::is_taken(&database.connect("").await?).await?)
}

async fn take_lock(database: &Database) -> Result<WriterLock, StoreError> {
    let take = async {
        loop {
            match locks::take(database).await {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => clock::pause(LOCK_POLL).await,
                Err(error) => return Err(error.into()),
            }
        }
    };
    clock::within(LOCK_WAIT, take).await.unwrap_or(Err(StoreError::InUse))
}

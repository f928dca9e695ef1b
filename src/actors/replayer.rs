//! Gives consumers events again, one replay after the other. How far a replay has come is a
//! row, so that a restart goes on with it; what it does twice thereby has its effect once,
//! because every effect has a key that derives from its event.

use std::collections::BTreeMap;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::cluster::ownership::Ownership;
use super::cluster::peers::Peers;
use super::cluster::wire::Notice;
use super::consumer::{ConsumerError, Consumers, Effects};
use super::consumer_work::{Failure, shortened};
use super::root::{Mailbox, Root};
use crate::clock::{self, Clock};
use crate::domain::event::Recorded;
use crate::storage::dead_letters;
use crate::storage::events::Entry;
use crate::storage::pool::Pool;
use crate::storage::replays::{self, Range, Replay, START};
use crate::storage::sqlstate::StorageError;

/// Events that are looked at in one go.
const STRETCH: i64 = 1_000;
/// The pause before a replay goes on after a failure that was no event's.
const PAUSE: Duration = Duration::from_secs(1);
/// Events that a dry run looks at, at most.
const DRY_MAX: i64 = 200_000;

/// What the replayer needs.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For events and replays.
    pub pool: Pool,
    /// The time.
    pub clock: Clock,
    /// Who is given the events.
    pub consumers: Consumers,
    /// One node replays for all.
    pub ownership: Ownership,
    /// The others, of whom one may be it.
    pub peers: Peers,
}

/// The way to the replayer.
#[derive(Debug, Clone)]
pub struct Replayer {
    mailbox: Mailbox<Next>,
    peers: Peers,
}

/// What a dry run has found.
#[derive(Debug, Clone, Default)]
pub struct DryRun {
    /// Events looked at.
    pub scanned: i64,
    /// Events that would be given to the consumer, by type.
    pub by_type: BTreeMap<String, u64>,
    /// The consumer's effects of them, if it can tell.
    pub effects: Option<Effects>,
    /// Whether it got to the end.
    pub complete: bool,
}

impl Replayer {
    /// Starts replaying whatever is ordered.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(root: &Root, around: Surroundings) -> Result<Self, ActorProcessingErr> {
        let (mut changed, peers) = (around.ownership.watch(), around.peers.clone());
        let make = move || (ReplayActor, around.clone());
        let replayer = Self { mailbox: root.adopt("replayer", make).await?, peers };
        let told = replayer.clone();
        tokio::spawn(async move {
            while changed.changed().await.is_ok() {
                told.heard();
            }
        });
        Ok(replayer)
    }

    /// A replay has been ordered, or a consumer been started.
    pub fn look(&self) {
        self.heard();
        self.peers.tell_all(Notice::Replays);
    }

    /// As [`Self::look`], when another node has said so.
    pub fn heard(&self) {
        self.mailbox.send(Next);
    }
}

/// Finds out what a replay would do.
///
/// # Errors
/// When the database cannot be read.
pub async fn dry_run(
    pool: &Pool,
    consumers: &Consumers,
    consumer: &str,
    range: &Range,
) -> Result<DryRun, ConsumerError> {
    let (mut at, mut found) = (START, DryRun::default());
    while found.scanned < DRY_MAX {
        let client = pool.get().await.map_err(StorageError::from)?;
        let stretch = replays::stretch(&client, consumer, range, at, STRETCH).await?;
        drop(client);
        if stretch.scanned == 0 {
            found.complete = true;
            break;
        }
        at = stretch.to;
        found.scanned += stretch.scanned;
        let mut events: Vec<Recorded> = Vec::new();
        for Entry { kind, event, .. } in stretch.entries {
            *found.by_type.entry(kind).or_default() += 1;
            events.extend(event);
        }
        if let Some(effects) = consumers.effects(consumer, &events).await? {
            let sum = found.effects.get_or_insert_default();
            sum.present += effects.present;
            sum.missing += effects.missing;
        }
    }
    Ok(found)
}

/// What the actor is told: see to the next stretch.
pub(super) struct Next;

impl ractor::Message for Next {}

struct ReplayActor;

impl Actor for ReplayActor {
    type Msg = Next;
    type State = Surroundings;
    type Arguments = Surroundings;

    async fn pre_start(
        &self,
        myself: ActorRef<Next>,
        around: Surroundings,
    ) -> Result<Surroundings, ActorProcessingErr> {
        myself.cast(Next)?;
        Ok(around)
    }

    async fn handle(
        &self,
        myself: ActorRef<Next>,
        _: Next,
        around: &mut Surroundings,
    ) -> Result<(), ActorProcessingErr> {
        match around.next_stretch().await {
            Ok(true) => myself.cast(Next)?,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "replay waits");
                tokio::spawn(async move {
                    clock::pause(PAUSE).await;
                    // A restarted replayer begins by itself.
                    myself.cast(Next).ok();
                });
            }
        }
        Ok(())
    }
}

impl Surroundings {
    /// Replays a stretch of the replay whose turn it is; whether there was one.
    async fn next_stretch(&self) -> Result<bool, ConsumerError> {
        if !self.ownership.leads() {
            return Ok(false);
        }
        let client = self.pool.get().await.map_err(StorageError::from)?;
        // One of a consumer that is not here waits, and keeps no other waiting.
        let names = self.consumers.names();
        let Some(mut replay) = replays::next(&client, &names).await? else { return Ok(false) };
        let Replay { consumer, range, at, .. } = &replay;
        let stretch = replays::stretch(&client, consumer, range, *at, STRETCH).await?;
        drop(client);
        let done = stretch.scanned == 0;
        for entry in &stretch.entries {
            if self.replay(&replay.consumer, entry).await? {
                replay.counts.applied += 1;
            } else {
                replay.counts.failed += 1;
            }
        }
        replay.at = stretch.to;
        replay.counts.scanned += stretch.scanned;
        let client = self.pool.get().await.map_err(StorageError::from)?;
        replays::moved(&client, &replay, done, self.clock.now()).await?;
        Ok(true)
    }

    /// Gives a consumer an event again; whether that went well. If not it is a dead letter.
    async fn replay(&self, consumer: &str, entry: &Entry) -> Result<bool, ConsumerError> {
        let tried = match &entry.event {
            Ok(event) => self.consumers.apply(consumer, event.clone()).await,
            Err(error) => Some(Err(Failure::Event(error.to_string()))),
        };
        let error = match tried {
            Some(Ok(())) => return Ok(true),
            Some(Err(Failure::Outage(error))) => return Err(error),
            Some(Err(Failure::Event(error))) => error,
            None => format!("there is no consumer {consumer} here"),
        };
        let client = self.pool.get().await.map_err(StorageError::from)?;
        let (id, now) = (self.clock.id(), self.clock.now());
        dead_letters::add(&client, id, consumer, entry, &shortened(&error), now).await?;
        Ok(false)
    }
}

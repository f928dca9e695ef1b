//! Finds the entity that a request is for, wakes it if it sleeps, and sees to it that there
//! is an answer. Callers know addresses only; where an entity lives is known here.
//!
//! A request that was not carried out for certain, or whose repeat is safe because it
//! carries the same id, is tried again until its deadline.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ractor::ActorCell;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::ownership::Ownership;
use crate::actors::property::{NotAnswered, PropertyHandle, Surroundings};
use crate::clock;
use crate::domain::entity::{EntityRef, Shard};
use crate::domain::envelope::{Answer, Request};
use crate::domain::refusal::Refusal;

/// How long a request is tried.
const DEADLINE: Duration = Duration::from_secs(5);
/// The pause before a request is tried again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(10);
/// How often a request may break its entity before it is refused for good.
const BREAKAGES_MAX: u32 = 3;
/// How often sleeping entities are looked for.
const SWEEP: Duration = Duration::from_secs(5);

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Too much is waiting, or the way to the data is closed for now; nothing was done,
    /// and the same request may come again.
    #[error("too many requests are waiting")]
    Busy {
        /// When to come again.
        retry_after: Duration,
    },
    /// It may or may not have been done: only the same request again can tell.
    #[error("outcome is not known yet")]
    Unknown,
}

const BUSY: AskError = AskError::Busy { retry_after: Duration::from_secs(1) };

/// Limits on what waits and what is awake.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests that may wait at one entity.
    pub entity_queue: usize,
    /// Requests that may wait on this node.
    pub node_queue: usize,
    /// How long an entity without requests stays awake.
    pub idle: Duration,
    /// Entities that may be awake; past it those that have slept longest go.
    pub entities_max: usize,
}

/// Routes requests to the entities of this node.
#[derive(Debug, Clone)]
pub struct Region(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ownership: Ownership,
    around: Arc<Surroundings>,
    supervisor: ActorCell,
    limits: Limits,
    node_permits: Arc<Semaphore>,
    /// Entities that are awake.
    awake: Mutex<HashMap<Uuid, Awake>>,
    /// Counts requests; an entity remembers its last one, so that the order of the counts
    /// is the order of use.
    uses: AtomicU64,
}

#[derive(Debug)]
struct Awake {
    handle: PropertyHandle,
    shard: Shard,
    permits: Arc<Semaphore>,
    used: u64,
    used_at: Instant,
}

/// A place in the queue of an entity, for one request.
#[derive(Debug)]
pub struct Place {
    entity: EntityRef,
    handle: PropertyHandle,
    permit: OwnedSemaphorePermit,
    node: OwnedSemaphorePermit,
}

impl Region {
    /// Opens the region for the shards that this node owns.
    #[must_use]
    pub fn new(
        ownership: Ownership,
        around: Arc<Surroundings>,
        supervisor: ActorCell,
        limits: Limits,
    ) -> Self {
        let region = Self(Arc::new(Inner {
            ownership,
            around,
            supervisor,
            limits,
            node_permits: Arc::new(Semaphore::new(limits.node_queue)),
            awake: Mutex::new(HashMap::new()),
            uses: AtomicU64::new(0),
        }));
        tokio::spawn(sweep(Arc::downgrade(&region.0)));
        region
    }

    /// The shards this node owns.
    #[must_use]
    pub fn owned_shards(&self) -> Vec<Shard> {
        self.0.ownership.owned()
    }

    /// How many entities are awake.
    #[must_use]
    pub fn awake(&self) -> usize {
        self.0.awake().len()
    }

    /// How many commands wait for an entity of this node.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.limits.node_queue.saturating_sub(self.0.node_permits.available_permits())
    }

    /// Asks an entity, wherever it lives, and waits for its answer.
    ///
    /// # Errors
    /// When there is no answer in time; see [`AskError`].
    pub async fn ask(&self, entity: EntityRef, request: Request) -> Result<Answer, AskError> {
        let place = self.admit(entity)?;
        self.ask_in(place, request).await
    }

    /// Takes a place in an entity's queue, or says at once that there is none: who has
    /// something to do before it asks does nothing in vain then.
    ///
    /// # Errors
    /// [`AskError::Busy`].
    pub fn admit(&self, entity: EntityRef) -> Result<Place, AskError> {
        let node = Arc::clone(&self.0.node_permits).try_acquire_owned().map_err(|_| {
            refused("node");
            BUSY
        })?;
        let (handle, permit) = self.0.wake(entity)?;
        Ok(Place { entity, handle, permit, node })
    }

    /// Asks from a place in the queue, and waits for the answer.
    ///
    /// # Errors
    /// When there is no answer in time; see [`AskError`].
    pub async fn ask_in(&self, place: Place, request: Request) -> Result<Answer, AskError> {
        clock::within(DEADLINE, self.try_until_answered(place, request))
            .await
            .unwrap_or(Err(AskError::Unknown))
    }

    async fn try_until_answered(&self, place: Place, request: Request) -> Result<Answer, AskError> {
        let Place { entity, handle, permit, node: _node } = place;
        let (mut handle, mut permit) = (handle, permit);
        let (mut pause, mut breakages) = (PAUSE, 0);
        loop {
            match handle.ask(request.clone(), permit).await {
                Ok(answer) => return Ok(answer),
                Err(NotAnswered::Fenced | NotAnswered::Failed) => return Err(BUSY),
                Err(gone @ (NotAnswered::Gone | NotAnswered::Broken)) => {
                    self.0.forget_stopped(entity);
                    breakages += u32::from(gone == NotAnswered::Broken);
                    if breakages >= BREAKAGES_MAX {
                        tracing::error!(%entity, request = %request.id, "request broke its entity");
                        return Ok(Answer::Refused(Refusal::Poisoned));
                    }
                    clock::pause(pause).await;
                    pause = pause.saturating_mul(2);
                    (handle, permit) = self.0.wake(entity)?;
                }
            }
        }
    }
}

impl Inner {
    fn awake(&self) -> MutexGuard<'_, HashMap<Uuid, Awake>> {
        self.awake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handle of an entity and a place in its queue. Both under one lock, so that no
    /// entity is put to sleep between the two.
    fn wake(&self, entity: EntityRef) -> Result<(PropertyHandle, OwnedSemaphorePermit), AskError> {
        let mut awake = self.awake();
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        let entry = match awake.entry(entity.id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let shard = entity.shard();
                let epoch = self.ownership.epoch(shard).ok_or(BUSY)?;
                let around = Arc::clone(&self.around);
                let supervisor = self.supervisor.clone();
                let handle =
                    PropertyHandle::start(entity, epoch, around, supervisor).map_err(|_| BUSY)?;
                let permits = Arc::new(Semaphore::new(self.limits.entity_queue));
                entry.insert(Awake { handle, shard, permits, used, used_at: clock::monotonic() })
            }
        };
        self.ownership.epoch(entry.shard).ok_or(BUSY)?;
        entry.used = used;
        entry.used_at = clock::monotonic();
        let permit = Arc::clone(&entry.permits).try_acquire_owned().map_err(|_| {
            refused("entity");
            BUSY
        })?;
        Ok((entry.handle.clone(), permit))
    }

    /// Drops an entity that has stopped; the next request wakes a new one.
    fn forget_stopped(&self, entity: EntityRef) {
        let mut awake = self.awake();
        if awake.get(&entity.id).is_some_and(|entity| entity.handle.has_stopped()) {
            awake.remove(&entity.id);
        }
    }

    /// Puts entities to sleep that have had nothing to do for long, and the longest unused
    /// when too many are awake.
    fn put_to_sleep(&self) {
        let mut awake = self.awake();
        let now = clock::monotonic();
        let excess = awake.len().saturating_sub(self.limits.entities_max);
        let mut idle: Vec<(u64, Uuid, bool)> = awake
            .iter()
            .filter(|(_, entity)| entity.permits.available_permits() == self.limits.entity_queue)
            .map(|(id, entity)| {
                let long = now.duration_since(entity.used_at) > self.limits.idle;
                (entity.used, *id, long)
            })
            .collect();
        idle.sort_unstable();
        for (order, (_, id, long)) in idle.into_iter().enumerate() {
            if (long || order < excess)
                && let Some(entity) = awake.remove(&id)
            {
                entity.handle.passivate();
            }
        }
    }
}

/// Counts a request that found no place.
fn refused(queue: &'static str) {
    metrics::counter!("region_refused_total", "queue" => queue).increment(1);
}

async fn sweep(region: std::sync::Weak<Inner>) {
    loop {
        clock::pause(SWEEP).await;
        let Some(region) = region.upgrade() else { return };
        region.put_to_sleep();
    }
}

//! Finds the entity that a request is for, wherever it lives, wakes it if it sleeps, and sees
//! to it that there is an answer. Callers know addresses only; where an entity lives is known
//! here.
//!
//! A request that was not carried out for certain, or whose repeat is safe because it
//! carries the same id, is tried again until its deadline: here, at the node that owns the
//! shard, or at the one that owns it next.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ractor::ActorCell;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::ownership::{Ownership, Route};
use super::peers::{NotReplied, Peers};
use super::wire::{self, Envelope, Reply};
use crate::actors::property::{NotAnswered, PropertyHandle, Surroundings};
use crate::actors::queue::{Queue, Ticket};
use crate::clock::{self, Clock};
use crate::domain::entity::{EntityRef, Shard};
use crate::domain::envelope::{Answer, Request};
use crate::domain::membership::Incarnation;
use crate::domain::refusal::Refusal;

/// How long a request is tried.
const DEADLINE: Duration = Duration::from_secs(5);
/// The pause before a request is tried again; it doubles each time, and ends when it is known
/// that a shard has moved.
const PAUSE: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(300);
/// How often a request may break its entity before it is refused for good.
const BREAKAGES_MAX: u32 = 3;
/// How often a request is sent on.
const HOPS_MAX: u8 = 2;
/// How often sleeping entities are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// How often it is looked whether entities have come to an end.
const SETTLE: Duration = Duration::from_millis(2);

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

/// Routes requests to entities.
#[derive(Debug, Clone)]
pub struct Region(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ownership: Ownership,
    /// The other nodes; none for a server that is alone.
    peers: Option<Peers>,
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
    epoch: i64,
    queue: Arc<Queue>,
    used: u64,
    used_at: Instant,
}

/// What waits at an entity.
#[derive(Debug, Clone, Copy)]
pub struct Queued {
    /// The entity.
    pub entity: Uuid,
    /// How many requests wait there, those that it is at work on included.
    pub waiting: usize,
    /// For how long the oldest of them has.
    pub oldest: Duration,
}

/// A place in the queue before an entity, for one request.
#[derive(Debug)]
pub struct Place {
    entity: EntityRef,
    seat: Seat,
    _node: OwnedSemaphorePermit,
}

impl Place {
    /// Whom the request is for.
    #[must_use]
    pub const fn entity(&self) -> EntityRef {
        self.entity
    }
}

/// Where a request waits.
#[derive(Debug)]
enum Seat {
    /// At the entity.
    Here(PropertyHandle, Ticket),
    /// Its entity lives elsewhere, where it is told whether there is room.
    There(Incarnation),
    /// Its shard is on its way.
    Nowhere,
}

/// How one attempt at a request ended.
enum Attempt {
    Answered(Answer),
    /// There is no room, or the database is in the way: it is given back to its sender.
    Refused(AskError),
    /// Nothing was done; elsewhere or later it may be.
    NotDone,
    /// It may or may not have been done.
    Unknown,
    /// Its entity broke over it.
    Broken,
}

impl Region {
    /// Opens the region.
    #[must_use]
    pub fn new(
        ownership: Ownership,
        peers: Option<Peers>,
        around: Arc<Surroundings>,
        supervisor: ActorCell,
        limits: Limits,
    ) -> Self {
        let region = Self(Arc::new(Inner {
            ownership,
            peers,
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

    /// Who owns which shard.
    #[must_use]
    pub fn ownership(&self) -> &Ownership {
        &self.0.ownership
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

    /// The queues of this node in which requests wait, in no order.
    #[must_use]
    pub fn queues(&self) -> Vec<Queued> {
        let (awake, now) = (self.0.awake(), clock::monotonic());
        let queued = |(id, awake): (&Uuid, &Awake)| {
            let (waiting, since) = awake.queue.waiting()?;
            Some(Queued { entity: *id, waiting, oldest: now.saturating_duration_since(since) })
        };
        awake.iter().filter_map(queued).collect()
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
        let seat = self.0.seat(entity)?;
        Ok(Place { entity, seat, _node: node })
    }

    /// Asks from a place in the queue, and waits for the answer.
    ///
    /// # Errors
    /// When there is no answer in time; see [`AskError`].
    pub async fn ask_in(&self, place: Place, request: Request) -> Result<Answer, AskError> {
        let now = self.0.clock().now();
        let deadline = now + SignedDuration::try_from(DEADLINE).unwrap_or_default();
        self.ask_by(place, request, deadline, DEADLINE, 0).await
    }

    /// Does what another node asks for, and says in any case what has become of it. A request
    /// whose entity lives elsewhere is sent on, if that is not too often.
    pub async fn answer(&self, envelope: Envelope) -> Reply {
        let left = envelope.deadline.duration_since(self.0.clock().now());
        let Ok(left) = Duration::try_from(left) else { return Reply::Expired };
        let (left, shard) = (left.min(DEADLINE), envelope.entity.shard());
        match self.0.ownership.route(shard) {
            Route::There(_) if envelope.hops >= HOPS_MAX => return self.not_owner(shard),
            Route::Nowhere => return self.not_owner(shard),
            Route::Here(_) | Route::There(_) => {}
        }
        let Ok(place) = self.admit(envelope.entity) else { return busy(&BUSY) };
        let (deadline, hops) = (envelope.deadline, envelope.hops);
        match self.ask_by(place, envelope.payload, deadline, left, hops).await {
            Ok(answer) => Reply::Ok(Box::new(answer)),
            Err(AskError::Unknown) => Reply::Unknown,
            Err(error @ AskError::Busy { .. }) => busy(&error),
        }
    }

    fn not_owner(&self, shard: Shard) -> Reply {
        let known = self.0.ownership.owner(shard);
        Reply::NotOwner { owner: known.owner, epoch: known.epoch }
    }

    async fn ask_by(
        &self,
        place: Place,
        request: Request,
        deadline: Timestamp,
        left: Duration,
        hops: u8,
    ) -> Result<Answer, AskError> {
        // Whether it may have been done: then it is not said that it was not.
        let open = AtomicBool::new(false);
        let trying = self.try_until_answered(place, &request, deadline, hops, &open);
        clock::within(left, trying).await.unwrap_or_else(|_| {
            let open = open.load(Ordering::Acquire);
            Err(if open { AskError::Unknown } else { BUSY })
        })
    }

    async fn try_until_answered(
        &self,
        place: Place,
        request: &Request,
        deadline: Timestamp,
        hops: u8,
        open: &AtomicBool,
    ) -> Result<Answer, AskError> {
        let Place { entity, mut seat, _node } = place;
        let (mut pause, mut breakages, mut unknown) = (PAUSE, 0, false);
        let mut changed = self.0.ownership.watch();
        loop {
            open.store(true, Ordering::Release);
            let attempt = match seat {
                Seat::Here(handle, ticket) => {
                    self.0.try_here(entity, handle, ticket, request).await
                }
                Seat::There(node) => self.0.try_there(node, entity, request, deadline, hops).await,
                Seat::Nowhere => Attempt::NotDone,
            };
            match attempt {
                Attempt::Answered(answer) => return Ok(answer),
                Attempt::Refused(_) if unknown => return Err(AskError::Unknown),
                Attempt::Refused(error) => return Err(error),
                Attempt::NotDone => {}
                Attempt::Unknown => unknown = true,
                Attempt::Broken => {
                    unknown = true;
                    breakages += 1;
                    if breakages >= BREAKAGES_MAX {
                        tracing::error!(%entity, request = %request.id, "request broke its entity");
                        return Ok(Answer::Refused(Refusal::Poisoned));
                    }
                }
            }
            open.store(unknown, Ordering::Release);
            // A closed channel wakes at once; the pause has the last word then.
            tokio::select! {
                Ok(()) = changed.changed() => {}
                () = clock::pause(pause) => pause = pause.saturating_mul(2).min(PAUSE_MAX),
            }
            // That there is no room now says nothing of what came before.
            let sent = |error| if unknown { AskError::Unknown } else { error };
            seat = self.0.seat(entity).map_err(sent)?;
        }
    }

    /// Puts the entities of these shards to sleep, each when nothing waits for it any more. The
    /// shards have to be closed, or there is no end to it.
    pub async fn settle(&self, shards: &[Shard]) {
        while self.0.put_away(shards) > 0 {
            clock::pause(SETTLE).await;
        }
    }
}

impl Inner {
    fn awake(&self) -> MutexGuard<'_, HashMap<Uuid, Awake>> {
        self.awake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clock(&self) -> &Clock {
        &self.around.clock
    }

    /// Where a request for an entity waits.
    fn seat(&self, entity: EntityRef) -> Result<Seat, AskError> {
        match self.ownership.route(entity.shard()) {
            Route::Here(epoch) => {
                let (handle, ticket) = self.wake(entity, epoch)?;
                Ok(Seat::Here(handle, ticket))
            }
            Route::There(node) if self.peers.is_some() => Ok(Seat::There(node)),
            // A server that is alone has lost the shard, and gets it back from nobody soon.
            Route::There(_) => Err(BUSY),
            Route::Nowhere => Ok(Seat::Nowhere),
        }
    }

    /// The handle of an entity and a place in its queue. Both under one lock, so that no
    /// entity is put to sleep between the two.
    fn wake(&self, entity: EntityRef, epoch: i64) -> Result<(PropertyHandle, Ticket), AskError> {
        let mut awake = self.awake();
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        // One that woke under another epoch would write in vain.
        if awake.get(&entity.id).is_some_and(|entry| entry.epoch != epoch)
            && let Some(stale) = awake.remove(&entity.id)
        {
            tokio::spawn(retire(stale));
        }
        let now = clock::monotonic();
        let entry = match awake.entry(entity.id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let shard = entity.shard();
                let around = Arc::clone(&self.around);
                let supervisor = self.supervisor.clone();
                let handle =
                    PropertyHandle::start(entity, epoch, around, supervisor).map_err(|_| BUSY)?;
                let queue = Queue::new(self.limits.entity_queue);
                entry.insert(Awake { handle, shard, epoch, queue, used, used_at: now })
            }
        };
        entry.used = used;
        entry.used_at = now;
        let ticket = entry.queue.enter(now).ok_or_else(|| {
            refused("entity");
            BUSY
        })?;
        Ok((entry.handle.clone(), ticket))
    }

    async fn try_here(
        &self,
        entity: EntityRef,
        handle: PropertyHandle,
        ticket: Ticket,
        request: &Request,
    ) -> Attempt {
        let epoch = handle.epoch();
        match handle.ask(request.clone(), ticket).await {
            Ok(answer) => Attempt::Answered(answer),
            Err(NotAnswered::Failed) => Attempt::Refused(BUSY),
            Err(NotAnswered::Fenced) => {
                metrics::counter!("region_fenced_total").increment(1);
                self.ownership.lost(entity.shard(), epoch);
                self.forget_stopped(entity);
                Attempt::NotDone
            }
            Err(NotAnswered::Gone) => {
                self.forget_stopped(entity);
                Attempt::Unknown
            }
            Err(NotAnswered::Broken) => {
                self.forget_stopped(entity);
                Attempt::Broken
            }
        }
    }

    async fn try_there(
        &self,
        node: Incarnation,
        entity: EntityRef,
        request: &Request,
        deadline: Timestamp,
        hops: u8,
    ) -> Attempt {
        let Some(peers) = &self.peers else { return Attempt::NotDone };
        let shard_epoch = self.ownership.owner(entity.shard()).epoch;
        let payload = request.clone();
        let version = wire::VERSION;
        let envelope = Envelope { version, entity, shard_epoch, deadline, hops, payload };
        match peers.ask(node, envelope).await {
            Ok(Reply::Ok(answer)) => Attempt::Answered(*answer),
            Ok(Reply::Busy { retry_after_ms }) => {
                let retry_after = Duration::from_millis(retry_after_ms);
                Attempt::Refused(AskError::Busy { retry_after })
            }
            Ok(Reply::NotOwner { .. } | Reply::Expired) | Err(NotReplied::NotSent) => {
                Attempt::NotDone
            }
            Ok(Reply::Unknown) | Err(NotReplied::Unknown) => Attempt::Unknown,
            Ok(reply @ (Reply::Unsupported { .. } | Reply::Decode | Reply::Failed { .. })) => {
                tracing::error!(%entity, %node, ?reply, "another node cannot take a request");
                Attempt::Refused(BUSY)
            }
        }
    }

    /// Puts entities of these shards to sleep for which nothing waits; how many are left.
    fn put_away(&self, shards: &[Shard]) -> usize {
        let mut left = 0;
        self.awake().retain(|_, entity| {
            if !shards.contains(&entity.shard) {
                return true;
            }
            let idle = entity.queue.is_empty();
            if idle {
                entity.handle.passivate();
            }
            left += usize::from(!idle);
            !idle
        });
        left
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
            .filter(|(_, entity)| entity.queue.is_empty())
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

/// Puts an entity to sleep that nobody asks any more, once nothing waits for it.
async fn retire(entity: Awake) {
    while !entity.queue.is_empty() && !entity.handle.has_stopped() {
        clock::pause(SETTLE).await;
    }
    entity.handle.passivate();
}

/// What another node is told of a request that there is no room for.
fn busy(error: &AskError) -> Reply {
    let retry_after = match error {
        AskError::Busy { retry_after } => *retry_after,
        AskError::Unknown => return Reply::Unknown,
    };
    Reply::Busy { retry_after_ms: wire::millis(retry_after) }
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

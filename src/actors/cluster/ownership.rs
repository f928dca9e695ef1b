//! What this node knows about who owns which shard: for routing, and for the epochs under
//! which it writes itself. It is told by rows, by other nodes, and by those who change it here;
//! whatever is known under a higher epoch is newer.
//!
//! Nothing here is a promise: a node may have lost a shard without knowing. What it writes is
//! fenced by the epoch then.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock;
use crate::domain::entity::{SHARDS, Shard, Stream};
use crate::domain::membership::Incarnation;
#[cfg(test)]
use crate::storage::pool::Database;
use crate::storage::shards::Owned;

/// The latest moves that are remembered.
const MOVES_MAX: usize = 200;

/// A shard that has changed hands, as this node heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The shard.
    pub shard: Shard,
    /// Who had it, as far as this node knew.
    pub from: Option<Incarnation>,
    /// Who has it since; none when nobody did yet.
    pub to: Option<Incarnation>,
    /// The epoch that began with it.
    pub epoch: i64,
    /// When this node heard of it.
    pub at: Instant,
}

/// Where the entities of a shard are to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Here, under this epoch.
    Here(i64),
    /// At another node.
    There(Incarnation),
    /// Nowhere at the moment: the shard moves, its owner has ended, or this node's lease may be
    /// over.
    Nowhere,
}

/// Who owns what, as far as this node knows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ownership(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    me: Incarnation,
    began: Instant,
    /// Until when this node may take itself for an owner, in milliseconds since `began`.
    lease_ends: AtomicU64,
    /// The epochs of this node's shards; 0 stands for one that it does not serve.
    epochs: Vec<AtomicI64>,
    known: Mutex<Vec<Known>>,
    /// The oldest first.
    moves: Mutex<VecDeque<Move>>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    owner: Option<Incarnation>,
    epoch: i64,
}

impl Ownership {
    /// Knows nothing yet, and may own nothing before its lease is told.
    #[must_use]
    pub fn new(me: Incarnation) -> Self {
        Self(Arc::new(Shared {
            me,
            began: clock::monotonic(),
            lease_ends: AtomicU64::new(0),
            epochs: (0..SHARDS).map(|_| AtomicI64::new(0)).collect(),
            known: Mutex::new(vec![Known::default(); usize::from(SHARDS)]),
            moves: Mutex::default(),
            changed: watch::Sender::new(0),
        }))
    }

    /// Owns every shard for as long as anybody asks: for tests that run a node by itself.
    #[cfg(test)]
    pub(crate) async fn of_all(database: &Database) -> Self {
        let client = database.connect("").await.unwrap();
        let ownership = Self::new(Incarnation(0));
        let taken = crate::storage::shards::take_all(&client).await.unwrap();
        let rows: Vec<_> = taken
            .into_iter()
            .map(|(shard, epoch)| Owned { shard, owner: Some(Incarnation(0)), epoch })
            .collect();
        ownership.learn(&rows);
        ownership.leased(clock::monotonic(), Duration::from_secs(3_600));
        ownership
    }

    /// This node.
    #[must_use]
    pub fn me(&self) -> Incarnation {
        self.0.me
    }

    /// The lease was asked for at `sent`, and got, so it runs at least so long from then on.
    pub fn leased(&self, sent: Instant, runs: Duration) {
        let ends = (sent + runs).duration_since(self.0.began);
        let ends = u64::try_from(ends.as_millis()).unwrap_or(u64::MAX);
        self.0.lease_ends.store(ends, Ordering::Release);
    }

    /// This node lives no more: it owns nothing from now on.
    pub fn end(&self) {
        self.0.lease_ends.store(0, Ordering::Release);
        self.tell();
    }

    /// Whether the lease of this node runs for certain.
    #[must_use]
    pub fn is_leased(&self) -> bool {
        let now = u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        now < self.0.lease_ends.load(Ordering::Acquire)
    }

    /// The epoch under which this node serves a shard, if it does.
    #[must_use]
    pub fn epoch(&self, shard: Shard) -> Option<i64> {
        let epoch = self.0.epochs.get(usize::from(shard.0))?.load(Ordering::Acquire);
        (epoch > 0 && self.is_leased()).then_some(epoch)
    }

    /// Where the entities of a shard are.
    #[must_use]
    pub fn route(&self, shard: Shard) -> Route {
        if let Some(epoch) = self.epoch(shard) {
            return Route::Here(epoch);
        }
        match self.known(shard).owner {
            Some(owner) if owner != self.0.me => Route::There(owner),
            _ => Route::Nowhere,
        }
    }

    /// Whom a shard belongs to, as far as is known.
    #[must_use]
    pub fn owner(&self, shard: Shard) -> Owned {
        let Known { owner, epoch } = self.known(shard);
        Owned { shard, owner, epoch }
    }

    /// The shards that this node serves.
    #[must_use]
    pub fn owned(&self) -> Vec<Shard> {
        Shard::all().filter(|shard| self.epoch(*shard).is_some()).collect()
    }

    /// Whether this node sees to what happens once for a stream: the owner of its shard does,
    /// and streams of the edge are shared out by number.
    #[must_use]
    pub fn keeps(&self, stream: Stream) -> bool {
        self.epoch(stream.keeper()).is_some()
    }

    /// Whether this node sees to what happens once in the cluster and belongs to no entity.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.epoch(Shard(0)).is_some()
    }

    /// Takes over what rows or another node say. A shard that was handed to this node is served
    /// from now on; one that has another owner is not any more.
    pub fn learn(&self, rows: &[Owned]) {
        let mut news = false;
        let mut moves = Vec::new();
        let mut known = self.all_known();
        for row in rows {
            let at = usize::from(row.shard.0);
            let (Some(known), Some(mine)) = (known.get_mut(at), self.0.epochs.get(at)) else {
                continue;
            };
            let same = known.owner == row.owner && known.epoch == row.epoch;
            if same || row.epoch < known.epoch {
                continue;
            }
            // What is learned first is where a shard was all along.
            if known.epoch > 0 {
                let (from, at) = (known.owner, clock::monotonic());
                moves.push(Move { shard: row.shard, from, to: row.owner, epoch: row.epoch, at });
            }
            *known = Known { owner: row.owner, epoch: row.epoch };
            let serves = if row.owner == Some(self.0.me) { row.epoch } else { 0 };
            mine.store(serves, Ordering::Release);
            news = true;
        }
        drop(known);
        self.remember(moves);
        if news {
            self.tell();
        }
    }

    fn remember(&self, moves: Vec<Move>) {
        let mut all = self.0.moves.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(moves);
        let surplus = all.len().saturating_sub(MOVES_MAX);
        all.drain(..surplus);
    }

    /// The latest moves that this node has heard of, the newest first.
    #[must_use]
    pub fn moves(&self) -> Vec<Move> {
        let moves = self.0.moves.lock().unwrap_or_else(PoisonError::into_inner);
        moves.iter().rev().copied().collect()
    }

    /// Serves a shard no more, though it is still this node's: it is about to move. The epoch
    /// under which it was served; none when it was not.
    pub(in crate::actors) fn close(&self, shard: Shard) -> Option<i64> {
        let epoch = self.0.epochs.get(usize::from(shard.0))?.swap(0, Ordering::AcqRel);
        (epoch > 0).then_some(epoch)
    }

    /// Serves a shard again that did not move after all.
    pub(in crate::actors) fn reopen(&self, shard: Shard, epoch: i64) {
        let known = self.all_known();
        if let Some(cell) = self.0.epochs.get(usize::from(shard.0))
            && known.get(usize::from(shard.0)).is_some_and(|known| known.epoch == epoch)
        {
            cell.store(epoch, Ordering::Release);
        }
        drop(known);
        self.tell();
    }

    /// What was written under this epoch was refused: the shard has another owner, whom rows
    /// will tell.
    pub fn lost(&self, shard: Shard, epoch: i64) {
        if let Some(cell) = self.0.epochs.get(usize::from(shard.0)) {
            // Another epoch is not what was refused.
            cell.compare_exchange(epoch, 0, Ordering::AcqRel, Ordering::Acquire).ok();
        }
        self.tell();
    }

    /// Is woken whenever anything has changed.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn tell(&self) {
        self.0.changed.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    fn known(&self, shard: Shard) -> Known {
        self.all_known().get(usize::from(shard.0)).copied().unwrap_or_default()
    }

    fn all_known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

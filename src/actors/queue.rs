//! The queue before an entity: how many requests may wait in it, and since when the oldest
//! of them has. Every request goes through one, so entering and leaving are each a moment
//! under a lock that only the requests of one entity share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A queue with a limit.
#[derive(Debug)]
pub struct Queue {
    limit: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    /// How many have ever entered.
    entered: u64,
    /// Who is in it, by the order of entering, and since when. Answers need not come in that
    /// order, so the oldest is not simply the one after the last that has left.
    since: BTreeMap<u64, Instant>,
}

/// A request's place in a [`Queue`], from when it is admitted until it is answered. Dropping
/// it leaves the queue.
#[derive(Debug)]
pub struct Ticket {
    queue: Arc<Queue>,
    number: u64,
}

impl Queue {
    /// An empty queue for so many.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, inside: Mutex::default() })
    }

    /// Takes a place in it; none when it is full.
    #[must_use]
    pub fn enter(self: &Arc<Self>, now: Instant) -> Option<Ticket> {
        let mut inside = self.inside();
        if inside.since.len() >= self.limit {
            return None;
        }
        let number = inside.entered;
        inside.entered += 1;
        inside.since.insert(number, now);
        drop(inside);
        Some(Ticket { queue: Arc::clone(self), number })
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inside().since.is_empty()
    }

    /// How many are in it, and since when the oldest of them is; none when nobody is.
    #[must_use]
    pub fn waiting(&self) -> Option<(usize, Instant)> {
        let inside = self.inside();
        let (_, oldest) = inside.since.first_key_value()?;
        Some((inside.since.len(), *oldest))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut inside = self.queue.inside();
        inside.since.remove(&self.number);
        if inside.since.is_empty() {
            // A map keeps room for its first few entries: too much for the many entities that
            // are awake and asked for nothing.
            inside.since = BTreeMap::new();
        }
    }
}

//! The index as it was when a list was begun. As long as somebody turns its pages, they are
//! those of one and the same state; when it is gone, they go on over the present one.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tantivy::Searcher;

use crate::clock;

/// The most states that are kept. Each holds files that may be deleted by now, but shares
/// most of them with the others.
const PINS_MAX: usize = 16;

/// How long a state is kept after its last page was asked for.
const PIN_TIME: Duration = Duration::from_secs(60);

/// The states that are kept, the one used last at the end.
#[derive(Default)]
pub(super) struct Pins(Mutex<VecDeque<Pin>>);

struct Pin {
    id: u64,
    searcher: Searcher,
    used: Instant,
}

impl Pins {
    /// The state of an id, as long as it is kept.
    pub(super) fn get(&self, id: u64) -> Option<Searcher> {
        let now = clock::monotonic();
        let mut pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pins.retain(|pin| now.saturating_duration_since(pin.used) < PIN_TIME);
        let place = pins.iter().position(|pin| pin.id == id)?;
        let mut pin = pins.remove(place)?;
        pin.used = now;
        let searcher = pin.searcher.clone();
        pins.push_back(pin);
        Some(searcher)
    }

    /// Keeps a state and returns its id, which no other index gives.
    pub(super) fn keep(&self, searcher: &Searcher) -> u64 {
        let now = clock::monotonic();
        let mut pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pins.retain(|pin| now.saturating_duration_since(pin.used) < PIN_TIME);
        let generation = searcher.generation().generation_id();
        let kept = pins
            .iter()
            .position(|pin| pin.searcher.generation().generation_id() == generation)
            .and_then(|place| pins.remove(place));
        let id = kept.map_or_else(|| fastrand::u64(..), |pin| pin.id);
        while pins.len() >= PINS_MAX {
            pins.pop_front();
        }
        pins.push_back(Pin { id, searcher: searcher.clone(), used: now });
        id
    }
}

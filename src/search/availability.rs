//! Which nights are taken, by slot: 96 bytes each, written by one consumer and read by
//! queries while they run, without a lock.
//!
//! A night's bit is its day number modulo [`RING_NIGHTS`]. So the window moves from day to
//! day without a shift: only the bits of the nights that passed are cleared.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::calendar::{EPOCH, NIGHTS_MAX, Nights, days_between};

/// The nights that can be asked for, counted from the base date.
pub const WINDOW_NIGHTS: u32 = NIGHTS_MAX;

/// 64-bit words of a slot.
const WORDS: usize = 12;

/// Nights that a slot has bits for: those of the window and some to come.
const RING_NIGHTS: i32 = 768;

/// Slots that are made at once.
const CHUNK_SLOTS: usize = 1024;

type Bits = [AtomicU64; WORDS];
type Chunks = Vec<Arc<[Bits]>>;

/// The table of nights; clones share it.
///
/// It answers for the [`WINDOW_NIGHTS`] nights from its base date. Every other night is
/// **not bookable**: it is past, or so far ahead that nothing is known of it.
#[derive(Clone)]
pub struct Availability(Arc<Inner>);

struct Inner {
    /// The first night of the window, in days since 1970.
    base: AtomicI32,
    chunks: ArcSwap<Chunks>,
    /// Held while writing. For each slot, taken ranges that reach beyond its bits; they are
    /// written when the window comes to them.
    later: Mutex<HashMap<u32, Vec<Nights>>>,
}

/// A stay that lies in the window, for asking about many slots.
#[derive(Clone)]
pub(super) struct Stay {
    chunks: Arc<Chunks>,
    /// The words that have nights of it, by their places: mostly one or two, and a search looks at
    /// no others.
    words: Vec<(usize, u64)>,
}

/// Bits of nights.
#[derive(Clone, Copy)]
struct Mask([u64; WORDS]);

impl Availability {
    /// A table that begins on `today`, with every night free.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self(Arc::new(Inner {
            base: AtomicI32::new(days_between(EPOCH, today)),
            chunks: ArcSwap::default(),
            later: Mutex::default(),
        }))
    }

    /// The first night of the window.
    #[must_use]
    pub fn base(&self) -> Date {
        EPOCH.saturating_add(self.0.base.load(Ordering::Relaxed).days())
    }

    /// Moves the base date ahead to `today`; an earlier date changes nothing. To be called
    /// daily, with the earliest date there is anywhere on earth, so that no home loses its
    /// own today.
    pub fn roll(&self, today: Date) {
        let mut later = self.writing();
        let (from, to) = (self.0.base.load(Ordering::Relaxed), days_between(EPOCH, today));
        if to <= from {
            return;
        }
        // Readers are sent past the nights that end here before their bits are cleared.
        self.0.base.store(to, Ordering::Release);
        let passed = Mask::of(from, to.min(from + RING_NIGHTS));
        for bits in self.0.chunks.load().iter().flat_map(|chunk| chunk.iter()) {
            for (word, passed) in bits.iter().zip(passed.0) {
                word.fetch_and(!passed, Ordering::Relaxed);
            }
        }
        later.retain(|slot, ranges| {
            self.add(*slot, Mask::clipped(ranges, to));
            ranges.retain(|nights| reaches_beyond(nights, to));
            !ranges.is_empty()
        });
    }

    /// Replaces the nights of a slot on which it has no unit left.
    pub fn set(&self, slot: u32, fully_taken: &[Nights]) {
        let mut later = self.writing();
        let base = self.0.base.load(Ordering::Relaxed);
        let chunks = self.grown(slot);
        if let Some(bits) = bits(&chunks, slot) {
            for (word, taken) in bits.iter().zip(Mask::clipped(fully_taken, base).0) {
                word.store(taken, Ordering::Relaxed);
            }
        }
        let beyond: Vec<Nights> =
            fully_taken.iter().filter(|nights| reaches_beyond(nights, base)).copied().collect();
        if beyond.is_empty() {
            later.remove(&slot);
        } else {
            later.insert(slot, beyond);
        }
    }

    /// Whether all nights of the stay lie in the window and are free.
    #[must_use]
    pub fn is_free(&self, slot: u32, nights: Nights) -> bool {
        self.stay(nights).is_some_and(|stay| stay.is_free(slot))
    }

    /// The stay, or none when a night of it lies outside the window.
    pub(super) fn stay(&self, nights: Nights) -> Option<Stay> {
        let base = self.0.base.load(Ordering::Acquire);
        let (from, to) = days(&nights);
        let end = base.saturating_add_unsigned(WINDOW_NIGHTS);
        if from < base || to > end {
            return None;
        }
        let mut words: Vec<_> = Mask::of(from, to).0.into_iter().enumerate().collect();
        words.retain(|(_, nights)| *nights != 0);
        Some(Stay { chunks: self.0.chunks.load_full(), words })
    }

    fn add(&self, slot: u32, taken: Mask) {
        if let Some(bits) = bits(&self.0.chunks.load(), slot) {
            for (word, taken) in bits.iter().zip(taken.0) {
                word.fetch_or(taken, Ordering::Relaxed);
            }
        }
    }

    /// The chunks, with as many more as the slot needs.
    fn grown(&self, slot: u32) -> Arc<Chunks> {
        let chunks = self.0.chunks.load_full();
        let wanted = place(slot).0 + 1;
        if chunks.len() >= wanted {
            return chunks;
        }
        let mut more = Chunks::clone(&chunks);
        more.resize_with(wanted, || (0..CHUNK_SLOTS).map(|_| Bits::default()).collect());
        let more = Arc::new(more);
        self.0.chunks.store(Arc::clone(&more));
        more
    }

    fn writing(&self) -> MutexGuard<'_, HashMap<u32, Vec<Nights>>> {
        // What a panicking writer leaves behind is replaced by the next set.
        self.0.later.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.0.chunks.load().len() * CHUNK_SLOTS;
        f.debug_struct("Availability").field("base", &self.base()).field("slots", &slots).finish()
    }
}

impl Stay {
    /// Whether none of the nights is taken, as it is now. A slot made after the stay counts
    /// as free.
    pub(super) fn is_free(&self, slot: u32) -> bool {
        bits(&self.chunks, slot).is_none_or(|bits| {
            // All words, without a look at each: what comes next need not wait for memory.
            let taken = |(place, nights): &(usize, u64)| {
                bits.get(*place).map_or(0, |word| word.load(Ordering::Relaxed) & nights)
            };
            self.words.iter().map(taken).fold(0, |all, taken| all | taken) == 0
        })
    }
}

impl Mask {
    /// The bits of the days `from..to`, which are at most [`RING_NIGHTS`].
    fn of(from: i32, to: i32) -> Self {
        let mut mask = Self([0; WORDS]);
        mask.add(from, to);
        mask
    }

    /// The bits of those nights of the ranges that the ring has room for.
    fn clipped(ranges: &[Nights], base: i32) -> Self {
        let mut mask = Self([0; WORDS]);
        for nights in ranges {
            let (from, to) = days(nights);
            mask.add(from.max(base), to.min(base.saturating_add(RING_NIGHTS)));
        }
        mask
    }

    fn add(&mut self, from: i32, to: i32) {
        for day in from..to {
            let bit = usize::try_from(day.rem_euclid(RING_NIGHTS)).unwrap_or_default();
            if let Some(word) = self.0.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
    }
}

fn days(nights: &Nights) -> (i32, i32) {
    (days_between(EPOCH, nights.check_in()), days_between(EPOCH, nights.check_out()))
}

fn reaches_beyond(nights: &Nights, base: i32) -> bool {
    days(nights).1 > base.saturating_add(RING_NIGHTS)
}

fn place(slot: u32) -> (usize, usize) {
    let slot = usize::try_from(slot).unwrap_or(usize::MAX);
    (slot / CHUNK_SLOTS, slot % CHUNK_SLOTS)
}

fn bits(chunks: &Chunks, slot: u32) -> Option<&Bits> {
    let (chunk, within) = place(slot);
    chunks.get(chunk)?.get(within)
}

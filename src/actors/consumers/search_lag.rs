//! How far searches are behind the log, in events and in time.

use std::time::{Duration, Instant};

use super::search_changes::seq;
use crate::domain::entity::Stream;
use crate::domain::event::Position;
use crate::search::Cursor;

/// What this node has heard of, and what searches know of.
///
/// The age is that of a mark: where the log ended at some moment. When searches have come
/// there, the next mark is set where the log ends then. So under a steady load the age tells
/// how long something waits, and does not grow.
#[derive(Debug, Default)]
pub(in crate::actors) struct Lag {
    heads: Cursor,
    seen: Cursor,
    mark: Option<(Instant, Cursor)>,
}

impl Lag {
    /// Streams have come so far.
    pub(in crate::actors) fn heard(&mut self, heads: &[Position], now: Instant) {
        let mut news = false;
        for position in heads {
            let (stream, head) = (position.stream, seq(*position));
            if head > self.heads.get(stream) {
                self.heads.set(stream, head);
            }
            news |= head > self.seen.get(stream);
        }
        if news && self.mark.is_none() {
            self.mark = Some((now, self.heads.clone()));
        }
    }

    /// Searches know of so much.
    pub(in crate::actors) fn saw(&mut self, seen: &Cursor, now: Instant) {
        self.seen.clone_from(seen);
        if self.mark.as_ref().is_some_and(|(_, mark)| seen.covers(mark)) {
            self.mark = (!seen.covers(&self.heads)).then(|| (now, self.heads.clone()));
        }
    }

    /// The streams in which searches are behind: what they know of, and where it ends.
    pub(in crate::actors) fn behind(&self) -> Vec<(Stream, u64, u64)> {
        let of = |(stream, head)| (stream, self.seen.get(stream), head);
        self.heads.iter().map(of).filter(|(_, seen, head)| seen < head).collect()
    }

    /// How long something has been waiting at least.
    pub(in crate::actors) fn age(&self, now: Instant) -> Duration {
        self.mark
            .as_ref()
            .map_or(Duration::ZERO, |(since, _)| now.saturating_duration_since(*since))
    }
}

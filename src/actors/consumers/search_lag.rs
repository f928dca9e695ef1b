//! How far searches are behind the log, in events and in time.

use std::time::{Duration, Instant};

use crate::domain::entity::Stream;
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
    /// The log ends at `heads`, searches know of `seen`.
    pub(in crate::actors) fn look(&mut self, heads: &Cursor, seen: &Cursor, now: Instant) {
        if self.mark.as_ref().is_none_or(|(_, mark)| seen.covers(mark)) {
            self.mark = (!seen.covers(heads)).then(|| (now, heads.clone()));
        }
        self.heads.clone_from(heads);
        self.seen.clone_from(seen);
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

//! What searches remember of the index. It is made ready for a new state of the index before
//! the first search sees that one, so that no search has to wait for it.

use std::collections::HashSet;
use std::sync::Arc;

use tantivy::{Searcher, SearcherGeneration, Warmer};

use super::counters::Counters;
use super::newest::Newest;
use super::pins::Pins;
use super::segments::Segments;

/// What searches remember; clones of an index share it.
#[derive(Default)]
pub(super) struct State {
    /// States of the index that somebody turns pages of.
    pub(super) pins: Pins,
    /// What there is to choose from in all of it.
    pub(super) counters: Counters,
    /// The newest of its documents.
    pub(super) newest: Newest,
    /// What is kept of its segments.
    pub(super) segments: Arc<Segments>,
}

impl Warmer for State {
    fn warm(&self, searcher: &Searcher) -> tantivy::Result<()> {
        for reader in searcher.segment_readers() {
            self.segments.of(reader)?;
        }
        self.newest.page((searcher, &self.segments), None, 1)?;
        Ok(())
    }

    fn garbage_collect(&self, live_generations: &[&SearcherGeneration]) {
        let segments = live_generations.iter().flat_map(|generation| generation.segments().keys());
        let segments: HashSet<_> = segments.copied().collect();
        self.segments.keep(&segments);
    }
}

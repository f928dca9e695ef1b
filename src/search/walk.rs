//! Walks the documents that a query finds, segment by segment, and shows those that pass the
//! sift to a visitor, as long as there is time.

use std::sync::Arc;
use std::time::Instant;

use tantivy::query::{Bm25StatisticsProvider, EnableScoring, Query, Scorer};
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN, DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TERMINATED,
};

use super::choices::Verdict;
use super::segments::{Segment, Segments};
use super::sift::{Considered, SegmentSift, Sift};
use crate::clock;

/// Documents between two looks at the clock.
const LOOK_EVERY: u32 = 1024;

/// Documents whose nights are looked at together.
const BLOCK: usize = 64;

/// Who is shown what is found.
pub(super) trait Visitor {
    /// A segment begins.
    fn enter(&mut self, ordinal: SegmentOrdinal, segment: &Arc<Segment>);

    /// A document that is found, or fails one choice only. Its score is 0 if it is not found,
    /// and in a walk without scores.
    fn visit(&mut self, doc: DocId, verdict: Verdict, score: Score);
}

/// A walk.
pub(super) struct Walk<'a> {
    /// Where, and what is kept of it.
    pub(super) searcher: &'a Searcher,
    pub(super) segments: &'a Segments,
    /// What finds the documents.
    pub(super) query: &'a dyn Query,
    /// What scores rest on; without it there are none.
    pub(super) statistics: Option<&'a dyn Bm25StatisticsProvider>,
    /// What each is tested by.
    pub(super) sift: &'a Sift,
    /// When it stops, finished or not.
    pub(super) until: Option<Instant>,
}

impl Walk<'_> {
    /// Walks, and returns whether it came to the end in time.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn run(&self, visitor: &mut impl Visitor) -> tantivy::Result<bool> {
        let scoring = match self.statistics {
            Some(statistics) => {
                EnableScoring::enabled_from_statistics_provider(statistics, self.searcher)
            }
            None => EnableScoring::disabled_from_searcher(self.searcher),
        };
        let weight = self.query.weight(scoring)?;
        for (ordinal, reader) in (0..).zip(self.searcher.segment_readers()) {
            if self.is_over() {
                return Ok(false);
            }
            let mut scorer = weight.scorer(reader, 1.0)?;
            let segment = self.segments.of(reader)?;
            visitor.enter(ordinal, &segment);
            let sift = self.sift.enter(segment);
            let block = Vec::with_capacity(BLOCK);
            let mut steps = Steps { reader, sift, visitor, block };
            let in_time = match self.statistics {
                Some(_) => self.scored(&mut *scorer, &mut steps),
                None => self.plain(&mut *scorer, &mut steps),
            };
            steps.show();
            if !in_time {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn scored(&self, scorer: &mut dyn Scorer, steps: &mut Steps<'_, impl Visitor>) -> bool {
        let mut left = LOOK_EVERY;
        let mut doc = scorer.doc();
        while doc != TERMINATED {
            steps.step(doc, || scorer.score());
            left -= 1;
            if left == 0 {
                if self.is_over() {
                    return false;
                }
                left = LOOK_EVERY;
            }
            doc = scorer.advance();
        }
        true
    }

    fn plain(&self, scorer: &mut dyn Scorer, steps: &mut Steps<'_, impl Visitor>) -> bool {
        let mut buffer = [0; COLLECT_BLOCK_BUFFER_LEN];
        let mut walked = 0;
        loop {
            let count = scorer.fill_buffer(&mut buffer);
            for doc in buffer.iter().take(count) {
                steps.step(*doc, || 0.0);
            }
            if count < buffer.len() {
                return true;
            }
            walked += count;
            if walked.is_multiple_of(LOOK_EVERY as usize) && self.is_over() {
                return false;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| clock::monotonic() >= until)
    }
}

/// What happens at each document of a segment.
struct Steps<'a, V> {
    reader: &'a SegmentReader,
    sift: SegmentSift<'a>,
    visitor: &'a mut V,
    /// What is found if its nights are free.
    block: Vec<Candidate>,
}

struct Candidate {
    doc: DocId,
    verdict: Verdict,
    score: Score,
    /// The place of its nights, where they have to be looked at.
    slot: Option<u32>,
}

impl<V: Visitor> Steps<'_, V> {
    fn step(&mut self, doc: DocId, score: impl FnOnce() -> Score) {
        if self.reader.is_deleted(doc) {
            return;
        }
        let (verdict, slot) = match self.sift.consider(doc) {
            Considered::Miss => return,
            Considered::Sure(verdict) => (verdict, None),
            Considered::IfFree(verdict, slot) => (verdict, Some(slot)),
        };
        let score = if verdict == Verdict::Hit { score() } else { 0.0 };
        self.block.push(Candidate { doc, verdict, score, slot });
        if self.block.len() >= BLOCK {
            self.show();
        }
    }

    /// Shows the block to the visitor, after a look at the nights of all of it: they lie far
    /// apart in memory, and what is asked for at once comes at once.
    fn show(&mut self) {
        let sift = &self.sift;
        self.block.retain(|candidate| candidate.slot.is_none_or(|slot| sift.is_free(slot)));
        for Candidate { doc, verdict, score, .. } in self.block.drain(..) {
            self.visitor.visit(doc, verdict, score);
        }
    }
}

//! The query for the words of a text, and what makes up its scores.
//!
//! A document's score is the sum over the parts of the text of its best form's BM25, weighted
//! by how the form came about. Typos come first, though: whatever is found with fewer of
//! them is ahead, and the sum decides only among equals. So both go into one number:
//! `2^-typos * (1 + s / (s + 32))`, where `s` is the sum with quality and freshness. The
//! second factor lies in 1..2, so no sum makes up for a typo, and a float has the same
//! precision for every number of them.
//!
//! On the way there, typos are steps of a thousand in the sum, which no sum of BM25 reaches,
//! and only for parts that have misspelt forms: all others are summed by tantivy's own
//! loops over posting lists.

use std::fmt;
use std::sync::Arc;

use tantivy::query::{
    BooleanQuery, BoostQuery, EnableScoring, Explanation, Query, Scorer, TermQuery, Weight,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, Score, SeekDangerResult, SegmentReader, Term,
};

use super::best_of::BestOf;
use super::columns::first;
use super::expansion::{Form, Kind, Part, Wording};
use super::quality;
use super::schema::Fields;
use super::segments::{Segment, Segments};

/// What a typo less adds to a sum. With 16 words a sum of BM25 is under 500, as long as an
/// index has under a thousand million documents.
pub(super) const STEP: Score = 1024.0;

/// The most typos of a form.
const TYPOS_MAX: u8 = 2;

/// The sum that lies in the middle of all.
const MIDDLE: Score = 32.0;

/// How much a form counts against the word as it is written.
fn weight(kind: Kind) -> Score {
    match kind {
        Kind::Exact => 1.0,
        Kind::Stem => 0.8,
        Kind::Begun | Kind::Synonym => 0.7,
        Kind::OneTypo | Kind::TwoTypos => 0.6,
    }
}

/// The query for all parts of a text; none without any. `today` in days since 1970.
///
/// Parts are nested two by two: a sum of two floats does not depend on their order, while
/// that of more does, and segments order the parts of an intersection by their sizes. So a
/// document's score is the same to the last bit in whatever segment it lies.
pub(super) fn query(
    wording: &Wording,
    (fields, segments): (&Fields, &Arc<Segments>),
    today: u32,
) -> Option<Box<dyn Query>> {
    let mut parts = wording.parts.iter().map(|part| of_part(part, fields));
    let first = parts.next()?;
    let all = parts.fold(first, both);
    let misspelt = wording.parts.iter().filter(|part| has_typos(part)).count();
    let ahead = STEP * Score::from(TYPOS_MAX) * misspelt as Score;
    Some(Box::new(Ranked { query: all, segments: Arc::clone(segments), ahead, today }))
}

fn has_typos(part: &Part) -> bool {
    part.forms.iter().any(|form| form.0.typos() > 0)
}

fn of_part(part: &Part, fields: &Fields) -> Box<dyn Query> {
    let has_typos = has_typos(part);
    let mut forms: Vec<_> = part
        .forms
        .iter()
        .map(|form| {
            let ahead = STEP * Score::from(TYPOS_MAX.saturating_sub(form.0.typos()));
            let query = of_form(form, Score::from(part.words), fields);
            (query, if has_typos { ahead } else { 0.0 })
        })
        .collect();
    match forms.len() {
        1 if !has_typos => forms.remove(0).0,
        _ => Box::new(BestOf(forms)),
    }
}

/// All terms of a form. Together they count as much as the words that they stand for, so
/// that a name of two words is no better than one of a single word.
fn of_form(Form(kind, terms): &Form, words: Score, fields: &Fields) -> Box<dyn Query> {
    let boost = weight(*kind) * words / terms.len().max(1) as Score;
    let mut terms = terms.iter().map(|term| -> Box<dyn Query> {
        let term = Term::from_field_text(fields.terms, term);
        let term = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
        Box::new(BoostQuery::new(term, boost))
    });
    match terms.next() {
        Some(first) => terms.fold(first, both),
        None => Box::new(tantivy::query::EmptyQuery),
    }
}

fn both(one: Box<dyn Query>, other: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(BooleanQuery::intersection(vec![one, other]))
}

/// A sum and the typos in it as one number, larger for what comes earlier.
pub(super) fn ranked(sum: Score, ahead: Score, factor: f32) -> Score {
    if ahead == 0.0 {
        return within(sum.max(0.0) * factor);
    }
    let typos = ((ahead - sum) / STEP).ceil().max(0.0);
    let bm25 = (sum - (ahead - typos * STEP)).max(0.0) * factor;
    // 16 words have 32 typos at most.
    0.5_f32.powi(typos.min(64.0) as i32) * within(bm25)
}

fn within(bm25: Score) -> Score {
    1.0 + bm25 / (bm25 + MIDDLE)
}

/// A query with [`ranked`] scores. `today` in days since 1970.
struct Ranked {
    query: Box<dyn Query>,
    segments: Arc<Segments>,
    ahead: Score,
    today: u32,
}

impl Clone for Ranked {
    fn clone(&self) -> Self {
        let (query, segments) = (self.query.box_clone(), Arc::clone(&self.segments));
        Self { query, segments, ..*self }
    }
}

impl fmt::Debug for Ranked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ranked({:?})", self.query)
    }
}

impl Query for Ranked {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let weight = self.query.weight(scoring)?;
        if !scoring.is_scoring_enabled() {
            return Ok(weight);
        }
        let segments = Arc::clone(&self.segments);
        Ok(Box::new(RankedWeight { weight, segments, ahead: self.ahead, today: self.today }))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.query.query_terms(visitor);
    }
}

struct RankedWeight {
    weight: Box<dyn Weight>,
    segments: Arc<Segments>,
    ahead: Score,
    today: u32,
}

impl Weight for RankedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let scorer = self.weight.scorer(reader, boost)?;
        let segment = self.segments.of(reader)?;
        Ok(Box::new(RankedScorer { scorer, segment, ahead: self.ahead, today: self.today }))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.weight.explain(reader, doc)
    }

    fn count(&self, reader: &SegmentReader) -> tantivy::Result<u32> {
        self.weight.count(reader)
    }
}

struct RankedScorer {
    scorer: Box<dyn Scorer>,
    segment: Arc<Segment>,
    ahead: Score,
    today: u32,
}

impl Scorer for RankedScorer {
    fn score(&mut self) -> Score {
        let score = self.scorer.score();
        let merit = first(&self.segment.columns.merit, self.scorer.doc());
        ranked(score, self.ahead, quality::factor(merit, self.today))
    }
}

impl DocSet for RankedScorer {
    fn advance(&mut self) -> DocId {
        self.scorer.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.scorer.seek(target)
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        self.scorer.seek_danger(target)
    }

    fn fill_buffer(&mut self, buffer: &mut [DocId; COLLECT_BLOCK_BUFFER_LEN]) -> usize {
        self.scorer.fill_buffer(buffer)
    }

    fn doc(&self) -> DocId {
        self.scorer.doc()
    }

    fn size_hint(&self) -> u32 {
        self.scorer.size_hint()
    }

    fn cost(&self) -> u64 {
        self.scorer.cost()
    }
}

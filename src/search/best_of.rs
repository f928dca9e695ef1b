//! What any of several forms finds, with the score of the best of them.
//!
//! tantivy's own union gathers and scores every document of a window of four thousand, which
//! is the right thing where all of them are wanted. Here most are passed over, because the
//! other words of the text are missing: so the lists are walked side by side, and only what
//! is asked for is scored.

use tantivy::query::{
    BooleanQuery, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

/// Queries, and what is added to the score of each.
#[derive(Debug)]
pub(super) struct BestOf(pub(super) Vec<(Box<dyn Query>, Score)>);

impl Clone for BestOf {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|(form, more)| (form.box_clone(), *more)).collect())
    }
}

impl Query for BestOf {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        if !scoring.is_scoring_enabled() {
            let forms = self.0.iter().map(|(form, _)| form.box_clone());
            return BooleanQuery::union(forms.collect()).weight(scoring);
        }
        let forms = self.0.iter().map(|(form, more)| Ok((form.weight(scoring)?, *more)));
        Ok(Box::new(BestOfWeight(forms.collect::<tantivy::Result<_>>()?)))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        for (form, _) in &self.0 {
            form.query_terms(visitor);
        }
    }
}

struct BestOfWeight(Vec<(Box<dyn Weight>, Score)>);

impl Weight for BestOfWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut forms = Vec::with_capacity(self.0.len());
        for (weight, more) in &self.0 {
            let scorer = weight.scorer(reader, boost)?;
            let doc = scorer.doc();
            if doc != TERMINATED {
                forms.push(Form { doc, scorer, more: *more });
            }
        }
        let Some(doc) = forms.iter().map(|form| form.doc).min() else {
            return Ok(Box::new(EmptyScorer));
        };
        Ok(Box::new(BestOfScorer { forms, doc }))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() > doc || scorer.seek(doc) != doc {
            let message = format!("document {doc} does not match");
            return Err(tantivy::TantivyError::InvalidArgument(message));
        }
        Ok(Explanation::new("the best of its forms", scorer.score()))
    }
}

/// One of the lists.
struct Form {
    /// Where it stands; kept here, so that looking does not cost a call.
    doc: DocId,
    scorer: Box<dyn Scorer>,
    more: Score,
}

struct BestOfScorer {
    /// Few, so looking at all of them is cheaper than keeping them in order.
    forms: Vec<Form>,
    /// The first of the documents at which they stand.
    doc: DocId,
}

impl Scorer for BestOfScorer {
    fn score(&mut self) -> Score {
        let here = self.forms.iter_mut().filter(|form| form.doc == self.doc);
        here.map(|form| form.scorer.score() + form.more).fold(0.0, Score::max)
    }
}

impl DocSet for BestOfScorer {
    fn advance(&mut self) -> DocId {
        let mut next = TERMINATED;
        for form in &mut self.forms {
            if form.doc == self.doc {
                form.doc = form.scorer.advance();
            }
            next = next.min(form.doc);
        }
        self.doc = next;
        next
    }

    fn seek(&mut self, target: DocId) -> DocId {
        let mut next = TERMINATED;
        for form in &mut self.forms {
            if form.doc < target {
                form.doc = form.scorer.seek(target);
            }
            next = next.min(form.doc);
        }
        self.doc = next;
        next
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.forms.iter().map(|form| form.scorer.size_hint()).fold(0, u32::saturating_add)
    }

    fn cost(&self) -> u64 {
        self.forms.iter().map(|form| form.scorer.cost()).sum()
    }
}

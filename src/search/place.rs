//! From an area to documents.

use std::fmt;
use std::sync::Arc;

use tantivy::index::SegmentReader;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::{BitSet, DocId, DocSet, Score, TERMINATED, TantivyError};

use super::segments::Segments;
use super::traits::Traits;
use crate::domain::area::{Area, BBox};

/// From how many documents a segment's share of the matches is kept as bits and not as a
/// list: when there is one in so many.
const BITS_FROM: u32 = 256;

/// Where documents are looked for.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Everywhere.
    Everywhere,
    /// In an area; all found are in it, and have the traits that are asked.
    In(AreaQuery),
}

impl Place {
    /// The place of an area, where homes are asked for that have some traits.
    pub(super) fn of(area: Option<&Area>, segments: &Arc<Segments>, traits: &Traits) -> Self {
        match area {
            Some(Area::Box(bbox)) if is_whole(bbox) => Self::Everywhere,
            Some(area) => Self::In(AreaQuery(Arc::new(Inner {
                area: area.clone(),
                segments: Arc::clone(segments),
                traits: traits.clone(),
            }))),
            None => Self::Everywhere,
        }
    }
}

fn is_whole(bbox: &BBox) -> bool {
    bbox.east() - bbox.west() >= 360.0 && bbox.south() <= -90.0 && bbox.north() >= 90.0
}

/// The documents in an area that have some traits.
#[derive(Clone)]
pub(super) struct AreaQuery(Arc<Inner>);

struct Inner {
    area: Area,
    segments: Arc<Segments>,
    traits: Traits,
}

impl AreaQuery {
    /// The documents of a segment, deleted ones among them.
    fn documents(&self, reader: &SegmentReader) -> tantivy::Result<Documents> {
        let Inner { area, segments, traits } = &*self.0;
        let mut docs = Vec::new();
        let segment = segments.of(reader)?;
        segment.points.each_in(area, |places| {
            let fit = segment.rows.at(places).iter().filter(|home| traits.are_of(home));
            docs.extend(fit.map(|home| home.doc));
        });
        Ok(Documents::of(docs, reader.max_doc()))
    }
}

impl fmt::Debug for AreaQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AreaQuery({:?})", self.0.area)
    }
}

impl Query for AreaQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for AreaQuery {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(self.documents(reader)?.scorer(boost))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() > doc || scorer.seek(doc) != doc {
            return Err(TantivyError::InvalidArgument(format!("document {doc} does not match")));
        }
        Ok(Explanation::new("in the area", 1.0))
    }
}

/// Documents, each once.
enum Documents {
    /// Few, in order.
    List(Vec<DocId>),
    /// Many.
    Bits(BitSet),
}

impl Documents {
    /// Some of a segment with so many, in no order.
    fn of(mut docs: Vec<DocId>, segment: u32) -> Self {
        if docs.len() > usize::try_from(segment / BITS_FROM).unwrap_or(usize::MAX) {
            let mut bits = BitSet::with_max_value(segment);
            for doc in docs {
                bits.insert(doc);
            }
            Self::Bits(bits)
        } else {
            docs.sort_unstable();
            Self::List(docs)
        }
    }

    fn scorer(self, score: Score) -> Box<dyn Scorer> {
        match self {
            Self::List(list) if list.is_empty() => Box::new(EmptyScorer),
            Self::List(list) => Box::new(ConstScorer::new(Sorted { list, at: 0 }, score)),
            Self::Bits(bits) => Box::new(ConstScorer::new(BitSetDocSet::from(bits), score)),
        }
    }
}

/// A sorted list of documents.
struct Sorted {
    list: Vec<DocId>,
    at: usize,
}

impl DocSet for Sorted {
    fn advance(&mut self) -> DocId {
        self.at = self.at.saturating_add(1).min(self.list.len());
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        let rest = self.list.get(self.at..).unwrap_or_default();
        // Targets are mostly near: steps that double find the stretch to look in.
        let mut step = 1;
        while rest.get(step).is_some_and(|doc| *doc < target) {
            step *= 2;
        }
        let stretch = rest.get(..rest.len().min(step + 1)).unwrap_or_default();
        self.at += stretch.partition_point(|doc| *doc < target);
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.list.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }
}

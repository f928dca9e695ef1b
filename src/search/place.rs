//! From an area to documents: by the cells that cover it where it is small enough, else by
//! ranges of latitude and longitude.

use std::fmt;
use std::sync::Arc;

use tantivy::index::SegmentReader;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{BitSet, DocId, DocSet, Score, Searcher, TERMINATED, TantivyError, Term};

use super::cells::Cover;
use super::schema::{Fields, columns};
use crate::domain::area::{Area, BBox};
use crate::domain::listing::Location;

/// From how many documents a segment's share of the matches is kept as bits and not as a
/// list: when there is one in so many.
const BITS_FROM: u32 = 256;

/// How documents in an area are found.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// All documents are in it.
    Everywhere,
    /// By its cells; all found are in it, unless it is only the way around.
    Cells(CellQuery),
    /// By a box around it; what is found is still to be tested, unless the area is the box.
    Ranges(BBox),
}

impl Place {
    /// The best way for an area.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn of(
        area: Option<&Area>,
        searcher: &Searcher,
        fields: &Fields,
    ) -> tantivy::Result<Self> {
        let Some(area) = area else { return Ok(Self::Everywhere) };
        Self::covered(area, searcher, fields, |cover| cover)
    }

    /// All of an area, and some of what lies around it.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn around(
        area: &Area,
        searcher: &Searcher,
        fields: &Fields,
    ) -> tantivy::Result<Self> {
        Self::covered(area, searcher, fields, Cover::untested)
    }

    fn covered(
        area: &Area,
        searcher: &Searcher,
        fields: &Fields,
        made: impl FnOnce(Cover) -> Cover,
    ) -> tantivy::Result<Self> {
        let documents = |cell| searcher.doc_freq(&Term::from_field_u64(fields.cells, cell));
        Ok(match Cover::of(area, documents)? {
            Some(cover) => Self::Cells(CellQuery::new(area.clone(), made(cover), *fields)),
            None => Self::by_ranges(area),
        })
    }

    /// The way by columns alone.
    pub(super) fn by_ranges(area: &Area) -> Self {
        match area.bounds() {
            all if is_whole(&all) && matches!(area, Area::Box(_)) => Self::Everywhere,
            bounds => Self::Ranges(bounds),
        }
    }

    /// The area that what is found has still to be tested by.
    pub(super) fn test(&self, area: Option<&Area>) -> Option<Area> {
        let area = area.filter(|area| !matches!(area, Area::Box(_)))?;
        matches!(self, Self::Ranges(_)).then(|| area.clone())
    }
}

fn is_whole(bbox: &BBox) -> bool {
    bbox.east() - bbox.west() >= 360.0 && bbox.south() <= -90.0 && bbox.north() >= 90.0
}

/// The documents in an area, by the postings of the cells that cover it. Only those in cells
/// that its edge cuts are tested one by one.
#[derive(Clone)]
pub(super) struct CellQuery(Arc<Inner>);

struct Inner {
    area: Area,
    cover: Cover,
    fields: Fields,
}

impl CellQuery {
    /// The documents in an area that a cover is of.
    pub(super) fn new(area: Area, cover: Cover, fields: Fields) -> Self {
        Self(Arc::new(Inner { area, cover, fields }))
    }

    /// The documents of a segment, deleted ones among them.
    fn documents(&self, reader: &SegmentReader) -> tantivy::Result<Documents> {
        let Inner { area, cover, fields } = &*self.0;
        let index = reader.inverted_index(fields.cells)?;
        let postings = |cell: &u64| {
            let term = Term::from_field_u64(fields.cells, *cell);
            index.read_postings(&term, IndexRecordOption::Basic)
        };
        let mut inside = Vec::new();
        for cell in &cover.inside {
            inside.extend(postings(cell)?);
        }
        let mut cut = Vec::new();
        for cell in &cover.cut {
            cut.extend(postings(cell)?);
        }
        let most = inside.iter().chain(&cut).map(DocSet::size_hint).sum::<u32>();
        let mut documents = Documents::new(most, reader.max_doc());
        for mut postings in inside {
            while postings.doc() != TERMINATED {
                documents.add(postings.doc());
                postings.advance();
            }
        }
        let fast = reader.fast_fields();
        let (lat, lon) = (fast.f64(columns::LAT)?, fast.f64(columns::LON)?);
        for mut postings in cut {
            while postings.doc() != TERMINATED {
                let doc = postings.doc();
                let point = lat.first(doc).zip(lon.first(doc));
                if point.is_some_and(|(lat, lon)| area.contains(Location { lat, lon })) {
                    documents.add(doc);
                }
                postings.advance();
            }
        }
        Ok(documents)
    }
}

impl fmt::Debug for CellQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CellQuery({:?})", self.0.area)
    }
}

impl Query for CellQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for CellQuery {
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

/// Documents gathered cell by cell, each once.
enum Documents {
    /// Few, in no order.
    List(Vec<DocId>),
    /// Many.
    Bits(BitSet),
}

impl Documents {
    fn new(most: u32, segment: u32) -> Self {
        if most > segment / BITS_FROM {
            Self::Bits(BitSet::with_max_value(segment))
        } else {
            Self::List(Vec::with_capacity(usize::try_from(most).unwrap_or_default()))
        }
    }

    fn add(&mut self, doc: DocId) {
        match self {
            Self::List(list) => list.push(doc),
            Self::Bits(bits) => {
                bits.insert(doc);
            }
        }
    }

    fn scorer(self, score: Score) -> Box<dyn Scorer> {
        match self {
            Self::List(list) if list.is_empty() => Box::new(EmptyScorer),
            Self::List(mut list) => {
                list.sort_unstable();
                Box::new(ConstScorer::new(Sorted { list, at: 0 }, score))
            }
            Self::Bits(bits) if bits.len() == 0 => Box::new(EmptyScorer),
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

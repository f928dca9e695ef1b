//! What a map shows: results gathered by the cells of a grid that suits its zoom.

use std::collections::HashMap;
use std::sync::Arc;

use h3o::{CellIndex, Resolution};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal};

use super::choices::Verdict;
use super::codes;
use super::columns::{Columns, first};
use super::query::Hit;
use super::segments::Segment;
use super::walk::Visitor;
use crate::domain::listing::Location;
use crate::domain::money::Money;

/// The closest zoom of a map.
pub const ZOOM_MAX: u8 = 20;

/// The most clusters of a map; where there would be more, cells are larger.
pub const CLUSTERS_MAX: usize = 256;

/// The resolution for each zoom of a web map (256 pixels for the globe at zoom 0): cells are
/// 45 to 130 pixels wide at the equator, as long as the grid has such ones. Those of the
/// last hold a blurred point each.
const RESOLUTIONS: [u8; ZOOM_MAX as usize + 1] =
    [0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 8, 9, 9, 9, 9, 9, 9];

/// Homes that a map shows as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// How many they are.
    pub count: u64,
    /// The middle of their blurred points.
    pub centre: Location,
    /// The lowest price of a night among them, by the bare number where currencies differ.
    pub cheapest: Option<Money>,
    /// The home, where it is one.
    pub only: Option<Hit>,
}

/// A cluster on its way.
#[derive(Debug, Clone)]
pub(super) struct Heap {
    pub(super) count: u64,
    /// The sum of its points as vectors from the middle of the earth: the mean of longitudes
    /// would be wrong where they turn over.
    sum: [f64; 3],
    /// The lowest scaled price, the price, and the code of its currency.
    cheapest: (u64, u64, u64),
    /// A home of it.
    pub(super) first: DocAddress,
}

/// Gathers results.
pub(super) struct Gatherer {
    resolution: Resolution,
    segment: Option<(SegmentOrdinal, Arc<Segment>)>,
    heaps: HashMap<u64, Heap>,
    /// How many were found.
    pub(super) total: u64,
}

impl Gatherer {
    /// For a map at a zoom; more than [`ZOOM_MAX`] is that.
    pub(super) fn new(zoom: u8) -> Self {
        let resolution = RESOLUTIONS.get(usize::from(zoom)).copied().unwrap_or(9);
        Self {
            resolution: Resolution::try_from(resolution).unwrap_or(Resolution::Nine),
            segment: None,
            heaps: HashMap::new(),
            total: 0,
        }
    }

    /// The clusters, the fullest first.
    pub(super) fn heaps(mut self) -> Vec<Heap> {
        self.coarsen(CLUSTERS_MAX);
        let mut heaps: Vec<(u64, Heap)> = self.heaps.into_iter().collect();
        heaps.sort_unstable_by_key(|(cell, heap)| (u64::MAX - heap.count, *cell));
        heaps.truncate(CLUSTERS_MAX);
        heaps.into_iter().map(|(_, heap)| heap).collect()
    }

    /// Makes cells larger until there are few enough. The 122 largest are.
    fn coarsen(&mut self, most: usize) {
        while self.heaps.len() > most {
            let Some(coarser) = self.resolution.pred() else { return };
            self.resolution = coarser;
            for (cell, heap) in std::mem::take(&mut self.heaps) {
                self.heaps
                    .entry(parent(cell, coarser))
                    .and_modify(|other| other.join(&heap))
                    .or_insert(heap);
            }
        }
    }
}

fn parent(cell: u64, resolution: Resolution) -> u64 {
    let parent = CellIndex::try_from(cell).ok().and_then(|cell| cell.parent(resolution));
    parent.map_or(cell, u64::from)
}

impl Visitor for Gatherer {
    fn enter(&mut self, ordinal: SegmentOrdinal, segment: &Arc<Segment>) {
        self.segment = Some((ordinal, Arc::clone(segment)));
    }

    fn visit(&mut self, doc: DocId, verdict: Verdict, _: Score) {
        let Some((ordinal, segment)) = self.segment.as_ref().filter(|_| verdict == Verdict::Hit)
        else {
            return;
        };
        self.total += 1;
        let cell = first(&segment.columns.cell, doc);
        let heap = Heap::of(&segment.columns, DocAddress::new(*ordinal, doc));
        self.heaps
            .entry(parent(cell, self.resolution))
            .and_modify(|other| other.join(&heap))
            .or_insert(heap);
        // Memory stays within bounds also where every home has a cell of its own.
        if self.heaps.len() > CLUSTERS_MAX * 16 {
            self.coarsen(CLUSTERS_MAX * 16);
        }
    }
}

impl Heap {
    /// One home.
    fn of(columns: &Columns, address: DocAddress) -> Self {
        let doc = address.doc_id;
        let point = columns.point(doc).unwrap_or(Location { lat: 0.0, lon: 0.0 });
        let [lat, lon] = [point.lat, point.lon].map(f64::to_radians);
        let cheapest = [&columns.price_scaled, &columns.price, &columns.currency];
        Self {
            count: 1,
            sum: [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()],
            cheapest: cheapest.map(|column| first(column, doc)).into(),
            first: address,
        }
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        for (sum, more) in self.sum.iter_mut().zip(other.sum) {
            *sum += more;
        }
        self.cheapest = self.cheapest.min(other.cheapest);
    }

    /// The middle of its points, to a tenth of the blur.
    pub(super) fn centre(&self) -> Location {
        let [x, y, z] = self.sum;
        let rounded = |degrees: f64| (degrees * 1e3).round() / 1e3;
        Location {
            lat: rounded(z.atan2(x.hypot(y)).to_degrees()),
            lon: rounded(y.atan2(x).to_degrees()),
        }
    }

    /// The lowest price.
    pub(super) fn cheapest(&self) -> Option<Money> {
        let (_, price, currency) = self.cheapest;
        Some(Money::new(i64::try_from(price).ok()?, codes::currency(currency)?))
    }
}

//! The cells of a point, and the cells that cover an area: hexagons of the H3 grid (Uber,
//! <https://h3geo.org>), each of which has about a seventh of the next coarser one.
//!
//! A point belongs to its cell of [`FINEST`] and to the parents of that one. A parent is
//! not exactly the union of its children, so it is never taken for its own outline: a cell
//! stands for the points within [`reach_m`] of its centre, which all of its points are.

use std::sync::LazyLock;

use h3o::{CellIndex, LatLng, Resolution};

use super::relation::{Relation, relation};
use crate::domain::area::Area;
use crate::domain::listing::Location;

/// The resolutions that documents are indexed by: from 70 km to 200 m along an edge.
pub(super) const INDEXED: [Resolution; 7] = [
    Resolution::Three,
    Resolution::Four,
    Resolution::Five,
    Resolution::Six,
    Resolution::Seven,
    Resolution::Eight,
    FINEST,
];

/// The resolution whose cells hold one blurred point each: finer ones would hold the same.
pub(super) const FINEST: Resolution = Resolution::Nine;

/// Most cells of a cover. Beyond, looking cells up costs more than they save.
const COVER_MAX: usize = 384;

/// Documents that are tested in the time in which a cell is looked up.
const TESTS_PER_CELL: u64 = 24;

/// A cell with its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    cell: CellIndex,
    centre: Location,
}

/// Cells that cover an area, none of which lies in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover {
    /// Every point of these lies in the area.
    pub(super) inside: Vec<u64>,
    /// Points of these may lie in it.
    pub(super) cut: Vec<u64>,
}

/// The cell of a point; none when it is no point.
pub(super) fn finest(point: Location) -> Option<CellIndex> {
    Some(LatLng::new(point.lat, point.lon).ok()?.to_cell(FINEST))
}

/// The cells that a document is indexed by.
pub(super) fn indexed(finest: CellIndex) -> impl Iterator<Item = u64> {
    INDEXED.into_iter().filter_map(move |level| finest.parent(level)).map(u64::from)
}

/// How far from its centre a point of a cell may lie, in metres. Cells differ by a fifth
/// from the mean of their resolution, and the children of a cell stand out of it a little.
pub(super) fn reach_m(level: Resolution) -> f64 {
    level.edge_length_m() * 1.35
}

impl Cover {
    /// The cells that cover an area; none where it is so large that it would take too many.
    ///
    /// Cells that are cut are made smaller as long as that saves more tests than it costs
    /// look-ups; `documents` tells how many lie in a cell. Smaller ones that none lies in are
    /// left out. Where all of them together have fewer than the larger ones, some documents
    /// were indexed before there was their size, and it is not used.
    ///
    /// # Errors
    /// Those of `documents`.
    pub(super) fn of(
        area: &Area,
        documents: impl Fn(u64) -> tantivy::Result<u64>,
    ) -> tantivy::Result<Option<Self>> {
        let Some((mut inside, mut cut)) = coarse(area) else { return Ok(None) };
        for level in INDEXED.into_iter().skip(1) {
            let mut tests = 0;
            for node in &cut {
                tests += documents(u64::from(node.cell))?;
            }
            if tests <= TESTS_PER_CELL * 4 * cut.len() as u64 {
                break;
            }
            let (mut finer, mut found) = (Vec::new(), 0);
            for child in cut.iter().flat_map(|node| children(*node, level)) {
                let held = documents(u64::from(child.cell))?;
                found += held;
                finer.extend((held > 0).then_some(child));
            }
            if found < tests {
                break;
            }
            let (finer_inside, finer_cut) = sorted(area, &finer);
            if inside.len() + finer_inside.len() + finer_cut.len() > COVER_MAX {
                break;
            }
            inside.extend(finer_inside);
            cut = finer_cut;
        }
        let numbers = |nodes: Vec<Node>| nodes.into_iter().map(|node| node.cell.into()).collect();
        Ok(Some(Self { inside: numbers(inside), cut: numbers(cut) }))
    }

    /// The same cells, with all that lies in them whether it is in the area or not.
    pub(super) fn untested(mut self) -> Self {
        self.inside.append(&mut self.cut);
        self
    }
}

/// The cells of the coarsest indexed resolution that are inside and that are cut.
fn coarse(area: &Area) -> Option<(Vec<Node>, Vec<Node>)> {
    let [top, ..] = INDEXED;
    let (mut inside, mut cut) = sorted(area, &BASE);
    for level in Resolution::range(Resolution::One, top) {
        inside = inside.into_iter().flat_map(|node| children(node, level)).collect();
        let (finer_inside, finer_cut) = split(area, &cut, level);
        inside.extend(finer_inside);
        cut = finer_cut;
        if inside.len() + cut.len() > COVER_MAX {
            return None;
        }
    }
    Some((inside, cut))
}

/// The children of cut cells, without those outside.
fn split(area: &Area, cut: &[Node], level: Resolution) -> (Vec<Node>, Vec<Node>) {
    let children: Vec<Node> = cut.iter().flat_map(|node| children(*node, level)).collect();
    sorted(area, &children)
}

fn sorted(area: &Area, nodes: &[Node]) -> (Vec<Node>, Vec<Node>) {
    let (mut inside, mut cut) = (Vec::new(), Vec::new());
    for node in nodes {
        match relation(area, node.centre, reach_m(node.cell.resolution())) {
            Relation::Inside => inside.push(*node),
            Relation::Cut => cut.push(*node),
            Relation::Outside => {}
        }
    }
    (inside, cut)
}

fn children(node: Node, level: Resolution) -> impl Iterator<Item = Node> {
    node.cell.children(level).map(Node::of)
}

impl Node {
    fn of(cell: CellIndex) -> Self {
        Self { cell, centre: centre(cell) }
    }
}

/// The middle of a cell.
pub(super) fn centre(cell: CellIndex) -> Location {
    let middle = LatLng::from(cell);
    Location { lat: middle.lat(), lon: middle.lng() }
}

/// The 122 coarsest cells.
static BASE: LazyLock<Vec<Node>> =
    LazyLock::new(|| CellIndex::base_cells().map(Node::of).collect());

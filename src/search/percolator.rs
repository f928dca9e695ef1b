//! The search the other way round: which of many saved searches find a given listing. It
//! says what [`super::SearchIndex::search`] would find, with every word taken exactly.
//!
//! Searches lie in the cells of a grid that their areas touch, on the finest of some levels
//! on which these are few; those without an area, or with a very large one, lie apart. A
//! listing is put to the searches of its own cell on each level, and to those apart: first
//! the tests of numbers and bits, then the exact area, then words, then nights. So what one
//! costs grows with the searches around it and not with those elsewhere.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::availability::WINDOW_NIGHTS;
use super::plan::SCALED_PER_HUNDREDTH;
use super::schema::{ListingDoc, UnitDoc, scaled};
use super::text::{is_small, query_words};
use super::{matching, rules};
use crate::domain::area::{Area, BBox};
use crate::domain::calendar::Nights;
use crate::domain::criteria::Criteria;
use crate::domain::ids::{SavedSearchId, UnitId};
use crate::domain::listing::{Kind, Location};
use crate::domain::money::Currency;

/// The sides of a cell on each level, in degrees: towns, regions, countries.
const SIDES: [f64; 3] = [0.25, 2.0, 16.0];

/// Cells of one level that a search may lie in before it goes to the next level.
const CELLS_MAX: i64 = 16;

/// A cell: its level, and its column and row.
type Cell = (u8, i32, i32);

/// Which nights of a listing are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenNights {
    /// The first night that can be asked for.
    pub today: Date,
    /// By unit type, the nights on which it has no unit left; types that are not named are
    /// free.
    pub taken: Vec<(UnitId, Vec<Nights>)>,
}

impl TakenNights {
    /// Whether one of the unit types takes so many guests and is free on all the nights,
    /// which have to lie in the window that searches can ask for.
    #[must_use]
    pub fn has_room(&self, units: &[UnitDoc], guests: u32, nights: Nights) -> bool {
        let end = self.today.saturating_add(i64::from(WINDOW_NIGHTS).days());
        let is_free = |unit: &UnitDoc| {
            let mut taken = self.taken.iter().filter(|(id, _)| *id == unit.id);
            !taken.any(|(_, taken)| taken.iter().any(|taken| taken.overlaps(&nights)))
        };
        nights.check_in() >= self.today
            && nights.check_out() <= end
            && units.iter().any(|unit| unit.guests >= guests && is_free(unit))
    }
}

/// Many saved searches, in memory.
#[derive(Debug, Default)]
pub struct Percolator {
    /// Each by its id, with where it lies.
    searches: HashMap<SavedSearchId, (Compiled, Place)>,
    cells: HashMap<Cell, Vec<SavedSearchId>>,
    /// Those without a cell.
    apart: Vec<SavedSearchId>,
    /// Numbers of the amenities that searches have asked for.
    amenities: HashMap<String, usize>,
}

/// Where a search lies.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Cells(Vec<Cell>),
    Apart,
}

/// What a search asks for, ready to be tested.
#[derive(Debug)]
struct Compiled {
    price_min: u64,
    price_max: u64,
    currency: Option<Currency>,
    bedrooms: u32,
    beds: u32,
    half_bathrooms: u32,
    guests: u32,
    /// A bit for each kind; none means all.
    kinds: u8,
    amenities: Vec<usize>,
    area: Option<Area>,
    words: Vec<String>,
    nights: Option<Nights>,
}

/// A listing, with what is made of it once for all searches.
struct Asked<'a> {
    listing: &'a ListingDoc,
    taken: &'a TakenNights,
    price: u64,
    scaled: u64,
    kind: u8,
    amenities: HashSet<usize>,
    words: OnceCell<HashSet<String>>,
}

impl Percolator {
    /// Adds a search, or replaces the one with its id.
    pub fn set(&mut self, id: SavedSearchId, criteria: &Criteria) {
        self.remove(id);
        let place = place(criteria.area.as_ref());
        match &place {
            Place::Cells(cells) => {
                for cell in cells {
                    self.cells.entry(*cell).or_default().push(id);
                }
            }
            Place::Apart => self.apart.push(id),
        }
        let compiled = self.compiled(criteria);
        self.searches.insert(id, (compiled, place));
    }

    /// Removes a search; one that is not there is no error.
    pub fn remove(&mut self, id: SavedSearchId) {
        match self.searches.remove(&id) {
            Some((_, Place::Cells(cells))) => {
                for cell in cells {
                    if let Some(of_cell) = self.cells.get_mut(&cell) {
                        of_cell.retain(|other| *other != id);
                        if of_cell.is_empty() {
                            self.cells.remove(&cell);
                        }
                    }
                }
            }
            Some((_, Place::Apart)) => self.apart.retain(|other| *other != id),
            None => {}
        }
    }

    /// How many searches there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.searches.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.searches.is_empty()
    }

    /// The nights that a search asks for.
    #[must_use]
    pub fn nights(&self, id: SavedSearchId) -> Option<Nights> {
        self.searches.get(&id)?.0.nights
    }

    /// The searches that find a listing, in the order of their ids.
    #[must_use]
    pub fn matches(&self, listing: &ListingDoc, taken: &TakenNights) -> Vec<SavedSearchId> {
        let asked = self.asked(listing, taken);
        let point = Location { lat: listing.lat, lon: listing.lon };
        let of_cells = levels().filter_map(|(level, side)| {
            self.cells.get(&(level, index(point.lon, side), index(point.lat, side)))
        });
        let mut found: Vec<SavedSearchId> = of_cells
            .chain([&self.apart])
            .flatten()
            .filter(|id| self.searches.get(id).is_some_and(|(search, _)| asked.fits(search)))
            .copied()
            .collect();
        found.sort_unstable();
        found
    }

    fn compiled(&mut self, criteria: &Criteria) -> Compiled {
        let scale = if criteria.currency.is_some() { 1 } else { SCALED_PER_HUNDREDTH };
        let price = |bound: Option<u64>| bound.map(|bound| bound.saturating_mul(scale));
        let mut amenities = Vec::new();
        for key in &criteria.amenities {
            let next = self.amenities.len();
            amenities.push(*self.amenities.entry(key.clone()).or_insert(next));
        }
        Compiled {
            price_min: price(criteria.price_min).unwrap_or(0),
            price_max: price(criteria.price_max).unwrap_or(u64::MAX),
            currency: criteria.currency,
            bedrooms: criteria.bedrooms.unwrap_or(0),
            beds: criteria.beds.unwrap_or(0),
            half_bathrooms: criteria.half_bathrooms.unwrap_or(0),
            guests: criteria.guests.unwrap_or(0),
            kinds: criteria.kinds.iter().fold(0, |bits, kind| bits | bit(kind.name())),
            amenities,
            area: criteria.area.clone(),
            words: wanted_words(&criteria.text),
            nights: criteria.nights,
        }
    }

    fn asked<'a>(&self, listing: &'a ListingDoc, taken: &'a TakenNights) -> Asked<'a> {
        let known = listing.amenities.iter().filter_map(|key| self.amenities.get(key));
        Asked {
            listing,
            taken,
            price: u64::try_from(listing.price.amount).unwrap_or_default(),
            scaled: scaled(listing.price),
            kind: bit(&listing.kind),
            amenities: known.copied().collect(),
            words: OnceCell::new(),
        }
    }
}

impl Asked<'_> {
    /// Whether a search finds the listing; what is cheap to test comes first.
    fn fits(&self, search: &Compiled) -> bool {
        let listing = self.listing;
        let price = if search.currency.is_some() { self.price } else { self.scaled };
        (search.price_min..=search.price_max).contains(&price)
            && search.currency.is_none_or(|currency| listing.price.currency == currency)
            && listing.guests >= search.guests
            && listing.bedrooms >= search.bedrooms
            && listing.beds >= search.beds
            && listing.half_bathrooms >= search.half_bathrooms
            && (search.kinds == 0 || search.kinds & self.kind != 0)
            && search.amenities.iter().all(|amenity| self.amenities.contains(amenity))
            && search.area.as_ref().is_none_or(|area| self.is_in(area))
            && search.words.iter().all(|word| self.words().contains(word))
            && search.nights.is_none_or(|nights| self.can_stay(nights, search.guests))
    }

    fn is_in(&self, area: &Area) -> bool {
        area.contains(Location { lat: self.listing.lat, lon: self.listing.lon })
    }

    fn can_stay(&self, nights: Nights, guests: u32) -> bool {
        let (rules, asked) = (rules::packed(self.listing), rules::Asked::new(nights, None));
        nights.count() <= self.listing.max_nights
            && asked.fits_days(rules.days)
            && asked.fits_dates(rules.min_nights, rules.dates.iter().copied())
            && self.taken.has_room(&self.listing.units, guests, nights)
    }

    fn words(&self) -> &HashSet<String> {
        self.words.get_or_init(|| words_of(self.listing))
    }
}

/// The words of a search; those that say nothing count only where there are no others.
fn wanted_words(text: &str) -> Vec<String> {
    let mut words = query_words(text);
    if !words.iter().all(|word| is_small(word)) {
        words.retain(|word| !is_small(word));
    }
    words
}

/// The words that searches look for in a listing, as they are written.
fn words_of(listing: &ListingDoc) -> HashSet<String> {
    let terms = matching::terms(listing);
    let words = terms.split(' ').filter(|term| !term.is_empty() && matching::is_word(term));
    words.map(str::to_owned).collect()
}

/// A bit for a kind of home by its name; none for one that there is not.
fn bit(kind: &str) -> u8 {
    let kinds = [Kind::Bed, Kind::Room, Kind::Flat, Kind::House];
    kinds.iter().position(|known| known.name() == kind).map_or(0, |place| 1 << place)
}

fn levels() -> impl Iterator<Item = (u8, f64)> {
    (0..).zip(SIDES)
}

/// The column or row of a coordinate.
fn index(degrees: f64, side: f64) -> i32 {
    // A point is on the globe: at most 720 cells of the finest level either way.
    (degrees / side).floor() as i32
}

fn place(area: Option<&Area>) -> Place {
    let Some(bounds) = area.map(Area::bounds) else { return Place::Apart };
    let cells = levels().find_map(|(level, side)| cells(&bounds, level, side));
    cells.map_or(Place::Apart, Place::Cells)
}

/// The cells that a box touches; none when they are too many.
fn cells(bounds: &BBox, level: u8, side: f64) -> Option<Vec<Cell>> {
    // A point on an edge may be a rounding away: a hair's breadth more on each side.
    const HAIR: f64 = 1e-9;
    let rows = index(bounds.south() - HAIR, side)..=index(bounds.north() + HAIR, side);
    let columns = |west: f64, east: f64| index(west - HAIR, side)..=index(east + HAIR, side);
    let columns = if bounds.west() <= bounds.east() {
        vec![columns(bounds.west(), bounds.east())]
    } else {
        vec![columns(bounds.west(), 180.0), columns(-180.0, bounds.east())]
    };
    let count = |range: &std::ops::RangeInclusive<i32>| {
        i64::from(*range.end()) - i64::from(*range.start()) + 1
    };
    let all = columns.iter().map(&count).sum::<i64>() * count(&rows);
    if all > CELLS_MAX {
        return None;
    }
    let mut cells = Vec::new();
    for columns in columns {
        for column in columns {
            cells.extend(rows.clone().map(|row| (level, column, row)));
        }
    }
    Some(cells)
}

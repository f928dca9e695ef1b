//! Searching: what can be asked and what is answered.

use std::time::Duration;

use tantivy::{Searcher, TantivyDocument, TantivyError, schema::Value};
use uuid::Uuid;

use super::collect::{Found, Key, Keyset, Order};
use super::index::SearchIndex;
use super::page::{InvalidCursor, Position, fingerprint};
use super::plan::{self, Statistics};
use super::schema::{Fields, unsigned_zero};
use super::text::query_words;
use crate::clock;
use crate::domain::calendar::Nights;
use crate::domain::ids::PropertyId;
use crate::domain::money::Currency;

/// The longest page.
pub const LIMIT_MAX: usize = 100;

/// Longitudes are taken up to one and a half turns away, which is where maps get that are
/// moved around the globe.
const TURNS_MAX_DEGREES: f64 = 540.0;

/// The order of results; ties are in the order of ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The best match of the words first; without words as [`Sort::Newest`].
    #[default]
    Relevance,
    /// The lowest price first. Prices of several currencies are put in one order by their
    /// bare numbers (a dollar beside a euro beside a yen), for want of rates: ask for one
    /// currency where that matters.
    Price,
    /// The newest listing first.
    Newest,
}

/// What is asked. Every part narrows; the default finds all.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchQuery {
    /// Words that all have to occur in title, city or description, in any order and in any
    /// spelling of accents and capitals. Anything but letters and digits separates words;
    /// a text without either asks for nothing. Only the first 200 characters and the first
    /// 16 different words count.
    pub text: String,
    /// Where the blurred point has to lie.
    pub bbox: Option<BBox>,
    /// The lowest price of a night: minor units of `currency` or, without one, hundredths
    /// of the major unit of whatever currency the listing has. Nothing is converted.
    pub price_min: Option<u64>,
    /// The highest price, in the same unit.
    pub price_max: Option<u64>,
    /// Only listings that are priced in this currency.
    pub currency: Option<Currency>,
    /// Nights that all have to be free. A stay that leaves the window of
    /// [`super::Availability`] finds nothing.
    pub nights: Option<Nights>,
    /// Guests that a unit has to take.
    pub guests: Option<u32>,
    /// The order.
    pub sort: Sort,
    /// Results on a page: 1 to [`LIMIT_MAX`], brought into that range silently.
    pub limit: usize,
    /// [`SearchPage::next`] of the page before. Only `limit` may differ from that search.
    pub cursor: Option<String>,
}

impl Default for SearchQuery {
    fn default() -> Self {
        Self {
            text: String::new(),
            bbox: None,
            price_min: None,
            price_max: None,
            currency: None,
            nights: None,
            guests: None,
            sort: Sort::default(),
            limit: 20,
            cursor: None,
        }
    }
}

/// A page of results.
///
/// Following `next` to the end gives each listing that matches all the while, and does not
/// change its place in the order, exactly once, whatever is committed meanwhile. One that
/// is edited between two pages may come twice or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The results in order.
    pub hits: Vec<Hit>,
    /// How many listings match at this moment, on all pages together.
    pub total: u64,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The property.
    pub id: PropertyId,
    /// [`super::ListingDoc::card`] as it was indexed.
    pub card: serde_json::Value,
}

/// Why a search was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The cursor is garbage, or of another search: the client's mistake.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// The index failed.
    #[error("search failed")]
    Index(#[from] TantivyError),
}

/// A part of the globe between two parallels and two meridians, edges included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BBox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

/// Four numbers that are no [`BBox`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBox {
    /// South and north.
    #[error("bbox latitudes must be in -90..=90, south not above north")]
    Latitude,
    /// West and east.
    #[error("bbox longitudes must be in -540..=540")]
    Longitude,
}

impl BBox {
    /// The box from west to east and from south to north, in degrees. West may be greater
    /// than east: the box crosses the antimeridian then. Longitudes beyond ±180 are those
    /// of a map that was moved around the globe; a box of a whole turn is the whole globe.
    ///
    /// # Errors
    /// When a number is out of range or not a number.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, InvalidBox> {
        if !(-90.0 <= south && south <= north && north <= 90.0) {
            return Err(InvalidBox::Latitude);
        }
        if !(west.abs() <= TURNS_MAX_DEGREES && east.abs() <= TURNS_MAX_DEGREES) {
            return Err(InvalidBox::Longitude);
        }
        let (west, east) =
            if east - west >= 360.0 { (-180.0, 180.0) } else { (on_globe(west), on_globe(east)) };
        let [west, south, east, north] = [west, south, east, north].map(unsigned_zero);
        Ok(Self { west, south, east, north })
    }

    /// The western edge, -180 to 180.
    #[must_use]
    pub const fn west(&self) -> f64 {
        self.west
    }

    /// The southern edge.
    #[must_use]
    pub const fn south(&self) -> f64 {
        self.south
    }

    /// The eastern edge, -180 to 180.
    #[must_use]
    pub const fn east(&self) -> f64 {
        self.east
    }

    /// The northern edge.
    #[must_use]
    pub const fn north(&self) -> f64 {
        self.north
    }
}

/// The same meridian within ±180. One that is there already stays as it is, to the bit.
fn on_globe(lon: f64) -> f64 {
    if lon.abs() <= 180.0 { lon } else { (lon + 180.0).rem_euclid(360.0) - 180.0 }
}

impl SearchIndex {
    /// Searches what was last made visible. A plain blocking call, of milliseconds.
    ///
    /// # Errors
    /// [`QueryError::Cursor`] when the cursor does not belong to this search.
    pub fn search(&self, asked: &SearchQuery) -> Result<SearchPage, QueryError> {
        let started = clock::monotonic();
        let words = query_words(&asked.text);
        let search = fingerprint(asked, &words);
        let from = match &asked.cursor {
            Some(cursor) => Some(Position::decode(cursor, search)?),
            None => None,
        };
        let order = order(asked.sort, &words);
        let searcher = self.reader.searcher();
        let statistics = statistics(&searcher, &self.fields, order, from.as_ref(), &words)?;
        let limit = asked.limit.clamp(1, LIMIT_MAX);
        let stay = asked.nights.map(|nights| self.availability.stay(nights));
        if matches!(stay, Some(None)) {
            return Ok(SearchPage { hits: vec![], total: 0, next: None, took: started.elapsed() });
        }
        // One more than the page, to know whether there is a next one.
        let after = from.map(|from| from.after);
        let stay = stay.flatten().map(|stay| (stay, asked.guests.unwrap_or(0)));
        let keyset = Keyset { order, after, keep: limit + 1, stay };
        let query = plan::query(asked, &words, &self.fields);
        let Found { total, mut kept } = match &statistics {
            Some(statistics) => {
                let frozen = statistics.frozen(&self.fields, &words);
                searcher.search_with_statistics_provider(&*query, &keyset, &frozen)?
            }
            None => searcher.search(&*query, &keyset)?,
        };
        let is_last = kept.len() <= limit;
        kept.truncate(limit);
        let last = kept.last().filter(|_| !is_last).map(|(after, _)| *after);
        let next = last.map(|after| Position { search, after, statistics }.encode());
        let mut hits = Vec::with_capacity(kept.len());
        for (key, address) in kept {
            hits.push(hit(key, &searcher.doc(address)?, &self.fields)?);
        }
        Ok(SearchPage { hits, total, next, took: started.elapsed() })
    }
}

fn order(sort: Sort, words: &[String]) -> Order {
    match sort {
        Sort::Relevance if words.is_empty() => Order::Newest,
        Sort::Relevance => Order::Score,
        Sort::Price => Order::Price,
        Sort::Newest => Order::Newest,
    }
}

/// The counts to score by: those of the page before, else those of the index.
fn statistics(
    searcher: &Searcher,
    fields: &Fields,
    order: Order,
    from: Option<&Position>,
    words: &[String],
) -> Result<Option<Statistics>, QueryError> {
    if order != Order::Score {
        return Ok(None);
    }
    let Some(from) = from else { return Ok(Some(Statistics::of(searcher, fields, words)?)) };
    match &from.statistics {
        Some(kept) if kept.are_possible(fields, words.len()) => Ok(Some(kept.clone())),
        _ => Err(InvalidCursor.into()),
    }
}

fn hit(key: Key, document: &TantivyDocument, fields: &Fields) -> Result<Hit, TantivyError> {
    let card = document.get_first(fields.card).and_then(|card| card.as_str()).unwrap_or_default();
    let card = serde_json::from_str(card)
        .map_err(|error| TantivyError::InternalError(format!("card is not json: {error}")))?;
    Ok(Hit { id: PropertyId::from(Uuid::from_u64_pair(key.high, key.low)), card })
}

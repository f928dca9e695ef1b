//! Searching: what can be asked and what is answered.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tantivy::{DocAddress, Searcher, TantivyError};
use uuid::Uuid;

use super::choices::PriceUnit;
use super::clusters::{Cluster, Gatherer};
use super::collect::Order;
use super::expansion::{Known, Understood};
use super::facets::{Counter, Facets};
use super::highlight::{Highlight, Marker};
use super::index::SearchIndex;
use super::page::{InvalidCursor, Position, fingerprint};
use super::plan::Statistics;
use super::stored::Stored;
use super::task::{Found, Task, Way};
use super::text::query_words;
use crate::clock;
use crate::domain::area::{Area, distance_m};
use crate::domain::calendar::{EPOCH, days_between};
use crate::domain::criteria::Criteria;
use crate::domain::ids::PropertyId;
use crate::domain::listing::Location;

/// The longest page.
pub const LIMIT_MAX: usize = 100;

/// With so few results or fewer, another spelling is offered.
const FEW: u64 = 5;

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
    /// The highest price first, in the same order.
    PriceDown,
    /// The nearest first; see [`SearchQuery::centre`]. Without a centre as [`Sort::Newest`].
    Distance,
    /// The newest listing first.
    Newest,
}

/// What is asked; the default finds all.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchQuery {
    /// What is looked for.
    pub criteria: Criteria,
    /// The order.
    pub sort: Sort,
    /// Where distances are measured from; without it, from the middle of the area.
    pub centre: Option<Location>,
    /// Whether to count what there is to choose from.
    pub facets: bool,
    /// The instant it is, for rules about how far ahead one books; without it, those are
    /// passed over.
    pub now: Option<Timestamp>,
    /// How long it may take; without it, as long as it takes.
    pub budget: Option<Duration>,
    /// Results on a page: 1 to [`LIMIT_MAX`], brought into that range silently.
    pub limit: usize,
    /// Whether results come with [`Hit::highlight`].
    pub highlight: bool,
    /// [`SearchPage::next`] of the page before. Only `limit` and `highlight` may differ from
    /// that search.
    pub cursor: Option<String>,
}

impl Default for SearchQuery {
    fn default() -> Self {
        Criteria::default().into()
    }
}

impl From<Criteria> for SearchQuery {
    /// The first page, the best first.
    fn from(criteria: Criteria) -> Self {
        Self {
            criteria,
            sort: Sort::default(),
            centre: None,
            facets: false,
            now: None,
            budget: None,
            limit: 20,
            highlight: false,
            cursor: None,
        }
    }
}

/// A page of results.
///
/// Following `next` gives the pages of the list as it was when it was begun, but for nights
/// that are taken meanwhile, as long as that state of the index is kept: a minute after the
/// last page, and shorter where much changes. After that, and on another node, it goes on over the
/// present state: to the end it gives each listing that matches all the while, and does not
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
    /// What there is to choose from, if that was asked for.
    pub facets: Option<Facets>,
    /// Whether time ran out: there may be more than was found, and better.
    pub timed_out: bool,
    /// On the first page, when a word is found nowhere or little is found: the text with
    /// words that are more likely meant.
    pub did_you_mean: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The property.
    pub id: PropertyId,
    /// [`super::ListingDoc::card`] as it was indexed.
    pub card: StoredCard,
    /// Where its words are, if that was asked for.
    pub highlight: Option<Highlight>,
    /// How far its blurred point is from the centre, if there is one.
    pub distance_m: Option<f64>,
}

/// What a result shows, as JSON: whoever knows what is in it reads it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCard(Box<str>);

impl StoredCard {
    /// The form in which a card is stored.
    #[must_use]
    pub fn of(card: &serde_json::Value) -> Self {
        Self(card.to_string().into())
    }

    /// Reads it.
    ///
    /// # Errors
    /// When something else is in it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

/// What a map shows.
#[derive(Debug, Clone, PartialEq)]
pub struct MapPage {
    /// The clusters, the fullest first, at most [`super::CLUSTERS_MAX`].
    pub clusters: Vec<Cluster>,
    /// How many listings match.
    pub total: u64,
    /// Whether time ran out: there may be more.
    pub timed_out: bool,
    /// How long it took.
    pub took: Duration,
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

impl SearchIndex {
    /// Searches what was last made visible. A plain blocking call, of milliseconds.
    ///
    /// # Errors
    /// [`QueryError::Cursor`] when the cursor does not belong to this search.
    pub fn search(&self, asked: &SearchQuery) -> Result<SearchPage, QueryError> {
        let started = clock::monotonic();
        let words = query_words(&asked.criteria.text);
        let search = fingerprint(asked, &words);
        let from = match &asked.cursor {
            Some(cursor) => Some(Position::decode(cursor, search)?),
            None => None,
        };
        let centre = asked.measured_from();
        let order = order(asked.sort, &words, centre);
        let pinned = from.as_ref().and_then(|from| self.state.pins.get(from.pin));
        let searcher = pinned.unwrap_or_else(|| self.reader.searcher());
        self.lexicon.renew_when_due(&self.reader.searcher(), &self.fields);
        let Heard { statistics, corrected, is_misspelt } =
            self.heard(&searcher, &asked.criteria.text, &words, from.as_ref())?;
        let limit = asked.limit.clamp(1, LIMIT_MAX);
        let Some(task) = Task::new(self, asked, statistics.as_ref(), &searcher, started) else {
            return Ok(SearchPage::empty(asked, started.elapsed()));
        };
        // One more than the page, to know whether there is a next one.
        let after = from.map(|from| from.after);
        let found = task.page(self, (order, after, limit + 1))?;
        let Found { total, mut kept, facets, in_time } = found;
        let is_last = kept.len() <= limit;
        kept.truncate(limit);
        let marker = statistics.as_ref().filter(|_| asked.highlight);
        let mut marker = marker.map(|statistics| Marker::new(&statistics.wording));
        let mut hits = Vec::with_capacity(kept.len());
        for (_, address) in &kept {
            hits.push(self.hit(&searcher, *address, (centre, marker.as_mut()))?);
        }
        let last = kept.last().filter(|_| !is_last).map(|(after, _)| *after);
        let next = last.map(|after| {
            let pin = self.state.pins.keep(&searcher);
            Position { search, after, statistics, pin }.encode()
        });
        let did_you_mean = corrected.filter(|_| is_misspelt || total <= FEW);
        let (timed_out, took) = (!in_time, started.elapsed());
        Ok(SearchPage { hits, total, next, facets, timed_out, did_you_mean, took })
    }

    /// What a map shows of what is asked, at a zoom of 0 to [`super::ZOOM_MAX`]. Order,
    /// page and facets are passed over. A plain blocking call.
    ///
    /// # Errors
    /// When the index fails.
    pub fn map(&self, asked: &SearchQuery, zoom: u8) -> Result<MapPage, QueryError> {
        let started = clock::monotonic();
        let words = query_words(&asked.criteria.text);
        let searcher = self.reader.searcher();
        let heard = self.heard(&searcher, &asked.criteria.text, &words, None)?;
        let mut gatherer = Gatherer::new(zoom);
        let mut in_time = true;
        if let Some(task) = Task::new(self, asked, heard.statistics.as_ref(), &searcher, started) {
            let place = task.place(asked.criteria.area.as_ref());
            in_time = task.walk(Way::through(&place), &mut gatherer)?;
        }
        let total = gatherer.total;
        let mut clusters = Vec::new();
        for heap in gatherer.heaps() {
            let only = match heap.count {
                1 => Some(self.hit(&searcher, heap.first, (asked.measured_from(), None))?),
                _ => None,
            };
            let (centre, cheapest) = (heap.centre(), heap.cheapest());
            clusters.push(Cluster { count: heap.count, centre, cheapest, only });
        }
        Ok(MapPage { clusters, total, timed_out: !in_time, took: started.elapsed() })
    }

    /// What is looked for: what the page before has frozen, else the text as it is
    /// understood now.
    fn heard(
        &self,
        searcher: &Searcher,
        text: &str,
        words: &[String],
        from: Option<&Position>,
    ) -> Result<Heard, QueryError> {
        if words.is_empty() {
            return Ok(Heard::default());
        }
        if let Some(from) = from {
            let kept = from.statistics.clone().filter(Statistics::are_possible);
            return Ok(Heard { statistics: Some(kept.ok_or(InvalidCursor)?), ..Heard::default() });
        }
        let (vocabulary, synonyms) = (self.lexicon.vocabulary(), self.lexicon.synonyms());
        let known =
            Known { vocabulary: &vocabulary, synonyms: &synonyms, searcher, fields: &self.fields };
        let Understood { wording, corrected, is_misspelt } = known.understand(text)?;
        let today = days_between(EPOCH, self.availability.base());
        let today = u32::try_from(today).unwrap_or_default();
        let statistics = Statistics::of(searcher, &self.fields, wording, today)?;
        Ok(Heard { statistics: Some(statistics), corrected, is_misspelt })
    }

    /// A result as it is shown.
    fn hit(
        &self,
        searcher: &Searcher,
        address: DocAddress,
        (centre, marker): (Option<Location>, Option<&mut Marker>),
    ) -> Result<Hit, TantivyError> {
        let segment = self.state.segments.of(searcher.segment_reader(address.segment_ord))?;
        let (high, low) = segment.columns.id(address.doc_id);
        let point = centre.zip(segment.columns.point(address.doc_id));
        let distance_m = point.map(|(centre, point)| distance_m(centre, point));
        let mut stored: Stored = searcher.doc(address)?;
        let mut text = |field| stored.take(field);
        let highlight = marker.map(|marker| {
            marker.highlight(&text(self.fields.title), &text(self.fields.description))
        });
        let card = StoredCard(text(self.fields.card).into());
        let id = PropertyId::from(Uuid::from_u64_pair(high, low));
        Ok(Hit { id, card, highlight, distance_m })
    }
}

/// A text as it is looked for.
#[derive(Default)]
struct Heard {
    /// Absent without words.
    statistics: Option<Statistics>,
    corrected: Option<String>,
    is_misspelt: bool,
}

impl SearchQuery {
    /// Where distances are measured from.
    fn measured_from(&self) -> Option<Location> {
        self.centre.or_else(|| self.criteria.area.as_ref().map(Area::centre))
    }
}

impl SearchPage {
    /// What is found where nothing can be.
    fn empty(asked: &SearchQuery, took: Duration) -> Self {
        let facets = Counter::new(PriceUnit::of(&asked.criteria)).facets();
        let facets = asked.facets.then_some(facets);
        let (hits, did_you_mean) = (Vec::new(), None);
        Self { hits, total: 0, next: None, facets, timed_out: false, did_you_mean, took }
    }
}

fn order(sort: Sort, words: &[String], centre: Option<Location>) -> Order {
    match (sort, centre) {
        (Sort::Relevance, _) if !words.is_empty() => Order::Score,
        (Sort::Price, _) => Order::Price,
        (Sort::PriceDown, _) => Order::PriceDown,
        (Sort::Distance, Some(centre)) => Order::Distance(centre),
        _ => Order::Newest,
    }
}

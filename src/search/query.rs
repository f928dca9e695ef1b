//! Searching: what can be asked and what is answered.

use std::time::Duration;

use jiff::civil::{Date, date};
use tantivy::{Searcher, TantivyDocument, TantivyError, schema::Value};
use uuid::Uuid;

use super::collect::{Found, Key, Keyset, Order};
use super::expansion::{Known, Understood};
use super::highlight::{Highlight, Marker};
use super::index::SearchIndex;
use super::page::{InvalidCursor, Position, fingerprint};
use super::plan::{self, Statistics};
use super::schema::Fields;
use super::text::query_words;
use crate::clock;
use crate::domain::area::Area;
use crate::domain::calendar::days_between;
use crate::domain::criteria::Criteria;
use crate::domain::ids::PropertyId;

/// The longest page.
pub const LIMIT_MAX: usize = 100;

/// With so few results or fewer, another spelling is offered.
const FEW: u64 = 5;

const EPOCH: Date = date(1970, 1, 1);

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

/// What is asked; the default finds all.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchQuery {
    /// What is looked for.
    pub criteria: Criteria,
    /// The order.
    pub sort: Sort,
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
        Self { criteria, sort: Sort::default(), limit: 20, highlight: false, cursor: None }
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
    pub card: serde_json::Value,
    /// Where its words are, if that was asked for.
    pub highlight: Option<Highlight>,
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
        let order = order(asked.sort, &words);
        let searcher = self.reader.searcher();
        self.lexicon.renew_when_due(&searcher, &self.fields);
        let Heard { statistics, corrected, is_misspelt } =
            self.heard(&searcher, &asked.criteria.text, &words, from.as_ref())?;
        let limit = asked.limit.clamp(1, LIMIT_MAX);
        let stay = asked.criteria.nights.map(|nights| self.availability.stay(nights));
        if matches!(stay, Some(None)) {
            return Ok(SearchPage::empty(started.elapsed()));
        }
        // One more than the page, to know whether there is a next one.
        let after = from.map(|from| from.after);
        let stay = stay.flatten().map(|stay| (stay, asked.criteria.guests.unwrap_or(0)));
        let area = asked.criteria.area.clone().filter(|area| !matches!(area, Area::Box(_)));
        let keyset = Keyset { order, after, keep: limit + 1, stay, area };
        let query = plan::query(&asked.criteria, statistics.as_ref(), &self.fields);
        let Found { total, mut kept } = match &statistics {
            Some(statistics) => {
                let frozen = statistics.frozen(&self.fields);
                searcher.search_with_statistics_provider(&*query, &keyset, &frozen)?
            }
            None => searcher.search(&*query, &keyset)?,
        };
        let is_last = kept.len() <= limit;
        kept.truncate(limit);
        let marker = statistics.as_ref().filter(|_| asked.highlight);
        let marker = marker.map(|statistics| Marker::new(&statistics.wording));
        let mut hits = Vec::with_capacity(kept.len());
        for (key, address) in &kept {
            hits.push(hit(*key, &searcher.doc(*address)?, &self.fields, marker.as_ref())?);
        }
        let last = kept.last().filter(|_| !is_last).map(|(after, _)| *after);
        let next = last.map(|after| Position { search, after, statistics }.encode());
        let did_you_mean = corrected.filter(|_| is_misspelt || total <= FEW);
        Ok(SearchPage { hits, total, next, did_you_mean, took: started.elapsed() })
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
}

/// A text as it is looked for.
#[derive(Default)]
struct Heard {
    /// Absent without words.
    statistics: Option<Statistics>,
    corrected: Option<String>,
    is_misspelt: bool,
}

impl SearchPage {
    fn empty(took: Duration) -> Self {
        Self { hits: Vec::new(), total: 0, next: None, did_you_mean: None, took }
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

fn hit(
    key: Key,
    document: &TantivyDocument,
    fields: &Fields,
    marker: Option<&Marker>,
) -> Result<Hit, TantivyError> {
    let stored = |field| document.get_first(field).and_then(|text| text.as_str());
    let card = serde_json::from_str(stored(fields.card).unwrap_or_default())
        .map_err(|error| TantivyError::InternalError(format!("card is not json: {error}")))?;
    let highlight = marker.map(|marker| {
        let text = |field| stored(field).unwrap_or_default();
        marker.highlight(text(fields.title), text(fields.description))
    });
    let id = PropertyId::from(Uuid::from_u64_pair(key.high, key.low));
    Ok(Hit { id, card, highlight })
}

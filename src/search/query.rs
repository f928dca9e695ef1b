//! Searching: what can be asked and what is answered.

use std::time::Duration;

use tantivy::{Searcher, TantivyDocument, TantivyError, schema::Value};
use uuid::Uuid;

use super::collect::{Found, Key, Keyset, Order};
use super::index::SearchIndex;
use super::page::{InvalidCursor, Position, fingerprint};
use super::plan::{self, Statistics};
use super::schema::Fields;
use super::text::query_words;
use crate::clock;
use crate::domain::area::Area;
use crate::domain::criteria::Criteria;
use crate::domain::ids::PropertyId;

/// The longest page.
pub const LIMIT_MAX: usize = 100;

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
    /// [`SearchPage::next`] of the page before. Only `limit` may differ from that search.
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
        Self { criteria, sort: Sort::default(), limit: 20, cursor: None }
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
        let statistics = statistics(&searcher, &self.fields, order, from.as_ref(), &words)?;
        let limit = asked.limit.clamp(1, LIMIT_MAX);
        let stay = asked.criteria.nights.map(|nights| self.availability.stay(nights));
        if matches!(stay, Some(None)) {
            return Ok(SearchPage { hits: vec![], total: 0, next: None, took: started.elapsed() });
        }
        // One more than the page, to know whether there is a next one.
        let after = from.map(|from| from.after);
        let stay = stay.flatten().map(|stay| (stay, asked.criteria.guests.unwrap_or(0)));
        let area = asked.criteria.area.clone().filter(|area| !matches!(area, Area::Box(_)));
        let keyset = Keyset { order, after, keep: limit + 1, stay, area };
        let query = plan::query(&asked.criteria, &words, &self.fields);
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

//! From what was asked to a query of the index, and the numbers that its scores rest on.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tantivy::query::{
    AllQuery, Bm25StatisticsProvider, BooleanQuery, ConstScoreQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::choices::PriceUnit;
use super::codes;
use super::expansion::Wording;
use super::place::Place;
use super::ranking;
use super::schema::Fields;
use super::segments::Segments;
use crate::domain::criteria::Criteria;

/// How much finer a scaled price is than the hundredths that price bounds without a
/// currency are given in.
pub(super) const SCALED_PER_HUNDREDTH: u64 = 100;

/// The query of the index for what was asked, nights apart; `text` is there when words were.
/// With `sideways` also apart from [`super::choices::Choices`], which are tested document by
/// document then.
pub(super) fn query(
    asked: &Criteria,
    text: Option<&Statistics>,
    (place, sideways): (&Place, bool),
    (fields, segments): (&Fields, &Arc<Segments>),
) -> Box<dyn Query> {
    let mut filters = Vec::new();
    match place {
        Place::Everywhere => filters.extend(traits(asked, fields)),
        Place::In(area) => {
            filters.push(Box::new(area.clone()) as Box<dyn Query>);
            let unknown = asked.amenities.iter().filter(|key| !codes::has_bit(key));
            filters.extend(unknown.map(|key| term(fields.amenities, key)));
        }
    }
    if !sideways {
        filters.extend(choices(asked, fields));
    }
    let mut parts = Vec::new();
    parts.extend(
        text.and_then(|text| ranking::query(&text.wording, (fields, segments), text.today)),
    );
    if !filters.is_empty() {
        let filters = Box::new(BooleanQuery::intersection(filters));
        parts.push(Box::new(ConstScoreQuery::new(filters, 0.0)));
    }
    match parts.len() {
        0 => Box::new(AllQuery),
        1 => parts.remove(0),
        _ => Box::new(BooleanQuery::intersection(parts)),
    }
}

/// The same as [`super::traits::Traits`].
fn traits(asked: &Criteria, fields: &Fields) -> Vec<Box<dyn Query>> {
    let mut filters = Vec::new();
    filters.extend(asked.currency.map(|currency| term(fields.currency, currency.code())));
    if let Some(guests) = asked.guests {
        filters.push(range(fields.guests, Some(u64::from(guests)), None, Term::from_field_u64));
    }
    filters.extend(asked.amenities.iter().map(|key| term(fields.amenities, key)));
    filters
}

/// The same as [`super::choices::Choices`].
fn choices(asked: &Criteria, fields: &Fields) -> Vec<Box<dyn Query>> {
    let mut filters = Vec::new();
    filters.extend(priced(asked, fields));
    let least = [
        (fields.bedrooms, asked.bedrooms),
        (fields.beds, asked.beds),
        (fields.half_bathrooms, asked.half_bathrooms),
    ];
    for (field, least) in least {
        let least =
            least.map(|least| range(field, Some(u64::from(least)), None, Term::from_field_u64));
        filters.extend(least);
    }
    if !asked.kinds.is_empty() {
        let kinds = asked.kinds.iter().map(|kind| term(fields.kind, kind.name()));
        filters.push(Box::new(BooleanQuery::union(kinds.collect())));
    }
    filters
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

/// Within the currency asked for, bounds are its minor units; without one, hundredths of
/// whatever major unit the listing has.
fn priced(asked: &Criteria, fields: &Fields) -> Option<Box<dyn Query>> {
    if asked.price_min.is_none() && asked.price_max.is_none() {
        return None;
    }
    let unit = PriceUnit::of(asked);
    let field = match unit {
        PriceUnit::Minor(_) => fields.price,
        PriceUnit::Hundredth => fields.price_scaled,
    };
    let [min, max] = [asked.price_min, asked.price_max]
        .map(|bound| bound.map(|bound| bound.saturating_mul(unit.scale())));
    Some(range(field, min, max, Term::from_field_u64))
}

/// At least one of the bounds has to be given.
fn range<T>(
    field: Field,
    min: Option<T>,
    max: Option<T>,
    term: impl Fn(Field, T) -> Term,
) -> Box<dyn Query> {
    let bound = |value: Option<T>| {
        value.map_or(Bound::Unbounded, |value| Bound::Included(term(field, value)))
    };
    Box::new(RangeQuery::new(bound(min), bound(max)))
}

/// The words that are looked for and the counts that their scores are made of. Those of the
/// first page are carried from page to page, so that later commits, other nodes, and what is
/// learnt about words meanwhile do not move documents that did not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Statistics {
    documents: u64,
    /// Terms of all documents together.
    tokens: u64,
    /// The day of the search, in days since 1970.
    today: u32,
    /// The words in all their forms, with how frequent they are.
    pub(super) wording: Wording,
}

impl Statistics {
    /// The counts of an index as it is.
    pub(super) fn of(
        searcher: &Searcher,
        fields: &Fields,
        mut wording: Wording,
        today: u32,
    ) -> tantivy::Result<Self> {
        let documents = searcher.total_num_docs()?;
        for part in &mut wording.parts {
            // The vocabulary may be of a time when there were more.
            part.frequency = part.frequency.min(documents);
        }
        let tokens = searcher.total_num_tokens(fields.terms)?;
        Ok(Self { documents, tokens, today, wording })
    }

    /// Whether these can be the counts of a search. They come back from the client, and
    /// impossible ones would be a division by zero or worse.
    pub(super) fn are_possible(&self) -> bool {
        self.documents > 0 && self.wording.is_possible(self.documents)
    }

    /// The counts by term.
    pub(super) fn frozen(&self, fields: &Fields) -> Frozen<'_> {
        let mut frequencies = HashMap::new();
        for part in &self.wording.parts {
            for term in part.forms.iter().flat_map(|form| &form.1) {
                let frequency = frequencies.entry(term.as_str()).or_insert(0);
                *frequency = part.frequency.max(*frequency);
            }
        }
        Frozen { statistics: self, terms: fields.terms, frequencies }
    }
}

/// [`Statistics`] in the form that scoring asks for.
pub(super) struct Frozen<'a> {
    statistics: &'a Statistics,
    terms: Field,
    /// By term: that of its part.
    frequencies: HashMap<&'a str, u64>,
}

impl Bm25StatisticsProvider for Frozen<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        Ok(if field == self.terms { self.statistics.tokens } else { 0 })
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.statistics.documents)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let value = term.value();
        let frequency = value.as_str().and_then(|text| self.frequencies.get(text));
        Ok(frequency.copied().unwrap_or_default())
    }
}

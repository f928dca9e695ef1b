//! From what was asked to a query of the index, and the numbers that its scores rest on.

use std::ops::Bound;

use serde::{Deserialize, Serialize};
use tantivy::query::{
    AllQuery, Bm25StatisticsProvider, BooleanQuery, BoostQuery, ConstScoreQuery,
    DisjunctionMaxQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::choices::PriceUnit;
use super::place::Place;
use super::schema::Fields;
use crate::domain::area::BBox;
use crate::domain::criteria::Criteria;

/// How much finer a scaled price is than the hundredths that price bounds without a
/// currency are given in.
pub(super) const SCALED_PER_HUNDREDTH: u64 = 100;

/// The query of the index for what was asked, nights apart. With `sideways` also apart from
/// [`super::choices::Choices`], which are tested document by document then.
pub(super) fn query(
    asked: &Criteria,
    words: &[String],
    (place, sideways): (&Place, bool),
    fields: &Fields,
) -> Box<dyn Query> {
    let mut filters = in_place(place, fields);
    filters.extend(always(asked, fields));
    if !sideways {
        filters.extend(choices(asked, fields));
    }
    let mut parts = Vec::new();
    parts.extend(text(words, fields));
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

/// All words, each in its best field.
///
/// Words are nested two by two: a sum of two floats does not depend on their order, while
/// that of more does, and segments order the parts of an intersection by their sizes. So a
/// document's score is the same to the last bit in whatever segment it lies.
fn text(words: &[String], fields: &Fields) -> Option<Box<dyn Query>> {
    let mut words = words.iter().map(|word| -> Box<dyn Query> {
        let in_fields = fields.searched().map(|(field, weight)| {
            let term = Term::from_field_text(field, word);
            let term = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            Box::new(BoostQuery::new(term, weight)) as Box<dyn Query>
        });
        Box::new(DisjunctionMaxQuery::new(in_fields.into()))
    });
    let first = words.next()?;
    Some(words.fold(first, |before, word| Box::new(BooleanQuery::intersection(vec![before, word]))))
}

fn in_place(place: &Place, fields: &Fields) -> Vec<Box<dyn Query>> {
    match place {
        Place::Everywhere => Vec::new(),
        Place::Cells(cells) => vec![Box::new(cells.clone())],
        Place::Ranges(bounds) => in_box(*bounds, fields),
    }
}

/// What every result has to satisfy, whatever else there is to choose from.
fn always(asked: &Criteria, fields: &Fields) -> Vec<Box<dyn Query>> {
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

fn in_box(bbox: BBox, fields: &Fields) -> Vec<Box<dyn Query>> {
    let term = Term::from_field_f64;
    let lat = range(fields.lat, Some(bbox.south()), Some(bbox.north()), term);
    let (west, east) = (bbox.west(), bbox.east());
    let lon = if west <= east {
        range(fields.lon, Some(west), Some(east), term)
    } else {
        Box::new(BooleanQuery::union(vec![
            range(fields.lon, Some(west), None, term),
            range(fields.lon, None, Some(east), term),
        ]))
    };
    vec![lat, lon]
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

/// The counts that scores are made of. Those of the first page are carried from page to
/// page, so that later commits, and other nodes, do not move documents that did not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Statistics {
    documents: u64,
    /// Words of each searched field.
    tokens: Vec<u64>,
    /// Documents with the word in the field: for each word, for each searched field.
    frequencies: Vec<u64>,
}

impl Statistics {
    /// The counts of an index as it is.
    pub(super) fn of(
        searcher: &Searcher,
        fields: &Fields,
        words: &[String],
    ) -> tantivy::Result<Self> {
        let mut tokens = Vec::new();
        for (field, _) in fields.searched() {
            tokens.push(searcher.total_num_tokens(field)?);
        }
        let mut frequencies = Vec::new();
        for term in terms(fields, words) {
            frequencies.push(Searcher::doc_freq(searcher, &term)?);
        }
        Ok(Self { documents: searcher.total_num_docs()?, tokens, frequencies })
    }

    /// Whether these can be the counts of a search for so many words. They come back from
    /// the client, and impossible ones would be a division by zero or worse.
    pub(super) fn are_possible(&self, fields: &Fields, words: usize) -> bool {
        let searched = fields.searched().len();
        self.documents > 0
            && self.tokens.len() == searched
            && self.frequencies.len() == words * searched
            && self.frequencies.iter().all(|frequency| *frequency <= self.documents)
    }

    /// The counts by term.
    pub(super) fn frozen(&self, fields: &Fields, words: &[String]) -> Frozen<'_> {
        Frozen {
            statistics: self,
            fields: fields.searched().map(|(field, _)| field),
            terms: terms(fields, words),
        }
    }
}

fn terms(fields: &Fields, words: &[String]) -> Vec<Term> {
    let of_word =
        |word: &String| fields.searched().map(|(field, _)| Term::from_field_text(field, word));
    words.iter().flat_map(of_word).collect()
}

/// [`Statistics`] in the form that scoring asks for.
pub(super) struct Frozen<'a> {
    statistics: &'a Statistics,
    fields: [Field; 3],
    terms: Vec<Term>,
}

impl Bm25StatisticsProvider for Frozen<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let place = self.fields.iter().position(|known| *known == field);
        let tokens = place.and_then(|place| self.statistics.tokens.get(place));
        Ok(tokens.copied().unwrap_or_default())
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.statistics.documents)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let place = self.terms.iter().position(|known| known == term);
        let frequency = place.and_then(|place| self.statistics.frequencies.get(place));
        Ok(frequency.copied().unwrap_or_default())
    }
}

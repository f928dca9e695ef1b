//! One search on its way: what was asked, over which state of the index, and until when.

use std::sync::Arc;
use std::time::Instant;

use tantivy::Searcher;

use super::choices::{Choices, PriceUnit};
use super::collect::{Kept, Key, Keyset, Order};
use super::facets::{Counter, Facets};
use super::index::SearchIndex;
use super::nearest;
use super::place::Place;
use super::plan::{self, Statistics};
use super::query::SearchQuery;
use super::rules::Asked;
use super::schema::Fields;
use super::segments::{Segment, Segments};
use super::sift::{Sift, Staying};
use super::traits::Traits;
use super::walk::{Visitor, Walk};
use crate::domain::area::Area;
use crate::domain::criteria::Criteria;

/// A search on its way.
pub(super) struct Task<'a> {
    /// What was asked.
    pub(super) asked: &'a SearchQuery,
    /// Its words as they are understood, if there are any.
    pub(super) text: Option<&'a Statistics>,
    /// The state of the index.
    pub(super) searcher: &'a Searcher,
    /// The fields of the index.
    pub(super) fields: &'a Fields,
    /// What is kept of its segments.
    segments: &'a Arc<Segments>,
    /// What a home has to have.
    traits: Traits,
    /// The stay that has to be possible.
    stay: Option<Staying>,
    /// When it stops, finished or not.
    until: Option<Instant>,
}

/// One way through the documents.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    /// Where they are looked for, which need not be the area that was asked for.
    pub(super) place: &'a Place,
    /// Whether scores are needed.
    pub(super) scored: bool,
    /// Whether what fails only one choice is shown, too.
    pub(super) sideways: bool,
}

impl<'a> Way<'a> {
    /// Through what matches in a place, without scores.
    pub(super) const fn through(place: &'a Place) -> Self {
        Self { place, scored: false, sideways: false }
    }
}

/// What a search found.
pub(super) struct Found {
    /// How many match.
    pub(super) total: u64,
    /// The page, and one more if there is one.
    pub(super) kept: Kept,
    /// What there is to choose from, if that was asked for.
    pub(super) facets: Option<Facets>,
    /// Whether everything was looked at.
    pub(super) in_time: bool,
}

impl<'a> Task<'a> {
    /// A search that has begun; none when the stay cannot be found in any home.
    pub(super) fn new(
        index: &'a SearchIndex,
        asked: &'a SearchQuery,
        text: Option<&'a Statistics>,
        searcher: &'a Searcher,
        started: Instant,
    ) -> Option<Self> {
        let stay = match asked.criteria.nights {
            Some(nights) => Some(Staying {
                nights: index.availability.stay(nights)?,
                asked: Asked::new(nights, asked.now),
                guests: asked.criteria.guests.map_or(0, u64::from),
            }),
            None => None,
        };
        let until = asked.budget.and_then(|budget| started.checked_add(budget));
        let (fields, segments) = (&index.fields, &index.state.segments);
        let traits = Traits::of(&asked.criteria);
        Some(Self { asked, text, searcher, fields, segments, traits, stay, until })
    }

    /// Where documents of an area are looked for.
    pub(super) fn place(&self, area: Option<&Area>) -> Place {
        Place::of(area, self.segments, &self.traits)
    }

    /// Whether everything is asked for.
    fn is_open(&self) -> bool {
        let text = self.asked.criteria.text.clone();
        self.text.is_none() && self.asked.criteria == Criteria { text, ..Criteria::default() }
    }

    /// The page after a key.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn page(
        &self,
        index: &SearchIndex,
        (order, after, keep): (Order, Option<Key>, usize),
    ) -> tantivy::Result<Found> {
        let is_open = self.is_open();
        let facets = match self.asked.facets {
            true if is_open => Some(index.state.counters.facets(self.searcher, self.segments)?),
            _ => None,
        };
        if is_open && order == Order::Newest {
            let page = index.state.newest.page((self.searcher, self.segments), after, keep)?;
            if let Some(kept) = page {
                return Ok(Found { total: self.searcher.num_docs(), kept, facets, in_time: true });
            }
        }
        let sideways = self.asked.facets && !is_open;
        if let Order::Distance(centre) = order
            && self.asked.criteria.area.is_none()
            && !sideways
        {
            let found = nearest::page(self, centre, after, keep, is_open)?;
            return Ok(Found { facets, ..found });
        }
        let counter = sideways.then(|| Counter::new(PriceUnit::of(&self.asked.criteria)));
        let mut page = Keyset::new(order, after, keep, counter);
        let place = self.place(self.asked.criteria.area.as_ref());
        let way = Way { place: &place, scored: order == Order::Score, sideways };
        let in_time = self.walk(way, &mut page)?;
        let facets = facets.or_else(|| page.counter.as_ref().map(Counter::facets));
        Ok(Found { total: page.total, facets, in_time, kept: page.into_kept() })
    }

    /// Shows a visitor what matches, and returns whether it came to the end in time.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn walk(
        &self,
        Way { place, scored, sideways }: Way<'_>,
        visitor: &mut impl Visitor,
    ) -> tantivy::Result<bool> {
        let criteria = &self.asked.criteria;
        let query =
            plan::query(criteria, self.text, (place, sideways), (self.fields, self.segments));
        let frozen = self.text.filter(|_| scored).map(|text| text.frozen(self.fields));
        let sift =
            Sift { stay: self.stay.clone(), choices: sideways.then(|| Choices::of(criteria)) };
        let walk = Walk {
            searcher: self.searcher,
            segments: self.segments,
            query: &*query,
            statistics: frozen.as_ref().map(|frozen| frozen as _),
            sift: &sift,
            until: self.until,
        };
        walk.run(visitor)
    }

    /// How many match wherever they are, and whether all were counted in time.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn count(&self) -> tantivy::Result<(u64, bool)> {
        if self.stay.is_none() {
            let place = (&Place::Everywhere, false);
            let query =
                plan::query(&self.asked.criteria, self.text, place, (self.fields, self.segments));
            return Ok((query.count(self.searcher)? as u64, true));
        }
        let mut count = Count(0);
        let in_time = self.walk(Way::through(&Place::Everywhere), &mut count)?;
        Ok((count.0, in_time))
    }
}

/// Counts what is found.
struct Count(u64);

impl Visitor for Count {
    fn enter(&mut self, _: tantivy::SegmentOrdinal, _: &Arc<Segment>) {}

    fn visit(&mut self, _: tantivy::DocId, _: super::choices::Verdict, _: tantivy::Score) {
        self.0 += 1;
    }
}

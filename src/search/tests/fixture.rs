//! Listings and an index in a directory that goes with the test.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use tempfile::TempDir;
use uuid::Uuid;

use crate::domain::calendar::Nights;
use crate::domain::criteria::Criteria;
use crate::domain::ids::{PropertyId, UnitId};
use crate::domain::money::Money;
use crate::domain::stay_rules::StayRules;
use crate::search::{
    Cursor, IndexError, IndexOptions, IndexWriterHandle, ListingDoc, SearchIndex, SearchPage,
    SearchQuery, UnitDoc, open,
};

/// The first night of the window in all tests.
pub(super) const TODAY: Date = date(2026, 11, 20);

/// An open index.
pub(super) struct Fixture {
    pub(super) search: SearchIndex,
    pub(super) writer: IndexWriterHandle,
    pub(super) dir: TempDir,
}

impl Fixture {
    /// A new, empty one.
    pub(super) fn new() -> Self {
        Self::open_in(TempDir::new().unwrap(), "test").unwrap()
    }

    /// One that finds these listings.
    pub(super) fn with(listings: &[ListingDoc]) -> Self {
        let mut fixture = Self::new();
        fixture.add(listings);
        fixture
    }

    /// The one that is in a directory.
    pub(super) fn open_in(dir: TempDir, source: &str) -> Result<Self, IndexError> {
        let (search, writer) = open(options(&dir, source), TODAY)?;
        Ok(Self { search, writer, dir })
    }

    /// Closes and opens it again.
    pub(super) fn reopened(self) -> Self {
        let Self { search, writer, dir } = self;
        drop((search, writer));
        Self::open_in(dir, "test").unwrap()
    }

    /// Adds listings and makes them visible.
    pub(super) fn add(&mut self, listings: &[ListingDoc]) {
        for listing in listings {
            self.writer.upsert(listing).unwrap();
        }
        self.publish();
    }

    /// Commits under the same cursor, reloads, and reads the words at once.
    pub(super) fn publish(&mut self) {
        let cursor: Cursor = self.writer.cursor().clone();
        self.writer.commit(&cursor).unwrap();
        self.writer.reload().unwrap();
        self.search.lexicon.renew(&self.search.reader.searcher(), &self.search.fields);
    }

    /// Searches.
    pub(super) fn search(&self, query: &SearchQuery) -> SearchPage {
        self.search.search(query).unwrap()
    }

    /// The numbers of the listings found, and the total, which has to agree.
    pub(super) fn found(&self, query: &SearchQuery) -> Vec<u64> {
        let query = SearchQuery { limit: 100, ..query.clone() };
        let page = self.search(&query);
        assert_eq!(page.total, page.hits.len() as u64, "total of {query:?}");
        page.hits.iter().map(|hit| number(hit.id)).collect()
    }

    /// The numbers of the listings found, over all pages.
    pub(super) fn pages(&self, query: &SearchQuery) -> Vec<u64> {
        let mut query = query.clone();
        let mut numbers = Vec::new();
        loop {
            let page = self.search(&query);
            assert!(page.hits.len() <= query.limit);
            numbers.extend(page.hits.iter().map(|hit| number(hit.id)));
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return numbers,
            }
        }
    }
}

/// Options for a directory.
pub(super) fn options(dir: &TempDir, source: &str) -> IndexOptions {
    IndexOptions::new(dir.path().join("search"), source.to_owned())
}

/// The id of a listing by its number.
pub(super) fn id(number: u64) -> PropertyId {
    PropertyId::from(Uuid::from_u64_pair(7, number))
}

/// The id of the one unit type of an ordinary listing.
pub(super) fn unit(number: u64) -> UnitId {
    UnitId::from(Uuid::from_u64_pair(8, number))
}

/// The number of a listing by its id.
pub(super) fn number(id: PropertyId) -> u64 {
    id.uuid().as_u64_pair().1
}

/// An ordinary listing. Later numbers are newer and dearer.
pub(super) fn listing(number: u64) -> ListingDoc {
    ListingDoc {
        id: id(number),
        title: format!("Home {number}"),
        description: "Quiet, with a garden.".to_owned(),
        city: "Dublin".to_owned(),
        country: "IE".to_owned(),
        kind: "flat".to_owned(),
        price: euros(i64::try_from(number).unwrap() * 100),
        bedrooms: 1,
        beds: 2,
        half_bathrooms: 3,
        guests: 4,
        units: vec![UnitDoc { id: unit(number), guests: 4 }],
        min_nights: 1,
        max_nights: 730,
        stay_rules: StayRules::default(),
        utc_offset_minutes: 0,
        lat: 53.29,
        lon: -6.11,
        created: Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap()).unwrap(),
        amenities: vec!["wifi".to_owned(), "sea view".to_owned()],
        card: serde_json::json!({ "number": number }),
    }
}

/// An amount of cents.
pub(super) fn euros(cents: i64) -> Money {
    Money::new(cents, "EUR".parse().unwrap())
}

/// A stay by its distance from [`TODAY`] and its length.
pub(super) fn stay(from: i32, nights: i32) -> Nights {
    let check_in = TODAY.saturating_add(from.days());
    Nights::new(check_in, check_in.saturating_add(nights.days())).unwrap()
}

/// A search for words.
pub(super) fn words(text: &str) -> SearchQuery {
    Criteria { text: text.to_owned(), ..Criteria::default() }.into()
}

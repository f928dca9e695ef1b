//! Our own index, asked as the server asks it.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use rentezy::clock;
use rentezy::domain::area::{Area, Circle};
use rentezy::domain::criteria::Criteria;
use rentezy::domain::ids::UnitId;
use rentezy::search::{
    Cursor, IndexOptions, IndexWriterHandle, SearchIndex, SearchQuery, Sort, open,
};

use super::corpus::Home;
use super::questions::Question;
use super::support::Result;

/// Metres around the centre in the example.
const RADIUS_M: f64 = 5_000.0;

/// Bytes for the writer while the index is built.
const WRITER_BYTES: usize = 200_000_000;

/// Both ends of the index.
pub(crate) struct Ours {
    pub(crate) search: SearchIndex,
    writer: IndexWriterHandle,
}

impl Ours {
    /// Writes all homes.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub(crate) fn fill(
        dir: PathBuf,
        homes: impl Iterator<Item = Home>,
        today: Date,
    ) -> Result<Self> {
        let options = IndexOptions {
            writer_threads: 2,
            writer_memory_bytes: WRITER_BYTES,
            ..IndexOptions::new(dir, "bench".to_owned())
        };
        let (search, mut writer) = open(options, today)?;
        for home in homes {
            writer.upsert(&home.doc)?;
            writer.set_taken(home.doc.id, &[(UnitId::from(home.doc.id.uuid()), home.taken)]);
        }
        writer.commit(&Cursor::default())?;
        writer.reload()?;
        Ok(Self { search, writer })
    }

    /// Writes one home anew.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub(crate) fn update(&mut self, home: &Home) -> Result<()> {
        self.writer.upsert(&home.doc)?;
        Ok(())
    }

    /// Shows what was written; how long that took.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub(crate) fn publish(&mut self) -> Result<Duration> {
        let began = clock::monotonic();
        self.writer.commit(&Cursor::default())?;
        self.writer.reload()?;
        Ok(began.elapsed())
    }
}

/// Two words.
pub(crate) fn text(asked: &Question) -> SearchQuery {
    Criteria { text: asked.words.join(" "), ..Criteria::default() }.into()
}

/// Two mistyped words.
pub(crate) fn typo(asked: &Question) -> SearchQuery {
    Criteria { text: asked.typos.join(" "), ..Criteria::default() }.into()
}

/// The newest.
pub(crate) fn newest() -> SearchQuery {
    SearchQuery { sort: Sort::Newest, ..SearchQuery::default() }
}

/// Everything, with all facets.
pub(crate) fn facets() -> SearchQuery {
    SearchQuery { facets: true, limit: 1, ..SearchQuery::default() }
}

/// The nearest with enough beds.
pub(crate) fn nearest(asked: &Question) -> SearchQuery {
    let criteria = Criteria { beds: Some(asked.beds), ..Criteria::default() };
    SearchQuery { centre: Some(asked.centre), sort: Sort::Distance, ..criteria.into() }
}

/// The original's example: a word, a radius, a price, amenities and dates, the most relevant
/// first, with all facets.
///
/// # Errors
/// When the centre is no point.
pub(crate) fn example(asked: &Question) -> Result<SearchQuery> {
    let [word, _] = &asked.words;
    let criteria = Criteria {
        text: word.clone(),
        area: Some(Area::Circle(Circle::new(asked.centre, RADIUS_M)?)),
        price_min: Some(asked.price.0),
        price_max: Some(asked.price.1),
        currency: Some(asked.currency),
        amenities: asked.amenities.clone(),
        nights: Some(asked.nights),
        ..Criteria::default()
    };
    Ok(SearchQuery { facets: true, ..criteria.into() })
}

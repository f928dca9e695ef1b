//! What is found: a full-text index of the live listings and, beside it, which of their
//! nights are taken. All of it is derived from rows and events and may be deleted at any
//! time; it is built again from an empty [`Cursor`].
//!
//! The index holds what a search needs and never the exact point of a home: the caller
//! blurs it. Nights are not in the index, because a change there costs a whole document;
//! they are bits in memory that a query reads while it runs. They filter and promise
//! nothing: whether a stay can be booked is decided by the property itself.

mod completion;
mod lexicon;
mod matching;
mod quality;
mod schema;
mod stems;
mod synonyms;
mod text;
mod vocabulary;

mod availability;
mod best_of;
mod codes;
mod columns;
mod rows;
mod rules;
mod slots;

mod cells;
mod choices;
mod cursor;
mod disk;
mod files;
mod generations;
mod index;
mod place;
mod points;
mod segments;
mod sift;
mod traits;
mod walk;

mod clusters;
mod collect;
mod counters;
mod expansion;
mod facets;
mod highlight;
mod histogram;
mod nearest;
mod newest;
mod page;
mod percolator;
mod pins;
mod plan;
mod priority;
mod query;
mod ranking;
mod state;
mod stored;
mod suggest;
mod task;

pub use availability::{Availability, WINDOW_NIGHTS};
pub use clusters::{CLUSTERS_MAX, Cluster, ZOOM_MAX};
pub use cursor::Cursor;
pub use facets::Facets;
pub use highlight::{Highlight, Piece};
pub use histogram::{Bucket, Histogram};
pub use index::{IndexError, IndexOptions, IndexWriterHandle, SearchIndex, Upserted, open};
pub use page::InvalidCursor;
pub use percolator::{Percolator, TakenNights};
pub use query::{Hit, LIMIT_MAX, MapPage, QueryError, SearchPage, SearchQuery, Sort, StoredCard};
pub use schema::{InvalidListing, ListingDoc, UnitDoc, VERSION};
pub use suggest::{
    AmenitySuggestion, PlaceSuggestion, SUGGESTIONS_MAX, Suggestions, TitleSuggestion,
};
pub use text::{QUERY_CHARS_MAX, QUERY_WORDS_MAX, count_words};

#[cfg(test)]
mod tests;

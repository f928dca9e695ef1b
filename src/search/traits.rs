//! What a home has to have, read from columns. Where few homes come into question that is
//! less work than walking the lists of all homes that have it.

use tantivy::DocId;
use tantivy::columnar::Column;

use super::codes::{self, AMENITY_WORDS};
use super::columns::{Columns, first};
use crate::domain::criteria::Criteria;

/// What is asked of a home besides its place, its words, and what is chosen by
/// [`super::choices::Choices`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traits {
    /// All of these, as [`codes::amenity_bits`] has them.
    amenities: [u64; AMENITY_WORDS],
    /// The currency of its price, as [`codes::of_currency`] has it.
    currency: Option<u64>,
    /// The guests that one of its units takes.
    guests: u64,
}

impl Traits {
    /// What is asked. Amenities that are not in the catalogue have no bits; see
    /// [`codes::has_bit`].
    pub(super) fn of(asked: &Criteria) -> Self {
        Self {
            amenities: codes::amenity_bits(&asked.amenities),
            currency: asked.currency.map(codes::of_currency),
            guests: asked.guests.map_or(0, u64::from),
        }
    }

    /// Whether a document has all that is asked.
    pub(super) fn are_of(&self, columns: &Columns, doc: DocId) -> bool {
        let has_all =
            |(bits, column): (&u64, &Column<u64>)| *bits == 0 || first(column, doc) & bits == *bits;
        self.amenities.iter().zip(&columns.amenities).all(has_all)
            && self.currency.is_none_or(|code| first(&columns.currency, doc) == code)
            && (self.guests == 0 || first(&columns.guests, doc) >= self.guests)
    }
}

//! What a home in an area has to have. It is known of each home there (see `rows.rs`), which is
//! less work than walking the lists of all homes that have it.

use super::codes::{self, AMENITY_WORDS};
use super::rows::Row;
use crate::domain::criteria::Criteria;

/// What is asked of a home besides its place, its words, and what is chosen by
/// [`super::choices::Choices`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traits {
    /// All of these, as [`codes::amenity_bits`] has them.
    amenities: [u64; AMENITY_WORDS],
    /// The currency of its price, as [`codes::of_currency`] has it.
    currency: Option<u32>,
    /// The guests that one of its units takes.
    guests: u32,
}

impl Traits {
    /// What is asked. Amenities that are not in the catalogue have no bits; see
    /// [`codes::has_bit`].
    pub(super) fn of(asked: &Criteria) -> Self {
        Self {
            amenities: codes::amenity_bits(&asked.amenities),
            currency: asked.currency.map(codes::of_currency),
            guests: asked.guests.unwrap_or_default(),
        }
    }

    /// Whether a home has all that is asked.
    pub(super) fn are_of(&self, home: &Row) -> bool {
        self.amenities.iter().zip(home.amenities).all(|(asked, has)| has & asked == *asked)
            && self.currency.is_none_or(|currency| home.currency == currency)
            && home.guests >= self.guests
    }
}

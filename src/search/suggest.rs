//! What somebody who is typing may go on to: places, homes and amenities.

use super::index::SearchIndex;
use crate::domain::amenity::Amenity;

/// The most suggestions of a kind.
pub const SUGGESTIONS_MAX: usize = 20;

/// What a text may become; those with most listings first in each.
///
/// They are of the vocabulary, so some seconds behind what is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// Cities.
    pub places: Vec<PlaceSuggestion>,
    /// Titles of homes.
    pub titles: Vec<TitleSuggestion>,
    /// Amenities by any of their names.
    pub amenities: Vec<AmenitySuggestion>,
}

/// A city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceSuggestion {
    /// As people write it.
    pub city: String,
    /// ISO 3166-1 alpha-2 code, in capitals.
    pub country: String,
    /// Listings there.
    pub count: u64,
}

/// A title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleSuggestion {
    /// The title.
    pub title: String,
    /// Listings with it.
    pub count: u64,
}

/// An amenity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmenitySuggestion {
    /// Its entry in the catalogue.
    pub amenity: &'static Amenity,
    /// Listings that have it.
    pub count: u64,
}

impl SearchIndex {
    /// Completes a text, up to `limit` of each kind, and not more than [`SUGGESTIONS_MAX`].
    /// From memory only; a text without letters and digits has no completion.
    #[must_use]
    pub fn suggest(&self, text: &str, limit: usize) -> Suggestions {
        self.lexicon.renew_when_due(&self.reader.searcher(), &self.fields);
        let limit = limit.clamp(1, SUGGESTIONS_MAX);
        let vocabulary = self.lexicon.vocabulary();
        let places = vocabulary.places.of(text, limit).into_iter().filter_map(|found| {
            let (city, country) = found.name.rsplit_once(", ")?;
            let (city, country) = (city.to_owned(), country.to_owned());
            Some(PlaceSuggestion { city, country, count: found.count })
        });
        let titles = vocabulary.titles.of(text, limit).into_iter();
        let titles = titles.map(|found| TitleSuggestion { title: found.name, count: found.count });
        let amenities = vocabulary.amenities.of(text, limit).into_iter().filter_map(|found| {
            let amenity = Amenity::of_key(&found.name)?;
            Some(AmenitySuggestion { amenity, count: found.count })
        });
        Suggestions {
            places: places.collect(),
            titles: titles.collect(),
            amenities: amenities.collect(),
        }
    }
}

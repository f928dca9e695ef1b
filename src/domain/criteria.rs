//! What somebody looks for in a home: asked once of the search, or kept as a saved search.

use serde::{Deserialize, Serialize};

use super::area::Area;
use super::calendar::Nights;
use super::listing::Kind;
use super::money::Currency;

/// What somebody looks for. Every part narrows; the default takes all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Criteria {
    /// Words that all have to occur in title, city, description, kind or amenities, in any
    /// order, in any spelling of accents and capitals, and in any of the forms that search
    /// takes for the same. Small words such as "in" and "the" do not count beside others.
    /// Anything but letters and digits separates words; a text without either asks for
    /// nothing. Only the first 200 characters and the first 16 different words count.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Where the blurred point has to lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The lowest price of a night: minor units of `currency` or, without one, hundredths
    /// of the major unit of whatever currency the listing has. Nothing is converted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_min: Option<u64>,
    /// The highest price, in the same unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_max: Option<u64>,
    /// Only listings that are priced in this currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Bedrooms at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bedrooms: Option<u32>,
    /// Beds at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beds: Option<u32>,
    /// Bathrooms at least, counted in halves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_bathrooms: Option<u32>,
    /// Any of these kinds; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// All of these amenities, keys of [`super::amenity::CATALOGUE`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amenities: Vec<String>,
    /// Nights that all have to be free, and that the stay rules allow. A stay that leaves the
    /// next [`super::calendar::NIGHTS_MAX`] nights finds nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nights: Option<Nights>,
    /// Guests that a unit has to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<u32>,
}

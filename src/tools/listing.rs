//! A listing from outside, read and cleaned, before any rule of the house has seen it.

use uuid::Uuid;

use crate::domain::ids::{self, PropertyId};
use crate::domain::money::Currency;

/// The longest title that a listing may have, in characters.
pub const TITLE_MAX: usize = 120;

/// The shortest title that a listing may have, in characters.
pub const TITLE_MIN: usize = 3;

/// The longest description, in characters.
pub const DESCRIPTION_MAX: usize = 5000;

/// The longest name of an amenity, in characters.
pub const AMENITY_MAX: usize = 60;

/// The most amenities that a listing may name.
pub const AMENITIES_MAX: usize = 100;

/// The separator between source and id in what the property's id is derived from; it
/// cannot occur in either.
const SEPARATOR: &str = "\u{1f}";

/// What is let.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A bed in a room shared with strangers.
    Bed,
    /// A room of one's own in a home shared with others.
    Room,
    /// A whole flat.
    Flat,
    /// A whole house.
    House,
}

/// Where a home is, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Street and number; sources that blur the point leave it out.
    pub line: Option<String>,
    /// The city, never empty.
    pub city: String,
    /// The district or region within or around it.
    pub region: Option<String>,
    /// The country by its ISO 3166-1 alpha-2 code, in capitals.
    pub country: String,
}

/// Where a home is on the globe (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Degrees north, -90 to 90.
    pub lat: f64,
    /// Degrees east, -180 to 180.
    pub lon: f64,
}

/// The rooms that a guest gets, and how many such units there are.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitFields {
    /// The unit's name, such as `Whole flat`.
    pub name: String,
    /// How many interchangeable units there are, at least 1.
    pub count: u16,
    /// Bedrooms; 0 in a studio.
    pub bedrooms: u16,
    /// Beds.
    pub beds: u16,
    /// Bathrooms, in halves.
    pub bathrooms: f32,
    /// The most guests, at least 1.
    pub guests: u16,
}

/// What a landlord says of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ListingFields {
    /// What is let.
    pub kind: Kind,
    /// [`TITLE_MIN`] to [`TITLE_MAX`] characters on one line.
    pub title: String,
    /// Plain text of at most [`DESCRIPTION_MAX`] characters.
    pub description: String,
    /// Where it is, in words.
    pub address: Address,
    /// Where it is, as a point.
    pub location: Location,
    /// The IANA zone that its nights are counted in.
    pub zone: String,
    /// At most [`AMENITIES_MAX`] distinct names of at most [`AMENITY_MAX`] characters.
    pub amenities: Vec<String>,
    /// Its rooms.
    pub unit: UnitFields,
    /// The currency of all its prices.
    pub currency: Currency,
    /// The price of a night in minor units; a listing without one cannot go live.
    pub price_minor: Option<i64>,
}

/// The lengths of stay that a source allows, in nights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StayLimits {
    /// The shortest stay, at least 1.
    pub min: u32,
    /// The longest stay; none when the source gives no useful bound.
    pub max: Option<u32>,
}

/// The state that a listing should be brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Kept by its owner, for instance because it has no price yet.
    Draft,
    /// Submitted for publication.
    Live,
}

/// A listing, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ListingDraft {
    /// The source by its fixed name, such as `inside-airbnb`.
    pub source: &'static str,
    /// The listing's id at the source, as text: numbers there pass 2^53.
    pub external_id: String,
    /// What it says.
    pub fields: ListingFields,
    /// The source's limits on a stay. Properties have none yet, so nothing keeps them.
    pub stay: Option<StayLimits>,
    /// The state to bring it to.
    pub wanted: Wanted,
}

impl ListingDraft {
    /// The id of the property that this listing becomes: the same for the same source and
    /// external id, so that a second import finds what the first one made.
    #[must_use]
    pub fn property_id(&self) -> PropertyId {
        property_id(self.source, &self.external_id)
    }
}

/// The property's id for a listing of a source; see [`ListingDraft::property_id`].
#[must_use]
pub fn property_id(source: &str, external_id: &str) -> PropertyId {
    let label = format!("listing{SEPARATOR}{source}{SEPARATOR}{external_id}");
    ids::derived(Uuid::nil(), &label).into()
}

/// `text` cut to at most `max` characters, at the end of a word where that costs less than
/// a third, with an ellipsis in place of the rest.
#[must_use]
pub fn shortened(text: &str, max: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(max) else { return text.to_owned() };
    let head = text.get(..cut).unwrap_or_default();
    let last = head.char_indices().next_back().map_or(0, |(at, _)| at);
    let room = head.get(..last).unwrap_or_default();
    let word = room.rfind(char::is_whitespace).filter(|at| *at >= room.len() * 2 / 3);
    let kept = word.and_then(|at| room.get(..at)).unwrap_or(room);
    format!("{}…", kept.trim_end())
}

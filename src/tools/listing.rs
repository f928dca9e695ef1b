//! A listing from outside, read and cleaned, before any rule of the house has seen it.

use crate::domain::calendar::NIGHTS_MAX;
use crate::domain::ids::PropertyId;
use crate::domain::policies::{MIN_NIGHTS_MAX, Policies};
use crate::domain::pricing::Pricing;
use crate::domain::property::{ListingFields, Source, UnitFields};

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
    /// Its one unit type.
    pub unit: UnitFields,
    /// The source's limits on a stay.
    pub stay: Option<StayLimits>,
    /// What is set about prices besides those of the fields.
    pub pricing: Pricing,
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

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> Source {
        Source { name: self.source.to_owned(), external_id: self.external_id.clone() }
    }

    /// The house rules that follow from the source's limits, brought into those of the house.
    #[must_use]
    pub fn policies(&self) -> Policies {
        let Some(limits) = self.stay else { return Policies::default() };
        let fitted = |nights: u32, most: u16| u16::try_from(nights).unwrap_or(most).min(most);
        let min_nights = fitted(limits.min, MIN_NIGHTS_MAX).max(1);
        let longest = u16::try_from(NIGHTS_MAX).unwrap_or(u16::MAX);
        let max_nights = limits.max.map(|most| fitted(most, longest).max(min_nights));
        Policies { min_nights, max_nights, ..Policies::default() }
    }
}

/// The property's id for a listing of a source; see [`ListingDraft::property_id`].
#[must_use]
pub fn property_id(source: &str, external_id: &str) -> PropertyId {
    Source { name: source.to_owned(), external_id: external_id.to_owned() }.property_id()
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

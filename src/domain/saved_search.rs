//! Saved searches: somebody keeps what they look for, and hears of homes that come to match.

use serde::{Deserialize, Serialize};

use super::area::Area;
use super::criteria::Criteria;
use super::ids::{PropertyId, SavedSearchId, UserId};
use super::refusal::{FieldError, Refusal};

/// Searches that somebody may keep at a time.
pub const SEARCHES_MAX: i64 = 50;

/// The longest name, in characters.
pub const NAME_MAX: usize = 80;

/// Amenities that a saved search may ask for.
pub const AMENITIES_MAX: usize = 32;

/// The longest text that is kept, in characters: what a search reads of it.
pub const TEXT_MAX: usize = 200;

/// Homes that matched already when a search was saved, the newest of them: these are no
/// news. Of a wider search the older ones may be told as new when they are changed.
pub const KNOWN_MAX: usize = 500;

/// Matches of one search that are told at once on one day (UTC); what comes beyond waits
/// for the next digest.
pub const INSTANT_PER_SEARCH: i64 = 10;

/// Matches of all searches of one person that are told at once on one day (UTC).
pub const INSTANT_PER_PERSON: i64 = 30;

/// How somebody hears of matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// Of each at once.
    Instant,
    /// Of all together, once a day.
    #[default]
    Daily,
    /// Not at all: they are counted and listed.
    Off,
}

impl Alert {
    /// The name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Daily => "daily",
            Self::Off => "off",
        }
    }
}

/// What somebody says of a search that is to be kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wish {
    /// What it is called: 1 to [`NAME_MAX`] characters.
    pub name: String,
    /// What is looked for.
    pub criteria: Criteria,
    /// How matches are told.
    pub alert: Alert,
}

impl Wish {
    /// Checks the limits of each field.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every field that is wrong.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut errors = Vec::new();
        let mut wrong = |pointer, detail: &str| {
            errors.push(FieldError::new(pointer, "invalid", detail));
        };
        let name = self.name.trim();
        if name != self.name || name.is_empty() || name.chars().count() > NAME_MAX {
            wrong("/name", "1 to 80 characters, without spaces around");
        }
        if name.chars().any(char::is_control) {
            wrong("/name", "one line of plain text");
        }
        let Criteria { text, price_min, price_max, .. } = &self.criteria;
        if text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
            wrong("/criteria/q", "up to 200 characters of plain text");
        }
        if price_min.zip(*price_max).is_some_and(|(min, max)| min > max) {
            wrong("/criteria/price_max", "not below price_min");
        }
        if self.criteria.amenities.len() > AMENITIES_MAX {
            wrong("/criteria/amenities", "up to 32");
        }
        if !narrows(&self.criteria) {
            wrong("/criteria", "at least one thing that not every home has");
        }
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
    }
}

/// Whether criteria say anything at all: who waits for just any home would be told of all.
fn narrows(criteria: &Criteria) -> bool {
    let Criteria { text, area, price_min, price_max, currency, nights, .. } = criteria;
    text.chars().any(char::is_alphanumeric)
        || area.as_ref().is_some_and(|area| !is_whole_globe(area))
        || price_min.is_some_and(|min| min > 0)
        || price_max.is_some()
        || currency.is_some()
        || nights.is_some()
        || !criteria.kinds.is_empty()
        || !criteria.amenities.is_empty()
        || [criteria.bedrooms, criteria.beds, criteria.half_bathrooms, criteria.guests]
            .iter()
            .any(|least| least.is_some_and(|least| least > 0))
}

fn is_whole_globe(area: &Area) -> bool {
    let bounds = area.bounds();
    bounds.west() <= -180.0
        && bounds.east() >= 180.0
        && bounds.south() <= -90.0
        && bounds.north() >= 90.0
}

/// A match that is new, of a search that tells at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fresh {
    /// The search.
    pub search: SavedSearchId,
    /// Whose it is.
    pub user: UserId,
    /// The home.
    pub property: PropertyId,
}

/// What was told at once today: in all of a search, and of a person.
pub trait ToldToday {
    /// Matches of the search.
    fn of_search(&self, search: SavedSearchId) -> i64;
    /// Matches of all searches of the person.
    fn of_person(&self, user: UserId) -> i64;
}

/// Which of new matches are told at once, in their order: one home to one person once,
/// whatever number of their searches it matches, and no more than the limits of a day. The
/// others wait for the digest.
#[must_use]
pub fn told_at_once(fresh: &[Fresh], today: &impl ToldToday) -> Vec<Fresh> {
    let mut told: Vec<Fresh> = Vec::new();
    for new in fresh {
        let more = |counts: &dyn Fn(&Fresh) -> bool| {
            i64::try_from(told.iter().filter(|told| counts(told)).count()).unwrap_or(i64::MAX)
        };
        let of_search = more(&|told| told.search == new.search) + today.of_search(new.search);
        let of_person = more(&|told| told.user == new.user) + today.of_person(new.user);
        let twice = told.iter().any(|told| (told.user, told.property) == (new.user, new.property));
        if of_search < INSTANT_PER_SEARCH && of_person < INSTANT_PER_PERSON && !twice {
            told.push(*new);
        }
    }
    told
}

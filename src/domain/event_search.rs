//! What events of saved searches and favourites say.

use serde::{Deserialize, Serialize};

use super::calendar::Nights;
use super::ids::{PropertyId, SavedSearchId, UserId};
use super::money::Money;

/// Which saved search an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchFacts {
    /// The search.
    pub search_id: SavedSearchId,
    /// Whose it is.
    pub user_id: UserId,
}

/// A home that has come to match a saved search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchMatch {
    /// The search.
    pub search_id: SavedSearchId,
    /// Whose it is.
    pub user_id: UserId,
    /// The home.
    pub property_id: PropertyId,
    /// What the search is called.
    pub name: String,
    /// Whether it is told at once.
    pub told: bool,
}

/// Homes that have come to match a saved search, told together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchDigest {
    /// The search.
    pub search_id: SavedSearchId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the search is called.
    pub name: String,
    /// How many homes.
    pub count: u32,
    /// The one that matched last.
    pub property_id: PropertyId,
}

/// A favourite that has become cheaper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceDrop {
    /// Whose favourite it is.
    pub user_id: UserId,
    /// The home.
    pub property_id: PropertyId,
    /// What it cost, as far as they were told.
    pub old: Money,
    /// What it costs now.
    pub new: Money,
}

/// Nights of a favourite that can be had again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NightsFreed {
    /// Whose favourite it is.
    pub user_id: UserId,
    /// The home.
    pub property_id: PropertyId,
    /// The nights.
    pub nights: Nights,
}

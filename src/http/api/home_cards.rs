//! Homes as results show them, for lists that are no searches.

use std::collections::HashMap;

use super::search::{self, Card};
use crate::actors::consumers::cards;
use crate::domain::calendar::Nights;
use crate::domain::ids::PropertyId;
use crate::domain::property::Listing;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::search::Hit;

/// The cards of listings as they are now, with what the nights cost together; those that
/// cannot be found have none.
///
/// # Errors
/// An internal problem when a card cannot be read.
pub(super) async fn cards(
    state: &Shared,
    listings: &[Listing],
    nights: Option<Nights>,
) -> Result<HashMap<PropertyId, Card>, Problem> {
    let hit = |listing: &Listing| {
        Some(Hit { id: listing.id, card: cards::card(listing)?, distance_m: None, highlight: None })
    };
    let hits: Vec<Hit> = listings.iter().filter_map(hit).collect();
    let covers = search::covers(state, &hits).await;
    let card = |hit: Hit| Ok((hit.id, search::card(hit, nights, &covers)?));
    hits.into_iter().map(card).collect()
}

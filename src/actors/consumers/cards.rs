//! Homes as results show them, made from their rows: for lists that are not searches.

use super::search_document::document;
use crate::domain::property::Listing;
use crate::search::StoredCard;

/// What a result shows of a listing; none when it is not to be found.
#[must_use]
pub fn card(listing: &Listing) -> Option<StoredCard> {
    Some(StoredCard::of(&document(listing)?.card))
}

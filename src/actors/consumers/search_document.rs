//! What of a listing is searched, and what a result shows of it.

use serde_json::{Value, json};

use crate::domain::property::{Listing, Status};
use crate::search::ListingDoc;

/// Amenities that a card shows.
const CARD_AMENITIES: usize = 6;

/// The document of a listing; none when it is not to be found.
pub(in crate::actors) fn document(listing: &Listing) -> Option<ListingDoc> {
    let price = listing.price().filter(|_| listing.status == Status::Live)?;
    let fields = &listing.fields;
    // Whoever could search by the exact point could find it by asking.
    let blurred = fields.location.blurred();
    Some(ListingDoc {
        id: listing.id,
        title: fields.title.clone(),
        description: fields.description.clone(),
        city: fields.address.city.clone(),
        country: fields.address.country.clone(),
        kind: fields.kind.name().to_owned(),
        price,
        bedrooms: u32::from(fields.unit.bedrooms),
        beds: u32::from(fields.unit.beds),
        half_bathrooms: (fields.unit.bathrooms * 2.0).round() as u32,
        guests: u32::from(fields.unit.guests),
        lat: blurred.lat,
        lon: blurred.lon,
        created: listing.created_at,
        amenities: fields.amenities.clone(),
        card: card(listing),
    })
}

/// A listing as a result shows it.
fn card(listing: &Listing) -> Value {
    let fields = &listing.fields;
    json!({
        "id": listing.id,
        "title": fields.title,
        "kind": fields.kind,
        "city": fields.address.city,
        "country": fields.address.country,
        "location": fields.location.blurred(),
        "price_per_night": listing.price(),
        "bedrooms": fields.unit.bedrooms,
        "beds": fields.unit.beds,
        "bathrooms": fields.unit.bathrooms,
        "guests": fields.unit.guests,
        "amenities": fields.amenities.iter().take(CARD_AMENITIES).collect::<Vec<_>>(),
    })
}

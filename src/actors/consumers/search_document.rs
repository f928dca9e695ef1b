//! What of a listing is searched, and what a result shows of it.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::domain::amenity;
use crate::domain::calendar::{self, NIGHTS_MAX};
use crate::domain::money::Money;
use crate::domain::property::{Listing, Status, Unit};
use crate::search::{ListingDoc, UnitDoc};

/// Amenities that a card shows.
const CARD_AMENITIES: usize = 6;

/// Days in a month, for the price that a home stands in the order of prices by when it is
/// let by the month alone.
const MONTH_DAYS: i64 = 30;

/// The document of a listing; none when it is not to be found.
pub(in crate::actors) fn document(listing: &Listing) -> Option<ListingDoc> {
    let shown = shown(listing).filter(|_| listing.status == Status::Live)?;
    let price = listing.night_from().or_else(|| {
        let month = listing.month_from()?;
        Some(Money { amount: (month.amount + MONTH_DAYS / 2) / MONTH_DAYS, ..month })
    })?;
    let fields = &listing.fields;
    // Whoever could search by the exact point could find it by asking.
    let blurred = fields.location.blurred();
    let by_night = |unit: &&Unit| fields.stay_mode.by_night() && unit.fields.night_minor.is_some();
    let unit = |unit: &Unit| UnitDoc { id: unit.id, guests: u32::from(unit.fields.guests) };
    Some(ListingDoc {
        id: listing.id,
        title: fields.title.clone(),
        description: fields.description.clone(),
        city: fields.address.city.clone(),
        country: fields.address.country.clone(),
        kind: fields.kind.name().to_owned(),
        price,
        bedrooms: u32::from(shown.fields.bedrooms),
        beds: u32::from(shown.fields.beds),
        half_bathrooms: (shown.fields.bathrooms * 2.0).round() as u32,
        guests: u32::from(most_guests(listing)),
        units: listing.units.iter().filter(by_night).map(unit).collect(),
        min_nights: u32::from(listing.policies.min_nights),
        max_nights: listing.policies.max_nights.map_or(NIGHTS_MAX, u32::from),
        stay_rules: listing.stay_rules.clone(),
        utc_offset_minutes: utc_offset_minutes(listing),
        lat: blurred.lat,
        lon: blurred.lon,
        created: listing.created_at,
        amenities: amenity::mapped(&fields.amenities),
        card: card(listing, shown),
    })
}

/// How far the clocks at a home are ahead of UTC, summer time or not: as they were when it
/// was made, so that a document is the same whenever it is written.
fn utc_offset_minutes(listing: &Listing) -> i16 {
    let zone = calendar::zone(&listing.fields.zone).unwrap_or(TimeZone::UTC);
    let seconds = zone.to_offset(listing.created_at).seconds();
    i16::try_from(seconds / 60).unwrap_or_default()
}

/// The unit type that a card shows: the cheapest.
fn shown(listing: &Listing) -> Option<&Unit> {
    let by_night = listing.fields.stay_mode.by_night();
    listing.units.iter().min_by_key(|unit| {
        let price = if by_night { unit.fields.night_minor } else { unit.fields.month_minor };
        price.unwrap_or(i64::MAX)
    })
}

fn most_guests(listing: &Listing) -> u16 {
    listing.units.iter().map(|unit| unit.fields.guests).max().unwrap_or_default()
}

/// A listing as a result shows it.
fn card(listing: &Listing, shown: &Unit) -> Value {
    let fields = &listing.fields;
    let amenities = amenity::mapped(&fields.amenities);
    json!({
        "id": listing.id,
        "version": listing.version,
        "title": fields.title,
        "kind": fields.kind,
        "city": fields.address.city,
        "country": fields.address.country,
        "location": fields.location.blurred(),
        "stay_mode": fields.stay_mode,
        "price_per_night": listing.night_from(),
        "price_per_month": listing.month_from(),
        "unit_types": listing.units.len(),
        "bedrooms": shown.fields.bedrooms,
        "beds": shown.fields.beds,
        "bathrooms": shown.fields.bathrooms,
        "guests": most_guests(listing),
        "amenities": amenities.iter().take(CARD_AMENITIES).collect::<Vec<_>>(),
    })
}

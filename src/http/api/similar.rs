//! Homes like another one.

use axum::Extension;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::properties::visible;
use super::search::{self, Card};
use crate::domain::amenity;
use crate::domain::area::{Area, Circle};
use crate::domain::criteria::Criteria;
use crate::domain::favourite;
use crate::domain::ids::PropertyId;
use crate::domain::likeness::{self, Traits};
use crate::domain::money::Money;
use crate::domain::property::{Kind, Listing, Location};
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::search::{Hit, LIMIT_MAX, SearchQuery, Sort};

/// How far around it is looked, in metres: further when there are too few.
const RADII_M: [f64; 2] = [15_000.0, 100_000.0];

/// The most homes that are shown.
const SHOWN_MAX: u32 = 20;

/// Homes that are shown when nobody says how many.
const SHOWN: u32 = 6;

/// Homes of the nearer places that are weighed; a page of a search.
const WEIGHED: usize = LIMIT_MAX;

/// Amenities that cards have, and so those that are compared.
const CARD_AMENITIES: usize = 6;

/// How many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SimilarQuery {
    /// Homes, 1 to 20; 6 when it is left out.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(minimum = 1, maximum = 20)]
    count: Option<u32>,
}

/// Homes like another one.
#[derive(Serialize, ToSchema)]
pub struct SimilarHomes {
    /// The most alike first.
    data: Vec<Card>,
}

/// Find homes like one: of its kind and currency, near it, at about its price; the most alike
/// first, by place, price, bedrooms and what both have.
#[utoipa::path(get, path = "/api/v1/properties/{id}/similar", tag = "search",
    params(("id" = String, Path), SimilarQuery),
    responses((status = 200, body = SimilarHomes)))]
pub async fn similar(
    State(state): State<Shared>,
    viewer: Option<Extension<Principal>>,
    Id(id): Id<PropertyId>,
    Query(query): Query<SimilarQuery>,
) -> Result<Json<SimilarHomes>, Problem> {
    let count = query.count.unwrap_or(SHOWN);
    if !(1..=SHOWN_MAX).contains(&count) {
        return Err(Problem::invalid("/count", "invalid", "1 to 20"));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let (listing, _) = visible(&state, id, viewer.as_deref()).await?;
    let mut hits = Vec::new();
    for radius in RADII_M {
        let found = state.search.search(around(&listing, radius)).await?;
        hits = found.hits;
        hits.retain(|hit| hit.id != id);
        if hits.len() >= count {
            break;
        }
    }
    let own = traits(&listing);
    let mut weighed: Vec<(f64, Hit)> = hits
        .into_iter()
        .filter_map(|hit| Some((likeness::unlikeness(&own, &traits_of(&hit)?), hit)))
        .collect();
    weighed.sort_by(|(a, one), (b, other)| a.total_cmp(b).then(one.id.cmp(&other.id)));
    let alike: Vec<Hit> = weighed.into_iter().take(count).map(|(_, hit)| hit).collect();
    let covers = search::covers(&state, &alike).await;
    let data = alike.into_iter().map(|hit| search::card(hit, None, &covers));
    Ok(Json(SimilarHomes { data: data.collect::<Result<_, _>>()? }))
}

/// The search for homes of the same kind around one, for half to twice its price.
fn around(listing: &Listing, radius_m: f64) -> SearchQuery {
    let circle = Circle::new(listing.fields.location.blurred(), radius_m).ok();
    // Where months are let alone, prices of nights say little.
    let night = listing.night_from().and_then(|price| u64::try_from(price.amount).ok());
    let criteria = Criteria {
        area: circle.map(Area::Circle),
        currency: Some(listing.fields.currency),
        price_min: night.map(|night| night / 2),
        price_max: night.map(|night| night.saturating_mul(2)),
        kinds: vec![listing.fields.kind],
        ..Criteria::default()
    };
    SearchQuery { sort: Sort::Newest, limit: WEIGHED, ..criteria.into() }
}

/// What a home is compared by.
fn traits(listing: &Listing) -> Traits {
    let bedrooms = listing.units.iter().map(|unit| unit.fields.bedrooms).min();
    let mut amenities = amenity::mapped(&listing.fields.amenities);
    amenities.truncate(CARD_AMENITIES);
    Traits {
        kind: listing.fields.kind,
        at: listing.fields.location.blurred(),
        price: favourite::price(listing),
        bedrooms: bedrooms.unwrap_or_default().into(),
        amenities,
    }
}

/// The traits that a card tells.
#[derive(Deserialize)]
struct CardTraits {
    kind: Kind,
    location: Location,
    price_per_night: Option<Money>,
    price_per_month: Option<Money>,
    bedrooms: u32,
    amenities: Vec<String>,
}

fn traits_of(hit: &Hit) -> Option<Traits> {
    let card: CardTraits = hit.card.read().ok()?;
    Some(Traits {
        kind: card.kind,
        at: card.location,
        price: card.price_per_night.or(card.price_per_month),
        bedrooms: card.bedrooms,
        amenities: card.amenities,
    })
}

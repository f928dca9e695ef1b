//! What there is to choose from in a search: beside each choice, how many results it would
//! give.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::search::milliseconds;
use super::search_forms::FacetParams;
use crate::domain::money::Currency;
use crate::http::extract::{Json, Query};
use crate::http::positions;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::search::{self, SearchQuery};

/// What there is to choose from. Each number says how many results choosing that would give,
/// with all else that is asked for; so choosing one kind does not zero the others.
#[derive(Serialize, ToSchema)]
pub struct Facets {
    /// Homes of each kind, whatever kinds are chosen: several may be.
    kind: BTreeMap<&'static str, u64>,
    /// Results that have the amenity, by its key: all that are chosen have to be there, so
    /// each number is of those with one more.
    #[schema(value_type = BTreeMap<String, u64>)]
    amenities: BTreeMap<&'static str, u64>,
    /// Homes with at least so many bedrooms, whatever number is chosen; up to 20.
    bedrooms: BTreeMap<String, u64>,
    /// Homes with at least so many beds, whatever number is chosen; up to 20.
    beds: BTreeMap<String, u64>,
    /// Homes with at least so many bathrooms, in halves, whatever number is chosen; up to 10.
    bathrooms: BTreeMap<String, u64>,
    /// Homes by their price, whatever prices are chosen.
    price: PriceFacet,
}

/// Homes by their price.
#[derive(Serialize, ToSchema)]
pub struct PriceFacet {
    /// The currency asked for, whose minor units the amounts are. Without one they are
    /// hundredths of the major unit, like `price_min` and `price_max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    currency: Option<Currency>,
    /// Ranges side by side, the lowest first.
    buckets: Vec<PriceBucket>,
}

/// How many homes have a price in a range.
#[derive(Serialize, ToSchema)]
pub struct PriceBucket {
    /// The lowest price in it.
    from_minor: u64,
    /// The first price beyond it; absent in the last one if it holds all that is dearer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    to_minor: Option<u64>,
    /// How many homes.
    count: u64,
}

/// What there is to choose from.
#[derive(Serialize, ToSchema)]
pub struct FacetsAnswer {
    /// How many results each choice would give.
    facets: Facets,
    /// How many homes match what is chosen.
    total: u64,
    /// Whether time ran out: there may be more of everything.
    timed_out: bool,
    /// How long the search took, in milliseconds.
    took_ms: f64,
}

/// What there is to choose from, without results.
#[utoipa::path(get, path = "/api/v1/search/facets", tag = "search",
    params(FacetParams), responses((status = 200, body = FacetsAnswer)))]
pub async fn facets(
    State(state): State<Shared>,
    Query(mut params): Query<FacetParams>,
) -> Result<Json<FacetsAnswer>, Problem> {
    let query = SearchQuery { facets: true, limit: 1, ..params.wanted().query(&state)? };
    positions::known(&state, params.min_position.as_deref()).await?;
    let found = state.search.search(query).await?;
    let counted = found.facets.ok_or_else(|| Problem::internal(&"facets were not counted"))?;
    Ok(Json(FacetsAnswer {
        facets: counted.into(),
        total: found.total,
        timed_out: found.timed_out,
        took_ms: milliseconds(found.took),
    }))
}

impl From<search::Facets> for Facets {
    fn from(facets: search::Facets) -> Self {
        let steps = |counts: Vec<u64>, name: fn(usize) -> String| {
            (1..).zip(counts).map(|(least, count)| (name(least), count)).collect()
        };
        let whole = |least: usize| least.to_string();
        // Halves: 0.5, 1, 1.5.
        let half = |least: usize| format!("{}", least as f64 / 2.0);
        let bucket = |bucket: search::Bucket| PriceBucket {
            from_minor: bucket.from,
            to_minor: bucket.to,
            count: bucket.count,
        };
        Self {
            kind: facets.kinds.into_iter().map(|(kind, count)| (kind.name(), count)).collect(),
            amenities: facets.amenities.into_iter().collect(),
            bedrooms: steps(facets.bedrooms, whole),
            beds: steps(facets.beds, whole),
            bathrooms: steps(facets.half_bathrooms, half),
            price: PriceFacet {
                currency: facets.price.currency,
                buckets: facets.price.buckets.into_iter().map(bucket).collect(),
            },
        }
    }
}

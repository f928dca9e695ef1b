//! A search as a map shows it: homes that would lie on top of each other as one.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::property_forms::Location;
use super::schema::MoneyForm;
use super::search::{Card, card, milliseconds};
use super::search_forms::MapParams;
use crate::domain::money::Money;
use crate::http::extract::{Json, Query};
use crate::http::positions;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::search;

/// Homes that a map shows as one.
#[derive(Serialize, ToSchema)]
pub struct Cluster {
    /// How many they are.
    count: u64,
    /// The middle of their blurred points.
    centre: Location,
    /// The lowest price of a night among them, by the bare number where currencies differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    cheapest: Option<Money>,
    /// The home, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    home: Option<Card>,
}

/// What a map shows.
#[derive(Serialize, ToSchema)]
pub struct MapAnswer {
    /// At most 256 clusters, the fullest first; every home that matches is in one of them.
    clusters: Vec<Cluster>,
    /// How many homes match.
    total: u64,
    /// Whether time ran out: there may be more.
    timed_out: bool,
    /// How long the search took, in milliseconds.
    took_ms: f64,
}

/// Find homes for a map.
#[utoipa::path(get, path = "/api/v1/search/map", tag = "search",
    params(MapParams), responses((status = 200, body = MapAnswer)))]
pub async fn map(
    State(state): State<Shared>,
    Query(mut params): Query<MapParams>,
) -> Result<Json<MapAnswer>, Problem> {
    let query = params.wanted().query(&state)?;
    let nights = query.criteria.nights;
    positions::known(&state, params.min_position.as_deref()).await?;
    let found = state.search.map(query, params.zoom).await?;
    let cluster = |cluster: search::Cluster| -> Result<Cluster, Problem> {
        let home = cluster.only.map(|hit| card(hit, nights, &[])).transpose()?;
        let centre = Location { lat: cluster.centre.lat, lon: cluster.centre.lon };
        Ok(Cluster { count: cluster.count, centre, cheapest: cluster.cheapest, home })
    };
    Ok(Json(MapAnswer {
        clusters: found.clusters.into_iter().map(cluster).collect::<Result<_, _>>()?,
        total: found.total,
        timed_out: found.timed_out,
        took_ms: milliseconds(found.took),
    }))
}

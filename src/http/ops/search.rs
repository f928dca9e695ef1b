//! The search index of the node that is asked: how it does, and having it built anew.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actors::consumers::search_index::{Ordered, Standing};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::events;

/// How the index of the node that is asked does. Every node has its own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchIndex)]
pub struct SearchView {
    /// What is searched; none until it has been filled.
    #[schema(required = true)]
    served: Option<ServedView>,
    /// What is being built to take its place.
    #[schema(required = true)]
    building: Option<BuildingView>,
    /// Events that searches do not know of yet, as far as this node has heard of them.
    lag_events: u64,
    /// How long one of them has been waiting at least, in seconds.
    lag_seconds: f64,
    /// The streams in which searches are behind.
    streams: Vec<BehindView>,
}

/// A generation that is searched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchGeneration)]
pub struct ServedView {
    /// Its number: it grows with each that is built.
    generation: u64,
    /// Listings that can be found.
    listings: u64,
    /// Documents that are deleted and still take room.
    deleted: u64,
    /// Segments that a search looks into.
    segments: usize,
    /// What it takes on the disk.
    bytes: u64,
}

/// A generation that is being built.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchBuilding)]
pub struct BuildingView {
    /// Its number.
    generation: u64,
    /// Why: `ordered`, `lost` (files are gone), `version` (of another program), `late` (the
    /// log does not go back so far) or `empty`.
    why: &'static str,
    /// When that began.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Listings that are in it so far.
    listings: u64,
    /// Listings in the one that is searched meanwhile; 0 without one.
    expected: u64,
}

/// A stream in which searches are behind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchStream)]
pub struct BehindView {
    /// The stream.
    stream: u16,
    /// The last event that searches know of.
    seen: u64,
    /// The last event that this node has heard of.
    head: u64,
}

/// What has come of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchOrder)]
pub struct OrderView {
    /// Whether it has begun with this order; else a generation was being built already.
    begun: bool,
    /// How the index does now.
    #[serde(flatten)]
    search: SearchView,
}

impl From<Standing> for SearchView {
    fn from(standing: Standing) -> Self {
        let lag_events = standing.behind.iter().map(|(_, seen, head)| head - seen).sum();
        let behind = standing.behind.into_iter();
        Self {
            served: standing.served.map(|served| ServedView {
                generation: served.generation,
                listings: served.listings,
                deleted: served.deleted,
                segments: served.segments,
                bytes: served.bytes,
            }),
            building: standing.building.map(|building| BuildingView {
                generation: building.generation,
                why: building.why.name(),
                since: building.since,
                listings: building.listings(),
                expected: building.expected,
            }),
            lag_events,
            lag_seconds: (standing.lag.as_secs_f64() * 1e3).round() / 1e3,
            streams: behind
                .map(|(stream, seen, head)| BehindView { stream: stream.0, seen, head })
                .collect(),
        }
    }
}

/// How does the search index do?
#[utoipa::path(get, path = "/ops/v1/search", tag = "search",
    responses((status = 200, body = SearchView)))]
pub async fn read(State(state): State<Shared>) -> Json<SearchView> {
    Json(state.search.standing().await.into())
}

/// Have the search index of this node built anew. Searches go on over the present one, which
/// is fed meanwhile, until the new one knows as much. While one is being built, an order
/// changes nothing.
#[utoipa::path(post, path = "/ops/v1/search/reindex", tag = "search",
    responses((status = 202, body = OrderView)))]
pub async fn reindex(
    State(state): State<Shared>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    let ordered = state.search.reindex().await?;
    if ordered == Ordered::Begun {
        let (cause, now) = (state.clock.id(), state.clock.now());
        let mut client = state.pool.get().await?;
        let me = Uuid::from_u128(u128::from(state.region.ownership().me().0.unsigned_abs()));
        let node = (me, state.config.cluster.node_name());
        events::note_act(&mut client, "search.reindexed", node, cause, now).await?;
        state.tail.nudge();
    }
    let search = state.search.standing().await.into();
    let begun = ordered == Ordered::Begun;
    Ok((StatusCode::ACCEPTED, Json(OrderView { begun, search })))
}

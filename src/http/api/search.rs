//! Search: live homes by words, place, price, nights and guests.

use std::time::Duration;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::photo_forms::{self, Pictures};
use super::property_forms::{Kind, Location, StayMode};
use super::schema::MoneyForm;
use super::search_facets::Facets;
use super::search_forms::{Order, SearchParams};
use crate::clock;
use crate::domain::calendar::Nights;
use crate::domain::ids::PropertyId;
use crate::domain::money::Money;
use crate::http::extract::{Json, Query};
use crate::http::page::{self, Page};
use crate::http::positions;
use crate::http::problem::Problem;
use crate::http::state::{AppState, Shared};
use crate::search::{Highlight, Hit, Piece, SearchQuery, Sort};
use crate::storage::photos;
use crate::storage::sqlstate::StorageError;

/// How long results wait for their covers.
const COVERS_TIME: Duration = Duration::from_millis(250);

/// A home as a result shows it.
#[derive(Serialize, ToSchema)]
pub struct Card {
    /// Its id.
    #[schema(value_type = String)]
    id: PropertyId,
    /// What the index keeps of it.
    #[serde(flatten)]
    body: CardBody,
    /// What the nights asked for cost together, at the price of a night shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    total: Option<Money>,
    /// Its first photo, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    cover: Option<Pictures>,
    /// How far its blurred point is from `near` or from the middle of the area, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    distance_m: Option<u64>,
    /// Where the words are, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    highlight: Option<Marked>,
}

/// Texts of a home in pieces that make them up, so that nothing in them is markup.
#[derive(Serialize, ToSchema)]
pub struct Marked {
    /// The whole title.
    title: Vec<MarkedPiece>,
    /// The part of the description with most of the words, with `…` where it is cut.
    description: Vec<MarkedPiece>,
}

/// A piece of a text.
#[derive(Serialize, ToSchema)]
pub struct MarkedPiece {
    /// As it was written: plain text.
    text: String,
    /// Whether it is a word that was looked for.
    hit: bool,
}

/// What the index keeps of a home for its results.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct CardBody {
    /// What it is called.
    title: String,
    /// The kind of home.
    kind: Kind,
    /// Its city.
    city: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// The blurred point.
    location: Location,
    /// How it is let.
    #[serde(default)]
    stay_mode: StayMode,
    /// The lowest price of a night among its unit types; absent where it is let by the
    /// month alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_night: Option<Money>,
    /// The lowest price of a month, where it is let by the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_per_month: Option<Money>,
    /// How many unit types it has: with more than one, prices are the lowest ("from").
    #[serde(default = "one")]
    unit_types: u16,
    /// Bedrooms of the unit type with that price.
    bedrooms: u16,
    /// Beds of it.
    beds: u16,
    /// Bathrooms of it, in halves.
    bathrooms: f32,
    /// The most guests in a unit of any type.
    guests: u16,
    /// The first six of what it has.
    amenities: Vec<String>,
    /// Its version when the index last took it over: the ETag that the listing had then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// What guests think of it, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rating: Option<f32>,
}

const fn one() -> u16 {
    1
}

/// A page of results.
#[derive(Serialize, ToSchema)]
pub struct SearchAnswer {
    /// The results in order.
    data: Vec<Card>,
    /// Where the page ends.
    page: Page,
    /// How many homes match, on all pages together.
    total: u64,
    /// What there is to choose from, if `facets` is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    facets: Option<Facets>,
    /// Whether time ran out: there may be more than was found, and better.
    timed_out: bool,
    /// Words that are more likely meant, when one is found nowhere or little is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    did_you_mean: Option<String>,
    /// How long the search took, in milliseconds.
    took_ms: f64,
}

/// Find homes. The nights are a filter and no promise: booking decides.
#[utoipa::path(get, path = "/api/v1/search", tag = "search",
    params(SearchParams), responses((status = 200, body = SearchAnswer)))]
pub async fn search(
    State(state): State<Shared>,
    Query(mut params): Query<SearchParams>,
) -> Result<Json<SearchAnswer>, Problem> {
    let query = query(&mut params, &state)?;
    positions::known(&state, params.min_position.as_deref()).await?;
    let nights = query.criteria.nights;
    let found = state.search.search(query).await?;
    let covers = covers(&state, &found.hits).await;
    let card = |hit| card(hit, nights, &covers);
    let data = found.hits.into_iter().map(card).collect::<Result<_, _>>()?;
    let page = Page { has_more: found.next.is_some(), next: found.next };
    let facets = found.facets.map(Facets::from);
    let (timed_out, took_ms) = (found.timed_out, milliseconds(found.took));
    Ok(Json(SearchAnswer {
        data,
        page,
        total: found.total,
        facets,
        did_you_mean: found.did_you_mean,
        timed_out,
        took_ms,
    }))
}

/// Milliseconds to the hundredth.
pub(super) fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e5).round() / 100.0
}

fn query(params: &mut SearchParams, state: &AppState) -> Result<SearchQuery, Problem> {
    let limit = page::limit(params.limit, state.config.limits.page_max)?;
    let query = params.wanted().query(state)?;
    if params.sort == Order::Distance && query.centre.is_none() && query.criteria.area.is_none() {
        let detail = "distance needs one of near, bbox and polygon";
        return Err(Problem::invalid("/sort", "invalid", detail));
    }
    Ok(SearchQuery {
        facets: params.facets.unwrap_or_default(),
        sort: match params.sort {
            Order::Relevance => Sort::Relevance,
            Order::Price => Sort::Price,
            Order::PriceDesc => Sort::PriceDown,
            Order::Distance => Sort::Distance,
            Order::Newest => Sort::Newest,
        },
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        highlight: params.highlight.unwrap_or_default(),
        cursor: params.cursor.take(),
        ..query
    })
}

/// The covers of some results. Search answers without a database too, so it does not wait
/// for one: cards without pictures are better than none.
pub(super) async fn covers(state: &Shared, hits: &[Hit]) -> Vec<photos::Photo> {
    let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
    let read = async {
        let client = state.pool.get().await.map_err(StorageError::from)?;
        photos::covers(&client, &ids).await
    };
    match clock::within(COVERS_TIME, read).await {
        Ok(Ok(covers)) => covers,
        Ok(Err(error)) => {
            tracing::debug!(%error, "covers cannot be read");
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}

/// A home as results show it, with what the nights cost together.
pub(super) fn card(
    hit: Hit,
    nights: Option<Nights>,
    covers: &[photos::Photo],
) -> Result<Card, Problem> {
    let body: CardBody = hit
        .card
        .read()
        .map_err(|error| Problem::internal(&format!("card of {}: {error}", hit.id)))?;
    let total = nights
        .zip(body.price_per_night)
        .and_then(|(nights, price)| price.times(nights.count()).ok());
    let distance_m = hit.distance_m.map(|metres| metres.round() as u64);
    let (highlight, cover) = (hit.highlight.map(marked), photo_forms::cover(covers, hit.id));
    Ok(Card { id: hit.id, body, total, cover, distance_m, highlight })
}

fn marked(highlight: Highlight) -> Marked {
    let pieces = |pieces: Vec<Piece>| {
        pieces.into_iter().map(|Piece { text, hit }| MarkedPiece { text, hit }).collect()
    };
    Marked { title: pieces(highlight.title), description: pieces(highlight.description) }
}

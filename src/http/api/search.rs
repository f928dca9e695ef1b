//! Search: live homes by words, place, price, nights and guests.

use std::time::Duration;

use axum::extract::State;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::photo_forms::{self, Pictures};
use super::property_forms::{Kind, Location, StayMode};
use super::schema::MoneyForm;
use crate::clock;
use crate::domain::area::{Area, BBox};
use crate::domain::calendar::Nights;
use crate::domain::criteria::Criteria;
use crate::domain::ids::PropertyId;
use crate::domain::money::Money;
use crate::http::extract::{self, Json, Query};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::search::{
    self, Highlight, Hit, Piece, QUERY_CHARS_MAX, QUERY_WORDS_MAX, SearchQuery, Sort,
};
use crate::storage::photos;
use crate::storage::sqlstate::StorageError;

/// How long results wait for their covers.
const COVERS_TIME: Duration = Duration::from_millis(250);

/// The order of results.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The best match of the words first; without words, the newest.
    #[default]
    Relevance,
    /// The lowest price first.
    Price,
    /// The newest first.
    Newest,
}

/// What is looked for; every part narrows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words that all occur in title, city, description, kind or amenities, as they are, by
    /// their stems, by other words that mean the same or, where they occur nowhere, but for a
    /// typo or two: up to 200 characters and 16 different words.
    #[serde(default)]
    #[param(max_length = 200)]
    q: String,
    /// Whether results say where the words are.
    #[serde(default, deserialize_with = "extract::text")]
    highlight: Option<bool>,
    /// `west,south,east,north` in degrees; west may be greater than east.
    bbox: Option<String>,
    /// The lowest price of a night, in hundredths of the major unit.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(minimum = 0)]
    price_min: Option<i64>,
    /// The highest price of a night, in hundredths of the major unit.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(minimum = 0)]
    price_max: Option<i64>,
    /// The date of arrival; together with `check_out`.
    #[serde(default, deserialize_with = "extract::text")]
    check_in: Option<Date>,
    /// The date of departure.
    #[serde(default, deserialize_with = "extract::text")]
    check_out: Option<Date>,
    /// How many people come.
    #[serde(default, deserialize_with = "extract::text")]
    guests: Option<u16>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: Order,
    /// Results on the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

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
    Query(params): Query<SearchParams>,
) -> Result<Json<SearchAnswer>, Problem> {
    let query = query(params, state.config.limits.page_max)?;
    let nights = query.criteria.nights;
    let found = state.search.search(query).await?;
    let covers = covers(&state, &found.hits).await;
    let card = |hit| card(hit, nights, &covers);
    let data = found.hits.into_iter().map(card).collect::<Result<_, _>>()?;
    let page = Page { has_more: found.next.is_some(), next: found.next };
    let took_ms = (found.took.as_secs_f64() * 1e5).round() / 100.0;
    Ok(Json(SearchAnswer {
        data,
        page,
        total: found.total,
        did_you_mean: found.did_you_mean,
        took_ms,
    }))
}

fn query(params: SearchParams, page_max: u32) -> Result<SearchQuery, Problem> {
    check_text(&params.q)?;
    let limit = page::limit(params.limit, page_max)?;
    let criteria = Criteria {
        nights: nights(&params)?,
        text: params.q,
        area: params.bbox.as_deref().map(bbox).transpose()?.map(Area::Box),
        price_min: price("/price_min", params.price_min)?,
        price_max: price("/price_max", params.price_max)?,
        guests: params.guests.map(u32::from),
        ..Criteria::default()
    };
    Ok(SearchQuery {
        criteria,
        sort: match params.sort {
            Order::Relevance => Sort::Relevance,
            Order::Price => Sort::Price,
            Order::Newest => Sort::Newest,
        },
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        highlight: params.highlight.unwrap_or(false),
        cursor: params.cursor,
    })
}

/// What is over the limits would be passed over in silence.
pub(super) fn check_text(text: &str) -> Result<(), Problem> {
    if text.chars().count() > QUERY_CHARS_MAX {
        return Err(Problem::invalid("/q", "invalid", "up to 200 characters"));
    }
    if search::count_words(text) > QUERY_WORDS_MAX {
        return Err(Problem::invalid("/q", "invalid", "up to 16 different words"));
    }
    Ok(())
}

fn price(pointer: &str, price: Option<i64>) -> Result<Option<u64>, Problem> {
    let wrong = |_| Problem::invalid(pointer, "invalid", "0 or more");
    price.map(u64::try_from).transpose().map_err(wrong)
}

fn nights(params: &SearchParams) -> Result<Option<Nights>, Problem> {
    let missing = |pointer| {
        Err(Problem::invalid(pointer, "required", "check_in and check_out come together"))
    };
    match (params.check_in, params.check_out) {
        (None, None) => Ok(None),
        (None, Some(_)) => missing("/check_in"),
        (Some(_), None) => missing("/check_out"),
        (Some(check_in), Some(check_out)) => Nights::new(check_in, check_out)
            .map(Some)
            .map_err(|error| Problem::invalid("/check_out", "invalid", &error.to_string())),
    }
}

fn bbox(text: &str) -> Result<BBox, Problem> {
    let wrong = |detail: &str| Problem::invalid("/bbox", "invalid", detail);
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match numbers.as_deref() {
        Ok([west, south, east, north]) => {
            BBox::new(*west, *south, *east, *north).map_err(|error| wrong(&error.to_string()))
        }
        _ => Err(wrong("four numbers: west,south,east,north")),
    }
}

/// The covers of some results. Search answers without a database too, so it does not wait
/// for one: cards without pictures are better than none.
async fn covers(state: &Shared, hits: &[Hit]) -> Vec<photos::Photo> {
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

fn card(hit: Hit, nights: Option<Nights>, covers: &[photos::Photo]) -> Result<Card, Problem> {
    let body: CardBody = serde_json::from_value(hit.card)
        .map_err(|error| Problem::internal(&format!("card of {}: {error}", hit.id)))?;
    let total = nights
        .zip(body.price_per_night)
        .and_then(|(nights, price)| price.times(nights.count()).ok());
    let highlight = hit.highlight.map(marked);
    Ok(Card { id: hit.id, body, total, cover: photo_forms::cover(covers, hit.id), highlight })
}

fn marked(highlight: Highlight) -> Marked {
    let pieces = |pieces: Vec<Piece>| {
        pieces.into_iter().map(|Piece { text, hit }| MarkedPiece { text, hit }).collect()
    };
    Marked { title: pieces(highlight.title), description: pieces(highlight.description) }
}

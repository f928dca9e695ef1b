//! Favourites: homes that somebody keeps an eye on.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::home_cards;
use super::properties::visible;
use super::saved_search_forms::nights;
use super::schema::{List, MoneyForm};
use super::search::Card;
use crate::actors::consumers::alerts;
use crate::domain::favourite::{self, Watched};
use crate::domain::ids::PropertyId;
use crate::domain::money::Money;
use crate::domain::property::Listing;
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::{favourites, properties};

/// Which favourites.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FavouritesQuery {
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// What a home is kept for; without dates only its price is watched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFavourite {
    /// The date of arrival; together with `check_out`.
    #[serde(default)]
    check_in: Option<Date>,
    /// The date of departure.
    #[serde(default)]
    check_out: Option<Date>,
}

/// A favourite.
#[derive(Serialize, ToSchema)]
pub struct Favourite {
    /// The home.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// What it is called now.
    title: String,
    /// The home as a result shows it; absent while it cannot be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    home: Option<Card>,
    /// What it cost when it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_then: Option<Money>,
    /// What it costs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MoneyForm, required = false)]
    price_now: Option<Money>,
    /// The date of arrival that it is kept for.
    #[serde(skip_serializing_if = "Option::is_none")]
    check_in: Option<Date>,
    /// The date of departure.
    #[serde(skip_serializing_if = "Option::is_none")]
    check_out: Option<Date>,
    /// Whether these nights are free.
    #[serde(skip_serializing_if = "Option::is_none")]
    nights_free: Option<bool>,
    /// When it was kept.
    created_at: Timestamp,
}

/// Keep a home, or keep it for other dates: one is told when it costs at least 5 % less, and
/// when the nights become free. At most 500 at a time.
#[utoipa::path(put, path = "/api/v1/favourites/{property_id}", tag = "search",
    params(("property_id" = String, Path)),
    request_body = NewFavourite, responses((status = 200, body = Favourite)))]
pub async fn put(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
    Json(body): Json<NewFavourite>,
) -> Result<Json<Favourite>, Problem> {
    let nights = nights("", body.check_in, body.check_out)?;
    let (listing, _) = visible(&state, id, Some(&principal)).await?;
    let mut client = state.pool.get().await?;
    let free = match nights {
        Some(nights) => Some(alerts::is_free(&client, &state.clock, &listing, nights).await?),
        None => None,
    };
    let watched = Watched { price: favourite::price(&listing), nights, free, freed_at: None };
    let now = state.clock.now();
    let kept = favourites::put(&mut client, principal.user, id, &watched, now).await??;
    drop(client);
    let mut shown = shown(&state, vec![kept], &[listing]).await?;
    shown.pop().map(Json).ok_or_else(Problem::not_found)
}

/// Give a home up.
#[utoipa::path(delete, path = "/api/v1/favourites/{property_id}", tag = "search",
    params(("property_id" = String, Path)),
    responses((status = 204, description = "it is none any more")))]
pub async fn delete(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<PropertyId>,
) -> Result<StatusCode, Problem> {
    let client = state.pool.get().await?;
    if favourites::delete(&client, principal.user, id).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found())
}

/// List one's own, the latest first.
#[utoipa::path(get, path = "/api/v1/favourites", tag = "search",
    params(FavouritesQuery), responses((status = 200, body = List<Favourite>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<FavouritesQuery>,
) -> Result<Json<List<Favourite>>, Problem> {
    const LIST: &str = "favourites";
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor_at(LIST, &cursor)).transpose()?;
    let before = before.map(|(at, id)| (at, PropertyId::from(id)));
    let client = state.pool.get().await?;
    let mut rows =
        favourites::of_user(&client, principal.user, before, i64::from(limit) + 1).await?;
    let page = page::cut_at(LIST, &mut rows, limit, |row| (row.created_at, row.property.uuid()));
    let ids: Vec<_> = rows.iter().map(|row| row.property).collect();
    let listings = properties::find_many(&client, &ids).await?;
    drop(client);
    Ok(Json(List { data: shown(&state, rows, &listings).await?, page }))
}

/// Favourites with their homes as they are now.
async fn shown(
    state: &Shared,
    rows: Vec<favourites::Favourite>,
    listings: &[Listing],
) -> Result<Vec<Favourite>, Problem> {
    let mut homes = home_cards::cards(state, listings, None).await?;
    let one = |row: favourites::Favourite| {
        let listing = listings.iter().find(|listing| listing.id == row.property)?;
        let home = homes.remove(&row.property);
        Some(Favourite {
            property_id: row.property,
            title: listing.fields.title.clone(),
            price_then: row.kept_price,
            price_now: favourite::price(listing).filter(|_| home.is_some()),
            home,
            check_in: row.watched.nights.map(|nights| nights.check_in()),
            check_out: row.watched.nights.map(|nights| nights.check_out()),
            nights_free: row.watched.free,
            created_at: row.created_at,
        })
    };
    Ok(rows.into_iter().filter_map(one).collect())
}

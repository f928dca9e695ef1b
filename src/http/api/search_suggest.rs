//! What somebody who types into the search box may go on to.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::search_forms::check_text;
use crate::http::extract::{self, Json, Query};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::search::{SUGGESTIONS_MAX, Suggestions};

/// Suggestions of each kind when nothing is said.
const LIMIT: usize = 5;

/// What was typed so far.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SuggestParams {
    /// The beginning of a name, with a typo or two if it is long enough: up to 200
    /// characters.
    #[serde(default)]
    #[param(max_length = 200)]
    q: String,
    /// Suggestions of each kind, 1 to 20; 5 without it.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(minimum = 1, maximum = 20)]
    limit: Option<usize>,
}

/// What it may become; of each kind, what most homes have comes first.
#[derive(Serialize, ToSchema)]
pub struct SuggestAnswer {
    /// Cities.
    places: Vec<SuggestedPlace>,
    /// Titles of homes.
    titles: Vec<SuggestedTitle>,
    /// Amenities, by any word for them.
    amenities: Vec<SuggestedAmenity>,
}

/// A city.
#[derive(Serialize, ToSchema)]
pub struct SuggestedPlace {
    /// As people write it.
    city: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// How many homes are there.
    count: u64,
}

/// A title.
#[derive(Serialize, ToSchema)]
pub struct SuggestedTitle {
    /// The title.
    title: String,
    /// How many homes have it.
    count: u64,
}

/// An amenity.
#[derive(Serialize, ToSchema)]
pub struct SuggestedAmenity {
    /// Its key, to filter by.
    key: &'static str,
    /// What people read.
    label: &'static str,
    /// How many homes have it.
    count: u64,
}

/// Complete what is being typed: places, titles and amenities.
#[utoipa::path(get, path = "/api/v1/search/suggest", tag = "search",
    params(SuggestParams), responses((status = 200, body = SuggestAnswer)))]
pub async fn suggest(
    State(state): State<Shared>,
    Query(params): Query<SuggestParams>,
) -> Result<Json<SuggestAnswer>, Problem> {
    check_text(&params.q)?;
    let limit = params.limit.unwrap_or(LIMIT);
    if !(1..=SUGGESTIONS_MAX).contains(&limit) {
        return Err(Problem::invalid("/limit", "invalid", "1 to 20"));
    }
    // From memory, in less time than another thread would take to be woken.
    Ok(Json(answer(state.search.suggest(&params.q, limit)?)))
}

fn answer(found: Suggestions) -> SuggestAnswer {
    let places = found.places.into_iter().map(|place| SuggestedPlace {
        city: place.city,
        country: place.country,
        count: place.count,
    });
    let titles = found.titles.into_iter();
    let titles = titles.map(|found| SuggestedTitle { title: found.title, count: found.count });
    let amenities = found.amenities.into_iter().map(|found| SuggestedAmenity {
        key: found.amenity.key,
        label: found.amenity.label,
        count: found.count,
    });
    SuggestAnswer {
        places: places.collect(),
        titles: titles.collect(),
        amenities: amenities.collect(),
    }
}

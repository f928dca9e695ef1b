//! Saved searches: kept, changed and given up, and what came to match them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::home_cards;
use super::saved_search_forms::{NewSavedSearch, SavedSearch, SavedSearchEdit, SearchMatch};
use super::schema::List;
use crate::domain::criteria::Criteria;
use crate::domain::ids::{self, PropertyId, SavedSearchId};
use crate::domain::saved_search::KNOWN_MAX;
use crate::http::auth::Principal;
use crate::http::command;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::idempotency::{self, Key};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::search::{LIMIT_MAX, SearchQuery, Sort};
use crate::storage::saved_searches::{Added, New};
use crate::storage::{properties, saved_searches, search_matches};

/// Which matches.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MatchesQuery {
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Keep a search: homes that come to match it from now on are told as `alert` says. Those
/// that match already are no news. At most 50 at a time.
#[utoipa::path(post, path = "/api/v1/saved-searches", tag = "search",
    params(("Idempotency-Key" = String, Header)),
    request_body = NewSavedSearch, responses((status = 201, body = SavedSearch)))]
pub async fn create(
    State(state): State<Shared>,
    principal: Principal,
    key: Key,
    Json(body): Json<NewSavedSearch>,
) -> Result<Response, Problem> {
    let fingerprint = idempotency::fingerprint(&body);
    let request = key.request_id(principal.user, &[]);
    command::note(request);
    // Derived from the request, so that a repeated one means the same search.
    let id = SavedSearchId::from(ids::derived(request.uuid(), "saved-search"));
    let wish = body.into_wish()?;
    let known = known(&state, &wish.criteria).await;
    let new = New { id, owner: principal.user, wish: &wish, known: &known, fingerprint, request };
    let mut client = state.pool.get().await?;
    let added = saved_searches::add(&mut client, new, state.clock.now()).await?;
    state.tail.nudge();
    let (search, replayed) = match added {
        Added::Fresh(search) => (search, false),
        Added::Before(search) => (search, true),
        Added::Refused(refusal) => return Err(refusal.into()),
    };
    let answer = (StatusCode::CREATED, Json(SavedSearch::from(search)));
    Ok(idempotency::marked(answer, replayed))
}

/// List one's own, the newest first: all of them, as there are 50 at most.
#[utoipa::path(get, path = "/api/v1/saved-searches", tag = "search",
    responses((status = 200, body = List<SavedSearch>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
) -> Result<Json<List<SavedSearch>>, Problem> {
    let client = state.pool.get().await?;
    let all = saved_searches::of_user(&client, principal.user).await?;
    let page = Page { next: None, has_more: false };
    Ok(Json(List { data: all.into_iter().map(SavedSearch::from).collect(), page }))
}

/// Look at one.
#[utoipa::path(get, path = "/api/v1/saved-searches/{id}", tag = "search",
    params(("id" = String, Path)), responses((status = 200, body = SavedSearch)))]
pub async fn read(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<SavedSearchId>,
) -> Result<Json<SavedSearch>, Problem> {
    let client = state.pool.get().await?;
    let found = saved_searches::find(&*client, principal.user, id).await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}

/// Have one say something else; what is left out stays as it is. Sent again it changes
/// nothing.
#[utoipa::path(patch, path = "/api/v1/saved-searches/{id}", tag = "search",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = SavedSearchEdit, responses((status = 200, body = SavedSearch)))]
pub async fn edit(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<SavedSearchId>,
    key: Option<Key>,
    Json(body): Json<SavedSearchEdit>,
) -> Result<Json<SavedSearch>, Problem> {
    let of_key = |key: Key| key.request_id(principal.user, &[id.uuid()]);
    let request = key.map_or_else(|| state.clock.id(), of_key);
    command::note(request);
    let (owner, now) = (principal.user, state.clock.now());
    let mut client = state.pool.get().await?;
    let found = saved_searches::find(&*client, owner, id).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let seen = body.seen;
    if let Some((wish, is_other)) = body.applied_to(&found.wish)? {
        let known = if is_other { Some(known(&state, &wish.criteria).await) } else { None };
        let known = known.as_deref();
        let changed =
            saved_searches::change(&mut client, (owner, id), &wish, known, request, now).await?;
        changed.ok_or_else(Problem::not_found)?;
        state.tail.nudge();
    }
    if seen {
        search_matches::seen(&client, id, now).await?;
    }
    let found = saved_searches::find(&*client, owner, id).await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}

/// Give one up, with all that came to match it.
#[utoipa::path(delete, path = "/api/v1/saved-searches/{id}", tag = "search",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, description = "it is gone")))]
pub async fn delete(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<SavedSearchId>,
    key: Option<Key>,
) -> Result<StatusCode, Problem> {
    let of_key = |key: Key| key.request_id(principal.user, &[id.uuid()]);
    let request = key.map_or_else(|| state.clock.id(), of_key);
    command::note(request);
    let (mut client, now) = (state.pool.get().await?, state.clock.now());
    if !saved_searches::delete(&mut client, principal.user, id, request, now).await? {
        return Err(Problem::not_found());
    }
    state.tail.nudge();
    Ok(StatusCode::NO_CONTENT)
}

/// List the homes that came to match one since it was saved, the latest first.
#[utoipa::path(get, path = "/api/v1/saved-searches/{id}/matches", tag = "search",
    params(("id" = String, Path), MatchesQuery),
    responses((status = 200, body = List<SearchMatch>)))]
pub async fn matches(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<SavedSearchId>,
    Query(query): Query<MatchesQuery>,
) -> Result<Json<List<SearchMatch>>, Problem> {
    const LIST: &str = "matches of a saved search";
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor_at(LIST, &cursor)).transpose()?;
    let before = before.map(|(at, id)| (at, PropertyId::from(id)));
    let client = state.pool.get().await?;
    let found = saved_searches::find(&*client, principal.user, id).await?;
    let nights = found.ok_or_else(Problem::not_found)?.wish.criteria.nights;
    let mut rows = search_matches::of_search(&client, id, before, i64::from(limit) + 1).await?;
    let page = page::cut_at(LIST, &mut rows, limit, |row| (row.matched_at, row.property.uuid()));
    let ids: Vec<_> = rows.iter().map(|row| row.property).collect();
    let listings = properties::find_many(&client, &ids).await?;
    drop(client);
    let mut cards = home_cards::cards(&state, &listings, nights).await?;
    // One that has gone a moment ago has no card.
    let data = rows.into_iter().filter_map(|row| {
        let home = cards.remove(&row.property)?;
        Some(SearchMatch { home, matched_at: row.matched_at, new: row.new })
    });
    Ok(Json(List { data: data.collect(), page }))
}

/// The newest homes that match already. Without an index there are none to be known: then
/// they may be told as new when they are changed.
async fn known(state: &Shared, criteria: &Criteria) -> Vec<PropertyId> {
    let mut known = Vec::new();
    let mut query = SearchQuery { sort: Sort::Newest, limit: LIMIT_MAX, ..criteria.clone().into() };
    while known.len() < KNOWN_MAX {
        match state.search.search(query.clone()).await {
            Ok(found) => {
                known.extend(found.hits.iter().map(|hit| hit.id));
                let Some(next) = found.next else { break };
                query.cursor = Some(next);
            }
            Err(error) => {
                tracing::debug!(%error, "homes that match already cannot be looked up");
                break;
            }
        }
    }
    known.truncate(KNOWN_MAX);
    known
}

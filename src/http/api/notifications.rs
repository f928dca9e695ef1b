//! What somebody is told in the app: the list, what is unread, and marks.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::schema::List;
use crate::domain::ids::{NotificationId, PropertyId};
use crate::http::auth::Principal;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::page;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::notifications::{self, Told};
use crate::storage::properties;

/// The list that cursors are of.
const LIST: &str = "notifications";
/// The list of the unread ones.
const LIST_UNREAD: &str = "unread notifications";

/// Which notifications.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NotificationsQuery {
    /// Only those that were not read.
    #[serde(default, deserialize_with = "extract::text")]
    unread: Option<bool>,
    /// Rows in the page, 1 to 100.
    #[serde(default, deserialize_with = "extract::text")]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Something that somebody is told.
#[derive(Serialize, ToSchema)]
pub struct Notification {
    /// Its id.
    #[schema(value_type = String)]
    id: NotificationId,
    /// The type of the event that it is about, such as `booking.confirmed`.
    kind: String,
    /// What it is about: ids, dates, a reason.
    #[schema(value_type = Object)]
    data: Value,
    /// What the home that it is about is called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    property_title: Option<String>,
    /// When it happened.
    created_at: Timestamp,
    /// When it was read first.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<Timestamp>,
}

/// How many are unread.
#[derive(Serialize, ToSchema)]
pub struct UnreadCount {
    /// The number.
    unread: i64,
}

/// How many were marked.
#[derive(Serialize, ToSchema)]
pub struct Marked {
    /// The number of those that had not been read.
    read: u64,
}

/// List what one was told, the newest first.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications",
    params(NotificationsQuery), responses((status = 200, body = List<Notification>)))]
pub async fn list(
    State(state): State<Shared>,
    principal: Principal,
    Query(query): Query<NotificationsQuery>,
) -> Result<Json<List<Notification>>, Problem> {
    let unread = query.unread.unwrap_or_default();
    let list = if unread { LIST_UNREAD } else { LIST };
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let before = query.cursor.map(|cursor| page::read_cursor_at(list, &cursor)).transpose()?;
    let before = before.map(|(at, id)| (at, NotificationId::from(id)));
    let client = state.pool.get().await?;
    let rows = i64::from(limit) + 1;
    let mut found = notifications::of_user(&client, principal.user, unread, before, rows).await?;
    let page = page::cut_at(list, &mut found, limit, |row| (row.created_at, row.id.uuid()));
    let homes: Vec<_> = found.iter().filter_map(home).collect();
    let titles = properties::titles(&client, &homes).await?;
    let data = found
        .into_iter()
        .map(|told| {
            let property_title = home(&told).and_then(|home| titles.get(&home).cloned());
            let Told { id, kind, data, created_at, read_at } = told;
            Notification { id, kind, data, property_title, created_at, read_at }
        })
        .collect();
    Ok(Json(List { data, page }))
}

/// Count those that were not read.
#[utoipa::path(get, path = "/api/v1/notifications/unread-count", tag = "notifications",
    responses((status = 200, body = UnreadCount)))]
pub async fn unread_count(
    State(state): State<Shared>,
    principal: Principal,
) -> Result<Json<UnreadCount>, Problem> {
    let unread = notifications::unread(&*state.pool.get().await?, principal.user).await?;
    Ok(Json(UnreadCount { unread }))
}

/// Mark one as read.
#[utoipa::path(put, path = "/api/v1/notifications/{id}/read", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 204, description = "it is read")))]
pub async fn read(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<NotificationId>,
) -> Result<StatusCode, Problem> {
    let client = state.pool.get().await?;
    found(notifications::read(&client, principal.user, id, state.clock.now()).await?)
}

/// Mark all as read.
#[utoipa::path(put, path = "/api/v1/notifications/read-all", tag = "notifications",
    responses((status = 200, body = Marked)))]
pub async fn read_all(
    State(state): State<Shared>,
    principal: Principal,
) -> Result<Json<Marked>, Problem> {
    let client = state.pool.get().await?;
    let read = notifications::read_all(&client, principal.user, state.clock.now()).await?;
    Ok(Json(Marked { read }))
}

/// Take one away.
#[utoipa::path(delete, path = "/api/v1/notifications/{id}", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 204, description = "it is gone")))]
pub async fn delete(
    State(state): State<Shared>,
    principal: Principal,
    Id(id): Id<NotificationId>,
) -> Result<StatusCode, Problem> {
    let client = state.pool.get().await?;
    found(notifications::delete(&client, principal.user, id).await?)
}

/// The home that a notification is about.
fn home(told: &Told) -> Option<PropertyId> {
    told.data.get("property_id")?.as_str()?.parse().ok()
}

fn found(found: bool) -> Result<StatusCode, Problem> {
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

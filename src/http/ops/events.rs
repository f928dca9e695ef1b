//! The event log and the audit trail.

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::domain::entity::Stream;
use crate::domain::event::Position;
use crate::http::api::schema::List;
use crate::http::extract::{self, Json, Query};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::event_log::{self, Filter, Logged, Place};

/// Events of a chain that are shown, of each kind.
const CHAIN_MAX: i64 = 20;

/// An event as it lies in the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedEvent)]
pub struct EventView {
    /// Its stream.
    stream: u16,
    /// Its number there, from 1, without a gap.
    seq: i64,
    /// Its type.
    #[serde(rename = "type")]
    kind: String,
    /// The aggregate whose order it keeps.
    key: Uuid,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// Who made it happen: a user's id, `system`, `provider` or `operator`.
    actor: String,
    /// The request that caused it.
    causation: Uuid,
    /// What it says besides.
    data: Value,
}

/// An event and what led to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventChain {
    /// The event.
    event: EventView,
    /// What the same request caused besides, the latest first.
    same_cause: Vec<EventView>,
    /// What had happened to the same key before, the latest first.
    before: Vec<EventView>,
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Of this aggregate: a UUID, or an id with its prefix.
    key: Option<String>,
    /// Of this type, such as `booking.held`; `booking.` stands for all of that topic.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// In this stream.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<u16>)]
    stream: Option<u16>,
    /// Caused by this request.
    causation: Option<String>,
    /// Not before this instant.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Rows in a page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Which lines of the audit trail.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// What this one did: a user's id, `system`, `provider` or `operator`.
    actor: Option<String>,
    /// What was done to this: an id.
    subject: Option<String>,
    /// Not before this instant.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Rows in a page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

impl From<Logged> for EventView {
    fn from(logged: Logged) -> Self {
        Self {
            stream: logged.position.stream.0,
            seq: logged.position.seq,
            kind: logged.kind,
            key: logged.key,
            occurred_at: logged.occurred_at,
            actor: logged.actor,
            causation: logged.causation,
            data: logged.data,
        }
    }
}

/// Look through the event log, the latest first.
#[utoipa::path(get, path = "/ops/v1/events", tag = "events",
    params(EventsQuery), responses((status = 200, body = List<EventView>)))]
pub async fn list(
    State(state): State<Shared>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<List<EventView>>, Problem> {
    let filter = Filter {
        key: query.key.as_deref().map(|text| uuid("/key", text)).transpose()?,
        kind: query.kind,
        stream: query.stream.map(i32::from),
        causation: query.causation.as_deref().map(|text| uuid("/causation", text)).transpose()?,
        from: query.from,
        to: query.to,
        ..Filter::default()
    };
    answer(&state, &filter, query.limit, query.cursor).await
}

/// Look at an event and at what led to it.
#[utoipa::path(get, path = "/ops/v1/events/{stream}/{seq}", tag = "events",
    params(("stream" = u16, Path), ("seq" = i64, Path)),
    responses((status = 200, body = EventChain)))]
pub async fn read(
    State(state): State<Shared>,
    Path((stream, seq)): Path<(String, String)>,
) -> Result<Json<EventChain>, Problem> {
    let (Ok(stream), Ok(seq)) = (stream.parse(), seq.parse()) else {
        return Err(Problem::not_found());
    };
    let at = Position { stream: Stream(stream), seq };
    let client = state.pool.get().await?;
    let event = event_log::find(&client, at).await?.ok_or_else(Problem::not_found)?;
    let (same_cause, before) = event_log::chain(&client, &event, CHAIN_MAX).await?;
    let views = |events: Vec<Logged>| events.into_iter().map(EventView::from).collect();
    let (same_cause, before) = (views(same_cause), views(before));
    Ok(Json(EventChain { event: event.into(), same_cause, before }))
}

/// Who did what: by actor or by subject, the latest first. Without either: what operators did.
#[utoipa::path(get, path = "/ops/v1/audit", tag = "events",
    params(AuditQuery), responses((status = 200, body = List<EventView>)))]
pub async fn audit(
    State(state): State<Shared>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<List<EventView>>, Problem> {
    let subject = query.subject.map(|text| uuid("/subject", &text).map(|key| (key, text)));
    let subject = subject.transpose()?;
    let neither = query.actor.is_none() && subject.is_none();
    let actor = query.actor.or_else(|| neither.then(|| "operator".to_owned()));
    let filter = Filter { actor, subject, from: query.from, to: query.to, ..Filter::default() };
    answer(&state, &filter, query.limit, query.cursor).await
}

async fn answer(
    state: &Shared,
    filter: &Filter,
    limit: Option<u32>,
    cursor: Option<String>,
) -> Result<Json<List<EventView>>, Problem> {
    let limit = page::limit(limit, state.config.limits.page_max)?;
    let after = cursor.as_deref().map(place).transpose()?;
    let client = state.pool.get().await?;
    let mut found = event_log::list(&client, filter, after, i64::from(limit) + 1).await?;
    let rows = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > rows;
    found.truncate(rows);
    let next = found.last().filter(|_| has_more).map(next_of);
    let data = found.into_iter().map(EventView::from).collect();
    Ok(Json(List { data, page: Page { next, has_more } }))
}

/// The cursor after an event: its place in the order of time.
fn next_of(event: &Logged) -> String {
    let Position { stream, seq } = event.position;
    let us = event.occurred_at.as_microsecond();
    URL_SAFE_NO_PAD.encode(format!("{us}.{}.{seq}", stream.0))
}

fn place(cursor: &str) -> Result<Place, Problem> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.split('.');
        let at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
        let stream = Stream(parts.next()?.parse().ok()?);
        let seq = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Place { at, position: Position { stream, seq } })
    };
    read().ok_or_else(|| Problem::malformed("cursor must be the next of an earlier page"))
}

/// A UUID, or the UUID of an id with its prefix.
pub(super) fn uuid(pointer: &str, text: &str) -> Result<Uuid, Problem> {
    let plain = text.split_once('_').map_or(text, |(_, rest)| rest);
    Uuid::try_parse(plain)
        .map_err(|_| Problem::invalid(pointer, "invalid", "a UUID, or an id with its prefix"))
}

//! Replays: events that a consumer is given again.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::events::uuid;
use crate::actors::consumer::ConsumerError;
use crate::actors::replayer;
use crate::domain::ids::ReplayId;
use crate::http::api::schema::List;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::page::Asked;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::replays::{self, Range, Replay};

/// What cursors of this list are marked with.
const LIST: &str = "replays";

/// What is to be replayed. What is not said does not matter; what the consumer has not come
/// to yet is never replayed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReplay {
    /// Who is given the events.
    consumer: String,
    /// Not before this instant.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// In this stream.
    stream: Option<u16>,
    /// From this number of it.
    from_seq: Option<i64>,
    /// Up to this number of it.
    to_seq: Option<i64>,
    /// Of this aggregate: a UUID, or an id with its prefix.
    key: Option<String>,
    /// Of this type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Only find out what it would do.
    #[serde(default)]
    dry_run: bool,
}

/// What a replay would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DryRun)]
pub struct DryRunView {
    /// Events looked at.
    scanned: i64,
    /// Events that would be given to the consumer.
    events: u64,
    /// The same by type.
    by_type: BTreeMap<String, u64>,
    /// Effects that are there already, and would not be made again; none when the consumer
    /// cannot tell.
    #[schema(required = true)]
    effects_present: Option<u64>,
    /// Effects that would be made.
    #[schema(required = true)]
    effects_missing: Option<u64>,
    /// Whether the whole log was looked at.
    complete: bool,
}

/// A replay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replay)]
pub struct ReplayView {
    /// Its id.
    #[schema(value_type = String)]
    id: ReplayId,
    /// Who is given the events.
    consumer: String,
    /// `running`, `done` or `stopped`.
    state: String,
    /// Not before this instant.
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    to: Option<Timestamp>,
    /// In this stream.
    #[schema(required = true)]
    stream: Option<i32>,
    /// From this number of it.
    #[schema(required = true)]
    from_seq: Option<i64>,
    /// Up to this number of it.
    #[schema(required = true)]
    to_seq: Option<i64>,
    /// Of this aggregate.
    #[schema(required = true)]
    key: Option<Uuid>,
    /// Of this type.
    #[serde(rename = "type")]
    #[schema(required = true)]
    kind: Option<String>,
    /// Events looked at so far.
    scanned: i64,
    /// Events given to the consumer that went well.
    applied: i64,
    /// Events that became dead letters.
    failed: i64,
    /// When it was ordered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// Which replays.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReplaysQuery {
    /// Rows in a page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

impl From<Replay> for ReplayView {
    fn from(replay: Replay) -> Self {
        let (range, counts) = (replay.range, replay.counts);
        Self {
            id: replay.id,
            consumer: replay.consumer,
            state: replay.state,
            from: range.from,
            to: range.to,
            stream: range.stream,
            from_seq: range.from_seq,
            to_seq: range.to_seq,
            key: range.key,
            kind: range.kind,
            scanned: counts.scanned,
            applied: counts.applied,
            failed: counts.failed,
            created_at: replay.created_at,
            updated_at: replay.updated_at,
        }
    }
}

/// Replay events, or find out what that would do.
#[utoipa::path(post, path = "/ops/v1/replays", tag = "replays", request_body = NewReplay,
    responses((status = 200, body = DryRunView, description = "what it would do"),
        (status = 202, body = ReplayView, description = "it has begun")))]
pub async fn create(
    State(state): State<Shared>,
    Json(body): Json<NewReplay>,
) -> Result<Response, Problem> {
    if !state.consumers.names().contains(&body.consumer.as_str()) {
        let names = state.consumers.names().join(", ");
        return Err(Problem::invalid("/consumer", "invalid", &format!("one of {names}")));
    }
    if body.stream.is_none() && (body.from_seq.is_some() || body.to_seq.is_some()) {
        return Err(Problem::invalid("/stream", "required", "numbers are those of a stream"));
    }
    let range = Range {
        from: body.from,
        to: body.to,
        stream: body.stream.map(i32::from),
        from_seq: body.from_seq,
        to_seq: body.to_seq,
        key: body.key.as_deref().map(|text| uuid("/key", text)).transpose()?,
        kind: body.kind,
    };
    if body.dry_run {
        return dry_run(&state, &body.consumer, &range).await;
    }
    let (id, now) = (state.clock.id(), state.clock.now());
    let mut client = state.pool.get().await?;
    replays::start(&mut client, id, &body.consumer, &range, state.clock.id(), now).await?;
    state.replayer.look();
    state.tail.nudge();
    let replay = replays::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(ReplayView::from(replay))).into_response())
}

async fn dry_run(state: &Shared, consumer: &str, range: &Range) -> Result<Response, Problem> {
    let found = replayer::dry_run(&state.pool, &state.consumers, consumer, range).await;
    let found = found.map_err(|error| match error {
        ConsumerError::Storage(error) => Problem::from(error),
        error => Problem::internal(&error),
    })?;
    let view = DryRunView {
        scanned: found.scanned,
        events: found.by_type.values().sum(),
        by_type: found.by_type,
        effects_present: found.effects.map(|effects| effects.present),
        effects_missing: found.effects.map(|effects| effects.missing),
        complete: found.complete,
    };
    Ok(Json(view).into_response())
}

/// List replays, the newest first.
#[utoipa::path(get, path = "/ops/v1/replays", tag = "replays",
    params(ReplaysQuery), responses((status = 200, body = List<ReplayView>)))]
pub async fn list(
    State(state): State<Shared>,
    Query(query): Query<ReplaysQuery>,
) -> Result<Json<List<ReplayView>>, Problem> {
    let asked = Asked::read(LIST, query.limit, query.cursor, state.config.limits.page_max)?;
    let client = state.pool.get().await?;
    let mut found = replays::list(&client, asked.after, asked.rows()).await?;
    let page = asked.cut(&mut found, |replay| replay.id.uuid());
    Ok(Json(List { data: found.into_iter().map(ReplayView::from).collect(), page }))
}

/// How far is one?
#[utoipa::path(get, path = "/ops/v1/replays/{id}", tag = "replays",
    params(("id" = String, Path)), responses((status = 200, body = ReplayView)))]
pub async fn read(
    State(state): State<Shared>,
    Id(id): Id<ReplayId>,
) -> Result<Json<ReplayView>, Problem> {
    let client = state.pool.get().await?;
    let replay = replays::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(replay.into()))
}

/// Stop one. What it has done stays done.
#[utoipa::path(delete, path = "/ops/v1/replays/{id}", tag = "replays",
    params(("id" = String, Path)), responses((status = 200, body = ReplayView)))]
pub async fn stop(
    State(state): State<Shared>,
    Id(id): Id<ReplayId>,
) -> Result<Json<ReplayView>, Problem> {
    let mut client = state.pool.get().await?;
    let (cause, now) = (state.clock.id(), state.clock.now());
    let stopped = replays::stop(&mut client, id, cause, now).await?;
    let replay = replays::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    if !stopped && replay.state != "stopped" {
        let detail = format!("it is {} already", replay.state);
        return Err(Problem::new(Slug::InvalidTransition, detail));
    }
    state.tail.nudge();
    Ok(Json(replay.into()))
}

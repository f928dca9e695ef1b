//! Dead letters: seen, retried, discarded.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::events::EventView;
use crate::domain::event::Position;
use crate::domain::ids::DeadLetterId;
use crate::http::api::schema::List;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::page::Asked;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::dead_letters::{self, DeadLetter, Filter};
use crate::storage::event_log;

/// Dead letters that one request retries, at most.
const RETRY_MAX: i64 = 1_000;

/// What cursors of this list are marked with.
const LIST: &str = "dead letters";

/// A dead letter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub struct LetterView {
    /// Its id.
    #[schema(value_type = String)]
    id: DeadLetterId,
    /// The consumer that failed.
    consumer: String,
    /// The event's stream.
    stream: u16,
    /// The event's number there.
    seq: i64,
    /// The event's type.
    #[serde(rename = "type")]
    kind: String,
    /// The event's key.
    key: Uuid,
    /// Why the last try failed.
    error: String,
    /// How often it was tried.
    attempts: i32,
    /// When it failed first.
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    /// When it was given up.
    #[schema(value_type = String, format = DateTime)]
    dead_at: Timestamp,
    /// `open`, `retried` or `discarded`.
    state: String,
    /// Whether a retry is under way.
    pending: bool,
}

/// A dead letter with its event.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterWithEvent {
    /// The dead letter.
    #[serde(flatten)]
    letter: LetterView,
    /// The event; none when it is no longer in the log.
    #[schema(required = true)]
    event: Option<EventView>,
}

/// Where a dead letter may be.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// Nobody has decided on it.
    Open,
    /// It was tried once more, and that did not fail yet.
    Retried,
    /// It was given up for good.
    Discarded,
}

/// Which dead letters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LettersQuery {
    /// Of this consumer.
    consumer: Option<String>,
    /// Of events of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// In this state.
    #[param(inline)]
    state: Option<LetterState>,
    /// Rows in a page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Which dead letters are tried again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryAll {
    /// The open ones of this consumer.
    consumer: String,
}

/// How many are tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Retried {
    /// How many; when it is 1000 there may be more.
    retried: usize,
}

impl From<DeadLetter> for LetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id,
            consumer: letter.consumer,
            stream: letter.position.stream.0,
            seq: letter.position.seq,
            kind: letter.kind,
            key: letter.key,
            error: letter.error,
            attempts: letter.attempts,
            first_at: letter.first_at,
            dead_at: letter.dead_at,
            state: letter.state,
            pending: letter.pending,
        }
    }
}

/// List dead letters, the newest first.
#[utoipa::path(get, path = "/ops/v1/dead-letters", tag = "dead letters",
    params(LettersQuery), responses((status = 200, body = List<LetterView>)))]
pub async fn list(
    State(state): State<Shared>,
    Query(query): Query<LettersQuery>,
) -> Result<Json<List<LetterView>>, Problem> {
    let asked = Asked::read(LIST, query.limit, query.cursor, state.config.limits.page_max)?;
    let filter = Filter {
        consumer: query.consumer,
        kind: query.kind,
        state: query.state.map(|state| {
            let name = match state {
                LetterState::Open => "open",
                LetterState::Retried => "retried",
                LetterState::Discarded => "discarded",
            };
            name.to_owned()
        }),
    };
    let client = state.pool.get().await?;
    let mut found = dead_letters::list(&client, &filter, asked.after, asked.rows()).await?;
    let page = asked.cut(&mut found, |letter| letter.id.uuid());
    Ok(Json(List { data: found.into_iter().map(LetterView::from).collect(), page }))
}

/// Look at one, with its event.
#[utoipa::path(get, path = "/ops/v1/dead-letters/{id}", tag = "dead letters",
    params(("id" = String, Path)), responses((status = 200, body = LetterWithEvent)))]
pub async fn read(
    State(state): State<Shared>,
    Id(id): Id<DeadLetterId>,
) -> Result<Json<LetterWithEvent>, Problem> {
    let client = state.pool.get().await?;
    let letter = dead_letters::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    let event = event_log::find(&client, letter.position).await?;
    Ok(Json(LetterWithEvent { letter: letter.into(), event: event.map(EventView::from) }))
}

/// Try one once more; its consumer does so at once, and its key waits for it. If that fails
/// it is open again.
#[utoipa::path(post, path = "/ops/v1/dead-letters/{id}/retry", tag = "dead letters",
    params(("id" = String, Path)), responses((status = 202, body = LetterView)))]
pub async fn retry(
    State(state): State<Shared>,
    Id(id): Id<DeadLetterId>,
) -> Result<Response, Problem> {
    let mut client = state.pool.get().await?;
    let (cause, now) = (state.clock.id(), state.clock.now());
    let retried = dead_letters::retry(&mut client, Some(id), None, 1, cause, now).await?;
    let letter = dead_letters::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    if retried.is_empty() && letter.state != "retried" {
        return Err(not_open(&letter));
    }
    announce(&state, &retried);
    Ok((StatusCode::ACCEPTED, Json(LetterView::from(letter))).into_response())
}

/// Try all open ones of a consumer once more.
#[utoipa::path(post, path = "/ops/v1/dead-letters/retry", tag = "dead letters",
    request_body = RetryAll, responses((status = 202, body = Retried)))]
pub async fn retry_all(
    State(state): State<Shared>,
    Json(body): Json<RetryAll>,
) -> Result<Response, Problem> {
    let mut client = state.pool.get().await?;
    let (cause, now) = (state.clock.id(), state.clock.now());
    let of = Some(body.consumer.as_str());
    let retried = dead_letters::retry(&mut client, None, of, RETRY_MAX, cause, now).await?;
    announce(&state, &retried);
    Ok((StatusCode::ACCEPTED, Json(Retried { retried: retried.len() })).into_response())
}

/// Give one up for good.
#[utoipa::path(delete, path = "/ops/v1/dead-letters/{id}", tag = "dead letters",
    params(("id" = String, Path)), responses((status = 200, body = LetterView)))]
pub async fn discard(
    State(state): State<Shared>,
    Id(id): Id<DeadLetterId>,
) -> Result<Json<LetterView>, Problem> {
    let mut client = state.pool.get().await?;
    let (cause, now) = (state.clock.id(), state.clock.now());
    let discarded = dead_letters::discard(&mut client, id, cause, now).await?;
    let letter = dead_letters::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    if !discarded && letter.state != "discarded" {
        return Err(not_open(&letter));
    }
    state.tail.nudge();
    Ok(Json(letter.into()))
}

/// Has consumers look at what was parked for them.
fn announce(state: &Shared, retried: &[(String, Position)]) {
    for (consumer, position) in retried {
        state.consumers.look(consumer, position.stream);
    }
    state.tail.nudge();
}

fn not_open(letter: &DeadLetter) -> Problem {
    Problem::new(Slug::InvalidTransition, format!("it is {} already", letter.state))
}

//! Letters: what became of them, and those that were given up sent once more.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::ids::{LetterId, UserId};
use crate::http::api::schema::List;
use crate::http::extract::{self, Id, Json, Query};
use crate::http::page;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::letter_log::{self, LetterRow};

/// Letters that one request sends once more, at most.
const RETRY_MAX: i64 = 1_000;

/// What cursors of this list are marked with.
const LIST: &str = "letters";

/// A letter. Its text is made when it is sent, and not kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Letter)]
pub struct LetterView {
    /// Its id.
    #[schema(value_type = String)]
    id: LetterId,
    /// Whom it is for.
    #[schema(value_type = String)]
    user_id: UserId,
    /// What it is, such as `booking_confirmed`.
    template: String,
    /// `queued`, `sending`, `sent`, `failed` or `suppressed`.
    state: String,
    /// How often it was tried.
    attempts: i32,
    /// Why it did not go out.
    #[schema(required = true)]
    last_error: Option<String>,
    /// When its event happened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it went out.
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    sent_at: Option<Timestamp>,
}

/// What a letter may have come to.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It waits for its turn.
    Queued,
    /// It is on its way.
    Sending,
    /// It went out.
    Sent,
    /// It was given up.
    #[default]
    Failed,
    /// It was not to be sent.
    Suppressed,
}

/// Which letters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LettersQuery {
    /// In this state; those that were given up without it.
    #[serde(default)]
    #[param(inline)]
    state: MailState,
    /// Rows in a page.
    #[serde(default, deserialize_with = "extract::text")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// How many are sent once more.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetriedLetters {
    /// How many; when it is 1000 there may be more.
    retried: usize,
}

impl From<LetterRow> for LetterView {
    fn from(row: LetterRow) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            template: row.template,
            state: row.state,
            attempts: row.attempts,
            last_error: row.last_error,
            created_at: row.created_at,
            sent_at: row.sent_at,
        }
    }
}

impl MailState {
    const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
        }
    }
}

/// List letters of a state, the newest first.
#[utoipa::path(get, path = "/ops/v1/letters", tag = "letters",
    params(LettersQuery), responses((status = 200, body = List<LetterView>)))]
pub async fn list(
    State(state): State<Shared>,
    Query(query): Query<LettersQuery>,
) -> Result<Json<List<LetterView>>, Problem> {
    let limit = page::limit(query.limit, state.config.limits.page_max)?;
    let after = query.cursor.map(|cursor| page::read_cursor_at(LIST, &cursor)).transpose()?;
    let client = state.pool.get().await?;
    let mut found =
        letter_log::list(&client, query.state.name(), after, i64::from(limit) + 1).await?;
    let page = page::cut_at(LIST, &mut found, limit, |row| (row.created_at, row.id.uuid()));
    Ok(Json(List { data: found.into_iter().map(LetterView::from).collect(), page }))
}

/// Look at one.
#[utoipa::path(get, path = "/ops/v1/letters/{id}", tag = "letters",
    params(("id" = String, Path)), responses((status = 200, body = LetterView)))]
pub async fn read(
    State(state): State<Shared>,
    Id(id): Id<LetterId>,
) -> Result<Json<LetterView>, Problem> {
    let found = letter_log::find(&*state.pool.get().await?, id).await?;
    Ok(Json(found.ok_or_else(Problem::not_found)?.into()))
}

/// Send one once more that was given up. It has all its tries again.
#[utoipa::path(post, path = "/ops/v1/letters/{id}/retry", tag = "letters",
    params(("id" = String, Path)), responses((status = 202, body = LetterView)))]
pub async fn retry(State(state): State<Shared>, Id(id): Id<LetterId>) -> Result<Response, Problem> {
    let mut client = state.pool.get().await?;
    let (cause, now) = (state.clock.id(), state.clock.now());
    let retried = letter_log::retry(&mut client, Some(id), 1, cause, now).await?;
    let letter = letter_log::find(&client, id).await?.ok_or_else(Problem::not_found)?;
    if retried == 0 && letter.state != "queued" {
        return Err(Problem::new(Slug::InvalidTransition, format!("it is {}", letter.state)));
    }
    state.tail.nudge();
    Ok((StatusCode::ACCEPTED, Json(LetterView::from(letter))).into_response())
}

/// Send all once more that were given up.
#[utoipa::path(post, path = "/ops/v1/letters/retry", tag = "letters",
    responses((status = 202, body = RetriedLetters)))]
pub async fn retry_all(State(state): State<Shared>) -> Result<Response, Problem> {
    let mut client = state.pool.get().await?;
    let (cause, now) = (state.clock.id(), state.clock.now());
    let retried = letter_log::retry(&mut client, None, RETRY_MAX, cause, now).await?;
    state.tail.nudge();
    Ok((StatusCode::ACCEPTED, Json(RetriedLetters { retried })).into_response())
}

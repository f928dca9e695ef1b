//! Places in the event log, as clients carry them: the answer to a change says how far the
//! log has come with it, and a search that is told so finds the change.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use super::problem::Problem;
use super::state::Shared;
use crate::domain::entity::{EDGE_STREAMS, SHARDS, Stream};
use crate::domain::event::Position;
use crate::storage::events;

/// The header of an answer: `stream:number`.
pub static HEADER: HeaderName = HeaderName::from_static("event-position");

/// Places that are taken at once.
const MOST: usize = 16;

/// Where clients name them.
const POINTER: &str = "/min_position";

/// How long a search waits until it knows of what it is told to know of.
const LIMIT: Duration = Duration::from_secs(2);

/// An answer that says how far the log has come with it, where that is known.
#[must_use]
pub fn marked(mut response: Response, position: Option<Position>) -> Response {
    let text = position.map(|Position { stream, seq }| format!("{}:{seq}", stream.0));
    if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
        response.headers_mut().insert(HEADER.clone(), value);
    }
    response
}

/// Where a stream ends now; none when the database does not say.
pub async fn head(state: &Shared, stream: Stream) -> Option<Position> {
    let client = state.pool.get().await.ok()?;
    match events::head(&client, stream).await {
        Ok(position) => position,
        Err(error) => {
            tracing::debug!(%error, "end of a stream cannot be read");
            None
        }
    }
}

/// Waits until searches of this node know of what a client names as `min_position`, one
/// place or several with commas between them.
///
/// # Errors
/// A problem when they cannot be read, when the log does not go so far, and
/// [`SearchBehind`](super::problem::Slug::SearchBehind) after two seconds.
pub async fn known(state: &Shared, named: Option<&str>) -> Result<(), Problem> {
    let Some(named) = named else { return Ok(()) };
    let positions = parse(named)?;
    if state.search.caught_up_with(&positions) {
        return Ok(());
    }
    // Nobody waits for what is not on its way.
    if let Ok(client) = state.pool.get().await
        && let Ok(heads) = events::heads(&client).await
    {
        let is_there = |named: &Position| {
            let head = heads.iter().find(|head| head.stream == named.stream);
            named.seq <= head.map_or(0, |head| head.seq)
        };
        if !positions.iter().all(is_there) {
            return Err(Problem::invalid(POINTER, "invalid", "the log does not go so far"));
        }
    }
    Ok(state.search.includes(&positions, LIMIT).await?)
}

fn parse(text: &str) -> Result<Vec<Position>, Problem> {
    let wrong = || {
        let detail = "up to 16 values of Event-Position, with commas between them";
        Problem::invalid(POINTER, "invalid", detail)
    };
    let positions: Option<Vec<_>> = text.split(',').map(position).collect();
    positions.filter(|positions| positions.len() <= MOST).ok_or_else(wrong)
}

fn position(text: &str) -> Option<Position> {
    let (stream, seq) = text.trim().split_once(':')?;
    let stream = stream.parse().ok().filter(|stream| *stream < SHARDS + EDGE_STREAMS)?;
    let seq = seq.parse().ok().filter(|seq| *seq >= 0)?;
    Some(Position { stream: Stream(stream), seq })
}

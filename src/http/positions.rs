//! Places in the event log, as clients carry them: the answer to a change says how far the
//! log has come with it, and a search that is told so finds the change.

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

/// Places that a client names, one or several with commas between them.
///
/// # Errors
/// The problem with what stands at `pointer`.
pub fn parse(pointer: &str, text: &str) -> Result<Vec<Position>, Problem> {
    let wrong = || {
        let detail = "up to 16 values of Event-Position, with commas between them";
        Problem::invalid(pointer, "invalid", detail)
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

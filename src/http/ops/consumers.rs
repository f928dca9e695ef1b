//! How consumers do.

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::storage::event_log;

/// All consumers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsumerList {
    /// One a row, in the order of their names.
    data: Vec<ConsumerView>,
}

/// How a consumer does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consumer)]
pub struct ConsumerView {
    /// Its name.
    name: &'static str,
    /// Events it has been through, parked and dead ones included.
    done: i64,
    /// Events it has not come to yet.
    lag_events: i64,
    /// The age of the oldest of them, in seconds.
    lag_seconds: i64,
    /// Events that failed, or wait behind one that did.
    parked: i64,
    /// Dead letters that nobody has decided on.
    dead: i64,
    /// The streams in which it is behind.
    streams: Vec<StreamView>,
}

/// How far a consumer is in a stream.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsumerStream)]
pub struct StreamView {
    /// The stream.
    stream: i32,
    /// The last event it has been through.
    cursor: i64,
    /// The last event there is.
    head: i64,
    /// How many lie between.
    lag_events: i64,
    /// The age of the first of them, in seconds.
    lag_seconds: i64,
}

/// How far is everybody?
#[utoipa::path(get, path = "/ops/v1/consumers", tag = "consumers",
    responses((status = 200, body = ConsumerList)))]
pub async fn list(State(state): State<Shared>) -> Result<Json<ConsumerList>, Problem> {
    let (now, client) = (state.clock.now(), state.pool.get().await?);
    let mut data = Vec::new();
    for name in state.consumers.names() {
        let lag = event_log::lag(&client, name).await?;
        let streams: Vec<StreamView> = lag
            .streams
            .iter()
            .map(|of| StreamView {
                stream: of.stream,
                cursor: of.cursor,
                head: of.head,
                lag_events: of.head - of.cursor,
                lag_seconds: age(of.since, now),
            })
            .collect();
        data.push(ConsumerView {
            name,
            done: lag.done,
            lag_events: streams.iter().map(|of| of.lag_events).sum(),
            lag_seconds: streams.iter().map(|of| of.lag_seconds).max().unwrap_or_default(),
            parked: lag.parked,
            dead: lag.dead,
            streams,
        });
    }
    Ok(Json(ConsumerList { data }))
}

fn age(since: Option<Timestamp>, now: Timestamp) -> i64 {
    since.map_or(0, |since| now.duration_since(since).as_secs().max(0))
}

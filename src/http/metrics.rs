//! What was counted, for Prometheus. Served on the operator listener only: it tells a
//! stranger too much.

use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::state::Shared;
use crate::actors::consumers::search_index::Standing;
use crate::clock;
use crate::telemetry::Metrics;

/// The text form of Prometheus.
const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How often new durations are put into their buckets.
const TIDY: Duration = Duration::from_secs(10);

/// Keeps what is counted small, for ever.
pub async fn tidy() {
    loop {
        clock::pause(TIDY).await;
        Metrics::start().tidy();
    }
}

/// The metrics of this process. What is not counted as it happens is looked up now.
#[utoipa::path(get, path = "/metrics", tag = "system",
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn metrics(State(state): State<Shared>) -> impl IntoResponse {
    let counted = Metrics::start();
    look(&state);
    look_at_search(&state.search.standing().await);
    ([(header::CONTENT_TYPE, KIND)], counted.text())
}

fn look(state: &Shared) {
    let pool = state.pool.state();
    let connections = |name: &'static str, count: u32| {
        metrics::gauge!("database_pool_connections", "state" => name).set(f64::from(count));
    };
    connections("idle", pool.idle_connections);
    connections("used", pool.connections.saturating_sub(pool.idle_connections));
    metrics::gauge!("database_pool_waiting").set(float(pool.statistics.pending_gets()));
    metrics::gauge!("entities_awake", "kind" => "property").set(float(state.region.awake()));
    metrics::gauge!("entity_commands_waiting").set(float(state.region.waiting()));
    let owned = state.region.ownership().owned().len();
    metrics::gauge!("cluster_shards_owned").set(float(owned));
    let reached = state.peers.waiting();
    metrics::gauge!("cluster_nodes_reached").set(float(reached.len()));
    let waiting: usize = reached.iter().map(|(_, waiting)| waiting).sum();
    metrics::gauge!("cluster_calls_waiting").set(float(waiting));
    let queues = state.region.queues();
    let longest = queues.iter().map(|queue| queue.waiting).max().unwrap_or_default();
    metrics::gauge!("entity_queue_longest").set(float(longest));
    let oldest = queues.iter().map(|queue| queue.oldest).max().unwrap_or_default();
    metrics::gauge!("entity_queue_oldest_seconds").set(oldest.as_secs_f64());
    metrics::gauge!("http_rate_limit_buckets").set(float(state.buckets.len()));
    if let Some(process) = Process::now() {
        metrics::gauge!("process_resident_memory_bytes").set(float(process.resident_bytes));
        metrics::gauge!("process_open_fds").set(float(process.files));
        metrics::gauge!("process_threads").set(float(process.threads));
    }
}

/// What searches look into, and how far they are behind.
fn look_at_search(standing: &Standing) {
    let behind: u64 = standing.behind.iter().map(|(_, seen, head)| head - seen).sum();
    metrics::gauge!("search_lag_events").set(float(behind));
    metrics::gauge!("search_lag_seconds").set(standing.lag.as_secs_f64());
    metrics::gauge!("search_building").set(f64::from(u8::from(standing.building.is_some())));
    if let Some(served) = standing.served {
        metrics::gauge!("search_generation").set(float(served.generation));
        metrics::gauge!("search_listings").set(float(served.listings));
        metrics::gauge!("search_deleted_documents").set(float(served.deleted));
        metrics::gauge!("search_segments").set(float(served.segments));
        metrics::gauge!("search_disk_bytes").set(float(served.bytes));
    }
}

/// A number as Prometheus has them.
fn float(number: impl TryInto<u64>) -> f64 {
    let number: u64 = number.try_into().unwrap_or(u64::MAX);
    let (high, low) = (u32::try_from(number >> 32), u32::try_from(number & 0xffff_ffff));
    f64::from(high.unwrap_or_default()) * 4_294_967_296.0 + f64::from(low.unwrap_or_default())
}

/// What the system says about this process.
struct Process {
    resident_bytes: u64,
    threads: u64,
    files: usize,
}

impl Process {
    /// As it is now; none where there is no `/proc`.
    fn now() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Some(Self {
            resident_bytes: number("VmRSS:")?.saturating_mul(1024),
            threads: number("Threads:")?,
            files: std::fs::read_dir("/proc/self/fd").ok()?.count(),
        })
    }
}

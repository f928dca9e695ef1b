//! Metrics in the text form of Prometheus. Names follow its conventions: base units, and
//! `_total` for counters; the labels of a name have few values, all known beforehand.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of durations, in seconds.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Bounds of the number of change sets in a batch.
const SETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// What was counted in this process.
#[derive(Clone, Copy)]
pub struct Metrics(Option<&'static PrometheusHandle>);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Metrics").field(&self.0.is_some()).finish()
    }
}

impl Metrics {
    /// Counts from now on; what was counted before is lost. Further calls give the same.
    pub fn start() -> Self {
        static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
        Self(RECORDER.get_or_init(install).as_ref())
    }

    /// Everything, as Prometheus reads it; empty when another recorder counts.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.map(PrometheusHandle::render).unwrap_or_default()
    }

    /// Puts new durations into their buckets. Until then, each takes memory of its own.
    pub fn tidy(&self) {
        if let Some(handle) = self.0 {
            handle.run_upkeep();
        }
    }
}

fn install() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_sets".to_owned()), SETS)
        });
    let recorder = match builder {
        Ok(builder) => builder.build_recorder(),
        Err(error) => {
            tracing::error!(%error, "nothing is counted");
            return None;
        }
    };
    let handle = recorder.handle();
    if let Err(error) = metrics::set_global_recorder(recorder) {
        tracing::error!(%error, "nothing is counted");
        return None;
    }
    describe();
    Some(handle)
}

/// What the names mean.
fn describe() {
    use metrics::{Unit, describe_histogram as histogram};
    use metrics::{describe_counter as counter, describe_gauge as gauge};
    counter!("http_requests_total", "requests that were answered");
    counter!("http_response_bytes_total", Unit::Bytes, "bytes of bodies that were sent");
    counter!("http_rate_limited_total", "requests that were refused by a limit");
    histogram!("http_request_duration_seconds", Unit::Seconds, "time until an answer began");
    counter!("password_computations_total", "passwords that were hashed or checked");
    gauge!("http_connections", "connections that are open");
    gauge!("http_rate_limit_buckets", "addresses and users with a bucket in memory");
    gauge!("entities_awake", "entities in memory, by kind");
    gauge!("entity_commands_waiting", "commands that wait for an entity of this node");
    counter!("region_refused_total", "commands that found a full queue, by which one");
    counter!("region_fenced_total", "commands refused because their shard has another owner");
    gauge!("entity_queue_longest", "commands that wait at the entity where most do");
    gauge!("entity_queue_oldest_seconds", Unit::Seconds, "longest that one waits at its entity");
    gauge!("cluster_shards_owned", "shards that this node serves");
    gauge!("cluster_nodes_reached", "nodes that this one is connected with");
    gauge!("cluster_calls_waiting", "requests that wait for an answer of another node");
    counter!("cluster_shards_claimed_total", "shards taken over from nobody or the dead");
    counter!("cluster_shards_moved_total", "shards handed to other nodes");
    counter!("cluster_nodes_ended_total", "nodes that this one has declared dead");
    counter!("cluster_strangers_total", "connections to the cluster's port that led to nothing");
    histogram!("cluster_heartbeat_seconds", Unit::Seconds, "time until a node has answered");
    counter!("actor_failures_total", "actors that failed and are started again, by name");
    counter!("entity_failures_total", "entities that failed");
    gauge!("committer_queue_sets", "change sets that wait for a batch");
    histogram!("committer_batch_sets", "change sets in a batch");
    histogram!("committer_batch_duration_seconds", Unit::Seconds, "time a batch took");
    counter!("committer_sets_total", "change sets by how they ended");
    counter!("committer_fenced_total", "change sets refused because others own their shards");
    gauge!("consumer_lag_events", "events that a consumer has not seen to yet");
    counter!("consumer_events_total", "events that a consumer has seen to");
    counter!("consumer_failures_total", "times that a consumer could not go on");
    gauge!("search_lag_events", "events that searches of this node do not know of yet");
    gauge!("search_lag_seconds", Unit::Seconds, "time that one of them has been waiting");
    gauge!("search_generation", "number of the search index, which grows with each new one");
    gauge!("search_building", "whether a new search index is being built");
    gauge!("search_listings", "listings that can be found");
    gauge!("search_deleted_documents", "documents that are deleted and still take room");
    gauge!("search_segments", "segments that a search looks into");
    gauge!("search_disk_bytes", Unit::Bytes, "what the search index takes on the disk");
    histogram!("search_commit_duration_seconds", Unit::Seconds, "time a commit of it took");
    histogram!("search_reload_duration_seconds", Unit::Seconds, "time until it was seen");
    counter!("search_commits_slowed_total", "commits that waited for merges of segments");
    counter!("search_builds_total", "search indexes that were built, by how that ended");
    gauge!("audit_position_events", "events up to which the auditor has come, of all streams");
    counter!("audit_violations_total", "what the auditor found that must never be");
    gauge!("database_pool_connections", "connections of the pool, by state");
    gauge!("database_pool_waiting", "those who wait for a connection of the pool");
    gauge!("process_resident_memory_bytes", Unit::Bytes, "memory of this process");
    gauge!("process_open_fds", "open files and sockets of this process");
    gauge!("process_threads", "threads of this process");
}

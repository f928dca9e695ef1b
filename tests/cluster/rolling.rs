//! All servers are started anew, one after the other, and no client notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rentezy::clock;

use crate::check::check;
use crate::harness::wait::wait_until;
use crate::history::Record;
use crate::links::NAMES;
use crate::load::{Load, Route};
use crate::nodes::{Cluster, runs};

/// How often it is asked who is ready: twice in the time that a server gives.
const ASK: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_server_is_started_anew() {
    for _ in runs() {
        let mut cluster = Cluster::start().await;
        let ready = Arc::new(NAMES.map(|_| AtomicBool::new(true)).into_iter().collect::<Vec<_>>());
        let balancer = tokio::spawn(balance(&cluster, Arc::clone(&ready)));
        let load = Load::start(&cluster, Route::Ready(Arc::clone(&ready))).await;
        for node in 0..NAMES.len() {
            let began = clock::monotonic();
            let status = cluster.nodes[node].stop();
            assert!(status.success(), "{status}");
            cluster.nodes[node].start_again();
            wait_until("it gets requests again", async || ready[node].load(Ordering::Relaxed))
                .await;
            load.recovers(&format!("restart of {}", NAMES[node]), began, &[0, 1, 2]).await;
            load.flows().await;
        }
        let history = check(&cluster, load).await;
        balancer.abort();
        let failed: Vec<String> =
            history.records.iter().filter(|it| it.was_unknown()).map(Record::to_string).collect();
        assert!(failed.is_empty(), "{} requests failed:\n{}", failed.len(), failed.join("\n"));
    }
}

/// Finds out who is ready, again and again, as a load balancer does.
fn balance(cluster: &Cluster, ready: Arc<Vec<AtomicBool>>) -> impl Future<Output = ()> + use<> {
    let ask: Vec<_> = cluster.nodes.iter().map(|node| node.anonymous()).collect();
    async move {
        loop {
            for (api, ready) in ask.iter().zip(ready.iter()) {
                let answer = api.call(reqwest::Method::GET, "/readyz").try_send().await;
                ready.store(answer.is_ok_and(|it| it.status == 200), Ordering::Relaxed);
            }
            clock::pause(ASK).await;
        }
    }
}

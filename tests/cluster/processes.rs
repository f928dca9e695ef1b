//! A server's process is killed, or stands still for longer than its lease.

use std::time::Duration;

use rentezy::clock;
use rustix::process::Signal;

use crate::check::check;
use crate::harness::server::signal;
use crate::load::{Load, Route};
use crate::nodes::{Cluster, runs};

/// How long a process stands still.
const FROZEN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_killed() {
    for _ in runs() {
        let mut cluster = Cluster::start().await;
        let load = Load::start(&cluster, Route::All).await;
        cluster.nodes[1].kill();
        load.recovers("kill -9 of a server", clock::monotonic(), &[0, 2]).await;
        load.flows().await;
        let began = clock::monotonic();
        cluster.nodes[1].start_again();
        load.recovers("its return", began, &[0, 1, 2]).await;
        cluster.wait_until_ready(1).await;
        check(&cluster, load).await;
    }
}

/// It wakes up as an owner of what others own by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stands_still_and_wakes_up() {
    for _ in runs() {
        let cluster = Cluster::start().await;
        let load = Load::start(&cluster, Route::All).await;
        let before = cluster.living().await;
        let pid = cluster.nodes[1].pid();
        signal(pid, Signal::STOP);
        let stopped = clock::monotonic();
        load.recovers("SIGSTOP of a server", stopped, &[0, 2]).await;
        clock::pause(FROZEN.saturating_sub(stopped.elapsed())).await;
        let woken = clock::monotonic();
        signal(pid, Signal::CONT);
        load.recovers("SIGCONT", woken, &[0, 1, 2]).await;
        cluster.wait_until_reborn(1, &before).await;
        let logged = cluster.nodes[1].logged();
        assert!(logged.contains("this node was found dead by others"), "{logged}");
        let fenced = logged.matches("sets were fenced").count();
        eprintln!("{fenced} batches of the woken server were refused by the fence");
        check(&cluster, load).await;
    }
}

//! Servers that do not reach each other, while all of them reach the database.

use rentezy::clock;

use crate::check::check;
use crate::harness::wait::wait_until;
use crate::load::{Load, Route};
use crate::nodes::{Cluster, runs};

/// The third one passes on what the two want of each other, and nobody is taken for dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_do_not_reach_each_other() {
    for _ in runs() {
        let cluster = Cluster::start_apart().await;
        let load = Load::start(&cluster, Route::All).await;
        let before = cluster.living().await;
        let between = cluster.links.between(0, 1);
        between.hold();
        load.recovers("two servers apart", clock::monotonic(), &[0, 1, 2]).await;
        let sql = cluster.sql().await;
        wait_until("both have said so", async || {
            let query = "select count(*) from cluster_suspicions";
            sql.query_one(query, &[]).await.unwrap().get::<_, i64>(0) >= 2
        })
        .await;
        load.flows().await;
        load.recovers("two servers still apart", clock::monotonic(), &[0, 1, 2]).await;
        let healed = clock::monotonic();
        between.open();
        load.recovers("two servers together again", healed, &[0, 1, 2]).await;
        assert_eq!(cluster.living().await, before, "all of them live on");
        check(&cluster, load).await;
    }
}

/// Two of three agree that the third is to go; it comes back when it can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_not_reach_any_other() {
    for _ in runs() {
        let cluster = Cluster::start_apart().await;
        let load = Load::start(&cluster, Route::All).await;
        let before = cluster.living().await;
        let ways = [cluster.links.between(0, 1), cluster.links.between(1, 2)];
        ways.iter().for_each(|way| way.hold());
        load.recovers("a server apart", clock::monotonic(), &[0, 2]).await;
        assert_ne!(cluster.living().await, before, "the others have ended it");
        let healed = clock::monotonic();
        ways.iter().for_each(|way| way.open());
        load.recovers("a server back among others", healed, &[0, 1, 2]).await;
        cluster.wait_until_reborn(1, &before).await;
        check(&cluster, load).await;
    }
}

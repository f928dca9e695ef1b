//! A server that does not reach the database, a database that crashes, and answers that get lost
//! at the commit.

use rentezy::clock;

use crate::check::check;
use crate::cuts::Side;
use crate::harness::wait::wait_until;
use crate::links::NAMES;
use crate::load::{Load, Route};
use crate::nodes::{Cluster, runs};
use crate::proxy::Switch;

/// What the server sent before it was cut off arrives when others have taken over: the fence
/// refuses it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_stops_answering_a_server() {
    cut_off("database held back", Switch::hold).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_refuses_a_server() {
    cut_off("database cut", Switch::cut).await;
}

async fn cut_off(what: &str, fault: fn(&Switch)) {
    for _ in runs() {
        let cluster = Cluster::start().await;
        let load = Load::start(&cluster, Route::All).await;
        let before = cluster.living().await;
        let way = &cluster.links.to_postgres(1).switch;
        fault(way);
        let cut = clock::monotonic();
        tokio::join!(load.recovers(what, cut, &[0, 2]), says_that_it_cannot(&cluster));
        assert!(!cluster.living().await.contains(&before[1]), "the others have ended it");
        load.flows().await;
        let healed = clock::monotonic();
        way.open();
        load.recovers(&format!("{what} and healed"), healed, &[0, 1, 2]).await;
        cluster.wait_until_reborn(1, &before).await;
        let fenced = cluster.nodes[1].logged().matches("sets were fenced").count();
        eprintln!("{fenced} batches of the server that was cut off were refused by the fence");
        check(&cluster, load).await;
    }
}

/// Waits until a server without a database says that it is not to be asked. What needs no row it
/// still passes on to others.
async fn says_that_it_cannot(cluster: &Cluster) {
    wait_until("it says that it is not ready", async || {
        cluster.nodes[1].anonymous().get("/readyz").await.status == 503
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_crashes() {
    for _ in runs() {
        let cluster = Cluster::start().await;
        let load = Load::start(&cluster, Route::All).await;
        let before = cluster.living().await;
        let crash = clock::monotonic();
        cluster.postgres.crash().await;
        eprintln!("Postgres took connections again {:?} after its crash", crash.elapsed());
        load.recovers("crash of Postgres, once it is back", clock::monotonic(), &[0, 1, 2]).await;
        assert_eq!(cluster.living().await, before, "all servers live on");
        check(&cluster, load).await;
    }
}

/// Neither the server nor its client can know what has become of a booking then. Asked again,
/// it is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_is_lost_at_the_commit() {
    /// Cuts at each server.
    const SIDES: [Side; 6] =
        [Side::After, Side::Before, Side::After, Side::After, Side::Before, Side::After];
    for _ in runs() {
        let cluster = Cluster::start().await;
        let load = Load::start(&cluster, Route::All).await;
        let before = cluster.living().await;
        let cuts = (0..NAMES.len()).map(|node| cluster.links.to_postgres(node).cuts.cut(&SIDES));
        futures_util::future::join_all(cuts).await;
        load.recovers("the last cut at a commit", clock::monotonic(), &[0, 1, 2]).await;
        assert_eq!(cluster.living().await, before, "all servers live on");
        check(&cluster, load).await;
    }
}

//! Servers that are not to share a database, and are pointed at one.

use crate::harness::postgres::folder;
use crate::harness::server::Plan;
use crate::links::{Links, Net};
use crate::nodes::{certificates, plan};
use crate::postgres::Postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_servers_without_a_cluster_the_second_is_sent_away() {
    let (dir, net, postgres) = (folder(), Net::free(), Postgres::start().await);
    certificates(&dir);
    let _links = Links::open(net, 3, &postgres).await;
    let (one, other) = (|| plan(&dir, net, 0), || plan(&dir, net, 1));
    let first = alone(one()).start().await;
    for second in [alone(other()), other()] {
        refused(second, "server a is using this database: stop it first, or set cluster.listen");
    }
    drop(first);
    // Nor is one that is alone let in beside one that is not, or one of the same name.
    let _first = one().start().await;
    refused(alone(other()), "server a is using this database: stop it first");
    refused(other().set("CLUSTER_NAME", "a"), "a server called a is in the cluster already");
}

fn alone(plan: Plan) -> Plan {
    plan.set("CLUSTER_LISTEN", "")
}

/// Starts a server, which ends by itself and says why.
fn refused(plan: Plan, why: &str) {
    let output = plan.run(&["serve"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.lines().last().is_some_and(|last| last.contains(why)), "{said}");
}

//! What servers log about a request that one has of another can be put together.

use crate::harness::postgres::folder;
use crate::harness::wait::{wait_for, wait_until};
use crate::links::{Links, Net};
use crate::nodes::{certificates, plan};
use crate::postgres::Postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_logs_of_who_asks_and_who_is_asked_name_the_same_command() {
    let (dir, net, postgres) = (folder(), Net::free(), Postgres::start().await);
    certificates(&dir);
    let _links = Links::open(net, 2, &postgres).await;
    let start = async |node| plan(&dir, net, node).set("LOG_LEVEL", "debug").start().await;
    let (one, other) = (start(0).await, start(1).await);
    let shared = async || other.metric("cluster_shards_owned").await > 40.0;
    wait_until("both have shards", shared).await;
    let landlord = one.landlord().await;
    wait_for("a home lives at the other, and its commands are named there and here", async || {
        one.home(&landlord, 1, 10_000).await;
        let (asks, asked) = (one.logged(), other.logged());
        let mut named = asked.split("asked{command=").skip(1).filter_map(|it| it.split(' ').next());
        named.any(|it| asks.contains(&format!(" command={it}}}: rentezy::access:"))).then_some(())
    })
    .await;
}

//! Three servers that share a Postgres, with people and homes.

use std::process::Command;

use futures_util::future::join_all;
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::harness::postgres::folder;
use crate::harness::server::{PROGRAM, Plan, World, settings};
use crate::harness::shop::{Home, User};
use crate::harness::wait::wait_until;
use crate::links::{Links, NAMES, Net};
use crate::postgres::Postgres;

/// How many homes there are: a third of them lives at each server, more or less.
pub(crate) const HOMES: usize = 24;
/// How many tenants there are.
const CROWD: usize = 60;

/// The servers. Everything of them ends with them.
pub(crate) struct Cluster {
    /// The servers.
    pub(crate) nodes: Vec<World>,
    /// The ways between them.
    pub(crate) links: Links,
    /// Their Postgres.
    pub(crate) postgres: Postgres,
    /// Who asks them.
    pub(crate) crowd: Vec<User>,
    /// What is asked for.
    pub(crate) homes: Vec<Home>,
    /// Their addresses.
    pub(crate) net: Net,
    dir: TempDir,
}

/// How often each fault is tried.
pub(crate) fn runs() -> std::ops::Range<usize> {
    let set = std::env::var("RENTEZY_CLUSTER_RUNS").ok();
    0..set.map_or(1, |runs| runs.parse().expect("RENTEZY_CLUSTER_RUNS is a number"))
}

/// What a server needs to be one of several: the folder has their certificates.
pub(crate) fn plan(dir: &TempDir, net: Net, node: usize) -> Plan {
    let file = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let name = NAMES[node];
    World::plan()
        .database(&format!("postgres://rentezy@{}/rentezy", net.postgres(node)))
        .set("SERVER_LISTEN", net.http(node))
        .set("SERVER_SECRET", "a secret of thirty-two letters at least")
        .set("OPERATOR_LISTEN", net.operator(node))
        .set("BLOBS_FOLDER", file("blobs"))
        .set("PAYMENTS_SANDBOX_FOLDER", file("sandbox"))
        .set("CLUSTER_NAME", name)
        .set("CLUSTER_LISTEN", net.cluster(node))
        .set("CLUSTER_CERTIFICATE", file(&format!("certs/{name}.pem")))
        .set("CLUSTER_KEY", file(&format!("certs/{name}-key.pem")))
        .set("CLUSTER_AUTHORITY", file("certs/authority.pem"))
        .set("CLUSTER_LEAVE_S", 1)
        .set("BOOKINGS_HOLD_SECONDS", 1200)
}

/// Makes certificates of an authority of their own in a folder.
pub(crate) fn certificates(dir: &TempDir) {
    let mut command = Command::new(PROGRAM);
    settings(&mut command);
    let made = command.arg("certs").arg(dir.path().join("certs")).args(NAMES).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

impl Cluster {
    /// Servers that reach each other without a detour.
    pub(crate) async fn start() -> Self {
        Self::start_with(false).await
    }

    /// Servers between which the ways can be cut. None of them may be killed, see
    /// [`Links::open_between`].
    pub(crate) async fn start_apart() -> Self {
        Self::start_with(true).await
    }

    async fn start_with(apart: bool) -> Self {
        let (dir, net, postgres) = (folder(), Net::free(), Postgres::start().await);
        certificates(&dir);
        let mut links = Links::open(net, NAMES.len(), &postgres).await;
        if apart {
            links.open_between().await;
        }
        let mut nodes = Vec::new();
        for node in 0..NAMES.len() {
            let plan = plan(&dir, net, node);
            let advertised = net.advertised(node);
            let plan = if apart { plan.set("CLUSTER_ADVERTISE", advertised) } else { plan };
            nodes.push(plan.start().await);
        }
        let landlord = nodes[0].landlord().await;
        let homes = (0..HOMES).map(|number| nodes[number % NAMES.len()].home(&landlord, 1, 10_000));
        let homes = join_all(homes).await;
        let crowd = nodes[0].crowd(CROWD).await;
        let cluster = Self { nodes, links, postgres, crowd, homes, net, dir };
        cluster.wait_until_shared().await;
        cluster
    }

    /// The folder of their certificates and of what they share.
    pub(crate) fn dir(&self) -> &TempDir {
        &self.dir
    }

    /// A connection to their database that nothing stands in the way of.
    pub(crate) async fn sql(&self) -> Client {
        self.postgres.sql().await
    }

    /// Waits until a server says that it is ready.
    pub(crate) async fn wait_until_ready(&self, node: usize) {
        let name = NAMES[node];
        wait_until(&format!("server {name} is ready"), async || self.is_ready(node).await).await;
    }

    /// Whether a server says that it is ready.
    pub(crate) async fn is_ready(&self, node: usize) -> bool {
        let call = self.nodes[node].anonymous().call(reqwest::Method::GET, "/readyz");
        call.try_send().await.is_ok_and(|answer| answer.status == 200)
    }

    /// Waits until every server has a good part of the shards.
    async fn wait_until_shared(&self) {
        let sql = self.sql().await;
        let query = "select count(*) from (select 1 from shards s join cluster_nodes n
            on n.incarnation = s.owner and n.state = 'active' group by owner having count(*) > 40) x";
        wait_until("every server has shards", async || {
            let row = sql.query_one(query, &[]).await.unwrap();
            row.get::<_, i64>(0) == i64::try_from(NAMES.len()).unwrap()
        })
        .await;
    }

    /// The servers that live, by their names, with their numbers.
    pub(crate) async fn living(&self) -> Vec<(String, i64)> {
        let query = "select name, incarnation from cluster_nodes
            where state in ('joining', 'active', 'draining') order by name";
        let rows = self.sql().await.query(query, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Waits until a server has come back as another one.
    pub(crate) async fn wait_until_reborn(&self, node: usize, before: &[(String, i64)]) {
        let name = NAMES[node];
        wait_until(&format!("server {name} has begun anew"), async || {
            let now = self.living().await;
            now.iter().any(|it| it.0 == name && !before.contains(it))
        })
        .await;
        self.wait_until_ready(node).await;
    }
}

//! The parts by which servers work together, in the order in which they are started.

use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use crate::actors::cluster::gateway::{self, OnNotice};
use crate::actors::cluster::joining;
use crate::actors::cluster::membership::{self, Membership, Standing};
use crate::actors::cluster::ownership::{Ownership, Route};
use crate::actors::cluster::peers::Peers;
use crate::actors::cluster::placement::{self, Placement};
use crate::actors::cluster::region::{Limits, Region};
use crate::actors::cluster::transport::{self, Identity, Listener, Transport};
use crate::actors::cluster::wire::Notice;
use crate::actors::consumer::Consumers;
use crate::actors::property;
use crate::actors::replayer::Replayer;
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock;
use crate::config::{self, Config};
use crate::domain::entity::Shard;
use crate::domain::membership::{Incarnation, Node, NodeState};
use crate::storage::pool::Database;
use crate::storage::sqlstate::StorageError;
use crate::storage::{cluster, facts, shards};

/// How long a start waits for its shards, and how often it looks.
const PLACED_WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);

/// This server among others, or alone with its database.
#[derive(Debug)]
pub struct Cluster {
    /// Who is there.
    pub membership: Membership,
    /// Who owns what.
    pub ownership: Ownership,
    /// Whom this server can reach.
    pub peers: Peers,
    database: Database,
    name: String,
    listener: Option<(Listener, Identity)>,
    transport: Option<Transport>,
}

impl Cluster {
    /// Joins: from now on this server has a lease, and owns nothing yet.
    pub(super) async fn join(
        root: &Root,
        config: &Config,
        database: &Database,
    ) -> Result<Self, StartError> {
        let settings = &config.cluster;
        let listener = match settings.listen {
            Some(listen) => Some((Listener::bind(listen)?, Identity::read(settings)?)),
            None => None,
        };
        let address = listener.as_ref().map(|(listener, _)| match settings.advertise.as_str() {
            "" => listener.address.to_string(),
            told => told.to_owned(),
        });
        shards::check_count(&database.connect("").await?).await?;
        let name = settings.node_name();
        let me: Incarnation = joining::join(database, &name, address).await?;
        let (ownership, peers) = (Ownership::new(me), Peers::new(me));
        let around = membership::Surroundings {
            database: database.clone(),
            ownership: ownership.clone(),
            peers: peers.clone(),
        };
        let membership = Membership::start(root, around).await?;
        let database = database.clone();
        Ok(Self { membership, ownership, peers, database, name, listener, transport: None })
    }

    /// The way to entities, at this server and, when there can be others, at theirs.
    pub(super) fn region(
        &self,
        around: property::Surroundings,
        root: &Root,
        limits: &config::Limits,
    ) -> Region {
        let others = self.listener.is_some().then(|| self.peers.clone());
        let limits = Limits {
            entity_queue: limits.entity_queue,
            node_queue: limits.node_queue,
            idle: limits.idle(),
            entities_max: limits.entities_max,
        };
        Region::new(self.ownership.clone(), others, Arc::new(around), root.cell(), limits)
    }

    /// Connects with the others, and waits until this server has its shards.
    pub(super) async fn open(
        &mut self,
        root: &Root,
        region: &Region,
        news: News,
    ) -> Result<(), StartError> {
        let around = placement::Surroundings {
            database: self.database.clone(),
            membership: self.membership.clone(),
            ownership: self.ownership.clone(),
            peers: self.peers.clone(),
            region: region.clone(),
        };
        let placement = placement::start(root, around).await?;
        if let Some((listener, identity)) = self.listener.take() {
            let told = news.to(&self.membership, &placement, &self.ownership);
            gateway::start(root, region.clone(), told).await?;
            let around = transport::Surroundings {
                name: self.name.clone(),
                // What tells this cluster from others is its database.
                cookie: facts::identity(&self.database.connect("").await?).await?,
                identity,
                peers: self.peers.clone(),
                membership: self.membership.clone(),
            };
            self.transport = Some(Transport::start(listener, around).await?);
        }
        if clock::within(PLACED_WAIT, self.placed()).await.is_err() {
            tracing::warn!("not all shards have an owner yet");
        }
        Ok(())
    }

    /// Waits until this server serves and every shard has an owner that it knows.
    async fn placed(&self) {
        self.membership.admitted().await;
        let nowhere = |shard| self.ownership.route(shard) == Route::Nowhere;
        while Shard::all().any(nowhere) {
            clock::pause(POLL).await;
        }
    }

    /// Waits until others have found this server dead.
    pub async fn outlived(&self) {
        // When membership has ended, so has the server.
        self.membership.standing().wait_for(|now| *now == Standing::Out).await.ok();
    }

    /// Hands all shards over, if there is anybody to take them, within `limit`.
    pub async fn drain(&self, limit: Duration) {
        let me = self.ownership.me();
        let others = |node: &Node| node.incarnation != me && node.state == NodeState::Active;
        if !self.membership.view().nodes.iter().any(others) {
            return;
        }
        self.membership.drain();
        let mine = |shard| self.ownership.owner(shard).owner == Some(me);
        let handed = async {
            while Shard::all().any(mine) {
                clock::pause(POLL).await;
            }
        };
        if clock::within(limit, handed).await.is_err() {
            tracing::warn!("not all shards were handed over in time");
        }
    }

    /// Leaves, and ends all connections. What was not handed over can be claimed at once.
    pub async fn leave(self) {
        if let Err(error) = self.leave_rows().await {
            tracing::warn!(%error, "others are not told that this server leaves");
        }
        self.peers.tell_all(Notice::Members);
        self.ownership.end();
        if let Some(transport) = self.transport {
            transport.stop().await;
        }
    }

    async fn leave_rows(&self) -> Result<(), StorageError> {
        let client = self.database.connect("").await?;
        cluster::end(&client, self.ownership.me(), NodeState::Left).await?;
        Ok(())
    }
}

/// Who is told what other nodes have to say.
#[derive(Debug, Clone)]
pub(super) struct News {
    pub(super) tail: Tail,
    pub(super) consumers: Consumers,
    pub(super) replayer: Replayer,
}

impl News {
    fn to(self, membership: &Membership, placement: &Placement, ownership: &Ownership) -> OnNotice {
        let (membership, placement, ownership) =
            (membership.clone(), placement.clone(), ownership.clone());
        Arc::new(move |notice| match notice {
            Notice::Moved(moved) => {
                let rows: Vec<_> = moved
                    .into_iter()
                    .map(|(shard, owner, epoch)| shards::Owned { shard, owner: Some(owner), epoch })
                    .collect();
                ownership.learn(&rows);
            }
            Notice::Grown(heads) => self.tail.heard(heads),
            Notice::Look(consumer, stream) => self.consumers.heard(&consumer, stream),
            Notice::Replays => self.replayer.heard(),
            Notice::Members => {
                membership.look();
                placement.look();
            }
        })
    }
}

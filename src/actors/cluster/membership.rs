//! This node's place in the cluster: it renews the lease, reads who else is there and who owns
//! what, and sees to those who are gone. It has a connection of its own, so that nothing else
//! can make it late.
//!
//! A node that cannot renew takes itself for no owner after six seconds, counted from when its
//! last renewal was *sent*, on its own monotonic clock. One that finds itself dead has to end:
//! it comes back as another incarnation.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::watch;
use tokio_postgres::Client;

use super::ownership::Ownership;
use super::peers::Peers;
use super::transport;
use super::wire::Notice;
use crate::actors::root::{Mailbox, Root};
use crate::clock;
use crate::domain::membership::{Incarnation, Node, NodeState, is_outvoted, may_serve};
use crate::storage::cluster;
use crate::storage::pool::Database;
use crate::storage::shards;
use crate::storage::sqlstate::StorageError;

/// How long a lease runs from its renewal, by the database's clock.
pub const LEASE: Duration = Duration::from_secs(8);
/// After how long without one this node owns nothing, by its own clock.
const FENCE: Duration = Duration::from_secs(6);
/// How often the lease is renewed.
pub(super) const RENEW: Duration = Duration::from_secs(2);
/// Another node with less left of its lease has missed a renewal.
const OVERDUE: Duration = Duration::from_secs(4);
/// The pause after a renewal that failed.
pub(super) const RETRY: Duration = Duration::from_millis(200);
/// How long another node may be out of reach before this one says so.
const SUSPECT: Duration = Duration::from_secs(5);
/// How often it is tried whether a node that was lost is gone, and the pause in between.
const PROBES: u32 = 40;
const PROBE: Duration = Duration::from_millis(25);
/// How long a node that joins waits for all others.
const JOIN: Duration = Duration::from_secs(5);
/// What the session may wait for: it must be over before the next renewal is due.
pub(super) const SESSION: &str = "-c statement_timeout=1500ms -c lock_timeout=1s";

/// Who is there, as the rows last said.
#[derive(Debug, Default)]
pub struct View {
    /// Those that live.
    pub nodes: Vec<Node>,
}

impl View {
    /// A node by its number.
    #[must_use]
    pub fn node(&self, incarnation: Incarnation) -> Option<&Node> {
        self.nodes.iter().find(|node| node.incarnation == incarnation)
    }
}

/// How this node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It takes part.
    In(NodeState),
    /// It was found dead by others and has to end.
    Out,
}

/// The way to this node's membership.
#[derive(Debug, Clone)]
pub struct Membership {
    mailbox: Mailbox<Msg>,
    view: Arc<ArcSwap<View>>,
    standing: watch::Receiver<Standing>,
}

/// What membership stands on.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For a connection of its own.
    pub database: Database,
    /// What is told to it.
    pub ownership: Ownership,
    /// Whom this node can reach.
    pub peers: Peers,
}

impl Membership {
    /// Starts renewing the lease of `ownership`'s node, which has just joined.
    ///
    /// # Errors
    /// When the runtime refuses.
    pub async fn start(root: &Root, around: Surroundings) -> Result<Self, ActorProcessingErr> {
        let view = Arc::new(ArcSwap::from_pointee(View::default()));
        let (tell, standing) = watch::channel(Standing::In(NodeState::Joining));
        let (seen, tell) = (Arc::clone(&view), Arc::new(tell));
        around.ownership.leased(clock::monotonic(), FENCE);
        let make = move || (Keeper, (around.clone(), Arc::clone(&seen), Arc::clone(&tell)));
        let mailbox = root.adopt("membership", make).await?;
        Ok(Self { mailbox, view, standing })
    }

    /// Who is there.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// How this node stands, and whenever that changes.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// Has the rows read now: something has changed.
    pub fn look(&self) {
        self.mailbox.send(Msg::Look);
    }

    /// A node's session has ended. If its process is gone it is dead; if not, it may come back.
    pub fn disconnected(&self, peer: Incarnation) {
        self.mailbox.send(Msg::Disconnected(peer));
    }

    /// Has this node hand its shards over.
    pub fn drain(&self) {
        self.mailbox.send(Msg::Drain);
    }

    /// Waits until this node serves, or has ended.
    pub async fn admitted(&self) {
        let mut standing = self.standing.clone();
        // The sender lives as long as the actor; without it nobody waits either.
        standing.wait_for(|now| *now != Standing::In(NodeState::Joining)).await.ok();
    }
}

enum Msg {
    /// Renew the lease, and again after the pause.
    Renew,
    /// Read the rows.
    Look,
    /// A session with another node has ended.
    Disconnected(Incarnation),
    /// It was tried to reach a node whose session has ended: it refused, so nobody is there.
    Gone(Incarnation),
    /// Leave in order.
    Drain,
}

impl ractor::Message for Msg {}

struct Keeper;

struct State {
    around: Surroundings,
    me: Incarnation,
    client: Option<Client>,
    view: Arc<ArcSwap<View>>,
    standing: Arc<watch::Sender<Standing>>,
    began: Instant,
    /// Whether another node has not renewed its lease in time.
    overdue: bool,
    /// Since when each other node has been out of reach.
    unreached: HashMap<Incarnation, Instant>,
    /// When this node has ended others, each at most once in the time of a lease.
    ended: HashMap<Incarnation, Instant>,
    draining: bool,
}

type Arguments = (Surroundings, Arc<ArcSwap<View>>, Arc<watch::Sender<Standing>>);

impl Actor for Keeper {
    type Msg = Msg;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        (around, view, standing): Arguments,
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Renew)?;
        Ok(State {
            me: around.ownership.me(),
            around,
            client: None,
            view,
            standing,
            began: clock::monotonic(),
            overdue: false,
            unreached: HashMap::new(),
            ended: HashMap::new(),
            draining: false,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Renew => {
                // A way to the database that hangs must not hold up the next attempt.
                let renewed = clock::within(RENEW, state.renew()).await;
                let pause = match renewed.unwrap_or(Err(StorageError::Unreachable(None))) {
                    Ok(true) if state.is_settled() => RENEW,
                    Ok(true) => RETRY,
                    Ok(false) => {
                        tracing::error!(node = %state.me, "this node was found dead by others");
                        state.around.ownership.end();
                        state.standing.send_replace(Standing::Out);
                        return Ok(());
                    }
                    Err(error) => {
                        tracing::warn!(%error, "lease cannot be renewed");
                        state.client = None;
                        RETRY
                    }
                };
                tokio::spawn(async move {
                    clock::pause(pause).await;
                    // When the node has stopped it needs no lease.
                    myself.cast(Msg::Renew).ok();
                });
            }
            Msg::Look => state.log_failure("rows cannot be read", State::look).await,
            Msg::Disconnected(peer) => {
                state.probe(&myself, peer);
                // From now on it is out of reach.
                state.log_failure("rows cannot be read", State::look).await;
            }
            Msg::Gone(peer) => state.gone(peer).await,
            Msg::Drain => {
                state.draining = true;
                state.log_failure("this node cannot leave yet", State::advance).await;
            }
        }
        Ok(())
    }
}

impl State {
    /// Whether nothing is about to change, so that the rows need no closer look.
    fn is_settled(&self) -> bool {
        if self.overdue || !self.unreached.is_empty() {
            return false;
        }
        let wanted = if self.draining { NodeState::Draining } else { NodeState::Active };
        *self.standing.borrow() == Standing::In(wanted)
    }

    async fn log_failure(
        &mut self,
        what: &str,
        work: impl AsyncFnOnce(&mut Self) -> Result<(), StorageError>,
    ) {
        if let Err(error) = work(self).await {
            tracing::warn!(%error, "{what}");
            self.client = None;
        }
    }

    async fn connect(&mut self) -> Result<(), StorageError> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = Some(self.around.database.connect(SESSION).await?);
        }
        Ok(())
    }

    fn client(&self) -> Result<&Client, StorageError> {
        self.client.as_ref().ok_or(StorageError::Unreachable(None))
    }

    /// Renews the lease, then reads and settles what there is; whether this node lives.
    async fn renew(&mut self) -> Result<bool, StorageError> {
        self.connect().await?;
        let sent = clock::monotonic();
        let renewed = cluster::renew(self.client()?, self.me, LEASE).await?;
        let Some(row) = renewed else { return Ok(false) };
        self.around.ownership.leased(sent, FENCE);
        self.draining |= row == NodeState::Draining;
        self.standing.send_if_modified(|now| {
            let news = *now != Standing::In(row);
            *now = Standing::In(row);
            news
        });
        cluster::expire(self.client()?).await?;
        self.look().await?;
        self.suspect().await?;
        self.advance().await?;
        Ok(true)
    }

    /// Reads who is there and who owns what.
    async fn look(&mut self) -> Result<(), StorageError> {
        self.connect().await?;
        let client = self.client()?;
        let (living, owned) = tokio::try_join!(cluster::living(client), shards::table(client))?;
        self.overdue = living.iter().any(|other| other.lease_left < OVERDUE);
        let nodes: Vec<Node> = living.into_iter().map(|living| living.node).collect();
        let now = clock::monotonic();
        let reached = self.around.peers.reached();
        self.unreached.retain(|node, _| {
            !reached.contains(node) && nodes.iter().any(|other| other.incarnation == *node)
        });
        for node in nodes.iter().filter(|node| node.incarnation != self.me) {
            if !reached.contains(&node.incarnation) {
                self.unreached.entry(node.incarnation).or_insert(now);
            }
        }
        self.around.peers.known(&nodes);
        self.view.store(Arc::new(View { nodes }));
        self.around.ownership.learn(&owned);
        Ok(())
    }

    /// Takes the next step of this node's life.
    async fn advance(&mut self) -> Result<(), StorageError> {
        let Standing::In(now) = *self.standing.borrow() else { return Ok(()) };
        let view = self.view.load_full();
        let waited = self.began.elapsed() > JOIN;
        let reached: HashSet<_> = self.around.peers.reached();
        let next = match now {
            NodeState::Joining if self.draining => NodeState::Draining,
            NodeState::Joining if may_serve(self.me, &reached, &view.nodes, waited) => {
                NodeState::Active
            }
            NodeState::Active if self.draining => NodeState::Draining,
            _ => return Ok(()),
        };
        self.connect().await?;
        if cluster::step(self.client()?, self.me, now, next).await? {
            tracing::info!(node = %self.me, state = next.name(), "this node's state");
            self.look().await?;
            self.standing.send_replace(Standing::In(next));
            self.around.peers.tell_all(Notice::Members);
        }
        Ok(())
    }

    /// Says whom this node has not reached for long, and ends who was outvoted.
    async fn suspect(&mut self) -> Result<(), StorageError> {
        let long: Vec<_> = self
            .unreached
            .iter()
            .filter(|(_, since)| since.elapsed() > SUSPECT)
            .map(|(node, _)| *node)
            .collect();
        for peer in long {
            let voters = cluster::suspect(self.client()?, peer, self.me).await?;
            let view = self.view.load_full();
            if is_outvoted(peer, &voters, &view.nodes) {
                self.kill(peer, "out of reach for several").await?;
            }
        }
        Ok(())
    }

    /// Tries whether anybody is where a node was.
    fn probe(&self, myself: &ActorRef<Msg>, peer: Incarnation) {
        let view = self.view.load_full();
        let address = view.node(peer).and_then(|node| node.address.clone());
        let (Some(address), myself) = (address, myself.clone()) else { return };
        let peers = self.around.peers.clone();
        tokio::spawn(async move {
            // A process that ends closes its connections one after the other, the listener last.
            for _ in 0..PROBES {
                if peers.reached().contains(&peer) {
                    return;
                }
                if transport::is_refused(&address).await {
                    // When the node has stopped it is of no use.
                    myself.cast(Msg::Gone(peer)).ok();
                    return;
                }
                clock::pause(PROBE).await;
            }
        });
    }

    async fn gone(&mut self, peer: Incarnation) {
        let kill = async |state: &mut Self| {
            state.connect().await?;
            state.kill(peer, "nobody listens where it was").await
        };
        self.log_failure("a node that is gone cannot be ended", kill).await;
    }

    /// Ends another node, at most once in the time of a lease.
    async fn kill(&mut self, peer: Incarnation, why: &str) -> Result<(), StorageError> {
        self.ended.retain(|_, at| at.elapsed() < LEASE);
        if self.ended.contains_key(&peer) || !self.around.ownership.is_leased() {
            return Ok(());
        }
        self.ended.insert(peer, clock::monotonic());
        if cluster::end(self.client()?, peer, NodeState::Dead).await? {
            tracing::warn!(node = %peer, why, "node ended");
            metrics::counter!("cluster_nodes_ended_total").increment(1);
        }
        self.look().await?;
        self.around.peers.tell_all(Notice::Members);
        Ok(())
    }
}

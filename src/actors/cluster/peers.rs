//! The other nodes that this one is connected with: asks one, tells all. What waits for a node
//! has limits, since the way to it has none of its own.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use ractor::rpc::CallResult;
use ractor::{ActorCell, ActorRef};
use ractor_cluster::NodeSessionMessage;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::gateway::Msg;
use super::wire::{self, Envelope, Notice, Reply};
use crate::clock;
use crate::domain::membership::{Incarnation, Node};

/// Calls that may wait for one node.
const CALLS_MAX: usize = 4_096;
/// Bytes that may be on their way to one node.
const BYTES_MAX: usize = 64 << 20;
/// How often a node is asked whether it is there.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// Heartbeats without an answer after which its session is ended.
const MISSES_MAX: u32 = 3;
/// How long one call may take. What takes longer is asked again, under the same id.
const CALL: Duration = Duration::from_millis(1_500);

/// How a call ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReplied {
    /// It was not sent.
    NotSent,
    /// It may or may not have arrived.
    Unknown,
}

/// The connected nodes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Peers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    me: Incarnation,
    connected: RwLock<HashMap<Incarnation, Peer>>,
    known: watch::Sender<Vec<Node>>,
}

#[derive(Debug, Clone)]
struct Peer {
    gateway: ActorRef<Msg>,
    session: ActorRef<NodeSessionMessage>,
    calls: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

impl Peers {
    /// Connected with nobody.
    #[must_use]
    pub fn new(me: Incarnation) -> Self {
        let known = watch::Sender::new(Vec::new());
        Self(Arc::new(Inner { me, connected: RwLock::default(), known }))
    }

    /// Which nodes this one is connected with.
    #[must_use]
    pub fn reached(&self) -> HashSet<Incarnation> {
        self.connected().keys().copied().collect()
    }

    /// How many calls wait for each connected node.
    #[must_use]
    pub fn waiting(&self) -> Vec<(Incarnation, usize)> {
        let waiting = |peer: &Peer| CALLS_MAX.saturating_sub(peer.calls.available_permits());
        self.connected().iter().map(|(node, peer)| (*node, waiting(peer))).collect()
    }

    /// These nodes live; whoever dials is told.
    pub(super) fn known(&self, nodes: &[Node]) {
        self.0.known.send_if_modified(|known| {
            let news = known != nodes;
            if news {
                *known = nodes.to_vec();
            }
            news
        });
    }

    /// The nodes that live, and whenever they change.
    pub(super) fn watch_known(&self) -> watch::Receiver<Vec<Node>> {
        self.0.known.subscribe()
    }

    /// Asks a node, or when it cannot be reached another one to ask it.
    ///
    /// # Errors
    /// [`NotReplied`].
    pub async fn ask(&self, node: Incarnation, envelope: Envelope) -> Result<Reply, NotReplied> {
        let peer = match self.peer(node) {
            Some(peer) => peer,
            // Whoever sends it on to nobody but the owner, so it does not wander.
            None if envelope.hops == 0 => self.any().ok_or(NotReplied::NotSent)?,
            None => return Err(NotReplied::NotSent),
        };
        let envelope = Envelope { hops: envelope.hops.saturating_add(1), ..envelope };
        let bytes = match wire::encode(&envelope) {
            Ok(bytes) => bytes,
            Err(reply) => return Ok(reply),
        };
        let _places = peer.admit(bytes.len()).ok_or(NotReplied::NotSent)?;
        let called = peer.gateway.call(|reply| Msg::Ask(bytes, reply), Some(CALL)).await;
        match called {
            Ok(CallResult::Success(bytes)) => {
                Ok(serde_json::from_slice(&bytes).unwrap_or(Reply::Unknown))
            }
            Ok(CallResult::Timeout | CallResult::SenderError) => Err(NotReplied::Unknown),
            Err(_) => Err(NotReplied::NotSent),
        }
    }

    /// Tells all connected nodes, of whom each may miss it.
    pub fn tell_all(&self, notice: Notice) {
        let Some(bytes) = wire::encode_notice(notice) else { return };
        for peer in self.connected().values() {
            if let Some(_places) = peer.admit(bytes.len())
                && let Err(error) = peer.gateway.cast(Msg::Tell(bytes.clone()))
            {
                tracing::debug!(%error, "notice to a node that is gone");
            }
        }
    }

    /// A session has come about; `gateway` is its other end.
    pub(super) fn connect(
        &self,
        node: Incarnation,
        gateway: ActorCell,
        session: ActorRef<NodeSessionMessage>,
    ) {
        let peer = Peer {
            gateway: gateway.into(),
            session,
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            bytes: Arc::new(Semaphore::new(BYTES_MAX)),
        };
        tracing::info!(%node, "connected with a node");
        self.0.connected.write().unwrap_or_else(PoisonError::into_inner).insert(node, peer.clone());
        tokio::spawn(listen_to_heart(node, peer));
    }

    /// A session has ended; whether the node is out of reach now.
    pub(super) fn disconnect(
        &self,
        node: Incarnation,
        session: &ActorRef<NodeSessionMessage>,
    ) -> bool {
        let mut connected = self.0.connected.write().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            connected.get(&node).is_some_and(|peer| peer.session.get_id() == session.get_id());
        if is_it {
            connected.remove(&node);
        }
        is_it
    }

    fn connected(&self) -> RwLockReadGuard<'_, HashMap<Incarnation, Peer>> {
        self.0.connected.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn peer(&self, node: Incarnation) -> Option<Peer> {
        self.connected().get(&node).cloned()
    }

    fn any(&self) -> Option<Peer> {
        let connected = self.connected();
        let peers: Vec<_> = connected.values().collect();
        fastrand::choice(peers).cloned()
    }

    /// This node.
    #[must_use]
    pub fn me(&self) -> Incarnation {
        self.0.me
    }
}

impl Peer {
    fn admit(&self, bytes: usize) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let call = Arc::clone(&self.calls).try_acquire_owned().ok()?;
        let bytes = u32::try_from(bytes).ok()?;
        Some((call, Arc::clone(&self.bytes).try_acquire_many_owned(bytes).ok()?))
    }
}

/// Ends a session whose other end is silent: what waits for it is over then, and not only when
/// the system gives the connection up.
async fn listen_to_heart(node: Incarnation, peer: Peer) {
    let mut misses = 0;
    while misses < MISSES_MAX {
        let asked = clock::monotonic();
        let beat = peer.gateway.call(Msg::Ping, Some(HEARTBEAT)).await;
        match beat {
            Ok(CallResult::Success(())) => misses = 0,
            Ok(_) => misses += 1,
            Err(_) => return,
        }
        metrics::histogram!("cluster_heartbeat_seconds").record(asked.elapsed().as_secs_f64());
        clock::pause(HEARTBEAT.saturating_sub(asked.elapsed())).await;
    }
    tracing::warn!(%node, "node does not answer, its session is ended");
    peer.session.stop(Some("no heartbeat".to_owned()));
}

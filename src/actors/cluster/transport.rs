//! The connections between nodes: our own listener and dialer, mutual TLS on both, and the
//! sessions of `ractor_cluster` on top. Certificates of one authority say who belongs to the
//! cluster; the cookie only tells one cluster from another.
//!
//! Of two nodes the newer one dials, so that there is never a second session to choose from.
//! A node's name there holds its incarnation: a restarted server is another node.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ractor::{Actor, ActorCell, ActorId, ActorRef};
use ractor_cluster::node::NodeConnectionMode;
use ractor_cluster::{
    BoxRead, BoxWrite, ClusterBidiStream, IncomingEncryptionMode, NodeEventSubscription,
    NodeServer, NodeServerMessage, node::NodeServerSessionInformation,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{ResolvesServerCertUsingSni, WebPkiClientVerifier};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::gateway::GROUP;
use super::membership::Membership;
use super::peers::Peers;
use super::wire;
use crate::clock;
use crate::config;
use crate::domain::membership::{Incarnation, Node};
use crate::listening;

/// The name that every certificate has to be valid for.
pub const SERVER_NAME: &str = "rentezy-cluster";

/// How long a stranger may take to show who it is.
const HANDSHAKE: Duration = Duration::from_secs(3);
/// Strangers at the same time; further ones are closed at once.
const STRANGERS_MAX: usize = 64;
/// The pause between two attempts to reach a node.
const REDIAL: Duration = Duration::from_millis(100);
const REDIAL_MAX: Duration = Duration::from_secs(2);
/// The largest frame: a message of ours, and what is laid around it.
const FRAME_MAX: u64 = 2 * wire::BYTES_MAX as u64;
/// How long it is looked for the other end's gateway, which comes with the first state.
const GATEWAY_TRIES: u32 = 50;
/// When the system takes a connection for dead whose bytes nobody acknowledges.
const USER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the way to other nodes cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address cannot be listened on.
    #[error("cannot listen for other servers on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// A file of a certificate cannot be used.
    #[error("{0}: {1}")]
    Certificate(String, String),
    /// An actor did not start.
    #[error("way to other servers cannot be opened: {0}")]
    Start(#[from] ractor::SpawnErr),
}

/// The certificates of this node, checked.
#[derive(Clone)]
pub struct Identity {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Identity {
    /// Reads the certificates of the settings.
    ///
    /// # Errors
    /// [`TransportError::Certificate`].
    pub fn read(settings: &config::Cluster) -> Result<Self, TransportError> {
        let path = |file: &Option<std::path::PathBuf>| file.clone().unwrap_or_default();
        let (file, key) = (path(&settings.certificate), path(&settings.key));
        let chain = certificates(&file)?;
        let key = || PrivateKeyDer::from_pem_file(&key).map_err(|error| wrong(&key, &error));
        let mut roots = RootCertStore::empty();
        let authority = path(&settings.authority);
        for root in certificates(&authority)? {
            roots.add(root).map_err(|error| wrong(&authority, &error))?;
        }
        let roots = Arc::new(roots);
        let verifier = WebPkiClientVerifier::builder(Arc::clone(&roots))
            .build()
            .map_err(|error| wrong(&authority, &error))?;
        let server = ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.clone(), key()?)
            .map_err(|error| wrong(&file, &error))?;
        let client = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key()?)
            .map_err(|error| wrong(&file, &error))?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
        })
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let read = CertificateDer::pem_file_iter(file).map_err(|error| wrong(file, &error))?;
    let all: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| wrong(file, &error))?;
    if all.is_empty() { Err(wrong(file, &"has no certificate")) } else { Ok(all) }
}

fn wrong(file: &Path, error: &dyn std::fmt::Display) -> TransportError {
    TransportError::Certificate(file.display().to_string(), error.to_string())
}

/// A listener for other nodes, bound before anything is told about it.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Listener {
    /// Binds it.
    ///
    /// # Errors
    /// [`TransportError::Listen`].
    pub fn bind(listen: SocketAddr) -> Result<Self, TransportError> {
        let refused = |error| TransportError::Listen(listen, error);
        let socket = listening::listen(listen).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        Ok(Self { socket, address })
    }
}

/// What the connections stand on.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// This node's name.
    pub name: String,
    /// Tells one cluster from another.
    pub cookie: String,
    /// Who this node is to others.
    pub identity: Identity,
    /// What is told of sessions.
    pub peers: Peers,
    /// What is told of their ends.
    pub membership: Membership,
}

/// The connections; they end when it is stopped.
#[derive(Debug)]
pub struct Transport {
    server: ActorRef<NodeServerMessage>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Transport {
    /// Starts listening and dialing. The gateway has to be there already: a session tells its
    /// other end what there is when it begins.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn start(listener: Listener, around: Surroundings) -> Result<Self, TransportError> {
        let name = format!("{}.{}", around.name, around.peers.me());
        // It opens a listener of its own whatever one does. That one is on loopback, has no
        // certificate to show, and so takes nobody in.
        let nobody = ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
        let node = NodeServer::new(
            0,
            around.cookie.clone(),
            name,
            "rentezy".to_owned(),
            Some(IncomingEncryptionMode::Tls(TlsAcceptor::from(Arc::new(nobody)))),
            Some(NodeConnectionMode::Isolated),
        )
        .with_listen_addr(std::net::Ipv4Addr::LOCALHOST.into())
        .with_max_inbound_frame_size(FRAME_MAX);
        let (server, _) = Actor::spawn(None, node, ()).await?;
        let events = Events { peers: around.peers.clone(), membership: around.membership.clone() };
        let subscription = NodeServerMessage::SubscribeToEvents {
            id: "rentezy".to_owned(),
            subscription: Box::new(events),
        };
        // A server that has just started takes messages.
        server.cast(subscription).ok();
        let accepting = tokio::spawn(accept(listener.socket, server.clone(), around.clone()));
        let dialing = tokio::spawn(dial_all(server.clone(), around));
        Ok(Self { server, tasks: vec![accepting, dialing] })
    }

    /// Ends all connections.
    pub async fn stop(self) {
        for task in self.tasks {
            task.abort();
        }
        if let Err(error) = self.server.stop_and_wait(None, Some(HANDSHAKE)).await {
            tracing::warn!(%error, "connections with other nodes did not end in time");
        }
    }
}

/// Whether whoever was at an address is gone for certain: nobody listens there any more.
pub(super) async fn is_refused(address: &str) -> bool {
    let connecting = clock::within(HANDSHAKE, TcpStream::connect(address)).await;
    let refused = std::io::ErrorKind::ConnectionRefused;
    matches!(connecting, Ok(Err(error)) if error.kind() == refused)
}

async fn accept(socket: TcpListener, server: ActorRef<NodeServerMessage>, around: Surroundings) {
    let strangers = Arc::new(Semaphore::new(STRANGERS_MAX));
    loop {
        let (stream, address) = match socket.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "other nodes cannot be let in");
                clock::pause(REDIAL).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&strangers).try_acquire_owned() else {
            metrics::counter!("cluster_strangers_total", "why" => "too-many").increment(1);
            tracing::warn!(%address, "too many strangers at the cluster's port");
            continue;
        };
        let (server, acceptor) = (server.clone(), around.identity.acceptor.clone());
        tokio::spawn(async move {
            let _place = place;
            tune(&stream);
            match clock::within(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => open(&server, stream, address.to_string(), true),
                // Somebody who only looks whether anybody is here, as other nodes do.
                Ok(Err(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    tracing::debug!(%address, "connection was closed before it said who it is");
                }
                Ok(Err(error)) => stranger(&address, &error),
                Err(slow) => stranger(&address, &slow),
            }
        });
    }
}

fn stranger(address: &SocketAddr, why: &dyn std::fmt::Display) {
    metrics::counter!("cluster_strangers_total", "why" => "handshake").increment(1);
    tracing::warn!(%address, %why, "stranger at the cluster's port");
}

/// Keeps a task for each older node that dials it whenever there is no session.
async fn dial_all(server: ActorRef<NodeServerMessage>, around: Surroundings) {
    let dialing: Arc<Mutex<HashSet<Incarnation>>> = Arc::default();
    let mut known = around.peers.watch_known();
    loop {
        let nodes = known.borrow_and_update().clone();
        for node in nodes.into_iter().filter(|node| node.incarnation < around.peers.me()) {
            let mut all = dialing.lock().unwrap_or_else(PoisonError::into_inner);
            if !all.insert(node.incarnation) {
                continue;
            }
            let (server, around, dialing) = (server.clone(), around.clone(), Arc::clone(&dialing));
            tokio::spawn(async move {
                dial(&server, &around, &node).await;
                dialing.lock().unwrap_or_else(PoisonError::into_inner).remove(&node.incarnation);
            });
        }
        if known.changed().await.is_err() {
            return;
        }
    }
}

/// Dials a node until it lives no more.
async fn dial(server: &ActorRef<NodeServerMessage>, around: &Surroundings, node: &Node) {
    let Some(address) = &node.address else { return };
    let known = around.peers.watch_known();
    let mut pause = REDIAL;
    loop {
        let lives = |nodes: &Vec<Node>| nodes.iter().any(|it| it.incarnation == node.incarnation);
        if !lives(&known.borrow()) || known.has_changed().is_err() {
            return;
        }
        if around.peers.reached().contains(&node.incarnation) {
            pause = REDIAL;
        } else {
            match clock::within(HANDSHAKE, connect(address, &around.identity)).await {
                Ok(Ok(stream)) => open(server, stream, address.clone(), false),
                Ok(Err(error)) => tracing::debug!(node = %node.name, %error, "node not reached"),
                Err(error) => tracing::debug!(node = %node.name, %error, "node not reached"),
            }
            pause = (pause * 2).min(REDIAL_MAX);
        }
        clock::pause(pause).await;
    }
}

async fn connect(
    address: &str,
    identity: &Identity,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    tune(&stream);
    let name = ServerName::try_from(SERVER_NAME).map_err(std::io::Error::other)?;
    identity.connector.connect(name, stream).await
}

/// Messages leave at once, and a connection without an other end is noticed.
fn tune(stream: &TcpStream) {
    use rustix::net::sockopt;
    let user_timeout = u32::try_from(USER_TIMEOUT.as_millis()).unwrap_or_default();
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| Ok(sockopt::set_socket_keepalive(stream, true)?))
        .and_then(|()| Ok(sockopt::set_tcp_keepidle(stream, USER_TIMEOUT)?))
        .and_then(|()| Ok(sockopt::set_tcp_user_timeout(stream, user_timeout)?));
    if let Err(error) = tuned {
        tracing::debug!(%error, "connection cannot be tuned");
    }
}

/// Gives an encrypted stream to the session layer.
fn open(
    server: &ActorRef<NodeServerMessage>,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    label: String,
    is_server: bool,
) {
    let stream = Box::new(Stream { stream: Box::new(stream), label });
    // When the node stops there is nobody to open it for.
    server.cast(NodeServerMessage::ConnectionOpenedExternal { stream, is_server }).ok();
}

trait Duplex: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

struct Stream {
    stream: Box<dyn Duplex>,
    label: String,
}

impl ClusterBidiStream for Stream {
    fn split(self: Box<Self>) -> (BoxRead, BoxWrite) {
        let (read, write) = tokio::io::split(Box::into_pin(self.stream));
        (Box::new(read), Box::new(write))
    }

    fn peer_label(&self) -> Option<String> {
        Some(self.label.clone())
    }
}

/// What the session layer tells.
struct Events {
    peers: Peers,
    membership: Membership,
}

impl NodeEventSubscription for Events {
    fn node_session_opened(&self, _: NodeServerSessionInformation) {}

    fn node_session_authenticated(&self, _: NodeServerSessionInformation) {}

    fn node_session_ready(&self, session: NodeServerSessionInformation) {
        let Some(node) = incarnation(&session) else { return };
        let (peers, membership) = (self.peers.clone(), self.membership.clone());
        tokio::spawn(async move {
            for _ in 0..GATEWAY_TRIES {
                if let Some(gateway) = gateway_of(session.node_id) {
                    peers.connect(node, gateway, session.actor);
                    membership.look();
                    return;
                }
                clock::pause(REDIAL).await;
            }
            tracing::warn!(%node, "node has no gateway");
            session.actor.stop(Some("no gateway".to_owned()));
        });
    }

    fn node_session_disconnected(&self, session: NodeServerSessionInformation) {
        let Some(node) = incarnation(&session) else { return };
        if self.peers.disconnect(node, &session.actor) {
            tracing::warn!(%node, "connection with a node has ended");
            self.membership.disconnected(node);
        }
    }
}

/// The node at the other end, by its name `name.incarnation@host`.
fn incarnation(session: &NodeServerSessionInformation) -> Option<Incarnation> {
    let name = &session.peer_name.as_ref()?.name;
    let (node, _) = name.rsplit_once('@')?;
    node.rsplit_once('.')?.1.parse().ok().map(Incarnation)
}

/// The gateway at the other end of a session.
fn gateway_of(session: u64) -> Option<ActorCell> {
    ractor::pg::get_members(&GROUP.to_owned()).into_iter().find(
        |member| matches!(member.get_id(), ActorId::Remote { node_id, .. } if node_id == session),
    )
}

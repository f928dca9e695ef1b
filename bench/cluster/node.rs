//! A node of the bench: the actors of a server, and beside them the two peers that asking an
//! entity is compared with, reached over the same loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use ractor_cluster::RactorClusterMessage;
use rentezy::app::Core;
use rentezy::clock::Clock;
use rentezy::config::{self, Config, Secret};
use rentezy::storage::pool::Database;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::server::Place;

/// The first argument that makes the bench a node.
pub(crate) const NODE: &str = "cluster-node";

/// Where the echo of a node is found.
const ECHO: &str = "bench-echo";

/// Sends back what it gets, over `ractor_cluster` and nothing else.
#[derive(RactorClusterMessage)]
pub(crate) enum Echo {
    /// Send it back.
    #[rpc]
    Say(Vec<u8>, RpcReplyPort<Vec<u8>>),
}

struct EchoActor;

impl Actor for EchoActor {
    type Msg = Echo;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Echo>, (): ()) -> Result<(), ActorProcessingErr> {
        ractor::pg::join(ECHO.to_owned(), vec![myself.get_cell()]);
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Echo>,
        Echo::Say(bytes, reply): Echo,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        reply.send(bytes).ok();
        Ok(())
    }
}

/// The echo of another node, when it is there.
pub(crate) fn echo() -> Option<ActorRef<Echo>> {
    let members = ractor::pg::get_members(&ECHO.to_owned());
    members.into_iter().find(|member| !member.get_id().is_local()).map(Into::into)
}

/// The settings of a node by its name.
pub(crate) fn settings(place: &Place, name: &str) -> Vec<(&'static str, String)> {
    let file = |name: &str| place.folder().join("certs").join(name).display().to_string();
    let own = [
        ("RENTEZY_CLUSTER_NAME", name.to_owned()),
        ("RENTEZY_CLUSTER_CERTIFICATE", file(&format!("{name}.pem"))),
        ("RENTEZY_CLUSTER_KEY", file(&format!("{name}-key.pem"))),
        ("RENTEZY_CLUSTER_AUTHORITY", file("authority.pem")),
        ("RENTEZY_SERVER_DATA_DIR", place.folder().join(name).display().to_string()),
    ];
    place.shared().into_iter().chain(own).collect()
}

/// Makes the certificates of all nodes.
///
/// # Errors
/// When the program cannot be run.
pub(crate) fn certificates(folder: &Path, names: &[&str]) -> super::Result<()> {
    let mut make = Command::new(env!("CARGO_BIN_EXE_rentezy"));
    make.arg("certs").arg(folder.join("certs")).args(names).stdout(Stdio::null());
    if make.status()?.success() { Ok(()) } else { Err("no certificates".into()) }
}

/// Starts the actors of a server by its settings.
///
/// # Errors
/// When they do not start.
pub(crate) async fn core(settings: impl Iterator<Item = (String, String)>) -> super::Result<Core> {
    let config = Arc::new(Config::load(None, settings)?);
    let exposed = |secret: &Option<Secret>| {
        secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default()
    };
    let database = Database::parse(&exposed(&config.database.url))?;
    let secret = Secret::new(exposed(&config.server.secret));
    Ok(Core::start(config, &database, Clock::system(), None, "", &secret).await?)
}

/// A node in a process of its own; it ends with its standard input.
pub(crate) struct Node {
    child: Child,
    /// Where its TCP echo is.
    pub(crate) port: u16,
}

impl Node {
    /// Starts it, and waits until it serves.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn start(place: &Place, name: &str) -> super::Result<Self> {
        let mut child = Command::new("/proc/self/exe")
            .arg(NODE)
            .envs(settings(place, name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().ok_or("a node says nothing")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        Ok(Self { child, port: line.trim().parse()? })
    }

    /// The memory of its process, in bytes.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn resident(&self) -> super::Result<f64> {
        resident(&self.child.id().to_string())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// The memory of a process, in bytes.
///
/// # Errors
/// When the system does not say.
pub(crate) fn resident(process: &str) -> super::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().next().ok_or("no VmRSS")?.parse()?;
    Ok(kilobytes * 1024.0)
}

/// What the process of a node does: it serves, tells the port of its echo, and ends with its
/// standard input.
///
/// # Errors
/// When it does not start.
pub(crate) fn main() -> super::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let core = core(config::process_environment()).await?;
        Actor::spawn(None, EchoActor, ()).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        std::io::stdout().flush()?;
        tokio::spawn(answer(listener));
        let end = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        end.await??;
        core.stop().await;
        Ok(())
    })
}

async fn answer(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        tokio::spawn(async move {
            let mut bytes = [0; crate::BYTES];
            while stream.read_exact(&mut bytes).await.is_ok() {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        });
    }
}

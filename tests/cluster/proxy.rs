//! A TCP proxy between two ends, whose traffic can be held back or cut.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cuts::{Cuts, Tap};

/// How things stand between two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Everything passes.
    Open,
    /// Nothing passes and nothing is lost: it arrives when the way is open again. New
    /// connections come about and say nothing.
    Held,
    /// Connections are closed, and so is every new one.
    Cut,
}

/// What decides about all connections between two ends.
#[derive(Debug, Clone)]
pub(crate) struct Switch(Arc<watch::Sender<Way>>);

impl Default for Switch {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Way::Open)))
    }
}

impl Switch {
    /// Lets everything pass.
    pub(crate) fn open(&self) {
        self.set(Way::Open);
    }

    /// Holds everything back.
    pub(crate) fn hold(&self) {
        self.set(Way::Held);
    }

    /// Cuts all connections, and new ones.
    pub(crate) fn cut(&self) {
        self.set(Way::Cut);
    }

    fn set(&self, way: Way) {
        self.0.send_replace(way);
    }

    fn follow(&self) -> watch::Receiver<Way> {
        self.0.subscribe()
    }
}

/// Where a proxy leads to.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// A port.
    Tcp(SocketAddr),
    /// A socket of this machine.
    Unix(PathBuf),
}

/// Which switch decides about whoever dials from an address.
pub(crate) type Guide = Arc<dyn Fn(SocketAddr) -> Switch + Send + Sync>;

/// A proxy. All its connections end with it.
pub(crate) struct Proxy(JoinHandle<()>);

impl Drop for Proxy {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Proxy {
    /// Listens at an address. With `cuts`, what passes are messages of Postgres.
    pub(crate) async fn start(
        at: SocketAddr,
        to: End,
        guide: Guide,
        cuts: Option<Arc<Cuts>>,
    ) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        Self(tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (client, from) = listener.accept().await.unwrap();
                client.set_nodelay(true).unwrap();
                let tap = cuts.as_ref().map(|cuts| Tap::new(Arc::clone(cuts)));
                let (to, guide) = (to.clone(), Arc::clone(&guide));
                connections.spawn(async move {
                    let guided = tokio::task::spawn_blocking(move || guide(from)).await;
                    carry(client, to, guided.unwrap(), tap).await;
                });
                while connections.try_join_next().is_some() {}
            }
        }))
    }
}

async fn carry(client: TcpStream, to: End, switch: Switch, tap: Option<Tap>) {
    let mut way = switch.follow();
    if !passes(&mut way).await {
        return;
    }
    let Some(server) = dial(&to).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = tokio::io::split(server);
    let (asked, answered) = tap.map_or((None, None), |tap| (Some(tap.clone()), Some(tap)));
    let there = pump(from_client, to_server, way.clone(), |bytes| {
        asked.as_ref().is_none_or(|tap| tap.asks(bytes))
    });
    let back = pump(from_server, to_client, way.clone(), |bytes| {
        answered.as_ref().is_none_or(|tap| tap.answers(bytes))
    });
    let cut = async {
        // A switch that is gone has let everything pass.
        way.wait_for(|way| *way == Way::Cut).await.ok();
    };
    let lost = async {
        match &answered {
            Some(tap) => tap.lost().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = async { tokio::try_join!(there, back) } => {}
        () = cut => {}
        () = lost => {}
    }
}

/// Waits until something may pass; not when the way is cut.
async fn passes(way: &mut watch::Receiver<Way>) -> bool {
    way.wait_for(|way| *way != Way::Held).await.is_ok_and(|way| *way == Way::Open)
}

/// Brings bytes from one end to the other, unless `pass` keeps them.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut way: watch::Receiver<Way>,
    pass: impl Fn(&[u8]) -> bool,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).await?;
        if !passes(&mut way).await {
            return Err(std::io::ErrorKind::ConnectionReset.into());
        }
        if count == 0 {
            return to.shutdown().await;
        }
        if pass(&buffer[..count]) {
            to.write_all(&buffer[..count]).await?;
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

async fn dial(to: &End) -> Option<Box<dyn Duplex>> {
    Some(match to {
        End::Tcp(address) => {
            let stream = TcpStream::connect(address).await.ok()?;
            stream.set_nodelay(true).ok()?;
            Box::new(stream)
        }
        End::Unix(path) => Box::new(UnixStream::connect(path).await.ok()?),
    })
}

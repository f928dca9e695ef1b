//! Whoever comes to the port for other servers without being one is sent away, leaves a line in
//! the log and costs little.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rentezy::actors::cluster::transport::SERVER_NAME;
use rentezy::clock;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::check::check;
use crate::harness::postgres::folder;
use crate::harness::wait::wait_until;
use crate::load::{Load, Route};
use crate::nodes::{Cluster, certificates};

/// Connections that say nothing, at the same time.
const IDLE: usize = 500;
/// By how much a server may grow for all of them, in KiB: a load is on it as well.
const GROWTH_MAX: u64 = 64 << 10;
/// How long a server may take to send somebody away.
const GUARD: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_sent_away() {
    let cluster = Cluster::start().await;
    let load = Load::start(&cluster, Route::All).await;
    let (before, at) = (cluster.living().await, cluster.net.cluster(0));
    let memory = resident(cluster.nodes[0].pid());
    let others = folder();
    certificates(&others);

    let nobody = encrypted(at, cluster.dir(), None).await;
    sent_away("no certificate", nobody, b"").await;
    let other = encrypted(at, cluster.dir(), Some(&others)).await;
    sent_away("certificate of another authority", other, b"").await;
    let garbage: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(1 << 16).collect();
    sent_away("garbage", TcpStream::connect(at).await, &garbage).await;
    sent_away("length of 2^64 - 1", TcpStream::connect(at).await, &[0xff; 8]).await;
    sent_away("longest TLS record", TcpStream::connect(at).await, b"\x16\x03\x01\xff\xff").await;
    // A server of ours that has gone mad.
    let ours = encrypted(at, cluster.dir(), Some(cluster.dir())).await;
    sent_away("length of 2^60 from a member", ours, &(1_u64 << 60).to_be_bytes()).await;
    join_all((0..IDLE).map(async |_| {
        sent_away("nothing", TcpStream::connect(at).await, b"").await;
    }))
    .await;

    let grown = resident(cluster.nodes[0].pid()).saturating_sub(memory);
    eprintln!("{IDLE} idle connections and the others: {grown} KiB more");
    assert!(grown < GROWTH_MAX, "{grown} KiB more for strangers");
    let logged = cluster.nodes[0].logged();
    for line in ["stranger at the cluster's port", "too many strangers at the cluster's port"] {
        assert!(logged.contains(line), "{line} in {logged}");
    }
    let metrics = cluster.nodes[0].operator().get("/metrics").await.expect(200).text;
    assert!(metrics.contains("cluster_strangers_total{why=\"handshake\"}"), "{metrics}");
    load.flows().await;
    wait_until("the servers are as before", async || cluster.living().await == before).await;
    check(&cluster, load).await;
}

/// What a process has in memory, in KiB (proc(5)).
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"));
    let status = status.unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Says something, and waits until the connection is closed.
async fn sent_away<S>(what: &str, stream: std::io::Result<S>, says: &[u8])
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ended = async {
        let mut stream = stream?;
        stream.write_all(says).await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // That it ends is all: in order, or with an error.
    let ended = clock::within(GUARD, ended).await;
    assert!(ended.is_ok(), "{what}: is still let talk");
}

/// An encrypted connection with a server, as the one called `b` by the certificates in `own`.
async fn encrypted(
    at: SocketAddr,
    trusted: &TempDir,
    own: Option<&TempDir>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let file = |dir: &TempDir, name: &str| dir.path().join("certs").join(name);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file(trusted, "authority.pem")).unwrap()).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let certificate = CertificateDer::from_pem_file(file(own, "b.pem")).unwrap();
            let key = PrivateKeyDer::from_pem_file(file(own, "b-key.pem")).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(at).await?).await
}

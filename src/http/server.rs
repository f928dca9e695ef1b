//! The listener: accepts so many connections at once, bounds how long a request's head may
//! take, and stops without cutting anybody off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::state::{Draining, Shared};
use super::{ops, router};
use crate::clock;

/// Connections at the same time; further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 8_192;
/// How long the head of a request may take, and an idle connection may last.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 * 1024;
/// Streams at the same time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
/// How long to wait after the system would not give us a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A server at work. Dropping it without [`Server::stop`] cuts everybody off.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    draining: Draining,
    drain: Duration,
    stop: Option<oneshot::Sender<()>>,
    accepting: JoinHandle<()>,
    following: JoinHandle<()>,
}

impl Server {
    /// Serves `state` on a listener, with the routes that `added` brings.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener, state: Shared, added: Router) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let router = router::router(&state, added);
        let drain = state.config.server.drain();
        let draining = state.draining.clone();
        let (stop, stopped) = oneshot::channel();
        let following = tokio::spawn(async move { state.sessions.follow(&state.pool).await });
        let accepting = tokio::spawn(accept(listener, router, drain, stopped));
        Ok(Self { address, draining, drain, stop: Some(stop), accepting, following })
    }

    /// Serves operators on a listener of their own.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start_operator(listener: TcpListener, state: &Shared) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let router = ops::router::router(state);
        let drain = state.config.server.drain();
        let draining = state.draining.clone();
        let (stop, stopped) = oneshot::channel();
        let accepting = tokio::spawn(accept(listener, router, drain, stopped));
        let following = tokio::spawn(async {});
        Ok(Self { address, draining, drain, stop: Some(stop), accepting, following })
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections, lets requests under way finish for `server.drain_s`, and
    /// cuts off what is left.
    pub async fn stop(mut self) {
        self.draining.begin();
        self.following.abort();
        drop(self.stop.take());
        // A little more than the drain itself, which ends by itself.
        let limit = self.drain.saturating_add(Duration::from_secs(1));
        if clock::within(limit, &mut self.accepting).await.is_err() {
            self.accepting.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.following.abort();
        if self.stop.is_some() {
            self.accepting.abort();
        }
    }
}

async fn accept(
    listener: TcpListener,
    router: Router,
    drain: Duration,
    mut stopped: oneshot::Receiver<()>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let builder = builder();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            _ = &mut stopped => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "connection cannot be accepted");
                clock::pause(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = graceful.watch(connect(&builder, stream, router.clone()));
        connections.spawn(async move {
            // What a client does to its own connection is no news.
            drop(connection.await);
            drop(place);
        });
    }
    drop(listener);
    if clock::within(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(left = connections.len(), "requests under way were cut off");
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(HEAD_TIME)
        .keep_alive_timeout(HEAD_TIME);
    builder
}

fn connect(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    router: Router,
) -> hyper_util::server::conn::auto::Connection<
    'static,
    TokioIo<TcpStream>,
    TowerToHyperService<Router>,
    TokioExecutor,
> {
    // Without it, small answers wait for the client's delayed acknowledgements.
    drop(stream.set_nodelay(true));
    let service = TowerToHyperService::new(router);
    builder.serve_connection(TokioIo::new(stream), service).into_owned()
}

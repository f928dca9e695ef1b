//! The listener: accepts so many connections at once, bounds how long a request's head may
//! take, and stops without cutting anybody off.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::peer::Connected;
use super::state::{Draining, Shared};
use super::{metrics, ops, router};
use crate::clock;
use crate::config::Config;

/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 * 1024;
/// The same for HTTP/2, unpacked.
const HEAD_LIST_BYTES: u32 = 32 * 1024;
/// How a client begins that speaks HTTP/2 without being asked (RFC 9113, 3.4). What does not
/// come with all of it at once is taken for HTTP/1, and refused there.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
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
        let config = Arc::clone(&state.config);
        let drain = config.server.drain();
        let draining = state.draining.clone();
        let (stop, stopped) = oneshot::channel();
        let following = tokio::spawn(async move {
            tokio::join!(state.sessions.follow(&state.pool), metrics::tidy());
        });
        let accepting = tokio::spawn(accept(listener, router, config, stopped));
        Ok(Self { address, draining, drain, stop: Some(stop), accepting, following })
    }

    /// Serves operators on a listener of their own.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start_operator(listener: TcpListener, state: &Shared) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let router = ops::router::router(state);
        let config = Arc::clone(&state.config);
        let drain = config.server.drain();
        let draining = state.draining.clone();
        let (stop, stopped) = oneshot::channel();
        let accepting = tokio::spawn(accept(listener, router, config, stopped));
        let following = tokio::spawn(async {});
        Ok(Self { address, draining, drain, stop: Some(stop), accepting, following })
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Readiness says no from now on; everything else goes on.
    pub fn unready(&self) {
        self.draining.begin();
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
    config: Arc<Config>,
    mut stopped: oneshot::Receiver<()>,
) {
    let places = Arc::new(Semaphore::new(config.http.connections_max));
    let graceful = GracefulShutdown::new();
    // Dropped when the server stops, for connections that have not said anything yet.
    let (serving, ending) = watch::channel(());
    let builders = Builders::new(config.http.head_timeout());
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
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "connection cannot be accepted");
                clock::pause(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let door = Door { router: router.clone(), from: Connected(from.ip()) };
        let (builders, watcher) = (builders.clone(), graceful.watcher());
        let mut ending = ending.clone();
        ::metrics::gauge!("http_connections").increment(1);
        connections.spawn(async move {
            let first = tokio::select! {
                _ = ending.changed() => None,
                first = builders.first(&stream) => first,
            };
            if let Some(builder) = first {
                // Without it, small answers wait for the client's delayed acknowledgements.
                drop(stream.set_nodelay(true));
                let connection = builder.serve_connection(TokioIo::new(stream), door).into_owned();
                // What a client does to its own connection is no news.
                drop(watcher.watch(connection).await);
            }
            ::metrics::gauge!("http_connections").decrement(1);
            drop(place);
        });
    }
    drop((listener, serving));
    if clock::within(config.server.drain(), graceful.shutdown()).await.is_err() {
        tracing::warn!(left = connections.len(), "requests under way were cut off");
    }
}

/// How connections of either version of HTTP are served.
#[derive(Clone)]
struct Builders {
    http1: Builder<TokioExecutor>,
    http2: Builder<TokioExecutor>,
    head_time: Duration,
}

impl Builders {
    fn new(head_time: Duration) -> Self {
        let mut both = Builder::new(TokioExecutor::new());
        both.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(head_time)
            .max_buf_size(HEAD_BYTES);
        both.http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HEAD_LIST_BYTES)
            .max_concurrent_streams(STREAMS_MAX)
            .keep_alive_interval(head_time)
            .keep_alive_timeout(head_time);
        Self { http1: both.clone().http1_only(), http2: both.http2_only(), head_time }
    }

    /// Looks at the first bytes of a connection; none when they do not come in time. Left to
    /// itself, the library would wait for them for ever.
    async fn first(&self, stream: &TcpStream) -> Option<&Builder<TokioExecutor>> {
        let mut first = [0; PREFACE.len()];
        match clock::within(self.head_time, stream.peek(&mut first)).await {
            Ok(Ok(1..)) if first == *PREFACE => Some(&self.http2),
            Ok(Ok(1..)) => Some(&self.http1),
            _ => None,
        }
    }
}

/// The router, for the requests of one connection.
struct Door {
    router: Router,
    from: Connected,
}

impl hyper::service::Service<Request<Incoming>> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.from);
        tower::Service::call(&mut self.router.clone(), request)
    }
}

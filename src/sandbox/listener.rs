//! Connections and routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tower::ServiceExt;

use super::server::App;
use super::{api, page};
use crate::clock;

/// The largest body that is read.
pub(super) const BODY_MAX: usize = 64 * 1024;

/// Connections at once.
const CONNECTIONS_MAX: usize = 512;

/// Lets a handler close its connection without an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Hangup(Arc<Notify>);

impl Hangup {
    pub(super) async fn hang_up(self) -> Response {
        self.0.notify_one();
        std::future::pending().await
    }
}

/// Accepts and serves for ever; `graceful` learns of every connection.
pub(super) async fn accept(listener: &TcpListener, app: &Arc<App>, graceful: &GracefulShutdown) {
    let router = router(Arc::clone(app));
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = serve(stream, router.clone(), graceful);
                tokio::spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "sandbox cannot accept a connection");
                clock::pause(Duration::from_millis(50)).await;
            }
        }
    }
}

fn serve(
    stream: TcpStream,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    let hangup = Hangup::default();
    let given = hangup.clone();
    let service = router.map_request(move |mut request: hyper::Request<_>| {
        request.extensions_mut().insert(given.clone());
        request
    });
    let connection = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .into_owned();
    let connection = graceful.watch(connection);
    async move {
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "sandbox connection ended");
            },
            () = hangup.0.notified() => {}
        }
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/sandbox.css", get(page::style))
        .route("/pay/{session}", get(page::show).post(page::pay))
        .route(
            "/pay/{session}/authenticate",
            get(page::show_challenge).post(page::answer_challenge),
        )
        .fallback(api::answer)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(app)
}

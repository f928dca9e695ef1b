//! THE table of the operators' routes: method, path, whether it takes the token, and the
//! handler. None of them is served on the public listener.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use sha2::{Digest, Sha256};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    cluster, consumers, dead_letters, events, jobs, ledger, letters, listings, openapi, replays,
    search,
};
use crate::http::api::system;
use crate::http::metrics;
use crate::http::problem::Problem;
use crate::http::state::Shared;
use crate::http::{assets, edge};

/// A row of the table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Whether it takes the token.
    pub guarded: bool,
    service: MethodRouter<Shared>,
}

/// Every route. What is not guarded tells nothing that a passer-by may not know: health,
/// and numbers of requests and queues.
#[must_use]
pub fn table() -> Vec<Route> {
    vec![
        get("/livez", system::livez).unguarded(),
        get("/readyz", system::readyz).unguarded(),
        get("/metrics", metrics::metrics).unguarded(),
        get("/ops/v1/events", events::list),
        get("/ops/v1/events/{stream}/{seq}", events::read),
        get("/ops/v1/audit", events::audit),
        get("/ops/v1/consumers", consumers::list),
        get("/ops/v1/dead-letters", dead_letters::list),
        post("/ops/v1/dead-letters/retry", dead_letters::retry_all),
        get("/ops/v1/dead-letters/{id}", dead_letters::read),
        delete("/ops/v1/dead-letters/{id}", dead_letters::discard),
        post("/ops/v1/dead-letters/{id}/retry", dead_letters::retry),
        get("/ops/v1/replays", replays::list),
        post("/ops/v1/replays", replays::create),
        get("/ops/v1/replays/{id}", replays::read),
        delete("/ops/v1/replays/{id}", replays::stop),
        get("/ops/v1/jobs", jobs::list),
        get("/ops/v1/letters", letters::list),
        post("/ops/v1/letters/retry", letters::retry_all),
        get("/ops/v1/letters/{id}", letters::read),
        post("/ops/v1/letters/{id}/retry", letters::retry),
        post("/ops/v1/listings", listings::bring_in),
        get("/ops/v1/ledger/trial-balance", ledger::trial_balance),
        get("/ops/v1/ledger/postings", ledger::postings),
        get("/ops/v1/ledger/audits", ledger::audits),
        get("/ops/v1/cluster", cluster::read),
        post("/ops/v1/cluster/nodes/{name}/drain", cluster::drain),
        post("/ops/v1/cluster/rebalance", cluster::rebalance),
        get("/ops/v1/search", search::read),
        post("/ops/v1/search/reindex", search::reindex),
        get("/ops/v1/openapi.json", openapi::served),
    ]
}

/// The service: the table, and the edge around it.
pub fn router(state: &Shared) -> Router {
    let mut router = Router::new();
    for Route { path, guarded, service, .. } in table() {
        let gate_state = state.clone();
        let gate = middleware::from_fn(move |request: Request, next: Next| {
            admit(guarded, gate_state.clone(), request, next)
        });
        router = router.route(path, service.route_layer(gate));
    }
    router
        .fallback(assets::operators)
        .with_state(state.clone())
        .layer(middleware::from_fn_with_state(state.clone(), edge::limit_time))
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(state.clone(), edge::enter))
}

/// Lets a request through that shows the token, if it has to.
async fn admit(guarded: bool, state: Shared, request: Request, next: Next) -> Response {
    if guarded && !shows_token(&state, &request) {
        return Problem::new(
            crate::http::problem::Slug::Unauthenticated,
            "the operators' token is required",
        )
        .into_response();
    }
    next.run(request).await
}

/// Compared by their digests, which have one length, in a time that says nothing.
fn shows_token(state: &Shared, request: &Request) -> bool {
    let Some(token) = &state.operator_token else { return false };
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let shown = value.to_str().ok().and_then(|value| value.split_once(' '));
    let Some((scheme, shown)) = shown else { return false };
    let (ours, theirs) = (Sha256::digest(token.expose()), Sha256::digest(shown));
    scheme.eq_ignore_ascii_case("bearer") && verify_slices_are_equal(&ours, &theirs).is_ok()
}

impl Route {
    fn unguarded(mut self) -> Self {
        self.guarded = false;
        self
    }
}

fn get<H: Handler<T, Shared>, T: 'static>(path: &'static str, handler: H) -> Route {
    row(Method::GET, MethodFilter::GET, path, handler)
}

fn post<H: Handler<T, Shared>, T: 'static>(path: &'static str, handler: H) -> Route {
    row(Method::POST, MethodFilter::POST, path, handler)
}

fn delete<H: Handler<T, Shared>, T: 'static>(path: &'static str, handler: H) -> Route {
    row(Method::DELETE, MethodFilter::DELETE, path, handler)
}

fn row<H: Handler<T, Shared>, T: 'static>(
    method: Method,
    filter: MethodFilter,
    path: &'static str,
    handler: H,
) -> Route {
    Route { method, path, guarded: true, service: axum::routing::on(filter, handler) }
}

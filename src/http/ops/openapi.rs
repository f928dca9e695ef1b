//! The operators' API as an OpenAPI document; a test compares it with the table of routes.

use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

use super::{
    cluster, consumers, dead_letters, events, jobs, ledger, letters, listings, replays, router,
    search,
};
use crate::http::api::system;
use crate::http::extract::Json;
use crate::http::metrics;
use crate::http::openapi::{add_problem, operation};
use crate::http::problem::{FieldProblem, OtherStay, ProblemDocument};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "RentEzy, for operators",
        description = "Events, consumers, dead letters, replays, jobs, letters, the audit trail, listings \
            that tools bring in, the cluster, and the search index. \
            Errors are problem documents (RFC 9457); instants are UTC."
    ),
    paths(
        system::livez,
        system::readyz,
        metrics::metrics,
        events::list,
        events::read,
        events::audit,
        consumers::list,
        dead_letters::list,
        dead_letters::read,
        dead_letters::retry,
        dead_letters::retry_all,
        dead_letters::discard,
        replays::list,
        replays::create,
        replays::read,
        replays::stop,
        jobs::list,
        letters::list,
        letters::retry_all,
        letters::read,
        letters::retry,
        listings::bring_in,
        ledger::trial_balance,
        ledger::postings,
        ledger::audits,
        cluster::read,
        cluster::drain,
        cluster::rebalance,
        search::read,
        search::reindex,
        served,
    ),
    components(schemas(ProblemDocument, FieldProblem, OtherStay))
)]
struct OpsApi;

/// The name of the scheme of the operators' token.
const BEARER: &str = "operator";

/// The document.
#[must_use]
pub fn document() -> Document {
    let mut document = OpsApi::openapi();
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    for route in router::table() {
        let item = document.paths.paths.get_mut(route.path);
        if let Some(operation) = item.and_then(|item| operation(item, route.method.as_str())) {
            if route.guarded {
                let token = SecurityRequirement::new(BEARER, Vec::<String>::new());
                operation.security = Some(vec![token]);
            }
            add_problem(operation);
        }
    }
    document
}

/// This API as an OpenAPI document.
#[utoipa::path(get, path = "/ops/v1/openapi.json", tag = "system",
    responses((status = 200, content_type = "application/json", body = Object)))]
pub async fn served() -> Response {
    Json(document()).into_response()
}

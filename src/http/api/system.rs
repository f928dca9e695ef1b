//! The server about itself: whether it lives, whether it is ready, what it is.

use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::actors::cluster::membership::Standing;
use crate::clock;
use crate::domain::membership::NodeState;
use crate::http::extract::Json;
use crate::http::openapi;
use crate::http::problem::{Problem, Slug};
use crate::http::state::Shared;
use crate::storage::pool;

/// How long the database may take to answer before the server counts as not ready.
const PING_TIME: Duration = Duration::from_secs(2);

/// The text form of the system's time zone database begins with its version.
const ZONES: &str = "/usr/share/zoneinfo/tzdata.zi";

/// How the server is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `alive` or `ready`.
    status: &'static str,
}

/// What the server is.
#[derive(Serialize, ToSchema)]
pub struct Version {
    /// `rentezy`.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Where payments go: `sandbox` (test payments), `stripe` or `off`.
    payments: &'static str,
    /// The version of the time zone database.
    tzdb: &'static str,
    /// Other ways to sign in: the names of OpenID Connect providers.
    sign_in_providers: Vec<String>,
}

/// Does it live?
#[utoipa::path(get, path = "/livez", tag = "system", responses((status = 200, body = Health)))]
pub async fn livez() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// May it be sent requests?
#[utoipa::path(get, path = "/readyz", tag = "system", responses((status = 200, body = Health)))]
pub async fn readyz(State(state): State<Shared>) -> Result<Json<Health>, Problem> {
    let not_ready = |detail| Err(Problem::new(Slug::Overloaded, detail).retry_after(1));
    if state.draining.begun() {
        return not_ready("the server is stopping");
    }
    if !state.search.ready() {
        return not_ready("the search index is being filled");
    }
    if !matches!(clock::within(PING_TIME, pool::ping(&state.pool)).await, Ok(Ok(()))) {
        return not_ready("the database does not answer");
    }
    match *state.membership.standing().borrow() {
        Standing::In(NodeState::Draining) => not_ready("the server is leaving"),
        Standing::In(NodeState::Joining) => not_ready("the server is joining others"),
        Standing::In(_) if state.region.ownership().is_leased() => {
            Ok(Json(Health { status: "ready" }))
        }
        _ => not_ready("the server has lost its place among others"),
    }
}

/// What is it?
#[utoipa::path(get, path = "/version", tag = "system", responses((status = 200, body = Version)))]
pub async fn version(State(state): State<Shared>) -> Json<Version> {
    let oidc = &state.config.oidc;
    Json(Version {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        payments: state.config.payments.mode.as_str(),
        tzdb: tzdb(),
        sign_in_providers: oidc.is_on().then(|| oidc.name.clone()).into_iter().collect(),
    })
}

/// This API as an OpenAPI document.
#[utoipa::path(get, path = "/openapi.json", tag = "system",
    responses((status = 200, content_type = "application/json", body = Object)))]
pub async fn openapi_json() -> Response {
    Json(openapi::document()).into_response()
}

fn tzdb() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let first = std::fs::read_to_string(ZONES).ok();
        let first = first.as_deref().and_then(|text| text.lines().next());
        let version = first.and_then(|line| line.strip_prefix("# version "));
        version.map_or_else(|| "bundled".to_owned(), str::to_owned)
    })
}

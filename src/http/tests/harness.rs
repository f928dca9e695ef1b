//! A router over a state whose database cannot be reached and which owns no entity.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use bb8_postgres::PostgresConnectionManager;
use serde_json::Value;
use tokio_postgres::NoTls;
use tower::ServiceExt;

use crate::actors::cluster::membership::{self, Membership};
use crate::actors::cluster::ownership::Ownership;
use crate::actors::cluster::peers::Peers;
use crate::actors::cluster::region::{Limits, Region};
use crate::actors::committer::Committers;
use crate::actors::consumer::Consumers;
use crate::actors::consumers::search_index::Search;
use crate::actors::identity::Identities;
use crate::actors::payer::Payer;
use crate::actors::property::Surroundings;
use crate::actors::replayer::{self, Replayer};
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::domain::ids::SessionId;
use crate::domain::link_token::LinkKey;
use crate::domain::membership::Incarnation;
use crate::domain::quote::QuoteKey;
use crate::domain::rules::{Review, Rules};
use crate::domain::user::Role;
use crate::http::keys::Keys;
use crate::http::limits::Buckets;
use crate::http::lockout::LockOut;
use crate::http::passwords::Passwords;
use crate::http::pictures::Pictures;
use crate::http::router;
use crate::http::sessions::Sessions;
use crate::http::state::{AppState, Draining, Shared};
use crate::search::{self, IndexOptions};
use crate::storage::accounts::User;
use crate::storage::seal::Seal;

/// The operators' token.
pub(super) const OPERATOR_TOKEN: &str = "operators-0123456789abcdef-token";
use crate::storage::blobs::Blobs;
use crate::storage::pool::Database;

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not json: {}", self.text))
    }

    /// The value of a header; empty when there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the problem that the answer must be.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["instance"], self.header("x-request-id"));
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("/problems/{code}"));
        code
    }

    /// Pointer and code of the only wrong field.
    pub(super) fn field(&self) -> (String, String) {
        assert_eq!(self.code(), "validation");
        let errors = self.json()["errors"].as_array().unwrap().clone();
        assert_eq!(errors.len(), 1, "{errors:?}");
        let text = |name: &str| errors[0][name].as_str().unwrap().to_owned();
        (text("pointer"), text("code"))
    }
}

/// The settings, with some changed.
pub(super) fn config(changes: &[(&str, &str)]) -> Config {
    let changes = changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(None, changes).unwrap()
}

/// A state; must be called within a runtime.
pub(super) async fn state(changes: &[(&str, &str)]) -> Shared {
    let config = Arc::new(config(changes));
    let clock = Clock::system();
    let nowhere = "host=127.0.0.1 port=1 connect_timeout=1".parse().unwrap();
    let pool = bb8::Pool::builder()
        .connection_timeout(Duration::from_millis(200))
        .build_unchecked(PostgresConnectionManager::new(nowhere, NoTls));
    let root = Root::start().await.unwrap();
    let (ownership, peers, membership) = cluster(&root).await;
    let tail = Tail::start(&root, &pool, &peers).await.unwrap();
    let consumers = Consumers::new(&root, &tail, &pool, &clock, &ownership, &peers);
    let around = replayer::Surroundings {
        pool: pool.clone(),
        clock: clock.clone(),
        consumers: consumers.clone(),
        ownership: ownership.clone(),
        peers: peers.clone(),
    };
    let replayer = Replayer::start(&root, around).await.unwrap();
    let rules = rules(&config);
    let around = Surroundings {
        pool: pool.clone(),
        committers: Committers::none(),
        clock: clock.clone(),
        rules: rules.clone(),
    };
    let limits =
        Limits { entity_queue: 1, node_queue: 1, idle: Duration::from_secs(1), entities_max: 16 };
    let region = Region::new(ownership, None, Arc::new(around), root.cell(), limits);
    let dir = tempfile::tempdir().unwrap();
    let options = IndexOptions::new(dir.path().to_owned(), "test".to_owned());
    let (index, _writer) = search::open(options, jiff::civil::date(2026, 1, 1)).unwrap();
    let secret = Secret::new("0123456789abcdef0123456789abcdef");
    let keys = Keys::ephemeral().unwrap();
    let sessions = Sessions::with_keys(keys, &secret, &config.accounts, &clock).unwrap();
    let public_url = config.server.public_url(config.server.listen);
    Arc::new(AppState {
        pool,
        region,
        search: Search::over(index),
        payer: Payer::off(),
        tail,
        consumers,
        replayer,
        operator_token: Some(Secret::new(OPERATOR_TOKEN)),
        clock,
        passwords: Passwords::new(&config.accounts),
        lockout: LockOut::new(&secret).unwrap(),
        identities: Identities::off(),
        oauth_seal: Seal::new(&secret, "oauth").unwrap(),
        links: LinkKey::derive(secret.expose()).unwrap(),
        quotes: QuoteKey::derive(secret.expose()).unwrap(),
        rules: rules.clone(),
        pictures: Pictures::new(&config.photos),
        blobs: Blobs::open(&config.blobs, dir.path()).unwrap(),
        buckets: Buckets::new(&config.limits),
        config,
        sessions: Arc::new(sessions),
        public_url,
        hook_secret: Some(Secret::new("whsec_test")),
        draining: Draining::default(),
        membership,
        peers,
    })
}

fn rules(config: &Config) -> Rules {
    Rules {
        review: Review::Auto,
        hold: config.bookings.hold(),
        expiring: config.bookings.expiring(),
        window_days: config.bookings.window_days,
        ..Rules::USUAL
    }
}

/// A place in a cluster whose database cannot be reached.
async fn cluster(root: &Root) -> (Ownership, Peers, Membership) {
    let ownership = Ownership::new(Incarnation(0));
    let peers = Peers::new(ownership.me());
    let around = membership::Surroundings {
        database: Database::parse("host=127.0.0.1 port=1").unwrap(),
        ownership: ownership.clone(),
        peers: peers.clone(),
    };
    let membership = Membership::start(root, around).await.unwrap();
    (ownership, peers, membership)
}

/// The router over [`state`].
pub(super) async fn app() -> (Shared, Router) {
    let state = state(&[]).await;
    let router = router::router(&state, Router::new());
    (state, router)
}

/// A valid access token of somebody with these roles.
pub(super) fn token(state: &Shared, roles: &[Role]) -> String {
    let user = User {
        id: state.clock.id(),
        email: "ada@example.com".to_owned(),
        name: "Ada".to_owned(),
        roles: roles.to_vec(),
        created_at: state.clock.now(),
        version: 1,
        locale: "en".to_owned(),
        zone: "UTC".to_owned(),
        verified: true,
        suspended: None,
        access_version: 0,
        landlord_requested_at: None,
        landlord_decline_reason: None,
    };
    state.sessions.access_token(&user, state.clock.id::<SessionId>()).unwrap()
}

/// A request without a body.
pub(super) fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    with_body(method, path, headers, Body::empty())
}

/// A request with a JSON body.
pub(super) fn json(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Body> {
    let mut request = with_body(method, path, headers, Body::from(body.to_owned()));
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request
}

/// A request with any body.
pub(super) fn with_body(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

/// Sends a request and reads the answer.
pub(super) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text }
}

//! The whole server: the core, the listener before it, and the order of the end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use super::core::{self, Core};
use super::{Provider, StartError};
use crate::actors::cluster::ownership::Ownership;
use crate::clock::{self, Clock};
use crate::config::{Config, Secret};
use crate::domain::link_token::LinkKey;
use crate::domain::quote::QuoteKey;
use crate::gateways::stripe::StripeClient;
use crate::http;
use crate::http::keys::KeysError;
use crate::http::limits::Buckets;
use crate::http::lockout::LockOut;
use crate::http::passwords::Passwords;
use crate::http::pictures::Pictures;
use crate::http::sandbox_proxy::{self, SandboxProxy};
use crate::http::sessions::Sessions;
use crate::http::state::{AppState, Draining};
use crate::listening;
use crate::storage::pool::Database;
use crate::storage::seal::Seal;
use crate::storage::secret;

/// The pause before the sandbox is asked again to send its hooks here.
const HOOK_PAUSE: Duration = Duration::from_secs(1);

/// How long a start waits for the search index, and how often it looks.
const INDEX_WAIT: Duration = Duration::from_secs(60);
const INDEX_POLL: Duration = Duration::from_millis(20);

/// A running server.
#[derive(Debug)]
pub struct Server {
    core: Core,
    http: http::server::Server,
    operator: Option<http::server::Server>,
    url: String,
    local_url: String,
}

impl Server {
    /// Starts everything. The address is taken first: it is part of what browsers and the
    /// payment provider are told.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        config: Arc<Config>,
        database: Database,
        clock: Clock,
        provider: Option<Provider>,
        secret: &Secret,
    ) -> Result<Self, StartError> {
        let listen = config.server.listen;
        let refused = |error| StartError::Listen(listen, error);
        let listener = listening::listen(listen).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let operator = operator_listener(&config)?;
        let url = config.server.public_url(address);
        let links = LinkKey::derive(secret.expose()).ok_or(StartError::NoSecret)?;
        let quotes = QuoteKey::derive(secret.expose()).ok_or(StartError::NoSecret)?;
        let settings = Arc::clone(&config);
        let core = Core::start(settings, &database, clock, provider.as_ref(), &url, secret).await?;
        let sessions = Sessions::open(&core.pool, secret, &config.accounts, &core.clock).await?;
        let state = Arc::new(AppState {
            pool: core.pool.clone(),
            region: core.region.clone(),
            payer: core.payer.clone(),
            tail: core.tail.clone(),
            consumers: core.consumers.clone(),
            replayer: core.replayer.clone(),
            operator_token: operator.as_ref().map(|(_, token)| token.clone()),
            clock: core.clock.clone(),
            config: Arc::clone(&config),
            sessions: Arc::new(sessions),
            passwords: Passwords::new(&config.accounts),
            lockout: LockOut::new(secret).ok_or(KeysError::Crypto("server.secret is empty"))?,
            identities: core.identities.clone(),
            oauth_seal: Seal::new(secret, "oauth").map_err(KeysError::from)?,
            pictures: Pictures::new(&config.photos),
            blobs: core.blobs.clone(),
            buckets: Buckets::new(&config.limits),
            search: core.search.clone(),
            links,
            quotes,
            rules: core::rules(&config),
            public_url: url.clone(),
            hook_secret: provider.as_ref().map(|p| Secret::new(p.hook_secret.clone())),
            draining: Draining::default(),
            membership: core.cluster.membership.clone(),
            peers: core.cluster.peers.clone(),
        });
        let operator = operator
            .map(|(listener, _)| http::server::Server::start_operator(listener, &state))
            .transpose()
            .map_err(refused)?;
        let sandbox = provider.filter(|provider| provider.sandbox);
        let added = match &sandbox {
            Some(sandbox) => sandbox_proxy::router(SandboxProxy::new(&sandbox.base_url)?),
            None => Router::new(),
        };
        let http = http::server::Server::start(listener, state, added).map_err(refused)?;
        let local_url = format!("http://{address}");
        if let Some(stripe) = core.stripe.clone().filter(|_| sandbox.is_some()) {
            let hook = format!("{local_url}/api/v1/hooks/stripe");
            tokio::spawn(keep_hook(stripe, hook, core.cluster.ownership.clone()));
        }
        Ok(Self { core, http, operator, url, local_url })
    }

    /// What the server is reached by.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What operators reach the server by; none without an operator listener.
    #[must_use]
    pub fn operator_url(&self) -> Option<String> {
        self.operator.as_ref().map(|operator| format!("http://{}", operator.address()))
    }

    /// Waits until a tool has taken the database over.
    pub async fn overtaken(&self) {
        self.core.overtaken().await;
    }

    /// What this machine reaches the server by.
    #[must_use]
    pub fn local_url(&self) -> &str {
        &self.local_url
    }

    /// Waits until homes can be searched for: after a first start the index is being filled.
    /// Not for ever: everything else works meanwhile, and readiness tells.
    pub async fn findable(&self) {
        let ready = async {
            while !self.core.search.ready() {
                clock::pause(INDEX_POLL).await;
            }
        };
        if clock::within(INDEX_WAIT, ready).await.is_err() {
            tracing::warn!("search index is still being filled");
        }
    }

    /// Waits until others have found this server dead.
    pub async fn outlived(&self) {
        self.core.cluster.outlived().await;
    }

    /// Says that it is not ready any more, and hands its shards to other servers, if there are
    /// any, while it goes on taking requests: whoever spreads them may not have noticed yet.
    pub async fn hand_over(&self) {
        let config = &self.core.config;
        if config.cluster.listen.is_none() {
            return;
        }
        self.http.unready();
        let (leave, limit) = (config.cluster.leave(), config.server.drain());
        tokio::join!(clock::pause(leave), self.core.cluster.drain(limit));
    }

    /// Takes no more requests, finishes those under way, then stops the actors.
    pub async fn stop(self) {
        self.http.stop().await;
        if let Some(operator) = self.operator {
            operator.stop().await;
        }
        self.core.stop().await;
    }
}

/// The operators' listener with the token that lets them in, unless it is off.
fn operator_listener(config: &Config) -> Result<Option<(TcpListener, Secret)>, StartError> {
    let Some(listen) = config.operator.listen else { return Ok(None) };
    let token = match &config.operator.token {
        Some(token) => token.clone(),
        None => {
            secret::ensure_operator_token(&config.server.data_dir).map_err(StartError::Token)?
        }
    };
    let refused = |error| StartError::Listen(listen, error);
    Ok(Some((listening::listen(listen).map_err(refused)?, token)))
}

/// Has the sandbox send its hooks here, whenever this server comes to lead: it knows one address
/// only. At Stripe this is done by hand, once, with the address of all.
async fn keep_hook(stripe: StripeClient, url: String, ownership: Ownership) {
    let (mut changed, mut led) = (ownership.watch(), false);
    loop {
        let leads = ownership.leads();
        if leads && !led {
            set_hook(&stripe, &url).await;
        }
        led = leads;
        if changed.changed().await.is_err() {
            return;
        }
    }
}

/// The sandbox may be a moment away.
async fn set_hook(stripe: &StripeClient, url: &str) {
    while let Err(error) = stripe.register_hook(url).await {
        tracing::warn!(%error, "payment sandbox cannot be told where to send its hooks");
        clock::pause(HOOK_PAUSE).await;
    }
}

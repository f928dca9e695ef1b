//! The whole server: the core, the listener before it, and the order of the end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use super::core::Core;
use super::{Provider, StartError};
use crate::clock::{self, Clock};
use crate::config::{Config, Secret};
use crate::gateways::stripe::StripeClient;
use crate::http;
use crate::http::limits::Buckets;
use crate::http::passwords::Passwords;
use crate::http::sandbox_proxy::{self, SandboxProxy};
use crate::http::sessions::Sessions;
use crate::http::state::{AppState, Draining};
use crate::storage::pool::Database;

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
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let url = config.server.public_url(address);
        let core =
            Core::start(Arc::clone(&config), &database, clock, provider.as_ref(), &url).await?;
        let sessions = Sessions::open(&core.pool, secret, &config.accounts, &core.clock).await?;
        let state = AppState {
            pool: core.pool.clone(),
            region: core.region.clone(),
            payer: core.payer.clone(),
            tail: core.tail.clone(),
            clock: core.clock.clone(),
            config: Arc::clone(&config),
            sessions: Arc::new(sessions),
            passwords: Passwords::new(&config.accounts),
            buckets: Buckets::new(&config.limits),
            search: core.search.clone(),
            public_url: url.clone(),
            hook_secret: provider.as_ref().map(|p| Secret::new(p.hook_secret.clone())),
            draining: Draining::default(),
        };
        let sandbox = provider.filter(|provider| provider.sandbox);
        let added = match &sandbox {
            Some(sandbox) => sandbox_proxy::router(SandboxProxy::new(&sandbox.base_url)?),
            None => Router::new(),
        };
        let http = http::server::Server::start(listener, state, added).map_err(refused)?;
        let local_url = format!("http://{address}");
        if let Some(stripe) = core.stripe.clone().filter(|_| sandbox.is_some()) {
            tokio::spawn(set_hook(stripe, format!("{local_url}/api/v1/hooks/stripe")));
        }
        Ok(Self { core, http, url, local_url })
    }

    /// What the server is reached by.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until another server has taken the database over.
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

    /// Takes no more requests, finishes those under way, then stops the actors.
    pub async fn stop(self) {
        self.http.stop().await;
        self.core.stop().await;
    }
}

/// Has the sandbox send its hooks here; it may be a moment away. At Stripe this is done by
/// hand, once.
async fn set_hook(stripe: StripeClient, url: String) {
    while let Err(error) = stripe.register_hook(&url).await {
        tracing::warn!(%error, "payment sandbox cannot be told where to send its hooks");
        clock::pause(HOOK_PAUSE).await;
    }
}

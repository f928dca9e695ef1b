//! What a handler may reach. Filled once by `app`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::limits::Buckets;
use super::lockout::LockOut;
use super::passwords::Passwords;
use super::pictures::Pictures;
use super::sessions::Sessions;
use crate::actors::cluster::membership::Membership;
use crate::actors::cluster::peers::Peers;
use crate::actors::cluster::region::Region;
use crate::actors::consumer::Consumers;
use crate::actors::consumers::search_index::Search;
use crate::actors::identity::Identities;
use crate::actors::payer::Payer;
use crate::actors::replayer::Replayer;
use crate::actors::tail::Tail;
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::domain::link_token::LinkKey;
use crate::domain::quote::QuoteKey;
use crate::domain::rules::Rules;
use crate::storage::blobs::Blobs;
use crate::storage::pool::Pool;
use crate::storage::seal::Seal;

/// What a handler may reach.
#[derive(Debug)]
pub struct AppState {
    /// Connections, for reads and for writes that nobody races for.
    pub pool: Pool,
    /// The way to the entities.
    pub region: Region,
    /// The way to the search index.
    pub search: Search,
    /// The way to payment sessions.
    pub payer: Payer,
    /// The reader of the event log, told when the edge has written an event.
    pub tail: Tail,
    /// What follows from events.
    pub consumers: Consumers,
    /// Who gives consumers events again.
    pub replayer: Replayer,
    /// What operators show to be let in; `None` lets nobody in.
    pub operator_token: Option<Secret>,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// Signed-in devices.
    pub sessions: Arc<Sessions>,
    /// The place where passwords are hashed.
    pub passwords: Passwords,
    /// Who may still try a password.
    pub lockout: LockOut,
    /// The way to the provider that people may sign in by.
    pub identities: Identities,
    /// Seals what browsers keep while their owner is there.
    pub oauth_seal: Seal,
    /// Makes and checks tokens of mailed links.
    pub links: LinkKey,
    /// Makes and checks quotes.
    pub quotes: QuoteKey,
    /// What the rules depend on.
    pub rules: Rules,
    /// The place where pictures are worked on.
    pub pictures: Pictures,
    /// The bytes of pictures.
    pub blobs: Blobs,
    /// What everybody may still ask for.
    pub buckets: Buckets,
    /// What this server is reached by, without a trailing slash.
    pub public_url: String,
    /// The secret that webhooks are signed with; `None` when none are expected.
    pub hook_secret: Option<Secret>,
    /// Whether the server is stopping.
    pub draining: Draining,
    /// Who else is there.
    pub membership: Membership,
    /// The other servers that this one is connected with.
    pub peers: Peers,
}

/// Whether the server is stopping; clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on it is: readiness says no.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The state as handlers get it.
pub type Shared = Arc<AppState>;

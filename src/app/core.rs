//! What works without a listener: the actors, in the order in which they are started.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::cluster::{Cluster, News};
use super::{Provider, StartError};
use crate::actors::cluster::region::Region;
use crate::actors::committer::Committers;
use crate::actors::consumer::Consumers;
use crate::actors::consumers::search_index::{self, Search};
use crate::actors::consumers::{alerts, mail, notifications, payments, stripe_hooks};
use crate::actors::identity::Identities;
use crate::actors::mailer::{self, Mailer};
use crate::actors::payer::{self, Payer};
use crate::actors::property;
use crate::actors::replayer::{self, Replayer};
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock::{self, Clock};
use crate::config::{Config, ListingReview, Secret};
use crate::domain::link_token::LinkKey;
use crate::domain::rules::{Review, Rules};
use crate::gateways::mail::Mail;
use crate::gateways::oidc::OidcClient;
use crate::gateways::stripe::{StripeClient, StripeError, StripeOptions};
use crate::scheduler::{job, runner, timers};
use crate::storage::blobs::Blobs;
use crate::storage::locks::{self, WriterLock};
use crate::storage::migrate;
use crate::storage::pool::{self, Database, Pool};
use crate::storage::sqlstate::StorageError;

/// How long the right to write is waited for, and how often it is asked for.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(100);

/// How often it is looked whether the right to write is still ours.
const LOCK_CHECK: Duration = Duration::from_secs(1);

/// Everything that works without a listener: the actors, and what they stand on.
#[derive(Debug)]
pub struct Core {
    /// Connections, for reads.
    pub pool: Pool,
    /// The way to entities.
    pub region: Region,
    /// The end of the event log.
    pub tail: Tail,
    /// The way to the payment provider.
    pub payer: Payer,
    /// The way to the provider that people may sign in by.
    pub identities: Identities,
    /// The payment provider.
    pub stripe: Option<StripeClient>,
    /// The search index.
    pub search: Search,
    /// What follows from events.
    pub consumers: Consumers,
    /// Who gives consumers events again.
    pub replayer: Replayer,
    /// The bytes of pictures.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    secret: Secret,
    root: Root,
    database: Database,
    lock: Mutex<WriterLock>,
    /// This server among others.
    pub cluster: Cluster,
}

impl Core {
    /// Starts everything but the listener. `base_url` is where browsers will reach the
    /// server; links in letters are made with `secret`.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then but tasks that end with the runtime.
    pub async fn start(
        config: Arc<Config>,
        database: &Database,
        clock: Clock,
        provider: Option<&Provider>,
        base_url: &str,
        secret: &Secret,
    ) -> Result<Self, StartError> {
        let links = LinkKey::derive(secret.expose()).ok_or(StartError::NoSecret)?;
        let mail = Mail::new(&config.mail, &config.server.data_dir)?;
        let lock = take_lock(database).await?;
        migrate::run(database).await?;
        let pool = database.pool(config.database.pool_size).await?;
        align(&pool, &clock).await?;
        let root = Root::start().await?;
        let cluster = Cluster::join(&root, &config, database).await?;
        let (ownership, peers) = (&cluster.ownership, &cluster.peers);
        let tail = Tail::start(&root, &pool, peers).await?;
        let limits = &config.limits;
        let writers = config.database.writers;
        let committers =
            Committers::start(&root, database, writers, limits.batch_sets, &tail).await?;
        let around = property::Surroundings {
            pool: pool.clone(),
            committers,
            clock: clock.clone(),
            rules: rules(&config),
        };
        let region = cluster.region(around, &root, limits);
        let stripe = provider.map(|provider| client(&config, provider)).transpose()?;
        let around = search_index::Surroundings {
            pool: pool.clone(),
            clock: clock.clone(),
            dir: config.server.data_dir.join("search"),
            commit: config.search.commit(),
            writer_memory_bytes: config.search.writer_memory_bytes(),
            synonyms: config.search.synonyms.clone(),
        };
        let search = Search::start(&root, &tail, around).await?;
        let consumers = Consumers::new(&root, &tail, &pool, &clock, ownership, peers);
        let around = replayer::Surroundings {
            pool: pool.clone(),
            clock: clock.clone(),
            consumers: consumers.clone(),
            ownership: ownership.clone(),
            peers: peers.clone(),
        };
        let replayer = Replayer::start(&root, around).await?;
        let blobs = Blobs::open(&config.blobs, &config.server.data_dir)?;
        let mut core = Self {
            pool,
            region,
            tail,
            payer: Payer::off(),
            identities: Identities::off(),
            stripe,
            search,
            blobs,
            consumers,
            replayer,
            clock,
            config,
            secret: secret.clone(),
            root,
            database: database.clone(),
            lock: Mutex::new(lock),
            cluster,
        };
        core.start_consumers(base_url).await?;
        core.start_mail(mail, links, base_url).await?;
        core.replayer.look();
        core.start_identities(base_url).await?;
        core.start_scheduler().await?;
        core.open_cluster().await?;
        Ok(core)
    }

    async fn open_cluster(&mut self) -> Result<(), StartError> {
        let news = News {
            tail: self.tail.clone(),
            consumers: self.consumers.clone(),
            replayer: self.replayer.clone(),
        };
        self.cluster.open(&self.root, &self.region, news).await
    }

    async fn start_consumers(&mut self, base_url: &str) -> Result<(), StartError> {
        let (root, pool) = (&self.root, &self.pool);
        let concurrency = self.config.payments.concurrency;
        if let Some(stripe) = self.stripe.clone() {
            let around = payer::Surroundings {
                pool: pool.clone(),
                region: self.region.clone(),
                stripe,
                clock: self.clock.clone(),
                base_url: base_url.to_owned(),
                concurrency,
            };
            self.payer = Payer::start(root, around).await?;
            let (payer, pool) = (self.payer.clone(), pool.clone());
            let payments =
                payments::Payments { pool: pool.clone(), payer: payer.clone(), concurrency };
            self.consumers.start(payments).await?;
            let hooks = stripe_hooks::StripeHooks { pool: pool.clone(), payer, concurrency };
            self.consumers.start(hooks).await?;
        }
        let notifications = notifications::Notifications { pool: pool.clone() };
        self.consumers.start(notifications).await?;
        let alerts = alerts::Alerts::new(pool, &self.clock, &self.tail);
        self.consumers.start(alerts).await?;
        Ok(())
    }

    async fn start_mail(
        &self,
        mail: Mail,
        links: LinkKey,
        base_url: &str,
    ) -> Result<(), StartError> {
        let (pool, clock) = (self.pool.clone(), self.clock.clone());
        let settings = &self.config.mail;
        let around = mailer::Surroundings {
            ownership: self.cluster.ownership.clone(),
            pool: pool.clone(),
            clock: clock.clone(),
            mail,
            links,
            site: base_url.to_owned(),
            timeout: settings.timeout(),
            per_second: settings.per_second,
        };
        let mailer = Mailer::start(&self.root, around).await?;
        let letters = mail::MailLetters { pool, mailer, clock };
        self.consumers.start(letters).await?;
        Ok(())
    }

    async fn start_identities(&mut self, base_url: &str) -> Result<(), StartError> {
        let oidc = &self.config.oidc;
        if oidc.is_on() {
            let back = format!("{base_url}/api/v1/auth/oauth/{}/callback", oidc.name);
            let client = OidcClient::new(oidc, back)?;
            self.identities = Identities::start(&self.root, client, self.clock.clone()).await?;
        }
        Ok(())
    }

    async fn start_scheduler(&self) -> Result<(), StartError> {
        let around = timers::Surroundings {
            pool: self.pool.clone(),
            region: self.region.clone(),
            clock: self.clock.clone(),
        };
        timers::start(&self.root, around).await?;
        let tools = job::Tools {
            pool: self.pool.clone(),
            blobs: self.blobs.clone(),
            clock: self.clock.clone(),
            config: Arc::clone(&self.config),
            ownership: self.cluster.ownership.clone(),
            secret: self.secret.clone(),
        };
        runner::start(&self.root, tools).await?;
        Ok(())
    }

    /// Waits until a tool has taken the database over. The right to write goes with its
    /// session, as when the database is restarted; it is taken again then, if no tool has it.
    pub async fn overtaken(&self) {
        loop {
            clock::pause(LOCK_CHECK).await;
            let mut lock = self.lock.lock().await;
            if lock.is_held() {
                continue;
            }
            match locks::share(&self.database).await {
                Ok(Some(again)) => *lock = again,
                Ok(None) => return,
                Err(error) => tracing::debug!(%error, "database is away"),
            }
        }
    }

    /// Stops the actors. What was on its way to the database gets there, or is found out
    /// by the next start.
    pub async fn stop(self) {
        self.root.stop().await;
        self.cluster.leave().await;
    }
}

/// Takes the right to write. A tool that was killed a moment ago may seem to have it still:
/// its session ends when the database notices.
async fn take_lock(database: &Database) -> Result<WriterLock, StartError> {
    let take = async {
        loop {
            match locks::share(database).await {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => clock::pause(LOCK_POLL).await,
                Err(error) => return Err(error.into()),
            }
        }
    };
    clock::within(LOCK_WAIT, take).await.unwrap_or(Err(StartError::InUse))
}

/// The settings that the rules depend on.
#[must_use]
pub fn rules(config: &Config) -> Rules {
    Rules {
        review: match config.listings.review {
            ListingReview::Auto => Review::Auto,
            ListingReview::Admin => Review::Admin,
        },
        hold: config.bookings.hold(),
        expiring: config.bookings.expiring(),
        window_days: config.bookings.window_days,
        holds_per_user: config.bookings.holds_per_user,
        extension: config.bookings.extension(),
        hold_max: config.bookings.hold_max(),
        approval: config.bookings.approval(),
        approved: config.bookings.approved(),
        proposal: config.bookings.proposal(),
        platform_fee: config.payments.platform_fee,
    }
}

fn client(config: &Config, provider: &Provider) -> Result<StripeClient, StripeError> {
    StripeClient::new(StripeOptions {
        base_url: provider.base_url.clone(),
        api_key: provider.api_key.clone(),
        timeout: config.payments.timeout(),
    })
}

/// Sets our clock by the database's: nodes agree then, whatever their own clocks show. A
/// difference within the round trip is none.
async fn align(pool: &Pool, clock: &Clock) -> Result<(), StorageError> {
    let client = pool.get().await?;
    let before = clock.now();
    let theirs = pool::now(&client).await?;
    let taken = clock.now().duration_since(before);
    let ahead = theirs.duration_since(before + taken / 2);
    if ahead.abs()
        > taken.max(SignedDuration::try_from(Duration::from_millis(5)).unwrap_or_default())
    {
        clock.align(ahead);
    }
    Ok(())
}

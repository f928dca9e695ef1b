//! What works without a listener: the actors, in the order in which they are started.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::{Provider, StartError};
use crate::actors::cluster::ownership::Ownership;
use crate::actors::cluster::region::{Limits, Region};
use crate::actors::committer::Committers;
use crate::actors::consumer;
use crate::actors::consumers::search_index::{self, Search};
use crate::actors::consumers::{notifications, payments, stripe_hooks};
use crate::actors::payer::{self, Payer};
use crate::actors::property;
use crate::actors::root::Root;
use crate::actors::tail::Tail;
use crate::clock::{self, Clock};
use crate::config::{Config, ListingReview};
use crate::domain::rules::{Review, Rules};
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
    /// The payment provider.
    pub stripe: Option<StripeClient>,
    /// The search index.
    pub search: Search,
    /// The bytes of pictures.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    root: Root,
    database: Database,
    lock: Mutex<WriterLock>,
}

impl Core {
    /// Starts everything but the listener. `base_url` is where browsers will reach the
    /// server.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then but tasks that end with the runtime.
    pub async fn start(
        config: Arc<Config>,
        database: &Database,
        clock: Clock,
        provider: Option<&Provider>,
        base_url: &str,
    ) -> Result<Self, StartError> {
        let lock = take_lock(database).await?;
        migrate::run(database).await?;
        let pool = database.pool(config.database.pool_size).await?;
        align(&pool, &clock).await?;
        let root = Root::start().await?;
        let tail = Tail::start(&root, &pool).await?;
        let limits = &config.limits;
        let writers = config.database.writers;
        let committers =
            Committers::start(&root, database, writers, limits.batch_sets, &tail).await?;
        let ownership = Ownership::claim_all(database, &owner()).await?;
        let around = property::Surroundings {
            pool: pool.clone(),
            committers,
            clock: clock.clone(),
            rules: rules(&config),
        };
        let region_limits = Limits {
            entity_queue: limits.entity_queue,
            node_queue: limits.node_queue,
            idle: limits.idle(),
            entities_max: limits.entities_max,
        };
        let region = Region::new(ownership, Arc::new(around), root.cell(), region_limits);
        let stripe = provider.map(|provider| client(&config, provider)).transpose()?;
        let around = search_index::Surroundings {
            pool: pool.clone(),
            clock: clock.clone(),
            dir: config.server.data_dir.join("search"),
            commit: config.search.commit(),
            writer_memory_bytes: config.search.writer_memory_bytes(),
        };
        let search = Search::start(&root, &tail, around).await?;
        let blobs = Blobs::open(&config.blobs, &config.server.data_dir)?;
        let mut core = Self {
            pool,
            region,
            tail,
            payer: Payer::off(),
            stripe,
            search,
            blobs,
            clock,
            config,
            root,
            database: database.clone(),
            lock: Mutex::new(lock),
        };
        core.start_consumers(base_url).await?;
        core.start_scheduler().await?;
        Ok(core)
    }

    async fn start_consumers(&mut self, base_url: &str) -> Result<(), StartError> {
        let (root, tail, pool) = (&self.root, &self.tail, &self.pool);
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
            consumer::start(root, tail, &pool, payments).await?;
            let hooks = stripe_hooks::StripeHooks { pool: pool.clone(), payer, concurrency };
            consumer::start(root, tail, &pool, hooks).await?;
        }
        let notifications = notifications::Notifications { pool: pool.clone() };
        consumer::start(root, tail, pool, notifications).await?;
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
        };
        runner::start(&self.root, tools).await?;
        Ok(())
    }

    /// Waits until another server has taken the database over. The right to write goes with
    /// its session, as when the database is restarted; it is taken again then, if nobody
    /// else has it.
    pub async fn overtaken(&self) {
        loop {
            clock::pause(LOCK_CHECK).await;
            let mut lock = self.lock.lock().await;
            if lock.is_held() {
                continue;
            }
            match locks::take(&self.database).await {
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
    }
}

/// Takes the right to write. A server that was killed a moment ago may seem to have it
/// still: its session ends when the database notices.
async fn take_lock(database: &Database) -> Result<WriterLock, StartError> {
    let take = async {
        loop {
            match locks::take(database).await {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => clock::pause(LOCK_POLL).await,
                Err(error) => return Err(error.into()),
            }
        }
    };
    clock::within(LOCK_WAIT, take).await.unwrap_or(Err(StartError::InUse))
}

/// Who claims shards: this process, at this moment.
fn owner() -> String {
    format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple())
}

/// The settings that the rules depend on.
#[must_use]
pub fn rules(config: &Config) -> Rules {
    Rules {
        review: match config.listings.review {
            ListingReview::Auto => Review::Auto,
        },
        hold: config.bookings.hold(),
        expiring: config.bookings.expiring(),
        window_days: config.bookings.window_days,
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

//! Starting, serving and ending.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::api::BusyKeys;
use super::checkout;
use super::endpoint::Endpoint;
use super::faults::Faults;
use super::hooks::{self, Signal};
use super::journal::{Journal, JournalError, identity_of};
use super::ledger::{Change, Ledger, Tx};
use super::listener::accept;
use super::store::{Store, StoreLost};
use crate::clock::{self, Clock};

/// How often it looks whether the state file is still its own.
const FILE_POLL: Duration = Duration::from_secs(1);

/// How often open sessions are looked through for those whose time is over.
const EXPIRY_POLL: Duration = Duration::from_secs(1);

/// How long calls under way may take when it ends.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// What a sandbox is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Made if absent; its folder as well.
    pub state_file: PathBuf,
    /// With port 0: the last port, if it is free, else any.
    pub listen: SocketAddr,
    /// Stamps objects, ends sessions, forgets keys.
    pub clock: Clock,
    /// Written once it listens, removed by an orderly end.
    pub endpoint_file: PathBuf,
    /// What stands before `/pay/...` in a session's URL: a path of the site that proxies
    /// the pages, or an absolute URL.
    pub page_base: String,
}

impl Options {
    /// The usual: any port of 127.0.0.1, `endpoint.json` beside the state file, pages
    /// proxied under `/sandbox`.
    #[must_use]
    pub fn new(state_file: PathBuf, clock: Clock) -> Self {
        Self {
            endpoint_file: state_file.with_file_name("endpoint.json"),
            state_file,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock,
            page_base: "/sandbox".to_owned(),
        }
    }
}

/// Why a sandbox did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Another sandbox has the state file: use that one, by its endpoint file.
    #[error("a sandbox is already running on state file {0}")]
    AlreadyRunning(PathBuf),
    /// The state file cannot be used.
    #[error(transparent)]
    State(JournalError),
    /// The state file cannot be written any more.
    #[error(transparent)]
    Lost(#[from] StoreLost),
    /// The system refused what is named.
    #[error("sandbox: {0}: {1}")]
    Io(&'static str, io::Error),
    /// The HTTP client cannot be made.
    #[error("sandbox: http client: {0}")]
    Client(reqwest::Error),
    /// No living sandbox is named by this endpoint file.
    #[error("no sandbox answers by endpoint file {0}")]
    NotReady(PathBuf),
}

impl From<JournalError> for SandboxError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Locked(path) => Self::AlreadyRunning(path),
            other @ (JournalError::Damaged { .. } | JournalError::Io(..)) => Self::State(other),
        }
    }
}

/// What a handler may reach.
#[derive(Debug)]
pub(super) struct App {
    store: Store,
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    pub(super) busy: BusyKeys,
    pub(super) api_key: String,
    pub(super) page_base: String,
    signals: mpsc::UnboundedSender<Signal>,
}

impl App {
    /// See [`Store::run`].
    pub(super) async fn run<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> T) -> Result<T, StoreLost> {
        self.store.run(work).await
    }

    /// See [`Store::note`].
    pub(super) fn note(&self, work: impl FnOnce(&mut Tx<'_>)) -> Result<(), StoreLost> {
        self.store.note(work)
    }

    pub(super) fn signal(&self, signal: Signal) {
        // The receiver is gone only when the sandbox ends.
        let _ = self.signals.send(signal);
    }
}

/// A client for plain http on this machine: no proxy from the environment, no root
/// certificates to be found.
pub(super) fn loopback_client(limit: Duration) -> Result<reqwest::Client, SandboxError> {
    reqwest::Client::builder()
        .timeout(limit)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .build()
        .map_err(SandboxError::Client)
}

/// A sandbox that serves until it is stopped or its state file goes away.
#[derive(Debug)]
pub struct Running {
    endpoint: Endpoint,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), SandboxError>>,
}

impl Running {
    /// How it is reached.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks it to end in order.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until it has ended; its lock is free then.
    ///
    /// # Errors
    /// [`SandboxError`] when it ended because it could not go on.
    pub async fn ended(&mut self) -> Result<(), SandboxError> {
        (&mut self.task)
            .await
            .unwrap_or_else(|error| Err(SandboxError::Io("task", io::Error::other(error))))
    }
}

/// Runs a sandbox until SIGTERM or SIGINT, or until its state file goes away.
///
/// # Errors
/// [`SandboxError`]; [`SandboxError::AlreadyRunning`] when another one has the state file.
pub async fn run(options: Options) -> Result<(), SandboxError> {
    let io = |error| SandboxError::Io("signals", error);
    let mut terminate = signal(SignalKind::terminate()).map_err(io)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io)?;
    let mut running = start(options).await?;
    let port = running.endpoint.port;
    tracing::info!(port, "payment sandbox listens on port {port}: test payments, no real money");
    tokio::select! {
        _ = terminate.recv() => running.stop(),
        _ = interrupt.recv() => running.stop(),
        ended = running.ended() => return ended,
    }
    running.ended().await
}

/// Starts a sandbox in this process and returns once it listens.
///
/// # Errors
/// [`SandboxError`]; [`SandboxError::AlreadyRunning`] when another one has the state file.
pub async fn start(options: Options) -> Result<Running, SandboxError> {
    if let Some(folder) = options.state_file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| SandboxError::Io("folder", error))?;
    }
    let now = options.clock.now().as_second();
    let (journal, ledger) = Journal::open(&options.state_file, now)?;
    let identity = journal.identity().map_err(|error| SandboxError::Io("state file", error))?;
    let listener = bind(options.listen, ledger.port)
        .await
        .map_err(|error| SandboxError::Io("listen", error))?;
    let port = listener.local_addr().map_err(|error| SandboxError::Io("listen", error))?.port();
    let (api_key, hook_secret) = secrets(&ledger)?;
    let (signals, signalled) = mpsc::unbounded_channel();
    let store = Store::new(journal, ledger, options.clock.clone(), signals.clone())
        .map_err(|error| SandboxError::Io("thread", error))?;
    let endpoint = Endpoint {
        pid: std::process::id(),
        port,
        api_key: api_key.clone(),
        hook_secret: hook_secret.clone(),
    };
    store
        .run(|tx| {
            if tx.ledger.api_key.is_empty() {
                tx.put(Change::Identity { api_key: api_key.clone(), hook_secret });
            }
            tx.put(Change::Port(port));
        })
        .await?;
    let app = Arc::new(App {
        store,
        clock: options.clock,
        faults: Faults::default(),
        busy: BusyKeys::default(),
        api_key,
        page_base: options.page_base,
        signals,
    });
    endpoint
        .write(&options.endpoint_file)
        .map_err(|error| SandboxError::Io("endpoint file", error))?;
    let (stop, stopped) = watch::channel(false);
    let parts = Parts {
        app,
        listener,
        signalled,
        stopped,
        endpoint: endpoint.clone(),
        endpoint_file: options.endpoint_file,
        state_file: options.state_file,
        identity,
    };
    Ok(Running { endpoint, stop, task: tokio::spawn(supervise(parts)) })
}

async fn bind(listen: SocketAddr, last: Option<u16>) -> io::Result<TcpListener> {
    if let Some(last) = last.filter(|_| listen.port() == 0)
        && let Ok(listener) = TcpListener::bind((listen.ip(), last)).await
    {
        return Ok(listener);
    }
    TcpListener::bind(listen).await
}

/// The API key and hook secret: those that are kept, else new ones.
fn secrets(ledger: &Ledger) -> Result<(String, String), SandboxError> {
    if !ledger.api_key.is_empty() {
        return Ok((ledger.api_key.clone(), ledger.hook_secret.clone()));
    }
    let random = || {
        let mut bytes = [0_u8; 24];
        let filled = aws_lc_rs::rand::fill(&mut bytes);
        let io = |_| SandboxError::Io("random", io::Error::other("no random bytes"));
        filled.map(|()| hex::encode(bytes)).map_err(io)
    };
    Ok((format!("sk_test_sandbox_{}", random()?), format!("whsec_{}", random()?)))
}

struct Parts {
    app: Arc<App>,
    listener: TcpListener,
    signalled: mpsc::UnboundedReceiver<Signal>,
    stopped: watch::Receiver<bool>,
    endpoint: Endpoint,
    endpoint_file: PathBuf,
    state_file: PathBuf,
    identity: (u64, u64),
}

/// Serves, and ends in order: no new connection, the calls under way, the endpoint file,
/// the state file and its lock.
async fn supervise(mut parts: Parts) -> Result<(), SandboxError> {
    let app = Arc::clone(&parts.app);
    let graceful = GracefulShutdown::new();
    let hooks = hooks::deliver(Arc::clone(&app), parts.signalled);
    let ended = tokio::select! {
        _ = parts.stopped.wait_for(|stopped| *stopped) => Ok(()),
        () = app.store.failed() => Err(StoreLost.into()),
        () = file_gone(&parts.state_file, parts.identity) => Ok(()),
        ended = hooks => ended,
        ended = expire_sessions(&app) => ended.map_err(SandboxError::from),
        () = accept(&parts.listener, &app, &graceful) => Ok(()),
    };
    drop(parts.listener);
    if clock::within(DRAIN_LIMIT, graceful.shutdown()).await.is_err() {
        tracing::warn!("sandbox ends with calls under way");
    }
    parts.endpoint.remove(&parts.endpoint_file);
    let closing = Arc::clone(&app);
    if tokio::task::spawn_blocking(move || closing.store.close()).await.is_err() {
        tracing::error!("sandbox state file was not closed in order");
    }
    ended
}

async fn expire_sessions(app: &App) -> Result<(), StoreLost> {
    loop {
        app.clock.sleep(EXPIRY_POLL).await;
        app.run(checkout::expire_overdue).await?;
    }
}

/// Returns when the name stands for another file, or none: whoever removed the data wants
/// no sandbox with old data to live on.
async fn file_gone(path: &Path, identity: (u64, u64)) {
    while identity_of(path) == Some(identity) {
        clock::pause(FILE_POLL).await;
    }
    tracing::warn!(file = %path.display(), "state file is gone or replaced: sandbox ends");
}

//! `rentezy serve`: the private Postgres and the payment sandbox are processes of their
//! own, started before the server and looked after by main's thread.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rentezy::app::{self, Provider};
use rentezy::config::{Config, PaymentsMode, Secret};
use rentezy::sandbox::Endpoint;
use rentezy::storage::blobs::Blobs;
use rentezy::storage::migrate;
use rentezy::storage::pool::Database;
use rentezy::storage::private_postgres::{self, PrivatePostgres};
use rentezy::storage::secret;
use rentezy::tools;
use rentezy::tools::target::Target;
use tokio::signal::unix::{SignalKind, signal};

use super::Failure;

/// How often the processes beside us are looked after.
const LOOK: Duration = Duration::from_secs(1);

/// How long a sandbox may take to start.
const SANDBOX_START: Duration = Duration::from_secs(30);

/// Runs the server until it is told to stop.
pub(super) fn run(config: Arc<Config>, demo: bool) -> Result<(), Failure> {
    if demo && !config.server.listen.ip().is_loopback() {
        return Err("--demo makes accounts with known passwords: only on a loopback address".into());
    }
    prepare(&config.server.data_dir)?;
    let secret = match &config.server.secret {
        Some(secret) => secret.clone(),
        None => secret::ensure(&config.server.data_dir)?,
    };
    let mut postgres = start_postgres(&config)?;
    let database = database(&config, postgres.as_ref())?;
    let sandbox = Sandbox::start(&config)?;
    let runtime = super::runtime()?;
    let (ended, end) = mpsc::channel();
    let (server, files) = (Arc::clone(&config), sandbox.as_ref().map(Sandbox::endpoint_file));
    runtime.spawn(async move {
        let done = serve(server, database, secret, files, demo).await;
        // Main's thread waits for this; it is there as long as we are.
        ended.send(done.map_err(|error| super::in_full(&*error))).ok();
    });
    let done: Result<End, Failure> = loop {
        match end.recv_timeout(LOOK) {
            Ok(done) => break done.map_err(Failure::from),
            Err(RecvTimeoutError::Disconnected) => break Err("server task broke".into()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(postgres) = &mut postgres
            && postgres.revive()?
        {
            tracing::error!("private postgres had died and was started again");
        }
        if let Some(sandbox) = &sandbox {
            sandbox.revive(&config)?;
        }
    };
    runtime.shutdown_timeout(Duration::from_secs(1));
    // Others of a cluster may be using it, and it ends by itself when its files go.
    if let Some(sandbox) = sandbox.filter(|_| config.cluster.listen.is_none()) {
        sandbox.stop();
    }
    postgres.map(PrivatePostgres::stop).transpose()?;
    match done? {
        End::Told => Ok(()),
        End::Outlived => {
            tracing::warn!("starting anew, as another incarnation");
            let again = Command::new("/proc/self/exe").args(std::env::args_os().skip(1)).exec();
            Err(again.into())
        }
    }
}

/// Why a server has ended without a fault.
enum End {
    /// It was told to.
    Told,
    /// Others have found it dead: what it knows is worth nothing, and it has to begin anew.
    Outlived,
}

async fn serve(
    config: Arc<Config>,
    database: Database,
    secret: Secret,
    sandbox: Option<PathBuf>,
    demo: bool,
) -> Result<End, Failure> {
    let provider = provider(&config, sandbox.as_deref()).await?;
    let clock = super::clock(&config)?;
    let stopped = stop_signal()?;
    tokio::pin!(stopped);
    let mut report = None;
    if demo {
        migrate::run(&database).await?;
        let rules = app::rules(&config);
        let target = Target::alone(database.clone(), clock.clone(), rules)
            .with_blobs(Blobs::open(&config.blobs, &config.server.data_dir)?);
        report = tools::demo::fill_if_empty(target).await?;
    }
    let sandbox = provider.as_ref().is_some_and(|provider| provider.sandbox);
    let data_dir = config.server.data_dir.clone();
    let server = app::Server::start(config, database.clone(), clock, provider, &secret).await?;
    let work = async {
        if let Some(report) = report {
            println!("{report}");
            if sandbox {
                let made = tools::demo::live(server.local_url(), &report).await;
                println!("{made} of {} bookings of today made", report.today.len());
            }
        }
        server.findable().await;
        if let Some(url) = server.operator_url() {
            // For the commands that talk to it: the port may be any.
            tools::ops_client::tell(&data_dir, &url, server.local_url())?;
            println!("operators: {url}");
        }
        println!("RentEzy is at {}", server.url());
        if demo {
            tools::demo::tell(&database, &mut std::io::stdout()).await?;
        }
        server.overtaken().await;
        Err("a tool has taken the database over".into())
    };
    let done = tokio::select! {
        () = &mut stopped => Ok(End::Told),
        () = server.outlived() => Ok(End::Outlived),
        done = work => done,
    };
    println!("stopping");
    if matches!(done, Ok(End::Told)) {
        server.hand_over().await;
    }
    server.stop().await;
    done
}

/// Waits for the signal to stop; one that comes from now on is not lost.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// The private Postgres, unless another one is set.
pub(super) fn start_postgres(config: &Config) -> Result<Option<PrivatePostgres>, Failure> {
    if config.database.url.is_some() {
        return Ok(None);
    }
    prepare(&config.server.data_dir)?;
    Ok(Some(PrivatePostgres::start(private_postgres::Options::new(config))?))
}

/// The private Postgres that a living server has started, if that is the database.
pub(super) fn living_postgres(config: &Config) -> Result<Option<Database>, Failure> {
    if config.database.url.is_some() {
        return Ok(None);
    }
    let folder = private_postgres::Options::new(config).folder;
    let url = PrivatePostgres::serving(&folder)?;
    Ok(url.map(|url| Database::parse(&url)).transpose()?)
}

/// The address of the database that is set, or of the private one.
pub(super) fn database(
    config: &Config,
    postgres: Option<&PrivatePostgres>,
) -> Result<Database, Failure> {
    let url = match (&config.database.url, postgres) {
        (Some(url), _) => url.expose().to_owned(),
        (None, Some(postgres)) => postgres.url(),
        (None, None) => return Err("no database".into()),
    };
    Ok(Database::parse(&url)?)
}

/// Makes the data folder. Others may pass through it, as the private Postgres' user does,
/// but not look into it.
fn prepare(folder: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o711).create(folder);
    made.map_err(|error| format!("data folder {}: {error}", folder.display()))?;
    let mode = std::fs::metadata(folder)?.permissions().mode();
    if rustix::process::geteuid().is_root() && mode & 0o001 == 0 {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(mode & 0o777 | 0o011))?;
    }
    Ok(())
}

/// Where payments are made.
async fn provider(
    config: &Config,
    endpoint_file: Option<&Path>,
) -> Result<Option<Provider>, Failure> {
    let payments = &config.payments;
    match (payments.mode, endpoint_file) {
        (PaymentsMode::Off, _) => Ok(None),
        (PaymentsMode::Stripe, _) => Ok(Some(Provider {
            base_url: payments.stripe_url.to_string(),
            api_key: exposed(payments.stripe_key.as_ref()),
            hook_secret: exposed(payments.stripe_webhook_secret.as_ref()),
            sandbox: false,
        })),
        (PaymentsMode::Sandbox, Some(file)) => {
            let endpoint = Endpoint::await_ready(file, SANDBOX_START).await?;
            Ok(Some(Provider {
                base_url: endpoint.base_url(),
                api_key: endpoint.api_key,
                hook_secret: endpoint.hook_secret,
                sandbox: true,
            }))
        }
        (PaymentsMode::Sandbox, None) => Ok(Some(Provider {
            base_url: payments.sandbox_url.as_ref().map(ToString::to_string).unwrap_or_default(),
            api_key: exposed(payments.stripe_key.as_ref()),
            hook_secret: exposed(payments.stripe_webhook_secret.as_ref()),
            sandbox: true,
        })),
    }
}

fn exposed(secret: Option<&Secret>) -> String {
    secret.map(|secret| secret.expose().to_owned()).unwrap_or_default()
}

/// The payment sandbox beside us. It outlives a killed server on purpose: payments made
/// meanwhile are told to the next one.
struct Sandbox {
    state_file: PathBuf,
}

impl Sandbox {
    /// Starts it, when test payments are set and no other sandbox is.
    fn start(config: &Config) -> Result<Option<Self>, Failure> {
        let payments = &config.payments;
        if payments.mode != PaymentsMode::Sandbox || payments.sandbox_url.is_some() {
            return Ok(None);
        }
        let folder = payments.sandbox_folder.clone();
        let folder = folder.unwrap_or_else(|| config.server.data_dir.join("sandbox"));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let sandbox = Self { state_file: folder.join("state.jsonl") };
        sandbox.launch(config)?;
        Ok(Some(sandbox))
    }

    /// Where it says how it is reached.
    fn endpoint_file(&self) -> PathBuf {
        self.state_file.with_file_name("endpoint.json")
    }

    /// Starts a process. When one is at work already, the new one sees it and ends.
    fn launch(&self, config: &Config) -> Result<(), Failure> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.state_file.with_file_name("sandbox.log"))?;
        let mut command = Command::new("/proc/self/exe");
        command.arg("sandbox").arg("--state").arg(&self.state_file);
        if let Some(clock) = &config.clock.file {
            command.arg("--clock").arg(clock);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A Ctrl-C at the terminal is for the server, which stops it in its turn.
            .process_group(0)
            .spawn()?;
        std::thread::spawn(move || child.wait());
        Ok(())
    }

    /// Starts it again when its process is gone; it comes back on the same port.
    fn revive(&self, config: &Config) -> Result<(), Failure> {
        if let Ok(Some(endpoint)) = Endpoint::read(&self.endpoint_file())
            && !is_alive(endpoint.pid)
        {
            tracing::error!("payment sandbox had died and is started again");
            self.launch(config)?;
        }
        Ok(())
    }

    fn stop(self) {
        if let Ok(Some(endpoint)) = Endpoint::read(&self.endpoint_file())
            && let Some(pid) = process(endpoint.pid)
        {
            // One that has ended by itself needs no signal.
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).ok();
        }
    }
}

fn process(pid: u32) -> Option<rustix::process::Pid> {
    i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw)
}

fn is_alive(pid: u32) -> bool {
    process(pid).is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

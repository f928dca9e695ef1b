//! The `rentezy` program: its commands, and the processes that `serve` starts beside it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use rentezy::app;
use rentezy::clock::Clock;
use rentezy::config::{self, Config};
use rentezy::sandbox;
use rentezy::storage::blobs::Blobs;
use rentezy::storage::migrate;
use rentezy::storage::pool::Database;
use rentezy::storage::private_postgres::{PrivatePostgres, child_main};
use rentezy::telemetry;
use rentezy::tools;
use rentezy::tools::backup::{BackupArgs, RestoreArgs};
use rentezy::tools::ops_client::OpsError;
use rentezy::tools::target::Target;
use tokio::runtime::{Builder, Runtime};

#[path = "serve.rs"]
mod serve;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The hidden command by which the program becomes its private Postgres.
const POSTGRES_CHILD: &str = "postgres-child";

/// RentEzy: a property rental platform in one server.
#[derive(Debug, Parser)]
#[command(name = "rentezy", version, arg_required_else_help = true)]
struct Cli {
    /// The settings file [default: ./cluster.toml, if it is there].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        /// Fill an empty database with believable homes, people and bookings first.
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database to this version and end.
    Migrate,
    /// Bring listings in from a file; a server may be running.
    ImportListings(tools::import::ImportArgs),
    /// Fill a database with believable homes, people and bookings; a server may be running.
    DemoData(tools::demo::DemoArgs),
    /// Look through the event log of a running server.
    Events(tools::ops_client::EventsArgs),
    /// Show how far the consumers of a running server are.
    Consumers(tools::ops_client::ConsumersArgs),
    /// Show, retry or discard events that a consumer was not able to see to.
    DeadLetters(tools::ops_client::DeadLettersArgs),
    /// Show letters of a running server, or send those once more that were given up.
    Letters(tools::letters::LettersArgs),
    /// Give a consumer of a running server events again.
    Replay(tools::ops_client::ReplayArgs),
    /// Show who is in the cluster, or have a server hand its shards over.
    Cluster(tools::ops_cluster::ClusterArgs),
    /// What the ledger of a running server says, and what its auditor found.
    Ledger(tools::ops_ledger::LedgerArgs),
    /// Have the search index of a running server built anew; searches go on meanwhile.
    Reindex(tools::ops_search::ReindexArgs),
    /// Check what must be true of the database; a server may be running.
    Check,
    /// Make a copy of the database and the blobs; a server may be running.
    Backup(BackupArgs),
    /// Bring a copy into an empty database or an empty folder.
    Restore(RestoreArgs),
    /// Make somebody an admin, or no longer one; a server may be running.
    Admin(tools::admin::AdminArgs),
    /// Make certificates by which the servers of a cluster know each other.
    Certs(tools::certs::CertsArgs),
    /// Run the payment sandbox on its own.
    Sandbox(SandboxArgs),
    /// Check the settings and end.
    CheckConfig {
        /// Print a settings file with every key instead.
        #[arg(long)]
        template: bool,
    },
}

#[derive(Debug, Args)]
struct SandboxArgs {
    /// Where its state is kept; made if it is not there.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// A clock that is moved by a file: the server's `clock.file`.
    #[arg(long, value_name = "FILE")]
    clock: Option<PathBuf>,
}

/// What ends a command before its work is done: a line for people.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.next_if(|first| first == POSTGRES_CHILD).is_some() {
        return child_main(arguments.collect::<Vec<OsString>>());
    }
    let cli = Cli::parse();
    let config = match Config::load(cli.config.as_deref(), config::process_environment()) {
        Ok(config) => Arc::new(config),
        Err(error) => {
            eprintln!("rentezy: {error}");
            return ExitCode::from(2);
        }
    };
    telemetry::start(config.log.level.as_str(), config.log.format == config::LogFormat::Json);
    // Before anything is counted.
    telemetry::Metrics::start();
    match run(cli.command, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rentezy: {}", in_full(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, config: Arc<Config>) -> Result<(), Failure> {
    match command {
        Command::Serve { demo } => serve::run(config, demo),
        Command::Migrate => offline(&config, async |database| {
            let count = migrate::run(&database).await?;
            println!("{count} migrations ran");
            Ok(())
        }),
        Command::ImportListings(arguments) => writing(&config, async |target| {
            println!("{}", tools::import::into(target, &arguments).await?);
            Ok(())
        }),
        Command::DemoData(arguments) => writing(&config, async |target| {
            let database = target.database.clone();
            let target = target.with_blobs(Blobs::open(&config.blobs, &config.server.data_dir)?);
            println!("{}", tools::demo::into(target, &arguments).await?);
            tools::demo::tell(&database, &mut std::io::stdout()).await?;
            Ok(())
        }),
        Command::Events(arguments) => {
            ask(tools::ops_client::events(&config, arguments, &mut std::io::stdout()))
        }
        Command::Consumers(arguments) => {
            ask(tools::ops_client::consumers(&config, arguments, &mut std::io::stdout()))
        }
        Command::DeadLetters(arguments) => {
            ask(tools::ops_client::dead_letters(&config, arguments, &mut std::io::stdout()))
        }
        Command::Letters(arguments) => {
            ask(tools::letters::letters(&config, arguments, &mut std::io::stdout()))
        }
        Command::Replay(arguments) => {
            ask(tools::ops_client::replay(&config, arguments, &mut std::io::stdout()))
        }
        Command::Cluster(arguments) => {
            ask(tools::ops_cluster::cluster(&config, arguments, &mut std::io::stdout()))
        }
        Command::Ledger(arguments) => {
            ask(tools::ops_ledger::ledger(&config, arguments, &mut std::io::stdout()))
        }
        Command::Reindex(arguments) => {
            ask(tools::ops_search::reindex(&config, arguments, &mut std::io::stdout()))
        }
        Command::Check => beside(&config, async |database| {
            let clock = clock(&config)?;
            Ok(tools::check::run(&database, &clock, &mut std::io::stdout()).await?)
        }),
        Command::Backup(arguments) => backup(&config, &arguments),
        Command::Restore(arguments) => restore(&config, &arguments),
        Command::Admin(arguments) => admin(&config, &arguments),
        Command::Certs(arguments) => {
            println!("{}", tools::certs::run(&arguments, clock(&config)?.now())?);
            Ok(())
        }
        Command::Sandbox(arguments) => runtime()?.block_on(async {
            let clock = match arguments.clock {
                Some(file) => Clock::manual(file)?,
                None => Clock::system(),
            };
            Ok(sandbox::run(sandbox::Options::new(arguments.state, clock)).await?)
        }),
        Command::CheckConfig { template } => {
            if template {
                print!("{}", config::template());
            } else {
                println!("the settings are good");
            }
            Ok(())
        }
    }
}

/// Makes somebody an admin, or no longer one: accounts are nobody's, so a server may be at
/// work on them.
fn admin(config: &Config, arguments: &tools::admin::AdminArgs) -> Result<(), Failure> {
    let work = async |database: Database| -> Result<(), Failure> {
        println!("{}", tools::admin::run(arguments, &database, &clock(config)?).await?);
        Ok(())
    };
    match serve::living_postgres(config)? {
        Some(database) => runtime()?.block_on(work(database)),
        None => offline(config, async |database| {
            if config.database.url.is_none() {
                migrate::run(&database).await?;
            }
            work(database).await
        }),
    }
}

/// Runs something on the database while no server does: with the private Postgres started
/// for it, or on the one that is set.
fn offline(
    config: &Config,
    work: impl AsyncFnOnce(Database) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let postgres = serve::start_postgres(config)?;
    let database = serve::database(config, postgres.as_ref())?;
    let done = runtime()?.block_on(work(database));
    postgres.map(PrivatePostgres::stop).transpose()?;
    done
}

/// Runs a tool that writes: by way of the server that has the database, or as [`offline`],
/// on a database of this version, when nobody has it.
fn writing(
    config: &Config,
    work: impl AsyncFnOnce(Target) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let living = match &config.database.url {
        Some(_) => Some(serve::database(config, None)?),
        None => serve::living_postgres(config)?,
    };
    if let Some(database) = living {
        let runtime = runtime()?;
        let found = runtime.block_on(async {
            let (clock, rules) = (clock(config)?, app::rules(config));
            Ok::<_, Failure>(Target::beside(config, database, clock, rules).await?)
        })?;
        if let Some(target) = found {
            return runtime.block_on(work(target));
        }
    }
    offline(config, async |database| {
        migrate::run(&database).await?;
        work(Target::alone(database, clock(config)?, app::rules(config))).await
    })
}

/// Asks a running server something.
fn ask(work: impl Future<Output = Result<(), OpsError>>) -> Result<(), Failure> {
    Ok(runtime()?.block_on(work)?)
}

fn backup(config: &Config, arguments: &BackupArgs) -> Result<(), Failure> {
    beside(config, async |database| {
        let (clock, programs) = (clock(config)?, config.database.binaries.as_deref());
        let blobs = Blobs::open(&config.blobs, &config.server.data_dir)?;
        let out = &mut std::io::stdout();
        tools::backup::backup(arguments, &database, programs, &blobs, &clock, out).await?;
        Ok(())
    })
}

fn restore(config: &Config, arguments: &RestoreArgs) -> Result<(), Failure> {
    let work = async |database: Database| -> Result<(), Failure> {
        let (clock, programs) = (clock(config)?, config.database.binaries.as_deref());
        let (blobs, out) = (&config.blobs, &mut std::io::stdout());
        tools::backup::restore(arguments, &database, programs, blobs, &clock, out).await?;
        Ok(())
    };
    let Some(folder) = arguments.folder() else {
        return runtime()?.block_on(work(Database::parse(&arguments.into)?));
    };
    tools::backup::make_empty(folder)?;
    let mut place = config.clone();
    place.database.url = None;
    place.server.data_dir = std::path::absolute(folder)?;
    offline(&place, work)
}

/// Runs something on the database that a server may be using: with the private Postgres of
/// that server, or else as [`offline`].
fn beside(
    config: &Config,
    work: impl AsyncFnOnce(Database) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match serve::living_postgres(config)? {
        Some(database) => runtime()?.block_on(work(database)),
        None => offline(config, work),
    }
}

/// The clock that is set. Within a runtime only.
fn clock(config: &Config) -> std::io::Result<Clock> {
    match &config.clock.file {
        Some(file) => Clock::manual(file.clone()),
        None => Ok(Clock::system()),
    }
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

/// An error with all that lies behind it, in one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

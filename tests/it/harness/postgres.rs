//! One private Postgres for this test program, shared by its tests, and a migrated template
//! in it that each of them clones.
//!
//! The data folder is made once, kept in cargo's folder for tests and copied by every
//! program: the tests may run as a program each. A thread of its own starts Postgres, which
//! follows that thread's death; the last test to let go of it ends it and takes its folder
//! away.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread::JoinHandle;

use rentezy::storage::migrate;
use rentezy::storage::pool::Database;
use rentezy::storage::private_postgres::{Options, PrivatePostgres, child_main};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The database that the others are clones of.
const TEMPLATE: &str = "rentezy";

/// What folders of these tests begin with; the process follows.
const PREFIX: &str = "rz-it-";

/// A database of a test's own. Dropped with it.
pub(crate) struct TestDb {
    shared: Arc<Shared>,
    name: String,
}

impl TestDb {
    /// A new clone of the template.
    pub(crate) fn new() -> Self {
        Self::clone_of(TEMPLATE)
    }

    /// A new database without anything in it.
    pub(crate) fn empty() -> Self {
        Self::clone_of("template0")
    }

    fn clone_of(template: &str) -> Self {
        let shared = shared();
        let name = format!("t_{}", Uuid::new_v4().simple());
        let (reply, done) = mpsc::channel();
        let order = Order::Run(format!("create database {name} template {template}"), reply);
        shared.orders.as_ref().unwrap().send(order).unwrap();
        done.recv().expect("Postgres went away").expect("the template is cloned");
        Self { shared, name }
    }

    /// The address, in the form that `database.url` takes.
    pub(crate) fn url(&self) -> String {
        let socket = self.shared.socket.to_string_lossy();
        format!("host='{socket}' user=rentezy dbname={}", self.name)
    }

    /// The address as the server's own code takes it.
    pub(crate) fn database(&self) -> Database {
        Database::parse(&self.url()).unwrap()
    }

    /// A connection.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.url()).await
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (reply, _) = mpsc::channel();
        let order = Order::Run(format!("drop database {} with (force)", self.name), reply);
        if let Some(orders) = &self.shared.orders {
            // The folder is taken away in any case.
            orders.send(order).ok();
        }
    }
}

/// A connection to any database.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A folder that Postgres' user and the sandbox can get to. Those of programs that were
/// killed are taken away first, and with them what they had left running.
pub(crate) fn folder() -> TempDir {
    for entry in std::fs::read_dir(std::env::temp_dir()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another program may be at it too.
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let dir = tempfile::Builder::new().prefix(&prefix).tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    dir
}

/// What the thread that Postgres belongs to is asked for.
enum Order {
    /// Run a statement on the database for such things.
    Run(String, mpsc::Sender<Result<(), String>>),
}

struct Shared {
    socket: PathBuf,
    /// Closed to end it.
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("Postgres is stopped");
        }
    }
}

fn shared() -> Arc<Shared> {
    static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = shared.upgrade() {
        return shared;
    }
    let (orders, taken) = mpsc::channel();
    let (tell, started) = mpsc::channel();
    let thread = std::thread::spawn(move || run(&tell, &taken));
    let socket = started.recv().expect("Postgres starts");
    let new = Arc::new(Shared { socket, orders: Some(orders), thread: Some(thread) });
    *shared = Arc::downgrade(&new);
    new
}

/// The life of Postgres.
fn run(started: &mpsc::Sender<PathBuf>, orders: &mpsc::Receiver<Order>) {
    let dir = folder();
    let postgres = launch(dir.path());
    started.send(socket(&postgres)).unwrap();
    let runtime = runtime();
    let admin = format!("host='{}' user=rentezy dbname=postgres", socket(&postgres).display());
    let client = runtime.block_on(connect(&admin));
    for Order::Run(statement, reply) in orders {
        let done = runtime.block_on(client.batch_execute(&statement));
        // Whoever drops a database does not wait.
        reply.send(done.map_err(|error| format!("{statement}: {error:?}"))).ok();
    }
    drop(client);
    postgres.stop().unwrap();
}

/// Starts a Postgres that has the template, with its files in `dir`. It belongs to this thread,
/// which must not be one of a runtime.
pub(crate) fn launch(dir: &Path) -> PrivatePostgres {
    let options = options(dir);
    std::fs::create_dir(&options.folder).unwrap();
    std::fs::set_permissions(&options.folder, std::fs::Permissions::from_mode(0o711)).unwrap();
    copy(&template(), &options.folder.join("data"));
    PrivatePostgres::start(options).unwrap()
}

/// The folder of a Postgres' socket.
pub(crate) fn socket(postgres: &PrivatePostgres) -> PathBuf {
    match &postgres.config().get_hosts()[0] {
        Host::Unix(socket) => socket.clone(),
        other => panic!("Postgres listens on {other:?}"),
    }
}

/// The data folder that is copied, made by the first program that needs it.
fn template() -> PathBuf {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(cache).unwrap();
    let path = cache.join(format!("postgres-{}", key()));
    let lock = std::fs::File::create(cache.join("postgres.lock")).unwrap();
    lock.lock().unwrap();
    if path.exists() {
        return path;
    }
    let dir = folder();
    let postgres = PrivatePostgres::start(options(dir.path())).unwrap();
    let database = Database::parse(&postgres.url()).unwrap();
    runtime().block_on(migrate::run(&database)).unwrap();
    postgres.stop().unwrap();
    let unfinished = path.with_extension("new");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished).unwrap();
    }
    copy(&dir.path().join("postgres/data"), &unfinished);
    std::fs::rename(&unfinished, &path).unwrap();
    path
}

/// Changes with the migrations, and with the user that the files belong to.
fn key() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(std::fs::read(&file).unwrap());
        hash.update([0]);
    }
    let digest = hex::encode(hash.finalize());
    format!("{}-{}", &digest[..16], rustix::process::geteuid().as_raw())
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success(), "cp {} {}", from.display(), to.display());
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Options whose entry is this very program, by way of the test below: the user that
/// Postgres runs as may have no right to the folder that the server was built in.
fn options(folder: &Path) -> Options {
    let entry = [
        "/proc/self/exe",
        "--exact",
        "harness::postgres::becomes_postgres_when_called_as_an_entry",
        "--nocapture",
        "--",
    ];
    Options {
        folder: folder.join("postgres"),
        binaries: std::env::var_os("RENTEZY_DATABASE_BINARIES").map(PathBuf::from),
        user: std::env::var("RENTEZY_DATABASE_USER").unwrap_or_else(|_| "postgres".to_owned()),
        connections: 300,
        entry: entry.map(Into::into).to_vec(),
    }
}

#[test]
fn becomes_postgres_when_called_as_an_entry() {
    let arguments: Vec<_> =
        std::env::args_os().skip_while(|argument| argument != "--").skip(1).collect();
    if arguments.len() > 1 {
        let _failed = child_main(arguments);
        std::process::exit(1);
    }
}

//! The real program, serving: started, killed, stopped in order, started again on the same
//! data.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rentezy::clock::{self, Clock};
use rentezy::config::Secret;
use rentezy::sandbox::Endpoint;
use rentezy::storage::secret;
use rustix::process::{Pid, Signal};
use tempfile::TempDir;
use tokio_postgres::Client;

use super::client::{Api, http};
use super::postgres::{TestDb, folder};
use super::shop::User;
use super::wait::wait_until;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_rentezy");

/// How long a start or an end may take on a loaded machine.
const GUARD: Duration = Duration::from_secs(90);

/// A server with its data, its database and its sandbox. Everything of it ends with it.
pub(crate) struct World {
    /// Its database; `None` when it runs a private Postgres.
    pub(crate) db: Option<TestDb>,
    dir: TempDir,
    env: Vec<(String, String)>,
    child: Option<Child>,
    url: String,
    operator_url: String,
    http: reqwest::Client,
    clock_offset: AtomicI64,
}

/// How a world is to be.
pub(crate) struct Plan {
    env: Vec<(String, String)>,
    private: bool,
}

impl World {
    /// A running server with the usual settings.
    pub(crate) async fn start() -> Self {
        Self::plan().start().await
    }

    /// A server whose settings are to be said.
    pub(crate) fn plan() -> Plan {
        Plan { env: Vec::new(), private: false }
    }

    /// What it is reached by.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The folder of everything it keeps.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The secret that seals its keys.
    pub(crate) fn secret(&self) -> Secret {
        match self.setting("SERVER_SECRET") {
            Some(secret) => Secret::new(secret.to_owned()),
            None => secret::ensure(&self.data_dir()).unwrap(),
        }
    }

    fn setting(&self, name: &str) -> Option<&str> {
        let set = |(set, _): &&(String, String)| set.strip_prefix("RENTEZY_") == Some(name);
        self.env.iter().find(set).map(|(_, value)| value.as_str())
    }

    /// A connection to its database.
    pub(crate) async fn sql(&self) -> Client {
        match &self.db {
            Some(db) => db.connect().await,
            None => super::postgres::connect(&self.database_url()).await,
        }
    }

    pub(super) fn database_url(&self) -> String {
        match (&self.db, self.setting("DATABASE_URL")) {
            (Some(db), _) => db.url(),
            (None, Some(url)) => url.to_owned(),
            (None, None) => {
                let socket = self.data_dir().join("postgres/run");
                format!("host='{}' user=rentezy dbname=rentezy", socket.display())
            }
        }
    }

    /// Asks it as nobody.
    pub(crate) fn anonymous(&self) -> Api {
        Api::new(&self.http, &self.url, None)
    }

    /// Asks it as somebody.
    pub(crate) fn api(&self, user: &User) -> Api {
        Api::new(&self.http, &self.url, Some(&user.token))
    }

    /// Asks it as an operator: paths begin with `/ops/v1/`.
    pub(crate) fn operator(&self) -> Api {
        let token = secret::operator_token(&self.data_dir()).unwrap();
        Api::new(&self.http, &self.operator_url, Some(token.expose()))
    }

    /// What its clock shows, to within the time that it needs to notice.
    #[expect(clippy::disallowed_methods, reason = "the server's clock is the system's, moved")]
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.clock_offset.load(Ordering::SeqCst))
    }

    /// The clock that server and sandbox go by.
    pub(super) fn clock(&self) -> Clock {
        Clock::manual(self.dir.path().join("clock")).unwrap()
    }

    /// Moves the clock of server and sandbox ahead; for worlds with a manual one.
    pub(crate) fn move_clock(&mut self, seconds: i64) {
        self.pass(seconds);
    }

    /// The same while requests are under way; by one mover at a time.
    pub(crate) fn pass(&self, seconds: i64) {
        let offset = self.clock_offset.fetch_add(seconds, Ordering::SeqCst) + seconds;
        // As a whole: half a number would be another number.
        let (file, aside) = (self.dir.path().join("clock"), self.dir.path().join("clock.new"));
        std::fs::write(&aside, offset.to_string()).unwrap();
        std::fs::rename(&aside, &file).unwrap();
    }

    /// How its sandbox is reached.
    pub(crate) async fn endpoint(&self) -> Endpoint {
        Endpoint::await_ready(&self.endpoint_file(), GUARD).await.unwrap()
    }

    fn endpoint_file(&self) -> PathBuf {
        self.data_dir().join("sandbox/endpoint.json")
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// kill -9, from one moment to the next.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Tells it to stop and comes back at once.
    pub(crate) fn terminate(&self) {
        signal(self.pid(), Signal::TERM);
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        let began = clock::monotonic();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                eprintln!("the server had ended after {:?}", began.elapsed());
                return status;
            }
            assert!(began.elapsed() < GUARD, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops it in order.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.ended()
    }

    /// Starts it again on the same data, on another port. Its settings may change.
    pub(crate) fn start_again(&mut self) {
        assert!(self.child.is_none(), "the server still runs");
        let began = clock::monotonic();
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        // By way of the hidden command that lets a program die with its parent: tests are
        // killed too. It is the thread that counts, and a test's own lives long enough.
        let mut command = Command::new(PROGRAM);
        command.arg("postgres-child").arg(std::process::id().to_string());
        command.arg(PROGRAM).arg("serve").current_dir(self.dir.path());
        settings(&mut command);
        command
            .env("RENTEZY_SERVER_LISTEN", "127.0.0.1:0")
            .env("RENTEZY_OPERATOR_LISTEN", "127.0.0.1:0")
            .env("RENTEZY_SERVER_DATA_DIR", self.data_dir())
            .env("RENTEZY_LOG_LEVEL", "info")
            .env("RENTEZY_ACCOUNTS_EMAIL_VERIFICATION", "optional")
            // A test asks more of a server than a person does; those about limits set their own.
            .env("RENTEZY_LIMITS_ADDRESS_RATE", "0")
            .env("RENTEZY_LIMITS_USER_RATE", "0")
            .env("RENTEZY_BOOKINGS_HOLDS_PER_USER", "0")
            .env("RENTEZY_LIMITS_SIGN_IN_FAILURES", "0")
            // A machine that does other things meanwhile may take its time to find all.
            .env("RENTEZY_SEARCH_BUDGET_MS", "60000")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        if self.db.is_some() {
            command.env("RENTEZY_DATABASE_URL", self.database_url());
        }
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                // Read to the end, so that the server can always say more.
                tell.send(line).ok();
            }
        });
        self.child = Some(child);
        self.url = loop {
            let line = told.recv_timeout(GUARD).unwrap_or_else(|_| panic!("it does not start"));
            if let Some(url) = line.strip_prefix("operators: ") {
                self.operator_url = url.trim().to_owned();
            }
            if let Some(url) = line.strip_prefix("RentEzy is at ") {
                break url.trim().to_owned();
            }
        };
        eprintln!("{} serves after {:?}", self.url, began.elapsed());
    }

    /// Runs another command of the program on its database and data, with its settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        self.prepared(arguments).output().unwrap()
    }

    /// The same, to be run.
    pub(crate) fn prepared(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.dir.path());
        settings(&mut command);
        command
            .env("RENTEZY_SERVER_DATA_DIR", self.data_dir())
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        if self.db.is_some() {
            command.env("RENTEZY_DATABASE_URL", self.database_url());
        }
        command
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("server.log")
    }

    /// What it has logged.
    pub(crate) fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }
}

impl Plan {
    /// Sets a setting: `BOOKINGS_HOLD_SECONDS`, `5`.
    pub(crate) fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.env.push((format!("RENTEZY_{name}"), value.to_string()));
        self
    }

    /// With a clock that the test moves. Access tokens then last a day.
    pub(crate) fn manual_clock(self) -> Self {
        self.set("CLOCK_FILE", "../clock").set("ACCOUNTS_ACCESS_TOKEN_MINUTES", 1440)
    }

    /// With the Postgres that the server runs itself.
    pub(crate) fn private_postgres(mut self) -> Self {
        self.private = true;
        self
    }

    /// With a database that is not the test's own.
    pub(crate) fn database(self, url: &str) -> Self {
        self.private_postgres().set("DATABASE_URL", url)
    }

    /// Starts the server.
    pub(crate) async fn start(self) -> World {
        let db = (!self.private).then(TestDb::new);
        self.start_with(db).await
    }

    /// Starts the server on a database.
    pub(crate) async fn start_on(self, db: TestDb) -> World {
        self.start_with(Some(db)).await
    }

    /// Runs a command of the program instead, to its end.
    pub(crate) fn run(self, arguments: &[&str]) -> Output {
        self.build(None).command(arguments)
    }

    async fn start_with(self, db: Option<TestDb>) -> World {
        let mut world = self.build(db);
        world.start_again();
        // Its search index may still be being filled.
        wait_until("the server is ready", async || {
            world.anonymous().get("/readyz").await.status == 200
        })
        .await;
        world
    }

    fn build(self, db: Option<TestDb>) -> World {
        let dir = folder();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        let env = self.env.into_iter().map(|(name, value)| match value.strip_prefix("../") {
            Some(file) => (name, dir.path().join(file).to_string_lossy().into_owned()),
            None => (name, value),
        });
        let env = env.collect();
        World {
            db,
            dir,
            env,
            child: None,
            url: String::new(),
            operator_url: String::new(),
            http: http(),
            clock_offset: AtomicI64::new(0),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.logged();
            let from = log.lines().count().saturating_sub(60);
            eprintln!("the end of the server's log:");
            log.lines().skip(from).for_each(|line| eprintln!("| {line}"));
        }
        if let Some(mut child) = self.child.take() {
            // One that has ended already is what we want.
            child.kill().ok();
            child.wait().ok();
        }
        if let Ok(Some(endpoint)) = Endpoint::read(&self.endpoint_file()) {
            signal(endpoint.pid, Signal::TERM);
            let gone = wait_until_gone(endpoint.pid);
            assert!(gone || std::thread::panicking(), "sandbox {} is left over", endpoint.pid);
        }
    }
}

/// Takes away what the tester's own shell may have set.
pub(crate) fn settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let kept = ["RENTEZY_DATABASE_BINARIES", "RENTEZY_DATABASE_USER"];
        let text = name.to_string_lossy();
        if text.starts_with("RENTEZY_") && !kept.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
}

/// Sends a signal to a process, if it is still there.
pub(crate) fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        rustix::process::kill_process(pid, signal).ok();
    }
}

/// Whether a process does anything any more: one that has ended and was not yet buried
/// does not.
pub(crate) fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    let state = stat.ok().and_then(|stat| stat.rsplit_once(") ")?.1.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Waits until a process has ended; whether it has.
pub(crate) fn wait_until_gone(pid: u32) -> bool {
    let began = clock::monotonic();
    while lives(pid) {
        if began.elapsed() > GUARD {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

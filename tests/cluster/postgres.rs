//! A Postgres of a test's own, which can crash.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use rentezy::storage::private_postgres::PrivatePostgres;
use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio_postgres::Client;

use crate::harness::postgres::{connect, folder, launch, socket};
use crate::harness::server::signal;

/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(2);

/// A running Postgres with a database of this version. It ends with it.
pub(crate) struct Postgres {
    socket: PathBuf,
    /// Closed to end it.
    crashes: Option<mpsc::Sender<oneshot::Sender<()>>>,
    thread: Option<JoinHandle<()>>,
}

impl Postgres {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let (tell, started) = oneshot::channel();
        let (crashes, ordered) = mpsc::channel();
        let thread = std::thread::spawn(move || run(tell, &ordered));
        let socket = started.await.expect("Postgres starts");
        Self { socket, crashes: Some(crashes), thread: Some(thread) }
    }

    /// The socket that it listens on.
    pub(crate) fn socket(&self) -> PathBuf {
        self.socket.join(".s.PGSQL.5432")
    }

    /// A connection that nothing stands in the way of.
    pub(crate) async fn sql(&self) -> Client {
        connect(&format!("host='{}' user=rentezy dbname=rentezy", self.socket.display())).await
    }

    /// Has it stop without finishing anything, as `pg_ctl stop -m immediate` does, and recover.
    /// Comes back when it takes connections again.
    pub(crate) async fn crash(&self) {
        let (tell, recovered) = oneshot::channel();
        self.crashes.as_ref().unwrap().send(tell).unwrap();
        recovered.await.expect("Postgres recovers");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crashes = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("Postgres is stopped");
        }
    }
}

/// The life of Postgres, which belongs to the thread that started it.
fn run(started: oneshot::Sender<PathBuf>, crashes: &mpsc::Receiver<oneshot::Sender<()>>) {
    let dir = folder();
    let mut postgres: PrivatePostgres = launch(dir.path());
    started.send(socket(&postgres)).unwrap();
    for recovered in crashes {
        signal(postgres.pid().expect("Postgres runs"), Signal::QUIT);
        while !postgres.revive().unwrap() {
            std::thread::sleep(LOOK);
        }
        // A test that has failed does not wait.
        recovered.send(()).ok();
    }
    postgres.stop().unwrap();
}

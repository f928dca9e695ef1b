//! An even load on all servers: requests are sent when they are due, whether or not those before
//! were answered, up to a limit. What is not known to be done or refused is asked again under the
//! same key, at the next server.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use rentezy::clock;
use reqwest::Method;
use tokio::task::{JoinHandle, JoinSet};

use crate::harness::client::{Api, http_within};
use crate::harness::shop::{Home, User};
use crate::harness::wait::wait_until;
use crate::history::{Attempt, History, Record, Seen, Wish};
use crate::links::NAMES;
use crate::nodes::Cluster;

/// Between two requests.
const EVERY: Duration = Duration::from_millis(30);
/// Requests that may wait for an answer; past it those that are due are left out.
const WAITING_MAX: usize = 400;
/// How long a client waits for an answer: longer than a server tries.
const PATIENCE: Duration = Duration::from_secs(8);
/// The pause before a request is sent again.
const AGAIN: Duration = Duration::from_millis(100);
/// How long it may take to find out what has become of a request.
const GUARD: Duration = Duration::from_secs(120);
/// How many bookings have to be acknowledged before a load counts as flowing.
const FLOWING: usize = 25;
/// Nights further ahead than this are not wished for by the load itself.
pub(crate) const AHEAD_MAX: i32 = 400;

/// Whom clients ask.
pub(crate) enum Route {
    /// One server after the other, in whatever state they are.
    All,
    /// Those that say that they are ready, as whoever spreads requests over servers does.
    Ready(Arc<Vec<AtomicBool>>),
    /// This one.
    Only(usize),
}

/// Clients of the servers.
pub(crate) struct Clients {
    http: reqwest::Client,
    urls: Vec<String>,
    crowd: Vec<User>,
    pub(crate) homes: Vec<Home>,
    today: Date,
    began: Instant,
    history: Mutex<History>,
    /// Bookings that nobody has given up, and whose they are.
    held: Mutex<Vec<(usize, String)>>,
    acked: AtomicUsize,
}

/// A load that goes on until it is ended.
pub(crate) struct Load {
    /// Who asks.
    pub(crate) clients: Arc<Clients>,
    ended: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Load {
    /// Begins, and comes back when bookings are being made.
    pub(crate) async fn start(cluster: &Cluster, route: Route) -> Self {
        let clients = Arc::new(Clients {
            http: http_within(PATIENCE),
            urls: cluster.nodes.iter().map(|node| node.url().to_owned()).collect(),
            crowd: cluster.crowd.clone(),
            homes: cluster.homes.clone(),
            today: cluster.nodes[0].day(0),
            began: clock::monotonic(),
            history: Mutex::default(),
            held: Mutex::default(),
            acked: AtomicUsize::new(0),
        });
        let ended = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(run(Arc::clone(&clients), route, Arc::clone(&ended)));
        let load = Self { clients, ended, task };
        load.flows().await;
        load
    }

    /// Waits until some more bookings are acknowledged.
    pub(crate) async fn flows(&self) {
        let acked = || self.clients.acked.load(Ordering::Relaxed);
        let target = acked() + FLOWING;
        wait_until("the load flows", async || {
            assert!(!self.task.is_finished(), "the load has broken");
            acked() >= target
        })
        .await;
    }

    /// Sends no more requests, and waits until it is known of all what has become of them.
    pub(crate) async fn end(self) -> History {
        self.ended.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        let history = std::mem::take(&mut *self.clients.history.lock().unwrap());
        eprintln!("{history}");
        history
    }
}

async fn run(clients: Arc<Clients>, route: Route, ended: Arc<AtomicBool>) {
    let route = Arc::new(route);
    let mut waiting = JoinSet::new();
    for number in 0.. {
        let due = EVERY * number;
        clock::pause(due.saturating_sub(clients.began.elapsed())).await;
        if ended.load(Ordering::Relaxed) {
            break;
        }
        while let Some(settled) = waiting.try_join_next() {
            settled.unwrap();
        }
        if waiting.len() >= WAITING_MAX {
            clients.history.lock().unwrap().left_out += 1;
            continue;
        }
        let record = clients.wish(usize::try_from(number).unwrap());
        let (clients, route) = (Arc::clone(&clients), Arc::clone(&route));
        waiting.spawn(async move { clients.settle(record, &route).await });
    }
    while let Some(settled) = waiting.join_next().await {
        settled.unwrap();
    }
}

impl Clients {
    /// The request of a number: half of them want to hold nights, of which two want the same;
    /// the others give a hold up or look at one.
    fn wish(&self, number: usize) -> Record {
        let user = number % self.crowd.len();
        if number.is_multiple_of(2) {
            let target = number / 4;
            let round = i32::try_from(target / self.homes.len()).unwrap();
            let ahead = 1 + 2 * round;
            assert!(ahead < AHEAD_MAX, "the load goes on for too long");
            return Record::new(self.hold(target % self.homes.len(), ahead), user);
        }
        let mut held = self.held.lock().unwrap();
        if held.is_empty() {
            return Record::new(self.hold(number % self.homes.len(), AHEAD_MAX), user);
        }
        let at = fastrand::usize(..held.len());
        if number % 8 == 1 {
            let (user, booking) = held.swap_remove(at);
            return Record::new(Wish::Release(booking), user);
        }
        let (user, booking) = held[at].clone();
        Record::new(Wish::Read(booking), user)
    }

    /// Two nights of a home, so many days ahead.
    pub(crate) fn hold(&self, home: usize, ahead: i32) -> Wish {
        let day = jiff::Span::new().days(ahead);
        Wish::Hold(self.homes[home].stay(self.today.saturating_add(day), 2))
    }

    /// Sends a request until it is known what has become of it, and writes it down.
    pub(crate) async fn settle(&self, mut record: Record, route: &Route) {
        let first = fastrand::usize(..NAMES.len());
        loop {
            let node = self.node(route, first + record.attempts.len());
            let began = self.began.elapsed();
            let seen = self.attempt(&record, node).await;
            let known = !matches!(seen, Seen::Unknown(_));
            record.attempts.push(Attempt { node, began, ended: self.began.elapsed(), seen });
            if known {
                return self.settled(record);
            }
            let tried = self.began.elapsed() - record.attempts[0].began;
            assert!(tried < GUARD, "nobody can say what has become of {record}");
            clock::pause(AGAIN).await;
        }
    }

    /// The server for an attempt.
    fn node(&self, route: &Route, turn: usize) -> usize {
        let all = self.urls.len();
        match route {
            Route::Only(node) => *node,
            Route::All => turn % all,
            Route::Ready(ready) => {
                let mut turns = (turn..turn + all).map(|turn| turn % all);
                let found = turns.find(|node| ready[*node].load(Ordering::Relaxed));
                found.unwrap_or(turn % all)
            }
        }
    }

    /// Sends a request once.
    pub(crate) async fn attempt(&self, record: &Record, node: usize) -> Seen {
        let api = Api::new(&self.http, &self.urls[node], Some(&self.crowd[record.user].token));
        let call = match &record.wish {
            Wish::Hold(stay) => api.call(Method::POST, "bookings").json(stay),
            Wish::Release(id) => api.call(Method::DELETE, &format!("bookings/{id}/hold")),
            Wish::Read(id) => api.call(Method::GET, &format!("bookings/{id}")),
        };
        match call.key(&record.key).try_send().await {
            Ok(answer) if answer.status < 300 => Seen::Ok(Box::new(answer)),
            Ok(answer) if answer.status < 500 => Seen::Fail(Box::new(answer)),
            Ok(answer) => Seen::Unknown(format!("{} {}", answer.status, answer.body["code"])),
            Err(error) => Seen::Unknown(in_full(&error)),
        }
    }

    fn settled(&self, record: Record) {
        if let Some((_, answer)) = record.held() {
            self.acked.fetch_add(1, Ordering::Relaxed);
            self.held.lock().unwrap().push((record.user, answer.text_at("/id")));
        }
        self.history.lock().unwrap().records.push(record);
    }
}

/// An error with what it comes from.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

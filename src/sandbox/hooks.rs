//! Telling the hook. The first attempts go out one after the other in order of creation;
//! what fails is tried again beside them, after 1 s, then twice as long each time up to
//! 60 s, for ever. A registration makes everything undelivered due at once. Fault knobs may
//! have events come late, twice, or once more after they were delivered.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::faults::HookTrouble;
use super::ledger::Change;
use super::objects::{Event, Hook};
use super::server::{App, SandboxError, loopback_client};
use super::store::StoreLost;

/// How long the hook may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The waits before the second attempt and at most.
const BACK_OFF_SECONDS: (u64, u64) = (1, 60);

/// Deliveries under way at once.
const FLYING_MAX: usize = 16;

/// What the deliverer is told.
#[derive(Debug)]
pub(super) enum Signal {
    /// There is a new event.
    Created(String),
    /// There is a new hook.
    Registered,
    /// The fault knobs were turned.
    FaultsChanged,
}

/// How a delivery ended.
struct Outcome {
    event: String,
    /// The registration it was made under.
    generation: u64,
    /// Whether it was a first attempt.
    first: bool,
    delivered: bool,
}

struct Deliverer {
    app: Arc<App>,
    http: reqwest::Client,
    /// Counts registrations.
    generation: u64,
    /// Whether there is a hook at all.
    hooked: bool,
    /// Events that wait for their first attempt, in order.
    lane: VecDeque<String>,
    /// Whether a first attempt is under way.
    lane_busy: bool,
    /// Events that wait for another attempt.
    retries: BTreeSet<(Timestamp, String)>,
    /// Events that are to come twice in a row.
    twice: HashSet<String>,
    /// Events that are to come once more, after so long.
    again: HashMap<String, Duration>,
    /// Every undelivered event that is known here, with its failed attempts so far.
    waiting: HashMap<String, u32>,
    flying: JoinSet<Outcome>,
    /// The events under way.
    in_flight: HashSet<String>,
}

/// Delivers until the store or the process ends.
pub(super) async fn deliver(
    app: Arc<App>,
    mut signals: UnboundedReceiver<Signal>,
) -> Result<(), SandboxError> {
    let mut deliverer = Deliverer {
        http: loopback_client(ANSWER_LIMIT)?,
        app,
        generation: 0,
        hooked: false,
        lane: VecDeque::new(),
        lane_busy: false,
        retries: BTreeSet::new(),
        twice: HashSet::new(),
        again: HashMap::new(),
        waiting: HashMap::new(),
        flying: JoinSet::new(),
        in_flight: HashSet::new(),
    };
    // What was signalled before is in the ledger as well.
    while signals.try_recv().is_ok() {}
    deliverer.reload().await?;
    loop {
        deliverer.launch();
        let due = deliverer.next_retry();
        tokio::select! {
            signal = signals.recv() => match signal {
                None => return Ok(()),
                Some(Signal::Created(event)) => deliverer.queue(event),
                Some(Signal::Registered) => deliverer.reload().await?,
                Some(Signal::FaultsChanged) => {}
            },
            Some(Ok(outcome)) = deliverer.flying.join_next(), if !deliverer.flying.is_empty() => {
                deliverer.settle(outcome);
            }
            () = deliverer.app.clock.sleep_until(due.unwrap_or(Timestamp::MAX)),
                if due.is_some() => {}
        }
    }
}

impl Deliverer {
    /// Makes everything undelivered due, in order of creation.
    async fn reload(&mut self) -> Result<(), StoreLost> {
        self.generation += 1;
        self.retries.clear();
        let (hooked, undelivered) = self
            .app
            .run(|tx| {
                let waiting = tx.ledger.events.iter().filter(|event| !event.delivered);
                let ids: Vec<String> = waiting.map(|event| event.id.clone()).collect();
                (tx.ledger.hook.is_some(), ids)
            })
            .await?;
        self.hooked = hooked;
        self.waiting = undelivered.iter().map(|id| (id.clone(), 0)).collect();
        self.lane = undelivered.into_iter().filter(|id| !self.in_flight.contains(id)).collect();
        Ok(())
    }

    /// Puts a new event in line, unless a reload saw it before its signal came.
    fn queue(&mut self, event: String) {
        if self.waiting.insert(event.clone(), 0).is_some() {
            return;
        }
        match self.app.faults.next_webhook() {
            Some(HookTrouble::Late(stretch)) => return self.later(event, stretch),
            Some(HookTrouble::Twice) => {
                self.twice.insert(event.clone());
            }
            Some(HookTrouble::Again(stretch)) => {
                self.again.insert(event.clone(), stretch);
            }
            None => {}
        }
        self.lane.push_back(event);
    }

    /// Has an event sent after a while, beside the others.
    fn later(&mut self, event: String, stretch: Duration) {
        let at = self.app.clock.now().saturating_add(stretch).unwrap_or(Timestamp::MAX);
        self.retries.insert((at, event));
    }

    fn held(&self) -> bool {
        !self.hooked || self.app.faults.webhooks().hold
    }

    /// When a waiting event is due, if it could go out then.
    fn next_retry(&self) -> Option<Timestamp> {
        let blocked = self.held() || self.flying.len() >= FLYING_MAX;
        self.retries.first().filter(|_| !blocked).map(|(at, _)| *at)
    }

    fn launch(&mut self) {
        if self.held() {
            return;
        }
        if !self.lane_busy {
            let reverse = self.app.faults.webhooks().reverse;
            let next = if reverse { self.lane.pop_back() } else { self.lane.pop_front() };
            if let Some(event) = next {
                self.lane_busy = true;
                self.fly(event, true);
            }
        }
        let now = self.app.clock.now();
        while self.flying.len() < FLYING_MAX
            && let Some((at, _)) = self.retries.first()
            && *at <= now
            && let Some((_, event)) = self.retries.pop_first()
        {
            self.fly(event, false);
        }
    }

    fn fly(&mut self, event: String, first: bool) {
        self.in_flight.insert(event.clone());
        let (app, http, generation) = (Arc::clone(&self.app), self.http.clone(), self.generation);
        let times = 1 + u8::from(self.twice.remove(&event));
        // One that nobody waits for has been delivered: it is sent all the same.
        let again = !self.waiting.contains_key(&event);
        self.flying.spawn(async move {
            let delivered = send(&app, &http, &event, times, again).await;
            Outcome { event, generation, first, delivered }
        });
    }

    fn settle(&mut self, outcome: Outcome) {
        self.lane_busy &= !outcome.first;
        self.in_flight.remove(&outcome.event);
        if outcome.delivered {
            self.waiting.remove(&outcome.event);
            if let Some(stretch) = self.again.remove(&outcome.event) {
                self.later(outcome.event, stretch);
            }
        } else if outcome.generation == self.generation {
            let failures = self.waiting.entry(outcome.event.clone()).or_default();
            let stretch = back_off(*failures);
            *failures = failures.saturating_add(1);
            self.later(outcome.event, stretch);
        } else {
            // It went to a hook that has been replaced since.
            self.lane.push_front(outcome.event);
        }
    }
}

/// How long to wait after so many earlier failures.
pub(super) fn back_off(failures: u32) -> Duration {
    let (least, most) = BACK_OFF_SECONDS;
    Duration::from_secs(least.checked_shl(failures.min(16)).unwrap_or(most).min(most))
}

/// The header for a body that is sent at this instant, in seconds since the epoch.
pub(super) fn signature(secret: &str, at: i64, body: &[u8]) -> String {
    let mut hex = String::new();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        hex = hex::encode(mac.finalize().into_bytes());
    }
    format!("t={at},v1={hex}")
}

/// Sends one event so many times; whether it is done with. One that was delivered is sent
/// only `again`.
async fn send(app: &App, http: &reqwest::Client, id: &str, times: u8, again: bool) -> bool {
    let read = app.run(|tx| {
        let event = tx.ledger.events.get(id).cloned();
        (event, tx.ledger.hook.clone(), tx.ledger.hook_secret.clone())
    });
    let Ok((Some(event), Some(hook), secret)) = read.await else { return false };
    let wanted = (again || !event.delivered) && hook.wants(&event.kind);
    if wanted && !post(app, http, &event, (&hook, &secret), times).await {
        return false;
    }
    // Lost by a kill it is delivered once more: allowed.
    app.note(|tx| tx.put(Change::Delivered(event.id))).is_ok()
}

async fn post(
    app: &App,
    http: &reqwest::Client,
    event: &Event,
    (hook, secret): (&Hook, &str),
    times: u8,
) -> bool {
    let mut view = event.view();
    view["api_version"] = hook.api_version.clone().into();
    let body = view.to_string();
    let mut delivered = false;
    for _ in 0..times.saturating_add(app.faults.webhooks().duplicate) {
        let signed = signature(secret, app.clock.now().as_second(), body.as_bytes());
        let answer = http
            .post(&hook.url)
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", signed)
            .body(body.clone())
            .send()
            .await;
        match answer {
            Ok(answer) if answer.status().is_success() => delivered = true,
            Ok(answer) => {
                tracing::debug!(event = event.id, status = %answer.status(), "hook refused event");
            }
            Err(error) => tracing::debug!(event = event.id, %error, "hook not reached"),
        }
    }
    delivered
}

//! One run: callers who ask, and ask again as soon as they have their answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rentezy::clock;
use tokio::task::JoinSet;

use crate::desks::{Desk, Want};
use crate::support::Result;
use crate::support::report::quantile;

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Holds that were acknowledged.
    pub(crate) held: u64,
    /// Requests whose nights were taken.
    pub(crate) taken: u64,
    /// Requests that ended in any other way.
    pub(crate) failed: u64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// Bytes of the database's log that came of it, with what consumers wrote.
    pub(crate) wal: f64,
    /// How long each request took, in milliseconds.
    pub(crate) latencies: Vec<f64>,
}

impl Run {
    /// Holds a second.
    #[must_use]
    pub(crate) fn held_a_second(&self) -> f64 {
        to_float(self.held) / self.seconds
    }

    /// Requests a second, of either answer.
    #[must_use]
    pub(crate) fn asked_a_second(&self) -> f64 {
        to_float(self.held + self.taken) / self.seconds
    }

    /// Bytes of the database's log for each hold.
    #[must_use]
    pub(crate) fn wal_a_hold(&self) -> f64 {
        self.wal / to_float(self.held.max(1))
    }

    /// The latency that the part `q` of all requests stayed below, in milliseconds.
    #[must_use]
    pub(crate) fn latency(&self, q: f64) -> f64 {
        quantile(&self.latencies, q)
    }

    fn add(&mut self, other: Self) {
        self.held += other.held;
        self.taken += other.taken;
        self.failed += other.failed;
        self.latencies.extend(other.latencies);
    }
}

/// Lets `callers` ask for `span`; `want` says what the nth request is for.
///
/// # Errors
/// When a caller breaks.
pub(crate) async fn run<D: Desk>(
    desk: &D,
    callers: usize,
    span: Duration,
    want: impl Fn(u64) -> Want + Send + Sync + 'static,
) -> Result<Run> {
    let (want, next) = (Arc::new(want), Arc::new(AtomicU64::new(0)));
    let began = clock::monotonic();
    let mut all = JoinSet::new();
    for _ in 0..callers {
        let (desk, want, next) = (desk.clone(), Arc::clone(&want), Arc::clone(&next));
        all.spawn(async move {
            let mut run = Run::default();
            while began.elapsed() < span {
                let want = want(next.fetch_add(1, Ordering::Relaxed));
                let asked = clock::monotonic();
                match desk.hold(want).await {
                    Ok(true) => run.held += 1,
                    Ok(false) => run.taken += 1,
                    Err(error) => {
                        // The first is enough to see what is wrong.
                        if run.failed == 0 {
                            eprintln!("request failed: {error}");
                        }
                        run.failed += 1;
                    }
                }
                run.latencies.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            run
        });
    }
    let mut total = Run::default();
    while let Some(run) = all.join_next().await {
        total.add(run?);
    }
    total.seconds = began.elapsed().as_secs_f64();
    Ok(total)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
fn to_float(count: u64) -> f64 {
    count as f64
}

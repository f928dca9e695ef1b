//! How long it takes until everything answers again.

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Instant;

use futures_util::future::join_all;

use crate::history::Record;
use crate::links::NAMES;
use crate::load::{AHEAD_MAX, Load, Route};

/// Counts the nights that were asked for here, which nobody else wants.
static NIGHTS: AtomicI32 = AtomicI32::new(0);
/// How far ahead those are, at most.
const NIGHTS_MAX: i32 = 150;

impl Load {
    /// Waits until nights of every home were held through each of these servers, and prints how
    /// long after `fault` that was.
    pub(crate) async fn recovers(&self, what: &str, fault: Instant, through: &[usize]) {
        let holds = through.iter().flat_map(|node| {
            let ahead = AHEAD_MAX + 2 + 2 * (NIGHTS.fetch_add(1, Ordering::Relaxed) % NIGHTS_MAX);
            (0..self.clients.homes.len()).map(move |home| (*node, home, ahead))
        });
        join_all(holds.map(async |(node, home, ahead)| {
            let record = Record::new(self.clients.hold(home, ahead), home);
            self.clients.settle(record, &Route::Only(node)).await;
        }))
        .await;
        let names: Vec<_> = through.iter().map(|node| NAMES[*node]).collect();
        eprintln!(
            "RECOVERED {what}: {:.2} s until {} homes through {} (load of the machine {})",
            fault.elapsed().as_secs_f64(),
            self.clients.homes.len(),
            names.join(" and "),
            machine_load(),
        );
    }
}

fn machine_load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

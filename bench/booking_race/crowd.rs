//! A crowd that comes to one home at the same moment, each for once: everybody has to be told
//! something, and those for whom there is no room have to be told at once when to come again.

use std::time::Duration;

use rentezy::clock;
use serde_json::json;
use tokio::task::JoinSet;

use crate::desks::{Desk, Told, Want};
use crate::race::Run;
use crate::support::Result;
use crate::support::report::quantile;
use crate::want;

/// The longest that anybody may wait: the deadline of a command.
const DEADLINE_MS: f64 = 5_000.0;

/// What became of a crowd.
#[derive(Debug, Default)]
pub(crate) struct Rush {
    held: u64,
    taken: u64,
    /// How long those waited who were told yes or no, in milliseconds.
    answered: Vec<f64>,
    /// How long those waited who were told to come again.
    refused: Vec<f64>,
    seconds: f64,
}

impl Rush {
    /// What it wrote, for the books.
    pub(crate) fn run(&self) -> Run {
        Run { held: self.held, taken: self.taken, seconds: self.seconds, ..Run::default() }
    }
}

/// Lets so many ask at the same moment, each under a name of its own.
///
/// # Errors
/// When an answer is none of those that there may be.
pub(crate) async fn rush<D: Desk>(desk: &D, callers: usize, wanted: Want) -> Result<Rush> {
    let began = clock::monotonic();
    let mut all = JoinSet::new();
    for _ in 0..callers {
        let (desk, wanted) = (desk.clone(), want(wanted.property, wanted.nights));
        all.spawn(async move {
            let asked = clock::monotonic();
            (desk.ask(wanted).await, asked.elapsed().as_secs_f64() * 1000.0)
        });
    }
    let mut rush = Rush::default();
    while let Some(told) = all.join_next().await {
        let (told, waited) = told?;
        match told? {
            Told::Held => rush.held += 1,
            Told::Taken => rush.taken += 1,
            Told::Later(pause) if pause > Duration::ZERO => {
                rush.refused.push(waited);
                continue;
            }
            Told::Later(_) => return Err("told to come again, but not when".into()),
        }
        rush.answered.push(waited);
    }
    rush.seconds = began.elapsed().as_secs_f64();
    Ok(rush)
}

/// Tells it.
///
/// # Errors
/// When somebody waited past the deadline.
pub(crate) fn tell(name: &str, rush: Rush) -> Result<()> {
    let Rush { held, taken, answered, refused, seconds } = rush;
    let line = json!({
        "bench": crate::BENCH, "figure": name, "held": held, "taken": taken,
        "refused": refused.len(), "seconds": seconds,
        "refused_p50_ms": quantile(&refused, 0.5), "refused_p99_ms": quantile(&refused, 0.99),
        "answered_p50_ms": quantile(&answered, 0.5), "answered_p99_ms": quantile(&answered, 0.99),
    });
    println!("{line}");
    eprintln!(
        "{name:<22}{held} held, {taken} taken, {} told to come again after {:.2} ms (p99 {:.2}), \
         the others after {:.1} ms (p99 {:.1})",
        refused.len(),
        quantile(&refused, 0.5),
        quantile(&refused, 0.99),
        quantile(&answered, 0.5),
        quantile(&answered, 0.99),
    );
    let longest = answered.iter().chain(&refused).copied().fold(0.0, f64::max);
    if longest > DEADLINE_MS {
        return Err(format!("somebody waited {longest:.0} ms").into());
    }
    Ok(())
}

//! Seeded simulation of the rules of a property: tenants, landlord, timers and a payment
//! provider act at random on the pure core, which loses its memory again and again and lives
//! on from rows that are written as storage writes them. After every step the rows are
//! compared with a naive model.
//!
//! A run goes on until every command has met every state that it can meet a hundred times.
//! Each world is about one state, which its seed says, so a seed alone repeats it:
//! `RENTEZY_SIM_SEED` runs the worlds from that seed on, `RENTEZY_SIM_STEPS` so many steps.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a simulation fails loudly")]

mod actor;
mod check;
mod coverage;
mod drive;
mod landlord;
mod model;
mod model_booking;
mod model_change;
mod model_listing;
mod model_money;
mod model_policy;
mod model_room;
mod mutations;
mod names;
mod pairs;
mod people;
mod provider;
mod rows;
mod run;
mod send;
mod world;

use std::io::Write as _;

use rentezy::clock::monotonic;
use rentezy::domain::stay;

use coverage::ENOUGH;
use run::Run;

/// More steps than a run needs to fill the table.
const STEPS_MAX: u64 = 600_000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a whole number")))
}

/// Past the capture of test output: how far a simulation went is worth a line every time.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

#[test]
fn rows_agree_with_a_naive_model() {
    let first = number("RENTEZY_SIM_SEED").unwrap_or_else(|| fastrand::u64(..1 << 48));
    let steps = number("RENTEZY_SIM_STEPS");
    let began = monotonic();
    let mut run = Run::new(stay::decide);
    let ended = run.worlds(first, steps.unwrap_or(STEPS_MAX), steps.is_none());
    if let Err(failure) = ended {
        say(&format!(
            "simulation failed in step {0}: RENTEZY_SIM_SEED={1} RENTEZY_SIM_STEPS={0} \
             cargo test --test sim rows_agree -- --nocapture",
            failure.step, failure.seed
        ));
        std::panic::resume_unwind(failure.panic);
    }
    let (done, coverage) = (run.steps, &run.coverage);
    let rate = done as f64 / began.elapsed().as_secs_f64();
    say(&format!("{coverage}{}", run.crashes));
    say(&format!("simulation: {done} steps from seed {first}, {rate:.0} steps/s"));
    assert_eq!(coverage.forbidden(), [""; 0], "cannot occur");
    if steps.is_none_or(|steps| steps >= STEPS_MAX) {
        assert_eq!(coverage.missing(), [""; 0], "less than {ENOUGH} times");
    }
}

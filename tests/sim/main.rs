//! Seeded simulation of the rules of a property: tenants, timers and a payment provider
//! act at random on the pure core, which loses its memory again and again and lives on
//! from rows that are written as storage writes them. After every step the rows are
//! compared with a naive model.
//!
//! `RENTEZY_SIM_SEED` runs the worlds from that seed on, `RENTEZY_SIM_STEPS` so many steps
//! in all instead of some seconds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a simulation fails loudly")]

mod actor;
mod coverage;
mod model;
mod provider;
mod rows;
mod world;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use coverage::Coverage;
use rentezy::clock::monotonic;
use world::World;

/// How long worlds are made when no number of steps is given.
const BUDGET: Duration = Duration::from_secs(5);

/// The steps of one world: short enough to be read when it fails.
const WORLD: u64 = 400;

/// From so many steps on every pair that is not rare must have been reached.
const ENOUGH: u64 = 100_000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a whole number")))
}

#[test]
fn rows_agree_with_a_naive_model() {
    let first = number("RENTEZY_SIM_SEED").unwrap_or_else(|| fastrand::u64(..1 << 48));
    let budget = number("RENTEZY_SIM_STEPS");
    let began = monotonic();
    let (mut coverage, mut steps) = (Coverage::default(), 0);
    for seed in first.. {
        let left = budget.map_or(WORLD, |budget| budget.saturating_sub(steps));
        if left == 0 || (budget.is_none() && began.elapsed() > BUDGET) {
            break;
        }
        let mut done = 0;
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut world = World::new(seed, &mut coverage);
            while done < left.min(WORLD) {
                done += 1;
                world.step();
            }
            world.settle();
        }));
        if let Err(panic) = run {
            let done = done.max(1);
            say(&format!(
                "simulation failed in step {done}: RENTEZY_SIM_SEED={seed} \
                 RENTEZY_SIM_STEPS={done} cargo test --test sim"
            ));
            resume_unwind(panic);
        }
        steps += done;
    }
    let rate = steps as f64 / began.elapsed().as_secs_f64();
    say(&format!("simulation: {steps} steps from seed {first}, {rate:.0} steps/s\n{coverage}"));
    if steps >= ENOUGH {
        assert_eq!(coverage.missing(), [""; 0], "never reached");
    }
}

/// Past the capture of test output: how far a simulation went is worth a line every time.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

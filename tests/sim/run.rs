//! One world after the other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::actor::Judge;
use crate::coverage::Coverage;
use crate::pairs::TABLES;
use crate::send::Crashes;
use crate::world::World;

/// The steps of one world: short enough to be read when it fails.
const WORLD: u64 = 400;

/// Worlds one after the other, and what they reached.
pub(crate) struct Run {
    judge: Judge,
    pub(crate) steps: u64,
    pub(crate) coverage: Coverage,
    pub(crate) crashes: Crashes,
}

/// A world in which the rows were not what the model said.
pub(crate) struct Failure {
    pub(crate) seed: u64,
    pub(crate) step: u64,
    pub(crate) panic: Box<dyn Any + Send>,
}

/// The state that a seed's world is about.
fn focus(seed: u64) -> &'static str {
    let states: Vec<_> = TABLES.iter().flat_map(|table| table.states).collect();
    states[usize::try_from(seed % states.len() as u64).unwrap()]
}

impl Run {
    pub(crate) fn new(judge: Judge) -> Self {
        Self { judge, steps: 0, coverage: Coverage::default(), crashes: Crashes::default() }
    }

    /// Makes worlds from a seed on, up to so many steps; `lean` leaves those out that are about
    /// a state that has met enough, and ends when all have.
    ///
    /// # Errors
    /// The first world that fails.
    pub(crate) fn worlds(&mut self, first: u64, most: u64, lean: bool) -> Result<(), Failure> {
        let mut seed = first;
        while self.steps < most && !(lean && self.coverage.missing().is_empty()) {
            let focus = focus(seed);
            if !(lean && self.coverage.is_enough_of(focus)) {
                self.world(seed, focus, most - self.steps)?;
            }
            seed += 1;
        }
        Ok(())
    }

    fn world(&mut self, seed: u64, focus: &'static str, left: u64) -> Result<(), Failure> {
        let mut step = 0;
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut world = World::new(seed, focus, self.judge);
            while step < left.min(WORLD) {
                step += 1;
                world.step();
            }
            world.settle();
            (world.coverage, world.crashes)
        }));
        let step = step.max(1);
        let (coverage, crashes) = run.map_err(|panic| Failure { seed, step, panic })?;
        self.steps += step;
        self.coverage.add(&coverage);
        self.crashes.add(&crashes);
        Ok(())
    }
}

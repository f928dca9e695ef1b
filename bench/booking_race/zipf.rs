//! Requests as a market makes them: few homes are wanted by many, and half of the requests are
//! for nights that somebody else has asked for before.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rentezy::domain::calendar::Nights;
use rentezy::domain::ids::PropertyId;

use crate::desks::Want;
use crate::want;

/// The exponent of the distribution, as in YCSB.
const EXPONENT: f64 = 0.99;

/// Homes of one unit each, the most wanted first. A home whose nights have all been asked for
/// passes new requests on to the next.
pub(crate) struct Market {
    homes: Vec<PropertyId>,
    nights: Arc<[Nights]>,
    /// The part of all requests that is for a home or one before it.
    up_to: Vec<f64>,
    /// Nights that were asked for, by home.
    asked: Vec<AtomicUsize>,
}

impl Market {
    /// A market where nobody has asked for anything.
    pub(crate) fn new(homes: Vec<PropertyId>, nights: Arc<[Nights]>) -> Self {
        let mut sum = 0.0;
        let mut up_to: Vec<f64> = (1..=homes.len())
            .map(|rank| {
                sum += f64::from(u32::try_from(rank).unwrap_or(u32::MAX)).powf(-EXPONENT);
                sum
            })
            .collect();
        up_to.iter_mut().for_each(|part| *part /= sum);
        let asked = homes.iter().map(|_| AtomicUsize::new(0)).collect();
        Self { homes, nights, up_to, asked }
    }

    /// The next request: every other one for nights that have been asked for.
    pub(crate) fn want(&self, n: u64) -> Want {
        let first = self.up_to.partition_point(|part| *part < fastrand::f64());
        let homes = self.homes.iter().zip(&self.asked);
        for (home, asked) in homes.cycle().skip(first).take(self.homes.len()) {
            let before = asked.load(Ordering::Relaxed).min(self.nights.len());
            let night = if n % 2 == 1 && before > 0 {
                Some(fastrand::usize(..before))
            } else {
                Some(asked.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < self.nights.len())
            };
            if let Some(nights) = night.and_then(|night| self.nights.get(night)) {
                return want(*home, *nights);
            }
        }
        // Everything has been asked for.
        want(self.homes[first % self.homes.len()], self.nights[0])
    }
}

//! When: what time starts. Durable timers are sent to their entities when they are due, and
//! jobs run at their hours. Everything here can be missed and made good later: what is due
//! is a row, and a job scans for what there is to do.

pub mod job;
pub mod jobs;
pub mod runner;
pub mod timers;

//! Tests of the whole server: the real program on a free port, with a database of its own
//! that is a clone of a migrated template, and the payment sandbox beside it.
//!
//! Nothing sleeps here: a test waits for a condition, with a generous guard, and prints the
//! time it took. What went wrong on a server is in its log, whose end is printed when the
//! test fails.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects, and ends where that is not so"
)]

mod harness;

mod accounts;
mod attacks;
mod bookings;
mod codec;
mod config_file;
mod crash;
mod edge;
mod fence;
mod house;
mod house_checks;
mod house_source;
mod idempotency;
mod log;
mod openapi;
mod outage;
mod private_postgres;
mod properties;
mod races;
mod samples;
mod seeded;
mod smoke;
mod walls;

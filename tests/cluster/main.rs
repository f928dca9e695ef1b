//! Servers that share a database, as real processes, and what can go wrong between them: a
//! process that is killed or stands still, a connection that is cut or holds everything back, a
//! database that crashes, an answer that gets lost after the commit.
//!
//! Every test puts an even load on the servers and keeps a history of it: what was asked of
//! whom, when, and whether it was done, refused, or is not known. What is not known is asked
//! again under the same key. Afterwards the history is compared with the rows, and the invariants
//! have to hold. How long it took until everything answered again is printed and not judged.
//!
//! `RENTEZY_CLUSTER_RUNS` says how often each fault is tried, each time on new servers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects, and ends where that is not so"
)]

#[allow(dead_code, reason = "the tests of one server use the rest")]
#[path = "../it/harness/mod.rs"]
mod harness;

mod check;
mod cuts;
mod history;
mod links;
mod load;
mod nodes;
mod postgres;
mod proxy;
mod recovery;

mod alone;
mod database;
mod logs;
mod partitions;
mod processes;
mod rolling;
mod seeded;
mod strangers;

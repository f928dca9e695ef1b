//! The operators' API, on a listener of its own: events, consumers, dead letters, replays,
//! jobs, letters, the audit trail, the ledger, and listings that tools bring in. [`router`] is
//! its table of routes. Whoever shows the operators' token may do everything here; health
//! needs none.

pub mod cluster;
pub mod consumers;
pub mod dead_letters;
pub mod events;
pub mod jobs;
pub mod ledger;
pub mod letters;
pub mod listings;
pub mod openapi;
pub mod replays;
pub mod router;
pub mod search;

//! RentEzy: a property rental platform in one server.
//!
//! The modules stand in reading order, from what is true to what is wired:
//! an arrow between two of them only ever points up this list. `docs/ARCHITECTURE.md`
//! walks through them; `tests/it/house.rs` holds them to it.

pub mod domain;

pub mod telemetry;

pub mod clock;
pub mod config;
pub mod listening;

pub mod gateways;
pub mod search;
pub mod storage;

pub mod actors;

pub mod http;
pub mod scheduler;

pub mod app;
pub mod sandbox;
pub mod tools;

//! The room's unit tests: the whole router, without a database behind it.

mod auth;
mod bodies;
mod cors;
mod edge;
mod harness;
mod idempotency;
mod keys;
mod limits;
mod metrics;
mod openapi;
mod ops;
mod page;
mod passwords;
mod peer;
mod pictures;
mod preconditions;
mod problem;
mod sandbox_proxy;

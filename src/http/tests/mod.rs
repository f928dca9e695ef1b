//! The room's unit tests: the whole router, without a database behind it.

mod auth;
mod bodies;
mod edge;
mod harness;
mod idempotency;
mod keys;
mod openapi;
mod ops;
mod page;
mod passwords;
mod pictures;
mod preconditions;
mod problem;
mod sandbox_proxy;

//! Who asks: the public HTTP API. [`router`] is the one table of routes; a handler reads a
//! request into types, asks storage or the region, and writes the answer down. Whatever
//! goes wrong becomes a problem document in [`problem`].

pub mod access;
pub mod api;
pub mod assets;
pub mod auth;
pub mod command;
pub mod cors;
pub mod docs;
pub mod edge;
pub mod extract;
pub mod idempotency;
pub mod keys;
pub mod limits;
pub mod lockout;
pub mod metrics;
pub mod openapi;
pub mod ops;
pub mod page;
pub mod passwords;
pub mod peer;
pub mod pictures;
pub mod positions;
pub mod precondition;
pub mod problem;
pub mod router;
pub mod sandbox_proxy;
pub mod server;
pub mod sessions;
pub mod slots;
pub mod state;
mod syntax;

#[cfg(test)]
mod tests;

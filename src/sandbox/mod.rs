//! A stand-in for Stripe's HTTP API: a process of its own with durable state, so that a
//! payment can be made, and is remembered, while the server is dead. It moves no money.
//!
//! It speaks as much of Stripe's v1 as RentEzy calls (checkout sessions with a hosted page,
//! payment intents, refunds, signed webhooks, idempotency keys) and can be told to fail in
//! the ways a provider fails (`POST /_faults`). `serve` finds it by its endpoint file.
//!
//! A request is answered when what it saw or changed is on disk. Reading order: what is
//! kept (`objects`, `ledger`, `journal`, `store`), what happens to it (`cards`, `checkout`,
//! `intents`, `refunds`), how it is reached (`form`, `api`, `page`, `hooks`, `faults`, `server`).

mod objects;

mod ledger;

mod journal;

mod store;

mod cards;

mod checkout;

mod intents;

mod refunds;

mod faults;

mod form;

mod api;

mod calls;

mod page;

mod page_html;

mod hooks;

mod listener;

pub mod endpoint;

pub mod server;

pub use endpoint::Endpoint;
pub use server::{Options, Running, SandboxError, run, start};

#[cfg(test)]
mod tests;

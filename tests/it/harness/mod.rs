//! What every test stands on: a Postgres with a template to clone, a server to kill, users
//! who ask it things, the payment sandbox, and the invariants that must hold afterwards.

pub(crate) mod client;
pub(crate) mod fake_smtp;
pub(crate) mod invariants;
pub(crate) mod measured;
pub(crate) mod people;
pub(crate) mod pictures;
pub(crate) mod postgres;
pub(crate) mod sandbox;
pub(crate) mod server;
pub(crate) mod shop;
pub(crate) mod wait;

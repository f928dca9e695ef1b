//! What the benches share: a server to measure, and how figures are told.

pub(crate) mod report;
pub(crate) mod server;

/// Any error: a bench ends with it.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

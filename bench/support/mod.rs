//! What the benches share: a server to measure, and how figures are told.

pub mod report;
pub mod server;

/// Any error: a bench ends with it.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

//! What a job is.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::actors::cluster::ownership::Ownership;
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::storage::blobs::Blobs;
use crate::storage::pool::Pool;
use crate::storage::sqlstate::StorageError;

/// What jobs are given.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The database.
    pub pool: Pool,
    /// The bytes of pictures.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// One node runs the jobs for all.
    pub ownership: Ownership,
    /// `server.secret`.
    pub secret: Secret,
}

/// What a run did: how many rows it touched.
pub type Report = Result<u64, StorageError>;

/// A job. It takes no input, finds what there is to do by itself, and does no harm when it
/// runs twice or a day late.
pub struct Job {
    /// Its name in logs.
    pub name: &'static str,
    /// When it runs, UTC: second, minute, hour, day of month, month, day of week.
    pub schedule: &'static str,
    /// Whether it also runs when the server starts.
    pub at_start: bool,
    /// Does it.
    pub run: fn(Tools) -> Pin<Box<dyn Future<Output = Report> + Send>>,
}

//! The jobs: one a file, and this table of them.

pub mod blobs;
pub mod partitions;
pub mod trim;

use super::job::Job;

/// Every job.
pub const ALL: &[Job] = &[blobs::JOB, partitions::JOB, trim::JOB];

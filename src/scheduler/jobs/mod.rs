//! The jobs: one a file, and this table of them.

pub mod audit;
pub mod blobs;
pub mod digests;
pub mod gates;
pub mod partitions;
pub mod signing_keys;
pub mod trim;
pub mod trim_accounts;

use super::job::Job;

/// Every job.
pub const ALL: &[Job] = &[
    blobs::JOB,
    partitions::JOB,
    trim::JOB,
    signing_keys::JOB,
    trim_accounts::JOB,
    gates::JOB,
    digests::JOB,
    audit::CHANGES,
    audit::EVERYTHING,
];

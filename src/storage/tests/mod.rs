//! Tests of what is kept.

mod blobs;
pub(crate) mod bulk;
mod postgres_binaries;
mod postgres_crashes;
mod postgres_files;
pub(crate) mod private_postgres;
mod seal;
mod secret;

//! What is kept: all SQL of the house, one module for each family of tables. Postgres is
//! the truth; whatever actors hold can be rebuilt from here.

pub mod accounts;
pub mod admin_users;
pub mod audits;
pub mod batch;
mod blob_folder;
pub mod blobs;
pub mod bookings;
pub mod bulk;
pub mod calendar;
pub mod changes;
pub mod cluster;
pub mod commands;
pub mod dead_letters;
pub mod deposits;
pub mod dump;
pub mod event_log;
pub mod events;
pub mod facts;
pub mod gates;
pub mod identities;
pub mod inbox;
pub mod invariants;
pub mod job_runs;
pub mod ledger;
pub mod letter_log;
pub mod letters;
pub mod link_tokens;
pub mod locks;
pub mod migrate;
pub mod notifications;
pub mod parked;
pub mod partitions;
pub mod payments;
pub mod photo_bulk;
pub mod photos;
pub mod pool;
pub mod preferences;
pub mod private_postgres;
pub mod promos;
pub mod properties;
pub mod replays;
pub mod retention;
pub mod seal;
pub mod secret;
pub mod sessions;
pub mod shards;
pub mod sign_in_failures;
pub mod signing_keys;
pub mod sqlstate;
pub mod statement;
pub mod timeline;
pub mod timers;
pub mod types;

#[cfg(test)]
pub(crate) mod tests;

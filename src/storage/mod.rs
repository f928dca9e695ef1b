//! What is kept: all SQL of the house, one module for each family of tables. Postgres is
//! the truth; whatever actors hold can be rebuilt from here.

pub mod accounts;
pub mod batch;
mod blob_folder;
pub mod blobs;
pub mod bookings;
pub mod changes;
pub mod commands;
pub mod events;
pub mod facts;
pub mod inbox;
pub mod locks;
pub mod migrate;
pub mod notifications;
pub mod payments;
pub mod photos;
pub mod pool;
pub mod private_postgres;
pub mod properties;
pub mod secret;
pub mod shards;
pub mod sqlstate;
pub mod statement;
pub mod timers;
pub mod types;

#[cfg(test)]
pub(crate) mod tests;

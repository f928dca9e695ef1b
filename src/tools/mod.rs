//! Commands that work beside the server: bringing listings in, and making demo data.
//!
//! A reader or generator yields [`listing::ListingDraft`]s and knows nothing of storage; a
//! [`import::ListingSink`] takes them in batches. So the readers are tested without a
//! database, and every source goes through the same door.

pub mod listing;

mod html;

pub mod inside_airbnb;

pub mod us_rents;

mod place;

pub mod progress;

pub mod import;

pub mod story;

pub mod lanes;

pub mod store;

pub mod sink;

pub mod server;

pub mod target;

pub mod admin;
pub mod demo;

pub mod backup;

pub mod certs;
pub mod check;

pub mod letters;
pub mod ops_client;
pub mod ops_cluster;
pub mod ops_ledger;
pub mod ops_search;

#[cfg(test)]
mod tests;

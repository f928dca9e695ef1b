//! What follows from events: one consumer a file.

pub mod alerts;
mod alerts_memory;
pub mod cards;
pub mod mail;
pub mod notifications;
pub mod payments;
mod people;
pub(in crate::actors) mod search_build;
pub(in crate::actors) mod search_changes;
pub(in crate::actors) mod search_document;
mod search_door;
pub(in crate::actors) mod search_feed;
pub mod search_index;
pub(in crate::actors) mod search_lag;
mod search_renewal;
pub mod stripe_hooks;

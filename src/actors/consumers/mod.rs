//! What follows from events: one consumer a file.

pub mod notifications;
pub mod payments;
mod search_document;
mod search_feed;
pub mod search_index;
pub mod stripe_hooks;

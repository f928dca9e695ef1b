//! What follows from events: one consumer a file.

pub mod notifications;
pub mod payments;
pub mod stripe_hooks;

//! Who owns: everything with a mailbox. An actor keeps a cache of rows and serialises the
//! commands about them; only its handle is public, no message and no reference leaves its
//! file.

pub mod cluster;
pub mod committer;
pub mod consumer;
mod consumer_reader;
mod consumer_work;
pub mod consumers;
pub mod identity;
pub mod mailer;
pub mod payer;
mod payer_calls;
mod payer_reserves;
pub mod property;
mod property_memory;
mod property_refusals;
mod property_turn;
pub mod queue;
pub mod replayer;
pub mod root;
pub mod tail;

#[cfg(test)]
mod tests;

//! Whom we call. A gateway turns typed requests into calls of an outside service and its
//! answers into typed results; it keeps nothing and decides nothing. Only `actors` calls
//! in here, so that every outside call has a queue, a limit and a retry.

mod host_words;
pub mod letter_words;
pub mod mail;
pub mod oidc;
mod stay_facts;
mod stay_words;
pub mod stripe;
pub mod stripe_objects;
mod watch_words;

#[cfg(test)]
mod tests;

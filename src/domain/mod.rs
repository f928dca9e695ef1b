//! The rules. Pure, synchronous and total: time is an argument, nothing here reads a
//! clock, a random source, a file or a socket. A rule takes state and a command and
//! returns a decision as data, or a refusal.

pub mod calendar;
pub mod entity;
pub mod ids;
pub mod money;
pub mod signature;

#[cfg(test)]
mod tests;

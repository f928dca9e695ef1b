//! The rules. Pure, synchronous and total: time is an argument, nothing here reads a
//! clock, a random source, a file or a socket. A rule takes state and a command and
//! returns a decision as data, or a refusal.

pub mod booking;
pub mod calendar;
pub mod change;
pub mod entity;
pub mod envelope;
pub mod event;
pub mod ids;
pub mod inventory;
pub mod link_token;
pub mod money;
pub mod notification;
pub mod password;
pub mod payment;
pub mod photo;
pub mod picture;
pub mod property;
pub mod refusal;
pub mod rules;
pub mod signature;
pub mod stay;
mod turn;
pub mod user;

#[cfg(test)]
mod tests;

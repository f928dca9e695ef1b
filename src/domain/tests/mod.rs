//! Unit tests of the rules, one file for each.

mod password;
mod signature;
mod user;

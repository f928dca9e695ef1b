//! Unit tests of the rules, one file for each.

mod signature;
mod user;

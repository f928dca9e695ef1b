//! The group-commit statement: change sets of many entities in one statement, one round
//! trip and one transaction.
//!
//! 1. The fence: the shards' epochs, locked for share. A set under an old epoch is out.
//! 2. A set one of whose commands has a record is out.
//! 3. The gates of the sets that are left are taken. A set that lacks one of its own is out,
//!    and what it has taken stays until its writer gives it back.
//! 4. All rows of the sets that are left are written. Updates name the version they start
//!    from, and a shortfall raises; events get the next numbers of their stream.
//!
//! Each topic's parts stand in a file of their own. Only the parts that a batch needs are
//! in its statement. Batches with the same parts share a prepared statement, named by
//! [`Built::parts`].

mod bookings;
mod builder;
mod gates;
mod listings;
mod log;
mod money;

pub use builder::{Built, Param, build};
pub use gates::taken as gates_taken;

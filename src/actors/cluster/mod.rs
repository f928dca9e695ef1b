//! Where entities live, and how a command finds its own: ownership of shards, and the
//! region that routes to them. A single node is a cluster of one.

pub mod ownership;
pub mod region;

//! Where entities live, and how a command finds its own. A single node is a cluster of one:
//! it runs the same code, but for the connections.
//!
//! - `joining`: how a server becomes a node; `membership`: its lease, who else is there, who is gone.
//! - `ownership`: what is known about who owns which shard; `placement` changes it.
//! - `region`: routes requests to entities, here or at other nodes.
//! - `peers`, `gateway`, `transport`, `wire`: asking others, being asked, the connections, and
//!   what is said over them.

pub mod gateway;
pub mod joining;
pub mod membership;
pub mod ownership;
pub mod peers;
pub mod placement;
pub mod region;
pub mod transport;
pub mod wire;

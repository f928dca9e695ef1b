//! Who belongs to the cluster, and which of them a shard should live with. What is agreed lies
//! in rows; these are the rules by which every node reads them alike.
//!
//! Leases and suspicions as Orleans has them (Bernstein et al., "Orleans: Distributed Virtual
//! Actors for Programmability and Scalability", 2014); placement by rendezvous hashing (Thaler
//! and Ravishankar, 1998): when a node comes or goes, only its own shards move.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entity::Shard;

/// A start of a server: each gets a number of its own, a later one a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Incarnation(pub i64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a node is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It looks for the others, and owns nothing yet.
    Joining,
    /// It owns shards.
    Active,
    /// It hands its shards over.
    Draining,
    /// It has gone, and left nothing behind.
    Left,
    /// Others have found that it is gone, or cannot be reached.
    Dead,
}

impl NodeState {
    /// Its name in rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joining => "joining",
            Self::Active => "active",
            Self::Draining => "draining",
            Self::Left => "left",
            Self::Dead => "dead",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Joining, Self::Active, Self::Draining, Self::Left, Self::Dead]
            .into_iter()
            .find(|state| state.name() == name)
    }

    /// Whether it takes part.
    #[must_use]
    pub const fn lives(self) -> bool {
        matches!(self, Self::Joining | Self::Active | Self::Draining)
    }
}

/// A node as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Which start of which server.
    pub incarnation: Incarnation,
    /// The server's name; among those that live only one has it.
    pub name: String,
    /// `host:port` of its cluster listener; none when it is alone.
    pub address: Option<String>,
    /// What it is about.
    pub state: NodeState,
    /// Whether its lease runs, by the database's clock.
    pub leased: bool,
}

/// The node that a shard should live with: of those that are active the one with the highest
/// weight for it. Names count and not incarnations, so that a server that was restarted gets
/// its shards back.
#[must_use]
pub fn target(shard: Shard, nodes: &[Node]) -> Option<Incarnation> {
    nodes
        .iter()
        .filter(|node| node.state == NodeState::Active)
        .max_by_key(|node| (weight(shard, &node.name), node.incarnation))
        .map(|node| node.incarnation)
}

fn weight(shard: Shard, name: &str) -> u64 {
    let digest = Sha256::new().chain_update(shard.0.to_be_bytes()).chain_update(name).finalize();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether so many votes say that a node is dead although its lease runs. Two have to agree. Of
/// two nodes that cannot reach each other the one that came first stays: it has the one vote
/// that counts.
#[must_use]
pub fn is_outvoted(suspect: Incarnation, voters: &[Incarnation], nodes: &[Node]) -> bool {
    let living: HashSet<_> = nodes
        .iter()
        .filter(|node| node.state.lives() && node.leased)
        .map(|node| node.incarnation)
        .collect();
    let votes = voters.iter().filter(|voter| **voter != suspect && living.contains(voter));
    match living.iter().filter(|node| **node != suspect).count() {
        0 => false,
        1 => votes.into_iter().any(|voter| *voter < suspect),
        _ => votes.count() >= 2,
    }
}

/// Whether a node that joins may become active: it has to reach those that are. After a while
/// more than half of them will do, so that one that is ill keeps nobody out.
#[must_use]
pub fn may_serve(
    me: Incarnation,
    reached: &HashSet<Incarnation>,
    nodes: &[Node],
    waited: bool,
) -> bool {
    let others = nodes
        .iter()
        .filter(|node| node.incarnation != me && node.leased && node.state == NodeState::Active);
    let (mut all, mut seen) = (0_usize, 0_usize);
    for node in others {
        all += 1;
        seen += usize::from(reached.contains(&node.incarnation));
    }
    seen == all || waited && 2 * seen > all
}

//! Addresses of the things that own data: who serialises the writes of what, and on which
//! shard it lives. An address is all that a message, a row or another node ever holds.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::ids::PropertyId;

/// The number of shards. Written once in the database and checked at start; changing it
/// would move every entity.
pub const SHARDS: u16 = 256;

/// The number of streams for events that no entity owns, after the shards' own streams.
pub const EDGE_STREAMS: u16 = 16;

/// The kinds of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A property: its listing, nights, bookings and their payments.
    Property,
}

impl EntityKind {
    /// The kind's name in rows and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Property => "property",
        }
    }
}

/// The address of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityRef {
    /// Its kind.
    pub kind: EntityKind,
    /// Its id among those of its kind.
    pub id: Uuid,
}

/// A shard, `0..SHARDS`. Each is owned by one node at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shard(pub u16);

/// An event stream: `0..SHARDS` are the shards' own, the next [`EDGE_STREAMS`] belong to
/// writers without an owner (accounts, the webhook inbox).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stream(pub u16);

impl EntityRef {
    /// The shard: the first eight bytes of SHA-256 over kind and id, modulo [`SHARDS`].
    /// The hash is part of the stored format and must never change.
    #[must_use]
    pub fn shard(&self) -> Shard {
        let mut hash = Sha256::new();
        hash.update(self.kind.name().as_bytes());
        hash.update([0]);
        hash.update(self.id.as_bytes());
        Shard(modulo(&hash.finalize(), SHARDS))
    }
}

impl From<PropertyId> for EntityRef {
    fn from(id: PropertyId) -> Self {
        Self { kind: EntityKind::Property, id: id.uuid() }
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.id.as_simple())
    }
}

impl Shard {
    /// The stream that the shard's owner writes.
    #[must_use]
    pub const fn stream(self) -> Stream {
        Stream(self.0)
    }

    /// All shards.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }
}

impl Stream {
    /// The edge stream for a key (a user, a webhook event).
    #[must_use]
    pub fn edge(key: Uuid) -> Self {
        Self(SHARDS + modulo(&Sha256::digest(key.as_bytes()), EDGE_STREAMS))
    }

    /// The shard whose owner sees to what happens once for this stream: a shard's own stream is
    /// its owner's, and those of the edge are spread over all.
    #[must_use]
    pub const fn keeper(self) -> Shard {
        if self.0 < SHARDS {
            Shard(self.0)
        } else {
            Shard((self.0 - SHARDS) % EDGE_STREAMS * (SHARDS / EDGE_STREAMS))
        }
    }

    /// All streams, those of shards first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS + EDGE_STREAMS).map(Self)
    }
}

fn modulo(digest: &[u8], by: u16) -> u16 {
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u16::try_from(number % u64::from(by)).unwrap_or_default()
}

//! What nodes say to each other: plain data in JSON, with a version in front. A node that does
//! not know a version says so; nothing is dropped without an answer.
//!
//! Within a version fields are only ever added, with a default. `tests/golden/wire/` keeps a
//! sample of each message, which has to be understood for as long as its version is.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::entity::{EntityRef, Shard, Stream};
use crate::domain::envelope::{Answer, Request};
use crate::domain::event::Position;
use crate::domain::membership::Incarnation;
use crate::storage::shards::Owned;

/// The version that this node speaks.
pub const VERSION: u16 = 1;

/// The largest message, in bytes; past it there is [`Reply::Failed`].
pub const BYTES_MAX: usize = 1 << 20;

/// A request on its way to the node that owns its entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The version of the message.
    pub version: u16,
    /// Whom the request is for.
    pub entity: EntityRef,
    /// The epoch of the shard as the sender knows it.
    pub shard_epoch: i64,
    /// When nobody waits for the answer any more.
    pub deadline: Timestamp,
    /// How often it has been sent on.
    #[serde(default)]
    pub hops: u8,
    /// The request. By its id the logs of those who send it on and of who does it are put together.
    pub payload: Request,
}

/// What becomes of an [`Envelope`]; one always comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The entity's answer.
    Ok(Box<Answer>),
    /// This node does not own the shard, and did nothing.
    NotOwner {
        /// Who does, as far as it knows.
        owner: Option<Incarnation>,
        /// The epoch that this is known under.
        epoch: i64,
    },
    /// Too much waits there; nothing was done.
    Busy {
        /// When to come again, in milliseconds.
        retry_after_ms: u64,
    },
    /// It came after its deadline; nothing was done.
    Expired,
    /// It is of a version that is not known there; nothing was done.
    Unsupported {
        /// The newest version that is.
        version: u16,
    },
    /// It could not be read; nothing was done.
    Decode,
    /// It may or may not have been done.
    Unknown,
    /// It cannot be done; nothing was.
    Failed {
        /// Why: a word for people who look into logs.
        code: String,
    },
}

/// News for another node. Losing one does no harm: everything in it is found in rows as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Shards have a new owner: shard, owner, epoch.
    Moved(Vec<(Shard, Incarnation, i64)>),
    /// Streams have grown.
    Grown(Vec<Position>),
    /// A consumer has parked events that may be tried.
    Look(String, Stream),
    /// A replay was ordered, or ended.
    Replays,
    /// A node's life has changed: look at the rows.
    Members,
}

impl Notice {
    /// Shards that were moved.
    #[must_use]
    pub fn moved(rows: &[Owned]) -> Self {
        let moved = rows.iter().filter_map(|row| Some((row.shard, row.owner?, row.epoch)));
        Self::Moved(moved.collect())
    }
}

/// A notice with its version.
#[derive(Debug, Serialize, Deserialize)]
struct Versioned {
    version: u16,
    notice: Notice,
}

/// Only the version of a message.
#[derive(Debug, Deserialize)]
struct Head {
    version: u16,
}

/// A message as bytes.
///
/// # Errors
/// [`Reply::Failed`] when it cannot be encoded, or is too large.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, Reply> {
    let failed = |code: &str| Reply::Failed { code: code.to_owned() };
    let bytes = serde_json::to_vec(message).map_err(|_| failed("encode"))?;
    if bytes.len() > BYTES_MAX { Err(failed("too-large")) } else { Ok(bytes) }
}

/// A notice as bytes.
#[must_use]
pub fn encode_notice(notice: Notice) -> Option<Vec<u8>> {
    encode(&Versioned { version: VERSION, notice }).ok()
}

/// Reads an envelope.
///
/// # Errors
/// The reply that its sender gets: [`Reply::Unsupported`] or [`Reply::Decode`].
pub fn decode(bytes: &[u8]) -> Result<Envelope, Reply> {
    let head: Head = serde_json::from_slice(bytes).map_err(|_| Reply::Decode)?;
    if head.version > VERSION {
        return Err(Reply::Unsupported { version: VERSION });
    }
    serde_json::from_slice(bytes).map_err(|_| Reply::Decode)
}

/// Reads a notice; none when it is of a version that is not known.
#[must_use]
pub fn decode_notice(bytes: &[u8]) -> Option<Notice> {
    let Versioned { version, notice } = serde_json::from_slice(bytes).ok()?;
    (version <= VERSION).then_some(notice)
}

/// A stretch of time in whole milliseconds.
#[must_use]
pub fn millis(stretch: Duration) -> u64 {
    u64::try_from(stretch.as_millis()).unwrap_or(u64::MAX)
}

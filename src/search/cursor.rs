//! How far the index follows the event log, as it is stored with a commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::entity::Stream;

/// How far the index follows the event log: the last event included, by stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(BTreeMap<Stream, u64>);

impl Cursor {
    /// The last event of a stream that is included; 0 when none is.
    #[must_use]
    pub fn get(&self, stream: Stream) -> u64 {
        self.0.get(&stream).copied().unwrap_or_default()
    }

    /// Includes a stream up to an event.
    pub fn set(&mut self, stream: Stream, seq: u64) {
        self.0.insert(stream, seq);
    }

    /// Whether it includes all that another one does.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.iter().all(|(stream, seq)| self.get(stream) >= seq)
    }

    /// Whether the index was never fed, or has been thrown away: it needs all listings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The streams with their last events.
    pub fn iter(&self) -> impl Iterator<Item = (Stream, u64)> + '_ {
        self.0.iter().map(|(stream, seq)| (*stream, *seq))
    }
}

impl FromIterator<(Stream, u64)> for Cursor {
    fn from_iter<I: IntoIterator<Item = (Stream, u64)>>(streams: I) -> Self {
        Self(streams.into_iter().collect())
    }
}

/// What is stored with each commit.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    /// [`super::VERSION`] of the index.
    pub(super) version: u32,
    /// [`super::IndexOptions::source`].
    pub(super) source: String,
    /// Whether the generation is not whole yet.
    #[serde(default)]
    pub(super) building: bool,
    /// What the commit includes.
    pub(super) cursor: Cursor,
}

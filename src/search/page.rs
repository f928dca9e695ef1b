//! The cursor between two pages of results: which search it belongs to, after which
//! document it goes on, and by which counts that search scores.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::collect::Key;
use super::plan::Statistics;
use super::query::SearchQuery;
use super::schema::VERSION;
use crate::domain::criteria::Criteria;

/// Characters of the longest cursor that is looked at.
const CURSOR_CHARS_MAX: usize = 8192;

/// A text that is no cursor, or one of another search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cursor is not one that this search has given")]
pub struct InvalidCursor;

/// A cursor's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// [`fingerprint`] of the search.
    pub(super) search: u64,
    /// The last document of the page before.
    pub(super) after: Key,
    /// Present where there are words.
    pub(super) statistics: Option<Statistics>,
    /// The state of the index that the list was begun over; see [`super::pins`].
    pub(super) pin: u64,
}

/// [`Position`] as it is written.
#[derive(Serialize, Deserialize)]
struct Form(u64, u64, u64, u64, Option<Statistics>, u64);

impl Position {
    /// The opaque form.
    pub(super) fn encode(&self) -> String {
        let Key { value, high, low } = self.after;
        let form = Form(self.search, value, high, low, self.statistics.clone(), self.pin);
        // Numbers and lists of numbers always have a JSON form.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&form).unwrap_or_default())
    }

    /// Reads the opaque form back, if it belongs to the search.
    pub(super) fn decode(text: &str, search: u64) -> Result<Self, InvalidCursor> {
        if text.len() > CURSOR_CHARS_MAX {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let Form(of, value, high, low, statistics, pin) =
            serde_json::from_slice(&bytes).map_err(|_| InvalidCursor)?;
        if of != search {
            return Err(InvalidCursor);
        }
        Ok(Self { search, after: Key { value, high, low }, statistics, pin })
    }
}

/// Tells one search from another: everything that decides which documents are found and in
/// which order.
pub(super) fn fingerprint(asked: &SearchQuery, words: &[String]) -> u64 {
    // The words stand for the text: other spellings of it are the same search.
    let criteria = Criteria { text: String::new(), ..asked.criteria.clone() };
    let search = format!("{:?}", (VERSION, words, criteria, asked.sort, asked.centre));
    let digest = Sha256::digest(search.as_bytes());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

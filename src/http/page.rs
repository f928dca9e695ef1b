//! Pages of lists: a cursor is the key of the last row seen, in a form that says nothing
//! to its holder and is good only for the list it came from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;

/// Rows in a page when nobody says how many.
pub const LIMIT_DEFAULT: u32 = 20;

/// The form of this version's cursors.
const VERSION: u8 = 1;

/// The end of a page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page {
    /// What to send as `cursor` to get the next page.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// Reads the `limit` of a list, between 1 and `max`.
///
/// # Errors
/// A `validation` problem outside of it.
pub fn limit(asked: Option<u32>, max: u32) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(LIMIT_DEFAULT.min(max));
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::invalid("/limit", "invalid", &format!("1 to {max}")))
}

/// A page that is asked for, of a list in the order of ids.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    list: &'static str,
    limit: u32,
    /// The last row of the page before.
    pub after: Option<Uuid>,
}

impl Asked {
    /// Reads `limit` and `cursor` of the list `list`; at most `max` rows.
    ///
    /// # Errors
    /// A `validation` or `malformed` problem.
    pub fn read(
        list: &'static str,
        asked: Option<u32>,
        cursor: Option<String>,
        max: u32,
    ) -> Result<Self, Problem> {
        let limit = limit(asked, max)?;
        let after = cursor.map(|cursor| read_cursor(list, &cursor)).transpose()?;
        Ok(Self { list, limit, after })
    }

    /// How many rows are to be read: one past the page, to know whether there are more.
    #[must_use]
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the rows that were read down to the page.
    pub fn cut<T>(&self, rows: &mut Vec<T>, key: impl Fn(&T) -> Uuid) -> Page {
        cut(self.list, rows, self.limit, key)
    }
}

/// The cursor after a row of the list `list`.
#[must_use]
pub fn cursor(list: &str, key: Uuid) -> String {
    let mut bytes = vec![VERSION, tag(list)];
    bytes.extend_from_slice(key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key of a cursor of the list `list`.
///
/// # Errors
/// A `malformed` problem when it is none.
pub fn read_cursor(list: &str, cursor: &str) -> Result<Uuid, Problem> {
    let wrong = || Problem::malformed("cursor must be the next of an earlier page of this list");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let key = bytes.strip_prefix(&[VERSION, tag(list)]).ok_or_else(wrong)?;
    Uuid::from_slice(key).map_err(|_| wrong())
}

/// Cuts rows that were read one past the limit down to a page.
pub fn cut<T>(list: &str, rows: &mut Vec<T>, limit: u32, key: impl Fn(&T) -> Uuid) -> Page {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| cursor(list, key(row)));
    Page { next, has_more }
}

/// The cursor after a row of the list `list`, whose order is of time and then of ids.
#[must_use]
pub fn cursor_at(list: &str, at: Timestamp, key: Uuid) -> String {
    let mut bytes = vec![VERSION, tag(list)];
    bytes.extend_from_slice(&at.as_microsecond().to_be_bytes());
    bytes.extend_from_slice(key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Time and key of a cursor of the list `list`.
///
/// # Errors
/// A `malformed` problem when it is none.
pub fn read_cursor_at(list: &str, cursor: &str) -> Result<(Timestamp, Uuid), Problem> {
    let wrong = || Problem::malformed("cursor must be the next of an earlier page of this list");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let place = bytes.strip_prefix(&[VERSION, tag(list)]).ok_or_else(wrong)?;
    let (at, key) = place.split_first_chunk::<8>().ok_or_else(wrong)?;
    let at = Timestamp::from_microsecond(i64::from_be_bytes(*at)).map_err(|_| wrong())?;
    Ok((at, Uuid::from_slice(key).map_err(|_| wrong())?))
}

/// Cuts rows that were read one past the limit down to a page of a list in the order of
/// time.
pub fn cut_at<T>(
    list: &str,
    rows: &mut Vec<T>,
    limit: u32,
    key: impl Fn(&T) -> (Timestamp, Uuid),
) -> Page {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| {
        let (at, key) = key(row);
        cursor_at(list, at, key)
    });
    Page { next, has_more }
}

fn tag(list: &str) -> u8 {
    list.bytes().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte))
}

//! How much a listing says about itself, and how new it is: a gentle part of its score.
//!
//! Both only settle what the words leave open. A listing's best case is
//! [`QUALITY_SHARE`] and [`FRESH_SHARE`] more than its worst, which is less than what a
//! stem costs against the exact word, and a number of typos is never outweighed: guests ask
//! by words first. That such evidence belongs into the score beside BM25, growing less and
//! less, is from Craswell, Robertson, Zaragoza and Taylor, "Relevance weighting for query
//! independent evidence" (SIGIR 2005); the shares are ours.

use super::schema::ListingDoc;

/// What a complete description and many amenities add to a score, as a share of it.
const QUALITY_SHARE: f32 = 0.08;

/// What a listing made today has more than an old one.
const FRESH_SHARE: f32 = 0.04;

/// After how many days half of [`FRESH_SHARE`] is left.
const FRESH_DAYS: f32 = 60.0;

/// Characters of a description beyond which more says little more.
const DESCRIPTION_CHARS: f32 = 300.0;

/// Amenities of a listing that names what it has.
const AMENITIES: f32 = 10.0;

/// Letters of a title that says something.
const TITLE_CHARS: usize = 12;

/// Microseconds in a day.
const DAY_US: i64 = 86_400_000_000;

/// How much a listing says, 0 to 100: its description up to 50, its amenities up to 40, a
/// title of some length 10. Each grows less and less, as `x / (x + half)` does, scaled so
/// that three times the half counts as complete.
pub(super) fn quality(listing: &ListingDoc) -> u8 {
    let grown = |count: usize, half: f32| {
        let count = count as f32;
        (count / (count + half) / 0.75).min(1.0)
    };
    let description = grown(listing.description.chars().count(), DESCRIPTION_CHARS / 3.0);
    let amenities = grown(listing.amenities.len(), AMENITIES / 3.0);
    let title = listing.title.chars().count() >= TITLE_CHARS;
    let points = 50.0 * description + 40.0 * amenities + if title { 10.0 } else { 0.0 };
    points.round() as u8
}

/// Quality and the day of making in one number, so that scoring reads one column.
pub(super) fn merit(listing: &ListingDoc) -> u64 {
    let day = listing.created.as_microsecond().div_euclid(DAY_US);
    u64::try_from(day).unwrap_or_default() << 8 | u64::from(quality(listing))
}

/// What a score is multiplied by, from 1 on; `today` in days since 1970.
pub(super) fn factor(merit: u64, today: u32) -> f32 {
    let quality = (merit & 0xff) as f32 / 100.0;
    let age = u64::from(today).saturating_sub(merit >> 8) as f32;
    // A hyperbola and not a power: it is cheap, and reads as well.
    let fresh = FRESH_DAYS / (FRESH_DAYS + age);
    1.0 + QUALITY_SHARE * quality.min(1.0) + FRESH_SHARE * fresh
}

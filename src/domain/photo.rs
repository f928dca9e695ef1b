//! The photos of a listing: how many, what may stand under them, and their order. The
//! first one is the cover.

use super::ids::PhotoId;
use super::refusal::Refusal;

/// The most photos of a listing.
pub const PER_PROPERTY: usize = 40;
/// The largest upload, in bytes.
pub const UPLOAD_MAX: usize = 10 * 1024 * 1024;
/// The longest caption, in characters.
pub const CAPTION_MAX: usize = 200;

/// Checks a caption.
///
/// # Errors
/// When it is longer than [`CAPTION_MAX`] or holds control characters.
pub fn check_caption(caption: &str) -> Result<(), Refusal> {
    if caption.chars().count() > CAPTION_MAX {
        return Err(Refusal::invalid_field("/caption", "too-long", "up to 200 characters"));
    }
    if caption.chars().any(char::is_control) {
        return Err(Refusal::invalid_field("/caption", "invalid", "one line of text"));
    }
    Ok(())
}

/// The refusal of a photo past [`PER_PROPERTY`].
#[must_use]
pub fn too_many() -> Refusal {
    Refusal::invalid_field("", "too-many", "a listing may have 40 photos")
}

/// The order after one photo was moved to a place; places past the end are the end.
#[must_use]
pub fn moved(order: &[PhotoId], photo: PhotoId, to: usize) -> Vec<PhotoId> {
    let mut rest: Vec<_> = order.iter().copied().filter(|other| *other != photo).collect();
    rest.insert(to.min(rest.len()), photo);
    rest
}

/// Checks a new order.
///
/// # Errors
/// When it does not name every photo once and no other.
pub fn check_order(old: &[PhotoId], new: &[PhotoId]) -> Result<(), Refusal> {
    let sorted = |order: &[PhotoId]| {
        let mut order = order.to_vec();
        order.sort_unstable();
        order
    };
    if sorted(old) == sorted(new) {
        return Ok(());
    }
    let detail = "every photo of the listing once, and no other";
    Err(Refusal::invalid_field("/photos", "invalid", detail))
}

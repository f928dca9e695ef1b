//! What photos look like outside. The addresses of pictures hold the hash of what was
//! uploaded, so what lies behind one never changes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::ids::{PhotoId, PropertyId};
use crate::domain::picture::{self, Variant};
use crate::storage::photos;

/// A picture in one size.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Picture {
    /// Where it is, from the server's own address on.
    url: String,
    /// Its width in pixels.
    width: u32,
    /// Its height in pixels.
    height: u32,
}

/// A picture in every size.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pictures {
    /// At most 320 pixels wide.
    thumb: Picture,
    /// At most 800 pixels wide.
    card: Picture,
    /// At most 1920 pixels wide.
    full: Picture,
}

/// A photo of a listing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Photo {
    /// Its id.
    #[schema(value_type = String)]
    id: PhotoId,
    /// The listing.
    #[schema(value_type = String)]
    property_id: PropertyId,
    /// Its place, from 0; 0 is the cover.
    position: i32,
    /// What stands under it.
    caption: String,
    /// SHA-256 of what was uploaded, in hexadecimal digits.
    sha256: String,
    /// The width of what was uploaded, upright, in pixels.
    width: i32,
    /// Its height, upright, in pixels.
    height: i32,
    /// Where it is shown; JPEG.
    pictures: Pictures,
    /// When it was uploaded.
    created_at: Timestamp,
}

/// The photos of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhotoList {
    /// The photos in their order.
    data: Vec<Photo>,
}

/// A new order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoOrder {
    /// Every photo of the listing, once.
    #[schema(value_type = Vec<String>, max_items = 40)]
    pub photos: Vec<PhotoId>,
}

/// What changes about a photo.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoEdit {
    /// What stands under it from now on; empty for nothing.
    #[schema(max_length = 200)]
    pub caption: Option<String>,
    /// Its place from now on, from 0; 0 makes it the cover, past the end is the end.
    pub position: Option<u32>,
}

impl From<&photos::Photo> for Pictures {
    fn from(photo: &photos::Photo) -> Self {
        let side = |pixels: i32| u32::try_from(pixels).unwrap_or_default();
        let of = |variant: Variant| {
            let (width, height) =
                picture::fit(side(photo.width), side(photo.height), variant.width());
            let url = format!("/api/v1/photos/{}/{}", photo.sha256, variant.name());
            Picture { url, width, height }
        };
        Self { thumb: of(Variant::Thumb), card: of(Variant::Card), full: of(Variant::Full) }
    }
}

impl From<&photos::Photo> for Photo {
    fn from(photo: &photos::Photo) -> Self {
        Self {
            id: photo.id,
            property_id: photo.property,
            position: photo.position,
            caption: photo.caption.clone(),
            sha256: photo.sha256.to_string(),
            width: photo.width,
            height: photo.height,
            pictures: photo.into(),
            created_at: photo.created_at,
        }
    }
}

impl From<&[photos::Photo]> for PhotoList {
    fn from(photos: &[photos::Photo]) -> Self {
        Self { data: photos.iter().map(Photo::from).collect() }
    }
}

/// The one of these covers that a listing has.
#[must_use]
pub fn cover(covers: &[photos::Photo], property: PropertyId) -> Option<Pictures> {
    covers.iter().find(|cover| cover.property == property).map(Pictures::from)
}

//! From the bytes that somebody uploads to pictures that may be shown: nothing of the
//! original goes out but its pixels, turned upright, in three sizes.

use std::io::Cursor;
use std::str::FromStr;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, Limits, RgbImage};

/// The longest side of a picture, in pixels.
pub const SIDE_MAX: u32 = 12_000;
/// The most pixels of a picture.
pub const PIXELS_MAX: u64 = 40_000_000;
/// The most memory that the decoded picture may take, in bytes: 40 megapixels of four bytes.
/// One with 16 bits a channel may have fewer pixels for it.
const DECODED_MAX: u64 = PIXELS_MAX * 4;
/// The most passes of a progressive JPEG; each costs a walk over the whole picture.
const SCANS_MAX: usize = 100;
/// The quality of what is written, 1 to 100 on the scale of libjpeg.
const QUALITY: u8 = 82;
/// The type of every variant.
pub const MIME: &str = "image/jpeg";

/// A size in which a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// For lists.
    Thumb,
    /// For search results.
    Card,
    /// For the whole screen.
    Full,
}

impl Variant {
    /// Every variant, the smallest first.
    pub const ALL: [Self; 3] = [Self::Thumb, Self::Card, Self::Full];

    /// Its name in addresses and rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Thumb => "thumb",
            Self::Card => "card",
            Self::Full => "full",
        }
    }

    /// Its width in pixels; a smaller picture keeps its own.
    #[must_use]
    pub const fn width(self) -> u32 {
        match self {
            Self::Thumb => 320,
            Self::Card => 800,
            Self::Full => 1_920,
        }
    }
}

impl FromStr for Variant {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|variant| variant.name() == text).ok_or(())
    }
}

/// Why bytes are no picture for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Neither JPEG, PNG nor WebP, by what they begin with.
    #[error("a picture must be JPEG, PNG or WebP")]
    Unknown,
    /// It moves.
    #[error("a picture must not be animated")]
    Animated,
    /// It says that it is larger than we take.
    #[error("a picture may have {SIDE_MAX} pixels a side and 40 megapixels in all")]
    TooLarge,
    /// It cannot be decoded to its end.
    #[error("the picture is damaged or cut off")]
    Broken,
}

/// A picture that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it was uploaded as.
    pub mime: &'static str,
    /// Its width, upright, in pixels.
    pub width: u32,
    /// Its height, upright, in pixels.
    pub height: u32,
    /// Its variants as JPEG files, in the order of [`Variant::ALL`].
    pub variants: [Vec<u8>; 3],
}

/// Width and height of a picture at most `max` wide: its shape is kept, and it never grows.
#[must_use]
pub fn fit(width: u32, height: u32, max: u32) -> (u32, u32) {
    if width <= max {
        return (width, height);
    }
    let scaled = (u64::from(height) * u64::from(max) + u64::from(width) / 2) / u64::from(width);
    (max, u32::try_from(scaled).unwrap_or(u32::MAX).max(1))
}

/// Reads a picture and writes its variants. The header is read first, so that what is too
/// large costs nothing. EXIF, XMP, ICC and whatever else goes with the pixels, or follows
/// them, is left behind; the EXIF orientation is applied.
///
/// # Errors
/// [`PictureError`].
pub fn cleaned(bytes: &[u8]) -> Result<Picture, PictureError> {
    let (mime, upright) = decoded(bytes)?;
    let (decoded, orientation) = upright;
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let (across, down) = (decoded.width(), decoded.height());
    let (width, height) = if is_turned { (down, across) } else { (across, down) };
    // Scaled before it is turned: turning copies, and the large one exists once only.
    let to = fit(width, height, Variant::Full.width());
    let to = if is_turned { (to.1, to.0) } else { to };
    let mut image = scaled(decoded, to)?;
    image.apply_orientation(orientation);
    let full = on_white(&image);
    drop(image);
    let card = smaller(&full, Variant::Card)?;
    let thumb = smaller(&card, Variant::Thumb)?;
    let variants = [encoded(&thumb)?, encoded(&card)?, encoded(&full)?];
    Ok(Picture { mime, width, height, variants })
}

/// A picture that was made here and not uploaded: its variants.
///
/// # Errors
/// When it cannot be written, as one without pixels cannot.
pub fn made(full: &RgbImage) -> Result<Picture, PictureError> {
    if full.width() == 0 || full.height() == 0 {
        return Err(PictureError::Broken);
    }
    let card = smaller(full, Variant::Card)?;
    let thumb = encoded(&smaller(&card, Variant::Thumb)?)?;
    let (width, height) = full.dimensions();
    let full = encoded(full)?;
    let card = if card.dimensions() == (width, height) { full.clone() } else { encoded(&card)? };
    Ok(Picture { mime: MIME, width, height, variants: [thumb, card, full] })
}

type Decoded = (DynamicImage, Orientation);

fn decoded(bytes: &[u8]) -> Result<(&'static str, Decoded), PictureError> {
    let broken = |_| PictureError::Broken;
    let file = Cursor::new(bytes);
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        check_jpeg(bytes)?;
        let decoder = JpegDecoder::new(file).map_err(broken)?;
        return Ok(("image/jpeg", pixels(decoder, bytes, ImageFormat::Jpeg)?));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        // Width and height of the first chunk, before the decoder looks at any other.
        let number = |at: usize| {
            let four = bytes.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
            four.map(u32::from_be_bytes).ok_or(PictureError::Broken)
        };
        check_size(number(16)?, number(20)?)?;
        let decoder = PngDecoder::with_limits(file, limits()).map_err(broken)?;
        if decoder.is_apng().map_err(broken)? {
            return Err(PictureError::Animated);
        }
        return Ok(("image/png", pixels(decoder, bytes, ImageFormat::Png)?));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        let decoder = WebPDecoder::new(file).map_err(broken)?;
        if decoder.has_animation() {
            return Err(PictureError::Animated);
        }
        return Ok(("image/webp", pixels(decoder, bytes, ImageFormat::WebP)?));
    }
    Err(PictureError::Unknown)
}

fn pixels(
    mut decoder: impl ImageDecoder,
    bytes: &[u8],
    format: ImageFormat,
) -> Result<Decoded, PictureError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    if decoder.total_bytes() > DECODED_MAX {
        return Err(PictureError::TooLarge);
    }
    decoder.set_limits(limits()).map_err(|_| PictureError::TooLarge)?;
    // A picture whose EXIF cannot be read is taken as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // Not by this decoder: what is generic over its reader would be compiled with this
    // crate, and take many times as long in builds that are not optimised.
    let image = image::load_from_memory_with_format(bytes, format);
    Ok((image.map_err(|_| PictureError::Broken)?, orientation))
}

fn check_size(width: u32, height: u32) -> Result<(), PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::Broken);
    }
    let is_large = width.max(height) > SIDE_MAX;
    if is_large || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(PictureError::TooLarge);
    }
    Ok(())
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_MAX + DECODED_MAX / 2);
    limits
}

/// Walks over the segments of a JPEG file (ITU-T T.81, annex B) to its end marker. The
/// decoder would paint what is missing grey, and take as many passes as the file has.
fn check_jpeg(bytes: &[u8]) -> Result<(), PictureError> {
    let mut at = 2;
    let mut scans = 0;
    loop {
        // Between segments there may be fill bytes, which are markers' first byte again.
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let marker = match (bytes.get(at), bytes.get(at + 1)) {
            (Some(0xff), Some(marker)) => *marker,
            _ => return Err(PictureError::Broken),
        };
        at += 2;
        if marker == 0xd9 {
            return if scans > 0 { Ok(()) } else { Err(PictureError::Broken) };
        }
        // Restart markers and TEM stand alone; all others bring their length.
        if (0xd0..=0xd8).contains(&marker) || marker == 0x01 {
            continue;
        }
        let length = match (bytes.get(at), bytes.get(at + 1)) {
            (Some(high), Some(low)) => usize::from(u16::from_be_bytes([*high, *low])),
            _ => return Err(PictureError::Broken),
        };
        at += length.max(2);
        if marker != 0xda {
            continue;
        }
        scans += 1;
        if scans > SCANS_MAX {
            return Err(PictureError::TooLarge);
        }
        // In a scan's data, 0xff is followed by 0 or is a restart marker.
        let data = bytes.get(at..).ok_or(PictureError::Broken)?;
        let end = data.windows(2).position(
            |pair| matches!(pair, [0xff, next] if *next != 0 && !(0xd0..=0xd7).contains(next)),
        );
        at += end.ok_or(PictureError::Broken)?;
    }
}

/// The picture in another size; itself when it has that size already.
fn scaled(image: DynamicImage, to: (u32, u32)) -> Result<DynamicImage, PictureError> {
    if (image.width(), image.height()) == to {
        return Ok(image);
    }
    let mut small = DynamicImage::new(to.0, to.1, image.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&image, &mut small, &options).map_err(|_| PictureError::Broken)?;
    Ok(small)
}

fn smaller(image: &RgbImage, variant: Variant) -> Result<RgbImage, PictureError> {
    let to = fit(image.width(), image.height(), variant.width());
    Ok(scaled(DynamicImage::ImageRgb8(image.clone()), to)?.into_rgb8())
}

/// The picture without holes: JPEG knows no transparency.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let seen = image.to_rgba8();
    let mut flat = RgbImage::new(seen.width(), seen.height());
    for (to, from) in flat.pixels_mut().zip(seen.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let over = |part: u8| {
            let mixed = u16::from(part) * u16::from(alpha) + 255 * (255 - u16::from(alpha));
            u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX)
        };
        to.0 = [over(red), over(green), over(blue)];
    }
    flat
}

fn encoded(image: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY)
        .encode_image(image)
        .map_err(|_| PictureError::Broken)?;
    Ok(file)
}

//! What becomes of uploads: good ones, turned ones, and those that are none.

use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgba, RgbaImage};

use super::picture_files::{chunk, file, flat_png, gif, png_head, two_halves, with_exif};
use crate::domain::picture::{Picture, PictureError, SIDE_MAX, Variant, cleaned, fit};

fn sizes(picture: &Picture) -> Vec<(u32, u32)> {
    picture.variants.iter().map(|bytes| opened(bytes).dimensions()).collect()
}

fn opened(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).unwrap()
}

fn is_red(image: &DynamicImage, x: u32, y: u32) -> bool {
    let [red, _, blue, _] = image.get_pixel(x, y).0;
    red > 150 && blue < 100
}

#[test]
fn every_kind_of_file_becomes_three_jpegs() {
    for (format, mime) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let picture = cleaned(&file(&two_halves(2400, 150), format)).unwrap();
        assert_eq!((picture.mime, picture.width, picture.height), (mime, 2400, 150));
        assert_eq!(sizes(&picture), [(320, 20), (800, 50), (1920, 120)], "{mime}");
        for bytes in &picture.variants {
            let image = opened(bytes);
            let (width, height) = image.dimensions();
            assert!(is_red(&image, width / 8, height / 2), "{mime}");
            assert!(!is_red(&image, width - width / 8, height / 2), "{mime}");
        }
    }
}

#[test]
fn no_picture_grows() {
    for (width, height) in [(1, 1), (10, 700), (319, 3), (500, 500)] {
        let picture = cleaned(&file(&two_halves(width, height), ImageFormat::Png)).unwrap();
        assert_eq!(sizes(&picture)[2], (width, height));
    }
    assert_eq!(fit(640, 480, 320), (320, 240));
    assert_eq!(fit(1921, 1, 1920), (1920, 1));
    assert_eq!(fit(12_000, 1, 320), (320, 1));
    for variant in Variant::ALL {
        assert_eq!(variant.name().parse(), Ok(variant));
    }
    assert!("original".parse::<Variant>().is_err());
}

#[test]
fn a_photo_is_turned_upright_and_says_nothing_of_its_place() {
    let jpeg = file(&two_halves(200, 100), ImageFormat::Jpeg);
    // Which end of the picture the red half comes to: left, right, top or bottom.
    for (orientation, (width, height), (x, y)) in [
        (1, (200, 100), (20, 48)),
        (2, (200, 100), (180, 48)),
        (3, (200, 100), (180, 48)),
        (4, (200, 100), (20, 48)),
        (5, (100, 200), (50, 20)),
        (6, (100, 200), (50, 20)),
        (7, (100, 200), (50, 190)),
        (8, (100, 200), (50, 190)),
    ] {
        let upload = with_exif(&jpeg, orientation);
        assert!(upload.windows(4).any(|four| four == b"GPS-"));
        let picture = cleaned(&upload).unwrap();
        assert_eq!((picture.width, picture.height), (width, height), "orientation {orientation}");
        let full = opened(&picture.variants[2]);
        assert_eq!(full.dimensions(), (width, height));
        assert!(is_red(&full, x, y), "orientation {orientation}");
        for bytes in &picture.variants {
            let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
            assert!(!has(b"Exif") && !has(b"GPS-") && !has(b"http://ns.adobe"));
        }
    }
}

#[test]
fn a_turned_photo_is_scaled_by_its_upright_width() {
    let jpeg = file(&two_halves(100, 2400), ImageFormat::Jpeg);
    let picture = cleaned(&with_exif(&jpeg, 6)).unwrap();
    assert_eq!((picture.width, picture.height), (2400, 100));
    assert_eq!(sizes(&picture), [(320, 13), (800, 33), (1920, 80)]);
}

#[test]
fn what_is_seen_through_becomes_white() {
    let clear = RgbaImage::from_pixel(64, 64, Rgba([0, 0, 0, 0]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    clear.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let picture = cleaned(&bytes.into_inner()).unwrap();
    let [red, green, blue, _] = opened(&picture.variants[0]).get_pixel(30, 30).0;
    assert!(red > 250 && green > 250 && blue > 250);
}

#[test]
fn what_is_no_picture_is_refused_by_its_first_bytes() {
    let words = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for bytes in [
        words.as_bytes().to_vec(),
        b"<!doctype html><script>alert(1)</script>".to_vec(),
        b"alert(1)//".to_vec(),
        b"%PDF-1.7".to_vec(),
        b"RIFF\x10\0\0\0WAVEfmt ".to_vec(),
        gif(1),
        gif(10_000),
        Vec::new(),
        vec![0; 1000],
    ] {
        assert_eq!(cleaned(&bytes), Err(PictureError::Unknown));
    }
}

#[test]
fn what_hides_behind_a_picture_does_not_come_out() {
    let mut bytes = file(&two_halves(100, 100), ImageFormat::Jpeg);
    bytes.extend(b"<script>alert(1)</script>PK\x03\x04");
    let picture = cleaned(&bytes).unwrap();
    for variant in &picture.variants {
        assert!(!variant.windows(7).any(|part| part == b"<script"));
    }
    // One that begins as a picture and goes on as something else is none.
    let mixed = [&b"\xff\xd8\xff\xe0"[..], words()].concat();
    assert_eq!(cleaned(&mixed), Err(PictureError::Broken));
    let mixed = [&b"\x89PNG\r\n\x1a\n"[..], words()].concat();
    assert!(cleaned(&mixed).is_err());
}

fn words() -> &'static [u8] {
    b"<html><script>alert('a page with the beginning of a picture')</script></html>"
}

#[test]
fn what_is_too_large_is_refused_by_its_header() {
    let huge = png_head(50_000, 50_000, 8, 6);
    assert_eq!(cleaned(&huge), Err(PictureError::TooLarge));
    assert_eq!(cleaned(&png_head(SIDE_MAX + 1, 1, 8, 6)), Err(PictureError::TooLarge));
    assert_eq!(cleaned(&png_head(u32::MAX, u32::MAX, 8, 6)), Err(PictureError::TooLarge));
    assert_eq!(cleaned(&png_head(8_000, 8_000, 8, 6)), Err(PictureError::TooLarge));
    assert_eq!(cleaned(&png_head(0, 5, 8, 6)), Err(PictureError::Broken));
    // Few enough pixels, but twice as deep: the memory counts.
    let deep = [png_head(6_000, 6_000, 16, 6), chunk(b"IDAT", b""), chunk(b"IEND", b"")].concat();
    assert_eq!(cleaned(&deep), Err(PictureError::TooLarge));
    // A JPEG's sides are in its frame header.
    let mut jpeg = file(&two_halves(64, 64), ImageFormat::Jpeg);
    let at = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    jpeg[at + 5..at + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_eq!(cleaned(&jpeg), Err(PictureError::TooLarge));
}

#[test]
fn a_few_kilobytes_that_unpack_to_megabytes_are_only_pixels() {
    let bytes = flat_png(4_000, 1_000);
    assert!(bytes.len() < 10_000, "{} bytes", bytes.len());
    let picture = cleaned(&bytes).unwrap();
    assert_eq!(sizes(&picture)[2], (1920, 480));
}

#[test]
fn what_moves_is_refused() {
    let still = file(&two_halves(8, 8), ImageFormat::Png);
    // acTL before the data makes a PNG an animation.
    let control = chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    let moving = [&still[..33], &control, &still[33..]].concat();
    assert_eq!(cleaned(&moving), Err(PictureError::Animated));
    // VP8X with its animation flag, and the chunks that then belong there.
    let mut chunks = b"VP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0ANIM\x06\0\0\0\0\0\0\0\0\0".to_vec();
    let mut frame = vec![0; 16];
    frame[6] = 7;
    frame[9] = 7;
    let webp = file(&two_halves(8, 8), ImageFormat::WebP);
    frame.extend(&webp[12..]);
    chunks.extend(b"ANMF");
    chunks.extend(u32::try_from(frame.len()).unwrap().to_le_bytes());
    chunks.extend(frame);
    let size = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
    let moving = [&b"RIFF"[..], &size, b"WEBP", &chunks].concat();
    assert_eq!(cleaned(&moving), Err(PictureError::Animated));
}

#[test]
fn what_is_cut_off_or_damaged_is_refused() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        // Noise, so that no part of the file is without a meaning.
        let mut state = 1_u32;
        let noise = image::RgbImage::from_fn(200, 100, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            image::Rgb([a, b, c])
        });
        let whole = file(&noise, format);
        cleaned(&whole).unwrap();
        for part in [3, 12, 40, whole.len() / 2, whole.len() - 20] {
            let refused = cleaned(&whole[..part]);
            assert!(refused.is_err(), "{format:?} cut at {part} of {}", whole.len());
        }
    }
}

#[test]
fn random_damage_never_breaks_the_reader() {
    let mut random = fastrand::Rng::with_seed(7);
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = file(&two_halves(40, 30), format);
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..6) {
                let at = random.usize(0..bytes.len());
                bytes[at] = random.u8(..);
            }
            // Taken or refused, in either case with an answer.
            if let Ok(picture) = cleaned(&bytes) {
                assert!(picture.width <= SIDE_MAX && picture.height <= SIDE_MAX);
            }
        }
    }
}

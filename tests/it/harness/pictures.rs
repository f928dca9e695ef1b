//! Picture files to upload.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{ImageFormat, Rgb, RgbImage};

/// The files that the tests of the domain draw.
#[path = "../../../src/domain/tests/picture_files.rs"]
#[expect(dead_code, reason = "the domain needs more of them")]
mod files;

/// A picture of one colour as a file; the colour tells it from others.
pub(crate) fn plain(width: u32, height: u32, colour: [u8; 3], format: ImageFormat) -> Vec<u8> {
    files::file(&RgbImage::from_pixel(width, height, Rgb(colour)), format)
}

/// A JPEG with an EXIF segment that turns it by a quarter and tells where it was taken.
pub(crate) fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    files::with_exif(jpeg, 6)
}

/// A chunk of a PNG file.
pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    files::chunk(name, content)
}

/// The beginning of a PNG file of 8-bit grey.
pub(crate) fn png_head(width: u32, height: u32) -> Vec<u8> {
    files::png_head(width, height, 8, 0)
}

/// So many PNG files of the same black picture, each with another text in it: a few
/// kilobytes that become as large as they say.
pub(crate) fn black(width: u32, height: u32, count: u32) -> Vec<Vec<u8>> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    let row = vec![0; usize::try_from(width).unwrap() + 1];
    (0..height).for_each(|_| packed.write_all(&row).unwrap());
    let packed = chunk(b"IDAT", &packed.finish().unwrap());
    let one = |number: u32| {
        let text = chunk(b"tEXt", format!("Comment\0{number}").as_bytes());
        [png_head(width, height), text, packed.clone(), chunk(b"IEND", b"")].concat()
    };
    (0..count).map(one).collect()
}

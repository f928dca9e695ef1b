//! A picture in the making: shapes of flat colours and soft gradients, with smooth edges.
//! Lengths are in hundredths of the picture's width, from its left top corner.

use image::RgbImage;

/// A colour: red, green, blue.
pub(super) type Colour = [u8; 3];

/// A point, or a width and a height.
pub(super) type Pair = (f32, f32);

/// The width of every picture.
pub(super) const WIDTH: f32 = 100.0;

/// The height of every picture: three to two.
pub(super) const HEIGHT: f32 = WIDTH / 1.5;

/// How often a row is looked at for the edges of a shape.
const SAMPLES: usize = 4;

/// The picture so far.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    /// Pixels in a hundredth of the width.
    scale: f32,
    pixels: Vec<Colour>,
}

/// How a shape is filled.
#[derive(Clone, Copy)]
pub(super) enum Paint {
    /// With one colour.
    Flat(Colour),
    /// From the first colour at its top to the second at its bottom.
    Down(Colour, Colour),
    /// With one colour that covers so much of what is behind: 1 is all of it.
    Glass(Colour, f32),
}

impl Paint {
    /// The colour, and how much it covers, that far down a shape: 0 is its top, 1 its bottom.
    fn at(self, part: f32) -> (Colour, f32) {
        match self {
            Self::Flat(colour) => (colour, 1.0),
            Self::Down(first, last) => (mixed(first, last, part.clamp(0.0, 1.0)), 1.0),
            Self::Glass(colour, cover) => (colour, cover),
        }
    }
}

impl Canvas {
    pub(super) fn new(width: u16) -> Self {
        let (width, height) = (usize::from(width), usize::from(width) * 2 / 3);
        let pixels = vec![[0; 3]; width * height];
        Self { width, height, scale: position(width) / WIDTH, pixels }
    }

    pub(super) fn into_image(self) -> RgbImage {
        let size = |side: usize| u32::try_from(side).unwrap_or_default();
        let (width, height) = (size(self.width), size(self.height));
        let bytes = self.pixels.into_iter().flatten().collect();
        // There are three bytes for each pixel.
        RgbImage::from_raw(width, height, bytes).unwrap_or_default()
    }

    /// A rectangle by its left top corner and its size.
    pub(super) fn rect(&mut self, (left, top): Pair, (width, height): Pair, paint: Paint) {
        self.fill((top, top + height), paint, |_| Some((left, left + width)));
    }

    /// An ellipse by its middle and its two radii.
    pub(super) fn ellipse(&mut self, (x, y): Pair, (across, down): Pair, paint: Paint) {
        self.fill((y - down, y + down), paint, |at| {
            let part = (at - y) / down;
            let half = across * (1.0 - part * part).max(0.0).sqrt();
            Some((x - half, x + half))
        });
    }

    /// A polygon without dents, by its corners.
    pub(super) fn polygon(&mut self, corners: &[Pair], paint: Paint) {
        let ends = |pick: fn(f32, f32) -> f32, from| {
            corners.iter().map(|corner| corner.1).fold(from, pick)
        };
        let (top, bottom) = (ends(f32::min, f32::INFINITY), ends(f32::max, f32::NEG_INFINITY));
        self.fill((top, bottom), paint, |at| {
            let next = corners.iter().skip(1).chain(corners.first());
            let mut span: Option<Pair> = None;
            for (one, other) in corners.iter().zip(next) {
                let (upper, lower) = if one.1 <= other.1 { (one, other) } else { (other, one) };
                if (upper.1..lower.1).contains(&at) {
                    let part = (at - upper.1) / (lower.1 - upper.1);
                    let x = upper.0 + (lower.0 - upper.0) * part;
                    span = Some(span.map_or((x, x), |(left, right)| (left.min(x), right.max(x))));
                }
            }
            span
        });
    }

    /// Everything between a line that goes up and down and a height below it: hills.
    pub(super) fn below(&mut self, bottom: f32, paint: Paint, line: impl Fn(f32) -> f32) {
        let line = |column| line(position(column) / self.scale) * self.scale;
        let tops: Vec<f32> = (0..self.width).map(line).collect();
        let top = tops.iter().copied().fold(f32::INFINITY, f32::min);
        let bottom = bottom * self.scale;
        for row in whole(top)..whole(bottom).min(self.height) {
            let (colour, _) = paint.at((position(row) + 0.5 - top) / (bottom - top));
            let start = row * self.width;
            let pixels = self.pixels.get_mut(start..start + self.width);
            for (pixel, top) in pixels.into_iter().flatten().zip(&tops) {
                let covered = position(row) + 1.0 - top;
                if covered >= 1.0 {
                    *pixel = colour;
                } else if covered > 0.0 {
                    *pixel = mixed(*pixel, colour, covered);
                }
            }
        }
    }

    /// Paints, of each height between two, what `span` says lies between left and right.
    fn fill(&mut self, ends: Pair, paint: Paint, span: impl Fn(f32) -> Option<Pair>) {
        let (top, bottom) = (ends.0 * self.scale, ends.1 * self.scale);
        for row in whole(top)..(whole(bottom) + 1).min(self.height) {
            let mut spans = [None; SAMPLES];
            for (sample, place) in spans.iter_mut().enumerate() {
                let part = (position(sample) + 0.5) / position(SAMPLES);
                let at = position(row) + part;
                let inside = (top..bottom).contains(&at);
                let found = if inside { span(at / self.scale) } else { None };
                *place = found.map(|(left, right)| (left * self.scale, right * self.scale));
            }
            let (colour, cover) = paint.at((position(row) + 0.5 - top) / (bottom - top));
            let start = row * self.width;
            if let Some(row) = self.pixels.get_mut(start..start + self.width) {
                paint_row(row, &spans, colour, cover);
            }
        }
    }
}

/// Paints what the samples of a row cover of it.
fn paint_row(row: &mut [Colour], spans: &[Option<Pair>], colour: Colour, cover: f32) {
    let there = || spans.iter().flatten();
    let count = there().count();
    let left = there().map(|span| span.0).fold(f32::INFINITY, f32::min);
    let right = there().map(|span| span.1).fold(f32::NEG_INFINITY, f32::max);
    // Between these all samples agree, and the pixels are covered as a whole.
    let inner = there().map(|span| span.0).fold(0.0, f32::max).ceil();
    let outer = there().map(|span| span.1).fold(f32::INFINITY, f32::min).floor();
    let even = if count == SAMPLES && cover >= 1.0 { whole(inner)..whole(outer) } else { 0..0 };
    let even = even.start.min(row.len())..even.end.min(row.len());
    if let Some(middle) = row.get_mut(even.clone()) {
        middle.fill(colour);
    }
    for column in (whole(left)..(whole(right) + 1).min(row.len())).filter(|c| !even.contains(c)) {
        let x = position(column);
        let part = |(left, right): &Pair| (right.min(x + 1.0) - left.max(x)).clamp(0.0, 1.0);
        let covered = there().map(part).sum::<f32>() / position(SAMPLES);
        if let Some(pixel) = row.get_mut(column) {
            *pixel = mixed(*pixel, colour, covered * cover);
        }
    }
}

/// A colour between two: 0 is the first, 1 the second.
pub(super) fn mixed(first: Colour, second: Colour, part: f32) -> Colour {
    let mut mixed = first;
    for (to, other) in mixed.iter_mut().zip(second) {
        let (one, other) = (f32::from(*to), f32::from(other));
        *to = (one + (other - one) * part).round() as u8;
    }
    mixed
}

/// A darker one.
pub(super) fn darker(colour: Colour, part: f32) -> Colour {
    mixed(colour, [24, 26, 44], part)
}

/// A lighter one.
pub(super) fn lighter(colour: Colour, part: f32) -> Colour {
    mixed(colour, [255; 3], part)
}

/// The pixel that a length lies in; none lies before the first.
fn whole(length: f32) -> usize {
    length as usize
}

fn position(pixel: usize) -> f32 {
    pixel as f32
}

//! The light at several hours of the day.

use super::canvas::Colour;

/// The sky at an hour: its colours above and at the horizon, and that of the light on things.
#[derive(Clone, Copy, Default)]
pub(super) struct Sky {
    pub(super) top: Colour,
    pub(super) low: Colour,
    pub(super) sun: Colour,
}

/// A few skies.
pub(super) const SKIES: &[Sky] = &[
    Sky { top: [86, 156, 222], low: [214, 234, 248], sun: [255, 246, 214] },
    Sky { top: [120, 176, 226], low: [238, 240, 232], sun: [255, 252, 236] },
    Sky { top: [88, 118, 186], low: [250, 206, 166], sun: [255, 226, 170] },
    Sky { top: [142, 124, 186], low: [252, 196, 170], sun: [255, 214, 178] },
    Sky { top: [112, 160, 190], low: [226, 232, 230], sun: [248, 248, 240] },
];

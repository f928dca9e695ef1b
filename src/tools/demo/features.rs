//! What makes one home different from the next: a phrase for the title, an amenity to
//! filter by, and a sentence that says more. Title, amenities and text agree because they
//! come from here together.

use crate::domain::property::Kind;

/// Something that a home has.
#[derive(Debug)]
pub(super) struct Feature {
    /// As it stands after "with".
    pub(super) with: &'static str,
    /// As it stands in front of "studio": one or two words, or empty when there are none.
    pub(super) before: &'static str,
    /// The amenity.
    pub(super) amenity: &'static str,
    /// The sentence about it.
    pub(super) sentence: &'static str,
    /// The kinds of home that can have it.
    pub(super) kinds: &'static [Kind],
}

const OWN: &[Kind] = &[Kind::Flat, Kind::House];
const PRIVATE: &[Kind] = &[Kind::Room, Kind::Flat, Kind::House];
const HOUSE: &[Kind] = &[Kind::House];
const SHARED: &[Kind] = &[Kind::Bed, Kind::Room];
const ANY: &[Kind] = &[Kind::Bed, Kind::Room, Kind::Flat, Kind::House];

const fn feature(
    with: &'static str,
    before: &'static str,
    amenity: &'static str,
    sentence: &'static str,
    kinds: &'static [Kind],
) -> Feature {
    Feature { with, before, amenity, sentence, kinds }
}

/// All features.
pub(super) const FEATURES: &[Feature] = &[
    feature(
        "a morning balcony",
        "Balconied",
        "Balcony",
        "The balcony catches the sun until noon and holds two chairs and a small table.",
        PRIVATE,
    ),
    feature(
        "a roof terrace",
        "Top-floor",
        "Roof terrace",
        "Up one more flight is the roof terrace: herbs, a bench, and a view over the chimneys.",
        OWN,
    ),
    feature(
        "a walled garden",
        "Garden",
        "Garden",
        "The garden behind the house is walled and quiet, with a fig tree older than we are.",
        HOUSE,
    ),
    feature(
        "a wood stove",
        "Snug",
        "Wood stove",
        "On cold evenings light the wood stove; the logs are stacked by the back door.",
        HOUSE,
    ),
    feature(
        "high ceilings",
        "High-ceilinged",
        "High ceilings",
        "The ceilings are over three metres high and the old plaster mouldings are still there.",
        PRIVATE,
    ),
    feature(
        "a proper desk",
        "Work-ready",
        "Dedicated workspace",
        "There is a proper desk by the window, with a lamp, a good chair and fast wifi.",
        PRIVATE,
    ),
    feature(
        "a deep bath",
        "Slow-morning",
        "Bathtub",
        "The bath is deep, the water is hot, and there is a shelf for your book.",
        OWN,
    ),
    feature(
        "an old piano",
        "Musical",
        "Piano",
        "The upright piano was tuned this year and likes to be played before ten at night.",
        OWN,
    ),
    feature(
        "a wall of books",
        "Bookish",
        "Books",
        "One wall is books, in four languages; take one along if you leave one behind.",
        ANY,
    ),
    feature(
        "a record player",
        "Mellow",
        "Record player",
        "The record player works, and the crate beside it is mostly soul and bossa nova.",
        PRIVATE,
    ),
    feature(
        "two bicycles",
        "Rider's",
        "Bicycles",
        "Two bicycles stand in the hall for you; locks and lights are on the shelf above.",
        PRIVATE,
    ),
    feature(
        "a skylight over the bed",
        "Skylit",
        "Skylight",
        "The skylight is right above the bed: stars at night, and a blind for late sleepers.",
        PRIVATE,
    ),
    feature(
        "a window seat",
        "Sunlit",
        "Window seat",
        "Everybody ends up in the window seat, with a cushion, coffee and the street below.",
        PRIVATE,
    ),
    feature(
        "a shared courtyard",
        "Courtyard",
        "Courtyard",
        "The house stands around a courtyard that the neighbours share, cats included.",
        ANY,
    ),
    feature(
        "a cook's kitchen",
        "Cook's",
        "Full kitchen",
        "The kitchen is made for cooking: gas, sharp knives, a big table and good pans.",
        OWN,
    ),
    feature(
        "a hammock",
        "Lazy",
        "Hammock",
        "There is a hammock, and there is no good reason to leave it before eleven.",
        PRIVATE,
    ),
    feature(
        "a sauna in the cellar",
        "Warm",
        "Sauna",
        "The cellar sauna seats four and needs half an hour to get hot.",
        HOUSE,
    ),
    feature(
        "breakfast on the table",
        "Breakfast",
        "Breakfast",
        "Breakfast is on the table from seven: bread, fruit, eggs, and coffee that is strong.",
        SHARED,
    ),
    feature(
        "a curtain for every bunk",
        "Quiet",
        "Privacy curtains",
        "Each bunk has its curtain, lamp, socket and a shelf for glasses and phone.",
        &[Kind::Bed],
    ),
    feature(
        "lockers and a long table",
        "Travellers'",
        "Lockers",
        "Every bed has a locker, and supper happens at the long table in the kitchen.",
        &[Kind::Bed],
    ),
    feature(
        "blackout blinds",
        "Restful",
        "Blackout blinds",
        "The blinds really shut out the light, the mattress is firm, and the windows look to the back.",
        ANY,
    ),
    feature(
        "a workbench and a print press",
        "Maker's",
        "Studio space",
        "Part of it was a print workshop; the bench and the small press may be used.",
        OWN,
    ),
];

/// Amenities that only make sense where it gets cold.
pub(super) const WARMING: &[&str] = &["Heating", "Wood stove", "Sauna"];

/// Amenities that nearly every home of a kind has.
pub(super) const fn usual(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bed => &["Wifi", "Shared kitchen", "Bed linens", "Heating", "Washer"],
        Kind::Room => &["Wifi", "Shared kitchen", "Bed linens", "Heating", "Lock on bedroom door"],
        Kind::Flat => &["Wifi", "Kitchen", "Heating", "Washer", "Bed linens", "Smoke alarm"],
        Kind::House => {
            &["Wifi", "Kitchen", "Heating", "Washer", "Bed linens", "Smoke alarm", "Parking"]
        }
    }
}

/// Amenities that some homes have and others do not, with how many of a hundred
/// of which kinds do.
pub(super) const SOMETIMES: &[(&str, u32, &[Kind])] = &[
    ("Air conditioning", 35, ANY),
    ("Carbon monoxide alarm", 40, ANY),
    ("Coffee maker", 60, PRIVATE),
    ("Crib", 15, PRIVATE),
    ("Dishwasher", 30, OWN),
    ("Dryer", 30, ANY),
    ("Elevator", 30, &[Kind::Flat]),
    ("First aid kit", 40, ANY),
    ("Hair dryer", 65, ANY),
    ("Hangers", 50, ANY),
    ("Iron", 50, PRIVATE),
    ("Luggage storage", 30, ANY),
    ("Microwave", 45, ANY),
    ("Pets allowed", 20, PRIVATE),
    ("Refrigerator", 60, ANY),
    ("Self check-in", 45, ANY),
    ("Step-free entrance", 15, ANY),
    ("Tea and coffee", 50, ANY),
    ("TV", 50, PRIVATE),
];

//! The sentences of the demo's listings. `{place}`, `{city}`, `{near}`, `{transit}`,
//! `{rooms}`, `{guests}` and `{minutes}` are filled in.

use super::city::Mood;
use crate::domain::property::Kind;

/// First sentences for homes of which there are several, by kind.
pub(super) const fn openings_of_many(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bed => openings(Kind::Bed),
        Kind::Room => &[
            "One of the quiet rooms in our guesthouse, looking away from the street.",
            "Our guesthouse has a handful of rooms, all alike but for the colour of the walls.",
            "A small family hotel in {place}, without a lobby and without a minibar.",
            "Rooms on two floors above the café; the upper ones get the light.",
        ],
        Kind::Flat | Kind::House => &[
            "We let several flats in this house, all with the same good bones.",
            "A former school in {place}, now a house full of small apartments.",
            "Serviced apartments run by two people, not by a company.",
            "The flats in our house share a plan and a laundry, and little else.",
        ],
    }
}

/// First sentences, by kind.
pub(super) const fn openings(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bed => &[
            "A bed in a small hostel that feels like a big flat share.",
            "One long corridor, good bunks, and people from everywhere.",
            "Simple, clean and cheap: a bunk in {place} with all you need for the night.",
            "Our dorm is in the old part of the house, with thick walls and a good kitchen.",
            "For people who would rather spend their money outside: a good bed in {place}.",
        ],
        Kind::Room => &[
            "A room of your own in the flat we have lived in for twelve years.",
            "We let the back room, the one with the evening light.",
            "Our spare room has a double bed, a wardrobe and a door that shuts out the world.",
            "You will share the flat with me and, at weekends, with my daughter.",
            "The room is at the end of the corridor, with its own key and plenty of light.",
        ],
        Kind::Flat => &[
            "Our flat on the third floor, bright from both sides.",
            "This is where we live when we are in {city}; when we are not, it is yours.",
            "A whole flat in {place}, done up last year and kept simple.",
            "Two minutes from the noise and yet you hear the birds: a flat in a side street.",
            "An honest flat in an old house: wooden floors, big windows, no frills.",
            "Small outside, roomy inside: people are always surprised when the door opens.",
            "A calm flat for people who want to live in {place} and not only sleep there.",
        ],
        Kind::House => &[
            "A whole house with room for families and for friends who get along.",
            "The house has been in our family since it was built, and one can tell.",
            "Three floors, a creaking stair and a kitchen where everybody ends up.",
            "A narrow town house in {place}, warm in winter and cool in August.",
            "The old workshop at the back became a house in its own right two years ago.",
        ],
    }
}

/// Sentences with the facts, by kind.
pub(super) const fn facts(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bed => &[
            "Linen and a towel are included, and showers are just across the corridor.",
            "The price is for one bed; groups can have a room to themselves if they ask early.",
        ],
        Kind::Room => &[
            "It sleeps {guests}, and you are welcome in the kitchen at any hour.",
            "There is space for {guests}, and a shelf in the fridge is kept free for you.",
        ],
        Kind::Flat | Kind::House => &[
            "It has {rooms} and sleeps {guests} without anybody on the floor.",
            "You have {rooms} to yourselves; up to {guests} can stay.",
            "With {rooms} it is right for {guests}.",
        ],
    }
}

/// Sentences about a neighbourhood, by what it is known for.
pub(super) const fn moods(mood: Mood) -> &'static [&'static str] {
    match mood {
        Mood::Old => &[
            "{place} is all crooked lanes and doors that do not quite close, a stroll from {near}.",
            "You step out into streets that were here before the cars, not far from {near}.",
            "In the morning, before the day visitors come, the neighbours have {near} to themselves.",
            "The lanes of {place} are best at dusk; start from {near} and get lost.",
        ],
        Mood::Water => &[
            "The water is at the end of the street, and everybody walks along it after supper.",
            "Run, swim or just look: from {near} you can follow the water for miles.",
            "There is always a breeze in {place}, and it is {minutes} minutes on foot to {near}.",
            "On warm evenings half of {place} sits by the water near {near}.",
        ],
        Mood::Lively => &[
            "{place} is awake: bakeries from six, bars until late, and {near} in between.",
            "You will not need to cook: around {near} somebody is always frying something.",
            "Ask us for our list; the best places in {place} have no sign.",
            "Saturday at {near} is reason enough to stay the weekend.",
        ],
        Mood::Leafy => &[
            "{place} has old trees and wide pavements, and the children meet at {near}.",
            "It is green and quiet here, {minutes} minutes on foot from {near}.",
            "Take your coffee to {near}: nobody is in a hurry in {place}.",
            "People move to {place} for the quiet and stay for {near}.",
        ],
        Mood::Central => &[
            "You can walk to nearly everything, and to {near} in {minutes} minutes.",
            "This is the middle of {city}, around the corner from {near}.",
            "Leave your bags and start walking: first {near}, then the rest.",
        ],
        Mood::Arty => &[
            "{place} is studios, small shops and painted walls, with {near} as its living room.",
            "Every second door in {place} is a workshop, and the coffee is taken seriously.",
            "There is a gallery downstairs, and it is {minutes} minutes on foot to {near}.",
            "If you like your streets a little rough and full of ideas, {place} is yours.",
        ],
    }
}

/// Sentences about getting about.
pub(super) const WAYS: &[&str] = &[
    "It is {minutes} minutes on foot to {transit}.",
    "For longer ways {transit} stops {minutes} minutes from the door.",
    "You will not need a car: {transit} is {minutes} minutes away.",
    "From the airport take {transit} and walk the last {minutes} minutes, or ask us for a taxi.",
    "With {transit} close by you are in the middle of {city} in no time.",
];

/// Last sentences.
pub(super) const CLOSINGS: &[&str] = &[
    "Check in whenever you like after three; the key box is by the bell.",
    "We live around the corner and help when the boiler sulks.",
    "Please treat it as you would the home of a friend.",
    "Families are welcome, and so are people who write.",
    "No parties, but a birthday cake is fine.",
    "Tell us when you arrive and there will be milk in the fridge.",
    "We answer within the hour, most of the time.",
    "If you stay a week we will water the plants and change the linen halfway.",
    "Smoke outside, shoes off inside, and sleep as long as you like.",
    "Write to us if anything is missing; it usually can be found.",
    "The neighbours are kind and go to bed at eleven.",
];

/// What stands in front of the noun in a title.
pub(super) const ADJECTIVES: &[&str] = &[
    "Airy",
    "Bright",
    "Calm",
    "Cheerful",
    "Cosy",
    "Easy-going",
    "Hidden",
    "Honest",
    "Light-filled",
    "Little",
    "Lovely",
    "Peaceful",
    "Quiet",
    "Roomy",
    "Simple",
    "Snug",
    "Sunny",
    "Tucked-away",
    "Unhurried",
    "Warm",
    "Well-kept",
];

/// Titles, by what they need: `{A}` adjective, `{B}` the feature's word in front of the
/// noun, `{noun}`, `{with}`, `{place}`, `{near}`, `{street}`. A capital begins each.
pub(super) const TITLES: &[&str] = &[
    "{A} {noun} with {with}",
    "{B} {noun} in {place}",
    "{A} {noun} near {near}",
    "{noun} with {with}, {place}",
    "{place}: {A} {noun} near {near}",
    "{A} {place} {noun} with {with}",
    "{noun} on {street}, near {near}",
    "{B} {noun} close to {near}",
    "The {A} {noun} on {street}",
];

/// Nouns for the titles of homes that are not flats, by kind and by whether there are several.
pub(super) const fn nouns(kind: Kind, many: bool) -> &'static [&'static str] {
    match (kind, many) {
        (Kind::Bed, _) => &["dorm bed", "bunk", "hostel bed", "bed in a small dorm"],
        (Kind::Room, true) => &["guesthouse room", "double room", "hotel room", "room for two"],
        (Kind::Room, false) => &["room", "guest room", "back room", "attic room", "corner room"],
        (Kind::Flat | Kind::House, _) => {
            &["house", "town house", "cottage", "family home", "corner house"]
        }
    }
}

/// Nouns for flats without a bedroom, and with one or more.
pub(super) const fn flat_nouns(bedrooms: u16) -> &'static [&'static str] {
    match bedrooms {
        0 => &["studio", "one-room flat", "studio flat"],
        1 => &["one-bedroom flat", "flat for two", "apartment", "pied-à-terre"],
        2 => &["two-bedroom flat", "flat for four", "apartment"],
        _ => &["three-bedroom flat", "family flat", "large apartment"],
    }
}

//! What a home can have: a catalogue with stable keys, so that "Wifi", "WiFi" and "wireless
//! internet" are one thing to filter by.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::refusal::{FieldError, Refusal};

/// An entry of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amenity {
    /// The stable name in rows and requests; it never changes.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it stands beside in a form.
    pub group: Group,
    /// Other words for it, in small letters.
    words: &'static [&'static str],
}

/// The groups of the catalogue, in the order of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What nearly every guest asks for.
    Basics,
    /// Kitchen and meals.
    Kitchen,
    /// Bathroom and laundry.
    Bathroom,
    /// Bedroom and work.
    Rooms,
    /// Heating and cooling.
    Climate,
    /// Pastime.
    Leisure,
    /// Outside and surroundings.
    Outdoors,
    /// Children and animals.
    Family,
    /// Alarms and first aid.
    Safety,
    /// Getting in and around.
    Access,
}

impl Group {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basics => "basics",
            Self::Kitchen => "kitchen",
            Self::Bathroom => "bathroom",
            Self::Rooms => "rooms",
            Self::Climate => "climate",
            Self::Leisure => "leisure",
            Self::Outdoors => "outdoors",
            Self::Family => "family",
            Self::Safety => "safety",
            Self::Access => "access",
        }
    }
}

macro_rules! catalogue {
    ($($group:ident { $($key:literal = $label:literal $([$($word:literal),+])?;)+ })+) => {
        /// All amenities, by group.
        pub const CATALOGUE: &[Amenity] = &[$($(Amenity {
            key: $key,
            label: $label,
            group: Group::$group,
            words: &[$($($word),+)?],
        },)+)+];
    };
}

catalogue! {
    Basics {
        "wifi" = "Wifi" ["wireless internet", "wi-fi", "internet", "fast wifi"];
        "tv" = "TV" ["television", "hdtv", "tv with standard cable", "cable tv", "smart tv"];
        "essentials" = "Essentials" ["towels, bed sheets, soap, and toilet paper"];
        "bed_linens" = "Bed linen" ["bed linens", "bed sheets"];
        "hangers" = "Hangers" ["clothes hangers"];
        "iron" = "Iron" ["ironing board"];
        "luggage_storage" = "Luggage storage" ["luggage dropoff allowed"];
    }
    Kitchen {
        "kitchen" = "Kitchen" ["full kitchen"];
        "shared_kitchen" = "Shared kitchen";
        "kitchenette" = "Kitchenette";
        "refrigerator" = "Refrigerator" ["fridge", "mini fridge"];
        "freezer" = "Freezer";
        "oven" = "Oven";
        "stove" = "Stove" ["gas stove", "electric stove", "induction stove", "cooker"];
        "microwave" = "Microwave" ["microwave oven"];
        "dishwasher" = "Dishwasher";
        "kettle" = "Kettle" ["hot water kettle", "electric kettle"];
        "coffee_maker" = "Coffee maker" ["coffee machine", "coffee", "nespresso machine"];
        "tea_and_coffee" = "Tea and coffee";
        "toaster" = "Toaster";
        "cooking_basics" = "Cooking basics";
        "dishes_and_silverware" = "Dishes and cutlery" ["dishes and silverware"];
        "dining_table" = "Dining table";
        "barbecue" = "Barbecue" ["bbq grill", "barbecue utensils"];
        "breakfast" = "Breakfast" ["breakfast included"];
    }
    Bathroom {
        "bathtub" = "Bathtub" ["bath"];
        "hair_dryer" = "Hair dryer" ["hairdryer"];
        "hot_water" = "Hot water";
        "shampoo" = "Shampoo";
        "private_bathroom" = "Private bathroom" ["en-suite bathroom"];
        "washer" = "Washer" ["washing machine", "free washer", "paid washer"];
        "dryer" = "Dryer" ["tumble dryer", "free dryer", "paid dryer"];
    }
    Rooms {
        "workspace" = "Workspace" ["dedicated workspace", "desk", "laptop friendly workspace"];
        "blackout_blinds" = "Blackout blinds" ["room-darkening shades", "blackout curtains"];
        "privacy_curtains" = "Privacy curtains";
        "lockers" = "Lockers";
        "bedroom_lock" = "Lock on the bedroom door" ["lock on bedroom door"];
        "high_ceilings" = "High ceilings";
        "skylight" = "Skylight";
        "window_seat" = "Window seat";
        "studio_space" = "Studio space";
        "furnished" = "Furnished";
    }
    Climate {
        "heating" = "Heating" ["central heating", "radiant heating"];
        "air_conditioning" = "Air conditioning" ["ac", "a/c", "central air conditioning"];
        "fan" = "Fan" ["ceiling fan", "portable fans"];
        "fireplace" = "Fireplace" ["indoor fireplace"];
        "wood_stove" = "Wood stove";
    }
    Leisure {
        "books" = "Books" ["books and reading material"];
        "piano" = "Piano";
        "record_player" = "Record player";
        "sound_system" = "Sound system";
        "game_console" = "Game console";
        "gym" = "Gym" ["exercise equipment", "fitness centre", "fitness center"];
        "pool" = "Pool" ["swimming pool", "private pool", "shared pool"];
        "hot_tub" = "Hot tub" ["jacuzzi", "private hot tub", "shared hot tub"];
        "sauna" = "Sauna" ["private sauna", "shared sauna"];
        "bicycles" = "Bicycles" ["bikes"];
    }
    Outdoors {
        "balcony" = "Balcony" ["patio or balcony", "private patio or balcony"];
        "roof_terrace" = "Roof terrace" ["rooftop terrace"];
        "garden" = "Garden" ["garden or backyard", "backyard", "private backyard"];
        "courtyard" = "Courtyard";
        "hammock" = "Hammock";
        "sea_view" = "Sea view" ["ocean view"];
        "waterfront" = "Waterfront" ["lake access", "beach access"];
        "outdoor_furniture" = "Outdoor furniture" ["outdoor dining area"];
    }
    Family {
        "crib" = "Crib" ["cot", "pack 'n play/travel crib"];
        "high_chair" = "High chair";
        "pets_allowed" = "Pets allowed" ["pets"];
        "cats_allowed" = "Cats allowed" ["cats"];
        "dogs_allowed" = "Dogs allowed" ["dogs"];
        "smoking_allowed" = "Smoking allowed" ["smoking"];
    }
    Safety {
        "smoke_alarm" = "Smoke alarm" ["smoke detector"];
        "carbon_monoxide_alarm" = "Carbon monoxide alarm" ["carbon monoxide detector"];
        "fire_extinguisher" = "Fire extinguisher";
        "first_aid_kit" = "First aid kit";
        "safe" = "Safe";
    }
    Access {
        "self_check_in" = "Self check-in" ["self check in", "lockbox", "keypad", "smart lock"];
        "private_entrance" = "Private entrance";
        "step_free_entrance" = "Step-free entrance" ["step-free access"];
        "wheelchair_access" = "Wheelchair access" ["wheelchair accessible"];
        "elevator" = "Elevator" ["lift"];
        "parking" = "Parking" ["free parking on premises", "free street parking", "off-street parking"];
        "ev_charger" = "Charger for electric cars" ["ev charger", "electric vehicle charging"];
        "doorman" = "Doorman";
        "long_stays" = "Long stays" ["long term stays allowed"];
    }
}

impl Amenity {
    /// The entry of a key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|entry| entry.key == key)
    }

    /// What it is called: its label and the other words for it.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.label).chain(self.words.iter().copied())
    }
}

/// All words of the catalogue in small letters, with the keys that they stand for. Of a word
/// in two entries, the first counts.
static KEYS: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    let mut keys = HashMap::new();
    for entry in CATALOGUE {
        let words = entry.words.iter().map(|word| (*word).to_owned());
        for word in [entry.key.to_owned(), entry.label.to_lowercase()].into_iter().chain(words) {
            keys.entry(word).or_insert(entry.key);
        }
    }
    keys
});

/// The key that a word stands for: itself if it is one, else the entry whose label or other
/// name it is, in any letters.
#[must_use]
pub fn key_of(word: &str) -> Option<&'static str> {
    KEYS.get(&word.trim().to_lowercase()).copied()
}

/// Words as the catalogue has them, each once, in their order; what it does not know stays
/// as it was written.
#[must_use]
pub fn mapped(words: &[String]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let key = key_of(word).unwrap_or(word);
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// Checks what a person enters: keys of the catalogue, other words for them, and whatever
/// the listing says already (an import may have brought it).
///
/// # Errors
/// [`Refusal::Invalid`] with each word that is neither.
pub fn check(words: &[String], existing: &[String]) -> Result<(), Refusal> {
    let known = |word: &String| key_of(word).is_some() || existing.contains(word);
    let unknown = words.iter().enumerate().filter(|(_, word)| !known(word));
    let errors: Vec<_> = unknown
        .map(|(place, _)| {
            let pointer = format!("/amenities/{place}");
            FieldError::new(&pointer, "unknown", "a key of the catalogue at /api/v1/amenities")
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

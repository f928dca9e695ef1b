//! Names as numbers, for columns that are counted by.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::domain::amenity::CATALOGUE;
use crate::domain::listing::Kind;
use crate::domain::money::Currency;

/// Words of 64 bits that all amenities need.
pub(super) const AMENITY_WORDS: usize = CATALOGUE.len().div_ceil(64);

/// The kinds in the order of their codes.
pub(super) const KINDS: [Kind; 4] = [Kind::Bed, Kind::Room, Kind::Flat, Kind::House];

/// The code of a kind by its name; one past the last for a name that is none.
pub(super) fn of_kind(name: &str) -> u64 {
    (0..).zip(KINDS).find(|(_, kind)| kind.name() == name).map_or(KINDS.len() as u64, |(n, _)| n)
}

/// The letters of a currency as a number.
pub(super) fn of_currency(currency: Currency) -> u32 {
    currency.code().bytes().fold(0, |code, letter| code << 8 | u32::from(letter))
}

/// The currency of a code.
pub(super) fn currency(code: u64) -> Option<Currency> {
    let bytes = code.to_be_bytes();
    std::str::from_utf8(bytes.get(5..)?).ok()?.parse().ok()
}

/// Whether an amenity has a bit among [`amenity_bits`].
pub(super) fn has_bit(name: &str) -> bool {
    CATALOGUE.iter().any(|entry| entry.key == name)
}

/// The bits of amenities: that of [`CATALOGUE`]'s first entry is the lowest of the first
/// word. Names that are not in the catalogue have none.
pub(super) fn amenity_bits(names: &[String]) -> [u64; AMENITY_WORDS] {
    let mut words = [0; AMENITY_WORDS];
    for name in names {
        let place = CATALOGUE.iter().position(|entry| entry.key == name);
        let word = place.and_then(|place| Some((words.get_mut(place / 64)?, place % 64)));
        if let Some((word, bit)) = word {
            *word |= 1 << bit;
        }
    }
    words
}

/// The names of the columns of [`amenity_bits`]. They change with the catalogue: an index
/// made by another one is of another schema, and its bits are not misread.
pub(super) fn amenity_columns() -> [String; AMENITY_WORDS] {
    static CATALOGUE_HASH: LazyLock<String> = LazyLock::new(|| {
        let mut hash = Sha256::new();
        for entry in CATALOGUE {
            hash.update(entry.key);
            hash.update([0]);
        }
        hex::encode(hash.finalize().get(..4).unwrap_or_default())
    });
    std::array::from_fn(|word| format!("amenities_{}_{word}", *CATALOGUE_HASH))
}

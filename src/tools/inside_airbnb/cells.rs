//! The cells of a row: each function reads one thing out of its text, or says what is wrong.

use std::collections::HashSet;

use super::reader::Adjusted;
use crate::domain::money::{Currency, Money};
use crate::domain::property::{Kind, Location};
use crate::tools::html;
use crate::tools::listing::{
    AMENITIES_MAX, AMENITY_MAX, DESCRIPTION_MAX, StayLimits, TITLE_MAX, TITLE_MIN, shortened,
};

/// The longest external id, in characters.
const ID_MAX: usize = 64;

/// How much of a wrong cell a reason quotes, in characters.
const QUOTE_MAX: usize = 40;

/// A longest stay of this many nights or more is the source's way of saying "no limit".
const NO_STAY_LIMIT: u32 = 1125;

/// Words in a property type that make a home a whole house; other whole homes are flats.
const HOUSES: &[&str] = &[
    "home",
    "house",
    "townhouse",
    "cottage",
    "cabin",
    "bungalow",
    "villa",
    "chalet",
    "barn",
    "castle",
    "farm",
    "houseboat",
    "boat",
    "camper/rv",
    "tent",
    "yurt",
    "treehouse",
    "hut",
    "dome",
    "earthen",
    "lighthouse",
    "tower",
    "windmill",
    "island",
    "ranch",
    "guesthouse",
    "container",
    "tiny",
    "train",
    "bus",
    "cave",
    "casa",
    "trullo",
    "cycladic",
    "dammuso",
    "riad",
];

/// A text that is not a price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrice {
    /// Not of the form `$1,250.00`.
    #[error("price {0} is not an amount of the form $1,250.00")]
    Form(String),
    /// Parts of a minor unit.
    #[error("price {0} has more decimals than {1} has")]
    Decimals(String, Currency),
    /// Does not fit 64 bits.
    #[error("price {0} is too large")]
    TooLarge(String),
}

fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text, QUOTE_MAX))
}

/// Reads `$1,250.00` as an amount of `currency`, exactly. The sign before the number says
/// `$` in every country's file and is not looked at. An empty text, and a zero, are no price.
///
/// # Errors
/// When the text is no such amount, or names parts of the currency's minor unit.
pub fn price(text: &str, currency: Currency) -> Result<Option<Money>, InvalidPrice> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let form = || InvalidPrice::Form(quoted(text));
    let number = text.strip_prefix(['$', '€', '£', '¥']).unwrap_or(text).trim_start();
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if !is_grouped(whole) || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(form());
    }
    let exponent = usize::from(currency.exponent());
    let part = part.trim_end_matches('0');
    if part.len() > exponent {
        return Err(InvalidPrice::Decimals(quoted(text), currency));
    }
    let padding = std::iter::repeat_n(b'0', exponent - part.len());
    let digits = whole.bytes().filter(|byte| *byte != b',').chain(part.bytes()).chain(padding);
    let amount = digits
        .map(|byte| i64::from(byte - b'0'))
        .try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_add(digit))
        .ok_or_else(|| InvalidPrice::TooLarge(quoted(text)))?;
    Ok((amount > 0).then(|| Money::new(amount, currency)))
}

/// Whether these are digits, with commas nowhere or before every third.
fn is_grouped(whole: &str) -> bool {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut grouped = false;
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let rest_fits = groups.all(|group| {
        grouped = true;
        group.len() == 3 && digits(group)
    });
    digits(first) && rest_fits && (!grouped || first.len() <= 3)
}

pub(in crate::tools) fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("no id".to_owned());
    }
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if id.len() > ID_MAX || !id.chars().all(known) {
        // A spreadsheet that opened the file has rounded the long ids, beyond repair.
        let rounded = if id.contains("E+") { ": a spreadsheet has rounded it" } else { "" };
        return Err(format!("id {} is not a number or a name{rounded}", quoted(id)));
    }
    Ok(())
}

pub(super) fn kind(room_type: &str, property_type: &str) -> Result<Kind, String> {
    match room_type {
        "Shared room" => Ok(Kind::Bed),
        "Private room" | "Hotel room" => Ok(Kind::Room),
        "Entire home/apt" => {
            let lower = property_type.to_ascii_lowercase();
            let mut words = lower.split([' ', '-']);
            let house = words.any(|word| HOUSES.contains(&word)) || lower == "shipping container";
            Ok(if house { Kind::House } else { Kind::Flat })
        }
        other => Err(format!("room_type {} is not known", quoted(other))),
    }
}

pub(super) const fn unit_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bed => "Bed in a shared room",
        Kind::Room => "Private room",
        Kind::Flat => "Whole flat",
        Kind::House => "Whole house",
    }
}

pub(super) fn location(latitude: &str, longitude: &str) -> Result<Location, String> {
    let lat = degrees("latitude", latitude, 90.0)?;
    let lon = degrees("longitude", longitude, 180.0)?;
    if lat == 0.0 && lon == 0.0 {
        return Err("latitude and longitude are 0, which is open sea".to_owned());
    }
    Ok(Location { lat, lon })
}

fn degrees(column: &str, text: &str, most: f64) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|number| (-most..=most).contains(number))
        .ok_or_else(|| format!("{column} {} is not a number from -{most} to {most}", quoted(text)))
}

/// A count that may be missing; some files write it with decimals (`2.0`).
fn count(column: &str, text: &str) -> Result<Option<u16>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let whole = text.strip_suffix(".0").unwrap_or(text);
    whole.parse().map(Some).map_err(|_| format!("{column} {} is not a count", quoted(text)))
}

pub(super) fn guests(text: &str) -> Result<u16, String> {
    match count("accommodates", text)? {
        Some(guests) if guests > 0 => Ok(guests),
        _ => Err("accommodates nobody".to_owned()),
    }
}

/// Bedrooms and beds. An unknown number is taken for the least there can be: one bedroom,
/// and a bed in each (or one in a studio). The source writes 0 beds for "unknown", too.
pub(super) fn rooms(
    bedrooms: &str,
    beds: &str,
    adjusted: &mut Adjusted,
) -> Result<(u16, u16), String> {
    let known_bedrooms = count("bedrooms", bedrooms)?;
    let known_beds = count("beds", beds)?.filter(|beds| *beds > 0);
    if known_bedrooms.is_none() || known_beds.is_none() {
        adjusted.rooms_assumed += 1;
    }
    let bedrooms = known_bedrooms.unwrap_or(1);
    Ok((bedrooms, known_beds.unwrap_or(bedrooms.max(1))))
}

/// Bathrooms out of `1.5 shared baths`, `Half-bath`, or else the number beside it.
pub(super) fn bathrooms(text: &str, number: &str, adjusted: &mut Adjusted) -> Result<f32, String> {
    let lower = text.to_ascii_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default();
    if lower.contains("half-bath") && !first.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(0.5);
    }
    let number = if first.is_empty() { number } else { first };
    if number.is_empty() {
        adjusted.baths_assumed += 1;
        return Ok(1.0);
    }
    let parsed: Option<f32> = number.parse().ok();
    parsed
        .filter(|baths| *baths >= 0.0 && (*baths * 2.0).fract() == 0.0)
        .ok_or_else(|| format!("bathrooms {} are not a number in halves", quoted(number)))
}

/// The title on one line. One that is too short to be a title gives way to the property's
/// type and place, `stand_in`.
pub(super) fn title(text: &str, stand_in: (&str, &str), adjusted: &mut Adjusted) -> String {
    let mut title = html::to_line(text);
    if title.chars().count() < TITLE_MIN {
        adjusted.titles_replaced += 1;
        let (property_type, city) = stand_in;
        let what = if property_type.is_empty() { "Place" } else { property_type };
        title = format!("{what} in {city}");
    }
    cut(&title, TITLE_MAX, &mut adjusted.texts_cut)
}

pub(super) fn description(text: &str, adjusted: &mut Adjusted) -> String {
    cut(&html::to_text(text), DESCRIPTION_MAX, &mut adjusted.texts_cut)
}

fn cut(text: &str, max: usize, cuts: &mut u64) -> String {
    let short = shortened(text, max);
    if short != text {
        *cuts += 1;
    }
    short
}

/// The amenities out of a JSON list of texts; names are made one line, cut to their
/// longest, and each is kept once.
pub(super) fn amenities(text: &str, adjusted: &mut Adjusted) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = serde_json::from_str(text)
        .map_err(|_| format!("amenities {} are not a json list of texts", quoted(text)))?;
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(names.len().min(AMENITIES_MAX));
    let mut cuts = 0;
    for name in names {
        let name = cut(&html::to_line(&name), AMENITY_MAX, &mut cuts);
        if name.is_empty() || seen.contains(&name) {
            continue;
        }
        if kept.len() == AMENITIES_MAX {
            cuts += 1;
            break;
        }
        seen.insert(name.clone());
        kept.push(name);
    }
    adjusted.amenities_cut += u64::from(cuts > 0);
    Ok(kept)
}

pub(super) fn stay(minimum: &str, maximum: &str) -> Result<Option<StayLimits>, String> {
    let nights = |column: &str, text: &str| match text {
        "" => Ok(None),
        text => {
            let number: Result<u64, _> = text.strip_suffix(".0").unwrap_or(text).parse();
            number
                .map(|number| Some(u32::try_from(number).unwrap_or(u32::MAX)))
                .map_err(|_| format!("{column} {} is not a number of nights", quoted(text)))
        }
    };
    let min = nights("minimum_nights", minimum)?.unwrap_or(1).max(1);
    let max = nights("maximum_nights", maximum)?.filter(|max| *max < NO_STAY_LIMIT);
    Ok((min > 1 || max.is_some()).then_some(StayLimits { min, max }))
}

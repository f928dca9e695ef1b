//! Prices of a night: a city's usual one, what is let, and the spread that markets have.

use fastrand::Rng;

use super::city::{City, Mood, Place};
use crate::domain::money::Currency;
use crate::domain::property::{Kind, UnitFields};

/// The spread at every tenth part of the homes, in thousandths of the usual price: close
/// to a log-normal distribution with a sigma of 0.35. Whole numbers, so that every machine
/// makes the same prices.
const SPREAD: [i64; 11] = [497, 639, 745, 832, 915, 1000, 1093, 1201, 1342, 1565, 2237];

/// What each bedroom after the first adds, in thousandths.
const BEDROOM: i64 = 320;

/// A price in minor units, a multiple of what is usual in the city.
pub(super) fn night(
    rng: &mut Rng,
    (city, place): (&City, &Place),
    currency: Currency,
    kind: Kind,
    unit: &UnitFields,
) -> i64 {
    let part = rng.usize(..SPREAD.len() - 1);
    let low = SPREAD.get(part).copied().unwrap_or(1000);
    let high = SPREAD.get(part + 1).copied().unwrap_or(low);
    let spread = rng.i64(low..=high);
    let of_flat = match kind {
        Kind::Bed => 240,
        Kind::Room => 520,
        Kind::Flat if unit.bedrooms == 0 => 820,
        Kind::Flat => 1000,
        Kind::House => 1250,
    };
    let extra = i64::from(unit.bedrooms.saturating_sub(1)) * BEDROOM;
    let of_place = match place.mood {
        Mood::Central | Mood::Water => 1120,
        Mood::Old | Mood::Leafy => 1030,
        Mood::Lively | Mood::Arty => 940,
    };
    let usual = city.night * 10_i64.pow(u32::from(currency.exponent()));
    let exact = [of_flat, 1000 + extra, of_place, spread]
        .iter()
        .fold(usual, |price, thousandths| price.saturating_mul(*thousandths) / 1000);
    (exact / city.step_minor).max(1) * city.step_minor
}

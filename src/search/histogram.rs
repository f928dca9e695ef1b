//! Homes by their price, in steps that suit the prices there are.

use super::choices::PriceUnit;
use crate::domain::money::Currency;

/// About how many buckets there are.
const BUCKETS: u64 = 24;

/// Of a hundred prices, so many get buckets of their own; what is dearer shares the last one.
/// Otherwise one palace would leave all other homes in the first.
const SHOWN_PERCENT: u64 = 98;

/// How many homes have a price in each of some ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// The currency, if one was asked for; then the amounts are its minor units. Without one
    /// they are hundredths of the major unit, whatever the currency of a home is.
    pub currency: Option<Currency>,
    /// The ranges, side by side from the lowest price up, also those without a home.
    pub buckets: Vec<Bucket>,
}

/// How many homes have a price in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The lowest price in it.
    pub from: u64,
    /// The first price beyond it; none in the last bucket if it holds all that is dearer.
    pub to: Option<u64>,
    /// Homes.
    pub count: u64,
}

/// The histogram of prices and how many homes have each, in the unit of the column. Ranges
/// are 1, 2 or 5 times a power of ten wide.
pub(super) fn of(prices: &[(u64, u64)], unit: PriceUnit) -> Histogram {
    let currency = match unit {
        PriceUnit::Minor(currency) => Some(currency),
        PriceUnit::Hundredth => None,
    };
    let scale = unit.scale();
    // Parts of the unit belong to the whole below: bounds are whole ones.
    let mut prices: Vec<(u64, u64)> = prices
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(price, count)| (price / scale, *count))
        .collect();
    prices.sort_unstable();
    Histogram { currency, buckets: buckets(&prices) }
}

/// The buckets of sorted prices.
fn buckets(prices: &[(u64, u64)]) -> Vec<Bucket> {
    let (Some((lowest, _)), Some((highest, _))) = (prices.first(), prices.last()) else {
        return Vec::new();
    };
    let total: u64 = prices.iter().map(|(_, count)| count).sum();
    let mut left = (total * SHOWN_PERCENT).div_ceil(100);
    let shown = prices.iter().find(|(_, count)| {
        left = left.saturating_sub(*count);
        left == 0
    });
    let shown = shown.map_or(*highest, |(price, _)| *price);
    let width = step((shown - lowest) / BUCKETS);
    let first = lowest / width * width;
    // The last place is for what is dearer, if anything is.
    let places = (shown - first) / width + 1;
    let dearer = highest.saturating_sub(first) / width >= places;
    let mut buckets: Vec<Bucket> = (0..places + u64::from(dearer))
        .map(|place| {
            let from = first.saturating_add(place.saturating_mul(width));
            let to = (place < places).then(|| from.saturating_add(width));
            Bucket { from, to, count: 0 }
        })
        .collect();
    for (price, count) in prices {
        let place = ((price - first) / width).min(places);
        let bucket = usize::try_from(place).ok().and_then(|place| buckets.get_mut(place));
        if let Some(bucket) = bucket {
            bucket.count += count;
        }
    }
    buckets
}

/// The least of 1, 2 and 5 times a power of ten that is more than a number.
fn step(above: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for times in [1, 2, 5] {
            let step = power.saturating_mul(times);
            if step > above || step == u64::MAX {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

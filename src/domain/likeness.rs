//! How alike two homes are, for somebody who looks at the one and may like the other.

use super::area::distance_m;
use super::listing::{Kind, Location};
use super::money::Money;

/// The distance at which a home is as unlike as one of twice the price, in metres.
const FAR_M: f64 = 10_000.0;

/// What a bedroom more or less counts.
const PER_BEDROOM: f64 = 0.25;

/// What another kind of home counts.
const OTHER_KIND: f64 = 0.5;

/// What homes are compared by.
#[derive(Debug, Clone, PartialEq)]
pub struct Traits {
    /// The kind.
    pub kind: Kind,
    /// The blurred point.
    pub at: Location,
    /// The price by which it is compared; only amounts of one currency can be.
    pub price: Option<Money>,
    /// Bedrooms.
    pub bedrooms: u32,
    /// Amenities by their keys.
    pub amenities: Vec<String>,
}

/// How unlike two homes are: 0 for the same, without an upper end. The parts that make it up
/// are the distance in tens of kilometres, the doublings of the price between the two, the
/// bedrooms, the kind, and the share of amenities that only one has (the Jaccard distance).
#[must_use]
pub fn unlikeness(one: &Traits, other: &Traits) -> f64 {
    let place = distance_m(one.at, other.at) / FAR_M;
    let price = match (one.price, other.price) {
        (Some(a), Some(b)) if a.currency == b.currency => {
            let of = |price: Money| (price.amount.max(1) as f64).log2();
            (of(a) - of(b)).abs()
        }
        _ => 1.0,
    };
    let bedrooms = f64::from(one.bedrooms.abs_diff(other.bedrooms)) * PER_BEDROOM;
    let kind = if one.kind == other.kind { 0.0 } else { OTHER_KIND };
    place + price + bedrooms + kind + apart(&one.amenities, &other.amenities)
}

fn apart(one: &[String], other: &[String]) -> f64 {
    let shared = one.iter().filter(|key| other.contains(key)).count();
    let all = one.len() + other.len() - shared;
    if all == 0 { 0.0 } else { 1.0 - shared as f64 / all as f64 }
}

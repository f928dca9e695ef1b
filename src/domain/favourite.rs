//! Favourites: homes that somebody wants to keep an eye on. They hear when one gets cheaper,
//! and when the nights that they keep it for become free.

use jiff::{SignedDuration, Timestamp};

use super::calendar::Nights;
use super::listing::Listing;
use super::money::Money;

/// Favourites that somebody may have.
pub const FAVOURITES_MAX: i64 = 500;

/// What a price has to fall by to be told, in hundredths of a percent of the price that was
/// told last, or that it was kept at.
pub const DROP_BP: i64 = 500;

/// How often the same favourite's nights are told at most: a hold that comes and goes is no
/// news each time.
pub const FREED_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// The price that favourites are watched by: that of a night, or where months are let alone,
/// of a month.
#[must_use]
pub fn price(listing: &Listing) -> Option<Money> {
    listing.night_from().or_else(|| listing.month_from())
}

/// Whether a price has fallen far enough below `before` to be told. Nothing is told across
/// currencies.
#[must_use]
pub fn is_drop(before: Money, now: Money) -> bool {
    let fell = i128::from(before.amount) - i128::from(now.amount);
    before.currency == now.currency
        && fell > 0
        && fell * 10_000 >= i128::from(before.amount) * i128::from(DROP_BP)
}

/// What is watched of a favourite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The lowest price that its owner knows of: when it was kept, or told since.
    pub price: Option<Money>,
    /// The nights that it is kept for.
    pub nights: Option<Nights>,
    /// Whether they were free when that was last looked at.
    pub free: Option<bool>,
    /// When it was last told that they are.
    pub freed_at: Option<Timestamp>,
}

/// What there is to tell of a favourite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// It costs this instead of that.
    pub drop: Option<(Money, Money)>,
    /// These nights can be had again.
    pub freed: Option<Nights>,
}

/// What there is to tell of a favourite whose home costs `price` now, and whose nights are
/// `free` now as far as that was looked at; and what is watched from now on.
#[must_use]
pub fn look(
    watched: Watched,
    price: Option<Money>,
    free: Option<bool>,
    now: Timestamp,
) -> (News, Watched) {
    let (mut news, mut next) = (News::default(), watched);
    match (watched.price, price) {
        (Some(before), Some(price)) if is_drop(before, price) => {
            news.drop = Some((before, price));
            next.price = Some(price);
        }
        (Some(before), Some(price)) if before.currency != price.currency => {
            next.price = Some(price);
        }
        (None, Some(price)) => next.price = Some(price),
        _ => {}
    }
    if let (Some(nights), Some(is_free)) = (watched.nights, free) {
        let rested = watched.freed_at.is_none_or(|told| now.duration_since(told) >= FREED_PAUSE);
        if watched.free == Some(false) && is_free && rested {
            news.freed = Some(nights);
            next.freed_at = Some(now);
        }
        next.free = Some(is_free);
    }
    (news, next)
}

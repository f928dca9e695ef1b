//! From what a landlord set to what a stay costs. Whole minor units, no floating point; the
//! same arguments always give the same price.
//!
//! In this order:
//! 1. **Each night.** What night prices say, those of the unit type before those of all.
//!    Else the unit type's price of a night; at a weekend, what weekends cost; and of the
//!    seasons that have the night, the one of the highest priority changes it.
//! 2. **Off for the time of booking:** of the last-minute and early-bird rules that fit the
//!    stay, the one of the highest priority, of the sum of the nights.
//! 3. **Off for the length:** monthly, else weekly, of what is left.
//! 4. **Further guests**, for each night.
//! 5. **A promo code**, of all that so far; never more than that.
//! 6. **The cleaning fee**, once.
//! 7. **Taxes**, each by itself, of 1 to 5 or of 1 to 6; no tax is on another.
//!
//! The **deposit** is no part of what a stay costs.
//!
//! Of rules with the same priority the one speaks that is cheaper for the guest, and of
//! those that are equally cheap the older one, so the order of the list says nothing.
//!
//! A percentage is rounded half up, once: when the sum that it belongs to is made. The
//! nights are one sum; where several lines show it, all but the last are cut to whole minor
//! units and the last takes what remains.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::calendar::Nights;
use super::listing::Listing;
use super::money::Money;
use super::price::{Line, LineKind, Price};
use super::price_rules::{PriceRule, Rate, WHOLE, WeekNight};
use super::pricing::{MONTH, Pricing, TaxBase, TaxRate, WEEK};
use super::promo::{Off, PromoTerms};
use super::refusal::Refusal;
use super::unit::Unit;

/// What a line of nights with prices of their own is called.
const SPECIAL: &str = "Special price";
/// What a line of nights of weekends is called.
const WEEKEND: &str = "Weekend";
/// Weekend and season may each take a percentage, so nights are reckoned in so many parts of
/// a minor unit.
const PARTS: i128 = 10_000 * 10_000;

/// The price of a stay. `today` is the date at the home; `promo` has to fit the stay, which
/// is not looked at here.
///
/// # Errors
/// [`Refusal::NotBookable`] where the unit type has no price, or the stay would cost nothing
/// or more than can be counted.
pub fn price(
    listing: &Listing,
    unit: &Unit,
    nights: Nights,
    guests: u16,
    today: Date,
    promo: Option<&PromoTerms>,
) -> Result<Price, Refusal> {
    let none = || Refusal::not_bookable("no-price", "the home has no price");
    let base = unit.fields.night_minor.ok_or_else(none)?;
    let stay = Stay { pricing: &listing.pricing, unit, base, nights, guests, today };
    let mut lines = stay.night_lines();
    stay.add_discounts(&mut lines);
    stay.add_guests(&mut lines);
    if let Some(promo) = promo {
        let off = match promo.off {
            Off::Percent(off) => share(sum(&lines), off.into()),
            Off::Flat(money) if money.currency == listing.fields.currency => {
                i128::from(money.amount).min(sum(&lines))
            }
            Off::Flat(_) => 0,
        };
        lines.push(Reckoned::new(LineKind::Promo, &promo.code, 1, -off));
    }
    let accommodation = sum(&lines);
    let cleaning = i128::from(listing.fields.cleaning_fee_minor);
    if cleaning > 0 {
        lines.push(Reckoned::new(LineKind::Cleaning, "", 1, cleaning));
    }
    stay.add_taxes(&mut lines, accommodation, cleaning);
    let price = Price {
        currency: listing.fields.currency,
        lines: lines.into_iter().map(Reckoned::line).collect::<Option<_>>().ok_or_else(large)?,
        deposit: listing.fields.deposit_minor,
    };
    if price.total().amount <= 0 {
        return Err(Refusal::not_bookable("no-price", "a stay that costs nothing is not offered"));
    }
    Ok(price)
}

/// What a night costs by itself, without discounts, guests and fees, for calendars: none
/// where the unit type has no price.
#[must_use]
pub fn night(listing: &Listing, unit: &Unit, date: Date) -> Option<Money> {
    let base = unit.fields.night_minor?;
    let (parts, _) = night_parts(&listing.pricing, unit, base, date);
    i64::try_from(rounded(parts)).ok().map(|amount| listing.money(amount))
}

fn large() -> Refusal {
    Refusal::not_bookable("price-too-large", "the price does not fit")
}

/// A line before it is known to fit.
struct Reckoned {
    kind: LineKind,
    label: String,
    quantity: u32,
    amount: i128,
}

impl Reckoned {
    fn new(kind: LineKind, label: &str, quantity: u32, amount: i128) -> Self {
        Self { kind, label: label.to_owned(), quantity, amount }
    }

    /// The line, if a price of the most lines that there can be still fits 64 bits with it.
    fn line(self) -> Option<Line> {
        let Self { kind, label, quantity, amount } = self;
        let amount = i64::try_from(amount).ok().filter(|a| a.unsigned_abs() < 1 << 53)?;
        Some(Line { kind, label, quantity, amount })
    }
}

fn sum(lines: &[Reckoned]) -> i128 {
    lines.iter().map(|line| line.amount).sum()
}

/// So many hundredths of a percent of an amount, half up.
const fn share(amount: i128, hundredths: i64) -> i128 {
    let whole = WHOLE as i128;
    (amount * hundredths as i128 + whole / 2).div_euclid(whole)
}

/// Parts of minor units as minor units, half up.
const fn rounded(parts: i128) -> i128 {
    (parts + PARTS / 2).div_euclid(PARTS)
}

/// Why a night costs what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why<'a> {
    Common,
    Weekend,
    Special,
    Season(&'a PriceRule),
}

impl Why<'_> {
    fn label(&self) -> &str {
        match self {
            Self::Common => "",
            Self::Weekend => WEEKEND,
            Self::Special => SPECIAL,
            Self::Season(rule) => &rule.name,
        }
    }
}

/// What a night costs, in parts of a minor unit, and why.
fn night_parts<'a>(pricing: &'a Pricing, unit: &Unit, base: i64, night: Date) -> (i128, Why<'a>) {
    let special = |own: bool| {
        let prices = pricing.nights.iter().filter(|price| price.has(night));
        let of = |id: Option<_>| if own { id == Some(unit.id) } else { id.is_none() };
        prices.into_iter().find(|price| of(price.unit_id)).map(|price| price.night_minor)
    };
    if let Some(amount) = special(true).or_else(|| special(false)) {
        return (i128::from(amount) * PARTS, Why::Special);
    }
    let (mut parts, mut why) = (i128::from(base) * PARTS, Why::Common);
    if let Some(weekend) = &pricing.rates.weekend
        && weekend.nights.contains(&WeekNight::of(night))
    {
        (parts, why) = (at(weekend.rate, parts), Why::Weekend);
    }
    let seasons = pricing.rules.iter().filter_map(|rule| {
        let rate = rule.season(unit.id, night)?;
        Some((Reverse(rule.priority), at(rate, parts), rule))
    });
    match seasons.min_by_key(|(priority, parts, rule)| (*priority, *parts, rule.id)) {
        Some((_, parts, rule)) => (parts, Why::Season(rule)),
        None => (parts, why),
    }
}

/// A price by a rate.
fn at(rate: Rate, parts: i128) -> i128 {
    match rate {
        Rate::Night(amount) => i128::from(amount) * PARTS,
        Rate::Change(by) => parts * (i128::from(WHOLE) + i128::from(by)) / i128::from(WHOLE),
    }
}

/// A stay whose price is reckoned.
struct Stay<'a> {
    pricing: &'a Pricing,
    unit: &'a Unit,
    base: i64,
    nights: Nights,
    guests: u16,
    today: Date,
}

impl Stay<'_> {
    /// A line for each reason, in the order in which the stay comes to them.
    fn night_lines(&self) -> Vec<Reckoned> {
        let mut groups: Vec<(Why<'_>, u32, i128)> = Vec::new();
        for night in self.nights.iter() {
            let (parts, why) = night_parts(self.pricing, self.unit, self.base, night);
            match groups.iter_mut().find(|(group, ..)| *group == why) {
                Some((_, count, sum)) => (*count, *sum) = (*count + 1, *sum + parts),
                None => groups.push((why, 1, parts)),
            }
        }
        let mut left = rounded(groups.iter().map(|(.., parts)| parts).sum());
        let last = groups.len().saturating_sub(1);
        let line = |(place, (why, count, parts)): (usize, (Why<'_>, u32, i128))| {
            let amount = if place == last { left } else { parts.div_euclid(PARTS) };
            left -= amount;
            Reckoned::new(LineKind::Nights, why.label(), count, amount)
        };
        groups.into_iter().enumerate().map(line).collect()
    }

    fn add_discounts(&self, lines: &mut Vec<Reckoned>) {
        let (arrival, count) = (self.nights.check_in(), self.nights.count());
        let fitting =
            self.pricing.rules.iter().filter_map(|rule| {
                rule.lead(self.unit.id, arrival, self.today).map(|off| (rule, off))
            });
        // The highest priority; then the most off, then the oldest.
        let best =
            fitting.min_by_key(|(rule, off)| (Reverse(rule.priority), Reverse(*off), rule.id));
        let rates = &self.pricing.rates;
        let (label, off) = match count {
            MONTH.. if rates.monthly_off > 0 => ("Monthly discount", rates.monthly_off),
            WEEK.. => ("Weekly discount", rates.weekly_off),
            _ => ("", 0),
        };
        let by_length = Some((label, off)).filter(|(_, off)| *off > 0);
        let by_time = best.map(|(rule, off)| (rule.name.as_str(), off));
        for (label, off) in [by_time, by_length].into_iter().flatten() {
            let amount = share(sum(lines), off.into());
            lines.push(Reckoned::new(LineKind::Discount, label, 1, -amount));
        }
    }

    fn add_guests(&self, lines: &mut Vec<Reckoned>) {
        let Some(extra) = self.pricing.rates.extra_guests else { return };
        let more = u32::from(self.guests.saturating_sub(extra.included));
        if more > 0 && extra.night_minor > 0 {
            let quantity = more.saturating_mul(self.nights.count());
            let amount = i128::from(extra.night_minor) * i128::from(quantity);
            lines.push(Reckoned::new(LineKind::Guests, "", quantity, amount));
        }
    }

    fn add_taxes(&self, lines: &mut Vec<Reckoned>, accommodation: i128, cleaning: i128) {
        let nights = self.nights.count();
        let guest_nights = nights.saturating_mul(self.guests.into());
        for tax in &self.pricing.rates.taxes {
            let of_each = |minor: i64, count: u32| i128::from(minor) * i128::from(count);
            let (quantity, amount) = match tax.rate {
                TaxRate::Percent { of_whole, base } => {
                    let of = match base {
                        TaxBase::Nights => accommodation,
                        TaxBase::Stay => accommodation + cleaning,
                    };
                    (1, share(of, of_whole.into()))
                }
                TaxRate::Night(minor) => (nights, of_each(minor, nights)),
                TaxRate::GuestNight(minor) => (guest_nights, of_each(minor, guest_nights)),
            };
            if amount > 0 {
                lines.push(Reckoned::new(LineKind::Tax, &tax.name, quantity, amount));
            }
        }
    }
}

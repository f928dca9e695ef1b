//! What letters say of a stay besides their story: when, where, what it costs and what goes
//! back of that.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::letter_words::{Words, date, instant};
use super::mail::{Draft, Home};
use crate::domain::calendar::Nights;
use crate::domain::event::StayFacts;
use crate::domain::letter::Matter;
use crate::domain::matter::{CallOff, Proposed};
use crate::domain::money::Money;
use crate::domain::price::{Line, LineKind};

impl Words {
    /// With the home, the nights and the hours of coming and going.
    pub(super) fn with_stay(self, draft: &Draft, stay: &StayFacts) -> Self {
        let home = draft.home.as_ref().map(|Home { title, city, .. }| format!("{title}, {city}"));
        let guests = draft.booking.as_ref().map(|booking| booking.guests.to_string());
        let terms = draft.booking.as_ref().map(|booking| &booking.terms);
        let (from, until) = (
            terms.map(|terms| ("from", terms.check_in_from)),
            terms.map(|terms| ("until", terms.check_out_until)),
        );
        self.with_fact("Home", home.unwrap_or_default())
            .with_fact("Unit", unit(draft, stay.unit_id).unwrap_or_default())
            .with_fact("Check-in", day(stay.nights.check_in(), from))
            .with_fact("Check-out", day(stay.nights.check_out(), until))
            .with_fact("Stay", length(stay.nights))
            .with_fact("Guests", guests.unwrap_or_default())
            .with_fact("Booking", stay.booking_id.to_string())
    }

    /// With the lines of the price.
    pub(super) fn with_price(mut self, draft: &Draft) -> Self {
        let Some(booking) = &draft.booking else { return self };
        let price = &booking.terms.price;
        for line in &price.lines {
            self = self.with_fact(line_label(line.kind), line_text(line, price.currency));
        }
        let deposit = Money::new(price.deposit, price.currency);
        self.with_fact("Price in all", price.total().to_string()).with_sum("Deposit", deposit)
    }

    /// With what goes back of a stay that was called off.
    pub(super) fn with_refund(mut self, off: &CallOff) -> Self {
        let Some(refund) = off.refund else { return self };
        // Lines that do not add up to what goes back would say something wrong.
        for lines in off.lines.iter().filter(|lines| lines.total() == refund) {
            for line in &lines.lines {
                let amount = Money::new(line.amount, lines.currency);
                let text = labelled(&line.label, &amount.to_string());
                self = self.with_fact(refund_label(line.kind), text);
            }
            let deposit = Money::new(lines.deposit, lines.currency);
            self = self.with_sum("Refund of the deposit", deposit);
        }
        self.with_fact("Refund in all", refund.to_string())
    }

    /// With what a change would make of a stay.
    pub(super) fn with_proposal(self, draft: &Draft, stay: &StayFacts, new: &Proposed) -> Self {
        let moved = new.unit_id != stay.unit_id;
        let unit = unit(draft, new.unit_id).filter(|_| moved);
        self.with_fact("Proposed unit", unit.unwrap_or_default())
            .with_fact("Proposed check-in", date(new.nights.check_in()))
            .with_fact("Proposed check-out", date(new.nights.check_out()))
            .with_fact("Proposed stay", length(new.nights))
            .with_fact("Proposed guests", new.guests.to_string())
            .with_difference(new.difference)
            .with_end("Answer until", draft, new.expires_at)
    }

    fn with_difference(self, difference: Money) -> Self {
        let back = Money { amount: difference.amount.saturating_neg(), ..difference };
        match difference.amount {
            0 => self,
            1.. => self.with_fact("To pay on top", difference.to_string()),
            _ => self.with_fact("Goes back", back.to_string()),
        }
    }

    /// With what the stay was before it was changed.
    pub(super) fn with_past(self, nights: Nights, total: Money) -> Self {
        let was = format!("{} to {}", date(nights.check_in()), date(nights.check_out()));
        self.with_fact("It was", was).with_fact("It cost", total.to_string())
    }

    /// With an end of something, in the home's time.
    pub(super) fn with_end(self, label: &'static str, draft: &Draft, at: Timestamp) -> Self {
        let zone = draft.home.as_ref().map_or(&draft.zone, |home| &home.zone);
        self.with_fact(label, instant(at, zone))
    }

    /// With a sum, if it is one.
    pub(super) fn with_sum(self, label: &'static str, sum: Money) -> Self {
        if sum.amount == 0 { self } else { self.with_fact(label, sum.to_string()) }
    }

    /// With why it was declined or called off, if somebody has said so.
    pub(super) fn with_reason(self, draft: &Draft) -> Self {
        let reason = draft.booking.as_ref().and_then(|it| it.details.reason.as_deref());
        self.with_fact("Reason", reason.unwrap_or_default())
    }
}

/// The page of a letter's booking.
pub(super) fn page(draft: &Draft) -> String {
    let booking = draft.matter.stay().map(|stay| stay.booking_id.to_string());
    format!("{}/bookings/{}", draft.site, booking.unwrap_or_default())
}

/// The deposit of a letter's booking, if it has one.
pub(super) fn deposit(draft: &Draft) -> Option<Money> {
    let price = &draft.booking.as_ref()?.terms.price;
    Some(Money::new(price.deposit, price.currency)).filter(|deposit| deposit.amount > 0)
}

/// Whether a letter is about a stay that the landlord entered.
pub(super) fn is_manual(matter: &Matter) -> bool {
    matter.stay().is_some_and(|stay| stay.tenant_id == stay.landlord_id)
}

/// What a unit type is called, where there are several.
fn unit(draft: &Draft, id: crate::domain::ids::UnitId) -> Option<String> {
    let units = draft.home.as_ref().map(|home| &home.units).filter(|units| units.len() > 1)?;
    units.iter().find(|(one, _)| *one == id).map(|(_, name)| name.clone())
}

/// `Fri 5 June 2026, from 15:00`.
fn day(day: Date, hour: Option<(&str, Time)>) -> String {
    let hour = hour.map(|(word, time)| format!(", {word} {}", time.strftime("%H:%M")));
    date(day) + &hour.unwrap_or_default()
}

fn length(nights: Nights) -> String {
    let count = nights.count();
    if count == 1 { "1 night".to_owned() } else { format!("{count} nights") }
}

/// `3 x Summer: EUR 300.00`.
fn line_text(line: &Line, currency: crate::domain::money::Currency) -> String {
    let amount = Money::new(line.amount, currency).to_string();
    let count = if line.quantity > 1 { format!("{} x", line.quantity) } else { String::new() };
    labelled(format!("{count} {}", line.label).trim(), &amount)
}

fn labelled(label: &str, amount: &str) -> String {
    if label.is_empty() { amount.to_owned() } else { format!("{label}: {amount}") }
}

const fn line_label(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Nights => "Nights",
        LineKind::Guests => "Extra guests",
        LineKind::Discount => "Discount",
        LineKind::Promo => "Promo code",
        LineKind::Cleaning => "Cleaning",
        LineKind::Tax => "Tax",
    }
}

const fn refund_label(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Nights => "Refund of nights",
        LineKind::Guests => "Refund of extra guests",
        LineKind::Discount => "Less discount",
        LineKind::Promo => "Less promo code",
        LineKind::Cleaning => "Refund of cleaning",
        LineKind::Tax => "Refund of tax",
    }
}

//! Of a turn: calling off a booking that stands, and what would go back.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::booking::{Booking, BookingStatus};
use super::booking_details::Party;
use super::booking_moves::Move;
use super::cancellation::{self, CancelledBy, RefundLines};
use super::change::Decision;
use super::ledger::Parts;
use super::money::Money;
use super::payment::Payment;
use super::refusal::Refusal;
use super::stay::Outcome;
use super::turn::Turn;
use super::turn_hold::check_words;
use super::turn_money::refundable;

/// What goes back when a booking is called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What the terms say, line by line.
    pub lines: RefundLines,
    /// What of that has gone back before.
    pub before: Money,
    /// What goes back: the lines without what has gone back before.
    pub refund: Money,
}

/// What goes back when a booking is called off at `now`. Nothing that has gone back before
/// goes back again, and nothing that never came.
#[must_use]
pub fn preview<'p>(
    booking: &Booking,
    payments: impl Iterator<Item = &'p Payment>,
    who: CancelledBy,
    zone: &TimeZone,
    now: Timestamp,
) -> Preview {
    let booked_at = booking.details.confirmed_at.unwrap_or(booking.created_at);
    let mut lines = cancellation::refund(&booking.terms, booking.nights, who, booked_at, now, zone);
    let currency = booking.total.currency;
    if booking.is_manual() {
        lines = RefundLines { currency, lines: Vec::new(), deposit: 0 };
    }
    let left: i64 = refundable(payments)
        .iter()
        .filter(|payment| payment.amount.currency == currency)
        .map(|payment| payment.captured - payment.refunded)
        .sum();
    let total = lines.total().amount;
    let refund = total.min(left).max(0);
    Preview {
        lines,
        before: Money::new(total - refund, currency),
        refund: Money::new(refund, currency),
    }
}

impl Turn<'_> {
    pub(super) fn cancel(
        &self,
        booking: &Booking,
        (party, percent): (Party, Option<u8>),
        reason: Option<&String>,
        expected: Option<Money>,
    ) -> Result<Decision, Refusal> {
        self.may(booking, party, Move::Cancel)?;
        check_words(reason.map_or("", String::as_str), 0, "/reason")?;
        let who = match (party, percent) {
            (Party::Tenant, _) => CancelledBy::Tenant,
            (Party::Admin, Some(percent)) => CancelledBy::Admin { percent },
            (Party::Landlord | Party::Admin, _) => CancelledBy::Landlord,
        };
        let payments = self.payments_of(booking);
        let back = preview(booking, payments, who, &self.zone(), self.context.now);
        let refund = back.refund;
        if expected.is_some_and(|expected| expected != refund) {
            return Err(Refusal::RefundDiffers { refund });
        }
        let mut decision = Decision::new(Outcome::Done);
        // What has gone back before was of the stay.
        let parts = Parts::of_refund(&back.lines).reduced_to(refund.amount);
        self.give_back(&mut decision, booking, parts, ("cancelled", "cancelled"));
        let mut said = booking.clone();
        said.details.ended_by = Some(party);
        said.details.reason = reason.cloned();
        let ended = self.end_with(&mut decision, &said, BookingStatus::Cancelled, Some(&back));
        decision.outcome = self.snapshot(&ended, self.payment_of(booking));
        Ok(decision)
    }
}

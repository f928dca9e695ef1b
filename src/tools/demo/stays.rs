//! How the demo's stays came about: told as commands to the rules, at the instants at which
//! people would have given them.

use jiff::{SignedDuration, Timestamp};

use super::bookings::{PlannedBooking, PlannedState};
use crate::actors::payer::Payer;
use crate::domain::booking::Command;
use crate::domain::event::Actor;
use crate::domain::ids::{self, BookingId, PaymentId, UserId};
use crate::domain::payment;
use crate::domain::refusal::Refusal;
use crate::domain::stay::{self, Outcome};
use crate::tools::story::Story;

/// How long people of the demo look at a held stay before they decide.
const THINKING: SignedDuration = SignedDuration::from_mins(2);

/// How long they take to pay.
const PAYING: SignedDuration = SignedDuration::from_mins(3);

/// The tenant of a stay.
#[derive(Debug, Clone, Copy)]
pub struct Tenant<'a> {
    /// Who.
    pub id: UserId,
    /// Their email.
    pub email: &'a str,
}

/// Tells one planned stay, the `number`-th of the plan. `now` is the instant that the plan's
/// "today" holds; `base_url` is where the payment page sends people back to.
///
/// # Errors
/// When the rules refuse it, which a plan for these listings rules out.
pub fn tell(
    story: &mut Story<'_>,
    planned: &PlannedBooking,
    number: usize,
    tenant: Tenant<'_>,
    now: Timestamp,
    base_url: &str,
) -> Result<(), Refusal> {
    let held_at = now - SignedDuration::from_hours(24 * i64::from(planned.made_days_ago));
    let label = |step: &str| format!("demo-stay-{number}-{step}");
    let booking_id = BookingId::from(ids::derived(story.id().uuid(), &label("booking")));
    let actor = Actor::User(tenant.id);
    let hold = Command::Hold {
        by: tenant.id,
        booking_id,
        unit_id: None,
        nights: planned.nights,
        guests: planned.guests,
    };
    let held = story.tell(&label("hold"), held_at, actor, &stay::Command::Booking(hold))?;
    let Outcome::Booking(held) = held else { return Ok(()) };
    match planned.state {
        PlannedState::Hold => {}
        PlannedState::Cancelled => {
            let release = stay::Command::Booking(Command::Release { by: tenant.id, booking_id });
            story.tell(&label("release"), held_at + THINKING, actor, &release)?;
        }
        PlannedState::Expired => {
            let over = stay::Command::Booking(Command::HoldOver { booking_id });
            if let Some((timer, at)) = held.booking.timer.zip(held.booking.expires_at) {
                story.fire(timer, at, &over)?;
            }
        }
        PlannedState::PendingPayment | PlannedState::Confirmed => {
            let payment_id = PaymentId::from(ids::derived(booking_id.uuid(), "demo-payment"));
            let amount = held.booking.total;
            let request = Payer::session_request(
                &held,
                payment_id,
                Some(tenant.email.to_owned()),
                format!("{base_url}/bookings/{booking_id}?paid=1"),
                format!("{base_url}/bookings/{booking_id}"),
            );
            let checkout =
                Command::Checkout { by: tenant.id, booking_id, payment_id, amount, request };
            let waiting = planned.state == PlannedState::PendingPayment;
            let at = if waiting { held_at } else { held_at + THINKING };
            story.tell(&label("checkout"), at, actor, &stay::Command::Booking(checkout))?;
            if !waiting {
                let intent_id = format!("pi_demo_{}", payment_id.uuid().as_simple());
                let paid = payment::Command::Paid { payment_id, intent_id, amount };
                let paid = stay::Command::Payment(paid);
                story.tell(&label("paid"), at + PAYING, Actor::Provider, &paid)?;
            }
        }
    }
    Ok(())
}

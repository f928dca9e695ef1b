//! How the demo's stays came about: told as commands to the rules, at the instants at which
//! people would have given them.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::bookings::{PlannedBooking, PlannedState};
use crate::domain::booking::Command;
use crate::domain::event::Actor;
use crate::domain::ids::{self, BookingId, PaymentId, PropertyId, UserId};
use crate::domain::money::Money;
use crate::domain::payment;
use crate::domain::refusal::Refusal;
use crate::domain::stay;
use crate::tools::story::Story;

/// How long people of the demo look at a held stay before they decide.
const THINKING: SignedDuration = SignedDuration::from_mins(2);

/// How long they take to pay.
const PAYING: SignedDuration = SignedDuration::from_mins(3);

/// What a checkout's request to the payment provider is made of.
#[derive(Debug, Clone, Copy)]
pub struct Checkout<'a> {
    /// The payment.
    pub payment_id: PaymentId,
    /// Whose property it is for.
    pub property_id: PropertyId,
    /// What it is for.
    pub booking_id: BookingId,
    /// How much.
    pub amount: Money,
    /// The listing's title.
    pub title: &'a str,
    /// The tenant's email.
    pub email: &'a str,
}

/// Makes the request to the provider that a checkout freezes; whoever wires the demo knows
/// the server's address and the provider's form.
pub type CheckoutRequest<'a> = &'a (dyn Fn(&Checkout<'_>) -> Value + Sync);

/// The tenant of a stay.
#[derive(Debug, Clone, Copy)]
pub struct Tenant<'a> {
    /// Who.
    pub id: UserId,
    /// Their email.
    pub email: &'a str,
}

/// Tells one planned stay, the `number`-th of its property. `now` is the instant that the
/// plan's "today" holds.
///
/// # Errors
/// When the rules refuse it, which a plan for these listings rules out.
pub fn tell(
    story: &mut Story<'_>,
    planned: &PlannedBooking,
    number: usize,
    tenant: Tenant<'_>,
    now: Timestamp,
    request: CheckoutRequest<'_>,
) -> Result<(), Refusal> {
    let held_at = now - SignedDuration::from_hours(24 * i64::from(planned.made_days_ago));
    let Some(listing) = story.property().listing.as_deref() else { return Err(Refusal::NotFound) };
    let (property_id, title) = (listing.id, listing.fields.title.clone());
    let label = |step: &str| format!("demo-stay-{number}-{step}");
    let booking_id = BookingId::from(ids::derived(property_id.uuid(), &label("booking")));
    let actor = Actor::User(tenant.id);
    let hold = Command::Hold {
        by: tenant.id,
        booking_id,
        unit_id: None,
        nights: planned.nights,
        guests: planned.guests,
    };
    story.tell(&label("hold"), held_at, actor, &stay::Command::Booking(hold))?;
    match planned.state {
        PlannedState::Hold => {}
        PlannedState::Cancelled => {
            let release = stay::Command::Booking(Command::Release { by: tenant.id, booking_id });
            story.tell(&label("release"), held_at + THINKING, actor, &release)?;
        }
        PlannedState::Expired => {
            let over = stay::Command::Booking(Command::HoldOver { booking_id });
            let booking = story.property().bookings.get(&booking_id).ok_or(Refusal::NotFound)?;
            let timer = booking.timer.zip(booking.expires_at);
            let (timer, expires_at) = timer.ok_or(Refusal::NotFound)?;
            story.fire(timer, expires_at, &over)?;
        }
        PlannedState::PendingPayment | PlannedState::Confirmed => {
            let booking = story.property().bookings.get(&booking_id).ok_or(Refusal::NotFound)?;
            let payment_id = PaymentId::from(ids::derived(booking_id.uuid(), "demo-payment"));
            let amount = booking.total;
            let email = tenant.email;
            let title = title.as_str();
            let frozen =
                request(&Checkout { payment_id, property_id, booking_id, amount, title, email });
            let checkout = Command::Checkout {
                by: tenant.id,
                booking_id,
                payment_id,
                amount,
                request: frozen,
            };
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

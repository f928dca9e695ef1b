//! How the demo's ended stays came about: told as commands to the rules, at the instants at
//! which people would have given them.

use jiff::{SignedDuration, Timestamp};

use super::bookings::{End, PlannedBooking, PlannedState};
use crate::domain::booking::Command;
use crate::domain::event::Actor;
use crate::domain::ids::{self, BookingId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::stay::{self, Outcome};
use crate::tools::story::Story;

/// How long people of the demo look at a held stay before they give it up.
const THINKING: SignedDuration = SignedDuration::from_mins(2);

/// Tells a planned stay that has ended, the `number`-th of its listing; whether it has. `now`
/// is the instant that the plan's "today" holds.
///
/// # Errors
/// When the rules refuse it, which a plan for these listings and the usual settings rules
/// out.
pub fn tell(
    story: &mut Story<'_>,
    planned: &PlannedBooking,
    number: usize,
    tenant: UserId,
    now: Timestamp,
) -> Result<bool, Refusal> {
    let PlannedState::Ended(end, days_ago) = planned.state else { return Ok(false) };
    let held_at = now - SignedDuration::from_hours(24 * i64::from(days_ago));
    let label = |step: &str| format!("demo-stay-{number}-{step}");
    // Lists of bookings are in the order of their ids.
    let made_of = ids::derived(story.id().uuid(), &label("booking"));
    let booking_id = BookingId::from(ids::stamped(held_at, made_of));
    let actor = Actor::User(tenant);
    let hold = Command::Hold {
        by: tenant,
        booking_id,
        unit_id: None,
        nights: planned.nights,
        guests: planned.guests,
        slot: None,
        offer: None,
    };
    let held = story.tell(&label("hold"), held_at, actor, &stay::Command::Booking(hold))?;
    let Outcome::Booking(held) = held else { return Ok(false) };
    match end {
        End::Cancelled => {
            let release = stay::Command::Booking(Command::Release { by: tenant, booking_id });
            story.tell(&label("release"), held_at + THINKING, actor, &release)?;
        }
        End::Expired => {
            let over = stay::Command::Booking(Command::HoldOver { booking_id });
            if let Some((timer, at)) = held.booking.timer.zip(held.booking.expires_at) {
                story.fire(timer, at, &over)?;
            }
        }
    }
    Ok(true)
}

//! How somebody looks at bookings: who they are, when, and what of it they may know.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::booking::BookingSnapshot;
use crate::domain::booking_details::Party;
use crate::domain::booking_moves::{self, Moment, Move};
use crate::domain::calendar;
use crate::domain::ids::UserId;
use crate::domain::user::Role;
use crate::http::auth::Principal;
use crate::http::state::AppState;

/// Somebody who looks.
pub struct Sight<'a> {
    state: &'a AppState,
    /// Who it is.
    pub viewer: UserId,
    is_admin: bool,
    /// When; without it, when the booking last changed: so does an answer that has to come out
    /// the same when the request comes again.
    at: Option<Timestamp>,
}

impl<'a> Sight<'a> {
    /// A look at what was just done.
    #[must_use]
    pub fn then(state: &'a AppState, principal: &Principal) -> Self {
        let is_admin = principal.roles.contains(&Role::Admin);
        Self { state, viewer: principal.user, is_admin, at: None }
    }

    /// A look at how things are.
    #[must_use]
    pub fn now(state: &'a AppState, principal: &Principal) -> Self {
        Self { at: Some(state.clock.now()), ..Self::then(state, principal) }
    }

    /// As what they look; `None` for strangers.
    #[must_use]
    pub fn party(&self, snapshot: &BookingSnapshot) -> Option<Party> {
        let party = snapshot.booking.party(snapshot.landlord_id, self.viewer);
        party.or(self.is_admin.then_some(Party::Admin))
    }

    /// What they may do with it.
    #[must_use]
    pub fn allowed(&self, snapshot: &BookingSnapshot) -> Vec<Move> {
        let booking = &snapshot.booking;
        let zone = zone_of(snapshot);
        let now = self.at.unwrap_or(booking.updated_at);
        let hold_max = self.state.config.bookings.hold_max();
        let party = self.party(snapshot);
        let at = Moment { now, zone: &zone, hold_max };
        party.map(|party| booking_moves::allowed(booking, party, &at)).unwrap_or_default()
    }

    /// The digits that let the tenant in, for the landlord of a stay that is to come.
    #[must_use]
    pub fn check_in_code(&self, snapshot: &BookingSnapshot) -> Option<String> {
        let booking = &snapshot.booking;
        let waits = booking.status == crate::domain::booking::BookingStatus::Confirmed;
        let is_told = self.party(snapshot) == Some(Party::Landlord) && !booking.is_manual();
        (waits && is_told).then(|| self.state.links.digits(booking.id.uuid()))
    }
}

/// The zone of a booking's home.
#[must_use]
pub fn zone_of(snapshot: &BookingSnapshot) -> TimeZone {
    calendar::zone(&snapshot.zone).unwrap_or(TimeZone::UTC)
}

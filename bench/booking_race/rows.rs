//! The rows of a hold as values, for those who write them without the house: what they hold is
//! what the house writes.

use jiff::Timestamp;
use jiff::civil::Date;
use rentezy::clock::Clock;
use rentezy::domain::booking::{self, Booking, BookingSnapshot, BookingStatus};
use rentezy::domain::booking_details::Details;
use rentezy::domain::entity::EntityRef;
use rentezy::domain::event::{self, Actor, Event, StayFacts};
use rentezy::domain::ids::{self, BookingId, PropertyId, TimerId, UnitId, UserId};
use rentezy::domain::money::{Currency, Money};
use rentezy::domain::policies::Policies;
use rentezy::domain::price::Price;
use rentezy::domain::stay::{Command, Outcome};
use rentezy::domain::terms::Terms;
use rentezy::storage::events;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::desks::{Want, request_id};
use crate::support::Result;

/// What is known of a home of one unit type.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    id: PropertyId,
    owner: UserId,
    unit: UnitId,
    title: String,
    zone: String,
    per_night: Money,
}

/// A hold, column by column.
#[derive(Debug)]
pub(crate) struct Hold {
    pub(crate) id: Uuid,
    pub(crate) property: Uuid,
    pub(crate) unit: Uuid,
    pub(crate) tenant: Uuid,
    pub(crate) check_in: Date,
    pub(crate) check_out: Date,
    pub(crate) guests: i32,
    pub(crate) currency: String,
    pub(crate) terms: Value,
    pub(crate) total: i64,
    pub(crate) expires_at: Timestamp,
    pub(crate) timer: Uuid,
    pub(crate) now: Timestamp,
    pub(crate) slot_id: i64,
    pub(crate) request: Uuid,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) outcome: Value,
    pub(crate) shard: i32,
    pub(crate) over: Value,
    pub(crate) kind: &'static str,
    pub(crate) version: i16,
    pub(crate) actor: String,
    pub(crate) data: Value,
}

impl Home {
    /// The home of a row with its own columns and those of its only unit type.
    ///
    /// # Errors
    /// When the currency is none.
    pub(crate) fn of(row: &Row) -> Result<Self> {
        let currency: Currency = row.get::<_, &str>("currency").parse()?;
        Ok(Self {
            id: PropertyId::from(row.get::<_, Uuid>("id")),
            owner: UserId::from(row.get::<_, Uuid>("owner_id")),
            unit: UnitId::from(row.get::<_, Uuid>("unit_id")),
            title: row.get("title"),
            zone: row.get("zone"),
            per_night: Money::new(row.get("night_minor"), currency),
        })
    }

    /// A new hold here.
    ///
    /// # Errors
    /// When the price does not fit.
    pub(crate) fn hold(
        &self,
        want: Want,
        slot_id: i64,
        clock: &Clock,
        lasts: std::time::Duration,
    ) -> Result<Hold> {
        let (now, id): (Timestamp, BookingId) = (clock.now(), clock.id());
        let expires_at = now + lasts;
        let timer = TimerId::from(ids::derived(id.uuid(), "hold-over"));
        let price = Price::of_nights(self.per_night, want.nights.count())?;
        let booking = Booking {
            id,
            property_id: self.id,
            unit_id: self.unit,
            tenant_id: want.tenant,
            nights: want.nights,
            guests: 1,
            status: BookingStatus::Hold,
            expiring: None,
            total: price.due(),
            terms: Terms::new(price, &Policies::default()),
            expires_at: Some(expires_at),
            released_at: None,
            timer: Some(timer),
            payment_id: None,
            gate: Some(1),
            details: Details::default(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let stay = StayFacts {
            booking_id: id,
            property_id: self.id,
            unit_id: self.unit,
            tenant_id: want.tenant,
            landlord_id: self.owner,
            nights: want.nights,
        };
        let event = Event::BookingHeld { stay, expires_at };
        let over = Command::Booking(booking::Command::HoldOver { booking_id: id });
        let (terms, total) = (serde_json::to_value(&booking.terms)?, booking.total);
        let outcome = Outcome::Booking(Box::new(BookingSnapshot {
            booking,
            property_title: self.title.clone(),
            landlord_id: self.owner,
            zone: self.zone.clone(),
            payment: None,
            unit_no: None,
        }));
        Ok(Hold {
            id: id.uuid(),
            property: self.id.uuid(),
            unit: self.unit.uuid(),
            tenant: want.tenant.uuid(),
            check_in: want.nights.check_in(),
            check_out: want.nights.check_out(),
            guests: 1,
            currency: total.currency.code().to_owned(),
            terms,
            total: total.amount,
            expires_at,
            timer: timer.uuid(),
            now,
            slot_id,
            request: request_id(clock).uuid(),
            fingerprint: want.tenant.uuid().as_bytes().to_vec(),
            outcome: serde_json::to_value(outcome)?,
            shard: i32::from(EntityRef::from(self.id).shard().0),
            over: serde_json::to_value(over)?,
            kind: event.name(),
            version: event::VERSION,
            actor: Actor::User(want.tenant).to_string(),
            data: events::data(&event)?,
        })
    }
}

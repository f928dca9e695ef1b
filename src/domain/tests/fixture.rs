//! What the tests of a room share: a live listing, its people, and commands carried out
//! the way that the property's actor does.

use std::time::Duration;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::domain::booking::{self, Booking, BookingSnapshot, BookingStatus};
use crate::domain::calendar::Nights;
use crate::domain::change::{Change, Decision, Timer};
use crate::domain::ids::{BookingId, PaymentId, PropertyId, TimerId, UnitId, UserId};
use crate::domain::money::Money;
use crate::domain::payment::{self, Payment, Refund};
use crate::domain::property::{
    self, Address, Kind, ListingFields, Location, StayMode, Unit, UnitFields,
};
use crate::domain::refusal::Refusal;
use crate::domain::rules::{Context, Review, Rules};
use crate::domain::stay::{self, Command, Outcome, PropertyState};
use crate::domain::{deposit, ledger};

pub(super) const RULES: Rules = Rules {
    review: Review::Auto,
    hold: Duration::from_secs(600),
    expiring: Duration::from_secs(60),
    window_days: 365,
    holds_per_user: 0,
    ..Rules::USUAL
};

/// Noon in Dublin on the first of June.
pub(super) const NOON: &str = "2026-06-01T11:00:00Z";

pub(super) fn owner() -> UserId {
    UserId::from(Uuid::from_u128(1))
}

pub(super) fn tenant() -> UserId {
    UserId::from(Uuid::from_u128(2))
}

pub(super) fn stranger() -> UserId {
    UserId::from(Uuid::from_u128(3))
}

pub(super) fn property_id() -> PropertyId {
    PropertyId::from(Uuid::from_u128(10))
}

pub(super) fn unit_id() -> UnitId {
    UnitId::from(Uuid::from_u128(11))
}

pub(super) fn booking_id(number: u128) -> BookingId {
    BookingId::from(Uuid::from_u128(1000 + number))
}

pub(super) fn payment_id(number: u128) -> PaymentId {
    PaymentId::from(Uuid::from_u128(2000 + number))
}

pub(super) fn euro(amount: i64) -> Money {
    Money::new(amount, "EUR".parse().unwrap())
}

pub(super) fn june(day: i8) -> Date {
    date(2026, 6, day)
}

pub(super) fn nights(from: i8, to: i8) -> Nights {
    Nights::new(june(from), june(to)).unwrap()
}

pub(super) fn fields() -> ListingFields {
    ListingFields {
        kind: Kind::Room,
        title: "Quiet room by the canal".into(),
        description: "A bed, a desk and a window.".into(),
        address: Address {
            line: Some("1 Canal Road".into()),
            city: "Dublin".into(),
            region: None,
            country: "IE".into(),
        },
        location: Location { lat: 53.33, lon: -6.26 },
        zone: "Europe/Dublin".into(),
        amenities: vec!["wifi".into()],
        stay_mode: StayMode::Nightly,
        currency: "EUR".parse().unwrap(),
        deposit_minor: 0,
        cleaning_fee_minor: 0,
    }
}

pub(super) fn unit(count: u16) -> UnitFields {
    UnitFields {
        name: "Single room".into(),
        count,
        bedrooms: 1,
        beds: 1,
        bathrooms: 0.5,
        guests: 2,
        night_minor: Some(10_000),
        month_minor: None,
    }
}

/// A property and the time, with everything that was decided about it.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) state: PropertyState,
    pub(super) now: Timestamp,
    /// Timers that are set, as rows would be.
    pub(super) timers: Vec<Timer>,
    /// The settings.
    pub(super) rules: Rules,
    requests: u128,
}

impl World {
    /// No listing yet.
    pub(super) fn empty() -> Self {
        let now = NOON.parse().unwrap();
        Self { state: PropertyState::default(), now, timers: Vec::new(), rules: RULES, requests: 0 }
    }

    /// A live listing with so many units.
    pub(super) fn live(count: u16) -> Self {
        let mut world = Self::empty();
        world.listing(create(fields(), unit(count))).unwrap();
        world.listing(property::Command::Submit { by: owner(), version: 1 }).unwrap();
        world
    }

    /// The listing, to be changed past its rules.
    pub(super) fn listing_mut(&mut self) -> &mut property::Listing {
        self.state.listing.as_mut().unwrap()
    }

    pub(super) fn later(&mut self, time: Duration) {
        self.now += time;
    }

    /// Days from now, at the same time by the property's clocks.
    pub(super) fn days_later(&mut self, days: i64) {
        let zone = crate::domain::calendar::zone("Europe/Dublin").unwrap();
        self.now = (&self.now.to_zoned(zone) + days.days()).timestamp();
    }

    /// Decides without changing anything.
    pub(super) fn decide_as(&self, request: Uuid, command: &Command) -> Result<Decision, Refusal> {
        let context = Context { now: self.now, request, rules: &self.rules };
        stay::decide(&self.state, command, &context)
    }

    /// Decides and takes the decision in.
    pub(super) fn run_as(&mut self, request: Uuid, command: &Command) -> Result<Decision, Refusal> {
        let decision = self.decide_as(request, command)?;
        self.timers.retain(|timer| timer.id.uuid() != request);
        self.take_in(&decision);
        Ok(decision)
    }

    fn take_in(&mut self, decision: &Decision) {
        for change in &decision.changes {
            self.state.apply(change);
            match change {
                Change::SetTimer(timer) => self.timers.push(timer.clone()),
                Change::DropTimer(id) => self.timers.retain(|timer| timer.id != *id),
                _ => {}
            }
        }
    }

    /// Takes a decision in with what follows from it for money.
    pub(super) fn follow(&mut self, mut decision: Decision) -> Decision {
        let context = Context { now: self.now, request: Uuid::nil(), rules: &self.rules };
        deposit::follow(&self.state, &mut decision, &context);
        ledger::follow(&self.state, &mut decision, &context);
        self.take_in(&decision);
        decision
    }

    pub(super) fn run(&mut self, command: Command) -> Result<Decision, Refusal> {
        self.requests += 1;
        self.run_as(Uuid::from_u128(self.requests << 64), &command)
    }

    pub(super) fn listing(&mut self, command: property::Command) -> Result<Decision, Refusal> {
        self.run(Command::Listing(command))
    }

    pub(super) fn book(&mut self, command: booking::Command) -> Result<Decision, Refusal> {
        self.run(Command::Booking(command))
    }

    pub(super) fn pay(&mut self, command: payment::Command) -> Result<Decision, Refusal> {
        self.run(Command::Payment(command))
    }

    /// A hold of the tenant's.
    pub(super) fn hold(&mut self, number: u128, nights: Nights) -> Result<Decision, Refusal> {
        self.book(hold(number, nights))
    }

    pub(super) fn checkout(&mut self, number: u128) -> Result<Decision, Refusal> {
        let amount = self.booking(number).total;
        self.book(checkout(number, amount))
    }

    pub(super) fn release(&mut self, number: u128) -> Result<Decision, Refusal> {
        self.book(booking::Command::Release { by: tenant(), booking_id: booking_id(number) })
    }

    /// The agreed money comes.
    pub(super) fn paid(&mut self, number: u128) -> Result<Decision, Refusal> {
        let amount = self.payment(number).amount;
        self.pay(paid(number, amount))
    }

    /// Waits for the timer of a booking and sends it.
    pub(super) fn fire(&mut self, number: u128) -> Decision {
        let id = self.booking(number).timer.unwrap();
        let timer = self.timers.iter().find(|timer| timer.id == id).unwrap().clone();
        self.now = self.now.max(timer.fire_at);
        self.run_as(id.uuid(), &timer.command).unwrap()
    }

    pub(super) fn booking(&self, number: u128) -> &Booking {
        &self.state.bookings[&booking_id(number)]
    }

    pub(super) fn status(&self, number: u128) -> BookingStatus {
        self.booking(number).status
    }

    pub(super) fn payment(&self, number: u128) -> &Payment {
        &self.state.payments[&payment_id(number)]
    }

    pub(super) fn refund(&self) -> Option<&Refund> {
        self.state.refunds.values().next()
    }

    pub(super) fn holds_nights(&self, number: u128) -> bool {
        self.state.inventory.of(booking_id(number).into()).is_some()
    }

    /// The timer that is set for a booking.
    pub(super) fn timer(&self, number: u128) -> Option<TimerId> {
        let id = booking_id(number);
        let mut about = self.timers.iter().filter(|timer| {
            matches!(&timer.command, Command::Booking(command) if command.booking() == Some(id)
                && !matches!(command, booking::Command::ProposalOver { .. }))
        });
        let found = about.next().map(|timer| timer.id);
        assert!(about.next().is_none(), "two timers");
        found
    }
}

pub(super) fn create(fields: ListingFields, unit: UnitFields) -> property::Command {
    let slot_ids = (1..=i64::from(unit.count)).collect();
    property::Command::Create {
        id: property_id(),
        owner: owner(),
        fields: Box::new(fields),
        units: vec![Unit { id: unit_id(), fields: unit }],
        slot_ids,
        policies: Box::default(),
        pricing: Box::default(),
        source: None,
    }
}

pub(super) fn hold(number: u128, nights: Nights) -> booking::Command {
    let (by, booking_id) = (tenant(), booking_id(number));
    booking::Command::Hold {
        by,
        booking_id,
        unit_id: None,
        nights,
        guests: 1,
        slot: None,
        offer: None,
    }
}

pub(super) fn checkout(number: u128, amount: Money) -> booking::Command {
    booking::Command::Checkout {
        by: tenant(),
        booking_id: booking_id(number),
        payment_id: payment_id(number),
        amount,
        request: serde_json::json!({"amount": amount.amount}),
        reserve: false,
    }
}

/// The same while the landlord is asked.
pub(super) fn reserve(number: u128, amount: Money) -> booking::Command {
    let mut command = checkout(number, amount);
    if let booking::Command::Checkout { reserve, .. } = &mut command {
        *reserve = true;
    }
    command
}

pub(super) fn authorized(number: u128, amount: Money) -> payment::Command {
    let intent_id = "pi_1".into();
    payment::Command::Authorized { payment_id: payment_id(number), intent_id, amount }
}

pub(super) fn paid(number: u128, amount: Money) -> payment::Command {
    payment::Command::Paid { payment_id: payment_id(number), intent_id: "pi_1".into(), amount }
}

pub(super) fn ended(number: u128) -> payment::Command {
    payment::Command::SessionEnded { payment_id: payment_id(number) }
}

pub(super) fn unanswered(number: u128) -> payment::Command {
    payment::Command::CloseUnanswered { payment_id: payment_id(number) }
}

/// The names of a decision's events.
pub(super) fn told(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(|(_, event)| event.name()).collect()
}

pub(super) fn snapshot(decision: &Decision) -> &BookingSnapshot {
    match &decision.outcome {
        Outcome::Booking(snapshot) => snapshot,
        other => panic!("no booking: {other:?}"),
    }
}

/// The rule that a stay failed by.
pub(super) fn rule(refusal: Refusal) -> String {
    match refusal {
        Refusal::NotBookable { rule, .. } => rule,
        other => panic!("{other:?}"),
    }
}

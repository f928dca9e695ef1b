//! One property, its people, its provider and its time. Everything is drawn from the seed.

use std::time::Duration;

use fastrand::Rng;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rentezy::domain::booking;
use rentezy::domain::calendar::{self, Nights};
use rentezy::domain::ids::{BookingId, PaymentId, PropertyId, RequestId, TimerId, UnitId, UserId};
use rentezy::domain::inventory::Occupant;
use rentezy::domain::payment::{self, PaymentStatus, RefundStatus};
use rentezy::domain::property::{
    self, Address, Kind, ListingFields, Location, StayMode, Unit, UnitFields,
};
use rentezy::domain::rules::{Review, Rules};
use rentezy::domain::stay::{Command, PropertyState};
use uuid::Uuid;

use crate::actor::{self, Answer, Decided, Request, Set};
use crate::coverage::Coverage;
use crate::model::{self, Model};
use crate::provider::Provider;
use crate::rows::Rows;

const RULES: Rules = Rules {
    review: Review::Auto,
    hold: Duration::from_secs(600),
    expiring: Duration::from_secs(60),
    window_days: 30,
    holds_per_user: 0,
    ..Rules::USUAL
};

const ZONES: [&str; 3] = ["Europe/Dublin", "America/New_York", "Pacific/Kiritimati"];

/// Everything, and the seed's next numbers.
pub(crate) struct World<'a> {
    rng: Rng,
    coverage: &'a mut Coverage,
    now: Timestamp,
    zone: TimeZone,
    fields: ListingFields,
    /// The last slot number given out.
    slots: i64,
    rows: Rows,
    memory: Option<PropertyState>,
    model: Model,
    provider: Provider,
    /// Timers that were read when they were due, and may have been dropped since.
    underway: Vec<Request>,
    waiting: Vec<Request>,
    ids: u128,
    since_check: u32,
}

fn user(number: u128) -> UserId {
    UserId::from(Uuid::from_u128(number))
}

impl<'a> World<'a> {
    pub(crate) fn new(seed: u64, coverage: &'a mut Coverage) -> Self {
        let mut rng = Rng::with_seed(seed);
        let zone = ZONES[rng.usize(..ZONES.len())];
        let count = rng.u16(1..=3);
        let mut world = Self {
            now: Timestamp::from_second(1_790_000_000 + rng.i64(0..90 * 86_400)).unwrap(),
            zone: TimeZone::get(zone).unwrap(),
            fields: fields(zone),
            slots: count.into(),
            rng,
            coverage,
            rows: Rows::default(),
            memory: None,
            model: Model {
                owner: Some(user(1)),
                version: 2,
                count: count.into(),
                price: 10_000,
                guests: 2,
                ..Model::default()
            },
            provider: Provider::default(),
            underway: Vec::new(),
            waiting: Vec::new(),
            ids: 1000,
            since_check: 0,
        };
        world.open();
        world
    }

    fn open(&mut self) {
        let create = property::Command::Create {
            id: PropertyId::from(Uuid::from_u128(10)),
            owner: user(1),
            fields: Box::new(self.fields.clone()),
            units: vec![Unit {
                id: UnitId::from(Uuid::from_u128(11)),
                fields: unit(u16::try_from(self.model.count).unwrap()),
            }],
            slot_ids: (1..=self.slots).collect(),
            policies: Box::default(),
            pricing: Box::default(),
            source: None,
        };
        let submit = property::Command::Submit { by: user(1), version: 1 };
        for command in [create, submit] {
            let request = self.request(Command::Listing(command));
            let set = self.decide(vec![request]);
            assert!(matches!(set.decided[0].answer, Answer::Done(_)));
            self.rows.write(set.net, set.records);
        }
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn request(&mut self, command: Command) -> Request {
        Request { id: RequestId::from(self.id()), command }
    }

    fn today(&self) -> Date {
        calendar::local_date(self.now, &self.zone)
    }

    /// One thing happens.
    pub(crate) fn step(&mut self) {
        match self.rng.u8(..100) {
            0..20 => self.hold(),
            20..27 => self.release(),
            27..45 => self.checkout(),
            45..57 => self.provide(),
            57..72 => {
                let arrived = self.provider.arrive(&mut self.rng);
                self.waiting.extend(arrived);
            }
            72..85 => self.timer(),
            85..96 => self.pass(),
            96 => self.edit(),
            97 => self.rest(),
            _ => self.memory = None,
        }
        if self.rng.u8(..3) > 0 {
            self.send();
        }
    }

    /// Time goes on until nothing is open any more; then everything is looked at once more.
    pub(crate) fn settle(&mut self) {
        self.send();
        for _ in 0..200 {
            let Some(next) = self.rows.timers.values().map(|timer| timer.fire_at).min() else {
                break;
            };
            self.now = self.now.max(next);
            let ending: Vec<PaymentId> = self.payments(|id, world| world.is_ending(id));
            for id in ending {
                let unanswered = payment::Command::CloseUnanswered { payment_id: id };
                let request = self.request(Command::Payment(unanswered));
                self.waiting.push(request);
            }
            let due = self.rows.timers.values().filter(|timer| timer.fire_at <= self.now);
            self.waiting.extend(due.map(of_timer));
            self.send();
        }
        assert!(self.rows.timers.is_empty(), "left for ever: {:?}", self.rows.timers);
        assert!(self.rows.bookings.values().all(|row| !row.status.is_open()));
        self.check_all();
    }

    fn hold(&mut self) {
        let from = self.today() + self.rng.i64(-1..10).days();
        let to = from + self.rng.i64(1..6).days();
        let far = if self.rng.u8(..20) == 0 { 25 } else { 0 };
        let nights = Nights::new(from, to + far.days()).unwrap();
        let by = user(if self.rng.u8(..20) == 0 { 1 } else { self.rng.u128(2..5) });
        let guests = if self.rng.u8(..20) == 0 { self.rng.u16(..4) } else { 2 };
        let booking_id = BookingId::from(self.id());
        let hold = booking::Command::Hold {
            by,
            booking_id,
            unit_id: None,
            nights,
            guests,
            slot: None,
            offer: None,
        };
        let request = self.request(Command::Booking(hold));
        self.waiting.push(request);
    }

    /// A booking, a late one rather than an early one, and who it says it is.
    fn pick(&mut self) -> Option<(BookingId, UserId)> {
        let recent = if self.rng.u8(..5) == 0 { usize::MAX } else { 12 };
        let count = self.model.stays.len().min(recent);
        if count == 0 {
            return None;
        }
        let (id, stay) = self.model.stays.iter().rev().nth(self.rng.usize(..count))?;
        let by = if self.rng.u8(..10) == 0 { user(self.rng.u128(1..5)) } else { stay.tenant };
        Some((*id, by))
    }

    fn release(&mut self) {
        let Some((booking_id, by)) = self.pick() else { return };
        let request = self.request(Command::Booking(booking::Command::Release { by, booking_id }));
        self.waiting.push(request);
    }

    fn checkout(&mut self) {
        let Some((booking_id, by)) = self.pick() else { return };
        let amount = self.model.stays[&booking_id].total;
        let payment_id = PaymentId::from(self.id());
        let request = serde_json::Value::Null;
        let checkout = booking::Command::Checkout { by, booking_id, payment_id, amount, request };
        let request = self.request(Command::Booking(checkout));
        self.waiting.push(request);
    }

    fn payments(&self, wanted: impl Fn(PaymentId, &Self) -> bool) -> Vec<PaymentId> {
        self.model.pays.keys().copied().filter(|id| wanted(*id, self)).collect()
    }

    fn is_ending(&self, id: PaymentId) -> bool {
        let stay = self.model.pays[&id].stay.unwrap();
        self.model.stays[&stay].phase.starts_with("expiring")
    }

    /// Something happens at the provider.
    fn provide(&mut self) {
        let recent = if self.rng.u8(..4) == 0 { usize::MAX } else { 8 };
        let all = self.model.pays.len();
        let skip = all - all.min(recent);
        if all > 0 {
            let at = self.rng.usize(skip..all);
            let (id, pay) = self.model.pays.iter().nth(at).unwrap();
            let (id, price) = (*id, self.model.stays[&pay.stay.unwrap()].total);
            if self.is_ending(id) && self.rng.bool() {
                self.provider.close(&mut self.rng, id);
            } else {
                self.provider.act(&mut self.rng, id, price);
            }
            if self.rng.u8(..8) == 0 {
                self.provider.look(&mut self.rng, id);
                let unanswered = payment::Command::CloseUnanswered { payment_id: id };
                let request = self.request(Command::Payment(unanswered));
                self.waiting.push(request);
            }
        }
        let refunds = self.rows.refunds.len();
        if refunds > 0 && self.rng.u8(..3) == 0 {
            let id = *self.rows.refunds.keys().nth(self.rng.usize(..refunds)).unwrap();
            self.provider.refund(&mut self.rng, id);
        }
    }

    /// Due timers are read; one that was read, now or long ago, is sent.
    fn timer(&mut self) {
        let due = self.rows.timers.values().filter(|timer| timer.fire_at <= self.now);
        let due: Vec<Request> = due.map(of_timer).collect();
        let new =
            due.into_iter().filter(|timer| self.underway.iter().all(|old| old.id != timer.id));
        let new: Vec<Request> = new.collect();
        self.underway.extend(new);
        if self.underway.is_empty() {
            return;
        }
        let at = self.rng.usize(..self.underway.len());
        let sent = if self.rng.u8(..5) == 0 {
            self.underway[at].clone()
        } else {
            self.underway.swap_remove(at)
        };
        self.waiting.push(sent);
    }

    fn pass(&mut self) {
        let next = self.rows.timers.values().map(|timer| timer.fire_at).min();
        let seconds = match self.rng.u8(..20) {
            0 => self.rng.i64(86_400..4 * 86_400),
            1..5 => next.map_or(600, |next| next.as_second() - self.now.as_second() + 1).max(0),
            _ => self.rng.i64(0..180),
        };
        self.now += seconds.seconds();
    }

    fn edit(&mut self) {
        let count = u16::try_from(self.model.count).unwrap();
        let mut unit = unit(count);
        unit.night_minor = Some(self.rng.i64(1..20_000));
        let mut slot_ids = Vec::new();
        match self.rng.u8(..4) {
            0 if count < 5 => {
                unit.count += 1;
                self.slots += 1;
                slot_ids.push(self.slots);
            }
            0 | 1 => unit.count -= self.rng.u16(1..=count.min(2)),
            _ => {}
        }
        let by = user(if self.rng.u8(..8) == 0 { 2 } else { 1 });
        let version = self.model.version - i32::from(self.rng.u8(..8) == 0);
        let (fields, unit) = (Box::new(self.fields.clone()), Some(Box::new(unit)));
        let edit = property::Command::Edit { by, version, fields, unit, slot_ids };
        let request = self.request(Command::Listing(edit));
        self.waiting.push(request);
    }

    /// The listing is paused, offered again or, seldom, given up.
    fn rest(&mut self) {
        let by = user(if self.rng.u8(..8) == 0 { 2 } else { 1 });
        let version = self.model.version - i32::from(self.rng.u8(..8) == 0);
        let step = match self.rng.u8(..20) {
            0 => property::Command::Archive { by, version },
            1..8 => property::Command::Unpublish { by, version },
            _ => property::Command::Publish { by, version },
        };
        let request = self.request(Command::Listing(step));
        self.waiting.push(request);
    }

    fn decide(&mut self, requests: Vec<Request>) -> Set {
        let memory = self.memory.get_or_insert_with(|| actor::load(&self.rows, self.now));
        actor::turn(memory, &self.rows, requests, self.now, &RULES)
    }

    /// What waits is decided as one set, which is written, lost, or written unheard.
    fn send(&mut self) {
        let requests = std::mem::take(&mut self.waiting);
        if requests.is_empty() {
            return;
        }
        let set = self.decide(requests.clone());
        match self.rng.u8(..10) {
            0 => {
                // Lost: decided again one by one, as after an abort.
                self.memory = None;
                for request in requests {
                    let set = self.decide(vec![request]);
                    self.commit(set);
                }
            }
            1 => {
                // Written, but nobody heard: the same requests come again, to another memory.
                let answers: Vec<Answer> =
                    set.decided.iter().map(|decided| decided.answer.clone()).collect();
                let carried: Vec<_> = set.records.iter().map(|(id, _)| *id).collect();
                self.commit(set);
                self.memory = None;
                let again = self.decide(requests);
                for (decided, before) in again.decided.iter().zip(answers) {
                    if let (true, Answer::Done(outcome)) =
                        (carried.contains(&decided.request.id), before)
                    {
                        assert_eq!(decided.answer, Answer::Repeated(outcome));
                    }
                }
                self.memory = None;
            }
            _ => self.commit(set),
        }
    }

    /// Writes a set and compares it with what the model says.
    fn commit(&mut self, set: Set) {
        let about = |decided: &Decided| self.about(&decided.request.command);
        let touched: Vec<BookingId> = set.decided.iter().filter_map(about).collect();
        for (id, nights) in &set.net.occupancies {
            if let (Some(before), Some(after)) = nights
                && !matches!(id, Occupant::Booking(id) if touched.contains(id))
            {
                assert_eq!(before.nights, after.nights, "nights that nobody touched");
                assert!(after.nights.check_in() > self.today(), "a guest is moved: {after:?}");
            }
        }
        self.rows.write(set.net, set.records);
        set.decided.iter().for_each(|decided| self.compare(decided));
        for refund in self.rows.refunds.values() {
            self.model.refunds.entry(refund.id).or_insert(RefundStatus::Pending);
        }
        if let Some(memory) = &mut self.memory {
            memory.forget_settled();
        }
        self.since_check += 1;
        if self.since_check >= 8 {
            self.since_check = 0;
            return self.check_all();
        }
        touched.into_iter().for_each(|id| self.check(id));
        self.check_timers();
    }

    fn compare(&mut self, decided: &Decided) {
        let Decided { request, answer, state, awaited } = decided;
        self.coverage.count(state.clone(), name(&request.command, *awaited));
        if matches!(answer, Answer::Repeated(_)) {
            return;
        }
        let today = self.today();
        let verdict = self.model.take(&request.command, *awaited, self.now, today, &RULES);
        let is = match answer {
            Answer::Refused(refusal) => Err(model::word(refusal)),
            Answer::Done(_) | Answer::Repeated(_) => Ok(()),
        };
        assert_eq!(is, verdict, "{request:?}");
    }

    fn about(&self, command: &Command) -> Option<BookingId> {
        match command {
            Command::Listing(_) | Command::Calendar(_) => None,
            Command::Booking(booking::Command::Hold { booking_id, .. }) => Some(*booking_id),
            Command::Booking(command) => command.booking(),
            Command::Deposit(command) => Some(command.booking()),
            Command::Payment(payment::Command::RefundObserved { refund_id, .. }) => {
                self.rows.refunds.get(refund_id).map(|refund| refund.booking_id)
            }
            Command::Payment(command) => {
                command.payment().and_then(|id| self.model.pays.get(&id)).and_then(|pay| pay.stay)
            }
        }
    }

    fn check_all(&self) {
        let ids: Vec<BookingId> = self.model.stays.keys().copied().collect();
        assert_eq!(self.rows.bookings.len(), ids.len());
        assert_eq!(self.rows.payments.len(), self.model.pays.len());
        ids.into_iter().for_each(|id| self.check(id));
        self.check_timers();
        let stays = &self.rows.nights;
        for (night, there) in &self.model.taken {
            // There may have been more units once.
            let coming = *night >= self.today();
            assert!(!coming || there.len() <= self.model.count, "{night} is sold too often");
            assert!(
                there.iter().all(|id| stays.contains_key(&(*id).into())),
                "not taken on {night}"
            );
        }
        let refunds = self.rows.refunds.values();
        assert!(refunds.into_iter().all(|row| self.model.refunds[&row.id] == row.status));
        let Some(memory) = &self.memory else { return };
        assert_eq!(memory.listing.as_deref(), self.rows.listing.as_ref());
        for booking in memory.bookings.values() {
            assert_eq!(Some(booking), self.rows.bookings.get(&booking.id));
        }
        let coming = stays.values().filter(|stay| stay.nights.check_out() > self.today());
        for stay in coming {
            assert_eq!(memory.inventory.of(stay.occupant), Some(stay));
        }
    }

    /// A booking's row, nights and money are what the model says.
    fn check(&self, id: BookingId) {
        let Some(stay) = self.model.stays.get(&id) else {
            assert!(!self.rows.bookings.contains_key(&id), "a refused hold left a row");
            return;
        };
        let row = &self.rows.bookings[&id];
        let phase = stay.phase.split_once('(').map_or(stay.phase, |(phase, _)| phase);
        assert_eq!(row.status.name(), phase, "{row:?}");
        if let Some(reason) = row.expiring {
            assert_eq!(format!("expiring({reason:?})").to_lowercase(), stay.phase);
        }
        let is_over = ["expired", "failed", "cancelled"].contains(&phase);
        assert_eq!(row.released_at.is_some(), is_over, "{row:?}");
        assert_eq!(self.rows.nights.contains_key(&id.into()), !is_over, "nights of {row:?}");
        assert_eq!((row.tenant_id, row.nights, row.total), (stay.tenant, stay.nights, stay.total));
        let Some(payment) = stay.payment else {
            assert_eq!(row.payment_id, None);
            return;
        };
        let (pay, kept) = (&self.model.pays[&payment], &self.rows.payments[&payment]);
        assert_eq!(row.payment_id, Some(payment));
        let status = match (pay.came, pay.back) {
            (None, _) if pay.closed => PaymentStatus::Canceled,
            (None, _) => PaymentStatus::Created,
            (Some(_), None) => PaymentStatus::Succeeded,
            (Some(_), Some(_)) => PaymentStatus::Refunded,
        };
        assert_eq!(kept.status, status, "{kept:?}");
        let refunds = self.rows.refunds.values().filter(|refund| refund.payment_id == payment);
        let back: Vec<_> = refunds.map(|refund| refund.amount).collect();
        let owed: Vec<_> = pay.back.into_iter().filter(|back| back.amount > 0).collect();
        assert_eq!(back, owed, "money back for {row:?}");
        let keeps = pay.came.filter(|_| pay.back.is_none());
        assert_eq!(keeps, (phase == "confirmed").then_some(stay.total), "money kept for {row:?}");
    }

    /// Whatever is open has exactly one timer, and nothing else has any.
    fn check_timers(&self) {
        let open = self.rows.bookings.values().filter(|row| row.status.is_open());
        let expected: Vec<(TimerId, BookingId)> =
            open.map(|row| (row.timer.expect("an open booking has a timer"), row.id)).collect();
        assert_eq!(expected.len(), self.rows.timers.len(), "{:?}", self.rows.timers);
        for (timer, booking) in expected {
            let Command::Booking(command) = &self.rows.timers[&timer].command else {
                panic!("no booking's timer");
            };
            assert_eq!(command.booking(), Some(booking));
        }
    }
}

fn of_timer(timer: &rentezy::domain::change::Timer) -> Request {
    Request { id: RequestId::from(timer.id.uuid()), command: timer.command.clone() }
}

fn name(command: &Command, awaited: bool) -> &'static str {
    match command {
        Command::Listing(_) | Command::Calendar(_) => "edit",
        Command::Booking(command) if command.booking().is_some() && !awaited => match command {
            booking::Command::Release { .. } => "release",
            booking::Command::Checkout { .. } => "checkout",
            _ => "stale timer",
        },
        Command::Booking(booking::Command::HoldOver { .. }) => "hold over",
        Command::Booking(booking::Command::CloseOverdue { .. }) => "close overdue",
        Command::Booking(_) => "hold",
        Command::Deposit(_) => "deposit",
        Command::Payment(payment::Command::SessionOpened { .. }) => "session opened",
        Command::Payment(payment::Command::SessionEnded { .. }) => "session ended",
        Command::Payment(payment::Command::Paid { .. }) => "paid",
        Command::Payment(payment::Command::CloseUnanswered { .. }) => "close unanswered",
        Command::Payment(payment::Command::AttemptFailed { .. }) => "attempt failed",
        Command::Payment(payment::Command::Refund { .. }) => "refund",
        Command::Payment(payment::Command::RefundObserved { .. }) => "refund observed",
    }
}

fn fields(zone: &str) -> ListingFields {
    ListingFields {
        kind: Kind::Room,
        title: "Quiet room by the canal".into(),
        description: String::new(),
        address: Address { line: None, city: "Dublin".into(), region: None, country: "IE".into() },
        location: Location { lat: 53.33, lon: -6.26 },
        zone: zone.into(),
        amenities: Vec::new(),
        stay_mode: StayMode::Nightly,
        currency: "EUR".parse().unwrap(),
        deposit_minor: 0,
        cleaning_fee_minor: 0,
    }
}

fn unit(count: u16) -> UnitFields {
    UnitFields {
        name: "Single room".into(),
        count,
        bedrooms: 1,
        beds: 1,
        bathrooms: 1.0,
        guests: 2,
        night_minor: Some(10_000),
        month_minor: None,
    }
}

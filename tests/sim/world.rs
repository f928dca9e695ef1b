//! One property, its people, its provider and its time. Everything is drawn from the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rentezy::domain::calendar;
use rentezy::domain::ids::{BlockId, BookingId, PaymentId, RequestId, UserId};
use rentezy::domain::payment;
use rentezy::domain::rules::{Review, Rules};
use rentezy::domain::stay::{Command, PropertyState};
use uuid::Uuid;

use crate::actor::{self, GAP_MAX, Judge, Request, Set};
use crate::coverage::Coverage;
use crate::model::Model;
use crate::provider::Provider;
use crate::rows::Rows;
use crate::send::Crashes;

pub(crate) const RULES: Rules = Rules {
    review: Review::Auto,
    hold: Duration::from_secs(600),
    expiring: Duration::from_secs(60),
    window_days: 60,
    holds_per_user: 0,
    platform_fee: 1_000,
    ..Rules::USUAL
};

const ZONES: [&str; 3] = ["Europe/Dublin", "America/New_York", "Pacific/Kiritimati"];

/// Everything, and the seed's next numbers.
pub(crate) struct World {
    pub(crate) rng: Rng,
    /// The state that this world is mostly about.
    pub(crate) focus: &'static str,
    /// The booking that is brought there.
    pub(crate) subject: Option<BookingId>,
    /// Whether a change is to be paid for on the way, so that its payment may be told of later.
    pub(crate) detour: bool,
    /// Commands that were tried in it, and those that lead away from it.
    pub(crate) tried: BTreeMap<&'static str, u32>,
    pub(crate) leading_away: BTreeSet<&'static str>,
    pub(crate) coverage: Coverage,
    pub(crate) crashes: Crashes,
    pub(crate) judge: Judge,
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
    pub(crate) zone_name: &'static str,
    /// The last slot number given out.
    pub(crate) slots: i64,
    pub(crate) rows: Rows,
    pub(crate) memory: Option<PropertyState>,
    pub(crate) model: Model,
    pub(crate) provider: Provider,
    /// Timers that were read when they were due, and may have been dropped since.
    underway: Vec<Request>,
    /// What is decided next, as one set.
    pub(crate) waiting: Vec<Request>,
    /// What was sent lately, and may come again.
    pub(crate) sent: Vec<Request>,
    /// What the provider was told to do with payments: to take them, or to let them go.
    pub(crate) orders: BTreeSet<(PaymentId, &'static str)>,
    /// Nights that were kept back once.
    pub(crate) old_blocks: Vec<BlockId>,
    ids: u128,
    pub(crate) since_check: u32,
}

/// A person by a number: 1 is the landlord, 2 to 5 are tenants, 9 is a stranger.
pub(crate) fn user(number: u128) -> UserId {
    UserId::from(Uuid::from_u128(number))
}

impl World {
    pub(crate) fn new(seed: u64, focus: &'static str, judge: Judge) -> Self {
        let mut rng = Rng::with_seed(seed);
        let zone_name = ZONES[rng.usize(..ZONES.len())];
        let zone = TimeZone::get(zone_name).unwrap();
        let now = Timestamp::from_second(1_790_000_000 + rng.i64(0..90 * 86_400)).unwrap();
        let mut world = Self {
            focus,
            subject: None,
            detour: false,
            tried: BTreeMap::new(),
            leading_away: BTreeSet::new(),
            coverage: Coverage::default(),
            crashes: Crashes::default(),
            judge,
            now,
            model: Model::new(user(1), zone.clone()),
            zone,
            zone_name,
            slots: 0,
            rng,
            rows: Rows::default(),
            memory: None,
            provider: Provider::default(),
            underway: Vec::new(),
            waiting: Vec::new(),
            sent: Vec::new(),
            orders: BTreeSet::new(),
            old_blocks: Vec::new(),
            ids: 1000,
            since_check: 0,
        };
        world.open();
        world
    }

    pub(crate) fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    pub(crate) fn request(&mut self, command: impl Into<Command>) -> Request {
        Request { id: RequestId::from(self.id()), command: command.into() }
    }

    /// Has a command wait for its turn.
    pub(crate) fn ask(&mut self, command: impl Into<Command>) {
        let request = self.request(command);
        self.waiting.push(request);
    }

    pub(crate) fn today(&self) -> Date {
        calendar::local_date(self.now, &self.zone)
    }

    /// Whether something happens that happens once in so many times.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        self.rng.u32(..times) == 0
    }

    /// One thing happens.
    pub(crate) fn step(&mut self) {
        match self.rng.u8(..32) {
            0..18 => self.drive(),
            18..21 => self.mingle(),
            21 | 22 => self.hold(false),
            23 => self.provide(),
            24 => {
                let arrived = self.provider.arrive(&mut self.rng);
                self.waiting.extend(arrived);
            }
            25 | 26 => self.timer(),
            27 => self.pass(),
            28 => self.keep_back(),
            29 => self.set(),
            30 => self.again(),
            _ => self.forget(),
        }
        if !self.once_in(4) {
            self.send();
        }
    }

    /// Memory is lost.
    fn forget(&mut self) {
        self.memory = None;
        self.crashes.memory_lost += 1;
    }

    /// Somebody asks once more, with the same key.
    fn again(&mut self) {
        if !self.sent.is_empty() {
            let at = self.rng.usize(..self.sent.len());
            self.waiting.push(self.sent[at].clone());
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
            let ending = self.model.pays.keys().copied().filter(|id| self.is_ending(*id));
            let ending: Vec<PaymentId> = ending.collect();
            for payment_id in ending {
                self.ask(Command::Payment(payment::Command::CloseUnanswered { payment_id }));
            }
            let due = self.rows.timers.values().filter(|timer| timer.fire_at <= self.now);
            self.waiting.extend(due.map(of_timer));
            self.send();
        }
        assert!(self.rows.timers.is_empty(), "left for ever: {:?}", self.rows.timers);
        assert!(self.rows.bookings.values().all(|row| !row.status.keeps_nights()));
        for deposit in self.rows.deposits.values() {
            let is_over = deposit.left() == 0 && deposit.status.name() == "released";
            assert!(is_over || deposit.status.name() == "contested", "{deposit:?}");
        }
        self.check_all();
    }

    fn is_ending(&self, id: PaymentId) -> bool {
        let stay = self.model.pays[&id].stay;
        self.model.stays[&stay].phase.starts_with("expiring")
    }

    /// Something happens at the provider.
    fn provide(&mut self) {
        let recent = if self.once_in(4) { usize::MAX } else { 8 };
        let all = self.model.pays.len();
        let skip = all - all.min(recent);
        if all > 0 {
            let at = self.rng.usize(skip..all);
            let (id, pay) = self.model.pays.iter().nth(at).unwrap();
            let (id, asked) = (*id, crate::people::euro(pay.asked));
            if self.is_ending(id) && self.rng.bool() {
                self.provider.close(&mut self.rng, id);
            } else {
                self.provider.act(&mut self.rng, id, asked);
            }
        }
        let refunds = self.rows.refunds.len();
        if refunds > 0 && self.once_in(3) {
            let id = *self.rows.refunds.keys().nth(self.rng.usize(..refunds)).unwrap();
            self.provider.refund(&mut self.rng, id);
        }
    }

    /// Due timers are read; some that were read, now or long ago, are sent.
    fn timer(&mut self) {
        let due = self.rows.timers.values().filter(|timer| timer.fire_at <= self.now);
        let due: Vec<Request> = due.map(of_timer).collect();
        let new =
            due.into_iter().filter(|timer| self.underway.iter().all(|old| old.id != timer.id));
        let new: Vec<Request> = new.collect();
        self.underway.extend(new);
        for _ in 0..self.underway.len().min(4) {
            let at = self.rng.usize(..self.underway.len());
            let sent = if self.once_in(5) {
                self.underway[at].clone()
            } else {
                self.underway.swap_remove(at)
            };
            self.waiting.push(sent);
            if self.underway.is_empty() {
                break;
            }
        }
    }

    fn pass(&mut self) {
        let next = self.rows.timers.values().map(|timer| timer.fire_at).min();
        let seconds = match self.rng.u8(..20) {
            0 => self.rng.i64(86_400..4 * 86_400),
            1..5 => next.map_or(600, |next| next.as_second() - self.now.as_second() + 1).max(0),
            _ => self.rng.i64(0..180),
        };
        self.now += seconds.seconds();
        // What no property looks at any more is deleted, whatever it remembers.
        let before = self.today() - (GAP_MAX + 2).days();
        self.rows.trim(before);
        self.model.trim(before);
    }

    pub(crate) fn decide(&mut self, requests: Vec<Request>) -> Set {
        let memory = self.memory.get_or_insert_with(|| actor::load(&self.rows, self.now));
        actor::turn(memory, &self.rows, requests, self.now, (&RULES, self.judge))
    }
}

pub(crate) fn of_timer(timer: &rentezy::domain::change::Timer) -> Request {
    Request { id: RequestId::from(timer.id.uuid()), command: timer.command.clone() }
}

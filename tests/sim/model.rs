//! The naive model: nights as sets of guests, money as sums, and a booking as one word. It
//! knows nothing of slots, versions, timers' ids or rows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rentezy::domain::booking::{self, CLOSE_ATTEMPTS_MIN};
use rentezy::domain::calendar::{Nights, days_between};
use rentezy::domain::ids::{BookingId, PaymentId, RefundId, UserId};
use rentezy::domain::money::Money;
use rentezy::domain::payment::{self, RefundStatus};
use rentezy::domain::property;
use rentezy::domain::refusal::Refusal;
use rentezy::domain::rules::Rules;
use rentezy::domain::stay::Command;

/// Where a booking stands, by its name in rows; an end has its reason in brackets.
pub(crate) type Phase = &'static str;

/// A booking.
#[derive(Debug, Clone)]
pub(crate) struct Stay {
    pub(crate) tenant: UserId,
    pub(crate) nights: Nights,
    pub(crate) total: Money,
    pub(crate) phase: Phase,
    ends_at: Timestamp,
    pub(crate) payment: Option<PaymentId>,
}

/// A payment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pay {
    pub(crate) stay: Option<BookingId>,
    attempts: i32,
    pub(crate) closed: bool,
    pub(crate) came: Option<Money>,
    pub(crate) back: Option<Money>,
}

/// What the model says to a command.
pub(crate) type Verdict = Result<(), &'static str>;

/// All that the model knows.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) owner: Option<UserId>,
    pub(crate) zone: TimeZone,
    pub(crate) version: i32,
    /// Whether it is paused, and whether it was given up.
    pub(crate) paused: bool,
    pub(crate) archived: bool,
    pub(crate) count: usize,
    pub(crate) price: i64,
    pub(crate) guests: u16,
    pub(crate) taken: BTreeMap<Date, BTreeSet<BookingId>>,
    pub(crate) stays: BTreeMap<BookingId, Stay>,
    pub(crate) pays: BTreeMap<PaymentId, Pay>,
    pub(crate) refunds: BTreeMap<RefundId, RefundStatus>,
}

/// The word for a refusal, as the model says it.
pub(crate) fn word(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::NotFound => "not-found",
        Refusal::Invalid(_) => "invalid",
        Refusal::StaleVersion { .. } => "stale",
        Refusal::InvalidTransition { .. } => "transition",
        Refusal::NotBookable { rule, .. } => rule,
        Refusal::NightsTaken { .. } => "taken",
        Refusal::QuoteExpired => "quote expired",
        Refusal::RefundDiffers { .. } => "refund-differs",
        Refusal::HasStays => "has-stays",
        Refusal::HoldExists { .. }
        | Refusal::TooManyHolds
        | Refusal::KeyReused
        | Refusal::PromoRefused { .. }
        | Refusal::Poisoned => "impossible",
    }
}

/// Whether a timer or the provider will still move a booking.
fn is_open(phase: Phase) -> bool {
    ["hold", "pending_payment", "expiring(time)", "expiring(released)"].contains(&phase)
}

impl Model {
    /// Nothing is known of a home in this zone yet.
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self {
            owner: None,
            zone,
            version: 0,
            paused: false,
            archived: false,
            count: 0,
            price: 0,
            guests: 0,
            taken: BTreeMap::new(),
            stays: BTreeMap::new(),
            pays: BTreeMap::new(),
            refunds: BTreeMap::new(),
        }
    }

    /// Carries a command out. `awaited` tells whether it is a timer that was still wanted.
    pub(crate) fn take(
        &mut self,
        command: &Command,
        awaited: bool,
        now: Timestamp,
        today: Date,
        rules: &Rules,
    ) -> Verdict {
        match command {
            Command::Listing(command) => self.listing(command, today),
            Command::Booking(command) => self.booking(command, awaited, now, today, rules),
            Command::Payment(command) => self.payment(command, today),
            Command::Calendar(_) => Err("not-simulated"),
            // Homes of this world take no deposits.
            Command::Deposit(_) => Err("not-found"),
        }
    }

    fn listing(&mut self, command: &property::Command, today: Date) -> Verdict {
        let (property::Command::Edit { by, version, .. }
        | property::Command::Publish { by, version }
        | property::Command::Unpublish { by, version }
        | property::Command::Archive { by, version }) = command
        else {
            return Err("transition");
        };
        if Some(*by) != self.owner {
            return Err("not-found");
        }
        if *version != self.version {
            return Err("stale");
        }
        if self.archived {
            return Err("transition");
        }
        match command {
            property::Command::Publish { .. } if self.paused => self.paused = false,
            property::Command::Unpublish { .. } if !self.paused => self.paused = true,
            property::Command::Archive { .. } => {
                let open = self.stays.values().any(|stay| is_open(stay.phase));
                let coming = self.taken.range(today..).any(|(_, there)| !there.is_empty());
                if open || coming {
                    return Err("has-stays");
                }
                self.archived = true;
            }
            property::Command::Edit { unit: Some(unit), .. } => {
                self.resize(unit.count.into(), today)?;
                self.price = unit.night_minor.unwrap();
            }
            _ => return Err("transition"),
        }
        self.version += 1;
        Ok(())
    }

    /// Fewer units are enough while no night to come has more guests, and nobody still has
    /// nights to give back that are over.
    fn resize(&mut self, count: usize, today: Date) -> Verdict {
        if count == 0 {
            return Err("invalid");
        }
        let keeps = |stay: &Stay| is_open(stay.phase) || stay.phase == "confirmed";
        let over = |stay: &Stay| keeps(stay) && stay.nights.check_out() <= today;
        let full = self.taken.range(today..).any(|(_, there)| there.len() > count);
        if count < self.count && (full || self.stays.values().any(over)) {
            return Err("has-stays");
        }
        self.count = count;
        Ok(())
    }

    fn booking(
        &mut self,
        command: &booking::Command,
        awaited: bool,
        now: Timestamp,
        today: Date,
        rules: &Rules,
    ) -> Verdict {
        match command {
            booking::Command::Hold { by, booking_id, nights, guests, .. } => {
                self.may_book(*by, *nights, *guests, today, rules)?;
                let per_night = Money::new(self.price, "EUR".parse().unwrap());
                let stay = Stay {
                    tenant: *by,
                    nights: *nights,
                    total: per_night.times(nights.count()).unwrap(),
                    phase: "hold",
                    ends_at: now + rules.hold,
                    payment: None,
                };
                self.stays.insert(*booking_id, stay);
                self.enter(*booking_id);
                Ok(())
            }
            booking::Command::Release { by, booking_id } => match self.phase(*by, *booking_id)? {
                "hold" => self.end(*booking_id, "cancelled"),
                "pending_payment" | "expiring(time)" | "expiring(released)" => {
                    self.set(*booking_id, "expiring(released)")
                }
                _ => Err("transition"),
            },
            booking::Command::Checkout { by, booking_id, payment_id, .. } => {
                match self.phase(*by, *booking_id)? {
                    "pending_payment" => Ok(()),
                    "hold" if now < self.stays[booking_id].ends_at => {
                        let pay = Pay { stay: Some(*booking_id), ..Pay::default() };
                        self.pays.insert(*payment_id, pay);
                        self.stays.get_mut(booking_id).unwrap().payment = Some(*payment_id);
                        self.set(*booking_id, "pending_payment")
                    }
                    _ => Err("transition"),
                }
            }
            booking::Command::HoldOver { booking_id }
            | booking::Command::CloseOverdue { booking_id }
            | booking::Command::StayOver { booking_id }
                if !awaited =>
            {
                assert!(self.stays.contains_key(booking_id));
                Ok(())
            }
            booking::Command::HoldOver { booking_id } => match self.stays[booking_id].phase {
                "hold" => self.end(*booking_id, "expired"),
                "pending_payment" => self.set(*booking_id, "expiring(time)"),
                phase => panic!("nobody waits for the end of a hold in {phase}"),
            },
            booking::Command::StayOver { booking_id } => {
                assert_eq!(self.stays[booking_id].phase, "confirmed");
                // The landlord may say for two days that nobody came.
                let arrival = self.stays[booking_id].nights.check_in().at(15, 0, 0, 0);
                let arrival = self.zone.to_ambiguous_timestamp(arrival).compatible().unwrap();
                if now >= arrival + SignedDuration::from_hours(48) {
                    return self.end(*booking_id, "completed");
                }
                Ok(())
            }
            booking::Command::CloseOverdue { booking_id } => {
                let pay = self.pays.get_mut(&self.stays[booking_id].payment.unwrap()).unwrap();
                if pay.attempts < CLOSE_ATTEMPTS_MIN {
                    pay.attempts += 1;
                    return Ok(());
                }
                self.end_of_close(*booking_id)
            }
            other => panic!("the world does not know {other:?}"),
        }
    }

    fn payment(&mut self, command: &payment::Command, today: Date) -> Verdict {
        if let payment::Command::RefundObserved { refund_id, status, .. } = command {
            let known = self.refunds.get_mut(refund_id).ok_or("not-found")?;
            *known = (*known).max(*status);
            return Ok(());
        }
        let id = command.payment().unwrap();
        let pay = self.pays.get_mut(&id).ok_or("not-found")?;
        let stay = pay.stay.unwrap();
        let is_news = pay.came.is_none();
        match command {
            payment::Command::CloseUnanswered { .. } if is_news && !pay.closed => pay.attempts += 1,
            payment::Command::SessionEnded { .. } if is_news && !pay.closed => {
                pay.closed = true;
                if !matches!(self.stays[&stay].phase, "expired" | "cancelled") {
                    self.end_of_close(stay)?;
                }
            }
            payment::Command::Paid { amount, .. } if is_news => {
                pay.came = Some(*amount);
                self.paid(stay, id, *amount, today);
            }
            _ => {}
        }
        Ok(())
    }

    fn paid(&mut self, id: BookingId, payment: PaymentId, amount: Money, today: Date) {
        let stay = self.stays[&id].clone();
        let agreed = amount == stay.total;
        let end = match stay.phase {
            "pending_payment" | "expiring(time)" if agreed => "confirmed",
            "pending_payment" | "expiring(time)" => "failed",
            "expiring(released)" => "cancelled",
            "expired"
                if agreed
                    && !self.archived
                    && stay.nights.check_in() >= today
                    && self.fits(stay.nights) =>
            {
                self.enter(id);
                "confirmed"
            }
            over => over,
        };
        if end != "confirmed" {
            self.leave(id);
            self.pays.get_mut(&payment).unwrap().back = Some(amount);
        }
        self.set(id, end).ok();
    }

    fn may_book(
        &self,
        by: UserId,
        nights: Nights,
        guests: u16,
        today: Date,
        rules: &Rules,
    ) -> Verdict {
        let ahead = days_between(today, nights.check_out());
        match () {
            () if self.paused || self.archived => Err("not-live"),
            () if Some(by) == self.owner => Err("own-listing"),
            () if guests == 0 || guests > self.guests => Err("too-many-guests"),
            () if nights.check_in() < today => Err("in-the-past"),
            () if ahead > i32::try_from(rules.window_days).unwrap() => Err("window"),
            () if !self.fits(nights) => Err("taken"),
            () => Ok(()),
        }
    }

    fn fits(&self, nights: Nights) -> bool {
        nights.iter().all(|night| self.taken.get(&night).map_or(0, BTreeSet::len) < self.count)
    }

    fn phase(&self, by: UserId, id: BookingId) -> Result<Phase, &'static str> {
        let stay = self.stays.get(&id).filter(|stay| stay.tenant == by);
        stay.map(|stay| stay.phase).ok_or("not-found")
    }

    fn end_of_close(&mut self, id: BookingId) -> Verdict {
        let released = self.stays[&id].phase == "expiring(released)";
        self.end(id, if released { "cancelled" } else { "expired" })
    }

    fn end(&mut self, id: BookingId, phase: Phase) -> Verdict {
        self.leave(id);
        self.set(id, phase)
    }

    fn set(&mut self, id: BookingId, phase: Phase) -> Verdict {
        self.stays.get_mut(&id).unwrap().phase = phase;
        Ok(())
    }

    fn enter(&mut self, id: BookingId) {
        for night in self.stays[&id].nights.iter() {
            let there = self.taken.entry(night).or_default();
            there.insert(id);
            assert!(there.len() <= self.count, "{night} is sold too often");
        }
    }

    fn leave(&mut self, id: BookingId) {
        for night in self.stays[&id].nights.iter() {
            if let Some(there) = self.taken.get_mut(&night) {
                there.remove(&id);
            }
        }
    }
}

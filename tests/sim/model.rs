//! The naive model: nights as sets of guests, money as sums, and a booking as one word. It
//! knows nothing of versions, timers' ids or rows, and shares no rule with the code under
//! test, only its data.
//!
//! Where the code may answer either way (some way to deal stays out to units may be missed
//! next to those that cannot move) it believes what it hears.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rentezy::domain::calendar::Nights;
use rentezy::domain::ids::{BlockId, BookingId, PaymentId, ProposalId, RefundId, UnitId, UserId};
use rentezy::domain::inventory::Occupant;
use rentezy::domain::money::Money;
use rentezy::domain::payment::RefundStatus;
use rentezy::domain::policies::{Cancellation, Policies};
use rentezy::domain::refusal::Refusal;
use rentezy::domain::rules::Rules;
use rentezy::domain::stay::{Command, Outcome};
use rentezy::domain::stay_rules::StayRules;

use crate::actor::{Answer, Decided, Lying};

/// Where a booking stands, by its name in rows; an end has its reason in brackets.
pub(crate) type Phase = &'static str;

/// A unit type.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) id: UnitId,
    pub(crate) count: usize,
    pub(crate) price: i64,
    pub(crate) guests: u16,
}

/// What a stay costs: its nights, its cleaning, and what is kept for damages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) nights: i64,
    pub(crate) cleaning: i64,
    pub(crate) deposit: i64,
}

impl Price {
    pub(crate) const fn due(&self) -> i64 {
        self.nights + self.cleaning + self.deposit
    }
}

/// Who asks for a change, or calls off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Tenant,
    Landlord,
}

/// A change that somebody wants.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) id: ProposalId,
    pub(crate) by: Side,
    pub(crate) unit: UnitId,
    pub(crate) nights: Nights,
    pub(crate) guests: u16,
    pub(crate) price: Price,
    /// What it costs on top.
    pub(crate) more: i64,
    pub(crate) phase: Phase,
    pub(crate) ends_at: Timestamp,
    pub(crate) payment: Option<PaymentId>,
}

/// What is kept for damages.
#[derive(Debug, Clone)]
pub(crate) struct Deposit {
    pub(crate) amount: i64,
    pub(crate) wanted: Vec<i64>,
    pub(crate) returned: i64,
    pub(crate) kept: i64,
    pub(crate) phase: Phase,
}

impl Deposit {
    pub(crate) const fn left(&self) -> i64 {
        self.amount - self.returned - self.kept
    }

    pub(crate) fn wanted(&self) -> i64 {
        self.wanted.iter().sum()
    }
}

/// A booking.
#[derive(Debug, Clone)]
pub(crate) struct Stay {
    pub(crate) tenant: UserId,
    pub(crate) unit: UnitId,
    pub(crate) nights: Nights,
    /// The nights that it has in the calendar, while it has any.
    pub(crate) lies: Option<Nights>,
    /// Whether it keeps its unit.
    pub(crate) pinned: bool,
    pub(crate) guests: u16,
    pub(crate) price: Price,
    pub(crate) phase: Phase,
    pub(crate) made_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) extended: bool,
    pub(crate) by_request: bool,
    /// Whether the landlord entered it.
    pub(crate) entered: bool,
    /// Since when it has stood.
    pub(crate) stood_at: Option<Timestamp>,
    pub(crate) policy: Cancellation,
    /// When guests come on the first day, and leave on the last.
    pub(crate) hours: (Time, Time),
    pub(crate) payment: Option<PaymentId>,
    /// How its price stands reserved: not at all, `asked`, `made` or `lost`.
    pub(crate) reserve: Option<&'static str>,
    pub(crate) wish: Option<Wish>,
    pub(crate) deposit: Option<Deposit>,
}

/// A payment.
#[derive(Debug, Clone)]
pub(crate) struct Pay {
    pub(crate) stay: BookingId,
    pub(crate) for_change: bool,
    pub(crate) asked: i64,
    /// Times that the tenant tried in vain, and that the provider was asked in vain.
    pub(crate) tries: i32,
    pub(crate) closes: i32,
    /// Whether the card is authorised.
    pub(crate) reserved: bool,
    pub(crate) closed: bool,
    pub(crate) came: Option<Money>,
    pub(crate) back: i64,
    pub(crate) made_at: Timestamp,
}

/// What the model says to a command.
pub(crate) type Verdict = Result<(), &'static str>;

/// When a command is decided, and what is heard of it where the model cannot know.
pub(crate) struct Moment<'a> {
    pub(crate) now: Timestamp,
    pub(crate) today: Date,
    pub(crate) rules: &'a Rules,
    pub(crate) awaited: bool,
    /// What lay in which unit before.
    pub(crate) lying: &'a Lying,
    /// Whether room was found.
    pub(crate) found: bool,
    /// The nights kept back that it made.
    pub(crate) blocks: Vec<BlockId>,
}

/// All that the model knows.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) owner: UserId,
    pub(crate) zone: TimeZone,
    pub(crate) version: i32,
    /// `live`, `paused` or `archived`.
    pub(crate) standing: &'static str,
    pub(crate) units: Vec<Unit>,
    pub(crate) cleaning: i64,
    pub(crate) deposit: i64,
    pub(crate) policies: Policies,
    pub(crate) stay_rules: StayRules,
    pub(crate) taken: BTreeMap<(UnitId, Date), BTreeSet<Occupant>>,
    pub(crate) stays: BTreeMap<BookingId, Stay>,
    pub(crate) blocks: BTreeMap<BlockId, (UnitId, Nights)>,
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

/// Whether a timer, the provider or the landlord will still move a booking.
pub(crate) fn is_open(phase: Phase) -> bool {
    phase.starts_with("expiring")
        || ["hold", "pending_approval", "pending_payment"].contains(&phase)
}

/// Whether a booking stands, or may come to stand.
pub(crate) fn keeps_nights(phase: Phase) -> bool {
    is_open(phase) || ["confirmed", "checked_in"].contains(&phase)
}

/// A date and a time of day by the home's clocks.
pub(crate) fn clock(date: Date, time: Time, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().unwrap()
}

impl Stay {
    pub(crate) fn arrival(&self, zone: &TimeZone) -> Timestamp {
        clock(self.nights.check_in(), self.hours.0, zone)
    }

    pub(crate) fn departure(&self, zone: &TimeZone) -> Timestamp {
        clock(self.nights.check_out(), self.hours.1, zone)
    }

    /// What of a deposit has to stay here.
    pub(crate) fn kept_for_damages(&self) -> i64 {
        self.deposit.as_ref().map_or(0, Deposit::left)
    }
}

impl Pay {
    pub(crate) const fn new(stay: BookingId, for_change: bool, asked: i64, now: Timestamp) -> Self {
        let (tries, closes, reserved, closed, came, back) = (0, 0, false, false, None, 0);
        Self { stay, for_change, asked, tries, closes, reserved, closed, came, back, made_at: now }
    }

    /// What came of it and did not go back.
    pub(crate) fn here(&self) -> i64 {
        self.came.map_or(0, |came| came.amount) - self.back
    }
}

impl Model {
    /// Nothing is known yet of a home in this zone.
    pub(crate) fn new(owner: UserId, zone: TimeZone) -> Self {
        Self {
            owner,
            zone,
            version: 0,
            standing: "live",
            units: Vec::new(),
            cleaning: 0,
            deposit: 0,
            policies: Policies::default(),
            stay_rules: StayRules::default(),
            taken: BTreeMap::new(),
            stays: BTreeMap::new(),
            blocks: BTreeMap::new(),
            pays: BTreeMap::new(),
            refunds: BTreeMap::new(),
        }
    }

    /// Carries a command out; what the code said of it was `decided`.
    pub(crate) fn take(
        &mut self,
        decided: &Decided,
        now: Timestamp,
        today: Date,
        rules: &Rules,
    ) -> Verdict {
        let blocks = match &decided.answer {
            Answer::Done(Outcome::Blocks(blocks)) => {
                blocks.iter().map(|blocked| blocked.block.id).collect()
            }
            _ => Vec::new(),
        };
        let Decided { pair, lying, found, .. } = decided;
        let awaited = pair.awaited;
        let at = Moment { now, today, rules, awaited, lying, found: *found, blocks };
        match &decided.request.command {
            Command::Listing(command) => self.listing(command, &at),
            Command::Booking(command) => self.booking(command, &at),
            Command::Payment(command) => self.payment(command, &at),
            Command::Calendar(command) => self.calendar(command, &at),
            Command::Deposit(command) => self.deposit(command, &at),
        }
    }

    pub(crate) fn stay(&mut self, id: BookingId) -> &mut Stay {
        self.stays.get_mut(&id).unwrap()
    }

    pub(crate) fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    /// As what somebody has to do with a booking.
    pub(crate) fn side(&self, by: UserId, id: BookingId) -> Result<Side, &'static str> {
        let stay = self.stays.get(&id).ok_or("not-found")?;
        match () {
            () if by == self.owner => Ok(Side::Landlord),
            () if by == stay.tenant => Ok(Side::Tenant),
            () => Err("not-found"),
        }
    }

    /// Where a booking stands that one side asks about.
    pub(crate) fn phase(
        &self,
        by: UserId,
        id: BookingId,
        side: Side,
    ) -> Result<Phase, &'static str> {
        if self.side(by, id)? == side { Ok(self.stays[&id].phase) } else { Err("not-found") }
    }

    /// Takes the nights of a booking, from the first one on.
    pub(crate) fn enter(&mut self, id: BookingId, nights: Nights) {
        self.leave(id);
        let stay = self.stays.get_mut(&id).unwrap();
        stay.lies = Some(nights);
        let unit = stay.unit;
        self.take_nights(unit, nights, id.into());
    }

    pub(crate) fn take_nights(&mut self, unit: UnitId, nights: Nights, who: Occupant) {
        let count = self.unit(unit).unwrap().count;
        for night in nights.iter() {
            let there = self.taken.entry((unit, night)).or_default();
            there.insert(who);
            assert!(there.len() <= count, "{night} is sold too often: {there:?}");
        }
    }

    /// Gives all nights of a booking back.
    pub(crate) fn leave(&mut self, id: BookingId) {
        let stay = self.stays.get_mut(&id).unwrap();
        let (unit, lies) = (stay.unit, stay.lies.take());
        for night in lies.into_iter().flat_map(|nights| nights.iter()) {
            self.free_night(unit, night, id.into());
        }
    }

    pub(crate) fn free_night(&mut self, unit: UnitId, night: Date, who: Occupant) {
        let there = self.taken.get_mut(&(unit, night)).expect("a night that was taken");
        assert!(there.remove(&who), "{who:?} was not there on {night}");
    }

    /// A booking comes to an end and gives its nights back.
    pub(crate) fn end(&mut self, id: BookingId, phase: Phase) {
        self.leave(id);
        self.close_wish(id, "withdrawn");
        let stay = self.stay(id);
        (stay.phase, stay.pinned) = (phase, false);
    }

    pub(crate) fn close_wish(&mut self, id: BookingId, phase: Phase) {
        if let Some(wish) = self.open_wish(id) {
            wish.phase = phase;
        }
    }

    /// The change that somebody has yet to say something about.
    pub(crate) fn open_wish(&mut self, id: BookingId) -> Option<&mut Wish> {
        let wish = self.stay(id).wish.as_mut();
        wish.filter(|wish| ["open", "accepted"].contains(&wish.phase))
    }
}

/// So many hours later.
pub(crate) fn hours_after(at: Timestamp, hours: i64) -> Timestamp {
    at + SignedDuration::from_hours(hours)
}

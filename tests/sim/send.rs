//! Requests are decided as a set, and the set is written; or the server goes down on the way.

use std::fmt;

use rentezy::domain::event::Event;
use rentezy::domain::ids::{BookingId, PaymentId};
use rentezy::domain::inventory::Occupant;
use rentezy::domain::payment::RefundStatus;

use crate::actor::{Answer, Decided, Request, Set};
use crate::model;
use crate::names;
use crate::world::{RULES, World};

/// How often the server went down, and at which point.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Crashes {
    /// Decided, and not written.
    pub(crate) before_commit: u64,
    /// Written, and not answered.
    pub(crate) before_reply: u64,
    /// Between two requests.
    pub(crate) memory_lost: u64,
    /// Requests that came again and were known.
    pub(crate) repeated: u64,
}

impl Crashes {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.before_commit += other.before_commit;
        self.before_reply += other.before_reply;
        self.memory_lost += other.memory_lost;
        self.repeated += other.repeated;
    }
}

impl fmt::Display for Crashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before_commit, before_reply, memory_lost, repeated } = self;
        write!(
            f,
            "crashes: {before_commit} before the commit, {before_reply} before the reply, \
             {memory_lost} in between; {repeated} requests came again"
        )
    }
}

/// What an event has the provider do with a payment.
fn order(event: &Event) -> Option<(PaymentId, &'static str)> {
    match event {
        Event::PaymentCapturing { payment_id, .. } => Some((*payment_id, "take")),
        Event::PaymentClosing { payment_id, .. } | Event::BookingExpiring { payment_id, .. } => {
            Some((*payment_id, "let go"))
        }
        _ => None,
    }
}

impl World {
    /// What waits is decided as one set, which is written, lost, or written unheard.
    pub(crate) fn send(&mut self) {
        let requests = std::mem::take(&mut self.waiting);
        if requests.is_empty() {
            return;
        }
        self.sent.extend(requests.iter().cloned());
        self.sent.drain(..self.sent.len().saturating_sub(30));
        match self.rng.u8(..16) {
            0 | 1 => self.lose(requests),
            2 => self.write_unheard(requests),
            _ => {
                let set = self.decide(requests);
                self.commit(set);
            }
        }
    }

    /// Decided, and lost with the memory. Who still cares asks again, one by one or together.
    fn lose(&mut self, mut requests: Vec<Request>) {
        self.decide(requests.clone());
        self.crashes.before_commit += 1;
        self.memory = None;
        // Who asked may have gone; a timer that was not fired is read again.
        requests.retain(|request| request.command.is_timer() || self.rng.u8(..4) > 0);
        if self.rng.bool() {
            self.rng.shuffle(&mut requests);
        }
        let alone = self.rng.bool();
        let sets = if alone { requests.chunks(1) } else { requests.chunks(usize::MAX) };
        for requests in sets {
            let set = self.decide(requests.to_vec());
            self.commit(set);
        }
    }

    /// Written, but nobody heard: the same requests come again, to another memory.
    fn write_unheard(&mut self, requests: Vec<Request>) {
        let set = self.decide(requests.clone());
        self.crashes.before_reply += 1;
        let answers: Vec<Answer> =
            set.decided.iter().map(|decided| decided.answer.clone()).collect();
        let carried: Vec<_> = set.records.iter().map(|(id, _)| *id).collect();
        self.commit(set);
        self.memory = None;
        let again = self.decide(requests);
        for (decided, before) in again.decided.iter().zip(answers) {
            let was_carried = carried.contains(&decided.request.id);
            if let (true, Answer::Done(outcome)) = (was_carried, before) {
                assert_eq!(decided.answer, Answer::Repeated(outcome));
                self.crashes.repeated += 1;
            }
        }
        self.memory = None;
    }

    /// Writes a set and compares it with what the model says.
    fn commit(&mut self, set: Set) {
        let touched: Vec<BookingId> = set.decided.iter().filter_map(|d| d.about).collect();
        for (id, nights) in &set.net.occupancies {
            if let (Some(before), Some(after)) = nights
                && !matches!(id, Occupant::Booking(id) if touched.contains(id))
            {
                assert_eq!(before.nights, after.nights, "nights that nobody touched");
                assert_eq!(before.pinned, after.pinned, "{after:?}");
                let stays = before.pinned || after.nights.check_in() <= self.today();
                assert!(!stays || before == after, "somebody is moved: {before:?}, {after:?}");
            }
        }
        self.orders.extend(set.events.iter().filter_map(order));
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
        let Decided { request, answer, pair, .. } = decided;
        if matches!(answer, Answer::Repeated(_)) {
            self.crashes.repeated += 1;
            return;
        }
        self.coverage.count(pair.state, pair.command);
        let today = self.today();
        let verdict = self.model.take(decided, self.now, today, &RULES);
        let is = match answer {
            Answer::Refused(refusal) => Err(model::word(refusal)),
            Answer::Done(_) | Answer::Repeated(_) => Ok(()),
        };
        assert_eq!(is, verdict, "{} + {}: {request:?}", pair.state, pair.command);
        self.learn(decided);
    }

    /// Notes which commands lead away from the state that the world is about.
    fn learn(&mut self, decided: &Decided) {
        let pair = decided.pair;
        if pair.state != self.focus {
            return;
        }
        let row = decided.about.and_then(|id| self.rows.bookings.get(&id));
        if row.is_some_and(|row| names::of_booking(row, self.now, &self.zone) != pair.state) {
            self.leading_away.insert(pair.command);
        }
    }
}

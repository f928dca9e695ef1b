//! A payment provider that is slow, silent, and repeats itself.

use std::collections::BTreeMap;

use fastrand::Rng;
use rentezy::domain::ids::{PaymentId, RefundId, RequestId, derived};
use rentezy::domain::money::Money;
use rentezy::domain::payment::{Command, RefundStatus};
use rentezy::domain::stay;
use uuid::Uuid;

use crate::actor::Request;

/// Where a session stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Session {
    Open,
    Reserved(Money),
    Paid(Money),
    Expired,
}

/// What the provider has, and what is on its way from it.
#[derive(Debug, Default)]
pub(crate) struct Provider {
    sessions: BTreeMap<PaymentId, Session>,
    underway: Vec<Request>,
    told: u128,
}

impl Provider {
    /// Something happens to a payment: a session opens, somebody pays, it ends.
    pub(crate) fn act(&mut self, rng: &mut Rng, payment_id: PaymentId, price: Money) {
        let Some(session) = self.sessions.get_mut(&payment_id) else {
            self.sessions.insert(payment_id, Session::Open);
            return self.look(rng, payment_id);
        };
        *session = match *session {
            Session::Paid(amount) => Session::Paid(amount),
            Session::Open | Session::Reserved(_) if rng.u8(..3) == 0 => Session::Expired,
            Session::Open if rng.u8(..3) == 0 => Session::Reserved(wrong_at_times(rng, price)),
            Session::Reserved(amount) => Session::Paid(amount),
            // Money that was under way when the session ended.
            Session::Expired if rng.u8(..4) > 0 => Session::Expired,
            Session::Open | Session::Expired => Session::Paid(wrong_at_times(rng, price)),
        };
        if rng.u8(..4) > 0 {
            self.look(rng, payment_id);
        }
    }

    /// Somebody asks where a payment stands; the answer goes on its way, once or twice.
    pub(crate) fn look(&mut self, rng: &mut Rng, payment_id: PaymentId) {
        let Some(session) = self.sessions.get(&payment_id) else { return };
        let (what, command) = match *session {
            Session::Open => {
                let url = "https://pay.example".into();
                let session_id = format!("cs_{payment_id}");
                ("opened", Command::SessionOpened { payment_id, session_id, url })
            }
            Session::Reserved(amount) => {
                let intent_id = format!("pi_{payment_id}");
                ("authorized", Command::Authorized { payment_id, intent_id, amount })
            }
            Session::Expired => ("ended", Command::SessionEnded { payment_id }),
            Session::Paid(amount) => {
                let intent_id = format!("pi_{payment_id}");
                ("paid", Command::Paid { payment_id, intent_id, amount })
            }
        };
        let id = derived(payment_id.uuid(), what);
        self.tell(rng, id, command);
    }

    /// Somebody asks for the end of a session.
    pub(crate) fn close(&mut self, rng: &mut Rng, payment_id: PaymentId) {
        if rng.bool() {
            self.told += 1;
            let id = derived(payment_id.uuid(), &format!("unanswered {}", self.told));
            return self.tell(rng, id, Command::CloseUnanswered { payment_id });
        }
        let session = self.sessions.entry(payment_id).or_insert(Session::Open);
        if !matches!(*session, Session::Paid(_)) {
            *session = Session::Expired;
        }
        self.look(rng, payment_id);
    }

    /// Somebody asks how a refund goes.
    pub(crate) fn refund(&mut self, rng: &mut Rng, refund_id: RefundId) {
        let all = [RefundStatus::Pending, RefundStatus::Failed, RefundStatus::Succeeded];
        let status = all[rng.usize(..all.len())];
        let provider_ref = rng.bool().then(|| format!("re_{refund_id}"));
        self.told += 1;
        let id = derived(refund_id.uuid(), &format!("{} {}", status.name(), self.told));
        self.tell(rng, id, Command::RefundObserved { refund_id, status, provider_ref });
    }

    fn tell(&mut self, rng: &mut Rng, id: Uuid, command: Command) {
        // At times the same news comes as if it were new.
        self.told += 1;
        let id = if rng.u8(..4) == 0 { derived(id, &self.told.to_string()) } else { id };
        let request = Request { id: RequestId::from(id), command: stay::Command::Payment(command) };
        self.underway.push(request);
    }

    /// Something arrives, in no order; one in four comes again.
    pub(crate) fn arrive(&mut self, rng: &mut Rng) -> Option<Request> {
        if self.underway.is_empty() {
            return None;
        }
        let at = rng.usize(..self.underway.len());
        Some(if rng.u8(..4) == 0 {
            self.underway[at].clone()
        } else {
            self.underway.swap_remove(at)
        })
    }
}

fn wrong_at_times(rng: &mut Rng, price: Money) -> Money {
    match rng.u8(..20) {
        0 => Money { amount: price.amount - 1, ..price },
        1 => Money { currency: "USD".parse().unwrap(), ..price },
        2 => Money { amount: 0, ..price },
        _ => price,
    }
}

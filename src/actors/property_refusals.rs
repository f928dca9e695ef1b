//! The refusals that a property actor gave lately. Copies of a request may still be on their
//! way when one of them is answered: of a node that has died, or over a connection that hangs.
//! One that comes after a refusal must not be carried out, for whoever asked was told that it
//! would not be.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::envelope::Request;
use crate::domain::event::Actor;
use crate::domain::ids::RequestId;
use crate::domain::refusal::Refusal;

/// For how long: longer than a request is tried, so that every copy comes before.
const KEPT: SignedDuration = SignedDuration::from_secs(10);

/// The most that are kept; those given first go first.
const KEPT_MAX: usize = 1_024;

/// What was refused, the latest last.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    given: HashMap<Key, Given>,
    order: VecDeque<(Timestamp, Key)>,
}

/// A request and the digest of what it asked: others of its id may ask something else.
type Key = (RequestId, [u8; 16]);

#[derive(Debug)]
struct Given {
    at: Timestamp,
    refusal: Box<Refusal>,
}

impl Refusals {
    /// The refusal that a request had, if it has come before.
    pub(super) fn of(&self, request: &Request, now: Timestamp) -> Option<&Refusal> {
        let given = self.given.get(&(request.id, request.fingerprint))?;
        (now.duration_since(given.at) < KEPT).then_some(&given.refusal)
    }

    /// A request was refused. Those of the server's own are asked again until they are done,
    /// and nobody is told of their refusals.
    pub(super) fn add(&mut self, request: &Request, refusal: &Refusal, now: Timestamp) {
        if !matches!(request.actor, Actor::User(_)) || self.of(request, now).is_some() {
            return;
        }
        let is_over = |at: &Timestamp| now.duration_since(*at) >= KEPT;
        while let Some((at, key)) = self.order.front()
            && (is_over(at) || self.order.len() >= KEPT_MAX)
        {
            self.given.remove(key);
            self.order.pop_front();
        }
        let refusal = match refusal {
            // What may be booked instead is looked up for every answer.
            Refusal::NightsTaken { nights, .. } => Refusal::nights_taken(*nights),
            refusal => refusal.clone(),
        };
        let key = (request.id, request.fingerprint);
        self.given.insert(key, Given { at: now, refusal: Box::new(refusal) });
        self.order.push_back((now, key));
    }

    /// Forgets what was refused from an instant on, of which nobody has been told yet.
    pub(super) fn take_back(&mut self, from: Timestamp) {
        let given = &mut self.given;
        self.order.retain(|(at, key)| {
            let stays = *at < from;
            if !stays {
                given.remove(key);
            }
            stays
        });
    }
}

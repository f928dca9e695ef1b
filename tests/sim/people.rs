//! What tenants, the landlord, the provider and timers say about a booking, by the words of
//! the table.

use jiff::ToSpan;
use jiff::civil::Date;
use rentezy::domain::block;
use rentezy::domain::booking::{self, Answer};
use rentezy::domain::booking_details::ManualGuest;
use rentezy::domain::calendar::Nights;
use rentezy::domain::deposit::{self, Deduction};
use rentezy::domain::ids::{BookingId, PaymentId, ProposalId, RequestId, UserId};
use rentezy::domain::money::Money;
use rentezy::domain::payment::{self, Decline};
use rentezy::domain::stay::Command;
use uuid::Uuid;

use crate::actor::Request;
use crate::model::Stay;
use crate::pairs::{BOOKING_COMMANDS, DEPOSIT_COMMANDS};
use crate::world::{World, of_timer, user};

pub(crate) fn euro(amount: i64) -> Money {
    Money::new(amount, "EUR".parse().unwrap())
}

impl World {
    /// Somebody wants nights: `soon` if they shall come within days.
    pub(crate) fn hold(&mut self, soon: bool) {
        let booking_id = BookingId::from(self.id());
        let (unit_id, nights) = (self.unit_asked(), self.nights(soon));
        let stranger = !soon && self.once_in(20);
        let by = user(if stranger { 1 } else { self.rng.u128(2..6) });
        let guests = if !soon && self.once_in(20) { self.rng.u16(..4) } else { 1 };
        let (slot, offer) = (None, None);
        if soon {
            self.subject = Some(booking_id);
        }
        self.ask(booking::Command::Hold { by, booking_id, unit_id, nights, guests, slot, offer });
    }

    /// The landlord enters a stay.
    pub(crate) fn enter(&mut self, soon: bool) {
        let booking_id = BookingId::from(self.id());
        let (unit_id, nights) = (self.unit_asked(), self.nights(soon));
        let by = user(if !soon && self.once_in(10) { 9 } else { 1 });
        let guests = if !soon && self.once_in(10) { self.rng.u16(..4) } else { 1 };
        let total = if self.rng.bool() { Some(euro(self.rng.i64(0..50_000))) } else { None };
        let guest = ManualGuest { name: "Ada".into(), note: None };
        if soon {
            self.subject = Some(booking_id);
        }
        self.ask(booking::Command::Manual {
            by,
            booking_id,
            unit_id,
            nights,
            guests,
            guest,
            total,
        });
    }

    pub(crate) fn unit_asked(&mut self) -> Option<rentezy::domain::ids::UnitId> {
        let units = self.model.units.len();
        let at = self.rng.usize(..units);
        (units > 1 && !self.once_in(30) || self.rng.bool()).then(|| self.model.units[at].id)
    }

    pub(crate) fn nights(&mut self, soon: bool) -> Nights {
        let first = if soon { self.rng.i64(0..4) } else { self.rng.i64(-1..14) };
        let count = match self.rng.u8(..20) {
            0 if !soon => self.rng.i64(25..40),
            1..9 => 1,
            _ => self.rng.i64(1..6),
        };
        let from = self.today() + first.days();
        Nights::new(from, from + count.days()).unwrap()
    }

    /// A booking, a late one rather than an early one.
    fn pick(&mut self) -> Option<BookingId> {
        let recent = if self.once_in(5) { usize::MAX } else { 12 };
        let count = self.model.stays.len().min(recent);
        (count > 0).then(|| *self.model.stays.keys().rev().nth(self.rng.usize(..count)).unwrap())
    }

    /// Anything at all is said of some booking, or of its deposit.
    pub(crate) fn mingle(&mut self) {
        let Some(id) = self.pick() else { return };
        if self.once_in(4) {
            let name = DEPOSIT_COMMANDS[self.rng.usize(..DEPOSIT_COMMANDS.len())];
            self.say_of_deposit(name, id);
            return;
        }
        let name = BOOKING_COMMANDS[self.rng.usize(..BOOKING_COMMANDS.len())];
        self.say(name, id);
    }

    /// Has something be said of a booking; false if it cannot be said of it.
    pub(crate) fn say(&mut self, name: &str, id: BookingId) -> bool {
        let Some(stay) = self.model.stays.get(&id).cloned() else { return false };
        let is_stale = name.starts_with("stale");
        let request = if let Some(command) = self.of_people(name, id, &stay) {
            Some(self.request(command))
        } else if let Some(command) = self.of_provider(name, id, &stay) {
            Some(self.request(Command::Payment(command)))
        } else if is_stale {
            let command = stale(name, id, &stay);
            command.map(|command| self.request(command))
        } else {
            self.due(name, id)
        };
        let said = request.is_some();
        self.waiting.extend(request);
        said
    }

    fn of_people(&mut self, name: &str, id: BookingId, stay: &Stay) -> Option<Command> {
        use booking::Command as C;
        let (booking_id, by, landlord) = (id, stay.tenant, self.model.owner);
        let change_id = stay.wish.as_ref().map_or(Uuid::from_u128(7).into(), |wish| wish.id);
        let side = if self.rng.bool() { by } else { landlord };
        let answer = |by, answer| C::Answer { by, booking_id, change_id, answer };
        let other = stay.wish.as_ref().map_or(side, |wish| match wish.by {
            crate::model::Side::Tenant => landlord,
            crate::model::Side::Landlord => by,
        });
        let amiss = self.once_in(8);
        let other = if amiss { side } else { other };
        let command = match name {
            "release" => C::Release { by, booking_id },
            "extend" => C::Extend { by, booking_id },
            "request" => C::Request { by, booking_id, message: Some("we are two".into()) },
            "approve" => C::Approve { by: landlord, booking_id },
            "decline" => C::Decline { by: landlord, booking_id, reason: "no".into() },
            "checkout" => {
                let amount = euro(stay.price.due() + i64::from(amiss));
                let (payment_id, request) = (PaymentId::from(self.id()), serde_json::Value::Null);
                let reserve = (stay.phase == "pending_approval") != self.once_in(8);
                C::Checkout { by, booking_id, payment_id, amount, request, reserve }
            }
            "cancel" => self.cancel(id, by, None),
            "cancel by landlord" => self.cancel(id, landlord, None),
            "cancel by admin" => {
                let percent = self.rng.u8(..=101);
                self.cancel(id, user(9), Some(percent))
            }
            "check in" => C::CheckIn { by, booking_id, proved: true },
            "check in without code" => C::CheckIn { by, booking_id, proved: false },
            "check in by landlord" => C::CheckIn { by: landlord, booking_id, proved: amiss },
            "check out" => C::CheckOut { by, booking_id },
            "check out by landlord" => C::CheckOut { by: landlord, booking_id },
            "no show" => C::NoShow { by: landlord, booking_id },
            "propose" => self.propose(by, id, stay),
            "propose by landlord" => self.propose(landlord, id, stay),
            "accept" => answer(other, Answer::Accept),
            "decline change" => answer(other, Answer::Decline),
            "withdraw" => answer(side, Answer::Withdraw),
            "pay change" => {
                let more = stay.wish.as_ref().map_or(100, |wish| wish.more);
                let amount = euro(more + i64::from(amiss));
                let (payment_id, request) = (PaymentId::from(self.id()), serde_json::Value::Null);
                C::PayChange { by, booking_id, change_id, payment_id, amount, request }
            }
            "move" => {
                let count = self.model.unit(stay.unit).unwrap().count + 1;
                let unit_no = self.rng.u16(1..=u16::try_from(count).unwrap());
                let by = landlord;
                return Some(Command::Calendar(block::Command::Move { by, booking_id, unit_no }));
            }
            "by a stranger" => return Some(self.of_stranger(id, stay)),
            _ => return None,
        };
        Some(command.into())
    }

    fn cancel(
        &mut self,
        booking_id: BookingId,
        by: UserId,
        percent: Option<u8>,
    ) -> booking::Command {
        let expected = if self.once_in(8) { Some(euro(self.rng.i64(0..3) * 10_000)) } else { None };
        booking::Command::Cancel { by, booking_id, percent, reason: None, expected }
    }

    /// Somebody who has nothing to do with it tries.
    fn of_stranger(&mut self, booking_id: BookingId, stay: &Stay) -> Command {
        use booking::Command as C;
        let by = user(9);
        let (percent, reason, expected) = (None, None, None);
        match self.rng.u8(..9) {
            0 => C::Release { by, booking_id }.into(),
            1 => C::Cancel { by, booking_id, percent, reason, expected }.into(),
            2 => C::CheckIn { by, booking_id, proved: true }.into(),
            3 => C::CheckOut { by, booking_id }.into(),
            4 => C::Approve { by: stay.tenant, booking_id }.into(),
            5 => C::NoShow { by, booking_id }.into(),
            6 => self.propose(by, booking_id, stay).into(),
            7 => Command::Calendar(block::Command::Move { by, booking_id, unit_no: 1 }),
            _ => C::Extend { by, booking_id }.into(),
        }
    }

    /// Other nights, another unit type or more guests; dearer ones where it is about that.
    fn propose(&mut self, by: UserId, booking_id: BookingId, stay: &Stay) -> booking::Command {
        let dearer = self.detour || ["change accepted", "change paying"].contains(&self.focus);
        let (from, to) = (stay.nights.check_in(), stay.nights.check_out());
        let longer = self.rng.i64(1..4);
        let from: Date = if from < self.today() { self.today() } else { from };
        let what = if dearer && !self.once_in(6) { 0 } else { self.rng.u8(..8) };
        let to = to.max(from + 1.days());
        let (check_in, check_out) = match what {
            0 | 1 => (Some(from), Some(to + longer.days())),
            2 => (Some(from - longer.days()), None),
            3 => (Some(from + 1.days()), Some(to + self.rng.i64(0..3).days())),
            4 => (None, Some(to - longer.days())),
            5 => (Some(self.today()), Some(self.today() + longer.days())),
            _ => (None, None),
        };
        let guests = (what == 6).then(|| self.rng.u16(..4));
        let other = self.rng.usize(..self.model.units.len());
        let unit_id = (what == 7 || self.once_in(4)).then(|| self.model.units[other].id);
        let change_id = ProposalId::from(self.id());
        booking::Command::Propose {
            by,
            booking_id,
            change_id,
            unit_id,
            check_in,
            check_out,
            guests,
            promo: None,
        }
    }

    /// What comes from the provider, or is about its payments.
    fn of_provider(&mut self, name: &str, id: BookingId, stay: &Stay) -> Option<payment::Command> {
        use payment::Command as C;
        let (name, payment_id) = match name.strip_prefix("change ") {
            Some(name) => {
                let of =
                    |(_, pay): &(&PaymentId, &crate::model::Pay)| pay.for_change && pay.stay == id;
                let now = stay.wish.as_ref().and_then(|wish| wish.payment);
                let last = self.model.pays.iter().rfind(of).map(|(id, _)| *id);
                (name, now.or(last)?)
            }
            None => {
                let of =
                    |(_, pay): &(&PaymentId, &crate::model::Pay)| !pay.for_change && pay.stay == id;
                let last = self.model.pays.iter().rfind(of).map(|(id, _)| *id);
                (name, stay.payment.or(last)?)
            }
        };
        let pay = self.model.pays[&payment_id].clone();
        let asked = euro(pay.asked);
        Some(match name {
            "session opened" => {
                let (session_id, url) = ("cs_1".into(), "https://pay.example".into());
                C::SessionOpened { payment_id, session_id, url }
            }
            "session ended" => C::SessionEnded { payment_id },
            "authorized" => C::Authorized { payment_id, intent_id: "pi_1".into(), amount: asked },
            "authorized otherwise" => {
                let amount = self.otherwise(asked);
                C::Authorized { payment_id, intent_id: "pi_1".into(), amount }
            }
            "paid" => C::Paid { payment_id, intent_id: "pi_1".into(), amount: asked },
            "paid otherwise" => {
                let amount = self.otherwise(asked);
                C::Paid { payment_id, intent_id: "pi_1".into(), amount }
            }
            "close unanswered" => C::CloseUnanswered { payment_id },
            "attempt failed" => C::AttemptFailed { payment_id, decline: Decline::Soft },
            "attempt failed hard" => C::AttemptFailed { payment_id, decline: Decline::Hard },
            "refund" | "refund by admin" => {
                let admin = name == "refund by admin";
                let by = if admin { user(9) } else { self.model.owner };
                let here = pay.here().max(1);
                let amount = match self.rng.u8(..6) {
                    0 => here,
                    1 => here + 1,
                    2 => 0,
                    _ => self.rng.i64(1..=here.min(3_000)),
                };
                let (amount, reason) = (euro(amount), "sorry".into());
                C::Refund { by, admin, payment_id, amount, reason }
            }
            _ => return None,
        })
    }

    /// Money that is not what was asked for.
    fn otherwise(&mut self, asked: Money) -> Money {
        match self.rng.u8(..3) {
            0 => Money { amount: asked.amount - 1, ..asked },
            1 => Money { currency: "USD".parse().unwrap(), ..asked },
            _ => Money { amount: 0, ..asked },
        }
    }

    /// The timer that a booking waits for, if it is of this kind; time goes on until it is due.
    fn due(&mut self, name: &str, id: BookingId) -> Option<Request> {
        use booking::Command as C;
        let row = &self.rows.bookings[&id];
        let open = row.details.open_change().and_then(|open| open.timer);
        let wanted = if name == "proposal over" { open } else { row.timer };
        let timer = self.rows.timers.get(&wanted?)?;
        let is = match &timer.command {
            Command::Booking(C::HoldOver { .. }) => "hold over",
            Command::Booking(C::CloseOverdue { .. }) => "close overdue",
            Command::Booking(C::StayOver { .. }) => "stay over",
            Command::Booking(C::ProposalOver { .. }) => "proposal over",
            _ => return None,
        };
        if is != name {
            return None;
        }
        self.now = self.now.max(timer.fire_at);
        Some(of_timer(timer))
    }

    /// Has something be said of the deposit of a booking.
    pub(crate) fn say_of_deposit(&mut self, name: &str, booking_id: BookingId) -> bool {
        use deposit::Command as C;
        let Some(stay) = self.model.stays.get(&booking_id) else { return false };
        let Some(held) = &stay.deposit else { return false };
        let (tenant, landlord, left) = (stay.tenant, self.model.owner, held.left());
        let (wanted, reason) = (held.wanted(), || "so it is".to_owned());
        let command = match name {
            "deduct" => {
                let amount = self.rng.i64(0..=left.max(0) / 2 + 10);
                let items = vec![Deduction { label: "a lamp".into(), amount }];
                C::Deduct { by: landlord, booking_id, items }
            }
            "give back" => C::Release { by: landlord, booking_id },
            "contest" => C::Contest { by: tenant, booking_id, reason: reason() },
            "resolve" => {
                let kept = self.rng.i64(-1..=wanted + 1);
                C::Resolve { booking_id, kept, reason: reason() }
            }
            "stale release due" => C::ReleaseDue { booking_id },
            "deposit by a stranger" => match self.rng.u8(..3) {
                0 => C::Release { by: tenant, booking_id },
                1 => C::Contest { by: landlord, booking_id, reason: reason() },
                _ => C::Deduct { by: user(9), booking_id, items: Vec::new() },
            },
            _ => {
                let row = self.rows.deposits.get(&booking_id).and_then(|row| row.timer);
                let Some(timer) = row.and_then(|id| self.rows.timers.get(&id)) else {
                    return false;
                };
                self.now = self.now.max(timer.fire_at);
                let request = of_timer(timer);
                self.waiting.push(request);
                return true;
            }
        };
        let id = RequestId::from(self.id());
        self.waiting.push(Request { id, command: Command::Deposit(command) });
        true
    }
}

/// A timer of a kind that a booking does not wait for.
fn stale(name: &str, booking_id: BookingId, stay: &Stay) -> Option<booking::Command> {
    use booking::Command as C;
    let change_id = stay.wish.as_ref().map_or(Uuid::from_u128(7).into(), |wish| wish.id);
    Some(match name {
        "stale hold over" => C::HoldOver { booking_id },
        "stale close overdue" => C::CloseOverdue { booking_id },
        "stale stay over" => C::StayOver { booking_id },
        "stale proposal over" => C::ProposalOver { booking_id, change_id },
        _ => return None,
    })
}

//! Of the model: payments, refunds and deposits, as plain sums.

use jiff::Timestamp;
use rentezy::domain::deposit;
use rentezy::domain::ids::{BookingId, PaymentId};
use rentezy::domain::money::Money;
use rentezy::domain::payment::{self, ATTEMPTS_MAX, Decline};

use crate::model::{Deposit, Model, Moment, Pay, Side, Verdict};
use crate::model_policy::{early_leave, policy_back};
use crate::model_room::Seeker;

const NO: Verdict = Err("transition");

fn euro(amount: i64) -> Money {
    Money::new(amount, "EUR".parse().unwrap())
}

impl Model {
    pub(crate) fn make_out(
        &mut self,
        id: BookingId,
        payment: PaymentId,
        for_change: bool,
        amount: Money,
        at: &Moment<'_>,
    ) {
        self.pays.insert(payment, Pay::new(id, for_change, amount.amount, at.now));
    }

    pub(crate) fn payment(&mut self, command: &payment::Command, at: &Moment<'_>) -> Verdict {
        use payment::Command as C;
        if let C::RefundObserved { refund_id, status, .. } = command {
            let known = self.refunds.get_mut(refund_id).ok_or("not-found")?;
            *known = (*known).max(*status);
            return Ok(());
        }
        let id = command.payment().unwrap();
        let pay = self.pays.get_mut(&id).ok_or("not-found")?;
        let is_open = pay.came.is_none() && !pay.closed;
        match command {
            C::CloseUnanswered { .. } if is_open => pay.closes += 1,
            C::SessionEnded { .. } if is_open => self.session_ended(id, at),
            C::AttemptFailed { decline, .. } if is_open && !pay.reserved => {
                self.attempt_failed(id, *decline);
            }
            C::Authorized { amount, .. } if is_open && !pay.reserved => {
                pay.reserved = true;
                self.authorized(id, *amount);
            }
            C::Paid { amount, .. } if pay.came.is_none() => {
                pay.came = Some(*amount);
                if pay.for_change {
                    self.change_paid(id, *amount, at);
                } else {
                    self.stay_paid(id, *amount, at);
                }
            }
            C::Refund { by, admin, amount, .. } => {
                let pay = &self.pays[&id];
                if !admin && *by != self.owner {
                    return Err("not-found");
                }
                if pay.here() <= 0 {
                    return NO;
                }
                let most = pay.here().min(self.free_money(pay.stay));
                if amount.amount < 1 || amount.amount > most {
                    return Err("invalid");
                }
                self.pays.get_mut(&id).unwrap().back += amount.amount;
            }
            _ => {}
        }
        Ok(())
    }

    /// A card is authorised; what nobody waits for is let go.
    fn authorized(&mut self, payment: PaymentId, amount: Money) {
        let id = self.pays[&payment].stay;
        let stay = self.stay(id);
        let waits = ["pending_approval", "pending_payment"].contains(&stay.phase);
        let ours = stay.payment == Some(payment) && stay.reserve == Some("asked");
        if waits && ours && amount == euro(stay.price.due()) {
            stay.reserve = Some("made");
        }
    }

    /// Whether a payment only reserves the price of a booking that is not paid for.
    fn only_reserves(&self, id: BookingId, payment: PaymentId) -> bool {
        let stay = &self.stays[&id];
        let waits = ["pending_approval", "pending_payment"].contains(&stay.phase);
        let open = matches!(stay.reserve, Some("asked" | "made"));
        waits && open && stay.payment == Some(payment)
    }

    /// A booking goes on without what was to be reserved.
    fn lose_reserve(&mut self, id: BookingId, at: &Moment<'_>) {
        let stay = self.stay(id);
        if stay.phase == "pending_payment" && stay.reserve == Some("made") {
            stay.ends_at = at.now + at.rules.approved;
        }
        (stay.payment, stay.reserve) = (None, Some("lost"));
    }

    fn session_ended(&mut self, id: PaymentId, at: &Moment<'_>) {
        let pay = self.pays.get_mut(&id).unwrap();
        pay.closed = true;
        let (stay, for_change) = (pay.stay, pay.for_change);
        if for_change {
            self.fail_wish(stay, id);
        } else if self.only_reserves(stay, id) {
            self.lose_reserve(stay, at);
        } else if self.stays[&stay].phase == "pending_payment"
            || self.stays[&stay].phase.starts_with("expiring")
        {
            self.end_unpaid(stay);
        }
    }

    fn attempt_failed(&mut self, id: PaymentId, decline: Decline) {
        let pay = self.pays.get_mut(&id).unwrap();
        pay.tries += 1;
        let (stay, for_change) = (pay.stay, pay.for_change);
        if decline != Decline::Hard && pay.tries < ATTEMPTS_MAX {
            return;
        }
        if for_change {
            self.fail_wish(stay, id);
        } else if self.stays[&stay].phase == "pending_payment" {
            self.stay(stay).phase = "expiring(declined)";
        }
    }

    fn fail_wish(&mut self, id: BookingId, payment: PaymentId) {
        if let Some(wish) = self.open_wish(id).filter(|wish| wish.payment == Some(payment)) {
            wish.phase = "failed";
        }
    }

    fn stay_paid(&mut self, payment: PaymentId, amount: Money, at: &Moment<'_>) {
        let id = self.pays[&payment].stay;
        let stay = &self.stays[&id];
        let agreed = amount == euro(stay.price.due());
        match stay.phase {
            "pending_approval" if self.only_reserves(id, payment) => {
                self.lose_reserve(id, at);
                self.all_back(payment);
            }
            _ if stay.payment != Some(payment) => self.all_back(payment),
            "pending_payment" | "expiring(time)" | "expiring(declined)" if agreed => {
                self.confirm(id, at.now);
            }
            "expired" | "failed" if agreed => {
                let to_come = stay.nights.check_in() >= at.today && self.standing != "archived";
                let (unit, nights, is_stay) = (stay.unit, stay.nights, true);
                let seeker = Seeker { who: None, unit, nights, is_stay, unit_no: None, units: 1 };
                if to_come && self.seek(&seeker, at).is_ok() {
                    self.enter(id, nights);
                    self.confirm(id, at.now);
                } else {
                    self.all_back(payment);
                }
            }
            "expiring(released)" => {
                self.end(id, "cancelled");
                self.all_back(payment);
            }
            "pending_payment" | "expiring(time)" | "expiring(declined)" => {
                self.end(id, "failed");
                self.all_back(payment);
            }
            _ => self.all_back(payment),
        }
    }

    fn confirm(&mut self, id: BookingId, now: Timestamp) {
        let stay = self.stay(id);
        (stay.phase, stay.stood_at) = ("confirmed", Some(now));
        let amount = stay.price.deposit;
        self.hold_deposit(id, amount);
    }

    fn change_paid(&mut self, payment: PaymentId, amount: Money, at: &Moment<'_>) {
        let id = self.pays[&payment].stay;
        let ours =
            |wish: &&crate::model::Wish| wish.payment == Some(payment) && wish.phase == "accepted";
        let Some(wish) = self.stays[&id].wish.as_ref().filter(ours).cloned() else {
            return self.all_back(payment);
        };
        let good = amount == euro(wish.more)
            && self.money(id) >= wish.price.deposit
            && wish.nights.check_in() >= at.today
            && self.standing != "archived";
        let seeker = self.own_room(id.into(), wish.unit, wish.nights, at);
        if good && self.seek(&seeker, at).is_ok() {
            self.apply(id);
        } else {
            self.close_wish(id, "failed");
            self.all_back(payment);
        }
    }

    fn all_back(&mut self, payment: PaymentId) {
        let pay = self.pays.get_mut(&payment).unwrap();
        pay.back = pay.came.map_or(0, |came| came.amount.max(0));
    }

    /// The money of a booking that is here.
    pub(crate) fn money(&self, id: BookingId) -> i64 {
        let pays = self.pays.values().filter(|pay| pay.stay == id);
        pays.map(|pay| pay.here().max(0)).sum()
    }

    /// What of that may go back without touching what is kept for damages.
    fn free_money(&self, id: BookingId) -> i64 {
        (self.money(id) - self.stays[&id].kept_for_damages()).max(0)
    }

    /// Gives back as much of a sum as there is beside the deposit.
    pub(crate) fn give_back(&mut self, id: BookingId, amount: i64) {
        self.send_back(id, amount.min(self.free_money(id)));
    }

    /// Money goes back, of the newest payment first.
    fn send_back(&mut self, id: BookingId, amount: i64) {
        let mut pays: Vec<_> = self.pays.iter_mut().filter(|(_, pay)| pay.stay == id).collect();
        pays.sort_by_key(|(id, pay)| (pay.made_at, **id));
        let mut left = amount;
        for (_, pay) in pays.into_iter().rev() {
            let part = left.min(pay.here()).max(0);
            pay.back += part;
            left -= part;
        }
        assert_eq!(left, 0, "there is not so much money of {id}");
    }

    pub(crate) fn cancel(
        &mut self,
        command: &rentezy::domain::booking::Command,
        at: &Moment<'_>,
    ) -> Verdict {
        let rentezy::domain::booking::Command::Cancel { by, booking_id, percent, expected, .. } =
            command
        else {
            unreachable!()
        };
        let id = *booking_id;
        let side = match percent {
            Some(_) => self.stays.get(&id).map(|_| Side::Landlord).ok_or("not-found")?,
            None => self.side(*by, id)?,
        };
        let stay = &self.stays[&id];
        let may = stay.phase == "confirmed" || percent.is_some() && stay.phase == "checked_in";
        if !may {
            return NO;
        }
        let back = policy_back(stay, side, *percent, at.now, &self.zone);
        let back = back.min(self.money(id)).max(0);
        if expected.is_some_and(|expected| expected != euro(back)) {
            return Err("refund-differs");
        }
        self.send_back(id, back);
        if let Some(deposit) = &mut self.stay(id).deposit {
            deposit.returned += back.min(deposit.left());
            deposit.phase = if deposit.left() == 0 { "released" } else { "held" };
        }
        self.end(id, "cancelled");
        Ok(())
    }

    /// What the policy gives back to guests who leave before their last day.
    pub(crate) fn back_for_early_leave(&self, id: BookingId, now: Timestamp) -> i64 {
        if self.stays[&id].entered { 0 } else { early_leave(&self.stays[&id], now, &self.zone) }
    }

    /// A booking stands: from now on so much of its money is a deposit.
    pub(crate) fn hold_deposit(&mut self, id: BookingId, amount: i64) {
        let held = &mut self.stay(id).deposit;
        match held {
            Some(deposit) => deposit.amount = amount,
            None if amount > 0 => {
                let (wanted, returned, kept, phase) = (Vec::new(), 0, 0, "held");
                *held = Some(Deposit { amount, wanted, returned, kept, phase });
            }
            None => {}
        }
    }

    /// All of a deposit goes back that is left.
    pub(crate) fn return_deposit(&mut self, id: BookingId) {
        if self.stays[&id].deposit.is_some() {
            self.end_deposit(id, 0);
        }
    }

    fn end_deposit(&mut self, id: BookingId, kept: i64) {
        let deposit = self.stay(id).deposit.as_mut().unwrap();
        let rest = deposit.amount - deposit.returned - kept;
        deposit.kept = kept;
        deposit.returned += rest;
        deposit.phase = "released";
        self.send_back(id, rest);
    }

    pub(crate) fn deposit(&mut self, command: &deposit::Command, at: &Moment<'_>) -> Verdict {
        use deposit::Command as C;
        let (id, owner) = (command.booking(), self.owner);
        let stay = self.stays.get_mut(&id).ok_or("not-found")?;
        let tenant = stay.tenant;
        let held = stay.deposit.as_mut().ok_or("not-found")?;
        let wanted = held.wanted();
        match command {
            C::Deduct { by, .. } | C::Release { by, .. } if *by != owner => {
                return Err("not-found");
            }
            C::Contest { by, .. } if *by != tenant => return Err("not-found"),
            C::ReleaseDue { .. } if !at.awaited => {}
            C::Deduct { items, .. } if held.phase == "due" => {
                let items: Vec<i64> = items.iter().map(|item| item.amount).collect();
                let fits = items.iter().sum::<i64>() <= held.left() - wanted;
                if items.is_empty() || !fits || items.iter().any(|amount| *amount < 1) {
                    return Err("invalid");
                }
                held.wanted.extend(items);
            }
            C::Release { .. } if held.phase == "due" && held.wanted.is_empty() => {
                self.end_deposit(id, 0);
            }
            C::Release { .. } if held.phase == "due" => {
                let rest = held.left() - wanted;
                held.returned += rest;
                self.send_back(id, rest);
            }
            C::Contest { .. } if held.phase == "due" && !held.wanted.is_empty() => {
                held.phase = "contested";
            }
            C::Resolve { kept, .. } if held.phase == "contested" => {
                if *kept < 0 || *kept > wanted {
                    return Err("invalid");
                }
                self.end_deposit(id, *kept);
            }
            C::ReleaseDue { .. } => self.end_deposit(id, wanted),
            _ => return NO,
        }
        Ok(())
    }
}

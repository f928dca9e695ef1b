//! Of the model: bookings, from the hold to the guests' leaving.

use jiff::ToSpan;
use jiff::civil::Weekday;
use rentezy::domain::booking::{self, CLOSE_ATTEMPTS_MIN};
use rentezy::domain::calendar::Nights;
use rentezy::domain::ids::{BookingId, UnitId, UserId};
use rentezy::domain::stay_rules;

use crate::model::{Model, Moment, Price, Side, Stay, Unit, Verdict, hours_after};
use crate::model_room::Seeker;

const NO: Verdict = Err("transition");

impl Model {
    pub(crate) fn booking(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        use booking::Command as C;
        match command {
            C::Hold { .. } => self.hold(command, at),
            C::Manual { .. } => self.manual(command, at),
            C::Release { by, booking_id } => self.release(*by, *booking_id),
            C::Extend { by, booking_id } => self.extend(*by, *booking_id, at),
            C::Request { .. } | C::Approve { .. } | C::Decline { .. } => self.ask(command, at),
            C::Checkout { .. } => self.checkout(command, at),
            C::Cancel { .. } => self.cancel(command, at),
            C::CheckIn { by, booking_id, proved } => self.check_in(*by, *booking_id, *proved, at),
            C::CheckOut { by, booking_id } => self.check_out(*by, *booking_id, at),
            C::NoShow { by, booking_id } => self.no_show(*by, *booking_id, at),
            C::Propose { .. } => self.propose(command, at),
            C::Answer { .. } => self.answer(command, at),
            C::PayChange { .. } => self.pay_change(command, at),
            C::HoldOver { booking_id }
            | C::CloseOverdue { booking_id }
            | C::StayOver { booking_id }
            | C::ProposalOver { booking_id, .. }
                if !at.awaited =>
            {
                assert!(self.stays.contains_key(booking_id));
                Ok(())
            }
            C::HoldOver { booking_id } => self.hold_over(*booking_id),
            C::CloseOverdue { booking_id } => self.close_overdue(*booking_id),
            C::StayOver { booking_id } => self.stay_over(*booking_id, at),
            C::ProposalOver { booking_id, .. } => {
                self.close_wish(*booking_id, "expired");
                Ok(())
            }
        }
    }

    fn hold(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        let booking::Command::Hold { by, booking_id, unit_id, nights, guests, .. } = command else {
            unreachable!()
        };
        if self.standing != "live" {
            return Err("not-live");
        }
        let unit = self.unit_asked(*unit_id)?.clone();
        if *by == self.owner {
            return Err("own-listing");
        }
        self.may_book(&unit, *nights, *guests, at)?;
        self.seek_tidily(unit.id, *nights, at)?;
        let stay = Stay {
            tenant: *by,
            price: self.price(&unit, *nights),
            by_request: !self.policies.instant_book,
            ends_at: at.now + at.rules.hold,
            ..self.new_stay(unit.id, *nights, *guests, at)
        };
        self.stays.insert(*booking_id, stay);
        self.enter(*booking_id, *nights);
        Ok(())
    }

    fn manual(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        let booking::Command::Manual { by, booking_id, unit_id, nights, guests, total, .. } =
            command
        else {
            unreachable!()
        };
        if *by != self.owner {
            return Err("not-found");
        }
        if self.standing == "archived" {
            return Err("not-live");
        }
        if nights.check_in() < at.today {
            return Err("in-the-past");
        }
        let unit = self.unit_asked(*unit_id)?.clone();
        if *guests == 0 || *guests > unit.guests {
            return Err("too-many-guests");
        }
        let (unit_id, is_stay) = (unit.id, true);
        let seeker =
            Seeker { who: None, unit: unit_id, nights: *nights, is_stay, unit_no: None, units: 1 };
        self.seek(&seeker, at)?;
        // What is agreed on elsewhere, or what it costs; nothing is kept for damages here.
        let price = match total {
            Some(total) => Price { nights: total.amount, ..Price::default() },
            None => Price { deposit: 0, ..self.price(&unit, *nights) },
        };
        let stay = Stay {
            price,
            phase: "confirmed",
            entered: true,
            stood_at: Some(at.now),
            ..self.new_stay(unit_id, *nights, *guests, at)
        };
        self.stays.insert(*booking_id, stay);
        self.enter(*booking_id, *nights);
        Ok(())
    }

    fn new_stay(&self, unit: UnitId, nights: Nights, guests: u16, at: &Moment<'_>) -> Stay {
        Stay {
            tenant: self.owner,
            unit,
            nights,
            lies: None,
            pinned: false,
            guests,
            price: Price::default(),
            phase: "hold",
            made_at: at.now,
            ends_at: at.now,
            extended: false,
            by_request: false,
            entered: false,
            stood_at: None,
            policy: self.policies.cancellation,
            hours: (self.policies.check_in_from, self.policies.check_out_until),
            payment: None,
            reserve: None,
            wish: None,
            deposit: None,
        }
    }

    fn unit_asked(&self, asked: Option<UnitId>) -> Result<&Unit, &'static str> {
        match (asked, self.units.as_slice()) {
            (Some(id), _) => self.unit(id).ok_or("not-found"),
            (None, [only]) => Ok(only),
            (None, _) => Err("invalid"),
        }
    }

    pub(crate) fn price(&self, unit: &Unit, nights: Nights) -> Price {
        let nightly = unit.price * i64::from(nights.count());
        Price { nights: nightly, cleaning: self.cleaning, deposit: self.deposit }
    }

    /// What the landlord asks of a stay, but for who else is there.
    pub(crate) fn may_book(
        &self,
        unit: &Unit,
        nights: Nights,
        guests: u16,
        at: &Moment<'_>,
    ) -> Verdict {
        let rules = &self.stay_rules;
        let (arrival, departure) = (nights.check_in(), nights.check_out());
        let own = rules.window_days.map_or(at.rules.window_days, u32::from);
        let window = i64::from(own.min(at.rules.window_days));
        let latest_notice = arrival - i64::from(rules.notice_days).days();
        let hour = self.zone.to_datetime(at.now).time();
        let closed_hour = rules.cut_off.is_some_and(|until| hour >= until);
        let on = |days: &[stay_rules::Weekday], day| {
            days.is_empty() || days.iter().any(|one| weekday(*one) == day)
        };
        match () {
            () if guests == 0 || guests > unit.guests => Err("too-many-guests"),
            () if arrival < at.today => Err("in-the-past"),
            () if departure > at.today + window.days() => Err("window"),
            () if at.today > latest_notice => Err("notice"),
            () if at.today == latest_notice && closed_hour => Err("cut-off"),
            () if !on(&rules.arrival_days, arrival.weekday()) => Err("arrival-day"),
            () if !on(&rules.departure_days, departure.weekday()) => Err("departure-day"),
            () if nights.count() < self.policies.min_nights.into() => Err("min-nights"),
            () if self.policies.max_nights.is_some_and(|most| nights.count() > most.into()) => {
                Err("max-nights")
            }
            () => Ok(()),
        }
    }

    fn release(&mut self, by: UserId, id: BookingId) -> Verdict {
        match self.phase(by, id, Side::Tenant)? {
            "hold" | "pending_approval" => self.end(id, "cancelled"),
            "pending_payment" if self.stays[&id].payment.is_none() => self.end(id, "cancelled"),
            "pending_payment" | "expiring(time)" | "expiring(declined)" | "expiring(released)" => {
                self.stay(id).phase = "expiring(released)";
            }
            _ => return NO,
        }
        Ok(())
    }

    fn extend(&mut self, by: UserId, id: BookingId, at: &Moment<'_>) -> Verdict {
        let phase = self.phase(by, id, Side::Tenant)?;
        let stay = self.stay(id);
        let latest = stay.made_at + at.rules.hold_max;
        if phase != "hold" || at.now >= stay.ends_at || stay.extended || stay.ends_at >= latest {
            return NO;
        }
        stay.extended = true;
        stay.ends_at = latest.min(stay.ends_at + at.rules.extension);
        Ok(())
    }

    /// The tenant asks whether they may come; the landlord says.
    fn ask(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        use booking::Command as C;
        match command {
            C::Request { by, booking_id, .. } => {
                let phase = self.phase(*by, *booking_id, Side::Tenant)?;
                let stay = self.stay(*booking_id);
                if phase != "hold" || !stay.by_request || at.now >= stay.ends_at {
                    return NO;
                }
                (stay.phase, stay.ends_at) = ("pending_approval", at.now + at.rules.approval);
            }
            C::Approve { by, booking_id } => {
                let phase = self.phase(*by, *booking_id, Side::Landlord)?;
                let stay = self.stay(*booking_id);
                let late = at.now >= stay.ends_at || stay.nights.check_in() < at.today;
                if phase != "pending_approval" || late {
                    return NO;
                }
                (stay.phase, stay.ends_at) = ("pending_payment", at.now + at.rules.approved);
            }
            C::Decline { by, booking_id, .. } => {
                if self.phase(*by, *booking_id, Side::Landlord)? != "pending_approval" {
                    return NO;
                }
                self.end(*booking_id, "declined");
            }
            _ => unreachable!(),
        }
        Ok(())
    }

    fn checkout(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        let booking::Command::Checkout { by, booking_id, payment_id, amount, reserve, .. } =
            command
        else {
            unreachable!()
        };
        let phase = self.phase(*by, *booking_id, Side::Tenant)?;
        let stay = self.stay(*booking_id);
        if ["pending_approval", "pending_payment"].contains(&phase) && stay.payment.is_some() {
            return Ok(());
        }
        let may = match phase {
            "hold" => !stay.by_request && !reserve,
            "pending_approval" => stay.reserve.is_none() && *reserve,
            "pending_payment" => !reserve,
            _ => false,
        };
        if !may || at.now >= stay.ends_at || amount.amount != stay.price.due() {
            return NO;
        }
        stay.payment = Some(*payment_id);
        if *reserve {
            stay.reserve = Some("asked");
        } else {
            stay.phase = "pending_payment";
        }
        self.make_out(*booking_id, *payment_id, false, *amount, at);
        Ok(())
    }

    fn check_in(&mut self, by: UserId, id: BookingId, proved: bool, at: &Moment<'_>) -> Verdict {
        let side = self.side(by, id)?;
        let stay = &self.stays[&id];
        let there = stay.arrival(&self.zone) <= at.now && at.now < stay.departure(&self.zone);
        if stay.phase != "confirmed" || !there {
            return NO;
        }
        if side == Side::Tenant && !proved {
            return Err("invalid");
        }
        self.close_wish(id, "withdrawn");
        self.stay(id).phase = "checked_in";
        Ok(())
    }

    fn check_out(&mut self, by: UserId, id: BookingId, at: &Moment<'_>) -> Verdict {
        self.side(by, id)?;
        if self.stays[&id].phase != "checked_in" {
            return NO;
        }
        if at.today < self.stays[&id].nights.check_out() {
            let back = self.back_for_early_leave(id, at.now);
            self.give_back(id, back);
        }
        self.complete(id, at);
        Ok(())
    }

    fn no_show(&mut self, by: UserId, id: BookingId, at: &Moment<'_>) -> Verdict {
        let phase = self.phase(by, id, Side::Landlord)?;
        let arrival = self.stays[&id].arrival(&self.zone);
        if phase != "confirmed" || at.now < hours_after(arrival, 24) {
            return NO;
        }
        self.return_deposit(id);
        self.end(id, "no_show");
        Ok(())
    }

    fn hold_over(&mut self, id: BookingId) -> Verdict {
        let stay = self.stay(id);
        match stay.phase {
            "pending_payment" if stay.payment.is_some() => stay.phase = "expiring(time)",
            "hold" | "pending_approval" | "pending_payment" => self.end(id, "expired"),
            phase => panic!("nobody waits for the end of a hold in {phase}"),
        }
        Ok(())
    }

    fn close_overdue(&mut self, id: BookingId) -> Verdict {
        assert!(self.stays[&id].phase.starts_with("expiring"));
        let payment = self.stays[&id].payment.unwrap();
        let pay = self.pays.get_mut(&payment).unwrap();
        if pay.closes < CLOSE_ATTEMPTS_MIN {
            pay.closes += 1;
        } else {
            self.end_unpaid(id);
        }
        Ok(())
    }

    /// The end of a booking whose payment will not come.
    pub(crate) fn end_unpaid(&mut self, id: BookingId) {
        let end = match self.stays[&id].phase {
            "expiring(released)" => "cancelled",
            "expiring(declined)" => "failed",
            _ => "expired",
        };
        self.end(id, end);
    }

    fn stay_over(&mut self, id: BookingId, at: &Moment<'_>) -> Verdict {
        let stay = &self.stays[&id];
        let until = hours_after(stay.arrival(&self.zone), 48);
        match stay.phase {
            // The landlord may say for two days that nobody came.
            "confirmed" if !stay.entered && at.now < until => {}
            "confirmed" | "checked_in" => self.complete(id, at),
            phase => panic!("nobody waits for the end of a stay in {phase}"),
        }
        Ok(())
    }

    fn complete(&mut self, id: BookingId, at: &Moment<'_>) {
        let (spent, pinned) = (self.spent(id, at.today), self.stays[&id].pinned);
        self.end(id, "completed");
        if let Some(nights) = spent {
            self.keep(id, nights);
            self.stay(id).pinned = pinned;
        }
        if let Some(deposit) = &mut self.stay(id).deposit {
            deposit.phase = if deposit.amount > 0 { "due" } else { "released" };
        }
    }
}

fn weekday(day: stay_rules::Weekday) -> Weekday {
    use stay_rules::Weekday as D;
    match day {
        D::Monday => Weekday::Monday,
        D::Tuesday => Weekday::Tuesday,
        D::Wednesday => Weekday::Wednesday,
        D::Thursday => Weekday::Thursday,
        D::Friday => Weekday::Friday,
        D::Saturday => Weekday::Saturday,
        D::Sunday => Weekday::Sunday,
    }
}

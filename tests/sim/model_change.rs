//! Of the model: having a booking otherwise, and giving it another unit.

use rentezy::domain::block;
use rentezy::domain::booking::{self, Answer};
use rentezy::domain::calendar::Nights;
use rentezy::domain::ids::{BookingId, ProposalId, UnitId};
use rentezy::domain::inventory::Occupant;

use crate::model::{Model, Moment, Price, Side, Verdict, Wish};
use crate::model_room::Seeker;

const NO: Verdict = Err("transition");

impl Model {
    pub(crate) fn propose(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        let booking::Command::Propose {
            by,
            booking_id,
            change_id,
            unit_id,
            check_in,
            check_out,
            guests,
            promo: _,
        } = command
        else {
            unreachable!()
        };
        let (id, side) = (*booking_id, self.side(*by, *booking_id)?);
        if self.stays[&id].phase != "confirmed" || self.open_wish(id).is_some() {
            return NO;
        }
        let stay = &self.stays[&id];
        let from = check_in.unwrap_or(stay.nights.check_in());
        let to = check_out.unwrap_or(stay.nights.check_out());
        let nights = Nights::new(from, to).map_err(|_| "invalid")?;
        let (unit, guests) = (unit_id.unwrap_or(stay.unit), guests.unwrap_or(stay.guests));
        if (unit, nights, guests) == (stay.unit, stay.nights, stay.guests) {
            return Err("invalid");
        }
        let price = self.price_otherwise(id, (unit, nights, guests), at)?;
        self.may_change(id, unit, nights, at)?;
        let more = price.due() - self.stays[&id].price.due();
        self.may_stand_for(id, price, more)?;
        let wish = Wish {
            id: *change_id,
            by: side,
            unit,
            nights,
            guests,
            price,
            more,
            phase: "open",
            ends_at: at.now + at.rules.proposal,
            payment: None,
        };
        let entered = self.stays[&id].entered;
        self.stay(id).wish = Some(wish);
        if entered {
            self.apply(id);
        }
        Ok(())
    }

    fn price_otherwise(
        &self,
        id: BookingId,
        (unit, nights, guests): (UnitId, Nights, u16),
        at: &Moment<'_>,
    ) -> Result<Price, &'static str> {
        let unit = self.unit(unit).ok_or("invalid")?;
        if !self.stays[&id].entered {
            self.may_book(unit, nights, guests, at)?;
            return Ok(self.price(unit, nights));
        }
        if nights.check_in() < at.today {
            return Err("in-the-past");
        }
        if guests == 0 || guests > unit.guests {
            return Err("too-many-guests");
        }
        Ok(self.stays[&id].price)
    }

    /// A home that was given up takes nobody in, and nights have to be free.
    fn may_change(&self, id: BookingId, unit: UnitId, nights: Nights, at: &Moment<'_>) -> Verdict {
        if self.standing == "archived" {
            return Err("not-live");
        }
        self.seek(&self.own_room(id.into(), unit, nights, at), at)
    }

    /// After goodwill there may be less money than would be kept for damages.
    fn may_stand_for(&self, id: BookingId, price: Price, more: i64) -> Verdict {
        let there = self.money(id) + more.max(0);
        if self.stays[&id].entered || there >= price.deposit {
            Ok(())
        } else {
            Err("deposit-not-covered")
        }
    }

    pub(crate) fn answer(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        let booking::Command::Answer { by, booking_id, change_id, answer } = command else {
            unreachable!()
        };
        let (id, side) = (*booking_id, self.side(*by, *booking_id)?);
        let wish = self.named(id, *change_id)?.clone();
        if self.stays[&id].phase != "confirmed" {
            return NO;
        }
        let in_time = at.now < wish.ends_at;
        match (answer, wish.phase) {
            (Answer::Accept, "open") if side != wish.by && in_time => self.accept(id, &wish, at),
            (Answer::Decline, "open") if side != wish.by => {
                self.close_wish(id, "declined");
                Ok(())
            }
            (Answer::Withdraw, "open" | "accepted") if side == wish.by => {
                self.close_wish(id, "withdrawn");
                Ok(())
            }
            // Nobody has to pay for what the other side proposed.
            (Answer::Withdraw, "accepted") if side == Side::Tenant && in_time => {
                self.close_wish(id, "withdrawn");
                Ok(())
            }
            _ => NO,
        }
    }

    fn accept(&mut self, id: BookingId, wish: &Wish, at: &Moment<'_>) -> Verdict {
        if wish.nights.check_in() < at.today {
            return Err("in-the-past");
        }
        self.may_change(id, wish.unit, wish.nights, at)?;
        self.may_stand_for(id, wish.price, wish.more)?;
        if wish.more <= 0 {
            self.apply(id);
            return Ok(());
        }
        let wish = self.stay(id).wish.as_mut().unwrap();
        (wish.phase, wish.ends_at) = ("accepted", at.now + at.rules.approved);
        Ok(())
    }

    pub(crate) fn pay_change(&mut self, command: &booking::Command, at: &Moment<'_>) -> Verdict {
        let booking::Command::PayChange { by, booking_id, change_id, payment_id, amount, .. } =
            command
        else {
            unreachable!()
        };
        let (id, phase) = (*booking_id, self.phase(*by, *booking_id, Side::Tenant)?);
        let wish = self.named(id, *change_id)?;
        if phase != "confirmed" || wish.phase != "accepted" || at.now >= wish.ends_at {
            return NO;
        }
        if wish.payment.is_some() {
            return Ok(());
        }
        if wish.more != amount.amount {
            return NO;
        }
        self.stay(id).wish.as_mut().unwrap().payment = Some(*payment_id);
        self.make_out(id, *payment_id, true, *amount, at);
        Ok(())
    }

    fn named(&self, id: BookingId, change: ProposalId) -> Result<&Wish, &'static str> {
        self.stays[&id].wish.as_ref().filter(|wish| wish.id == change).ok_or("not-found")
    }

    /// The booking is as somebody wanted it.
    pub(crate) fn apply(&mut self, id: BookingId) {
        self.leave(id);
        let stay = self.stay(id);
        let wish = stay.wish.as_mut().unwrap();
        wish.phase = "applied";
        let (unit, nights, more) = (wish.unit, wish.nights, wish.more);
        let (guests, price) = (wish.guests, wish.price);
        stay.pinned &= stay.unit == unit;
        (stay.unit, stay.nights, stay.guests, stay.price) = (unit, nights, guests, price);
        let (entered, stands_for) = (stay.entered, price.deposit);
        if !entered {
            self.hold_deposit(id, stands_for);
        }
        self.enter(id, nights);
        if more < 0 && !entered {
            self.give_back(id, -more);
        }
    }

    pub(crate) fn calendar(&mut self, command: &block::Command, at: &Moment<'_>) -> Verdict {
        let (block::Command::Block { by, .. }
        | block::Command::Unblock { by, .. }
        | block::Command::Move { by, .. }) = command;
        if *by != self.owner {
            return Err("not-found");
        }
        match command {
            block::Command::Block { extent, nights, .. } => self.block(*extent, *nights, at),
            block::Command::Unblock { block_id, .. } => {
                let known = self.blocks.get(block_id);
                let Some((unit, nights)) = known.filter(|(_, n)| n.check_out() > at.today) else {
                    return NO;
                };
                let (unit, nights) = (*unit, *nights);
                self.blocks.remove(block_id);
                for night in nights.iter() {
                    self.free_night(unit, night, Occupant::Block(*block_id));
                }
                Ok(())
            }
            block::Command::Move { booking_id, unit_no, .. } => {
                self.move_to(*booking_id, *unit_no, at)
            }
        }
    }

    fn block(&mut self, extent: block::Extent, nights: Nights, at: &Moment<'_>) -> Verdict {
        if self.standing == "archived" {
            return NO;
        }
        if nights.check_in() < at.today {
            return Err("invalid");
        }
        let (who, is_stay) = (None, false);
        let several = self.units.len() > 1;
        if extent.unit_id.is_none()
            && several
            && (extent.unit_no.is_some() || extent.units.is_some())
        {
            return Err("invalid");
        }
        let mut wanted = Vec::new();
        for unit in self.units.iter().filter(|unit| extent.unit_id.is_none_or(|id| id == unit.id)) {
            let units = match (extent.unit_no, extent.units) {
                (Some(_), _) => 1,
                (None, Some(units)) => usize::from(units),
                (None, None) => unit.count,
            };
            let mut slots = at.lying.iter().filter(|(slot, _)| slot.unit_id == unit.id);
            let known = extent.unit_no.is_none_or(|no| slots.any(|(slot, _)| slot.unit_no == no));
            if !known || units == 0 || units > unit.count {
                return Err("invalid");
            }
            let (unit, unit_no) = (unit.id, extent.unit_no);
            wanted.push(Seeker { who, unit, nights, is_stay, unit_no, units });
        }
        for seeker in &wanted {
            self.seek(seeker, at)?;
        }
        let units = wanted.iter().flat_map(|one| std::iter::repeat_n(one.unit, one.units));
        let units: Vec<UnitId> = units.collect();
        assert_eq!(units.len(), at.blocks.len(), "nights of each unit are kept back");
        for (unit, block) in units.into_iter().zip(&at.blocks) {
            self.blocks.insert(*block, (unit, nights));
            self.take_nights(unit, nights, Occupant::Block(*block));
        }
        Ok(())
    }

    fn move_to(&mut self, id: BookingId, unit_no: u16, at: &Moment<'_>) -> Verdict {
        let stay = self.stays.get(&id).ok_or("not-found")?;
        let lies = stay.lies.filter(|lies| lies.check_out() > at.today);
        if !["confirmed", "checked_in"].contains(&stay.phase) || lies.is_none() {
            return NO;
        }
        let (unit, nights) = (stay.unit, lies.unwrap());
        let mut slots = at.lying.iter().filter(|(slot, _)| slot.unit_id == unit);
        let to = slots.find(|(slot, _)| slot.unit_no == unit_no).ok_or("invalid")?;
        let stays = to.1.iter().any(|lies| lies.occupant == id.into());
        let from = nights.check_in().max(at.today);
        let nights = if stays { nights } else { Nights::new(from, nights.check_out()).unwrap() };
        if !stays {
            let (who, is_stay, unit_no) = (Some(id.into()), true, Some(unit_no));
            self.seek(&Seeker { who, unit, nights, is_stay, unit_no, units: 1 }, at)?;
        }
        self.enter(id, nights);
        self.stay(id).pinned = true;
        Ok(())
    }
}

//! What the landlord sets at the home, and which nights they keep back.

use jiff::ToSpan;
use jiff::civil::time;
use rentezy::domain::block::{self, Extent};
use rentezy::domain::calendar::Nights;
use rentezy::domain::ids::{BlockId, PropertyId, UnitId};
use rentezy::domain::policies::{Cancellation, Policies};
use rentezy::domain::pricing::PricingEdit;
use rentezy::domain::property::{
    Address, Command as C, Kind, ListingFields, Location, StayMode, Unit, UnitFields,
};
use rentezy::domain::stay::Command;
use rentezy::domain::stay_rules::{StayRules, Weekday};
use uuid::Uuid;

use crate::actor::Answer;
use crate::model;
use crate::pairs::LISTING_COMMANDS;
use crate::world::{World, user};

const POLICIES: [Cancellation; 6] = [
    Cancellation::Flexible,
    Cancellation::Moderate,
    Cancellation::Limited,
    Cancellation::Firm,
    Cancellation::Strict,
    Cancellation::NonRefundable,
];

/// States whose bookings begin with a question to the landlord.
const ASKED_FIRST: [&str; 11] = [
    "hold to ask for",
    "asked",
    "reserving",
    "reserved",
    "asked, not reserved",
    "approved",
    "approved, reserving",
    "capturing",
    "approved, not reserved",
    "declined unpaid",
    "declined",
];

impl World {
    /// The home goes live.
    pub(crate) fn open(&mut self) {
        let types = self.rng.u128(1..=2);
        self.model.cleaning = self.rng.i64(0..2) * 2_500;
        let of_deposit = self.focus.starts_with("deposit");
        self.model.deposit = if of_deposit || self.rng.bool() { 5_000 } else { 0 };
        self.model.policies = self.policies();
        for number in 0..types {
            let id = UnitId::from(Uuid::from_u128(11 + number));
            let (count, price) = (self.rng.usize(1..=3), self.rng.i64(5_000..15_000));
            self.slots += i64::try_from(count).unwrap();
            self.model.units.push(model::Unit { id, count, price, guests: 2 });
        }
        let units = self.model.units.iter().map(|unit| Unit { id: unit.id, fields: fields(unit) });
        let create = C::Create {
            id: PropertyId::from(Uuid::from_u128(10)),
            owner: user(1),
            fields: Box::new(self.listing_fields()),
            units: units.collect(),
            slot_ids: (1..=self.slots).collect(),
            policies: Box::new(self.model.policies.clone()),
            pricing: Box::default(),
            source: None,
        };
        let submit = C::Submit { by: user(1), version: 1 };
        for command in [create, submit] {
            let request = self.request(Command::Listing(command));
            let set = self.decide(vec![request]);
            assert!(matches!(set.decided[0].answer, Answer::Done(_)));
            self.rows.write(set.net, set.records);
        }
        self.model.version = 2;
        if self.once_in(2) {
            self.set_listing("set stay rules");
            self.send();
        }
    }

    fn listing_fields(&self) -> ListingFields {
        ListingFields {
            kind: Kind::Room,
            title: "Quiet room by the canal".into(),
            description: String::new(),
            address: Address {
                line: None,
                city: "Dublin".into(),
                region: None,
                country: "IE".into(),
            },
            location: Location { lat: 53.33, lon: -6.26 },
            zone: self.zone_name.into(),
            amenities: Vec::new(),
            stay_mode: StayMode::Nightly,
            currency: "EUR".parse().unwrap(),
            deposit_minor: self.model.deposit,
            cleaning_fee_minor: self.model.cleaning,
        }
    }

    fn policies(&mut self) -> Policies {
        let asks = ASKED_FIRST.contains(&self.focus);
        let indifferent = crate::pairs::TABLES[1..].iter().any(|t| t.states.contains(&self.focus));
        let instant = if indifferent { !self.once_in(4) } else { !asks };
        Policies {
            cancellation: POLICIES[self.rng.usize(..POLICIES.len())],
            check_in_from: time(self.rng.i8(12..17), 0, 0, 0),
            check_out_until: time(self.rng.i8(9..12), 0, 0, 0),
            instant_book: instant,
            min_nights: if self.once_in(6) { 2 } else { 1 },
            max_nights: if self.once_in(6) { Some(7) } else { None },
            ..Policies::default()
        }
    }

    fn stay_rules(&mut self) -> StayRules {
        let one = |world: &mut Self, times| u16::from(world.once_in(times));
        StayRules {
            notice_days: one(self, 8),
            cut_off: if self.once_in(6) { Some(time(18, 0, 0, 0)) } else { None },
            window_days: if self.once_in(6) { Some(20) } else { None },
            buffer_before: one(self, 4),
            buffer_after: 2 * one(self, 5),
            no_orphan_gaps: self.once_in(4),
            arrival_days: if self.once_in(8) {
                vec![Weekday::Monday, Weekday::Tuesday, Weekday::Friday, Weekday::Saturday]
            } else {
                Vec::new()
            },
            departure_days: if self.once_in(12) {
                vec![Weekday::Monday, Weekday::Thursday, Weekday::Friday, Weekday::Sunday]
            } else {
                Vec::new()
            },
            ..StayRules::default()
        }
    }

    /// Something is set at the home; seldom it is given up.
    pub(crate) fn set(&mut self) {
        let usual = if self.once_in(6) { 3..LISTING_COMMANDS.len() } else { 3..9 };
        let name = LISTING_COMMANDS[self.rng.usize(usual)];
        let ends = ["archive"].contains(&name) && !self.once_in(4);
        if !ends {
            self.set_listing(name);
        }
    }

    /// Says something about the home, by the words of the table.
    pub(crate) fn set_listing(&mut self, name: &str) {
        let by = self.model.owner;
        let version = self.model.version - i32::from(self.once_in(12));
        let command = match name {
            "hold" => return self.hold(false),
            "enter" => return self.enter(false),
            "block" => return self.keep_back(),
            "edit unit" => self.edit_unit(version),
            "set policies" => C::SetPolicies { by, version, policies: Box::new(self.policies()) },
            "set stay rules" => C::SetStayRules { by, version, rules: Box::new(self.stay_rules()) },
            "set prices" => {
                let cleaning_fee_minor = self.rng.i64(0..3) * 1_500;
                let least = i64::from(self.focus.starts_with("deposit"));
                let deposit_minor = self.rng.i64(least..3) * 3_000;
                let rates = Box::default();
                let edit = PricingEdit::Rates { rates, cleaning_fee_minor, deposit_minor };
                C::Price { by, version, edit }
            }
            "publish" => C::Publish { by, version },
            "unpublish" => C::Unpublish { by, version },
            "archive" => C::Archive { by, version },
            _ => C::Unpublish { by: user(9), version },
        };
        self.ask(Command::Listing(command));
    }

    fn edit_unit(&mut self, version: i32) -> C {
        let at = self.rng.usize(..self.model.units.len());
        let mut unit = self.model.units[at].clone();
        unit.price = self.rng.i64(1_000..20_000);
        let mut slot_ids = Vec::new();
        match self.rng.u8(..4) {
            0 if unit.count < 4 => {
                unit.count += 1;
                self.slots += 1;
                slot_ids.push(self.slots);
            }
            0 | 1 => unit.count -= self.rng.usize(1..=unit.count.min(2)),
            _ => {}
        }
        let unit = Box::new(Unit { id: unit.id, fields: fields(&unit) });
        C::EditUnit { by: self.model.owner, version, unit, slot_ids }
    }

    /// Nights are kept back.
    pub(crate) fn keep_back(&mut self) {
        let by = if self.once_in(12) { user(9) } else { self.model.owner };
        let unit_id = self.unit_asked();
        let (unit_no, units) = match self.rng.u8(..8) {
            0 => (None, None),
            1..4 => (Some(self.rng.u16(1..4)), None),
            _ => (None, Some(self.rng.u16(1..3))),
        };
        let soon = self.focus == "block over" && !self.once_in(4);
        let first = if soon { 0 } else { self.rng.i64(-1..14) };
        let from = self.today() + first.days();
        let nights = Nights::new(from, from + self.rng.i64(1..3).days()).unwrap();
        let extent = Extent { unit_id, unit_no, units };
        let reason = String::from("paint");
        self.ask(Command::Calendar(block::Command::Block { by, extent, nights, reason }));
        let known = self.model.blocks.keys().copied();
        self.old_blocks.extend(known.last());
        self.old_blocks.drain(..self.old_blocks.len().saturating_sub(4));
    }

    /// Nights are offered again, or a stranger wants them to be.
    pub(crate) fn unblock(&mut self, block_id: BlockId, by_stranger: bool) {
        let by = if by_stranger { user(9) } else { self.model.owner };
        self.ask(Command::Calendar(block::Command::Unblock { by, block_id }));
    }
}

fn fields(unit: &model::Unit) -> UnitFields {
    UnitFields {
        name: "Single room".into(),
        count: u16::try_from(unit.count).unwrap(),
        bedrooms: 1,
        beds: 1,
        bathrooms: 1.0,
        guests: unit.guests,
        night_minor: Some(unit.price),
        month_minor: None,
    }
}

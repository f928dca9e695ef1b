//! The way to the state that a world is about, and what is tried there: what was tried least
//! comes first, so that a few steps fill the table.

use jiff::ToSpan;
use rentezy::domain::ids::BookingId;
use rentezy::domain::inventory::Occupant;
use rentezy::domain::payment::{self, RefundStatus};
use rentezy::domain::stay::Command;

use crate::names;
use crate::pairs::{
    BLOCK, BOOKING_COMMANDS, DEPOSIT, DEPOSIT_COMMANDS, LISTING, LISTING_COMMANDS, REFUND,
    REFUND_COMMANDS, impossible,
};
use crate::world::World;

/// The most commands that are tried in one set.
const TOGETHER: usize = 5;

/// What brings a booking on.
enum Next {
    Say(&'static str),
    /// Time goes on until guests can arrive, and so many hours more.
    Wait(i64),
    /// It will not get there.
    Never,
}

impl World {
    /// Something is tried in the state that the world is about, or a step made towards it.
    pub(crate) fn drive(&mut self) {
        match self.focus {
            focus if LISTING.contains(&focus) => self.drive_listing(),
            focus if REFUND.contains(&focus) => self.drive_refund(),
            focus if BLOCK.contains(&focus) => self.drive_block(),
            focus if DEPOSIT.contains(&focus) => self.drive_deposit(),
            focus => {
                if let Some(id) = self.subject_in(focus) {
                    self.try_commands(&BOOKING_COMMANDS, |world, name| world.say(name, id));
                }
            }
        }
    }

    /// Tries what was tried least: several commands that change nothing, or one that does.
    fn try_commands(
        &mut self,
        commands: &[&'static str],
        say: impl Fn(&mut Self, &'static str) -> bool,
    ) {
        let state = self.focus;
        let mut left: Vec<_> =
            commands.iter().copied().filter(|name| impossible(state, name).is_none()).collect();
        self.rng.shuffle(&mut left);
        left.sort_by_key(|name| self.tried.get(name).copied().unwrap_or_default());
        let mut said = 0;
        for name in left {
            let leads_away = self.leading_away.contains(name);
            if leads_away && said > 0 {
                break;
            }
            *self.tried.entry(name).or_default() += 1;
            said += usize::from(say(self, name));
            if said == TOGETHER || said > 0 && leads_away {
                break;
            }
        }
    }

    /// The subject, if it is there; else it is brought nearer.
    fn subject_in(&mut self, focus: &'static str) -> Option<BookingId> {
        if self.model.standing != "live" {
            let (by, version) = (self.model.owner, self.model.version);
            let publish = rentezy::domain::property::Command::Publish { by, version };
            self.ask(Command::Listing(publish));
        }
        let row = self.subject.and_then(|id| self.rows.bookings.get(&id));
        let Some(row) = row else {
            self.detour = self.rng.bool() && impossible(focus, "change paid").is_none();
            if focus == "entered" {
                self.enter(true)
            } else {
                self.hold(true)
            }
            return None;
        };
        let (id, state) = (row.id, names::of_booking(row, self.now, &self.zone));
        let was_changed = self.model.pays.values().any(|pay| pay.stay == id && pay.for_change);
        self.detour &= !was_changed;
        let focus = if self.detour { "change paying" } else { focus };
        if state == focus {
            return Some(id);
        }
        match next(state, focus) {
            Next::Say(name) => {
                if !self.say(name, id) {
                    self.subject = None;
                }
            }
            Next::Wait(hours) => {
                let stay = &self.model.stays[&id];
                let then = crate::model::hours_after(stay.arrival(&self.zone), hours);
                self.now = self.now.max(then);
            }
            Next::Never => self.subject = None,
        }
        None
    }

    fn drive_listing(&mut self) {
        if self.model.standing != self.focus {
            let name = match self.focus {
                "live" => "publish",
                "paused" => "unpublish",
                _ => "archive",
            };
            self.set_listing(name);
            return;
        }
        self.try_commands(&LISTING_COMMANDS, |world, name| {
            world.set_listing(name);
            true
        });
    }

    fn drive_deposit(&mut self) {
        let deposit = self.subject.and_then(|id| self.rows.deposits.get(&id));
        let Some(row) = deposit else {
            if self.subject_in("arrival").is_some() {
                // It stands, and nothing is held for it.
                self.subject = None;
            }
            return;
        };
        let (id, state) = (row.id, names::of_deposit(row));
        if state == self.focus {
            self.try_commands(&DEPOSIT_COMMANDS, |world, name| world.say_of_deposit(name, id));
            return;
        }
        match (state, self.focus) {
            ("deposit held", _) => {
                if self.subject_in("completed").is_some() {
                    self.subject = None;
                }
            }
            ("deposit due", "deposit released") => {
                self.say_of_deposit("give back", id);
            }
            ("deposit due", _) => {
                self.say_of_deposit("deduct", id);
            }
            ("deposit to be kept from", "deposit released") => {
                self.say_of_deposit("release due", id);
            }
            ("deposit to be kept from", "deposit contested") => {
                self.say_of_deposit("contest", id);
            }
            _ => self.subject = None,
        }
    }

    fn drive_refund(&mut self) {
        let wanted = match self.focus {
            "refund pending" => RefundStatus::Pending,
            "refund failed" => RefundStatus::Failed,
            _ => RefundStatus::Succeeded,
        };
        let of = |status| {
            let refunds = self.rows.refunds.values();
            refunds.filter(move |row| row.status == status).map(|row| row.id).next_back()
        };
        if let Some(id) = of(wanted) {
            self.try_commands(&REFUND_COMMANDS, |world, name| {
                let status = match name {
                    "seen pending" => RefundStatus::Pending,
                    "seen failed" => RefundStatus::Failed,
                    _ => RefundStatus::Succeeded,
                };
                world.see_refund(id, status);
                true
            });
        } else if let Some(id) = of(RefundStatus::Pending) {
            self.see_refund(id, wanted);
        } else if let Some(id) = self.subject_in("confirmed") {
            self.say("refund", id);
            self.say("cancel by landlord", id);
        }
    }

    fn see_refund(&mut self, refund_id: rentezy::domain::ids::RefundId, status: RefundStatus) {
        let provider_ref = self.rng.bool().then(|| format!("re_{refund_id}"));
        let seen = payment::Command::RefundObserved { refund_id, status, provider_ref };
        self.ask(Command::Payment(seen));
    }

    fn drive_block(&mut self) {
        let today = self.today();
        let mut known = self.model.blocks.iter();
        let block = match self.focus {
            "block to come" => known.find(|(_, (_, n))| n.check_out() > today).map(|(id, _)| *id),
            "block over" => known
                .find(|(id, (_, n))| {
                    let memory = self.memory.as_ref();
                    let is_known =
                        memory.is_some_and(|m| m.inventory.of(Occupant::Block(**id)).is_some());
                    is_known && n.check_out() <= today
                })
                .map(|(id, _)| *id),
            _ => self.old_blocks.last().copied(),
        };
        if let Some(id) = block {
            self.unblock(id, false);
            self.unblock(id, true);
            return;
        }
        self.keep_back();
        if self.focus == "block over" && self.once_in(3) {
            self.now += 24.hours();
        }
    }
}

/// What brings a booking from one state nearer to another.
fn next(state: &str, focus: &str) -> Next {
    use Next::{Never, Say, Wait};
    let ends_unpaid = match focus {
        "cancelled unpaid" => Some("release"),
        "expired unpaid" => Some("hold over"),
        _ => None,
    };
    match state {
        "hold" => Say(ends_unpaid.unwrap_or("checkout")),
        "hold to ask for" => Say(ends_unpaid.unwrap_or("request")),
        "asked" if focus == "declined unpaid" => Say("decline"),
        "asked" if reserves(focus) => Say("checkout"),
        "asked" => Say(ends_unpaid.unwrap_or("approve")),
        "reserving" => Say(match focus {
            "asked, not reserved" | "approved, not reserved" => "session ended",
            "approved, reserving" => "approve",
            "declined" => "decline",
            "cancelled" => "release",
            _ => "authorized",
        }),
        "reserved" => Say(if focus == "declined" { "decline" } else { "approve" }),
        "asked, not reserved" => Say("approve"),
        "approved" | "approved, not reserved" => Say(ends_unpaid.unwrap_or("checkout")),
        "approved, reserving" | "capturing" if focus == "approved, not reserved" => {
            Say("session ended")
        }
        "approved, reserving" | "capturing" => Say("paid"),
        "paying" => Say(match focus {
            "expiring(time)" => "hold over",
            "expiring(released)" | "cancelled" => "release",
            "expiring(declined)" => "attempt failed hard",
            "expired" => "session ended",
            "failed" => "paid otherwise",
            _ => "paid",
        }),
        "expiring(time)" if focus == "expired" => Say("session ended"),
        "expiring(time)" | "expiring(declined)" => Say("paid"),
        "expiring(released)" if focus == "cancelled" => Say("session ended"),
        "confirmed" | "arrival" | "nobody came" => standing(state, focus),
        "change open" => Say(match focus {
            "change accepted" | "change paying" => "accept",
            "called off" => "cancel",
            _ => "withdraw",
        }),
        "change paying" if focus == "confirmed" => Say("change session ended"),
        "change accepted" if focus == "change paying" => Say("pay change"),
        "change accepted" | "change paying" if focus == "called off" => Say("cancel"),
        "change accepted" | "change paying" => Say("withdraw"),
        "checked in" if focus == "completed" => Say("check out"),
        "checked in" if focus == "called off" => Say("cancel by admin"),
        "entered" if focus == "checked in" => Wait(0),
        _ if state == focus => Wait(0),
        _ => Never,
    }
}

/// Whether the price is reserved on the way to a state.
fn reserves(focus: &str) -> bool {
    focus.contains("reserv") || ["capturing", "declined"].contains(&focus)
}

/// The same for one that stands.
fn standing(state: &str, focus: &str) -> Next {
    use Next::{Never, Say, Wait};
    match (state, focus) {
        (_, "change open" | "change accepted" | "change paying") => Say("propose"),
        (_, "called off") => Say("cancel"),
        ("confirmed", "arrival" | "checked in" | "completed") => Wait(0),
        ("confirmed" | "arrival", "nobody came" | "no show") => Wait(24),
        ("nobody came", "no show") => Say("no show"),
        (_, "checked in" | "completed") => Say("check in by landlord"),
        _ => Never,
    }
}

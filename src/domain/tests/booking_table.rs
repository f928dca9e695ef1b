//! Every state of a booking with every command, and what comes of it. The table is the
//! state machine; a pair that behaves otherwise shows as a line that differs.

use std::fmt::Write as _;
use std::time::Duration;

use uuid::Uuid;

use super::fixture::{
    World, authorized, booking_id, checkout, ended, euro, june, nights, owner, paid, payment_id,
    reserve, stranger, tenant, told, unanswered,
};
use crate::domain::booking::{self, Answer, BookingStatus};
use crate::domain::booking_details::Reserve;
use crate::domain::change::Change;
use crate::domain::ids::ProposalId;
use crate::domain::payment::{self, Decline};
use crate::domain::policies::Policies;
use crate::domain::property;
use crate::domain::refusal::Refusal;
use crate::domain::stay::Command;

const STATES: [&str; 33] = [
    "hold",
    "hold to ask for",
    "asked",
    // The tenant is at the page where the price is reserved; it is; it came to nothing.
    "asked, reserving",
    "asked, reserved",
    "asked, not reserved",
    // The same after the landlord's yes.
    "approved, reserving",
    "approved, reserved",
    "approved, not reserved",
    "approved",
    "paying",
    "expiring(time)",
    "expiring(released)",
    "expiring(declined)",
    "confirmed",
    "change open",
    "change accepted",
    "change paying",
    "arrival",
    "nobody came",
    "checked in",
    "completed",
    "no show",
    "expired unpaid",
    "expired closed",
    "expired silent",
    "failed",
    "declined",
    "cancelled unpaid",
    "cancelled closed",
    "cancelled silent",
    "cancelled refunded",
    "called off",
];

const COMMANDS: [&str; 39] = [
    "release",
    "extend",
    "request",
    "approve",
    "decline",
    "checkout",
    "reserve",
    "cancel",
    "cancel by landlord",
    "cancel by admin",
    "check in",
    "check in without code",
    "check out",
    "no show",
    "propose",
    "accept",
    "decline change",
    "withdraw",
    "pay change",
    "hold over",
    "close overdue",
    "stay over",
    "proposal over",
    "stale hold over",
    "stale close overdue",
    "stale stay over",
    "stale proposal over",
    "session opened",
    "session ended",
    "authorized",
    "authorized less",
    "paid",
    "paid less",
    "close unanswered",
    "attempt failed",
    "attempt failed hard",
    "change paid",
    "change session ended",
    "refund",
];

/// A world with the booking in the given state.
fn world(state: &str) -> World {
    let mut world = World::live(1);
    let asks = state.starts_with("asked") || state.starts_with("approved");
    if asks || ["hold to ask for", "declined"].contains(&state) {
        asked_first(&mut world);
    }
    world.hold(1, nights(5, 8)).unwrap();
    let standing = ["confirmed", "arrival", "nobody came", "checked in", "completed", "no show"];
    let unpaid = ["hold", "hold to ask for", "declined", "expired unpaid"];
    if !asks && !unpaid.contains(&state) && state != "cancelled unpaid" {
        world.checkout(1).unwrap();
    }
    if state == "expiring(time)" || ["expired closed", "expired silent"].contains(&state) {
        world.fire(1);
    }
    if state == "expiring(released)" || state.starts_with("cancelled") {
        world.release(1).unwrap();
    }
    if state.ends_with("silent") {
        (0..booking::CLOSE_ATTEMPTS_MIN).for_each(|_| drop(world.pay(unanswered(1)).unwrap()));
        world.fire(1);
    }
    if standing.contains(&state) || state.starts_with("change") || state == "called off" {
        world.paid(1).unwrap();
    }
    let mut step = |name: &str| {
        let (_, command) = command(&world, name);
        world.run(command).unwrap();
    };
    match state {
        "asked" => step("request"),
        "asked, reserving" => ["request", "reserve"].into_iter().for_each(step),
        "asked, reserved" => ["request", "reserve", "authorized"].into_iter().for_each(step),
        "asked, not reserved" => {
            ["request", "reserve", "session ended"].into_iter().for_each(step);
        }
        "approved, reserving" => ["request", "reserve", "approve"].into_iter().for_each(step),
        "approved, reserved" => {
            ["request", "reserve", "authorized", "approve"].into_iter().for_each(step);
        }
        "approved, not reserved" => {
            ["request", "reserve", "session ended", "approve"].into_iter().for_each(step);
        }
        "approved" => ["request", "approve"].into_iter().for_each(step),
        "declined" => ["request", "decline"].into_iter().for_each(step),
        "expiring(declined)" => step("attempt failed hard"),
        "change open" => step("propose"),
        "change accepted" => ["propose", "accept"].into_iter().for_each(step),
        "change paying" => ["propose", "accept", "pay change"].into_iter().for_each(step),
        "called off" => step("cancel"),
        "cancelled refunded" => drop(world.paid(1).unwrap()),
        "expired unpaid" => drop(world.fire(1)),
        "failed" => drop(world.pay(paid(1, euro(1))).unwrap()),
        "expired closed" | "cancelled closed" => drop(world.pay(ended(1)).unwrap()),
        "arrival" | "checked in" | "completed" | "no show" | "nobody came" => {
            come_and_go(&mut world, state);
        }
        _ => {}
    }
    world.later(Duration::from_secs(1));
    world
}

/// Time passes until guests can arrive, and what the state is about happens.
fn come_and_go(world: &mut World, state: &str) {
    let zone = crate::domain::calendar::zone("Europe/Dublin").unwrap();
    world.now = world.booking(1).arrival(&zone);
    if ["no show", "nobody came"].contains(&state) {
        world.later(Duration::from_hours(24));
    }
    let steps: &[&str] = match state {
        "checked in" => &["check in"],
        "completed" => &["check in", "check out"],
        "no show" => &["no show"],
        _ => &[],
    };
    for name in steps {
        let (_, command) = command(world, name);
        world.run(command).unwrap();
    }
}

/// The landlord wants to be asked first.
fn asked_first(world: &mut World) {
    let policies = Box::new(Policies { instant_book: false, ..Policies::default() });
    let version = world.state.listing.as_ref().unwrap().version;
    world.listing(property::Command::SetPolicies { by: owner(), version, policies }).unwrap();
}

fn command(world: &World, name: &str) -> (Uuid, Command) {
    let command = match booking_command(world, name) {
        Some(command) => Command::Booking(command),
        None => Command::Payment(payment_command(world, name)),
    };
    let timer = world.timers.iter().find(|timer| timer.command == command);
    let request = timer.filter(|_| !name.starts_with("stale")).map(|timer| timer.id.uuid());
    (request.unwrap_or(Uuid::from_u128(77)), command)
}

fn change_id() -> ProposalId {
    ProposalId::from(Uuid::from_u128(4001))
}

fn booking_command(world: &World, name: &str) -> Option<booking::Command> {
    use booking::Command as C;
    let (by, booking_id, landlord) = (tenant(), booking_id(1), owner());
    let cancel = |by, percent| C::Cancel { by, booking_id, percent, reason: None, expected: None };
    let answer = |by, answer| C::Answer { by, booking_id, change_id: change_id(), answer };
    Some(match name.trim_start_matches("stale ") {
        "release" => C::Release { by, booking_id },
        "extend" => C::Extend { by, booking_id },
        "request" => C::Request { by, booking_id, message: Some("we are two".into()) },
        "approve" => C::Approve { by: landlord, booking_id },
        "decline" => C::Decline { by: landlord, booking_id, reason: "no".into() },
        "checkout" => {
            let mut command = checkout(1, world.booking(1).total);
            if let C::Checkout { payment_id: id, .. } = &mut command
                && world.booking(1).details.reserve == Some(Reserve::Lost)
            {
                *id = payment_id(3);
            }
            command
        }
        "reserve" => reserve(1, world.booking(1).total),
        "cancel" => cancel(by, None),
        "cancel by landlord" => cancel(landlord, None),
        "cancel by admin" => cancel(stranger(), Some(50)),
        "check in" => C::CheckIn { by: landlord, booking_id, proved: false },
        "check in without code" => C::CheckIn { by, booking_id, proved: false },
        "check out" => C::CheckOut { by, booking_id },
        "no show" => C::NoShow { by: landlord, booking_id },
        "propose" => C::Propose {
            by,
            booking_id,
            change_id: change_id(),
            unit_id: None,
            check_in: None,
            check_out: Some(june(9)),
            guests: None,
            promo: None,
        },
        "accept" => answer(landlord, Answer::Accept),
        "decline change" => answer(landlord, Answer::Decline),
        "withdraw" => answer(by, Answer::Withdraw),
        "pay change" => C::PayChange {
            by,
            booking_id,
            change_id: change_id(),
            payment_id: payment_id(2),
            amount: euro(10_000),
            request: serde_json::Value::Null,
        },
        "hold over" => C::HoldOver { booking_id },
        "close overdue" => C::CloseOverdue { booking_id },
        "stay over" => C::StayOver { booking_id },
        "proposal over" => C::ProposalOver { booking_id, change_id: change_id() },
        _ => return None,
    })
}

fn payment_command(world: &World, name: &str) -> payment::Command {
    let (price, payment_id) = (world.booking(1).total, payment_id(1));
    match name {
        "session opened" => payment::Command::SessionOpened {
            payment_id,
            session_id: "cs_1".into(),
            url: "https://pay.example/cs_1".into(),
        },
        "session ended" => ended(1),
        "authorized" => authorized(1, price),
        "authorized less" => authorized(1, euro(price.amount - 1)),
        "paid" => paid(1, price),
        "paid less" => paid(1, euro(price.amount - 1)),
        "attempt failed" => payment::Command::AttemptFailed { payment_id, decline: Decline::Soft },
        "attempt failed hard" => {
            payment::Command::AttemptFailed { payment_id, decline: Decline::Hard }
        }
        "change paid" => paid(2, euro(10_000)),
        "change session ended" => ended(2),
        "refund" => payment::Command::Refund {
            by: owner(),
            admin: false,
            payment_id,
            amount: euro(100),
            reason: "sorry".into(),
        },
        _ => unanswered(1),
    }
}

/// What comes of a command, in one line.
fn outcome(state: &str, name: &str) -> String {
    let mut world = world(state);
    let (request, command) = command(&world, name);
    let (before, timer_before) = (world.booking(1).clone(), world.timer(1));
    let decision = match world.run_as(request, &command) {
        Ok(decision) => decision,
        Err(Refusal::InvalidTransition { current, allowed }) => {
            // Money is sent back of a payment, whose state it is then.
            assert!(name == "refund" || current == before.status.name());
            return format!("refused, allowed: [{}]", allowed.join(" "));
        }
        Err(refusal) => return format!("refused: {refusal:?}"),
    };
    consistent(&world, &decision.changes);
    if decision.is_empty() {
        return "nothing".into();
    }
    let after = world.booking(1);
    let mut line = match after.expiring {
        Some(reason) => format!("expiring({reason:?})").to_lowercase(),
        None => after.status.name().to_owned(),
    };
    let timer = match world.timer(1) {
        None => "no timer",
        Some(id) if Some(id) == timer_before => "same timer",
        Some(_) => "new timer",
    };
    let nights = if world.holds_nights(1) { "taken" } else { "free" };
    write!(line, ", {nights}, {timer}").unwrap();
    if let Some(id) = after.payment_id {
        write!(line, ", payment {}", world.state.payments[&id].status.name()).unwrap();
    }
    if let Some(reserve) = after.details.reserve {
        write!(line, ", reserve {reserve:?}").unwrap();
    }
    if let Some(change) = &after.details.change {
        write!(line, ", change {:?}", change.status).unwrap();
    }
    let mut refunds: Vec<_> = world.state.refunds.values().collect();
    refunds.sort_by_key(|refund| refund.id);
    for refund in refunds {
        write!(line, ", refund {} {}", refund.amount.amount, refund.reason).unwrap();
    }
    let told = told(&decision).join(" ");
    if told.is_empty() { line } else { format!("{line}: {told}") }
}

/// What holds of every booking, whatever happened.
fn consistent(world: &World, changes: &[Change]) {
    let booking = world.booking(1);
    let is_over = !booking.status.keeps_nights();
    assert_eq!(booking.timer, world.timer(1));
    assert_eq!(booking.timer.is_some(), !is_over);
    let is_released = is_over && booking.status != BookingStatus::Completed;
    assert_eq!(booking.released_at.is_some(), is_released);
    assert_eq!(booking.expiring.is_some(), booking.status == BookingStatus::Expiring);
    assert_eq!(world.holds_nights(1), !is_over);
    for payment in world.state.payments.values() {
        let refunds = world.state.refunds.values().filter(|refund| refund.payment_id == payment.id);
        assert_eq!(payment.refunded, refunds.map(|refund| refund.amount.amount).sum::<i64>());
        assert!(payment.refunded <= payment.captured, "{payment:?}");
    }
    let rows = changes.iter().filter(|change| matches!(change, Change::Booking(_))).count();
    assert!(rows <= 1, "a decision writes a row once");
}

#[test]
fn every_state_with_every_command() {
    let mut table = String::new();
    for state in STATES {
        writeln!(table, "{state}").unwrap();
        for command in COMMANDS {
            let line = format!("  {command}: {}", outcome(state, command));
            writeln!(table, "{line}").unwrap();
        }
    }
    println!("{table}");
    let expected = include_str!("booking_table.txt");
    for (number, (is, should)) in table.lines().zip(expected.lines()).enumerate() {
        assert_eq!(is, should, "line {} of booking_table.txt", number + 1);
    }
    assert_eq!(table, expected);
}

//! Every state of a booking with every command, and what comes of it. The table is the
//! state machine; a pair that behaves otherwise shows as a line that differs.

use std::fmt::Write as _;
use std::time::Duration;

use uuid::Uuid;

use super::fixture::{
    World, booking_id, checkout, ended, euro, nights, paid, payment_id, tenant, told, unanswered,
};
use crate::domain::booking::{self, BookingStatus};
use crate::domain::change::Change;
use crate::domain::payment;
use crate::domain::refusal::Refusal;
use crate::domain::stay::Command;

const STATES: [&str; 13] = [
    "hold",
    "paying",
    "expiring(time)",
    "expiring(released)",
    "confirmed",
    "expired unpaid",
    "expired closed",
    "expired silent",
    "failed",
    "cancelled unpaid",
    "cancelled closed",
    "cancelled silent",
    "cancelled refunded",
];

const COMMANDS: [&str; 11] = [
    "release",
    "checkout",
    "hold over",
    "close overdue",
    "stale hold over",
    "stale close overdue",
    "session opened",
    "session ended",
    "paid",
    "paid less",
    "close unanswered",
];

/// A world with the booking in the given state.
fn world(state: &str) -> World {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    if !["hold", "expired unpaid", "cancelled unpaid"].contains(&state) {
        world.checkout(1).unwrap();
    }
    if state.starts_with("expiring(time)") || ["expired closed", "expired silent"].contains(&state)
    {
        world.fire(1);
    }
    if state == "expiring(released)" || state.starts_with("cancelled") {
        world.release(1).unwrap();
    }
    if state.ends_with("silent") {
        (0..booking::CLOSE_ATTEMPTS_MIN).for_each(|_| drop(world.pay(unanswered(1)).unwrap()));
        world.fire(1);
    }
    match state {
        "confirmed" | "cancelled refunded" => drop(world.paid(1).unwrap()),
        "expired unpaid" => drop(world.fire(1)),
        "failed" => drop(world.pay(paid(1, euro(1))).unwrap()),
        "expired closed" | "cancelled closed" => drop(world.pay(ended(1)).unwrap()),
        _ => {}
    }
    world.later(Duration::from_secs(1));
    world
}

fn command(world: &World, name: &str) -> (Uuid, Command) {
    let (by, booking_id) = (tenant(), booking_id(1));
    let price = world.booking(1).total;
    let command = match name {
        "release" => Command::Booking(booking::Command::Release { by, booking_id }),
        "checkout" => Command::Booking(checkout(1, price)),
        "hold over" | "stale hold over" => {
            Command::Booking(booking::Command::HoldOver { booking_id })
        }
        "close overdue" | "stale close overdue" => {
            Command::Booking(booking::Command::CloseOverdue { booking_id })
        }
        "session opened" => Command::Payment(payment::Command::SessionOpened {
            payment_id: payment_id(1),
            session_id: "cs_1".into(),
            url: "https://pay.example/cs_1".into(),
        }),
        "session ended" => Command::Payment(ended(1)),
        "paid" => Command::Payment(paid(1, price)),
        "paid less" => Command::Payment(paid(1, euro(price.amount - 1))),
        _ => Command::Payment(unanswered(1)),
    };
    let timer = world.timers.iter().find(|timer| timer.command == command);
    let request = timer.filter(|_| !name.starts_with("stale")).map(|timer| timer.id.uuid());
    (request.unwrap_or(Uuid::from_u128(77)), command)
}

/// What comes of a command, in one line.
fn outcome(state: &str, name: &str) -> String {
    let mut world = world(state);
    let (request, command) = command(&world, name);
    let (before, timer_before) = (world.booking(1).clone(), world.timer(1));
    let decision = match world.run_as(request, &command) {
        Ok(decision) => decision,
        Err(Refusal::InvalidTransition { current, allowed }) => {
            assert_eq!(current, before.status.name());
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
    if after.payment_id.is_some() {
        write!(line, ", payment {}", world.payment(1).status.name()).unwrap();
    }
    if let Some(refund) = world.refund() {
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

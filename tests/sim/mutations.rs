//! Wrong rules, to see whether the simulation finds them: each decides as the real ones do,
//! from a state, a command or an hour that is not the real one, or leaves something out.

use jiff::SignedDuration;
use rentezy::domain::booking::{self, BookingStatus};
use rentezy::domain::calendar::Nights;
use rentezy::domain::change::{Change, Decision};
use rentezy::domain::event::Event;
use rentezy::domain::ids::{RefundId, derived};
use rentezy::domain::inventory::Occupant;
use rentezy::domain::payment;
use rentezy::domain::refusal::Refusal;
use rentezy::domain::rules::Context;
use rentezy::domain::stay::{self, Command, PropertyState};

use crate::actor::Judge;
use crate::run::Run;
use crate::say;

/// The seed of the first world with a wrong rule.
const FIRST: u64 = 1;

/// By then each has to be found.
const STEPS_MAX: u64 = 80_000;

type Decided = Result<Decision, Refusal>;

const WRONG: [(&str, Judge); 13] = [
    ("the last night of a longer stay is not taken", last_night_forgotten),
    ("nights are free while the provider is asked", freed_while_asked),
    ("late money takes nights that are sold", late_money_takes_all),
    ("who is called off gets their money twice", refunded_twice),
    ("the provider is given one round only to answer", no_further_round),
    ("a hold is extended again and again", extended_again),
    ("guests come without their code", code_not_asked),
    ("nothing is kept free between two stays", no_gap),
    ("nothing is kept free behind guests who have left", no_gap_behind),
    ("goodwill is paid out of the deposit", deposit_given_away),
    ("the last hour to call off is a day later", a_day_later),
    ("what is reserved is kept after a no", reserve_kept),
    ("what is reserved is not taken after a yes", reserve_not_taken),
];

fn last_night_forgotten(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut decision = stay::decide(state, command, at)?;
    for change in &mut decision.changes {
        if let Change::Occupy(lies) = change
            && lies.is_stay()
            && let Some(to) = lies.nights.iter().last()
            && let Ok(shorter) = Nights::new(lies.nights.check_in(), to)
        {
            lies.nights = shorter;
        }
    }
    Ok(decision)
}

fn freed_while_asked(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut decision = stay::decide(state, command, at)?;
    let asked = decision.bookings().filter(|row| row.status == BookingStatus::Expiring);
    let freed: Vec<_> = asked.map(|row| Change::Vacate(row.id.into())).collect();
    decision.changes.extend(freed);
    Ok(decision)
}

fn late_money_takes_all(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut empty = state.clone();
    if let Command::Payment(payment::Command::Paid { .. }) = command {
        let all: Vec<Occupant> = state.inventory.all().map(|lies| lies.occupant).collect();
        all.into_iter().for_each(|occupant| empty.inventory.vacate(occupant));
    }
    stay::decide(&empty, command, at)
}

fn refunded_twice(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut decision = stay::decide(state, command, at)?;
    if let Command::Booking(booking::Command::Cancel { .. }) = command {
        let again = decision.refunds().map(|refund| {
            let id = RefundId::from(derived(refund.id.uuid(), "again"));
            Change::Refund(Box::new(payment::Refund { id, ..refund.clone() }))
        });
        let again: Vec<_> = again.collect();
        decision.changes.extend(again);
    }
    Ok(decision)
}

fn no_further_round(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut decision = stay::decide(state, command, at)?;
    if let Command::Booking(booking::Command::CloseOverdue { .. }) = command {
        decision.changes.retain(|change| !matches!(change, Change::SetTimer(_)));
    }
    Ok(decision)
}

fn extended_again(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut forgetful = state.clone();
    forgetful.bookings.values_mut().for_each(|row| row.details.extended = false);
    match command {
        Command::Booking(booking::Command::Extend { .. }) => stay::decide(&forgetful, command, at),
        _ => stay::decide(state, command, at),
    }
}

fn code_not_asked(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    match command {
        Command::Booking(booking::Command::CheckIn { by, booking_id, .. }) => {
            let (by, booking_id, proved) = (*by, *booking_id, true);
            stay::decide(state, &booking::Command::CheckIn { by, booking_id, proved }.into(), at)
        }
        _ => stay::decide(state, command, at),
    }
}

fn no_gap(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut close = state.clone();
    close.inventory.set_gap(0);
    stay::decide(&close, command, at)
}

fn no_gap_behind(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut decision = stay::decide(state, command, at)?;
    for change in &mut decision.changes {
        if let Change::Occupy(lies) = change
            && lies.left
        {
            *change = Change::Vacate(lies.occupant);
        }
    }
    Ok(decision)
}

fn deposit_given_away(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut rich = state.clone();
    if let Command::Payment(payment::Command::Refund { .. }) = command {
        rich.deposits.clear();
    }
    stay::decide(&rich, command, at)
}

fn a_day_later(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let is_end = matches!(command, Command::Booking(booking::Command::Cancel { .. }));
    let before = SignedDuration::from_hours(if is_end { 24 } else { 0 });
    stay::decide(state, command, &Context { now: at.now - before, ..*at })
}

fn reserve_kept(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut decision = stay::decide(state, command, at)?;
    if let Command::Booking(booking::Command::Decline { .. }) = command {
        decision.events.retain(|(_, event)| !matches!(event, Event::PaymentClosing { .. }));
    }
    Ok(decision)
}

fn reserve_not_taken(state: &PropertyState, command: &Command, at: &Context<'_>) -> Decided {
    let mut decision = stay::decide(state, command, at)?;
    decision.events.retain(|(_, event)| !matches!(event, Event::PaymentCapturing { .. }));
    Ok(decision)
}

/// What a world that failed says of it, in its first line.
fn first_line(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    text.lines().next().unwrap_or_default().chars().take(100).collect()
}

#[test]
fn each_wrong_rule_is_found() {
    let mut longest = 0;
    for (rule, judge) in WRONG {
        let mut run = Run::new(judge);
        let Err(failure) = run.worlds(FIRST, STEPS_MAX, false) else {
            panic!("{rule}: not found in {STEPS_MAX} steps");
        };
        let steps = run.steps + failure.step;
        longest = steps.max(longest);
        let how = first_line(&*failure.panic);
        say(&format!("{rule}: found after {steps} steps, seed {}: {how}", failure.seed));
    }
    // The same worlds have nothing to say of the real rules.
    let mut run = Run::new(stay::decide);
    if let Err(failure) = run.worlds(FIRST, longest, false) {
        std::panic::resume_unwind(failure.panic);
    }
}

use std::time::Duration;

use uuid::Uuid;

use super::fixture::{
    World, booking_id, euro, june, nights, owner, payment_id, rule, stranger, tenant, told,
};
use crate::domain::booking::{self, BookingStatus};
use crate::domain::change::{Change, Decision};
use crate::domain::deposit::{Command, Deduction, Deposit, Status};
use crate::domain::ids::ProposalId;
use crate::domain::ledger::{Account, Kind, Posting};
use crate::domain::payment;
use crate::domain::refusal::Refusal;
use crate::domain::stay;

const DAY: Duration = Duration::from_secs(86_400);

/// A confirmed stay with a deposit of 200.00.
fn confirmed() -> World {
    let mut world = World::live(1);
    world.hold(1, nights(5, 8)).unwrap();
    let booking = world.state.bookings.get_mut(&booking_id(1)).unwrap();
    booking.terms.price.deposit = 20_000;
    booking.total = booking.terms.price.due();
    world.checkout(1).unwrap();
    let paid = world.paid(1).unwrap();
    assert!(told(&paid).contains(&"deposit.held"), "{:?}", told(&paid));
    world
}

/// The same, once the guests have left.
fn due() -> World {
    let mut world = confirmed();
    world.days_later(10);
    let mut booking = world.booking(1).clone();
    booking.status = BookingStatus::Completed;
    let mut over = Decision::new(stay::Outcome::Done);
    over.change(Change::Booking(Box::new(booking)));
    world.follow(over);
    world
}

fn deposit(world: &World) -> &Deposit {
    &world.state.deposits[&booking_id(1)]
}

fn lamp(amount: i64) -> Vec<Deduction> {
    vec![Deduction { label: "lamp".into(), amount }]
}

fn deduct(world: &mut World, amount: i64) -> Result<Decision, Refusal> {
    let (by, booking_id) = (owner(), booking_id(1));
    run(world, Command::Deduct { by, booking_id, items: lamp(amount) })
}

fn run(world: &mut World, command: Command) -> Result<Decision, Refusal> {
    world.run(stay::Command::Deposit(command))
}

fn release(world: &mut World) -> Result<Decision, Refusal> {
    run(world, Command::Release { by: owner(), booking_id: booking_id(1) })
}

fn contest(world: &mut World) -> Result<Decision, Refusal> {
    let (by, booking_id) = (tenant(), booking_id(1));
    run(world, Command::Contest { by, booking_id, reason: "it was broken".into() })
}

fn resolve(world: &mut World, kept: i64) -> Result<Decision, Refusal> {
    run(world, Command::Resolve { booking_id: booking_id(1), kept, reason: "seen".into() })
}

fn fire(world: &mut World) -> Decision {
    let id = deposit(world).timer.unwrap();
    let timer = world.timers.iter().find(|timer| timer.id == id).unwrap().clone();
    world.now = timer.fire_at;
    world.run_as(id.uuid(), &timer.command).unwrap()
}

/// What went back with a decision, and what the landlord kept.
fn moved(decision: &Decision) -> (i64, i64) {
    let back = decision.refunds().map(|refund| refund.amount.amount).sum();
    let kept = |change: &Change| match change {
        Change::Post(posting) if posting.kind == Kind::DepositKept => amount(posting),
        _ => 0,
    };
    (back, decision.changes.iter().map(kept).sum())
}

fn amount(posting: &Posting) -> i64 {
    posting.lines.iter().filter(|(account, _)| *account == Account::DepositsHeld).map(|l| l.1).sum()
}

fn transition(result: Result<Decision, Refusal>) -> bool {
    matches!(result, Err(Refusal::InvalidTransition { .. }))
}

#[test]
fn a_deposit_waits_for_the_end_of_the_stay() {
    let mut world = confirmed();
    assert_eq!((deposit(&world).status, deposit(&world).amount), (Status::Held, 20_000));
    assert!(transition(deduct(&mut world, 1)));
    assert!(transition(release(&mut world)));
    assert!(transition(contest(&mut world)));
    assert!(transition(resolve(&mut world, 0)));
}

#[test]
fn it_goes_back_by_itself_after_fourteen_days() {
    let mut world = due();
    let over = world.now;
    assert_eq!(deposit(&world).status, Status::Due);
    let decision = fire(&mut world);
    assert_eq!(world.now, over + 14 * DAY);
    assert_eq!(moved(&decision), (20_000, 0));
    assert!(told(&decision).contains(&"deposit.released"));
    assert_eq!((deposit(&world).status, deposit(&world).returned), (Status::Released, 20_000));
    assert!(transition(release(&mut world)));
}

#[test]
fn what_is_kept_is_the_landlords_once_nobody_objects() {
    let mut world = due();
    deduct(&mut world, 4_500).unwrap();
    deduct(&mut world, 500).unwrap();
    // The rest at once; what is kept waits, so that the tenant can object.
    assert_eq!(moved(&release(&mut world).unwrap()), (15_000, 0));
    assert_eq!(moved(&release(&mut world).unwrap()), (0, 0));
    let decision = fire(&mut world);
    assert_eq!(moved(&decision), (0, 5_000));
    assert_eq!((deposit(&world).kept, deposit(&world).returned), (5_000, 15_000));
}

#[test]
fn an_objection_freezes_it_until_somebody_decides() {
    let mut world = due();
    assert!(transition(contest(&mut world)), "there is nothing to object to");
    deduct(&mut world, 4_500).unwrap();
    let timer = deposit(&world).timer;
    contest(&mut world).unwrap();
    assert_eq!(deposit(&world).timer, None);
    assert!(!world.timers.iter().any(|set| Some(set.id) == timer), "it would go back");
    assert!(transition(release(&mut world)) && transition(deduct(&mut world, 1)));
    assert!(matches!(resolve(&mut world, 4_501), Err(Refusal::Invalid(_))));
    assert!(matches!(resolve(&mut world, -1), Err(Refusal::Invalid(_))));
    assert_eq!(moved(&resolve(&mut world, 1_000).unwrap()), (19_000, 1_000));
    assert!(transition(resolve(&mut world, 0)));
}

#[test]
fn no_more_is_kept_than_there_is() {
    let mut world = due();
    for items in [lamp(20_001), lamp(0), lamp(-1), lamp(i64::MAX), Vec::new()] {
        let command = Command::Deduct { by: owner(), booking_id: booking_id(1), items };
        assert!(matches!(run(&mut world, command), Err(Refusal::Invalid(_))));
    }
    deduct(&mut world, 15_000).unwrap();
    assert!(matches!(deduct(&mut world, 5_001), Err(Refusal::Invalid(_))));
    release(&mut world).unwrap();
    assert!(matches!(deduct(&mut world, 1), Err(Refusal::Invalid(_))), "the rest is gone");
}

/// A confirmed stay with a deposit, and so much given back of the landlord's own will.
fn given_back(amount: i64) -> World {
    let mut world = confirmed();
    world.listing_mut().fields.deposit_minor = 20_000;
    let (by, payment_id, reason) = (owner(), payment_id(1), "sorry".into());
    let amount = euro(amount);
    let refund = payment::Command::Refund { by, admin: false, payment_id, amount, reason };
    world.pay(refund).unwrap();
    world
}

/// What came of a booking's payment and has not gone back.
fn left(world: &World) -> i64 {
    world.payment(1).captured - world.payment(1).refunded
}

#[test]
fn a_shorter_stay_gives_nothing_back_of_the_deposit() {
    for (given, back) in [(0, 10_000), (20_000, 10_000), (25_000, 5_000), (30_000, 0)] {
        let mut world = if given == 0 { confirmed() } else { given_back(given) };
        world.listing_mut().fields.deposit_minor = 20_000;
        let (booking_id, change_id) = (booking_id(1), Uuid::from_u128(5).into());
        let shorter = booking::Command::Propose {
            by: tenant(),
            booking_id,
            change_id,
            unit_id: None,
            check_in: None,
            check_out: Some(june(7)),
            guests: None,
            promo: None,
        };
        world.book(shorter).unwrap();
        let answer = booking::Answer::Accept;
        let yes = booking::Command::Answer { by: owner(), booking_id, change_id, answer };
        let accepted = world.book(yes).unwrap();
        assert_eq!(moved(&accepted), (back, 0), "{given} were given before");
        assert_eq!(left(&world), 50_000 - given - back);
        world.days_later(10);
        world.fire(1);
        assert_eq!(moved(&fire(&mut world)), (20_000, 0));
    }
}

#[test]
fn leaving_early_gives_nothing_back_of_the_deposit() {
    let mut world = given_back(30_000);
    world.days_later(4);
    world.later(Duration::from_hours(4));
    let (by, booking_id) = (owner(), booking_id(1));
    world.book(booking::Command::CheckIn { by, booking_id, proved: false }).unwrap();
    let left_early = world.book(booking::Command::CheckOut { by, booking_id }).unwrap();
    assert_eq!(moved(&left_early), (0, 0));
    assert_eq!(moved(&fire(&mut world)), (20_000, 0));
}

#[test]
fn a_change_needs_the_money_for_its_deposit() {
    let mut world = given_back(30_000);
    world.listing_mut().fields.deposit_minor = 25_000;
    let propose = |guests| booking::Command::Propose {
        by: tenant(),
        booking_id: booking_id(1),
        change_id: Uuid::from_u128(5).into(),
        unit_id: None,
        check_in: None,
        check_out: Some(june(7)),
        guests,
        promo: None,
    };
    // One night less and a dearer deposit: less to pay than the deposit lacks.
    assert_eq!(rule(world.book(propose(None)).unwrap_err()), "deposit-not-covered");
    world.listing_mut().fields.deposit_minor = 20_000;
    world.book(propose(Some(2))).unwrap();
}

#[test]
fn nobody_else_may() {
    let mut world = due();
    deduct(&mut world, 1).unwrap();
    let id = booking_id(1);
    for by in [tenant(), stranger()] {
        let release = Command::Release { by, booking_id: id };
        assert_eq!(run(&mut world, release), Err(Refusal::NotFound));
        let deduct = Command::Deduct { by, booking_id: id, items: lamp(1) };
        assert_eq!(run(&mut world, deduct), Err(Refusal::NotFound));
    }
    for by in [owner(), stranger()] {
        let contest = Command::Contest { by, booking_id: id, reason: "no".into() };
        assert_eq!(run(&mut world, contest), Err(Refusal::NotFound));
    }
    let nothing = Command::Release { by: owner(), booking_id: booking_id(2) };
    assert_eq!(run(&mut world, nothing), Err(Refusal::NotFound));
    assert_eq!(deposit(&world).money(1), euro(1));
}

/// The landlord has given all of the price back already, so for nights that are not used
/// nothing is left but the deposit, and that waits for its own time.
#[test]
fn leaving_early_never_takes_the_deposit() {
    let mut world = confirmed();
    let (by, amount) = (owner(), euro(30_000));
    let (admin, payment_id, reason) = (false, payment_id(1), "sorry".into());
    world.pay(payment::Command::Refund { by, admin, payment_id, amount, reason }).unwrap();
    let zone = crate::domain::calendar::zone("Europe/Dublin").unwrap();
    world.now = world.booking(1).arrival(&zone);
    let booking_id = booking_id(1);
    world.book(booking::Command::CheckIn { by, booking_id, proved: false }).unwrap();
    let left = world.book(booking::Command::CheckOut { by, booking_id }).unwrap();
    assert_eq!(moved(&left), (0, 0));
    assert_eq!(moved(&fire(&mut world)), (20_000, 0));
    assert_eq!((deposit(&world).status, deposit(&world).left()), (Status::Released, 0));
}

/// The landlord asks for no deposit any more when the stay is changed.
#[test]
fn a_deposit_of_nothing_ends_with_the_stay() {
    let changed = || {
        let mut world = confirmed();
        let (booking_id, change_id) = (booking_id(1), ProposalId::from(uuid::Uuid::from_u128(1)));
        let (unit_id, guests) = (None, None);
        let (check_in, check_out) = (Some(june(6)), Some(june(9)));
        let by = tenant();
        let wish = booking::Command::Propose {
            by,
            booking_id,
            change_id,
            unit_id,
            check_in,
            check_out,
            guests,
            promo: None,
        };
        world.book(wish).unwrap();
        let (by, answer) = (owner(), booking::Answer::Accept);
        let said = booking::Command::Answer { by, booking_id, change_id, answer };
        assert_eq!(moved(&world.book(said).unwrap()), (20_000, 0));
        assert_eq!((deposit(&world).status, deposit(&world).amount), (Status::Held, 0));
        world
    };
    let (by, booking_id) = (owner(), booking_id(1));
    let (percent, reason, expected) = (None, None, None);
    let cancel = booking::Command::Cancel { by, booking_id, percent, reason, expected };
    let mut world = changed();
    let cancelled = world.book(cancel).unwrap();
    assert_eq!(deposit(&world).status, Status::Released);
    assert!(!told(&cancelled).contains(&"deposit.released"), "there is nothing to tell of");
    let mut world = changed();
    let zone = crate::domain::calendar::zone("Europe/Dublin").unwrap();
    world.now = world.booking(1).arrival(&zone);
    world.book(booking::Command::CheckIn { by, booking_id, proved: false }).unwrap();
    world.fire(1);
    assert_eq!(world.status(1), BookingStatus::Completed);
    assert_eq!(deposit(&world).status, Status::Released);
}
